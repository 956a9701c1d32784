//! CSV reports of Wise, in two shapes:
//!
//! - transfers, a row per transfer: the columns are those of the API (`id`, `status`, `reference`, `targetValue`,
//!   `targetCurrency` …), the statuses its tracking statuses (`outgoing_payment_sent` …);
//! - the transaction history (`ID`, `Status`, `Direction`, `Created on`, `Finished on`, `Target name`,
//!   `Target amount (after fees)`, `Target currency`, `Reference`, `Batch` …). Rows that are not outgoing transfers
//!   (cards, conversions, fees, money in) are counted and passed over.
//!
//! Statuses: docs.wise.com, "Tracking transfers"; those of the history as downloaded.

use super::Handed;
use super::error::{FileError, Flaw};
use super::model::{Line, Outcome, Target};
use super::plain::a_currency;
use super::table::{Column, Names, Table, simplified};
use super::value::{self, LONGEST_PARTY, LONGEST_TEXT};
use crate::base::money::Money;

const TRANSFER: Names = &["transferid", "id"];
const STATUS: Names = &["transferstatus", "status"];
const PAYMENT: Names = &["paymentreference", "reference", "detailsreference", "customertransactionid"];
const AMOUNT: Names = &["targetamountafterfees", "targetamount", "targetvalue", "amount"];
const CURRENCY: Names = &["targetcurrency"];
const DATE: Names = &["finishedon", "finished"];
const DIRECTION: Names = &["direction"];
const NAME: Names = &["targetname", "recipientname", "name"];
const TEXT: Names = &["note"];

/// Whether the first line is that of such a report.
pub(super) fn is_it(table: &Table<'_>) -> bool {
    table.has(TRANSFER) && table.has(STATUS) && table.has(CURRENCY)
}

/// Reads the rows.
pub(super) fn read(table: &mut Table<'_>, out: &mut Handed<'_>) -> Result<(), FileError> {
    let transfer = table.required(TRANSFER)?;
    let status = table.required(STATUS)?;
    let payment = table.required(PAYMENT)?;
    let amount = table.required(AMOUNT)?;
    let currency = table.required(CURRENCY)?;
    let direction = table.column(DIRECTION)?;
    let (date, name, text) = (table.column(DATE)?, table.column(NAME)?, table.column(TEXT)?);
    while table.next()? {
        if !is_transfer(table.cell(transfer)) || !table.value(direction, is_outgoing)? {
            out.summary.ignored += 1;
            continue;
        }
        let outcome = table.value(status, outcome)?;
        let short = |column: Column, longest: usize| {
            Some(value::shortened(table.cell(column), longest)).filter(|text| !text.is_empty())
        };
        let (_, value) = table.value(amount, value::written_amount)?;
        let line = Line {
            status: Some(value::shown(table.cell(status))),
            amount: Some(Money::new(value, table.value(currency, a_currency)?)),
            on: table.maybe(date, value::written_date)?.flatten(),
            bank_reference: table.value(transfer, value::name)?,
            text: short(text, LONGEST_TEXT),
            name: short(name, LONGEST_PARTY),
            ..Line::new(table.value(payment, value::name)?.map_or(Target::Unnamed, Target::Payment), outcome)
        };
        out.hand(line);
    }
    Ok(())
}

/// In the history the kind of movement is part of the id (`TRANSFER-1709494792`, `CARD_TRANSACTION-…`, `BALANCE-…`); a
/// bare number is a transfer.
fn is_transfer(id: &str) -> bool {
    id.starts_with("TRANSFER-") || (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A file without the column lists transfers that were made.
fn is_outgoing(direction: &str) -> Result<bool, Flaw> {
    match direction {
        "" | "OUT" => Ok(true),
        "IN" | "NEUTRAL" => Ok(false),
        _ => Err(Flaw::UnknownWord),
    }
}

/// `outgoing_payment_sent` is the last thing Wise says of a transfer that goes well. `charged_back` concerns the money
/// Wise was given for it, and says nothing of where it is. `bounced_back` is followed by a new attempt or by
/// `funds_refunded`: only then is the money back.
fn outcome(status: &str) -> Result<Outcome, Flaw> {
    match simplified(status).as_str() {
        "outgoingpaymentsent" | "completed" => Ok(Outcome::Settled),
        "incomingpaymentwaiting"
        | "incomingpaymentinitiated"
        | "processing"
        | "fundsconverted"
        | "waitingrecipientinputtoproceed" => Ok(Outcome::Accepted),
        "cancelled" | "canceled" => Ok(Outcome::Rejected),
        "fundsrefunded" | "refunded" => Ok(Outcome::Returned),
        "bouncedback" | "chargedback" | "unknown" => Ok(Outcome::Unknown),
        "" => Err(Flaw::Empty),
        _ => Err(Flaw::UnknownWord),
    }
}
