//! The journal format of hledger.
//!
//! Account names take every code as it is. A tag's value ends at a comma or the end of its line, so free text is
//! percent-encoded where it holds one, a character that ends a line, or space around it.

use super::model::{Entry, Opened};
use crate::base::money::Currency;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Declares the decimal mark, currencies and accounts.
pub(super) fn head(out: &mut dyn Write, title: &str, currencies: &[Currency]) -> io::Result<()> {
    writeln!(out, "; {}\n\ndecimal-mark .", text(title))?;
    for currency in currencies {
        // At least the mark has to be there, or hledger takes no sample of it.
        let digits = "0".repeat(currency.minor_units() as usize);
        writeln!(out, "commodity 1000.{digits} {currency}")?;
    }
    writeln!(out)
}

/// Declares an account.
pub(super) fn open(out: &mut dyn Write, opened: &Opened) -> io::Result<()> {
    writeln!(out, "account {}  ; name:{}", opened.account.name(code), text(&opened.holder))
}

/// Writes an entry.
pub(super) fn entry(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    let transfer = entry.transfer.map_or(String::new(), |transfer| format!("({transfer}) "));
    writeln!(out, "\n{} * {transfer}{} | {}", entry.day, entry.payee, entry.what)?;
    if let Some(transfer) = entry.transfer {
        writeln!(out, "    ; transfer:{transfer}")?;
        writeln!(out, "    ; kind:{}", entry.what)?;
    }
    for (name, value) in &entry.tags {
        writeln!(out, "    ; {name}:{}", text(value))?;
    }
    if let Some(payout) = &entry.payout {
        writeln!(out, "    ; payout:{payout}")?;
    }
    for leg in &entry.legs {
        writeln!(out, "    {}  {} {}", leg.account.name(code), leg.amount, leg.currency)?;
    }
    Ok(())
}

/// Codes begin with a letter or digit and hold letters, digits, points, dashes and underscores
/// (`partner_code_is_plain`): nothing that ends an account's name.
fn code(code: &str) -> String {
    code.to_owned()
}

fn text(value: &str) -> String {
    let inner = value.trim();
    let (start, end) = (value.len() - value.trim_start().len(), value.trim_end().len());
    let mut encoded = String::with_capacity(inner.len());
    for (at, c) in value.char_indices() {
        if at < start || at >= end || c == '%' || c == ',' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(encoded, "%{byte:02X}");
            }
        } else {
            encoded.push(c);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let hex: String = [rest.next(), rest.next()].into_iter().map(|b| char::from(b.expect("hex"))).collect();
                bytes.push(u8::from_str_radix(&hex, 16).expect("hex"));
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn plain_text_stays_readable() {
        for plain in ["536365", "A/B-7 (late); said \"no\" | x:y", "Peña & Söhne 漢"] {
            assert_eq!(text(plain), plain);
        }
        assert_eq!(text("a,b\n2011-01-01 x"), "a%2Cb%0A2011-01-01 x");
        assert_eq!(text("\u{a0}50 % "), "%C2%A050 %25%20");
    }

    proptest! {
        #[test]
        fn any_text_is_one_value_of_one_line(value in any::<String>()) {
            let written = text(&value);
            let ends = [',', '\n', '\r', '\u{85}', '\u{2028}'];
            prop_assert!(!written.contains(ends), "{written:?}");
            prop_assert_eq!(written.trim(), &written);
            prop_assert_eq!(decoded(&written), value);
        }
    }
}
