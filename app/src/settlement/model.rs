//! Lines of answers, and what became of them.

use super::files::{Kind, Outcome};
use crate::base::ids::{PartnerId, PayoutId};
use crate::base::money::Money;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Not known yet: its file is being worked through.
    Pending,
    /// It moved a payout.
    Applied,
    /// Another line had said so before.
    Known,
    /// It changes nothing.
    Noted,
    /// It names no payout of ours.
    Unmatched,
    /// It names a payout of another amount.
    WrongAmount,
    /// It says what can't be after what is known.
    Contradicts,
}

impl Disposition {
    /// Every disposition.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Applied, Self::Known, Self::Noted, Self::Unmatched, Self::WrongAmount, Self::Contradicts];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Known => "known",
            Self::Noted => "noted",
            Self::Unmatched => "unmatched",
            Self::WrongAmount => "wrong_amount",
            Self::Contradicts => "contradicts",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|disposition| disposition.as_str() == text)
    }

    /// Whether a person has to look.
    pub fn waits(self) -> bool {
        matches!(self, Self::Unmatched | Self::WrongAmount | Self::Contradicts)
    }
}

/// What reading a file did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its number.
    pub file: i64,
    /// What it is.
    pub kind: String,
    /// Whether it had been read before; nothing changed then, and the figures are those of the first time.
    pub known_file: bool,
    /// Lines.
    pub lines: i64,
    /// Lines that moved a payout.
    pub applied: i64,
    /// Lines that said what was known.
    pub known: i64,
    /// Lines that change nothing, such as an acceptance.
    pub noted: i64,
    /// Lines that wait for a person.
    pub waiting: i64,
}

/// A line that waits for a person.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its file.
    pub file: i64,
    /// That file's name.
    pub file_name: String,
    /// Its place in the file.
    pub line: i64,
    /// What kind of file.
    pub kind: String,
    /// What it says became of the money.
    pub outcome: Outcome,
    /// Why it waits.
    pub why: Disposition,
    /// What it names.
    pub target: String,
    /// The amount.
    pub amount: Option<Money>,
    /// The day.
    pub on: Option<NaiveDate>,
    /// What the bank calls it.
    pub bank_reference: Option<String>,
    /// The bank's reason.
    pub code: Option<String>,
    /// What it says in words.
    pub text: Option<String>,
    /// The payout it names, if it names one.
    pub payout: Option<(PartnerId, PayoutId)>,
    /// When it was read.
    pub read_at: DateTime<Utc>,
}

/// From what the database wrote.
pub fn outcome(text: &str) -> Option<Outcome> {
    [Outcome::Accepted, Outcome::Settled, Outcome::Rejected, Outcome::Returned, Outcome::Unknown]
        .into_iter()
        .find(|outcome| outcome_str(*outcome) == text)
}

/// As the database writes it.
pub fn outcome_str(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::Settled => "settled",
        Outcome::Rejected => "rejected",
        Outcome::Returned => "returned",
        Outcome::Unknown => "unknown",
    }
}

/// From what the database wrote.
pub fn kind(text: &str) -> Option<Kind> {
    [Kind::Pain002, Kind::Camt053, Kind::Camt054, Kind::PayPal, Kind::Wise, Kind::Plain]
        .into_iter()
        .find(|kind| kind.as_str() == text)
}
