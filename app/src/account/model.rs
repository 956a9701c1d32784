//! Where money goes.

use chrono::{DateTime, Utc};

/// Ways to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// To a PayPal account, by its e-mail address.
    PayPal,
}

impl MethodKind {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PayPal => "paypal",
        }
    }

    /// From what the database wrote or a form sent.
    pub fn parse(text: &str) -> Option<Self> {
        (text == Self::PayPal.as_str()).then_some(Self::PayPal)
    }
}

/// Where a partner's money goes, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its number.
    pub id: i64,
    /// How.
    pub kind: MethodKind,
    /// The address, all but its first letter and its domain left out.
    pub masked: String,
    /// Since when.
    pub added_at: DateTime<Utc>,
}

/// Why a payout method was not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No address was given.
    Empty,
    /// It is not an e-mail address.
    NotAnAddress,
    /// It serves another partner account.
    ServesAnother,
}

/// How the portal speaks to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// `en`, `es`.
    pub locale: String,
    /// `tu` or `usted`.
    pub address_form: String,
    /// A name of the time zone database: `Europe/Madrid`.
    pub time_zone: String,
}
