//! What is in a journal, in either format.

use super::account::Account;
use crate::base::ids::ProgrammeId;
use crate::base::money::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Whose journal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// <https://hledger.org/hledger.html#journal>
    Hledger,
    /// <https://beancount.github.io/docs/beancount_language_syntax.html>
    Beancount,
}

/// What to export: everything, or one programme, or some accounting days; each end is included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Only this programme.
    pub programme: Option<ProgrammeId>,
    /// From this day on, with opening balances.
    pub from: Option<NaiveDate>,
    /// Until this day.
    pub until: Option<NaiveDate>,
}

/// An account that the journal uses, to be declared.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The account.
    pub account: Account,
    /// Whose it is, in words: free text.
    pub holder: String,
    /// What lies in it.
    pub currencies: Vec<Currency>,
}

/// One side of an entry; debits are above zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Leg {
    /// Where.
    pub account: Account,
    /// How much, with the digits of its currency.
    pub amount: Decimal,
    /// In what.
    pub currency: Currency,
}

/// An entry, whose legs add up to nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The accounting day.
    pub day: NaiveDate,
    /// The transfer's number; none for an opening balance.
    pub transfer: Option<i64>,
    /// Partner or programme code.
    pub payee: String,
    /// What it is.
    pub what: String,
    /// Order, event: free text, told apart by fixed names.
    pub tags: Vec<(&'static str, String)>,
    /// The payout's reference (`PD-…`).
    pub payout: Option<String>,
    /// Debits and credits.
    pub legs: Vec<Leg>,
}
