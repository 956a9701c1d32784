//! Complaints elsewhere.

use crate::base::ids::{CaseId, PartnerId, ProgrammeId};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// What came of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// We answered there.
    Answered,
    /// It is solved.
    Solved,
    /// Whoever wrote it took it back.
    Withdrawn,
    /// It is not about us.
    NotOurs,
}

impl Outcome {
    /// In the order a form lists them.
    pub const ALL: [Self; 4] = [Self::Solved, Self::Answered, Self::Withdrawn, Self::NotOurs];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Solved => "solved",
            Self::Withdrawn => "withdrawn",
            Self::NotOurs => "not_ours",
        }
    }

    /// From what the database or a form wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// A complaint on its way in.
#[derive(Clone, Debug)]
pub struct New {
    /// About which programme.
    pub programme: ProgrammeId,
    /// Where it stands.
    pub url: String,
    /// The site, as people call it.
    pub place: String,
    /// What it says.
    pub said: String,
    /// On which day it was written.
    pub said_on: NaiveDate,
    /// Whose it is, where that is known.
    pub partner: Option<PartnerId>,
    /// The case about it.
    pub case: Option<CaseId>,
    /// The form it came from.
    pub form_key: Uuid,
}

/// A complaint in the list.
#[derive(Clone, Debug)]
pub struct Complaint {
    /// Its number.
    pub id: i64,
    /// Where it stands.
    pub url: String,
    /// The site, as people call it.
    pub place: String,
    /// What it says.
    pub said: String,
    /// On which day it was written.
    pub said_on: NaiveDate,
    /// The name of whose it is.
    pub partner: Option<String>,
    /// The case about it.
    pub case: Option<CaseId>,
    /// Who logged it.
    pub logged_by: String,
    /// What came of it; `None` while it is open.
    pub outcome: Option<Outcome>,
    /// In more words.
    pub remark: String,
    /// Who said so, and when.
    pub ended: Option<(String, DateTime<Utc>)>,
}
