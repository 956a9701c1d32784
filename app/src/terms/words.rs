//! Terms in words.

use super::model::{FIRST_TERMS, Field, Schedule, Version};
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::commissions::model::{How, Measure, Rate, Rule, Steps};
use crate::ui::text::amount_words;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// What a partner is paid, when, and from which amount on; in sentences.
pub fn lead(ctx: &Context, general: &[Version], some_offers_differ: bool, currency: Currency) -> String {
    let of = |field: Field| general.iter().find(|version| version.field == field);
    let mut sentences = Vec::new();
    sentences.push(match of(Field::Rate) {
        Some(rate) if !rate.rule.is_plain() => tr!(ctx.locale, steps.lead, words = value(ctx, rate, currency)),
        Some(rate) if rate.kind == "percent" => {
            tr!(ctx.locale, terms.lead_percent, rate = format::percent(ctx.locale, rate.value))
        }
        Some(rate) => tr!(ctx.locale, terms.lead_fixed, rate = number(ctx, rate.value)),
        None => tr!(ctx.locale, terms.lead_no_rate),
    });
    if some_offers_differ && of(Field::Rate).is_some() {
        sentences.push(tr!(ctx.locale, terms.lead_own));
    }
    if of(Field::Validation).is_some_and(|version| !version.value.is_zero()) {
        sentences.push(tr!(ctx.locale, terms.lead_validation));
    } else if let Some(hold) = of(Field::HoldDays) {
        sentences.push(if hold.value.is_zero() {
            tr!(ctx.locale, terms.lead_hold_none)
        } else if hold.value == Decimal::ONE {
            tr!(ctx.locale, terms.lead_hold_one)
        } else {
            tr!(ctx.locale, terms.lead_hold, days = hold.value.normalize().to_string())
        });
    }
    let minimum = of(Field::Minimum)
        .filter(|version| !version.value.is_zero())
        .map(|version| amount_words(ctx, Money::new(version.value, currency)));
    match (of(Field::Schedule).and_then(|version| schedule_of(ctx, version)), minimum) {
        (Some(schedule), Some(minimum)) => {
            sentences.push(tr!(ctx.locale, terms.lead_schedule, schedule = schedule));
            sentences.push(tr!(ctx.locale, terms.lead_minimum, minimum = minimum));
        }
        (Some(schedule), None) => {
            sentences.push(tr!(ctx.locale, terms.lead_schedule, schedule = schedule));
            sentences.push(tr!(ctx.locale, terms.lead_no_minimum));
        }
        (None, Some(minimum)) => sentences.push(tr!(ctx.locale, terms.lead_minimum_only, minimum = minimum)),
        (None, None) => {}
    }
    sentences.join(" ")
}

/// Why terms were set: as somebody wrote it, save for the one reason that nobody wrote.
pub fn reason(ctx: &Context, reason: &str) -> String {
    if reason == FIRST_TERMS { tr!(ctx.locale, terms.first_terms) } else { reason.to_owned() }
}

/// The last day on which something holds that ends at a moment, itself left out.
pub fn last_day(until: DateTime<Utc>, zone: Tz) -> NaiveDate {
    (until - TimeDelta::microseconds(1)).with_timezone(&zone).date_naive()
}

/// A value with the last day on which it holds, where it has an end.
pub fn with_end(ctx: &Context, value: String, until: Option<DateTime<Utc>>) -> String {
    match until {
        Some(until) => {
            let day = format::date(ctx.locale, ctx.time_zone, until - TimeDelta::microseconds(1));
            tr!(ctx.locale, ending.until_day, value = value, day = day)
        }
        None => value,
    }
}

/// The name of a field.
pub fn field(ctx: &Context, field: Field) -> String {
    match field {
        Field::Rate => tr!(ctx.locale, terms.rate),
        Field::HoldDays => tr!(ctx.locale, terms.hold_days),
        Field::Validation => tr!(ctx.locale, terms.validation),
        Field::Minimum => tr!(ctx.locale, terms.minimum),
        Field::Schedule => tr!(ctx.locale, terms.schedule),
    }
}

/// What a version says; a minimum is in the programme's `currency`.
pub fn value(ctx: &Context, version: &Version, currency: Currency) -> String {
    match version.field {
        Field::Rate => match Rate::from_parts(&version.kind, version.value) {
            Some(rate) => rate_words(ctx, rate, &version.rule),
            None => number(ctx, version.value),
        },
        Field::HoldDays if version.value.is_zero() => tr!(ctx.locale, terms.days_none),
        Field::HoldDays if version.value == Decimal::ONE => tr!(ctx.locale, terms.day_words),
        Field::HoldDays => tr!(ctx.locale, terms.days_words, days = version.value.normalize().to_string()),
        Field::Validation if version.value.is_zero() => tr!(ctx.locale, terms.flag_no),
        Field::Validation => tr!(ctx.locale, terms.flag_yes),
        Field::Minimum => amount_words(ctx, Money::new(version.value, currency)),
        Field::Schedule => schedule_of(ctx, version).unwrap_or_else(|| tr!(ctx.locale, terms.not_set)),
    }
}

/// A rate with its rule: what an order earns, its steps, its caps.
pub fn rate_words(ctx: &Context, rate: Rate, rule: &Rule) -> String {
    let locale = ctx.locale;
    let mut words = vec![match rate {
        Rate::Percent(percent) => tr!(locale, terms.percent_words, rate = format::percent(locale, percent)),
        Rate::Fixed(fixed) | Rate::Priced(fixed) => tr!(locale, terms.fixed_words, amount = number(ctx, fixed)),
    }];
    if let Some(steps) = &rule.steps {
        words.extend(step_words(ctx, rate, steps));
        words.push(match steps.how {
            How::Marginal => tr!(locale, steps.marginal),
            How::Whole => tr!(locale, steps.whole),
        });
    }
    words.extend(rule.most_each.map(|most| tr!(locale, steps.most_each, amount = number(ctx, most))));
    words.extend(rule.most_month.map(|most| tr!(locale, steps.most_month, amount = number(ctx, most))));
    words.join("; ")
}

/// Every step after the first.
fn step_words(ctx: &Context, rate: Rate, steps: &Steps) -> Vec<String> {
    let locale = ctx.locale;
    steps
        .steps
        .iter()
        .skip(1)
        .map(|step| {
            let from = number(ctx, step.from);
            let rate = step_rate(ctx, rate, step.rate);
            match (steps.by, steps.how) {
                (Measure::Volume, _) => tr!(locale, steps.step_volume, rate = rate, from = from),
                (Measure::Count, How::Marginal) => tr!(locale, steps.step_count_marginal, rate = rate, from = from),
                (Measure::Count, How::Whole) => tr!(locale, steps.step_count_whole, rate = rate, from = from),
            }
        })
        .collect()
}

/// The rate of a step, in the unit of the rate it belongs to.
pub fn step_rate(ctx: &Context, rate: Rate, of_step: Decimal) -> String {
    match rate {
        Rate::Percent(_) => format::percent(ctx.locale, of_step),
        Rate::Fixed(_) | Rate::Priced(_) => number(ctx, of_step),
    }
}

/// A fixed rate is paid in the currency of each conversion, so it is a number without a sign.
fn number(ctx: &Context, value: Decimal) -> String {
    let mut value = value.normalize();
    if value.scale() == 1 {
        value.rescale(2);
    }
    format::number(ctx.locale, value)
}

fn schedule_of(ctx: &Context, version: &Version) -> Option<String> {
    schedule(ctx, Schedule::from_parts(&version.kind, version.value)?)
}

/// When payouts are made: "every week on Friday". `None` where the weekday has no name.
pub(crate) fn schedule(ctx: &Context, schedule: Schedule) -> Option<String> {
    Some(match schedule {
        Schedule::Weekly(day) => {
            let weekdays = tr!(ctx.locale, terms.weekdays);
            let weekday = weekdays.split(' ').nth(day as usize - 1)?.to_owned();
            tr!(ctx.locale, terms.weekly, weekday = weekday)
        }
        Schedule::TwiceMonthly(day) => tr!(ctx.locale, terms.twice_monthly, first = day, second = day + 15),
        Schedule::Monthly(day) => tr!(ctx.locale, terms.monthly, day = day),
        Schedule::Net(days) => tr!(ctx.locale, terms.net, days = days),
    })
}
