//! Which columns a Wise batch file has, in which order and under which names.

use super::cells::is_dangerous;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The account holder's name.
    Name,
    /// The id of a recipient saved at Wise.
    RecipientId,
    /// The address that Wise asks for the account.
    RecipientEmail,
    /// What the recipient reads on the statement.
    Reference,
    /// `PERSON` or `INSTITUTION`.
    HolderType,
    /// `target`: the amount is what the recipient gets.
    AmountCurrency,
    /// The amount.
    Amount,
    /// The currency of the payer's balance at Wise.
    SourceCurrency,
    /// The currency the recipient gets.
    TargetCurrency,
    /// IBAN.
    Iban,
    /// BIC.
    Bic,
    /// Six digits.
    SortCode,
    /// Eight digits.
    AccountNumber,
    /// `EMAIL`, which older templates for all currencies ask for beside an address.
    Kind,
    /// The payout's own name, for a column that Wise ignores.
    EndToEndId,
    /// A column of the template that stays empty.
    Blank,
}

/// Wise's names of columns, without regard to case.
const NAMES: [(&str, Field); 17] = [
    ("name", Field::Name),
    ("recipientId", Field::RecipientId),
    ("recipientEmail", Field::RecipientEmail),
    ("paymentReference", Field::Reference),
    ("receiverType", Field::HolderType),
    ("recipientType", Field::HolderType),
    ("amountCurrency", Field::AmountCurrency),
    ("amount", Field::Amount),
    ("sourceCurrency", Field::SourceCurrency),
    ("targetCurrency", Field::TargetCurrency),
    ("IBAN", Field::Iban),
    ("BIC", Field::Bic),
    ("sortCode", Field::SortCode),
    ("accountNumber", Field::AccountNumber),
    ("type", Field::Kind),
    ("endToEndId", Field::EndToEndId),
    ("recipientDetail", Field::Blank),
];

impl Field {
    /// Wise's name of its column.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }
}

/// Why columns were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// Without it nothing can be paid.
    #[error("there is no column for {0:?}")]
    Missing(Field),
    /// It would be paid by one and read by the other.
    #[error("there are two columns for {0:?}")]
    Twice(Field),
    /// Not a header row.
    #[error("the header row of the template cannot be read")]
    Unreadable,
}

/// The columns of a file, in their order, each with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Vec<(Field, String)>);

impl Columns {
    /// Any columns.
    ///
    /// # Errors
    /// When amount, amount's currency or target currency have no column, one field has two, or a name could be a formula.
    pub fn new(columns: Vec<(Field, String)>) -> Result<Self, ColumnsError> {
        for field in [Field::Amount, Field::AmountCurrency, Field::TargetCurrency] {
            if !columns.iter().any(|(column, _)| *column == field) {
                return Err(ColumnsError::Missing(field));
            }
        }
        for (at, (field, name)) in columns.iter().enumerate() {
            if is_dangerous(name) {
                return Err(ColumnsError::Unreadable);
            }
            if *field != Field::Blank && columns.iter().take(at).any(|(before, _)| before == field) {
                return Err(ColumnsError::Twice(*field));
            }
        }
        Ok(Self(columns))
    }

    /// The columns of a template downloaded from Wise, from its header row. A column with an unknown name stays empty.
    ///
    /// # Errors
    /// When the row is no CSV or lacks what [`Columns::new`] asks for.
    pub fn of_template(header_row: &str) -> Result<Self, ColumnsError> {
        let row = header_row.trim_start_matches('\u{feff}').trim();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
        let record = reader.records().next().and_then(Result::ok).ok_or(ColumnsError::Unreadable)?;
        let columns = record.iter().map(|name| {
            let name = name.trim();
            let known = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            (known.map_or(Field::Blank, |(_, field)| *field), name.to_owned())
        });
        Self::new(columns.collect())
    }

    /// To e-mail addresses; Wise asks the recipients for their accounts.
    pub fn email() -> Self {
        Self::usual(&[])
    }

    /// To accounts with an IBAN.
    pub fn iban() -> Self {
        Self::usual(&[(Field::Iban, "IBAN")])
    }

    /// To British accounts.
    pub fn sort_code() -> Self {
        Self::usual(&[(Field::SortCode, "sortCode"), (Field::AccountNumber, "accountNumber")])
    }

    /// To recipients saved at Wise.
    pub fn saved() -> Self {
        Self(
            [
                (Field::RecipientId, "recipientId"),
                (Field::Name, "name"),
                (Field::HolderType, "recipientType"),
                (Field::SourceCurrency, "sourceCurrency"),
                (Field::TargetCurrency, "targetCurrency"),
                (Field::AmountCurrency, "amountCurrency"),
                (Field::Amount, "amount"),
                (Field::Reference, "paymentReference"),
            ]
            .map(|(field, name)| (field, name.to_owned()))
            .into(),
        )
    }

    fn usual(more: &[(Field, &str)]) -> Self {
        let usual = [
            (Field::Name, "name"),
            (Field::RecipientEmail, "recipientEmail"),
            (Field::Reference, "paymentReference"),
            (Field::HolderType, "receiverType"),
            (Field::AmountCurrency, "amountCurrency"),
            (Field::Amount, "amount"),
            (Field::SourceCurrency, "sourceCurrency"),
            (Field::TargetCurrency, "targetCurrency"),
        ];
        Self(usual.iter().chain(more).map(|(field, name)| (*field, (*name).to_owned())).collect())
    }

    /// The columns in their order.
    pub fn iter(&self) -> impl Iterator<Item = &(Field, String)> {
        self.0.iter()
    }

    /// Whether there is a column for a field.
    pub fn has(&self, field: Field) -> bool {
        self.0.iter().any(|(column, _)| *column == field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(columns: &Columns) -> String {
        columns.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn the_usual_templates() {
        let usual =
            "name,recipientEmail,paymentReference,receiverType,amountCurrency,amount,sourceCurrency,targetCurrency";
        assert_eq!(names(&Columns::email()), usual);
        assert_eq!(names(&Columns::iban()), format!("{usual},IBAN"));
        assert_eq!(names(&Columns::sort_code()), format!("{usual},sortCode,accountNumber"));
        for columns in [Columns::email(), Columns::iban(), Columns::sort_code(), Columns::saved()] {
            assert_eq!(Columns::of_template(&names(&columns)), Ok(columns.clone()));
            assert_eq!(Columns::new(columns.0.clone()), Ok(columns));
        }
    }

    #[test]
    fn a_downloaded_template_decides_names_and_order() {
        let row = "\u{feff}\"targetcurrency\",amount,amountCurrency, IBAN,referenceNumber,recipientDetail\r\n";
        let columns = Columns::of_template(row).expect("columns");
        assert_eq!(names(&columns), "targetcurrency,amount,amountCurrency,IBAN,referenceNumber,recipientDetail");
        let fields: Vec<_> = columns.iter().map(|(field, _)| *field).collect();
        assert_eq!(
            fields,
            [Field::TargetCurrency, Field::Amount, Field::AmountCurrency, Field::Iban, Field::Blank, Field::Blank]
        );
    }

    #[test]
    fn columns_that_cannot_pay() {
        let of = Columns::of_template;
        assert_eq!(of(""), Err(ColumnsError::Unreadable));
        assert_eq!(of("name,IBAN"), Err(ColumnsError::Missing(Field::Amount)));
        assert_eq!(of("amount,targetCurrency"), Err(ColumnsError::Missing(Field::AmountCurrency)));
        assert_eq!(of("amount,amountCurrency"), Err(ColumnsError::Missing(Field::TargetCurrency)));
        assert_eq!(
            of("amount,amountCurrency,targetCurrency,receiverType,recipientType"),
            Err(ColumnsError::Twice(Field::HolderType))
        );
        assert_eq!(of("amount,amountCurrency,targetCurrency,=1+1"), Err(ColumnsError::Unreadable));
    }
}
