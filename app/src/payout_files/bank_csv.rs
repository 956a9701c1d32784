//! Payments in other currencies than the euro, for the bank's bulk upload. One currency a file, a header row.
//!
//! British banks each have their own layout, but ask for the same facts: sort code, account number of eight digits,
//! name and reference of at most 18 characters in the Bacs set, an amount with two decimals, a date (Bacs Standard 18;
//! the same limits in Coutts' and RBS Autopay's upload guides and Paygate's Bacs import). These are the columns here, so
//! that a bank's import screen has only to be told which column is which:
//!
//! | file | columns |
//! |---|---|
//! | sterling | `end_to_end_id,name,sort_code,account,amount,currency,reference,pay_day` |
//! | others | `end_to_end_id,name,iban,account,bic,bank_code,country,amount,currency,reference,pay_day` |
//!
//! - `sort_code` is `NN-NN-NN`, `pay_day` `YYYY-MM-DD`; `bic` may be empty.
//! - Of `iban` and `account` one is filled, `account` where the country has no IBANs; `bank_code` is the bank within its
//!   country, such as an ABA routing number. `country` is the bank's.
//! - `reference` is all that comes back on a statement, so it holds the end-to-end id or starts from it: see
//!   [`super::reference`]. 18 characters in sterling, 35 elsewhere (one line of SWIFT's field 70).
//! - Names and references of other currencies are in the SEPA set, which is also SWIFT's.

use super::account;
use super::amount::minor_units;
use super::cells::{self, free_text};
use super::error::{FileError, Refusal};
use super::model::{Destination, Header, Order};
use super::reference::on_statement;
use super::tally::Tally;
use super::text::{bacs, bacs_name, is_sepa_id, sepa, sepa_name};
use iban::IbanLike;
use std::io::Write;

/// Names and references by Bacs and Faster Payments.
const BRITISH_TEXT: usize = 18;
/// Names by SWIFT (field 59: the first of four lines of 35), kept to what two of them hold.
const OTHER_NAME: usize = 70;
const OTHER_REFERENCE: usize = 35;

/// Writes one file.
pub struct Writer<W: Write> {
    csv: csv::Writer<W>,
    tally: Tally,
    pay_day: String,
    sterling: bool,
}

impl<W: Write> Writer<W> {
    /// Writes the header row.
    ///
    /// # Errors
    /// When the currency is the euro (for which there is pain.001) or no currency code, the header says no payments or a
    /// total the currency doesn't have, or the writer fails.
    pub fn new(inner: W, header: &Header) -> Result<Self, FileError> {
        let code = header.currency.as_str();
        if code == "EUR" || code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(FileError::Currency(header.currency.clone()));
        }
        let tally = Tally::new(header, u64::MAX, minor_units(code))?;
        let sterling = code == "GBP";
        let account: &[&str] =
            if sterling { &["sort_code", "account"] } else { &["iban", "account", "bic", "bank_code", "country"] };
        let mut csv = cells::writer(inner);
        let columns = [&["end_to_end_id", "name"], account, &["amount", "currency", "reference", "pay_day"]].concat();
        csv.write_record(columns).map_err(std::io::Error::from)?;
        Ok(Self { csv, tally, pay_day: header.pay_day.format("%Y-%m-%d").to_string(), sterling })
    }

    /// Writes one payment.
    ///
    /// # Errors
    /// When the payment is refused (nothing of it has been written then), is one too many, or the writer fails.
    pub fn push(&mut self, order: &Order) -> Result<(), FileError> {
        if !is_sepa_id(&order.end_to_end_id) {
            return Err(Refusal::EndToEndId.of(order));
        }
        let amount = self.tally.amount(order)?;
        let columns = if self.sterling { british(order) } else { other(order) };
        let Payee { name, account, reference } = columns.map_err(|refusal| refusal.of(order))?;
        self.tally.count(order)?;
        let row = [&order.end_to_end_id, &name].into_iter().chain(&account);
        let row = row.chain([&amount, &order.currency, &reference, &self.pay_day]);
        self.csv.write_record(row).map_err(std::io::Error::from)?;
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

/// What a row says of whoever is paid; `account` has its columns in their order.
struct Payee {
    name: String,
    account: Vec<String>,
    reference: String,
}

/// Sort code and account number. In the Bacs set text begins with a letter or digit, so none of it
/// can be a formula.
fn british(order: &Order) -> Result<Payee, Refusal> {
    let name = bacs_name(&order.name, BRITISH_TEXT)?;
    let (sort_code, account) = account::british(&order.to)?;
    let reference = on_statement(order, &bacs(&order.remittance, usize::MAX), BRITISH_TEXT);
    Ok(Payee { name, account: vec![sort_code, account], reference: bacs(&reference, BRITISH_TEXT) })
}

/// IBAN or account number, BIC, bank code and country.
fn other(order: &Order) -> Result<Payee, Refusal> {
    let empty = String::new;
    let (iban, number, bic, bank_code, country) = match &order.to {
        Destination::Iban { iban, bic } => {
            let iban = account::iban(iban)?;
            let country = iban.country_code().to_owned();
            (iban.electronic_str().to_owned(), empty(), bic, empty(), country)
        }
        Destination::BankAccount { country, account, bic, bank_code } => {
            let bank_code = bank_code.as_deref().map(account::number).transpose()?.unwrap_or_default().to_owned();
            let (iban, number) = match account::iban(account) {
                Ok(iban) => (iban.electronic_str().to_owned(), empty()),
                Err(_) => (empty(), account::number(account)?.to_owned()),
            };
            (iban, number, bic, bank_code, country.clone())
        }
        _ => return Err(Refusal::Destination),
    };
    let name = sepa_name(&order.name, OTHER_NAME)?;
    let bic = bic.as_deref().map(account::bic).transpose()?.unwrap_or_default();
    let remittance = sepa(&order.remittance, usize::MAX);
    let reference = on_statement(order, &free_text(&remittance, usize::MAX), OTHER_REFERENCE);
    let name = free_text(&name, OTHER_NAME).into_owned();
    Ok(Payee { name, account: vec![iban, number, bic, bank_code, country], reference })
}

#[cfg(test)]
mod tests {
    use super::super::{cells, samples};
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn order(to: Destination, currency: &str) -> Order {
        let mut order = samples::order(794);
        (order.to, order.currency, order.amount) = (to, currency.to_owned(), Decimal::new(12_345, 2));
        order
    }

    fn sort_code() -> Destination {
        Destination::SortCode { sort_code: "090128".to_owned(), account: "00012345".to_owned() }
    }

    fn header(orders: &[Order]) -> Header {
        let mut header = samples::header(1);
        header.currency = orders[0].currency.clone();
        header.payments = orders.len() as u64;
        header.total = orders.iter().map(|order| order.amount).sum();
        header
    }

    fn write(orders: &[Order]) -> Result<String, FileError> {
        let mut writer = Writer::new(Vec::new(), &header(orders))?;
        for order in orders {
            writer.push(order)?;
        }
        Ok(String::from_utf8(writer.finish()?).expect("text"))
    }

    fn refused(order: Order) -> Option<Refusal> {
        match write(&[order]) {
            Err(FileError::Payment { refusal, payment }) if payment == "PD-794-44" => Some(refusal),
            _ => None,
        }
    }

    #[test]
    fn sterling() {
        let mut first = order(sort_code(), "GBP");
        first.name = "Seán O'Brien & Daughters Ltd".to_owned();
        first.remittance = "October PD-794-44".to_owned();
        let mut second = order(Destination::Iban { iban: "GB29NWBK60161331926819".to_owned(), bic: None }, "GBP");
        second.end_to_end_id = super::super::end_to_end_id(123_456_789_012);
        second.remittance = "Commissions of October 2026".to_owned();
        second.amount = Decimal::from(7);
        assert_eq!(
            write(&[first, second]).expect("a file"),
            "end_to_end_id,name,sort_code,account,amount,currency,reference,pay_day\r\n\
             PD-794-44,SEAN O BRIEN & DAU,09-01-28,00012345,123.45,GBP,OCTOBER PD-794-44,2026-11-30\r\n\
             PD-123456789012-44,GEORGIOS PAPADOPOU,60-16-13,31926819,7.00,GBP,PD-123456789012-44,2026-11-30\r\n"
        );
    }

    #[test]
    fn other_currencies() {
        let to = |bic: Option<&str>| Destination::Iban {
            iban: "pl61 1090 1014 0000 0712 1981 2874".to_owned(),
            bic: bic.map(str::to_owned),
        };
        let mut first = order(to(Some("wbkpplpp")), "PLN");
        first.name = "Łukasz, \"Żółć\"".to_owned();
        let mut second = order(to(None), "PLN");
        second.name = "-Ana".to_owned();
        second.remittance = "+PD-794-44".to_owned();
        assert_eq!(
            write(&[first, second]).expect("a file"),
            "end_to_end_id,name,iban,account,bic,bank_code,country,amount,currency,reference,pay_day\r\n\
             PD-794-44,\"Lukasz, 'Zolc'\",PL61109010140000071219812874,,WBKPPLPP,,PL,123.45,PLN,PD-794-44,2026-11-30\r\n\
             PD-794-44,'-Ana,PL61109010140000071219812874,,,,PL,123.45,PLN,'+PD-794-44,2026-11-30\r\n"
        );
    }

    #[test]
    fn an_account_without_an_iban() {
        let to = |account: &str| Destination::BankAccount {
            country: "US".to_owned(),
            account: account.to_owned(),
            bic: Some("CHASUS33".to_owned()),
            bank_code: Some("021000021".to_owned()),
        };
        let file = write(&[order(to("000123456789"), "USD")]).expect("a file");
        let row = &samples::rows(file.as_bytes(), true)[0];
        assert_eq!(row[2..7], ["", "000123456789", "CHASUS33", "021000021", "US"]);
        assert_eq!(refused(order(to("=1+1"), "USD")), Some(Refusal::AccountNumber));
        assert_eq!(refused(order(to("000123456789"), "GBP")), Some(Refusal::Destination));
    }

    #[test]
    fn a_defused_reference_still_holds_the_whole_id() {
        let to = || Destination::Iban { iban: samples::iban("PL", 1), bic: None };
        let with = |remittance: String| {
            let mut order = order(to(), "PLN");
            order.remittance = remittance;
            samples::rows(write(&[order]).expect("a file").as_bytes(), true)[0][9].clone()
        };
        assert_eq!(with(format!("+{} PD-794-44", "x".repeat(23))), format!("'+{} PD-794-44", "x".repeat(23)));
        assert_eq!(with(format!("+{} PD-794-44", "x".repeat(24))), "PD-794-44");
    }

    #[test]
    fn decimals_are_the_currencys() {
        let iban = || Destination::Iban { iban: samples::iban("DE", 1), bic: None };
        let mut yen = order(iban(), "JPY");
        yen.amount = Decimal::from(500);
        assert!(write(&[yen]).expect("a file").contains(",500,JPY,"));
        assert_eq!(refused(order(iban(), "JPY")), None, "the header's total is refused first");
        let mut dinar = order(iban(), "KWD");
        dinar.amount = Decimal::new(5, 1);
        assert!(write(&[dinar]).expect("a file").contains(",0.500,KWD,"));
    }

    #[test]
    fn refusals() {
        assert!(matches!(write(&[order(sort_code(), "EUR")]), Err(FileError::Currency(code)) if code == "EUR"));
        assert!(matches!(write(&[order(sort_code(), "gbp")]), Err(FileError::Currency(_))));
        assert_eq!(refused(order(sort_code(), "PLN")), Some(Refusal::Destination));
        assert_eq!(refused(order(Destination::PayPal { email: String::new() }, "GBP")), Some(Refusal::Destination));
        let mut nameless = order(sort_code(), "GBP");
        nameless.name = "?".to_owned();
        assert_eq!(refused(nameless), Some(Refusal::EmptyName));
        let wrong = Destination::SortCode { sort_code: "1".to_owned(), account: "2".to_owned() };
        assert_eq!(refused(order(wrong, "GBP")), Some(Refusal::SortCode));
        let wrong = Destination::Iban { iban: "PL61109010140000071219812875".to_owned(), bic: None };
        assert_eq!(refused(order(wrong, "PLN")), Some(Refusal::Iban));
    }

    proptest! {
        #[test]
        fn no_cell_is_a_formula(name in "[=+@\t\r-]{0,2}\\PC{0,30}", remittance in "[=+@\t\r-]{0,2}\\PC{0,30}", gb: bool) {
            let to = if gb { sort_code() } else { Destination::Iban { iban: samples::iban("PL", 1), bic: None } };
            let mut order = order(to, if gb { "GBP" } else { "PLN" });
            order.name = name;
            order.remittance = format!("{remittance} PD-794-44");
            if let Ok(file) = write(&[order]) {
                for cell in &samples::rows(file.as_bytes(), true)[0] {
                    prop_assert!(!cells::is_dangerous(cell));
                }
            }
        }
    }
}
