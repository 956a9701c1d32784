//! CSV reports of PayPal, in two shapes:
//!
//! - results of payouts, a row per payment: the columns are those of the Payouts API (`sender_item_id`,
//!   `transaction_status`, `payout_item_id`, `transaction_id`, `receiver`, `time_processed` …) or of the Mass Pay log
//!   (`Unique ID`, `Status`, `Recipient` …);
//! - the activity report, a row per movement (`Date`, `Type`, `Status`, `Currency`, `Gross`, `Transaction ID`,
//!   `Custom Number` …). Rows whose `Type` is not about mass payments or payouts are counted and passed over.
//!
//! Names of columns: developer.paypal.com, Payouts API, `payout_batch_items`, and the activity report as downloaded.
//! Statuses: developer.paypal.com, "Payouts payment processing".

use super::Handed;
use super::error::{FileError, Flaw};
use super::model::{Line, Outcome, Target};
use super::plain::a_currency;
use super::table::{Column, Names, Table, simplified};
use super::value::{self, LONGEST_PARTY, LONGEST_TEXT};
use crate::base::money::Money;

const STATUS: Names = &["transactionstatus", "itemstatus", "payoutitemstatus", "status"];
const PAYMENT: Names = &["senderitemid", "uniqueid", "uniquecustomerid", "customerid", "customid", "customnumber"];
/// Taken where the one before is empty.
const INVOICE: Names = &["invoicenumber"];
const REFERENCE: Names = &["transactionid"];
/// Taken where there is no transaction.
const ITEM: Names = &["payoutitemid"];
const AMOUNT: Names = &["amount", "amountvalue", "paymentamount", "gross"];
const CURRENCY: Names = &["currency", "amountcurrency", "currencycode"];
const DATE: Names = &["timeprocessed", "date"];
const CODE: Names = &["errorname", "errorsname", "errorcode", "reasoncode", "error", "reason"];
const TEXT: Names = &["errormessage", "errorsmessage", "subject", "note"];
const NAME: Names = &["receiver", "recipient", "recipientid", "recipientemail", "toemailaddress", "name"];
/// Only the activity report has it.
const TYPE: Names = &["type"];
const GROSS: Names = &["gross"];

/// Whether the first line is that of such a report.
pub(super) fn is_it(table: &Table<'_>) -> bool {
    let result = table.has(&["senderitemid", "payoutitemid", "uniqueid"]);
    let activity = table.has(TYPE) && table.has(GROSS) && table.has(&["transactionid"]);
    table.has(STATUS) && (result || activity)
}

/// Where the columns are.
struct Columns {
    status: Column,
    payment: [Column; 2],
    reference: [Column; 2],
    amount: Column,
    currency: Column,
    date: Column,
    code: Column,
    text: Column,
    name: Column,
    movement: Column,
}

/// Reads the rows.
pub(super) fn read(table: &mut Table<'_>, out: &mut Handed<'_>) -> Result<(), FileError> {
    let is_activity = table.has(TYPE) && table.has(GROSS);
    let columns = Columns {
        status: table.required(STATUS)?,
        payment: [table.column(PAYMENT)?, table.column(INVOICE)?],
        reference: [table.column(REFERENCE)?, table.column(ITEM)?],
        amount: table.column(AMOUNT)?,
        currency: table.column(CURRENCY)?,
        date: table.column(DATE)?,
        code: table.column(CODE)?,
        text: table.column(TEXT)?,
        name: table.column(NAME)?,
        movement: if is_activity { table.required(TYPE)? } else { None },
    };
    while table.next()? {
        if is_activity && !is_payout(table.cell(columns.movement)) {
            out.summary.ignored += 1;
        } else {
            out.hand(row(table, &columns)?);
        }
    }
    Ok(())
}

/// Types of the activity report: `Mass Pay Payment`, `Mass Payment`, `Mass Pay Reversal`, `Payout`, `Payouts Refund` …
fn is_payout(movement: &str) -> bool {
    let movement = simplified(movement);
    movement.starts_with("masspay") || movement.starts_with("payout")
}

fn row(table: &Table<'_>, columns: &Columns) -> Result<Line, FileError> {
    let status = table.value(columns.status, outcome)?;
    let amount = table.maybe(columns.amount, value::written_amount)?;
    // Money out is negative in the activity report, money that comes back positive; elsewhere there are no signs.
    let came_in = columns.movement.is_some() && amount.is_some_and(|(negative, amount)| !negative && !amount.is_zero());
    let back = matches!(simplified(table.cell(columns.movement)), movement
        if movement.contains("reversal") || movement.contains("refund") || movement.contains("return"));
    let outcome = match status {
        Outcome::Settled if came_in && back => Outcome::Returned,
        Outcome::Settled if came_in || back => Outcome::Unknown,
        status => status,
    };
    let amount = match amount {
        None => None,
        Some((_, amount)) => {
            let currency = table
                .maybe(columns.currency, a_currency)?
                .ok_or_else(|| table.flaw(columns.amount, Flaw::NoCurrency))?;
            Some(Money::new(amount, currency))
        }
    };
    let filled = |[first, second]: [Column; 2]| if table.cell(first).is_empty() { second } else { first };
    let payment = table.value(filled(columns.payment), value::name)?;
    let text = |column: Column, longest: usize| {
        Some(value::shortened(table.cell(column), longest)).filter(|text| !text.is_empty())
    };
    Ok(Line {
        status: Some(value::shown(table.cell(columns.status))),
        amount,
        on: table.maybe(columns.date, value::written_date)?.flatten(),
        bank_reference: table.value(filled(columns.reference), value::name)?,
        code: table.value(columns.code, value::name)?,
        text: text(columns.text, LONGEST_TEXT),
        name: text(columns.name, LONGEST_PARTY),
        ..Line::new(payment.map_or(Target::Unnamed, Target::Payment), outcome)
    })
}

/// `UNCLAIMED` waits up to 30 days for the recipient and then comes back, `ONHOLD` is looked at by PayPal: neither has
/// arrived. `CANCELED` does not say whether the money had left.
fn outcome(status: &str) -> Result<Outcome, Flaw> {
    match simplified(status).as_str() {
        "success" | "completed" => Ok(Outcome::Settled),
        "new" | "pending" | "processing" | "unclaimed" | "onhold" | "held" => Ok(Outcome::Accepted),
        "failed" | "blocked" | "denied" => Ok(Outcome::Rejected),
        "returned" | "refunded" | "reversed" => Ok(Outcome::Returned),
        "canceled" | "cancelled" | "partiallyrefunded" => Ok(Outcome::Unknown),
        "" => Err(Flaw::Empty),
        _ => Err(Flaw::UnknownWord),
    }
}
