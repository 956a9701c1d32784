//! Amounts, days and names as files write them.

use super::error::Flaw;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;

/// As much as is shown of a value that was refused.
const SHOWN: usize = 60;
/// No name of a payment, batch or message is longer; ISO 20022 allows 35 characters.
const LONGEST_NAME: usize = 140;
/// As much as is kept of what a file says in words.
pub(super) const LONGEST_TEXT: usize = 500;
/// As much as is kept of a person's or company's name (ISO 20022, Max140Text).
pub(super) const LONGEST_PARTY: usize = 140;

/// An amount of ISO 20022 (`ActiveOrHistoricCurrencyAndAmount`) and of plain CSV: digits with at most one point, at
/// most 18 of them and 5 after the point, not below zero.
pub(super) fn amount(text: &str) -> Result<Decimal, Flaw> {
    let (negative, digits) = match text.as_bytes().first() {
        None => return Err(Flaw::Empty),
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        Some(_) => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = (whole.len() + fraction.len()) > 0 && (whole.bytes().chain(fraction.bytes())).all(is_digit);
    if !is_number {
        return Err(Flaw::NotAnAmount);
    }
    if negative {
        return Err(Flaw::NegativeAmount);
    }
    if fraction.len() > 5 {
        return Err(Flaw::TooManyDecimals);
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() + fraction.len() > 18 {
        return Err(Flaw::TooManyDigits);
    }
    let mantissa = format!("0{whole}{fraction}").parse::<i64>().map_err(|_| Flaw::NotAnAmount)?;
    Ok(Decimal::new(mantissa, u32::try_from(fraction.len()).map_err(|_| Flaw::TooManyDecimals)?))
}

/// An amount as PayPal and Wise write it in the language of the account: signed, with or without marks for thousands.
/// True where it is below zero.
///
/// # Errors
/// Besides those of `amount`, where a single mark before three digits could be either.
pub(super) fn written_amount(text: &str) -> Result<(bool, Decimal), Flaw> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let plain = match digits.rfind([',', '.']) {
        None => digits.to_owned(),
        Some(last) => {
            let mark = &digits[last..=last];
            let (before, after) = (&digits[..last], &digits[last + 1..]);
            let other = if mark == "," { '.' } else { ',' };
            let groups = |text: &str, separator: char| {
                let mut parts = text.split(separator);
                parts.next().is_some_and(|first| (1..=3).contains(&first.len())) && parts.all(|part| part.len() == 3)
            };
            if before.contains(mark) {
                // The same mark more than once can only set off thousands.
                if before.contains(other) || !groups(digits, if mark == "," { ',' } else { '.' }) {
                    return Err(Flaw::NotAnAmount);
                }
                digits.replace(mark, "")
            } else if before.contains(other) {
                if !groups(before, other) {
                    return Err(Flaw::NotAnAmount);
                }
                format!("{}.{after}", before.replace(other, ""))
            } else if after.len() == 3 && (1..=3).contains(&before.len()) && before != "0" {
                return Err(Flaw::AmbiguousAmount);
            } else {
                format!("{before}.{after}")
            }
        }
    };
    amount(&plain).map(|value| (negative, value))
}

/// A day of XML Schema (`xs:date`): `2026-01-31`, with or without a time zone, which does not move it.
pub(super) fn date(text: &str) -> Result<NaiveDate, Flaw> {
    let day = iso_day(text)?;
    match &text[10..] {
        "" | "Z" => Ok(day),
        zone if is_offset(zone) => Ok(day),
        _ => Err(Flaw::NotADate),
    }
}

/// A moment of XML Schema (`xs:dateTime`) by the clock it was written by: the time zone, if there is one, is dropped.
pub(super) fn date_time(text: &str) -> Result<NaiveDateTime, Flaw> {
    iso_day(text)?;
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.naive_local());
    }
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map_err(|_| Flaw::NotADate)
}

/// A day as PayPal and Wise write it, with or without a time of day: `2026-01-31`, `31-01-2026`, `31.01.2026`; with
/// strokes it is month or day first as the account is set up, and `None` where both are possible. It is never guessed.
pub(super) fn written_date(text: &str) -> Result<Option<NaiveDate>, Flaw> {
    if iso_day(text).is_ok() {
        let day = if text.len() == 10 { text } else { text.split([' ', 'T']).next().unwrap_or("") };
        return date(day).map(Some);
    }
    let day = text.split(' ').next().unwrap_or("");
    let mark = day.chars().find(|c| !c.is_ascii_digit()).ok_or(Flaw::NotADate)?;
    let parts: Vec<&str> = day.split(mark).collect();
    let [a, b, year] = parts[..] else { return Err(Flaw::NotADate) };
    let fits = (1..=2).contains(&a.len()) && (1..=2).contains(&b.len()) && year.len() == 4;
    if !fits || !day.bytes().all(|byte| is_digit(byte) || char::from(byte) == mark) {
        return Err(Flaw::NotADate);
    }
    let number = |text: &str| text.parse::<u32>().map_err(|_| Flaw::NotADate);
    let (a, b, year) = (number(a)?, number(b)?, year.parse::<i32>().map_err(|_| Flaw::NotADate)?);
    let day_first = NaiveDate::from_ymd_opt(year, b, a);
    match mark {
        '-' | '.' => day_first.map(Some).ok_or(Flaw::NotADate),
        '/' => match (day_first, NaiveDate::from_ymd_opt(year, a, b)) {
            (Some(one), Some(other)) => Ok((one == other).then_some(one)),
            (None, None) => Err(Flaw::NotADate),
            (one, other) => Ok(one.or(other)),
        },
        _ => Err(Flaw::NotADate),
    }
}

/// A number of payments (ISO 20022, Max15NumericText).
pub(super) fn count(text: &str) -> Result<u64, Flaw> {
    if text.is_empty() || text.len() > 15 || !text.bytes().all(is_digit) {
        return Err(Flaw::NotANumber);
    }
    text.parse().map_err(|_| Flaw::NotANumber)
}

/// The name of a payment, batch or message. `None` where it is empty or says that there is none (`NOTPROVIDED`, which
/// the SEPA rule books prescribe for a payer who gave no EndToEndId).
pub(super) fn name(text: &str) -> Result<Option<String>, Flaw> {
    if text.is_empty() || text.eq_ignore_ascii_case("NOTPROVIDED") {
        return Ok(None);
    }
    if text.len() > LONGEST_NAME {
        return Err(Flaw::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(Flaw::ControlCharacter);
    }
    Ok(Some(text.to_owned()))
}

/// The beginning of something a person is shown.
pub(super) fn shown(text: &str) -> String {
    shortened(text, SHOWN)
}

/// At most so many characters, in one line.
pub(super) fn shortened(text: &str, longest: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(longest).collect()
}

/// What a file says in words, put together from several places and never longer than is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Words(String);

impl Words {
    /// Adds to it, set off by a space.
    pub(super) fn add(&mut self, text: &str) {
        let room = LONGEST_TEXT.saturating_sub(self.0.chars().count());
        if !text.is_empty() && room > 1 {
            if !self.0.is_empty() {
                self.0.push(' ');
            }
            self.0.push_str(&shortened(text, room - usize::from(!self.0.is_empty())));
        }
    }

    /// All of it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// All of it, if there is any.
    pub(super) fn whole(self) -> Option<String> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

/// The day that a text begins with.
fn iso_day(text: &str) -> Result<NaiveDate, Flaw> {
    let day = text.get(..10).ok_or(Flaw::NotADate)?;
    let shape =
        day.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { is_digit(byte) });
    if !shape {
        return Err(Flaw::NotADate);
    }
    NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| Flaw::NotADate)
}

fn is_offset(zone: &str) -> bool {
    zone.len() == 6
        && matches!(zone.as_bytes()[0], b'+' | b'-')
        && zone.bytes().skip(1).enumerate().all(|(at, byte)| if at == 2 { byte == b':' } else { is_digit(byte) })
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_as_everything(text: &str) {
        let _ = (amount(text), written_amount(text), count(text));
        let _ = (date(text), date_time(text), written_date(text));
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("day")
    }

    #[test]
    fn amounts() {
        for (text, value) in
            [("0", "0"), ("12.50", "12.50"), ("+7", "7"), (".5", "0.5"), ("5.", "5"), ("007.10", "7.10")]
        {
            assert_eq!(amount(text).map(|value| value.to_string()), Ok(value.to_owned()), "{text}");
        }
        assert_eq!(amount("123456789012345678").map(|value| value.to_string()), Ok("123456789012345678".to_owned()));
        for (text, flaw) in [
            ("", Flaw::Empty),
            (".", Flaw::NotAnAmount),
            ("-", Flaw::NotAnAmount),
            ("1,5", Flaw::NotAnAmount),
            ("1e3", Flaw::NotAnAmount),
            ("1 000", Flaw::NotAnAmount),
            ("1.2.3", Flaw::NotAnAmount),
            ("NaN", Flaw::NotAnAmount),
            ("١٢", Flaw::NotAnAmount),
            ("--1", Flaw::NotAnAmount),
            ("-0.01", Flaw::NegativeAmount),
            ("1.123456", Flaw::TooManyDecimals),
            ("1234567890123456789", Flaw::TooManyDigits),
            ("99999999999999.12345", Flaw::TooManyDigits),
        ] {
            assert_eq!(amount(text), Err(flaw), "{text}");
        }
    }

    #[test]
    fn amounts_of_services() {
        for (text, negative, value) in [
            ("100.45", false, "100.45"),
            ("-100,45", true, "100.45"),
            ("1,250.00", false, "1250.00"),
            ("-1.250,00", true, "1250.00"),
            ("1,234,567", false, "1234567"),
            ("1.234.567", false, "1234567"),
            ("0.125", false, "0.125"),
            ("1234.567", false, "1234.567"),
            ("5", false, "5"),
        ] {
            assert_eq!(written_amount(text), Ok((negative, value.parse().expect("number"))), "{text}");
        }
        for text in ["1,234", "-1.234"] {
            assert_eq!(written_amount(text), Err(Flaw::AmbiguousAmount), "{text}");
        }
        for text in ["1,23.45", "1.2,3.4", "12,34,567", "1,2345.00", "1.234,567.8", "€5", "5 EUR", ",", ".,"] {
            assert_eq!(written_amount(text), Err(Flaw::NotAnAmount), "{text}");
        }
    }

    #[test]
    fn days() {
        for text in ["2026-01-31", "2026-01-31Z", "2026-01-31+01:00"] {
            assert_eq!(date(text), Ok(day("2026-01-31")), "{text}");
        }
        for text in
            ["", "2026-1-31", "2026-02-30", "2026-01-31 ", "2026-01-31T00:00:00", "31.01.2026", "２０２６-01-31"]
        {
            assert_eq!(date(text), Err(Flaw::NotADate), "{text}");
        }
        let time = |text: &str| date_time(text).map(|time| time.to_string());
        assert_eq!(time("2026-01-31T23:30:00+01:00"), Ok("2026-01-31 23:30:00".to_owned()));
        assert_eq!(time("2026-01-31T23:30:00Z"), Ok("2026-01-31 23:30:00".to_owned()));
        assert_eq!(time("2026-01-31T23:30:00.123"), Ok("2026-01-31 23:30:00.123".to_owned()));
        assert_eq!(time("2026-01-31T25:30:00"), Err(Flaw::NotADate));
    }

    #[test]
    fn days_of_services_are_never_guessed() {
        for text in
            ["2026-01-31 10:00:00", "2026-01-31T10:17:41Z", "31-01-2026", "31.01.2026", "31/01/2026", "1/31/2026"]
        {
            assert_eq!(written_date(text), Ok(Some(day("2026-01-31"))), "{text}");
        }
        assert_eq!(written_date("03-04-2026 14:22:01"), Ok(Some(day("2026-04-03"))));
        assert_eq!(written_date("03/04/2026"), Ok(None));
        assert_eq!(written_date("03/03/2026"), Ok(Some(day("2026-03-03"))));
        for text in ["", "yesterday", "32/13/2026", "1/2/26", "April 3, 2026", "2026", "1-2/2026"] {
            assert_eq!(written_date(text), Err(Flaw::NotADate), "{text}");
        }
    }

    #[test]
    fn names_are_whole_or_refused() {
        assert_eq!(name("P-1"), Ok(Some("P-1".to_owned())));
        assert_eq!(name("NOTPROVIDED"), Ok(None));
        assert_eq!(name(&"x".repeat(141)), Err(Flaw::TooLong));
        assert_eq!(name("P\u{7}1"), Err(Flaw::ControlCharacter));
    }

    #[test]
    fn words_stay_within_their_length() {
        let mut words = Words::default();
        for _ in 0..400 {
            words.add("niño\n");
        }
        let whole = words.whole().expect("words");
        assert_eq!(whole.chars().count(), LONGEST_TEXT);
        assert!(whole.starts_with("niño  niño "));
    }

    proptest! {
        #[test]
        fn what_was_written_is_what_is_read(mantissa in 0_i64..=999_999_999_999_999_999, scale in 0_u32..=5) {
            let value = Decimal::new(mantissa, scale);
            prop_assert_eq!(amount(&value.to_string()), Ok(value));
            prop_assert_eq!(amount(&format!("-{value}")), Err(Flaw::NegativeAmount));
        }

        #[test]
        fn nothing_panics(text in "\\PC*") {
            read_as_everything(&text);
        }

        #[test]
        fn nothing_nearly_right_panics(text in "[-+0-9.,/:TZ é]{0,24}") {
            read_as_everything(&text);
        }
    }
}
