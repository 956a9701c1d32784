//! Rates and their rules, and where a commission stands.

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
    /// What a [`Rule`] gave this one commission, in units of its currency. Of a commission only, never of terms.
    Priced(Decimal),
}

impl Rate {
    /// From the database's `rate_kind` and `rate_value`.
    pub fn from_parts(kind: &str, value: Decimal) -> Option<Self> {
        match kind {
            "percent" => Some(Self::Percent(value)),
            "fixed" => Some(Self::Fixed(value)),
            "priced" => Some(Self::Priced(value)),
            _ => None,
        }
    }

    /// As the database writes the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Percent(_) => "percent",
            Self::Fixed(_) => "fixed",
            Self::Priced(_) => "priced",
        }
    }

    /// Percent of the order, or an amount.
    pub fn value(&self) -> Decimal {
        match self {
            Self::Percent(value) | Self::Fixed(value) | Self::Priced(value) => *value,
        }
    }
}

/// What a rate says beyond its value: steps by what a month brings, and caps. The empty rule says nothing. In the
/// database it is JSON, whose form the function `rate_rule_fits` holds to; figures are text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Steps, the first one from nothing on, at the rate's own value.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Steps>,
    /// No commission is more than this, in units of its currency. Not beside steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_each: Option<Decimal>,
    /// A partner's commissions of one accounting month together are no more than this, in units of their currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_month: Option<Decimal>,
}

impl Rule {
    /// Whether it says nothing: the rate's value is all there is.
    pub fn is_plain(&self) -> bool {
        self.steps.is_none() && self.most_each.is_none() && self.most_month.is_none()
    }
}

/// Steps of a rate by what a partner's accounting month has brought so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// What leads from one to the next.
    pub by: Measure,
    /// What the rate of a step is paid on.
    pub how: How,
    /// At least two, each further than the last.
    pub steps: Vec<Step>,
}

/// What a month is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Order amounts, in units of their currency.
    Volume,
    /// Conversions.
    Count,
}

/// What the rate of a step is paid on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// On the part of the month that lies in the step.
    Marginal,
    /// On the whole month, once it has reached the step.
    Whole,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Where it begins, in what the steps are measured by.
    pub from: Decimal,
    /// Percent, or an amount per conversion, as the rate's kind says.
    pub rate: Decimal,
}

/// Where a commission stands in its accounting month: what the ones booked before it under the same version and in the
/// same currency had brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// 1 for the first.
    pub place: i64,
    /// The order amounts before it.
    pub volume_before: Decimal,
    /// What they earned, before the month's cap.
    pub earned_before: Decimal,
}

/// What a rule gives one commission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earned {
    /// By the steps, or by the rate with the cap for each.
    pub earned: Decimal,
    /// What the month's cap leaves of it: the commission.
    pub amount: Decimal,
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
