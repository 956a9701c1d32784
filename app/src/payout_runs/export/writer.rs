//! One writer for every format.

use super::Sending;
use super::format::Format;
use crate::payout_files::model::{Header, Order};
use crate::payout_files::{FileError, bank_csv, pain001, paypal, wise};
use crate::payout_runs::sealed::Pieces;

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
                Self::Wise(wise::Writer::new(out, header, sending.wise.0.clone(), sending.programme_currency.code())?)
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
