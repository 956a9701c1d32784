//! CSV as spreadsheets open it.
//!
//! People look at payment files in a spreadsheet, which runs a cell that begins like a formula. Free text from partners
//! is defused as OWASP advises ("CSV Injection"): a cell that begins with `=`, `+`, `-`, `@`, their full-width forms, a
//! tab, a line break or a zero byte gets an apostrophe before it. Amounts, codes, accounts and addresses of money are
//! never altered; they are refused where they don't have their strict form, which cannot begin that way.

use std::borrow::Cow;
use std::io::Write;

/// A CSV writer with CR LF at line ends (RFC 4180).
pub(super) fn writer<W: Write>(inner: W) -> csv::Writer<W> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(inner)
}

/// Writes what is left in the buffer and gives the writer back.
pub(super) fn finish<W: Write>(writer: csv::Writer<W>) -> std::io::Result<W> {
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// Whether a spreadsheet may take a cell for a formula.
pub(super) fn is_dangerous(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\0'])
}

/// Free text as a cell that no spreadsheet runs, still at most `longest` characters.
pub(super) fn free_text(text: &str, longest: usize) -> Cow<'_, str> {
    if is_dangerous(text) {
        let cut: String = text.chars().take(longest.saturating_sub(1)).collect();
        Cow::Owned(format!("'{cut}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_defused_and_text_is_left_alone() {
        assert_eq!(free_text("=1+1", 70), "'=1+1");
        assert_eq!(free_text("+44 Ltd", 70), "'+44 Ltd");
        assert_eq!(free_text("-", 70), "'-");
        assert_eq!(free_text("@SUM(A1)", 70), "'@SUM(A1)");
        assert_eq!(free_text("\t=1", 70), "'\t=1");
        assert_eq!(free_text("＝1", 70), "'＝1");
        assert_eq!(free_text("Ana = B", 70), "Ana = B");
        assert_eq!(free_text("", 70), "");
        assert_eq!(free_text("+abcd", 4), "'+ab");
    }

    proptest! {
        #[test]
        fn no_text_is_dangerous(text in "[=+@\t\r\n-]{0,3}\\PC{0,20}", longest in 2..20_usize) {
            let text: String = text.chars().take(longest).collect();
            let cell = free_text(&text, longest);
            prop_assert!(!is_dangerous(&cell));
            prop_assert!(cell.chars().count() <= longest);
        }
    }
}
