//! Rates, and where a commission stands.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How a commission is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Rate {
    /// Percent of the order: `8` is 8 %.
    Percent(Decimal),
    /// An amount per conversion, in units of its currency.
    Fixed(Decimal),
}

impl Rate {
    /// From the database's `rate_kind` and `rate_value`.
    pub fn from_parts(kind: &str, value: Decimal) -> Option<Self> {
        match kind {
            "percent" => Some(Self::Percent(value)),
            "fixed" => Some(Self::Fixed(value)),
            _ => None,
        }
    }

    /// As the database writes the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Percent(_) => "percent",
            Self::Fixed(_) => "fixed",
        }
    }

    /// Percent of the order, or an amount.
    pub fn value(&self) -> Decimal {
        match self {
            Self::Percent(value) | Self::Fixed(value) => *value,
        }
    }
}

/// Where a commission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In its hold, or waiting for approval.
    Pending,
    /// Out of its hold, not in a payout yet.
    Payable,
    /// Out of its hold, and contested by the programme.
    RingFenced,
    /// In a payout that has not arrived yet.
    InPayout,
    /// Paid.
    Paid,
    /// Nothing is left of it.
    Reversed,
}

impl State {
    /// Every state, in the order money takes.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Payable, Self::RingFenced, Self::InPayout, Self::Paid, Self::Reversed];

    /// As the database writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Payable => "payable",
            Self::RingFenced => "ring_fenced",
            Self::InPayout => "in_payout",
            Self::Paid => "paid",
            Self::Reversed => "reversed",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Everything that makes the amount of a commission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// The rate in force when the conversion happened.
    pub rate: Rate,
    /// The order amount; zero for a lead.
    pub order_amount: Decimal,
    /// What was given back of the order so far.
    pub refunded: Decimal,
    /// Whether the programme rejected it.
    pub rejected: bool,
}
