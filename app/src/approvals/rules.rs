//! The replay of real conversions under a proposed rate, what a form may say, and why the database refuses a decision.

use super::model::{BreakEven, CurrencyImpact, Impact, Month, Replayed};
use crate::base::clock::start_of_day;
use crate::base::money::Currency;
use crate::commissions::model::{Inputs, Rate};
use crate::commissions::rules::commission_left;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::BTreeMap;

/// How far back the replay goes.
pub const REPLAY_DAYS: i64 = 90;
/// How long a proposal waits for its decision.
pub const EXPIRES_AFTER_DAYS: i64 = 30;

/// Adds conversions up, in any order, as they were booked and as they would have been.
#[derive(Debug)]
pub struct Replay {
    rate: Rate,
    keep_their_rate: u64,
    currencies: BTreeMap<Currency, Sums>,
}

#[derive(Debug, Default)]
struct Sums {
    /// `None` as soon as it is not known of one conversion.
    revenue: Option<Decimal>,
    months: BTreeMap<NaiveDate, Month>,
}

impl Replay {
    /// Starts a replay under `rate`.
    pub fn under(rate: Rate) -> Self {
        Self { rate, keep_their_rate: 0, currencies: BTreeMap::new() }
    }

    /// Adds a conversion. Each is rounded by itself, as it would have been booked.
    pub fn add(&mut self, conversion: &Replayed) {
        let cost_after = if conversion.keeps_its_rate {
            self.keep_their_rate += 1;
            conversion.booked
        } else {
            commission_left(&inputs(conversion, self.rate), conversion.currency)
        };
        let sums = self
            .currencies
            .entry(conversion.currency)
            .or_insert_with(|| Sums { revenue: Some(Decimal::ZERO), months: BTreeMap::new() });
        sums.revenue = sums.revenue.zip(revenue_left(conversion)).map(|(sum, one)| sum + one);
        let first = conversion.day.with_day(1).unwrap_or(conversion.day);
        let month = sums.months.entry(first).or_insert(Month {
            first,
            orders: 0,
            order_left: Decimal::ZERO,
            cost_before: Decimal::ZERO,
            cost_after: Decimal::ZERO,
        });
        month.orders += 1;
        month.order_left += order_left(conversion);
        month.cost_before += conversion.booked;
        month.cost_after += cost_after;
    }

    /// What came of it, for the time before `until`.
    pub fn finish(self, until: DateTime<Utc>, rate_before: Option<Rate>, margin_floor: Decimal) -> Impact {
        Impact {
            from: replay_from(until),
            until,
            rate_before,
            rate: self.rate,
            margin_floor,
            keep_their_rate: self.keep_their_rate,
            currencies: self
                .currencies
                .into_iter()
                .map(|(currency, sums)| impact_in(currency, sums, margin_floor))
                .collect(),
        }
    }
}

/// The first moment of a replay that ends at `until`.
pub fn replay_from(until: DateTime<Utc>) -> DateTime<Utc> {
    until - TimeDelta::days(REPLAY_DAYS)
}

/// The first whole day after a moment, in a time zone; the day itself where the moment is its midnight.
pub fn first_day_after(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let day = at.with_timezone(&zone).date_naive();
    if start_of_day(day, zone) == at { day } else { day.succ_opt().unwrap_or(day) }
}

fn inputs(conversion: &Replayed, rate: Rate) -> Inputs {
    Inputs { rate, order_amount: conversion.order_amount, refunded: conversion.refunded, rejected: conversion.rejected }
}

fn order_left(conversion: &Replayed) -> Decimal {
    if conversion.rejected { Decimal::ZERO } else { conversion.order_amount - conversion.refunded }
}

/// The programme's own earnings fall with a refund or a rejection exactly as a commission does. Where nothing is left
/// of a conversion they are zero, whether or not its revenue was known.
fn revenue_left(conversion: &Replayed) -> Option<Decimal> {
    let nothing_left = conversion.rejected
        || (conversion.order_amount > Decimal::ZERO && conversion.refunded == conversion.order_amount);
    match conversion.revenue {
        _ if nothing_left => Some(Decimal::ZERO),
        Some(revenue) => Some(commission_left(&inputs(conversion, revenue), conversion.currency)),
        None => None,
    }
}

fn impact_in(currency: Currency, sums: Sums, margin_floor: Decimal) -> CurrencyImpact {
    let months: Vec<Month> = sums.months.into_values().collect();
    let sum = |of: fn(&Month) -> Decimal| months.iter().map(of).sum::<Decimal>();
    let order_left = sum(|month| month.order_left);
    let cost_before = sum(|month| month.cost_before);
    let cost_after = sum(|month| month.cost_after);
    let revenue = sums.revenue;
    CurrencyImpact {
        currency,
        orders: months.iter().map(|month| month.orders).sum(),
        order_left,
        cost_before,
        cost_after,
        cost_a_month: currency.round((cost_after - cost_before) * Decimal::from(30) / Decimal::from(REPLAY_DAYS)),
        revenue,
        margin_before: margin(revenue, cost_before),
        margin_after: margin(revenue, cost_after),
        below_floor: revenue
            .is_some_and(|revenue| (revenue - cost_after) * Decimal::ONE_HUNDRED < margin_floor * revenue),
        break_even: break_even(currency, revenue, cost_before, cost_after, order_left),
        months,
    }
}

/// What remains of the revenue, in percent, to two decimals; `None` where there is no revenue to take it of.
pub fn margin(revenue: Option<Decimal>, cost: Decimal) -> Option<Decimal> {
    let revenue = revenue.filter(|revenue| !revenue.is_zero())?;
    let percent = (revenue - cost) * Decimal::ONE_HUNDRED / revenue;
    Some(percent.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

fn break_even(
    currency: Currency,
    revenue: Option<Decimal>,
    cost_before: Decimal,
    cost_after: Decimal,
    order_left: Decimal,
) -> BreakEven {
    if cost_after <= cost_before {
        return BreakEven::NotNeeded;
    }
    let Some(revenue) = revenue else {
        return BreakEven::NotKnown;
    };
    let earned = revenue - cost_after;
    let lost = cost_after - cost_before;
    if earned <= Decimal::ZERO {
        return BreakEven::Never;
    }
    let up = |amount: Decimal, digits| amount.round_dp_with_strategy(digits, RoundingStrategy::AwayFromZero);
    // Multiplied before it is divided, so that an exact quotient stays exact and is not rounded up once more.
    let share = |whole: Decimal| whole.checked_mul(lost).and_then(|product| product.checked_div(earned));
    let months = Decimal::from(REPLAY_DAYS) / Decimal::from(30);
    match (share(Decimal::ONE_HUNDRED), share(order_left)) {
        (Some(percent), Some(orders)) => {
            BreakEven::Extra { percent: up(percent, 1), orders_a_month: up(orders / months, currency.minor_units()) }
        }
        _ => BreakEven::NotKnown,
    }
}

/// Why a number on a form is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadNumber {
    /// It is empty.
    Missing,
    /// It is not a number.
    NotANumber,
    /// It is below zero, or above what makes sense.
    OutOfRange,
    /// It has more decimals than can be meant.
    TooManyDecimals,
}

/// A percentage as people type it: `8`, `8.5`, `8,5`, `8,5 %`. From 0 to 100, at most four decimals. No thousands can
/// occur, so a comma is always a decimal mark.
///
/// # Errors
/// What is wrong with it.
pub fn parse_percent(text: &str) -> Result<Decimal, BadNumber> {
    let text = squeezed(text);
    let percent = plain_decimal(&text.trim_end_matches('%').replace(',', "."))?;
    if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&percent) {
        return Err(BadNumber::OutOfRange);
    }
    at_most(percent, 4)
}

/// An amount as people type it in a language whose decimal mark is `decimal_mark`. The other mark groups thousands
/// where exactly three digits follow it, and is otherwise taken for a decimal mark too.
///
/// # Errors
/// What is wrong with it.
pub fn parse_amount(text: &str, decimal_mark: char, currency: Currency) -> Result<Decimal, BadNumber> {
    let group_mark = if decimal_mark == ',' { '.' } else { ',' };
    let text: String = squeezed(text).chars().filter(|c| !matches!(c, '£' | '€' | '$' | '¥')).collect();
    let grouped = text.split(group_mark).skip(1).all(|part| {
        let digits = part.split(decimal_mark).next().unwrap_or_default();
        digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    let plain = if grouped {
        text.replace(group_mark, "").replace(decimal_mark, ".")
    } else {
        text.replace([group_mark, decimal_mark], ".")
    };
    let amount = plain_decimal(&plain)?;
    if !(Decimal::ZERO..=Decimal::from(1_000_000_000)).contains(&amount) {
        return Err(BadNumber::OutOfRange);
    }
    at_most(amount, currency.minor_units())
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Digits and at most one point, a sign allowed; no exponents, no underscores.
fn plain_decimal(text: &str) -> Result<Decimal, BadNumber> {
    if text.is_empty() {
        return Err(BadNumber::Missing);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1;
    if !is_plain {
        return Err(BadNumber::NotANumber);
    }
    if digits.len() > 20 {
        return Err(BadNumber::OutOfRange);
    }
    text.parse().map_err(|_| BadNumber::NotANumber)
}

fn at_most(number: Decimal, decimals: u32) -> Result<Decimal, BadNumber> {
    let number = number.normalize();
    if number.scale() > decimals { Err(BadNumber::TooManyDecimals) } else { Ok(number) }
}

/// Why the database refused a proposal or a decision, from the name of the constraint that did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody was faster.
    AlreadyDecided,
    /// Its author doesn't decide it.
    ByItsAuthor,
    /// Who decides is no owner, or not any more.
    NotAnOwner,
    /// Its time is over.
    Expired,
    /// Its author may only decide it where there is no other owner, and there is one.
    AnotherOwnerDecides,
    /// What is there is not what was read.
    NotWhatWasRead,
    /// It would take effect before the proposal says, or in the past.
    TooEarly,
    /// Other terms of the same kind took effect at this very moment.
    JustChanged,
    /// The authority changed in between, or was exceeded.
    NotWithinAuthority,
    /// A minimum is only lowered.
    NotLower,
    /// The same form was sent before.
    SentBefore,
    /// It goes under the floor, and nobody said why.
    UnderTheFloor,
    /// A decrease begins too soon after it was decided.
    NoticeTooShort,
    /// A decrease takes too much at once.
    StepTooLarge,
    /// Something better was promised.
    Promised,
    /// A counter-offer offers what was asked for.
    SameValue,
    /// What is offered to a partner is theirs to decide.
    PartnerDecides,
}

impl Refusal {
    /// What a constraint's name means; `None` where it is no business of a reader.
    pub fn of(constraint: &str) -> Option<Self> {
        Some(match constraint {
            "decision_pkey" => Self::AlreadyDecided,
            "decision_not_by_author" => Self::ByItsAuthor,
            "decision_by_an_owner" => Self::NotAnOwner,
            "decision_before_expiry" => Self::Expired,
            "decision_sole_control_only_when_alone" => Self::AnotherOwnerDecides,
            "decision_of_what_was_read" | "decision_of_the_evidence_read" | "proposal_hash_is_of_content" => {
                Self::NotWhatWasRead
            }
            "decision_not_before_proposed_start" | "decision_not_retroactive" => Self::TooEarly,
            "terms_version_revision_once" => Self::JustChanged,
            "decision_by_policy_within_authority" | "decision_by_authority_in_force" | "decision_authority" => {
                Self::NotWithinAuthority
            }
            "decision_by_policy_only_lowers" => Self::NotLower,
            "proposal_form_once" => Self::SentBefore,
            "decision_floor_needs_override" => Self::UnderTheFloor,
            "decision_decrease_notice" => Self::NoticeTooShort,
            "decision_decrease_step" => Self::StepTooLarge,
            "decision_keeps_promise" => Self::Promised,
            "counter_offer_is_another_value" => Self::SameValue,
            "decision_of_an_offer_by_its_partner" => Self::PartnerDecides,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
