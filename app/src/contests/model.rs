//! A contest, and how it ends.

use crate::base::ids::{ContestId, ConversionId, PartnerId};
use crate::base::money::Money;
use chrono::{DateTime, Utc};

/// How a contest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was found: the money is the partner's.
    LetGo,
    /// The commission is taken back.
    Rejected,
}

impl Outcome {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LetGo => "let_go",
            Self::Rejected => "rejected",
        }
    }

    /// From what the database or a form wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::LetGo, Self::Rejected].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// What a partner is told of a contest.
#[derive(Clone, Debug)]
pub struct Told {
    /// Why, in the programme's words.
    pub reason: String,
    /// Since when.
    pub contested_at: DateTime<Utc>,
    /// The first moment after its last day.
    pub ends_at: DateTime<Utc>,
    /// When and how it ended, and the words to it; empty where time ended it.
    pub ended: Option<(DateTime<Utc>, Outcome, String)>,
}

/// A contest, as staff see it.
#[derive(Clone, Debug)]
pub struct Contest {
    /// Its number.
    pub id: ContestId,
    /// Whose commission it is.
    pub partner: PartnerId,
    /// That partner's code and name.
    pub partner_names: (String, String),
    /// The conversion.
    pub conversion: ConversionId,
    /// The advertiser's order id.
    pub order_id: String,
    /// The programme's time zone.
    pub zone: chrono_tz::Tz,
    /// What is left of the commission.
    pub left: Money,
    /// Whether that was out of its hold already, and so lies apart; what is in hold stays there.
    pub is_apart: bool,
    /// What the partner is told.
    pub told: Told,
    /// What only the house reads.
    pub reason_house: String,
    /// Who looks into it.
    pub reviewer: String,
    /// Who ended it; `None` where time did, or nobody yet.
    pub ended_by: Option<String>,
}
