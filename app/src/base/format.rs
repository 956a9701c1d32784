//! Money, numbers and dates as the reader's locale writes them. What differs stands in `locales/*/format.json`.

use super::language::{Locale, tr};
use super::money::{Currency, Money};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// An amount with its currency: `£1,234.50`, `1234,50 €`, `-£3.00`.
pub fn money(locale: Locale, money: Money) -> String {
    let number = number(locale, money.currency.round(money.amount).abs());
    let sign = if money.amount.is_sign_negative() && !money.amount.is_zero() { "-" } else { "" };
    let symbol = symbol(money.currency);
    if tr!(locale, format.money_after) == "yes" {
        format!("{sign}{number}\u{a0}{symbol}")
    } else if symbol.len() == 3 && symbol.is_ascii() {
        format!("{sign}{symbol}\u{a0}{number}")
    } else {
        format!("{sign}{symbol}{number}")
    }
}

/// The sign readers know a currency by; its code where there is none.
fn symbol(currency: Currency) -> String {
    match currency.code() {
        "GBP" => "£".into(),
        "EUR" => "€".into(),
        "USD" => "$".into(),
        "JPY" => "¥".into(),
        code => code.to_owned(),
    }
}

/// A number with the locale's marks, its decimals as they are.
pub fn number(locale: Locale, number: Decimal) -> String {
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let group_from: usize = tr!(locale, format.group_from).parse().unwrap_or(4);
    let group_mark = tr!(locale, format.group_mark);
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) && whole.len() >= group_from {
            grouped.push_str(&group_mark);
        }
        grouped.push(digit);
    }
    if fraction.is_empty() {
        format!("{sign}{grouped}")
    } else {
        format!("{sign}{grouped}{}{fraction}", tr!(locale, format.decimal_mark))
    }
}

/// A whole number.
pub fn count(locale: Locale, count: i64) -> String {
    number(locale, Decimal::from(count))
}

/// A percentage, without zeros at its end: `8.5%`, `8,5 %`.
pub fn percent(locale: Locale, percent: Decimal) -> String {
    tr!(locale, format.percent, number = number(locale, percent.normalize())).replace(' ', "\u{a0}")
}

/// `1 December 2010`, `1 de diciembre de 2010`, in the reader's time zone. No date breaks at the end of a line.
pub fn date(locale: Locale, zone: Tz, at: DateTime<Utc>) -> String {
    day(locale, at.with_timezone(&zone).date_naive())
}

/// A day, written out.
pub fn day(locale: Locale, day: NaiveDate) -> String {
    let months = tr!(locale, format.months);
    tr!(locale, format.date, day = day.day(), month = month_of(&months, day), year = day.year()).replace(' ', "\u{a0}")
}

/// `1 Dec 2010`, for tables.
pub fn date_short(locale: Locale, zone: Tz, at: DateTime<Utc>) -> String {
    day_short(locale, at.with_timezone(&zone).date_naive())
}

/// A day, for tables.
pub fn day_short(locale: Locale, day: NaiveDate) -> String {
    let months = tr!(locale, format.months_short);
    tr!(locale, format.date_short, day = day.day(), month = month_of(&months, day), year = day.year())
        .replace(' ', "\u{a0}")
}

/// `1 Dec 2010, 08:26`.
pub fn date_time(locale: Locale, zone: Tz, at: DateTime<Utc>) -> String {
    let time = at.with_timezone(&zone).format("%H:%M");
    tr!(locale, format.date_time, date = date_short(locale, zone, at), time = time)
}

/// `December 2010`.
pub fn month(locale: Locale, day: NaiveDate) -> String {
    let months = tr!(locale, format.months);
    tr!(locale, format.month_year, month = month_of(&months, day), year = day.year())
}

fn month_of(months: &str, day: NaiveDate) -> String {
    months.split(' ').nth(day.month0() as usize).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pounds(text: &str) -> Money {
        Money::new(text.parse().expect("number"), Currency::parse("GBP").expect("code"))
    }

    #[test]
    fn money_reads_as_the_locale_writes_it() {
        assert_eq!(money(Locale::en, pounds("1234.5")), "£1,234.50");
        assert_eq!(money(Locale::es, pounds("1234.5")), "1234,50\u{a0}£");
        assert_eq!(money(Locale::es, pounds("12345.5")), "12.345,50\u{a0}£");
        assert_eq!(money(Locale::en, pounds("-3")), "-£3.00");
        assert_eq!(money(Locale::en, pounds("-0.00")), "£0.00");
    }

    #[test]
    fn dates_read_as_the_locale_writes_them() {
        let at = DateTime::from_timestamp(1_291_192_000, 0).expect("time");
        assert_eq!(date(Locale::en, Tz::UTC, at), "1\u{a0}December\u{a0}2010");
        assert_eq!(date(Locale::es, Tz::UTC, at), "1\u{a0}de\u{a0}diciembre\u{a0}de\u{a0}2010");
        assert_eq!(date_time(Locale::es, Tz::UTC, at), "1\u{a0}dic\u{a0}2010, 08:26");
        assert_eq!(date_time(Locale::en, Tz::Asia__Tokyo, at), "1\u{a0}Dec\u{a0}2010, 17:26");
    }

    #[test]
    fn a_percentage_has_no_idle_zeros() {
        assert_eq!(percent(Locale::en, "8.5000".parse().expect("number")), "8.5%");
        assert_eq!(percent(Locale::es, "8".parse().expect("number")), "8\u{a0}%");
    }
}
