//! Days on which banks move money.

use crate::base::money::Currency;
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Whether banks move money of a currency on this day: not at weekends, nor on the closing days of TARGET (euro; European
/// Central Bank, decision of 2000) or on the bank holidays of England (sterling; Banking and Financial Dealings Act 1971).
/// Of other currencies only the weekends are known.
pub fn is_bank_day(day: NaiveDate, currency: Currency) -> bool {
    if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
        return false;
    }
    let easter = easter_sunday(day.year());
    let around_easter = day == easter - Days::new(2) || day == easter + Days::new(1);
    match currency.code() {
        "EUR" => !around_easter && !matches!((day.month(), day.day()), (1, 1) | (5, 1) | (12, 25 | 26)),
        "GBP" => !around_easter && !is_english_holiday(day),
        _ => true,
    }
}

/// The day that is so many bank days after another.
pub fn bank_days_after(day: NaiveDate, days: u32, currency: Currency) -> NaiveDate {
    let mut at = day;
    for _ in 0..days {
        at = at + Days::new(1);
        while !is_bank_day(at, currency) {
            at = at + Days::new(1);
        }
    }
    at
}

fn is_english_holiday(day: NaiveDate) -> bool {
    let monday = day.weekday() == Weekday::Mon;
    match day.month() {
        // A holiday at a weekend is made up for on the next weekday.
        1 => day.day() == 1 || (monday && day.day() <= 3),
        5 => monday && (day.day() <= 7 || day.day() > 24),
        8 => monday && day.day() > 24,
        12 => matches!((day.weekday(), day.day()), (_, 25 | 26) | (Weekday::Mon | Weekday::Tue, 27 | 28)),
        _ => false,
    }
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).
fn easter_sunday(year: i32) -> NaiveDate {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).unwrap_or(4), u32::try_from(day).unwrap_or(1))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("day")
    }

    fn closed(year: i32, code: &str) -> Vec<String> {
        let currency = Currency::parse(code).expect("code");
        let first = NaiveDate::from_ymd_opt(year, 1, 1).expect("day");
        first
            .iter_days()
            .take_while(|day| day.year() == year)
            .filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !is_bank_day(*day, currency))
            .map(|day| day.format("%m-%d").to_string())
            .collect()
    }

    #[test]
    fn easter_as_the_church_has_it() {
        for (year, sunday) in [(2011, "2011-04-24"), (2024, "2024-03-31"), (2026, "2026-04-05"), (2038, "2038-04-25")] {
            assert_eq!(easter_sunday(year), day(sunday));
        }
    }

    #[test]
    fn closing_days_as_published() {
        assert_eq!(closed(2026, "EUR"), ["01-01", "04-03", "04-06", "05-01", "12-25"]);
        // gov.uk, "UK bank holidays", England and Wales; 2022 had two more by proclamation.
        assert_eq!(closed(2025, "GBP"), ["01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"]);
        assert_eq!(closed(2026, "GBP"), ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"]);
        assert_eq!(closed(2027, "GBP"), ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"]);
        assert_eq!(closed(2028, "GBP"), ["01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"]);
        assert_eq!(closed(2026, "USD"), [""; 0]);
    }

    #[test]
    fn two_bank_days_after_the_thursday_before_easter() {
        let after = |code| bank_days_after(day("2026-04-02"), 2, Currency::parse(code).expect("code"));
        assert_eq!(after("EUR"), day("2026-04-08"));
        assert_eq!(after("USD"), day("2026-04-06"));
    }
}
