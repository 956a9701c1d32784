//! What staff see of cases and of the partner behind them.

use super::order::Urgency;
use crate::base::ids::{AuthorityId, CaseId, PartnerId, PersonId};
use crate::base::money::{Currency, Money};
use crate::commissions::model::Rule;
use crate::disputes::model::{Kind, Outcome, Stage};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// Which part of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// What the reader works on.
    Mine,
    /// What nobody works on.
    Unassigned,
    /// What has run out, or does within the hour.
    Breaching,
    /// What a partner appealed against, until somebody else has decided it.
    Appeals,
    /// Everything open.
    All,
    /// What is put off.
    Snoozed,
    /// What is closed.
    Closed,
}

impl View {
    /// In the order of the tabs.
    pub const ALL: [Self; 7] =
        [Self::Mine, Self::Unassigned, Self::Breaching, Self::Appeals, Self::All, Self::Snoozed, Self::Closed];

    /// As the address writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::Breaching => "breaching",
            Self::Appeals => "appeals",
            Self::All => "all",
            Self::Snoozed => "snoozed",
            Self::Closed => "closed",
        }
    }

    /// From an address.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str() == text)
    }
}

/// A line of the queue.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The case.
    pub id: CaseId,
    /// How it stood when the list was read.
    pub version: i32,
    /// The partner's code.
    pub partner_code: String,
    /// The partner's name.
    pub partner_name: String,
    /// What it is about.
    pub kind: Kind,
    /// The same in a few words.
    pub subject: String,
    /// Where it stands.
    pub stage: Stage,
    /// The name of who works on it.
    pub assignee: Option<String>,
    /// The currency of amounts in the reason.
    pub currency: Currency,
    /// The first message of the partner that nobody answered.
    pub waiting_since: Option<DateTime<Utc>>,
    /// The promise that runs.
    pub promised_at: Option<DateTime<Utc>>,
    /// How urgent it is, and why.
    pub urgency: Urgency,
    /// Who knows that a clock ran out, besides who works on it: `lead` or `owner`.
    pub told: Option<String>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Until when it is put off.
    pub put_off_until: Option<DateTime<Utc>>,
}

/// The partner behind a case.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `active`, `suspended` or `closed`.
    pub status: String,
    /// Its programme's code.
    pub programme_code: String,
    /// The programme's name.
    pub programme: String,
    /// The programme's currency.
    pub currency: Currency,
    /// The programme's time zone, in which its days begin.
    pub time_zone: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Account and balance, each currency, in the order money takes.
    pub balances: Vec<(String, Money)>,
    /// The review that runs.
    pub review: Option<Review>,
}

/// The programme looks into a partner.
#[derive(Clone, Debug)]
pub struct Review {
    /// Why.
    pub reason: String,
    /// Who looks.
    pub reviewer: String,
    /// Since when.
    pub started_at: DateTime<Utc>,
    /// Until when at the latest.
    pub ends_at: DateTime<Utc>,
}

/// Another case of the same partner.
#[derive(Clone, Debug)]
pub struct Former {
    /// Its number.
    pub id: CaseId,
    /// What it was about.
    pub kind: Kind,
    /// The same in a few words.
    pub subject: String,
    /// Where it stands.
    pub stage: Stage,
    /// How it was decided.
    pub outcome: Option<Outcome>,
    /// When it came in.
    pub opened_at: DateTime<Utc>,
}

/// A version of a term that holds or held for a partner.
#[derive(Clone, Debug)]
pub struct TermLine {
    /// The unit.
    pub kind: String,
    /// In that unit.
    pub value: Decimal,
    /// What a rate says beyond its value.
    pub rule: Rule,
    /// In force from here.
    pub valid_from: DateTime<Utc>,
    /// When it ends; `None`: it has no end.
    pub valid_until: Option<DateTime<Utc>>,
    /// The offer's name; `None`: every offer.
    pub offer: Option<String>,
    /// Whether it holds for this partner alone.
    pub own: bool,
    /// The reason the partner was given.
    pub reason: String,
}

/// What somebody may credit without asking.
#[derive(Clone, Copy, Debug)]
pub struct Authority {
    /// The version.
    pub id: AuthorityId,
    /// The largest credit in one decision, in the programme's currency.
    pub largest_credit: Decimal,
    /// A minimum payout may be lowered to this, in the programme's currency.
    pub lowest_minimum: Decimal,
}

/// A note of the house.
#[derive(Clone, Debug)]
pub struct Note {
    /// Who wrote it.
    pub author: String,
    /// What it says.
    pub body: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Who signs, and when.
#[derive(Clone, Debug)]
pub struct Hand {
    /// The person.
    pub person: PersonId,
    /// The name they sign with.
    pub name: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What took something back of a conversion.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenBack {
    /// The event's id.
    pub event_id: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The part of the order that was given back; `None`: the programme rejected all of it.
    pub part: Option<Decimal>,
}

/// What the ledger holds of a conversion, summed for one cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Booked {
    /// The kind of transfer.
    pub kind: String,
    /// The event it cites.
    pub event_id: Option<String>,
    /// What it gave the partner; below zero where it took.
    pub amount: Decimal,
}

/// Why a line of a replay is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// The sale or lead itself.
    Earned,
    /// A refund of a part of the order.
    Refund(TakenBack),
    /// A rejection of the whole.
    Rejection(TakenBack),
    /// Booked, and no event says why.
    Unexplained,
}

/// A line of a replay.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayLine {
    /// Why it is there.
    pub cause: Cause,
    /// What the rule gives.
    pub expected: Decimal,
    /// What the ledger holds.
    pub booked: Decimal,
}

/// A commission worked out again from its stored inputs, beside what was booked.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// In the order of the events.
    pub lines: Vec<ReplayLine>,
    /// What the rule leaves.
    pub expected: Decimal,
    /// What the ledger leaves.
    pub booked: Decimal,
    /// What decisions credited besides.
    pub credited: Decimal,
}
