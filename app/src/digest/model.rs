//! A week of the house, for owners.

use crate::base::ids::{CaseId, PartnerId, ProposalId};
use crate::base::money::{Currency, Money};
use crate::disputes::model::{Kind, Reason};
use crate::rota::model::Coverage;
use crate::rota::spans::Span;
use crate::terms::model::Field;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// A week, Monday to Sunday, and how much of it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    /// Its first day.
    pub monday: NaiveDate,
    /// Whose calendar it is counted by.
    pub zone: Tz,
    /// All of it.
    pub whole: Span,
    /// What of it has passed.
    pub seen: Span,
    /// As much of the week before.
    pub before: Span,
}

/// Everything that the page and the mail say.
#[derive(Clone, Debug)]
pub struct Digest {
    /// The week.
    pub week: Week,
    /// Proposals that wait for an owner, the oldest first, and how many there are in all.
    pub waiting: (Vec<Waits>, i64),
    /// Cases that were put to owners and wait, the oldest first, and how many there are in all.
    pub escalated: (Vec<Escalated>, i64),
    /// How many cases were put to owners in the week.
    pub newly_escalated: i64,
    /// What is pinned to open disputes, by currency.
    pub in_dispute: Vec<Money>,
    /// What partners complain about, the most frequent first.
    pub themes: Vec<Theme>,
    /// Complaints elsewhere that were logged in the week, and in as much of the one before.
    pub public: (i64, i64),
    /// Promises that had run out and were not kept.
    pub overdue: i64,
    /// Promises that ran out in the week.
    pub broken: i64,
    /// Cases resolved in the week, and those of them that an owner had a hand in.
    pub resolved: (i64, i64),
    /// What of the desk's hours was covered.
    pub coverage: Coverage,
    /// How the week's cases were rated; `None`: nobody said.
    pub rated: Option<Rated>,
    /// The same of as much of the week before.
    pub rated_before: Option<Rated>,
    /// Partners who may leave, and how many there are in all.
    pub at_risk: (Vec<AtRisk>, i64),
}

/// Terms as the database has them: how a field is measured, and its value in that measure.
pub type KindAndValue = (String, Decimal);

/// A proposal that waits.
#[derive(Clone, Debug)]
pub struct Waits {
    /// Which.
    pub proposal: ProposalId,
    /// The partner's name; `None`: everybody.
    pub partner: Option<String>,
    /// The offer's name; `None`: all of them.
    pub offer: Option<String>,
    /// What it would change.
    pub field: Field,
    /// Kind and value as they were when it was proposed, and as they would be; `None`: a rate with steps, that no line holds.
    pub change: Option<(Option<KindAndValue>, KindAndValue)>,
    /// The programme's currency.
    pub currency: Currency,
    /// Who asks.
    pub by: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// A case that was put to owners and waits.
#[derive(Clone, Debug)]
pub struct Escalated {
    /// Which.
    pub case: CaseId,
    /// What it is about.
    pub kind: Kind,
    /// Whose.
    pub partner: String,
    /// Who put it there.
    pub by: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// One thing that partners complain about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// The kind of case.
    pub kind: Kind,
    /// The offer, where it is about one.
    pub offer: Option<String>,
    /// Why those that are decided were decided so, the most frequent first.
    pub reasons: Vec<(Reason, i64)>,
    /// Cases opened in the week.
    pub now: i64,
    /// Cases opened in as much of the week before.
    pub before: i64,
}

/// Where a number is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// More than before.
    Up,
    /// As many.
    Same,
    /// Fewer.
    Down,
}

/// Ratings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rated {
    /// How many.
    pub count: i64,
    /// Their mean, of five.
    pub mean: Decimal,
    /// How many of one or two.
    pub low: i64,
}

/// A partner who may leave.
#[derive(Clone, Debug)]
pub struct AtRisk {
    /// Who.
    pub partner: PartnerId,
    /// Their code.
    pub code: String,
    /// Their name.
    pub name: String,
    /// What they earned in the week, and in as much of a usual one, where that fell by half or more.
    pub fell: Option<(Money, Money)>,
    /// The case in which they have waited longest for an answer, since when, where that is more than a day.
    pub unanswered: Option<(CaseId, DateTime<Utc>)>,
    /// When a payout of theirs failed or came back that nothing was paid after.
    pub payout_failed: Option<DateTime<Utc>>,
    /// What is proposed for them.
    pub proposed: Proposed,
}

/// What is proposed for a partner who may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposed {
    /// Other terms, that wait for an owner.
    Terms(ProposalId),
    /// A case that was put to a lead or an owner.
    Escalation(CaseId),
    /// They asked for other terms themselves, and nobody took it up.
    Asked(i64),
    /// Nothing yet.
    Nothing,
}
