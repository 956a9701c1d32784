//! The format of Beancount (2 and 3 read it alike).
//!
//! A component of an account begins with a capital letter or a digit and holds letters, digits and dashes, so codes are
//! escaped: a dash is `--`, a point `-P`, an underscore `-U`, and a code that begins with a small letter gets `X-` before
//! it. No two codes are written alike. What is free text is a quoted string.

use super::model::{Entry, Opened};
use crate::base::money::Currency;
use chrono::NaiveDate;
use std::io::{self, Write};

/// Names the currencies.
pub(super) fn head(out: &mut dyn Write, title: &str, first: NaiveDate, currencies: &[Currency]) -> io::Result<()> {
    writeln!(out, "option \"title\" {}", quoted(title))?;
    for currency in currencies {
        writeln!(out, "option \"operating_currency\" \"{currency}\"")?;
    }
    writeln!(out)?;
    for currency in currencies {
        writeln!(out, "{first} commodity {currency}")?;
    }
    writeln!(out)
}

/// Opens an account.
pub(super) fn open(out: &mut dyn Write, first: NaiveDate, opened: &Opened) -> io::Result<()> {
    let currencies: Vec<&str> = opened.currencies.iter().map(Currency::code).collect();
    let space = if currencies.is_empty() { "" } else { " " };
    writeln!(out, "{first} open {}{space}{}", opened.account.name(code), currencies.join(","))?;
    writeln!(out, "  name: {}", quoted(&opened.holder))
}

/// Writes an entry.
pub(super) fn entry(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    // A link shows every step of one payout.
    let link = entry.payout.as_ref().map_or(String::new(), |payout| format!(" ^{payout}"));
    writeln!(out, "\n{} * {} {}{link}", entry.day, quoted(&entry.payee), quoted(&entry.what))?;
    if let Some(transfer) = entry.transfer {
        writeln!(out, "  transfer: \"{transfer}\"")?;
        writeln!(out, "  kind: {}", quoted(&entry.what))?;
    }
    for (name, value) in &entry.tags {
        writeln!(out, "  {name}: {}", quoted(value))?;
    }
    if let Some(payout) = &entry.payout {
        writeln!(out, "  payout: {}", quoted(payout))?;
    }
    for leg in &entry.legs {
        writeln!(out, "  {}  {} {}", leg.account.name(code), leg.amount, leg.currency)?;
    }
    Ok(())
}

fn code(code: &str) -> String {
    let mut written = String::with_capacity(code.len() + 4);
    if code.starts_with(|c: char| c.is_ascii_lowercase()) {
        written.push_str("X-");
    }
    for c in code.chars() {
        match c {
            '-' => written.push_str("--"),
            '.' => written.push_str("-P"),
            '_' => written.push_str("-U"),
            c => written.push(c),
        }
    }
    written
}

/// A line break within would count as a line of the file, and a string may have 64 of them.
fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            c => written.push(c),
        }
    }
    written.push('"');
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(written: &str) -> String {
        let body = match written.strip_prefix("X-") {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => rest,
            _ => written,
        };
        let mut code = String::new();
        let mut rest = body.chars();
        while let Some(c) = rest.next() {
            code.push(match (c, (c == '-').then(|| rest.next().expect("an escape is two characters"))) {
                (_, Some('-')) => '-',
                (_, Some('P')) => '.',
                (_, Some('U')) => '_',
                (c, None) => c,
                (_, Some(other)) => panic!("-{other} is no escape"),
            });
        }
        code
    }

    #[test]
    fn codes_that_need_nothing_stay_as_they_are() {
        assert_eq!(code("P001"), "P001");
        assert_eq!(code("7up"), "7up");
        assert_eq!(code("balcony-notes"), "X-balcony--notes");
        assert_eq!(code("a.b_c"), "X-a-Pb-Uc");
        assert_eq!(code("X-ray"), "X--ray");
    }

    #[test]
    fn strings_end_where_they_end() {
        assert_eq!(quoted("a \"b\" \\ c"), r#""a \"b\" \\ c""#);
        assert_eq!(quoted("a\r\n2011-01-01 open"), r#""a\r\n2011-01-01 open""#);
    }

    proptest! {
        #[test]
        fn no_two_codes_are_written_alike(one in "[A-Za-z0-9][A-Za-z0-9._-]{0,63}") {
            let written = code(&one);
            prop_assert!(written.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()));
            prop_assert!(written.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
            prop_assert_eq!(decoded(&written), one);
        }
    }
}
