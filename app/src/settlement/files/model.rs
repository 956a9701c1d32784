//! What an answer file says, in one form for all kinds of file.

use crate::base::money::Money;
use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// What kind of file it is; known by its content, never by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// ISO 20022 CustomerPaymentStatusReport: what the bank thinks of a file it was sent.
    Pain002,
    /// ISO 20022 BankToCustomerStatement: what was booked.
    Camt053,
    /// ISO 20022 BankToCustomerDebitCreditNotification: single bookings, ahead of the statement.
    Camt054,
    /// A CSV report of PayPal: results of payouts, or the activity report.
    PayPal,
    /// A CSV report of Wise: transfers, or the transaction history.
    Wise,
    /// A CSV file with the columns `payout,status,date,reference,code`.
    Plain,
}

impl Kind {
    /// The word for it in code, SQL and command output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pain002 => "pain.002",
            Self::Camt053 => "camt.053",
            Self::Camt054 => "camt.054",
            Self::PayPal => "paypal",
            Self::Wise => "wise",
            Self::Plain => "plain",
        }
    }
}

/// What a line speaks of, by the name that file gives it. Nothing is looked up here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// One payment: its EndToEndId (ISO 20022) or the payout id that went out with it (PayPal, Wise, plain CSV).
    Payment(String),
    /// All payments of one PmtInf block: its PmtInfId. Where it comes from a statement, settle the batch only if amount
    /// and, where given, number of payments are those of the whole batch.
    Batch(String),
    /// All payments of one file that was sent: its MsgId.
    Message(String),
    /// Nothing the file names; a person matches it by amount, name and text.
    Unnamed,
}

/// What became of the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Taken on, on its way, or waiting to be claimed. Says nothing about whether it will arrive.
    Accepted,
    /// Booked, or said to be settled.
    Settled,
    /// Refused before it left.
    Rejected,
    /// Left and came back.
    Returned,
    /// The file says something from which none of the others follows. A person looks; nothing is sent again.
    Unknown,
}

impl Outcome {
    /// Whether nothing more is to come, but for a return of what has been settled.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Settled | Self::Rejected | Self::Returned)
    }
}

/// One statement of a file about one payment, batch or message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place among the lines of what was read, from 1; counted on through the members of a zip archive.
    pub number: u64,
    /// What it speaks of.
    pub target: Target,
    /// What became of it.
    pub outcome: Outcome,
    /// The status as the file writes it (`ACSC`, `BOOK`, `UNCLAIMED` …).
    pub status: Option<String>,
    /// The PmtInfId a single payment is in, where the file says so.
    pub batch: Option<String>,
    /// The amount; in a statement the one that was booked, in the currency of the account. Never negative.
    pub amount: Option<Money>,
    /// The amount that had been ordered, where a statement gives it as well (another currency, or less by fees).
    pub instructed: Option<Money>,
    /// How many payments a batch or message holds, where the file says so.
    pub payments: Option<u64>,
    /// What they come to, where the file says so without a currency (OrgnlCtrlSum).
    pub control_sum: Option<Decimal>,
    /// The day it was booked or settled, as the bank dates it.
    pub on: Option<NaiveDate>,
    /// What the bank or service calls it (AcctSvcrRef, transaction id).
    pub bank_reference: Option<String>,
    /// Why, where it did not arrive: a reason code of ISO 20022 (`AC04`), or the service's own. See `codes::meaning`.
    pub code: Option<String>,
    /// What the file says in words (remittance, additional information); at most 500 characters, no control characters.
    pub text: Option<String>,
    /// Who was to get the money, as the file writes it; at most 140 characters.
    pub name: Option<String>,
}

impl Line {
    /// A line that says no more than this; it gets its number when it is handed on.
    pub(super) fn new(target: Target, outcome: Outcome) -> Self {
        Self {
            number: 0,
            target,
            outcome,
            status: None,
            batch: None,
            amount: None,
            instructed: None,
            payments: None,
            control_sum: None,
            on: None,
            bank_reference: None,
            code: None,
            text: None,
            name: None,
        }
    }
}

/// What a file says about itself, and how much of it was of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The name it came with; for a member of a zip archive `archive.zip/member.xml`.
    pub file: String,
    /// What it is.
    pub kind: Kind,
    /// The version of the message (`camt.053.001.08`); none for CSV.
    pub version: Option<String>,
    /// MsgId of the message; none for CSV.
    pub message_id: Option<String>,
    /// When the sender made it, by the sender's own clock, as written; none for CSV.
    pub created_at: Option<NaiveDateTime>,
    /// The accounts a statement speaks of (IBAN or the bank's own number).
    pub accounts: BTreeSet<String>,
    /// MsgId of the file that a pain.002 answers.
    pub original: Option<String>,
    /// The status a pain.002 gives that file as a whole; a line only where it is final for all payments.
    pub status: Option<String>,
    /// How many lines were handed on.
    pub lines: u64,
    /// Bookings that are not about money sent: money in that is not marked as a return; rows of PayPal and Wise that
    /// are not payouts.
    pub ignored: u64,
    /// Entries of a statement that are announced but not booked.
    pub not_booked: u64,
}

impl Summary {
    pub(super) fn new(file: &str, kind: Kind) -> Self {
        Self {
            file: file.to_owned(),
            kind,
            version: None,
            message_id: None,
            created_at: None,
            accounts: BTreeSet::new(),
            original: None,
            status: None,
            lines: 0,
            ignored: 0,
            not_booked: 0,
        }
    }
}
