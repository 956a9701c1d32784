//! What went wrong for many at once.

use crate::base::ids::{CaseId, OfferId, ProgrammeId};
use chrono::{DateTime, Utc};

/// An incident, in the reader's language.
#[derive(Clone, Debug)]
pub struct Incident {
    /// Its number.
    pub id: i64,
    /// What partners read of it.
    pub title: String,
    /// Whose partners it concerns.
    pub programme: ProgrammeId,
    /// The programme's name.
    pub programme_name: String,
    /// The offer, where it concerns one.
    pub offer: Option<OfferId>,
    /// That offer's name.
    pub offer_name: Option<String>,
    /// When what went wrong began.
    pub began_at: DateTime<Utc>,
    /// When that ended, as far as it is known.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether every partner of the programme sees it.
    pub for_everybody: bool,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// When the next word about it is promised; `None` once it is over.
    pub next_update_at: Option<DateTime<Utc>>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub version: i32,
    /// How many cases are or were in it.
    pub cases: i64,
}

/// What a word about an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKind {
    /// What was known at first.
    Opened,
    /// News.
    Update,
    /// The last word.
    Closed,
}

impl UpdateKind {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Update => "update",
            Self::Closed => "closed",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Opened, Self::Update, Self::Closed].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A word about an incident, in the reader's language, and how far it has come.
#[derive(Clone, Debug)]
pub struct Update {
    /// Counts them from 0.
    pub nth: i32,
    /// What it is.
    pub kind: UpdateKind,
    /// What it says.
    pub body: String,
    /// Who signed it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Cases that it was said in.
    pub told: i64,
    /// Cases that it closed.
    pub closed: i64,
}

/// A case in an incident, or one that may belong into it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The case.
    pub case: CaseId,
    /// Its partner's name.
    pub partner: String,
    /// What it is about.
    pub subject: String,
    /// Its stage, as the database writes it.
    pub stage: String,
    /// Whether the last word left it to a person.
    pub by_hand: bool,
    /// Whether the last word has reached it.
    pub is_told: bool,
}

/// What a partner reads of an incident.
#[derive(Clone, Debug)]
pub struct Banner {
    /// What it is called.
    pub title: String,
    /// The last word about it.
    pub body: String,
    /// When that was said.
    pub said_at: DateTime<Utc>,
    /// By whom.
    pub signed_by: String,
    /// When more will be said.
    pub next_at: Option<DateTime<Utc>>,
    /// The reader's case in it.
    pub case: Option<CaseId>,
}
