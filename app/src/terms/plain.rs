//! A value of the terms in a language alone: for mails, and for pages that show what was before beside what comes.

use super::model::{Field, Schedule};
use crate::base::format;
use crate::base::language::{Locale, tr};
use crate::base::money::{Currency, Money};
use rust_decimal::Decimal;

/// The name of a field.
pub fn field(locale: Locale, field: Field) -> String {
    match field {
        Field::Rate => tr!(locale, terms.rate),
        Field::HoldDays => tr!(locale, terms.hold_days),
        Field::Validation => tr!(locale, terms.validation),
        Field::Minimum => tr!(locale, terms.minimum),
        Field::Schedule => tr!(locale, terms.schedule),
    }
}

/// What a value says in the unit of its kind; amounts are in the programme's `currency`.
pub fn value(locale: Locale, kind: &str, value: Decimal, currency: Currency) -> String {
    let number = || format::number(locale, value.normalize());
    match kind {
        "percent" => tr!(locale, terms.percent_words, rate = format::percent(locale, value)),
        "fixed" => tr!(locale, terms.fixed_words, amount = number()),
        "days" if value.is_zero() => tr!(locale, terms.days_none),
        "days" if value == Decimal::ONE => tr!(locale, terms.day_words),
        "days" => tr!(locale, terms.days_words, days = value.normalize().to_string()),
        "flag" if value.is_zero() => tr!(locale, terms.flag_no),
        "flag" => tr!(locale, terms.flag_yes),
        "amount" => format::money(locale, Money::new(value, currency)),
        _ => schedule(locale, kind, value).unwrap_or_else(number),
    }
}

fn schedule(locale: Locale, kind: &str, value: Decimal) -> Option<String> {
    Some(match Schedule::from_parts(kind, value)? {
        Schedule::Weekly(day) => {
            let weekdays = tr!(locale, terms.weekdays);
            let weekday = weekdays.split(' ').nth(day as usize - 1)?.to_owned();
            tr!(locale, terms.weekly, weekday = weekday)
        }
        Schedule::TwiceMonthly(day) => tr!(locale, terms.twice_monthly, first = day, second = day + 15),
        Schedule::Monthly(day) => tr!(locale, terms.monthly, day = day),
        Schedule::Net(days) => tr!(locale, terms.net, days = days),
    })
}
