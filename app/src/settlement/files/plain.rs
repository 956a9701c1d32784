//! The plain CSV that any bank's answer can be written in by hand or by a spreadsheet: one row per payout.
//!
//! | column | holds |
//! |---|---|
//! | `payout` | the id of the payout, as it went out |
//! | `status` | `accepted` (on its way), `paid`, `failed` (never left), `returned`, `unknown` (a person looks) |
//! | `date` | the day it was booked, `2026-01-31`; may be empty for `accepted` and `unknown` |
//! | `reference` | what the bank calls it; may be empty |
//! | `code` | why it did not arrive, a reason code of ISO 20022; may be empty |
//! | `amount`, `currency` | may be left out; both or neither. Digits with a point, not below zero |

use super::Handed;
use super::error::{FileError, Flaw};
use super::model::{Line, Outcome, Target};
use super::table::{Names, Table};
use super::value;
use crate::base::money::{Currency, Money};

const COLUMNS: Names = &["payout", "status", "date", "reference", "code", "amount", "currency"];

/// Whether the first line is that of such a file.
pub(super) fn is_it(table: &Table<'_>) -> bool {
    table.has(&["payout"]) && table.has(&["status"])
}

/// Reads the rows.
pub(super) fn read(table: &mut Table<'_>, out: &mut Handed<'_>) -> Result<(), FileError> {
    if let Some(name) = table.stray(COLUMNS) {
        return Err(FileError::StrayColumn(name));
    }
    let payout = table.required(&["payout"])?;
    let status = table.required(&["status"])?;
    let date = table.required(&["date"])?;
    let reference = table.required(&["reference"])?;
    let code = table.required(&["code"])?;
    let amount = table.column(&["amount"])?;
    let currency = table.column(&["currency"])?;
    while table.next()? {
        let outcome = table.value(status, outcome)?;
        let name = table.value(payout, value::name)?.ok_or_else(|| table.flaw(payout, Flaw::Empty))?;
        let on = table.maybe(date, value::date)?;
        if on.is_none() && outcome.is_final() {
            return Err(table.flaw(date, Flaw::Empty));
        }
        let amount = match (table.maybe(amount, value::amount)?, table.maybe(currency, a_currency)?) {
            (None, None) => None,
            (Some(amount), Some(currency)) => Some(Money::new(amount, currency)),
            (Some(_), None) => return Err(table.flaw(amount, Flaw::NoCurrency)),
            (None, Some(_)) => return Err(table.flaw(currency, Flaw::NoAmount)),
        };
        out.hand(Line {
            status: Some(table.cell(status).to_owned()),
            amount,
            on,
            bank_reference: table.value(reference, value::name)?,
            code: table.value(code, value::name)?,
            ..Line::new(Target::Payment(name), outcome)
        });
    }
    Ok(())
}

fn outcome(status: &str) -> Result<Outcome, Flaw> {
    match status {
        "accepted" => Ok(Outcome::Accepted),
        "paid" => Ok(Outcome::Settled),
        "failed" => Ok(Outcome::Rejected),
        "returned" => Ok(Outcome::Returned),
        "unknown" => Ok(Outcome::Unknown),
        "" => Err(Flaw::Empty),
        _ => Err(Flaw::UnknownWord),
    }
}

/// Three capital letters.
pub(super) fn a_currency(text: &str) -> Result<Currency, Flaw> {
    Currency::parse(text).map_err(|_| Flaw::NotACurrency)
}
