//! A correction, its items, and what was decided on it.

use crate::approvals::model::{Named, Verdict};
use crate::approvals::rules::Terms;
use crate::base::ids::{ConversionId, CorrectionId, OfferId, PartnerId, PersonId, ProgrammeId};
use crate::base::money::Currency;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// What a correction comes to in one currency, in its units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The currency.
    pub currency: Currency,
    /// How many commissions get something.
    pub items: i64,
    /// What these are as booked, with earlier corrections.
    pub was: Decimal,
    /// What they should be.
    pub should_be: Decimal,
    /// The difference.
    pub amount: Decimal,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Yes or no.
    pub verdict: Verdict,
    /// Who decided.
    pub by: String,
    /// What the partner reads.
    pub reason_partner: String,
    /// What only the house reads.
    pub reason_house: String,
    /// Whether its author decided it, because there was no other owner.
    pub sole_control: bool,
    /// When.
    pub at: DateTime<Utc>,
    /// How many items are booked.
    pub booked: i64,
}

/// A correction, as the house reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// Its id.
    pub id: CorrectionId,
    /// In which programme.
    pub programme: ProgrammeId,
    /// Whose commissions.
    pub partner: Named<PartnerId>,
    /// Of one offer; `None`: of all.
    pub offer: Option<Named<OfferId>>,
    /// The rate that should have been.
    pub terms: Terms,
    /// The first moment.
    pub since: DateTime<Utc>,
    /// The end, itself left out.
    pub until: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// How many commissions get something.
    pub items: i64,
    /// What it comes to, a line a currency.
    pub sums: Vec<Sum>,
    /// Who proposed it.
    pub proposer: (PersonId, String),
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Until when it can be decided.
    pub expires_at: DateTime<Utc>,
    /// The digest of all that and of every item, in hexadecimal: who decides sends it back.
    pub content_hash: String,
    /// What was decided; `None`: nothing yet.
    pub decision: Option<Decision>,
}

/// A correction that was approved, as its partner reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its id.
    pub id: CorrectionId,
    /// The offer's name; `None`: all of them.
    pub offer: Option<String>,
    /// The rate that should have been.
    pub terms: Terms,
    /// The first moment.
    pub since: DateTime<Utc>,
    /// The end, itself left out.
    pub until: DateTime<Utc>,
    /// Why, in its decider's words.
    pub reason: String,
    /// Who approved it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What it comes to, a line a currency.
    pub sums: Vec<Sum>,
}

/// What one commission gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its conversion.
    pub conversion: ConversionId,
    /// The advertiser's order id.
    pub order_id: String,
    /// The offer's name.
    pub offer: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The currency.
    pub currency: Currency,
    /// What it was as booked.
    pub was: Decimal,
    /// What earlier corrections gave.
    pub credited: Decimal,
    /// What it should be.
    pub should_be: Decimal,
    /// The difference.
    pub amount: Decimal,
    /// When that was booked; `None`: not yet.
    pub booked_at: Option<DateTime<Utc>>,
}
