//! Kinds of files, and which payouts each pays.

use crate::payout_files::{paypal, wise};
use crate::payout_methods::model::MethodKind;

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// ISO 20022 pain.001.001.09, for accounts with an IBAN.
    Pain001,
    /// A bank's CSV, for British accounts and for those of other currencies than the euro.
    Bank,
    /// PayPal Payouts.
    PayPal,
    /// Wise batch payments.
    Wise,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Pain001, Self::Bank, Self::PayPal, Self::Wise];

    /// As the database and the command line write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pain001 => "pain.001",
            Self::Bank => "bank",
            Self::PayPal => "paypal",
            Self::Wise => "wise",
        }
    }

    /// From what the database wrote or a form sent.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// The payout methods it pays.
    pub fn methods(self) -> &'static [MethodKind] {
        match self {
            Self::Pain001 => &[MethodKind::Iban],
            Self::Bank => &[MethodKind::SortCode, MethodKind::BankAccount],
            Self::PayPal => &[MethodKind::PayPal],
            Self::Wise => &[MethodKind::Wise],
        }
    }

    /// The same, as the database writes them.
    pub(super) fn kinds(self) -> Vec<String> {
        self.methods().iter().map(|kind| kind.as_str().to_owned()).collect()
    }

    /// Payments that one file holds.
    pub(super) fn most(self) -> i64 {
        match self {
            Self::Pain001 | Self::Bank => i64::MAX,
            Self::PayPal => i64::try_from(paypal::MOST_PAYMENTS).unwrap_or(i64::MAX),
            Self::Wise => i64::try_from(wise::MOST_PAYMENTS).unwrap_or(i64::MAX),
        }
    }

    pub(super) fn extension(self) -> &'static str {
        if self == Self::Pain001 { "xml" } else { "csv" }
    }
}
