//! The replay of real conversions under a proposed rate, what a form may say, and why the database refuses a decision.

mod steps;

pub use steps::{BadRule, MOST_STEPS, TypedRule, parse_rule};

use super::model::{BreakEven, CurrencyImpact, Impact, Month, NeighbourCost, REPLAY_DAYS, Replayed};
use crate::base::clock::start_of_day;
use crate::base::money::Currency;
use crate::commissions::model::{Rate, Rule};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::BTreeMap;

/// How far back a replay may go.
pub const REPLAY_SPANS: [i64; 3] = [30, REPLAY_DAYS, 365];
/// How long a proposal waits for its decision.
pub const EXPIRES_AFTER_DAYS: i64 = 30;

/// A rate in force or proposed, with its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The rate.
    pub rate: Rate,
    /// What it says beyond its value.
    pub rule: Rule,
}

/// What replayed months come to, for the `days` before `until`.
pub fn impact(
    until: DateTime<Utc>,
    days: i64,
    before: Option<Terms>,
    proposed: Terms,
    margin_floor: Decimal,
    replayed: Vec<Replayed>,
) -> Impact {
    let (rate_before, rule_before) = before.map(|terms| (terms.rate, terms.rule)).unzip();
    let keep_their_rate = replayed.iter().map(|one| one.keep_their_rate).sum();
    let mut currencies: BTreeMap<Currency, Vec<Replayed>> = BTreeMap::new();
    for one in replayed {
        currencies.entry(one.currency).or_default().push(one);
    }
    Impact {
        from: replay_from(until, days),
        until,
        rate_before,
        rule_before: rule_before.unwrap_or_default(),
        rate: proposed.rate,
        rule: proposed.rule,
        days,
        margin_floor,
        keep_their_rate,
        currencies: currencies
            .into_iter()
            .map(|(currency, months)| impact_in(currency, months, days, margin_floor))
            .collect(),
        neighbours: None,
    }
}

/// The first moment of a replay that ends at `until`.
pub fn replay_from(until: DateTime<Utc>, days: i64) -> DateTime<Utc> {
    until - TimeDelta::days(days)
}

/// The first whole day after a moment, in a time zone; the day itself where the moment is its midnight.
pub fn first_day_after(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let day = at.with_timezone(&zone).date_naive();
    if start_of_day(day, zone) == at { day } else { day.succ_opt().unwrap_or(day) }
}

fn impact_in(currency: Currency, mut replayed: Vec<Replayed>, days: i64, margin_floor: Decimal) -> CurrencyImpact {
    replayed.sort_by_key(|one| one.month.first);
    let revenue = replayed.iter().map(|one| one.revenue).sum::<Option<Decimal>>();
    let months: Vec<Month> = replayed.into_iter().map(|one| one.month).collect();
    let sum = |of: fn(&Month) -> Decimal| months.iter().map(of).sum::<Decimal>();
    let order_left = sum(|month| month.order_left);
    let cost_before = sum(|month| month.cost_before);
    let cost_after = sum(|month| month.cost_after);
    CurrencyImpact {
        currency,
        orders: months.iter().map(|month| month.orders).sum(),
        order_left,
        cost_before,
        cost_after,
        cost_a_month: a_month(currency, cost_after - cost_before, days),
        revenue,
        margin_before: margin(revenue, cost_before),
        margin_after: margin(revenue, cost_after),
        below_floor: revenue
            .is_some_and(|revenue| (revenue - cost_after) * Decimal::ONE_HUNDRED < margin_floor * revenue),
        break_even: break_even(currency, revenue, (cost_before, cost_after), order_left, days),
        months,
    }
}

/// A sum of so many days as one of 30.
fn a_month(currency: Currency, sum: Decimal, days: i64) -> Decimal {
    currency.round(sum * Decimal::from(30) / Decimal::from(days))
}

/// What the neighbours' replayed months come to, a line a currency.
pub fn neighbour_costs(replayed: &[Replayed], days: i64) -> Vec<NeighbourCost> {
    let mut costs: BTreeMap<Currency, (Decimal, Decimal)> = BTreeMap::new();
    for one in replayed {
        let (before, after) = costs.entry(one.currency).or_default();
        *before += one.month.cost_before;
        *after += one.month.cost_after;
    }
    costs
        .into_iter()
        .map(|(currency, (cost_before, cost_after))| {
            let cost_a_month = a_month(currency, cost_after - cost_before, days);
            NeighbourCost { currency, cost_before, cost_after, cost_a_month }
        })
        .collect()
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
    (cost_before, cost_after): (Decimal, Decimal),
    order_left: Decimal,
    days: i64,
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
    // Over the months that were replayed; the quotient may have no end, so it comes last.
    let orders_a_month = |orders: Decimal| orders * Decimal::from(30) / Decimal::from(days);
    match (share(Decimal::ONE_HUNDRED), share(order_left)) {
        (Some(percent), Some(orders)) => BreakEven::Extra {
            percent: up(percent, 1),
            orders_a_month: up(orders_a_month(orders), currency.minor_units()),
        },
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
    /// It would end before it begins.
    EndsTooEarly,
    /// It would end later than was proposed.
    EndsTooLate,
    /// It would be over before the partner has to say something.
    OfferOutlivesIt,
    /// Something is promised for longer than it holds.
    PromiseOutlivesIt,
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
            "proposal_ends_after_its_start" | "decision_ends_after_its_start" => Self::EndsTooEarly,
            "decision_not_beyond_proposed_end" => Self::EndsTooLate,
            "counter_offer_ends_after_its_expiry" => Self::OfferOutlivesIt,
            "promise_within_its_version" => Self::PromiseOutlivesIt,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
