//! Proposals, decisions, and the replay that a decider reads.

use crate::base::ids::{AuthorityId, CaseId, OfferId, PartnerId, PersonId, ProgrammeId, ProposalId};
use crate::base::money::Currency;
use crate::commissions::model::{Rate, Rule};
use crate::terms::model::Field;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a decision says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes effect.
    Approved,
    /// It doesn't.
    Rejected,
    /// Something else would, if the partner accepts it in time.
    Countered,
}

impl Verdict {
    /// As the database writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Countered => "countered",
        }
    }

    /// From what the database or a form wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Approved, Self::Rejected, Self::Countered].into_iter().find(|verdict| verdict.as_str() == text)
    }
}

/// Who or what decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An owner.
    Owner,
    /// The policy: it was within the proposer's authority.
    Policy,
    /// The command line: the first terms of a scope.
    Command,
    /// An owner, by a counter-offer that the partner accepted.
    Counter,
    /// An owner, who stopped a decrease before it applied.
    Stop,
}

impl By {
    /// As the database writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Policy => "policy",
            Self::Command => "command",
            Self::Counter => "counter",
            Self::Stop => "stop",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner, Self::Policy, Self::Command, Self::Counter, Self::Stop].into_iter().find(|by| by.as_str() == text)
    }
}

/// What was decided on a proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Yes or no.
    pub verdict: Verdict,
    /// Who or what decided.
    pub by: By,
    /// The decider's id and name; `None` where a command decided.
    pub decider: Option<(PersonId, String)>,
    /// Whether its author decided it, because there was no other owner.
    pub sole_control: bool,
    /// What the partner reads.
    pub reason_partner: String,
    /// What only the house reads.
    pub reason_house: String,
    /// Why it goes under the floor of the margin, where it does.
    pub floor_reason: Option<String>,
    /// What was offered instead.
    pub counter: Option<Counter>,
    /// From when it holds; `None` where it was rejected.
    pub valid_from: Option<DateTime<Utc>>,
    /// When it ends; `None`: it has no end, or was rejected.
    pub valid_until: Option<DateTime<Utc>>,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
}

/// What a partner, or time, said to a counter-offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is in force.
    Accepted,
    /// The old terms stay.
    Declined,
    /// Nobody answered in time; the old terms stay.
    Lapsed,
}

impl Answer {
    /// As the database writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
        }
    }

    /// From what the database or a form wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Accepted, Self::Declined, Self::Lapsed].into_iter().find(|answer| answer.as_str() == text)
    }
}

/// A counter-offer: another value, until a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Counter {
    /// The offer itself, a proposal of who decided.
    pub offer: ProposalId,
    /// The unit of `value`.
    pub kind: String,
    /// What is offered.
    pub value: Decimal,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
    /// When what is offered ends; `None`: it has no end.
    pub valid_until: Option<DateTime<Utc>>,
    /// What became of it, when, and who said so.
    pub answer: Option<(Answer, DateTime<Utc>, Option<String>)>,
}

/// One piece of evidence, as it was when it was pinned.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// `case`, `message`, `file` or `figure`.
    pub kind: String,
    /// The case that it is, or is from.
    pub case: Option<CaseId>,
    /// What was to be seen of it: a subject, words, a file's name, a figure with its label.
    pub label: String,
    /// The words or the figure itself; empty where the label says it all.
    pub text: String,
}

/// Where a proposal stands.
// In the browser, where addresses are half as long, it is none.
#[cfg_attr(feature = "ssr", expect(clippy::large_enum_variant, reason = "one a proposal, read and shown"))]
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It waits for an owner until then; `None`: for as long as it takes.
    Waiting(Option<DateTime<Utc>>),
    /// Nobody decided in time.
    Expired(DateTime<Utc>),
    /// It is decided.
    Decided(Decision),
}

/// An offer or a partner, as a page names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<Id> {
    /// Its id.
    pub id: Id,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A request to change one field of the terms in one scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// Whose terms.
    pub programme: ProgrammeId,
    /// The programme's currency, in which minimums are.
    pub currency: Currency,
    /// One offer; `None`: all of them.
    pub offer: Option<Named<OfferId>>,
    /// One partner; `None`: all of them.
    pub partner: Option<Named<PartnerId>>,
    /// What it changes.
    pub field: Field,
    /// The unit of `value`, as the terms have it.
    pub kind: String,
    /// What is proposed.
    pub value: Decimal,
    /// What a rate says beyond its value.
    pub rule: Rule,
    /// What was in force when it was proposed.
    pub value_before: Option<Decimal>,
    /// The unit of that.
    pub kind_before: Option<String>,
    /// The earliest moment it can take effect.
    pub valid_from: DateTime<Utc>,
    /// When it ends; `None`: it has no end.
    pub valid_until: Option<DateTime<Utc>>,
    /// Why, in the proposer's words.
    pub reason: String,
    /// The case it came from.
    pub case: Option<CaseId>,
    /// Who proposed it; `None`: a command.
    pub proposer: Option<(PersonId, String)>,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// The replay, where the field has one.
    pub impact: Option<Impact>,
    /// What it rests on, in its order.
    pub evidence: Vec<Evidence>,
    /// The digests of all that and of the evidence, one after the other in hexadecimal: who decides sends it back, so that what was read is what is approved.
    pub content_hash: String,
    /// Whether it waits, and what became of it.
    pub standing: Standing,
}

/// What a role may do without asking, as in force now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The version.
    pub id: AuthorityId,
    /// A minimum may be lowered to this and no further, in the programme's currency.
    pub lowest_minimum: Decimal,
    /// The largest credit in one decision, in the programme's currency.
    pub largest_credit: Decimal,
}

/// The real conversions of one currency and month of the programme's time zone, replayed and summed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Their currency.
    pub currency: Currency,
    /// The month, with its sums.
    pub month: Month,
    /// What the programme earned: the rows' own sums, else by the offers' rule; `None` where it is not known of every one.
    pub revenue: Option<Decimal>,
    /// How many keep a more specific rate, so that the proposed one would not hold for them.
    pub keep_their_rate: u64,
}

/// Partners who earned by the version that a proposal would replace for one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbours {
    /// How many.
    pub partners: u64,
    /// What the proposed rate would cost for all of them; one line a currency.
    pub currencies: Vec<NeighbourCost>,
}

/// The neighbours' cost in one currency, in its units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeighbourCost {
    /// The currency.
    pub currency: Currency,
    /// As booked.
    pub cost_before: Decimal,
    /// Under the proposal.
    pub cost_after: Decimal,
    /// What it adds to (or takes from) a month of 30 days.
    pub cost_a_month: Decimal,
}

/// What the last days would have cost under a proposed rate. Stored with the proposal and covered by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// The first moment replayed.
    pub from: DateTime<Utc>,
    /// The end of what was replayed: when it was proposed.
    pub until: DateTime<Utc>,
    /// The rate in force at that time, if there was one.
    pub rate_before: Option<Rate>,
    /// What that said beyond its value.
    #[serde(default, skip_serializing_if = "Rule::is_plain")]
    pub rule_before: Rule,
    /// The proposed rate.
    pub rate: Rate,
    /// What it says beyond its value.
    #[serde(default, skip_serializing_if = "Rule::is_plain")]
    pub rule: Rule,
    /// How many days were replayed.
    #[serde(default = "usual_days")]
    pub days: i64,
    /// Percent of revenue that the programme wants to keep.
    pub margin_floor: Decimal,
    /// How many conversions keep a more specific rate of their own and cost the same either way.
    pub keep_their_rate: u64,
    /// One replay a currency, nothing converted.
    pub currencies: Vec<CurrencyImpact>,
    /// The others under the same terms; `None` where the terms in force are the partner's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<Neighbours>,
}

/// How far back a replay goes where nobody said.
pub const REPLAY_DAYS: i64 = 90;

fn usual_days() -> i64 {
    REPLAY_DAYS
}

/// The replay of one currency. Amounts are in its units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyImpact {
    /// The currency.
    pub currency: Currency,
    /// How many conversions.
    pub orders: u64,
    /// What is left of their orders after refunds and rejections.
    pub order_left: Decimal,
    /// Commissions as booked.
    pub cost_before: Decimal,
    /// Commissions under the proposal.
    pub cost_after: Decimal,
    /// What the proposal adds to (or takes from) a month of 30 days.
    pub cost_a_month: Decimal,
    /// What the programme earned; `None` where it is not known of every conversion.
    pub revenue: Option<Decimal>,
    /// Percent of revenue that remained; `None`: not known.
    pub margin_before: Option<Decimal>,
    /// Percent of revenue that would have remained; `None`: not known.
    pub margin_after: Option<Decimal>,
    /// Whether that is under the programme's floor.
    pub below_floor: bool,
    /// How much more business pays for it.
    pub break_even: BreakEven,
    /// One line a calendar month of the programme's time zone, oldest first.
    pub months: Vec<Month>,
}

/// How much more order volume earns, at the new margin, what was earned before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum BreakEven {
    /// The revenue is not known.
    NotKnown,
    /// It costs nothing more.
    NotNeeded,
    /// Nothing is earned at the new rate, so no volume makes up for it.
    Never,
    /// That much more.
    Extra {
        /// In percent of today's volume, rounded up to a tenth.
        percent: Decimal,
        /// As order amount in a month of 30 days, rounded up to the minor unit; zero where orders have no amount.
        orders_a_month: Decimal,
    },
}

/// One calendar month of the replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Month {
    /// Its first day.
    pub first: NaiveDate,
    /// How many conversions.
    pub orders: u64,
    /// What is left of their orders.
    pub order_left: Decimal,
    /// Commissions as booked.
    pub cost_before: Decimal,
    /// Commissions under the proposal.
    pub cost_after: Decimal,
}

impl Impact {
    /// Whether it ends under the floor in a currency in which it costs more than before; what is under it already may
    /// become cheaper.
    pub fn crosses_floor(&self) -> bool {
        self.currencies.iter().any(|impact| impact.below_floor && impact.cost_after > impact.cost_before)
    }

    /// Whether the margin would fall under the floor in any currency.
    pub fn below_floor(&self) -> bool {
        self.currencies.iter().any(|impact| impact.below_floor)
    }
}
