//! A partner's commissions: listed, summed by day or month, and one of them with everything that made it.

use crate::base::ids::{ConversionId, PayoutId, TermsVersionId, TransferId};
use crate::base::money::Currency;
use crate::commissions::model::{Place, Rate, Rule, State};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// A place in the list of commissions, newest first: the last one that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Tells apart what happened at one moment.
    pub conversion: ConversionId,
}

impl Cursor {
    /// As an address carries it: microseconds since 1970 and the conversion.
    pub fn to_text(self) -> String {
        format!("{}_{}", self.at.timestamp_micros(), self.conversion)
    }

    /// From an address; `None` where it is not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, conversion) = text.split_once('_')?;
        Some(Self { at: DateTime::from_timestamp_micros(at.parse().ok()?)?, conversion: conversion.parse().ok()? })
    }
}

/// What a bar of the chart stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// One day.
    Day,
    /// One month.
    Month,
}

/// Commissions of one day or month, currency and state, summed.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// The day, or the first of the month, in the reader's time zone.
    pub start: NaiveDate,
    /// The currency of the sums.
    pub currency: Currency,
    /// Where these commissions stand.
    pub state: State,
    /// How many.
    pub count: i64,
    /// What they were before anything was reversed.
    pub amount: Decimal,
    /// What is left of them.
    pub left: Decimal,
}

/// Commissions in one currency, summed.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// The currency; sums of two currencies are never added up.
    pub currency: Currency,
    /// How many commissions.
    pub count: i64,
    /// What they were before anything was reversed; `reversed + left()`.
    pub earned: Decimal,
    /// What refunds and rejections took back, of commissions in any state.
    pub reversed: Decimal,
    /// What is left and waits.
    pub pending: Decimal,
    /// What is left and is out of its hold.
    pub payable: Decimal,
    /// What is left, out of its hold and contested by the programme.
    pub ring_fenced: Decimal,
    /// Of what is left, in a payout on its way.
    pub in_payout: Decimal,
    /// Of what is left, paid.
    pub paid: Decimal,
}

impl Total {
    /// What is left, wherever it lies.
    pub fn left(&self) -> Decimal {
        self.pending + self.payable + self.ring_fenced + self.in_payout + self.paid
    }
}

/// One commission in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its conversion.
    pub conversion: ConversionId,
    /// When the sale or lead happened.
    pub occurred_at: DateTime<Utc>,
    /// The offer's name.
    pub offer: String,
    /// The advertiser's order id.
    pub order_id: String,
    /// The order amount, before refunds; zero for a lead.
    pub order_amount: Decimal,
    /// The rate it was priced by.
    pub rate: Rate,
    /// What is left of the commission.
    pub left: Decimal,
    /// The currency of order and commission.
    pub currency: Currency,
    /// Where it stands.
    pub state: State,
}

impl Row {
    /// Its place in the list.
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.occurred_at, conversion: self.conversion }
    }
}

/// One commission with everything that made it.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Its conversion.
    pub conversion: ConversionId,
    /// Whether it is a lead, which has no order amount.
    pub is_lead: bool,
    /// The advertiser's order id.
    pub order_id: String,
    /// The offer's name.
    pub offer: String,
    /// The sub id the partner sent along.
    pub sub_id: Option<String>,
    /// When the sale or lead happened.
    pub occurred_at: DateTime<Utc>,
    /// The currency of order and commission.
    pub currency: Currency,
    /// The rate in force then.
    pub rate: Rate,
    /// The version of terms that says the rate.
    pub rate_version: TermsVersionId,
    /// Since when that version is in force.
    pub rate_since: DateTime<Utc>,
    /// When it ends; `None`: it has no end.
    pub rate_until: Option<DateTime<Utc>>,
    /// Its place in its month, where the rate has a rule.
    pub month: Option<InMonth>,
    /// The hold in force then, in days.
    pub hold_days: i32,
    /// The version of terms that says the hold.
    pub hold_version: TermsVersionId,
    /// When the hold ends; `None` where only an approval ends it.
    pub hold_until: Option<DateTime<Utc>>,
    /// The order amount, before refunds; zero for a lead.
    pub order_amount: Decimal,
    /// What was given back of the order.
    pub refunded: Decimal,
    /// Whether the programme rejected it.
    pub rejected: bool,
    /// The commission of the whole order.
    pub amount: Decimal,
    /// What is left of it.
    pub left: Decimal,
    /// The payout it is in, if it is in one.
    pub payout: Option<PayoutId>,
    /// When it became payable.
    pub released_at: Option<DateTime<Utc>>,
    /// Where it stands.
    pub state: State,
}

/// Where a commission stands in its month, and the rule that priced it there.
#[derive(Clone, Debug, PartialEq)]
pub struct InMonth {
    /// What the version of the rate says of the first step, or of every order.
    pub rate: Rate,
    /// Its rule.
    pub rule: Rule,
    /// The first day of the accounting month.
    pub first: NaiveDate,
    /// What came before it.
    pub at: Place,
}

/// What happened to a conversion after it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What.
    pub what: What,
    /// When.
    pub at: DateTime<Utc>,
    /// The programme's words; empty where it gave none.
    pub reason: String,
}

/// Kinds of [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A part of the order was given back: so much.
    Refund(Decimal),
    /// The programme approved it.
    Approve,
    /// The programme rejected it.
    Reject,
}

/// One transfer in the ledger about a conversion.
#[derive(Clone, Debug)]
pub struct Booked {
    /// Its number.
    pub transfer: TransferId,
    /// `accrual`, `release`, `refund` and so on, as the ledger names it.
    pub kind: String,
    /// The account it left.
    pub from: String,
    /// The account it went to.
    pub to: String,
    /// How much, above zero.
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
    /// When it counts.
    pub effective_at: DateTime<Utc>,
    /// When it was written.
    pub booked_at: DateTime<Utc>,
}
