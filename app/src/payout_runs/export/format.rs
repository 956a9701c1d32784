//! What kinds of files there are, and a writer of any of them.

use super::Sending;
use crate::payout_files::model::{Header, Order};
use crate::payout_files::{FileError, bank_csv, pain001, paypal, wise};
use crate::payout_methods::model::MethodKind;
use crate::payout_runs::sealed::Pieces;

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// ISO 20022 pain.001.001.09, for accounts with an IBAN.
    Pain001,
    /// A bank's CSV, for British accounts.
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
    pub fn method(self) -> MethodKind {
        match self {
            Self::Pain001 => MethodKind::Iban,
            Self::Bank => MethodKind::SortCode,
            Self::PayPal => MethodKind::PayPal,
            Self::Wise => MethodKind::Wise,
        }
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

/// A writer of any format.
pub(super) enum Writer {
    Pain001(pain001::Writer<Pieces>),
    Bank(bank_csv::Writer<Pieces>),
    PayPal(paypal::Writer<Pieces>),
    Wise(wise::Writer<Pieces>),
}

impl Writer {
    pub(super) fn new(sending: &Sending<'_>, out: Pieces, header: &Header) -> Result<Self, FileError> {
        Ok(match sending.format {
            Format::Pain001 => Self::Pain001(pain001::Writer::new(out, header)?),
            Format::Bank => Self::Bank(bank_csv::Writer::new(out, header)?),
            Format::PayPal => Self::PayPal(paypal::Writer::new(out, header, paypal::DecimalMark::Point)?),
            Format::Wise => {
                Self::Wise(wise::Writer::new(out, header, wise::Columns::email(), sending.programme_currency.code())?)
            }
        })
    }

    pub(super) fn push(&mut self, order: &Order) -> Result<(), FileError> {
        match self {
            Self::Pain001(writer) => writer.push(order),
            Self::Bank(writer) => writer.push(order),
            Self::PayPal(writer) => writer.push(order),
            Self::Wise(writer) => writer.push(order),
        }
    }

    pub(super) fn finish(self) -> Result<Pieces, FileError> {
        match self {
            Self::Pain001(writer) => writer.finish(),
            Self::Bank(writer) => writer.finish(),
            Self::PayPal(writer) => writer.finish(),
            Self::Wise(writer) => writer.finish(),
        }
    }
}
