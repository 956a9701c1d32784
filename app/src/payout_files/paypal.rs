//! PayPal Payouts by file upload ("Send payouts, use Web UI" in PayPal's developer documentation).
//!
//! No header row, one currency a file, at most 5 000 rows; the columns in PayPal's order:
//!
//! | | column | here |
//! |---|---|---|
//! | 1 | recipient | the e-mail address, at most 127 characters |
//! | 2 | amount | a decimal point or comma, as the sender's country writes it |
//! | 3 | currency | ISO 4217 |
//! | 4 | customer id | the end-to-end id, at most 30 characters, no spaces; PayPal's reports repeat it |
//! | 5 | note to the recipient | the remittance, at most 400 characters, in any script |
//! | 6 | wallet | `PAYPAL` |

use super::account;
use super::amount::minor_units;
use super::cells::{self, free_text};
use super::error::{FileError, Refusal};
use super::model::{Destination, Header, Order};
use super::tally::Tally;
use super::text::{is_sepa_id, plain};
use std::io::Write;

/// Rows of one file.
pub const MOST_PAYMENTS: u64 = 5_000;

/// What PayPal can pay out in and accounts can hold ("PayPal currency codes").
const CURRENCIES: [&str; 25] = [
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "INR", "JPY", "MXN", "MYR",
    "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
];
const CUSTOMER_ID: usize = 30;
const NOTE: usize = 400;

/// How the sender's country writes decimals; PayPal reads the file by that of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalMark {
    /// `5.45`
    Point,
    /// `5,45`
    Comma,
}

/// How many files a number of payments needs.
pub fn files_needed(payments: u64) -> u64 {
    payments.div_ceil(MOST_PAYMENTS)
}

/// Writes one file.
pub struct Writer<W: Write> {
    csv: csv::Writer<W>,
    tally: Tally,
    mark: DecimalMark,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When PayPal doesn't have the currency, or the header says no payments, more than [`MOST_PAYMENTS`] or a total the
    /// currency doesn't have at PayPal.
    pub fn new(inner: W, header: &Header, mark: DecimalMark) -> Result<Self, FileError> {
        let code = header.currency.as_str();
        if !CURRENCIES.contains(&code) {
            return Err(FileError::Currency(header.currency.clone()));
        }
        // PayPal refuses decimals in these though ISO 4217 has them.
        let decimals = if matches!(code, "HUF" | "TWD") { 0 } else { minor_units(code) };
        Ok(Self { csv: cells::writer(inner), tally: Tally::new(header, MOST_PAYMENTS, decimals)?, mark })
    }

    /// Writes one payment.
    ///
    /// # Errors
    /// When the payment is refused (nothing of it has been written then), is one too many, or the writer fails.
    pub fn push(&mut self, order: &Order) -> Result<(), FileError> {
        let id = &order.end_to_end_id;
        if !is_sepa_id(id) || id.len() > CUSTOMER_ID || id.contains(' ') {
            return Err(Refusal::EndToEndId.of(order));
        }
        let point = self.tally.amount(order)?;
        let amount = if self.mark == DecimalMark::Comma { point.replace('.', ",") } else { point };
        let Destination::PayPal { email } = &order.to else { return Err(Refusal::Destination.of(order)) };
        let email = account::email(email).map_err(|refusal| refusal.of(order))?;
        let note = plain(&order.remittance, NOTE);
        self.tally.count(order)?;
        self.csv
            .write_record([email, &amount, &order.currency, id, &free_text(&note, NOTE), "PAYPAL"])
            .map_err(std::io::Error::from)?;
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
}

#[cfg(test)]
mod tests {
    use super::super::{cells, samples};
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn order(n: u32) -> Order {
        let mut order = samples::order(n);
        order.to = Destination::PayPal { email: format!("partner{n}@example.com") };
        order
    }

    fn write(orders: &[Order], mark: DecimalMark) -> Result<String, FileError> {
        let mut header = samples::header(1);
        header.currency = orders[0].currency.clone();
        header.payments = orders.len() as u64;
        header.total = orders.iter().map(|order| order.amount).sum();
        let mut writer = Writer::new(Vec::new(), &header, mark)?;
        for order in orders {
            writer.push(order)?;
        }
        Ok(String::from_utf8(writer.finish()?).expect("text"))
    }

    #[test]
    fn rows_as_paypal_documents_them() {
        let mut first = order(794);
        first.remittance = "Comisión, octubre".to_owned();
        let mut second = order(1);
        (second.amount, second.remittance) = (Decimal::new(10_050, 2), "=1+1".to_owned());
        let orders = [first, second];
        assert_eq!(
            write(&orders, DecimalMark::Point).expect("a file"),
            "partner794@example.com,7.95,EUR,PD-794-44,\"Comisión, octubre\",PAYPAL\r\n\
             partner1@example.com,100.50,EUR,PD-1-95,'=1+1,PAYPAL\r\n"
        );
        assert_eq!(
            write(&orders, DecimalMark::Comma).expect("a file"),
            "partner794@example.com,\"7,95\",EUR,PD-794-44,\"Comisión, octubre\",PAYPAL\r\n\
             partner1@example.com,\"100,50\",EUR,PD-1-95,'=1+1,PAYPAL\r\n"
        );
    }

    #[test]
    fn the_5001st_is_refused() {
        assert_eq!([0, 1, 5_000, 5_001, 100_000].map(files_needed), [0, 1, 1, 2, 20]);
        let orders: Vec<_> = (1..=5_001).map(order).collect();
        assert_eq!(write(&orders[..5_000], DecimalMark::Point).expect("a file").lines().count(), 5_000);
        assert!(matches!(write(&orders, DecimalMark::Point), Err(FileError::TooMany { limit: 5_000 })));
        let mut header = samples::header(5_000);
        header.currency = "EUR".to_owned();
        let mut writer = Writer::new(Vec::new(), &header, DecimalMark::Point).expect("a header");
        for order in &orders[..5_000] {
            writer.push(order).expect("room");
        }
        assert!(matches!(writer.push(&orders[5_000]), Err(FileError::TooMany { limit: 5_000 })));
    }

    #[test]
    fn currencies_are_paypals() {
        let in_currency = |currency: &str, amount: &str| {
            let mut order = order(1);
            (order.currency, order.amount) = (currency.to_owned(), amount.parse().expect("number"));
            write(&[order], DecimalMark::Point)
        };
        assert!(matches!(in_currency("RSD", "1.00"), Err(FileError::Currency(_))));
        assert!(in_currency("HUF", "100.00").expect("a file").contains(",100,HUF,"));
        assert!(matches!(in_currency("HUF", "100.50"), Err(FileError::TotalAmount)));
        let mut other = order(2);
        other.currency = "USD".to_owned();
        let refused = write(&[order(1), other], DecimalMark::Point);
        assert!(matches!(refused, Err(FileError::Payment { refusal: Refusal::Currency, .. })));
    }

    #[test]
    fn refusals() {
        let refused = |change: fn(&mut Order)| {
            let mut order = order(1);
            change(&mut order);
            match write(&[order], DecimalMark::Point) {
                Err(FileError::Payment { refusal, .. }) => Some(refusal),
                _ => None,
            }
        };
        assert_eq!(
            refused(|order| order.to = Destination::PayPal { email: "=a@example.com".to_owned() }),
            Some(Refusal::Email)
        );
        assert_eq!(
            refused(|order| order.to = Destination::Iban { iban: samples::iban("ES", 1), bic: None }),
            Some(Refusal::Destination)
        );
        assert_eq!(refused(|order| order.end_to_end_id = "A 1".to_owned()), Some(Refusal::EndToEndId));
        assert_eq!(refused(|order| order.end_to_end_id = "A".repeat(31)), Some(Refusal::EndToEndId));
    }

    proptest! {
        #[test]
        fn no_cell_is_a_formula(remittance in "[=+@\t\r-]{0,2}\\PC{0,30}", email in "[=+@-]?\\PC{0,20}") {
            let mut order = order(1);
            order.remittance = remittance;
            if account::email(&email).is_ok() {
                order.to = Destination::PayPal { email };
            }
            let file = write(&[order], DecimalMark::Point).expect("a file");
            for cell in &samples::rows(file.as_bytes(), false)[0] {
                prop_assert!(!cells::is_dangerous(cell));
            }
        }
    }
}
