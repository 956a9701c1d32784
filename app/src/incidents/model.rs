//! What went wrong for many at once.

use crate::base::ids::{CaseId, OfferId, PayoutRunId, ProgrammeId};
use crate::disputes::model::Kind;
use chrono::{DateTime, Utc};

/// What an incident is about, which says what its cases are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Sales are not counted, or counted wrongly.
    Tracking,
    /// Payouts are late, wrong or come back.
    Payouts,
    /// Anything else.
    Anything,
}

impl About {
    /// Every one, in the order a form lists them.
    pub const ALL: [Self; 3] = [Self::Tracking, Self::Payouts, Self::Anything];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tracking => "tracking",
            Self::Payouts => "payouts",
            Self::Anything => "anything",
        }
    }

    /// From what the database wrote or a form sent.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|about| about.as_str() == text)
    }

    /// What its cases are about.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Tracking => &[Kind::MissingConversion, Kind::WrongAmount, Kind::WronglyReversed],
            Self::Payouts => &[Kind::PayoutLate, Kind::PayoutAmount, Kind::PayoutFailed],
            Self::Anything => Kind::ALL,
        }
    }
}

/// Why a case may belong into an incident; the better reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is about a payout of the incident's run.
    Run,
    /// It is about a sale of the incident's offer.
    Offer,
    /// It is about what the incident is about.
    Kind,
    /// It came in while the incident ran.
    Time,
}

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
    /// What it is about.
    pub about: About,
    /// The payout run, where it concerns one.
    pub run: Option<PayoutRunId>,
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
    /// How many cases are in it, or were until its last word.
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
    /// Why it may belong into the incident, where it is not in it.
    pub why: Option<Why>,
}

/// A case that was taken out of an incident.
#[derive(Clone, Debug)]
pub struct TakenOut {
    /// The case.
    pub case: CaseId,
    /// Its partner's name.
    pub partner: String,
    /// Who took it out.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
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
