//! Offers, announced decreases and requests, as a partner and the desk see them.

use crate::approvals::model::{Answer, Verdict};
use crate::base::ids::{CaseId, OfferId, PartnerId, ProgrammeId, ProposalId, TermsVersionId};
use crate::base::money::Currency;
use crate::commissions::model::Rule;
use crate::terms::model::Field;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// A kind and a value in its unit.
pub type Value = (String, Decimal);

/// A counter-offer, as its partner reads it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its id.
    pub id: ProposalId,
    /// What would change.
    pub field: Field,
    /// The offer's name, where it is about one.
    pub offer: Option<String>,
    /// What is offered.
    pub value: Value,
    /// Why, in its owner's words.
    pub reason: String,
    /// Who offers it.
    pub by: String,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
    /// When what is offered ends; `None`: it has no end.
    pub valid_until: Option<DateTime<Utc>>,
    /// What became of it, and when.
    pub answer: Option<(Answer, DateTime<Utc>)>,
}

/// What was said to an announced decrease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A member has read it.
    Acknowledged,
    /// A member objected, in a case.
    Objected(CaseId),
    /// Nobody said anything until it applied.
    Silent,
}

/// A decrease, as it was announced to a partner.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The version that begins.
    pub version: TermsVersionId,
    /// Whom it was told.
    pub partner: PartnerId,
    /// That partner's name.
    pub partner_name: String,
    /// What changes.
    pub field: Field,
    /// The offer's name, where it is about one.
    pub offer: Option<String>,
    /// What stood there.
    pub before: Value,
    /// What will.
    pub after: Value,
    /// What a rate says beyond its value, before and after.
    pub rules: (Rule, Rule),
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub by: String,
    /// When it was told.
    pub told_at: DateTime<Utc>,
    /// When it begins.
    pub applies_at: DateTime<Utc>,
    /// What was said to it.
    pub said: Option<Said>,
    /// Who stopped it, and when.
    pub stopped: Option<(String, DateTime<Utc>)>,
}

/// Terms of a partner that are about to end, as the partner was told.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The version that ends.
    pub version: TermsVersionId,
    /// Which field.
    pub field: Field,
    /// The offer's name, where it is about one.
    pub offer: Option<String>,
    /// What ends, with its rule.
    pub now: (Value, Rule),
    /// What counts then, with its rule; `None`: nothing is said.
    pub then: Option<(Value, Rule)>,
    /// When.
    pub ends_at: DateTime<Utc>,
    /// When the partner was told.
    pub told_at: DateTime<Utc>,
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Nobody has taken it up.
    Waiting,
    /// Support says no, and why.
    Declined(String),
    /// It is before an owner, until then.
    Proposed(Option<DateTime<Utc>>),
    /// Nobody decided in time.
    Expired,
    /// It is decided, with the reason for the partner.
    Decided(Verdict, String),
}

/// What a partner asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its number.
    pub id: i64,
    /// Who asks.
    pub partner: PartnerId,
    /// That partner's name.
    pub partner_name: String,
    /// In which programme.
    pub programme: ProgrammeId,
    /// Its currency.
    pub currency: Currency,
    /// For one offer, or all.
    pub offer: Option<(OfferId, String)>,
    /// What should change.
    pub field: Field,
    /// To what: percent, or an amount in the programme's currency.
    pub wish: Decimal,
    /// Why.
    pub reason: String,
    /// Who of them wrote it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Where it stands.
    pub state: State,
    /// The proposal that took it up.
    pub proposal: Option<ProposalId>,
}

impl Request {
    /// The unit of the wish.
    pub fn kind(&self) -> &'static str {
        if self.field == Field::Minimum { "amount" } else { "percent" }
    }
}
