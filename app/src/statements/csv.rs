//! The rows of a statement for a spreadsheet: RFC 4180, UTF-8, lines end in CRLF.

use super::model::{Document, Error, Row};
use csv::{Terminator, WriterBuilder};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// The head and the rows. Figures should be plain numbers here (`-1204.50`), which every spreadsheet reads; whatever
/// else a cell holds is kept from being taken for a formula.
pub fn write(document: &Document, rows: impl Iterator<Item = Row>) -> Result<Vec<u8>, Error> {
    let mut file = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    file.write_record(document.head.iter().map(|column| harmless(&column.label).into_owned()))?;
    for (index, row) in rows.enumerate() {
        let row = document.checked(index, row)?;
        let cells = row.cells.iter().zip(&document.head);
        file.write_record(cells.map(|(cell, column)| {
            match column.numeric && is_plain_number(cell) {
                true => Cow::Borrowed(cell.as_str()),
                false => harmless(cell),
            }
            .into_owned()
        }))?;
    }
    file.into_inner().map_err(|error| Error::Csv(error.into_error().into()))
}

/// Digits with a point and a sign at most, as `Decimal` writes them: no letters, no grouping.
fn is_plain_number(cell: &str) -> bool {
    cell.chars().all(|char| char.is_ascii_digit() || matches!(char, '+' | '-' | '.')) && cell.parse::<Decimal>().is_ok()
}

/// A spreadsheet takes a cell that begins with one of these for a formula (OWASP ASVS 1.2.10).
fn harmless(cell: &str) -> Cow<'_, str> {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statements::model::Column;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn document(head: &[(&str, bool)]) -> Document {
        let column = |&(label, numeric): &(&str, bool)| Column { label: label.to_owned(), numeric };
        Document {
            language: "en".to_owned(),
            title: "Payout statement".to_owned(),
            programme_name: String::new(),
            partner_name: String::new(),
            partner_lines: Vec::new(),
            facts: Vec::new(),
            head: head.iter().map(column).collect(),
            totals: Vec::new(),
            notes: Vec::new(),
            page_words: String::new(),
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn row(cells: &[&str]) -> Row {
        Row { cells: cells.iter().map(|cell| (*cell).to_owned()).collect() }
    }

    #[test]
    fn writes_figures_as_they_are_and_lets_no_formula_through() {
        let rows = [
            row(&["Glass, \"fine\"", "-1204.50"]),
            row(&["=1+1", "+3"]),
            row(&["+34 600 000 000", "=1+1"]),
            row(&["-x", "-1+cmd|' /C calc'!A0"]),
            row(&["@sum", "-12,40 €"]),
            row(&["\tx", "8.5%"]),
            row(&["\rx", ""]),
        ];
        let bytes = write(&document(&[("Offer", false), ("=Amount", true)]), rows.into_iter()).unwrap();
        let expected = [
            "Offer,'=Amount",
            "\"Glass, \"\"fine\"\"\",-1204.50",
            "'=1+1,+3",
            "'+34 600 000 000,'=1+1",
            "'-x,'-1+cmd|' /C calc'!A0",
            "'@sum,\"'-12,40 €\"",
            "'\tx,8.5%",
            "\"'\rx\",",
            "",
        ];
        assert_eq!(String::from_utf8(bytes).unwrap(), expected.join("\r\n"));
    }

    #[test]
    fn refuses_a_row_of_another_width() {
        let rows = [row(&["a", "1"]), row(&["b"])];
        let error = write(&document(&[("Offer", false), ("Amount", true)]), rows.into_iter()).unwrap_err();
        assert!(matches!(error, Error::Cells { row: 2, found: 1, expected: 2 }), "{error}");
    }

    proptest! {
        /// What is written is read back as it was, but for the mark before what could be a formula.
        #[test]
        fn reads_back(cells in proptest::collection::vec((any::<String>(), any::<i64>(), 0u32..9), 0..8)) {
            let document = document(&[("Text", false), ("Amount", true)]);
            let amount = |(_, units, scale): &(String, i64, u32)| Decimal::new(*units, *scale).to_string();
            let rows = cells.iter().map(|cell| Row { cells: vec![cell.0.clone(), amount(cell)] });
            let bytes = write(&document, rows).unwrap();
            let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
            let read: Vec<::csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(read.len(), cells.len());
            for (record, cell) in read.iter().zip(&cells) {
                let text = &record[0];
                prop_assert!(!text.starts_with(['=', '+', '-', '@', '\t', '\r']));
                prop_assert!(text == cell.0 || text.strip_prefix('\'') == Some(cell.0.as_str()));
                prop_assert_eq!(&record[1], amount(cell));
            }
        }
    }
}
