//! Wise batch payments by file upload ("How do I fill in my batch template?", Wise help).
//!
//! Wise gives each account its own templates to download; they are read by the names in their header row, and which
//! columns there are depends on the kind of recipient and the currencies. So the columns are a value here:
//! [`Columns::of_template`] takes the header row of a downloaded template, the others are Wise's usual ones. At most
//! 1 000 rows a file.
//!
//! The amount is what the recipient gets (`amountCurrency` says `target`), so that Wise's fee is the payer's. Names and
//! references go to banks and are in the SEPA set.

use super::account;
use super::amount::minor_units;
use super::cells::{self, free_text};
use super::error::{FileError, Refusal};
use super::model::{Destination, Header, Holder, Order, WiseRecipient};
use super::reference::on_statement;
use super::tally::Tally;
use super::text::{is_sepa_id, sepa, sepa_name};
pub use super::wise_columns::{Columns, ColumnsError, Field};
use iban::IbanLike;
use std::borrow::Cow;
use std::io::Write;

/// Rows of one file.
pub const MOST_PAYMENTS: u64 = 1_000;

const NAME: usize = 70;

/// How many files a number of payments needs.
pub fn files_needed(payments: u64) -> u64 {
    payments.div_ceil(MOST_PAYMENTS)
}

/// Writes one file.
pub struct Writer<W: Write> {
    csv: csv::Writer<W>,
    tally: Tally,
    columns: Columns,
    source_currency: String,
}

impl<W: Write> Writer<W> {
    /// Writes the header row. `source_currency` is that of the balance at Wise which pays.
    ///
    /// # Errors
    /// When the header says no payments, more than [`MOST_PAYMENTS`] or a total the currency doesn't have, a currency is
    /// no code of three capitals, or the writer fails.
    pub fn new(inner: W, header: &Header, columns: Columns, source_currency: &str) -> Result<Self, FileError> {
        for code in [header.currency.as_str(), source_currency] {
            if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                return Err(FileError::Currency(code.to_owned()));
            }
        }
        let tally = Tally::new(header, MOST_PAYMENTS, minor_units(&header.currency))?;
        let mut csv = cells::writer(inner);
        csv.write_record(columns.iter().map(|(_, name)| name)).map_err(std::io::Error::from)?;
        Ok(Self { csv, tally, columns, source_currency: source_currency.to_owned() })
    }

    /// Writes one payment.
    ///
    /// # Errors
    /// When the payment is refused (nothing of it has been written then; also where its destination has no column), is
    /// one too many, or the writer fails.
    pub fn push(&mut self, order: &Order) -> Result<(), FileError> {
        let refused = |refusal: Refusal| refusal.of(order);
        if !is_sepa_id(&order.end_to_end_id) {
            return Err(refused(Refusal::EndToEndId));
        }
        let amount = self.tally.amount(order)?;
        let name = sepa_name(&order.name, NAME).map_err(refused)?;
        let account = self.account(&order.to).map_err(refused)?;
        let remittance = sepa(&order.remittance, usize::MAX);
        let reference = on_statement(order, &free_text(&remittance, usize::MAX), longest_reference(&order.currency));
        self.tally.count(order)?;
        let row = self.columns.iter().map(|(field, _)| -> Cow<'_, str> {
            match field {
                Field::Name => free_text(&name, NAME),
                Field::Reference => reference.as_str().into(),
                Field::HolderType => match order.holder {
                    Some(Holder::Person) => "PERSON".into(),
                    Some(Holder::Business) => "INSTITUTION".into(),
                    None => "".into(),
                },
                Field::AmountCurrency => "target".into(),
                Field::Amount => amount.as_str().into(),
                Field::SourceCurrency => self.source_currency.as_str().into(),
                Field::TargetCurrency => order.currency.as_str().into(),
                Field::EndToEndId => order.end_to_end_id.as_str().into(),
                field => account.iter().find(|(filled, _)| filled == field).map_or("", |(_, text)| text).into(),
            }
        });
        self.csv.write_record(row.map(Cow::into_owned).collect::<Vec<_>>()).map_err(std::io::Error::from)?;
        Ok(())
    }

    /// Ends the file, flushes it and gives the writer back.
    ///
    /// # Errors
    /// When number or total of the payments are not the header's, or the writer fails.
    pub fn finish(self) -> Result<W, FileError> {
        self.tally.finish()?;
        Ok(cells::finish(self.csv)?)
    }

    /// The cells that say where the money goes. Each of them that decides it must have a column.
    fn account(&self, to: &Destination) -> Result<Vec<(Field, String)>, Refusal> {
        let (needed, optional) = match to {
            Destination::Iban { iban, bic } if self.columns.has(Field::Iban) => {
                let bic = bic.as_deref().map(account::bic).transpose()?;
                let iban = account::iban(iban)?.electronic_str().to_owned();
                (vec![(Field::Iban, iban)], bic.map(|bic| (Field::Bic, bic)))
            }
            Destination::Iban { .. } | Destination::SortCode { .. } => {
                let (sort_code, account) = account::british(to)?;
                (vec![(Field::SortCode, sort_code.replace('-', "")), (Field::AccountNumber, account)], None)
            }
            Destination::Wise(WiseRecipient::Email(email)) => {
                let email = account::email(email)?.to_owned();
                (vec![(Field::RecipientEmail, email)], Some((Field::Kind, "EMAIL".to_owned())))
            }
            Destination::Wise(WiseRecipient::Saved(id)) => {
                let shaped = (1..=36).contains(&id.len())
                    && id.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                if !shaped {
                    return Err(Refusal::RecipientId);
                }
                (vec![(Field::RecipientId, id.clone())], None)
            }
            Destination::BankAccount { .. } | Destination::PayPal { .. } => return Err(Refusal::Destination),
        };
        if needed.iter().any(|(field, _)| !self.columns.has(*field)) {
            return Err(Refusal::Destination);
        }
        Ok(needed.into_iter().chain(optional).collect())
    }
}

/// What the recipient's bank shows of a reference ("The recipient needs to receive a specific reference", Wise help).
fn longest_reference(currency: &str) -> usize {
    match currency {
        "USD" => 10,
        "SEK" => 12,
        "NGN" => 14,
        "GBP" | "INR" => 16,
        "AUD" | "ZAR" => 18,
        "CZK" => 25,
        "RON" => 30,
        _ => 35,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{cells, samples};
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn order(currency: &str, to: Destination) -> Order {
        let mut order = samples::order(794);
        (order.currency, order.to, order.amount) = (currency.to_owned(), to, Decimal::new(12_345, 2));
        (order.name, order.remittance) = ("Łucja Nuñez".to_owned(), "October PD-794-44".to_owned());
        order
    }

    fn wise(recipient: WiseRecipient) -> Destination {
        Destination::Wise(recipient)
    }

    fn write(orders: &[Order], columns: Columns) -> Result<String, FileError> {
        let mut header = samples::header(1);
        header.currency = orders[0].currency.clone();
        header.payments = orders.len() as u64;
        header.total = orders.iter().map(|order| order.amount).sum();
        let mut writer = Writer::new(Vec::new(), &header, columns, "GBP")?;
        for order in orders {
            writer.push(order)?;
        }
        Ok(String::from_utf8(writer.finish()?).expect("text"))
    }

    fn row(order: Order, columns: Columns) -> String {
        let file = write(&[order], columns).expect("a file");
        file.lines().nth(1).expect("a row").to_owned()
    }

    fn refused(order: Order, columns: Columns) -> Option<Refusal> {
        match write(&[order], columns) {
            Err(FileError::Payment { refusal, .. }) => Some(refusal),
            _ => None,
        }
    }

    #[test]
    fn each_kind_of_recipient() {
        let by_iban = order("EUR", Destination::Iban { iban: "es91 2100 0418 4502 0005 1332".to_owned(), bic: None });
        assert_eq!(
            write(&[by_iban], Columns::iban()).expect("a file"),
            "name,recipientEmail,paymentReference,receiverType,amountCurrency,amount,sourceCurrency,targetCurrency,IBAN\r\n\
             Lucja Nunez,,October PD-794-44,INSTITUTION,target,123.45,GBP,EUR,ES9121000418450200051332\r\n"
        );
        let by_sort_code = Destination::SortCode { sort_code: "09-01-28".to_owned(), account: "00012345".to_owned() };
        assert_eq!(
            row(order("GBP", by_sort_code), Columns::sort_code()),
            "Lucja Nunez,,PD-794-44,INSTITUTION,target,123.45,GBP,GBP,090128,00012345"
        );
        let by_email = || wise(WiseRecipient::Email("lucja@example.com".to_owned()));
        assert_eq!(
            row(order("USD", by_email()), Columns::email()),
            "Lucja Nunez,lucja@example.com,PD-794-44,INSTITUTION,target,123.45,GBP,USD"
        );
        let columns = Columns::of_template("type,recipientEmail,amount,amountCurrency,targetCurrency,endToEndId,more");
        assert_eq!(
            row(order("USD", by_email()), columns.expect("columns")),
            "EMAIL,lucja@example.com,123.45,target,USD,PD-794-44,"
        );
        let mut saved = order("EUR", wise(WiseRecipient::Saved("40000001".to_owned())));
        saved.holder = None;
        assert_eq!(row(saved, Columns::saved()), "40000001,Lucja Nunez,,GBP,EUR,target,123.45,October PD-794-44");
    }

    #[test]
    fn a_destination_needs_its_column() {
        let iban = |country| Destination::Iban { iban: samples::iban(country, 1), bic: None };
        assert_eq!(refused(order("EUR", iban("ES")), Columns::email()), Some(Refusal::Destination));
        assert_eq!(refused(order("GBP", iban("GB")), Columns::email()), Some(Refusal::Destination));
        assert_eq!(refused(order("GBP", iban("GB")), Columns::sort_code()), None);
        let email = wise(WiseRecipient::Email("lucja@example.com".to_owned()));
        assert_eq!(refused(order("EUR", email), Columns::saved()), Some(Refusal::Destination));
        let paypal = Destination::PayPal { email: "lucja@example.com".to_owned() };
        assert_eq!(refused(order("EUR", paypal), Columns::email()), Some(Refusal::Destination));
        for id in ["", "=1", "1;2", &"1".repeat(37)] {
            let saved = wise(WiseRecipient::Saved(id.to_owned()));
            assert_eq!(refused(order("EUR", saved), Columns::saved()), Some(Refusal::RecipientId), "{id}");
        }
        let wrong = wise(WiseRecipient::Email("lucja".to_owned()));
        assert_eq!(refused(order("EUR", wrong), Columns::email()), Some(Refusal::Email));
    }

    #[test]
    fn at_most_a_thousand() {
        assert_eq!([1, 1_000, 1_001].map(files_needed), [1, 1, 2]);
        let one = order("EUR", wise(WiseRecipient::Saved("1".to_owned())));
        assert!(write(&vec![one.clone(); 1_000], Columns::saved()).is_ok());
        let many = write(&vec![one; 1_001], Columns::saved());
        assert!(matches!(many, Err(FileError::TooMany { limit: 1_000 })));
    }

    proptest! {
        #[test]
        fn no_cell_is_a_formula(name in "[=+@\t\r-]{0,2}\\PC{0,30}", remittance in "[=+@\t\r-]{0,2}\\PC{0,30}") {
            let mut order = order("EUR", wise(WiseRecipient::Saved("1".to_owned())));
            order.name = name;
            order.remittance = format!("{remittance} PD-794-44");
            if let Ok(file) = write(&[order], Columns::saved()) {
                for cell in &samples::rows(file.as_bytes(), true)[0] {
                    prop_assert!(!cells::is_dangerous(cell));
                }
            }
        }
    }
}
