//! The header row of a programme's Wise template: which columns a batch file has. Pure.

use crate::payout_files::wise::{Columns, ColumnsError, Field};

/// The longest header row.
pub const LONGEST: usize = 2_000;

/// The row that was meant: the first that is pasted, also from a spreadsheet, which parts cells by tabs.
pub fn row(pasted: &str) -> String {
    let row = pasted.trim_start_matches('\u{feff}').trim().lines().next().unwrap_or_default().trim_end();
    if row.contains(',') { row.to_owned() } else { row.replace('\t', ",") }
}

/// The columns of a header row; of an empty one, Wise's usual ones for e-mail recipients. Partners are known to Wise by
/// their address here, so it needs a column.
///
/// # Errors
/// When a needed column is missing, one is there twice, or the row can't be read.
pub fn columns(row: &str) -> Result<Columns, ColumnsError> {
    if row.is_empty() {
        return Ok(Columns::email());
    }
    let columns = Columns::of_template(row)?;
    for needed in [Field::Name, Field::RecipientEmail] {
        if !columns.has(needed) {
            return Err(ColumnsError::Missing(needed));
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "name,recipientEmail,amount,amountCurrency,targetCurrency";

    #[test]
    fn the_first_row_counts_however_it_was_pasted() {
        assert_eq!(row(&format!("\u{feff}{TEMPLATE}\r\nAna,ana@example.org,1,target,GBP\n")), TEMPLATE);
        assert_eq!(row(&TEMPLATE.replace(',', "\t")), TEMPLATE);
        assert_eq!(row("  \n "), "");
    }

    #[test]
    fn a_row_has_what_pays_a_partner_or_is_refused() {
        assert!(columns(TEMPLATE).is_ok());
        assert_eq!(columns(""), Ok(Columns::email()));
        let without = |name: &str| TEMPLATE.split(',').filter(|column| *column != name).collect::<Vec<_>>().join(",");
        for (name, field) in [
            ("name", Field::Name),
            ("recipientEmail", Field::RecipientEmail),
            ("amount", Field::Amount),
            ("amountCurrency", Field::AmountCurrency),
            ("targetCurrency", Field::TargetCurrency),
        ] {
            assert_eq!(columns(&without(name)), Err(ColumnsError::Missing(field)), "{name}");
        }
        assert_eq!(columns(&format!("{TEMPLATE},AMOUNT")), Err(ColumnsError::Twice(Field::Amount)));
    }
}
