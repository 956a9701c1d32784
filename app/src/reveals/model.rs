//! What can be looked at, and that somebody did.

use chrono::{DateTime, TimeDelta, Utc};

/// The most a person reveals in a day (by UTC). The database has the same number: `payout_method_reveal_at_most_20_a_day`.
pub const MOST_A_DAY: i64 = 20;
/// How long it is shown. The database has the same: functions `reveal_payout_method` and `reveal_tax_profile`.
pub const LASTS: TimeDelta = TimeDelta::minutes(2);
/// The most characters of a reason.
pub const LONGEST_REASON: usize = 1000;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A payout method.
    PayoutMethod,
    /// The numbers of a tax profile.
    TaxProfile,
}

impl What {
    /// As the record names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PayoutMethod => "payout_method",
            Self::TaxProfile => "tax_profile",
        }
    }

    /// What the record says was done.
    pub fn action(self) -> &'static str {
        match self {
            Self::PayoutMethod => "payout_method.revealed",
            Self::TaxProfile => "tax_profile.revealed",
        }
    }

    /// Where a case's page shows it.
    pub fn anchor(self) -> &'static str {
        match self {
            Self::PayoutMethod => "payout-method",
            Self::TaxProfile => "tax-data",
        }
    }

    /// Where its form is sent, without what stands before it.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::PayoutMethod => "reveal-payout-method",
            Self::TaxProfile => "reveal-tax-number",
        }
    }
}

/// What asking for a reveal did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It was written down under this number.
    Now(i64),
    /// This very form was done before.
    Before,
    /// The person has revealed as many as a day allows.
    TooMany,
}

/// Somebody of the house looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// The name they sign with.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in their words.
    pub reason: String,
    /// At what.
    pub masked: String,
}
