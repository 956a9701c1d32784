//! Tax data and policies as somebody typed them.

use super::countries::Country;
use super::model::{Fees, Invoices, Kind, PostalAddress, Terms};
use super::numbers::{tax_number, vat_number};
use super::secrets::Numbers;
use crate::base::money::Currency;
use rust_decimal::Decimal;

/// The longest legal name (ISO 20022, `Max140Text`).
pub const LONGEST_NAME: usize = 140;
/// The longest street and town (ISO 20022, `Max70Text` and `Max35Text`), and number or post code (`Max16Text`).
pub const LONGEST_STREET: usize = 70;
/// See [`LONGEST_STREET`].
pub const LONGEST_TOWN: usize = 35;
/// See [`LONGEST_STREET`].
pub const LONGEST_CODE: usize = 16;
/// The longest tax number of a programme.
const LONGEST_NUMBER: usize = 40;

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is empty and may not be.
    Empty,
    /// It is too long, or has signs that can't be printed.
    Unfit,
    /// It is no country.
    Country,
    /// It is no tax number.
    TaxNumber,
    /// It is no VAT number of that country.
    VatNumber,
    /// At home, the number has to be there.
    NumberAtHome,
    /// Without it the programme may not write invoices in their name.
    Agreement,
    /// It is no percentage.
    Percent,
    /// It is no amount in whole units of the currency.
    Amount,
    /// It asks for data that partners don't have to give.
    NeedsProfile,
    /// Only invoices that partners send can be waited for.
    WaitsForOwn,
}

/// Which field is wrong, and how.
pub type Faults = Vec<(&'static str, Fault)>;

/// An address as it was typed.
#[derive(Clone, Copy, Default)]
pub struct TypedAddress<'a> {
    /// Street, without the number.
    pub street: &'a str,
    /// Number of the building.
    pub building: &'a str,
    /// Post code.
    pub post_code: &'a str,
    /// City or village.
    pub town: &'a str,
    /// ISO 3166 alpha-2.
    pub country: &'a str,
}

impl TypedAddress<'_> {
    fn parse(&self, faults: &mut Faults) -> Option<PostalAddress> {
        let country = Country::parse(self.country.trim());
        if country.is_none() {
            faults.push(("country", if self.country.trim().is_empty() { Fault::Empty } else { Fault::Country }));
        }
        let street = text("street", self.street, LONGEST_STREET, true, faults);
        let building = text("building", self.building, LONGEST_CODE, false, faults);
        let post_code = text("post_code", self.post_code, LONGEST_CODE, false, faults);
        let town = text("town", self.town, LONGEST_TOWN, true, faults);
        Some(PostalAddress { street, building, post_code, town, country: country? })
    }
}

/// A partner's tax data as it was typed.
#[derive(Clone, Copy, Default)]
pub struct TypedProfile<'a> {
    /// The name that contracts and invoices bear.
    pub legal_name: &'a str,
    /// `person` or `company`.
    pub kind: &'a str,
    /// Where they are.
    pub address: TypedAddress<'a>,
    /// May be empty, but not at home.
    pub tax_number: &'a str,
    /// Whether they are registered for VAT.
    pub vat_registered: bool,
    /// Read where they are registered.
    pub vat_number: &'a str,
    /// Whether the programme may write invoices in their name.
    pub agrees: bool,
}

/// Tax data, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadProfile {
    /// The name that contracts and invoices bear.
    pub legal_name: String,
    /// Person or company.
    pub kind: Kind,
    /// Where they are.
    pub address: PostalAddress,
    /// Whole.
    pub numbers: Numbers,
    /// Whether the programme may write invoices in their name.
    pub agrees: bool,
}

impl TypedProfile<'_> {
    /// All of it, checked against what the programme asks for.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn parse(&self, terms: Option<&Terms>) -> Result<ReadProfile, Faults> {
        let mut faults = Faults::new();
        let legal_name = text("legal_name", self.legal_name, LONGEST_NAME, true, &mut faults);
        let kind = Kind::parse(self.kind);
        if kind.is_none() {
            faults.push(("kind", Fault::Empty));
        }
        let address = self.address.parse(&mut faults);
        let tax = tax_number(self.tax_number);
        let is_home =
            address.as_ref().zip(terms).is_some_and(|(address, terms)| address.country == terms.address.country);
        match (&tax, self.tax_number.trim().is_empty()) {
            (None, false) => faults.push(("tax_number", Fault::TaxNumber)),
            (None, true) if is_home => faults.push(("tax_number", Fault::NumberAtHome)),
            _ => {}
        }
        let vat = match &address {
            Some(address) if self.vat_registered => {
                let number = vat_number(self.vat_number, address.country);
                if number.is_none() {
                    let fault = if self.vat_number.trim().is_empty() { Fault::Empty } else { Fault::VatNumber };
                    faults.push(("vat_number", fault));
                }
                number
            }
            _ => None,
        };
        if !self.agrees && terms.is_some_and(|terms| terms.invoices == Invoices::SelfBilled) {
            faults.push(("agrees", Fault::Agreement));
        }
        match (faults.is_empty(), kind, address) {
            (true, Some(kind), Some(address)) => {
                let numbers = Numbers { tax: tax.map(Into::into), vat: vat.map(Into::into) };
                Ok(ReadProfile { legal_name, kind, address, numbers, agrees: self.agrees })
            }
            _ => Err(faults),
        }
    }
}

/// A policy as it was typed. Percentages and fees that are empty are none.
#[derive(Clone, Copy, Default)]
pub struct TypedTerms<'a> {
    /// The programme's own legal name.
    pub legal_name: &'a str,
    /// Where it is.
    pub address: TypedAddress<'a>,
    /// Its tax number.
    pub tax_number: &'a str,
    /// `none`, `self_billed` or `own`.
    pub invoices: &'a str,
    /// Whether a missing invoice keeps the next payout back.
    pub waits_for_invoice: bool,
    /// Whether nobody is paid without tax data.
    pub needs_profile: bool,
    /// In percent.
    pub vat_percent: &'a str,
    /// In percent.
    pub withhold_domestic: &'a str,
    /// In percent.
    pub withhold_foreign: &'a str,
    /// In the programme's currency.
    pub fee_iban: &'a str,
    /// In the programme's currency.
    pub fee_sort_code: &'a str,
    /// In the programme's currency.
    pub fee_paypal: &'a str,
    /// In the programme's currency.
    pub fee_wise: &'a str,
}

impl TypedTerms<'_> {
    /// All of it, checked. `currency` is the programme's.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn parse(&self, currency: Currency) -> Result<Terms, Faults> {
        let mut faults = Faults::new();
        let legal_name = text("legal_name", self.legal_name, LONGEST_NAME, true, &mut faults);
        let address = self.address.parse(&mut faults);
        let tax_number = text("tax_number", self.tax_number, LONGEST_NUMBER, true, &mut faults);
        let invoices = Invoices::parse(self.invoices);
        if invoices.is_none() {
            faults.push(("invoices", Fault::Empty));
        }
        let vat_percent = percent("vat_percent", self.vat_percent, &mut faults);
        let withhold_domestic = percent("withhold_domestic", self.withhold_domestic, &mut faults);
        let withhold_foreign = percent("withhold_foreign", self.withhold_foreign, &mut faults);
        let fees = Fees {
            iban: fee("fee_iban", self.fee_iban, currency, &mut faults),
            sort_code: fee("fee_sort_code", self.fee_sort_code, currency, &mut faults),
            paypal: fee("fee_paypal", self.fee_paypal, currency, &mut faults),
            wise: fee("fee_wise", self.fee_wise, currency, &mut faults),
        };
        let follows = [vat_percent, withhold_domestic, withhold_foreign].iter().any(|percent| !percent.is_zero())
            || invoices.is_some_and(|invoices| invoices != Invoices::None);
        if follows && !self.needs_profile {
            faults.push(("needs_profile", Fault::NeedsProfile));
        }
        if self.waits_for_invoice && invoices.is_some_and(|invoices| invoices != Invoices::Own) {
            faults.push(("waits_for_invoice", Fault::WaitsForOwn));
        }
        match (faults.is_empty(), address, invoices) {
            (true, Some(address), Some(invoices)) => Ok(Terms {
                legal_name,
                address,
                tax_number,
                invoices,
                waits_for_invoice: self.waits_for_invoice,
                needs_profile: self.needs_profile,
                vat_percent,
                withhold_domestic,
                withhold_foreign,
                fees,
            }),
            _ => Err(faults),
        }
    }
}

fn text(field: &'static str, typed: &str, most: usize, required: bool, faults: &mut Faults) -> String {
    let text = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if required && text.is_empty() {
        faults.push((field, Fault::Empty));
    } else if text.chars().count() > most || text.chars().any(char::is_control) {
        faults.push((field, Fault::Unfit));
    }
    text
}

/// A number with a point or a comma, as people type it; nothing is none.
fn number(typed: &str) -> Option<Decimal> {
    let typed = typed.trim().replace(',', ".");
    if typed.is_empty() { Some(Decimal::ZERO) } else { Decimal::from_str_exact(&typed).ok() }
}

fn percent(field: &'static str, typed: &str, faults: &mut Faults) -> Decimal {
    let fits = |percent: &Decimal| {
        *percent >= Decimal::ZERO && *percent <= Decimal::ONE_HUNDRED && percent.normalize().scale() <= 4
    };
    number(typed).filter(fits).unwrap_or_else(|| {
        faults.push((field, Fault::Percent));
        Decimal::ZERO
    })
}

fn fee(field: &'static str, typed: &str, currency: Currency, faults: &mut Faults) -> Decimal {
    let fits = |amount: &Decimal| {
        *amount >= Decimal::ZERO && *amount < Decimal::from(1_000_000) && currency.round(*amount) == *amount
    };
    number(typed).filter(fits).unwrap_or_else(|| {
        faults.push((field, Fault::Amount));
        Decimal::ZERO
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> TypedAddress<'static> {
        TypedAddress { street: " Calle  Mayor ", building: "1", post_code: "28013", town: "Madrid", country: "ES" }
    }

    fn policy() -> TypedTerms<'static> {
        TypedTerms {
            legal_name: "Regalos S.L.",
            address: address(),
            tax_number: "ESB12345674",
            invoices: "self_billed",
            needs_profile: true,
            vat_percent: "21",
            withhold_domestic: "15,5",
            fee_wise: "1.00",
            ..TypedTerms::default()
        }
    }

    fn euro() -> Currency {
        Currency::parse("EUR").expect("code")
    }

    fn ana() -> TypedProfile<'static> {
        TypedProfile {
            legal_name: "Ana Ruiz",
            kind: "person",
            address: address(),
            tax_number: "12345678-Z",
            vat_registered: true,
            vat_number: "12345678Z",
            agrees: true,
        }
    }

    #[test]
    fn what_fits_is_read() {
        let terms = policy().parse(euro()).expect("terms");
        assert_eq!(
            (terms.withhold_domestic.to_string(), terms.address.street.as_str()),
            ("15.5".into(), "Calle Mayor")
        );
        let read = ana().parse(Some(&terms)).expect("profile");
        assert_eq!(read.numbers.tax.as_ref().map(|number| number.as_str()), Some("12345678Z"));
        assert_eq!(read.numbers.vat.as_ref().map(|number| number.as_str()), Some("ES12345678Z"));
        let not_registered = TypedProfile { vat_registered: false, ..ana() }.parse(None).expect("profile");
        assert_eq!(not_registered.numbers.vat, None);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let terms = policy().parse(euro()).expect("terms");
        let wrong = TypedProfile {
            legal_name: "\u{7}",
            kind: "",
            address: TypedAddress { town: "", ..address() },
            tax_number: "",
            vat_number: "",
            agrees: false,
            ..ana()
        };
        let faults = wrong.parse(Some(&terms)).expect_err("faults");
        assert_eq!(
            faults,
            [
                ("legal_name", Fault::Unfit),
                ("kind", Fault::Empty),
                ("town", Fault::Empty),
                ("tax_number", Fault::NumberAtHome),
                ("vat_number", Fault::Empty),
                ("agrees", Fault::Agreement)
            ]
        );
        let wrong = TypedTerms {
            address: TypedAddress { country: "Spain", ..address() },
            invoices: "",
            needs_profile: false,
            vat_percent: "121",
            withhold_domestic: "1.23456",
            withhold_foreign: "24",
            fee_wise: "0.005",
            fee_paypal: "-1",
            ..policy()
        };
        let fields: Vec<_> = wrong.parse(euro()).expect_err("faults").into_iter().map(|(field, _)| field).collect();
        assert_eq!(
            fields,
            ["country", "invoices", "vat_percent", "withhold_domestic", "fee_paypal", "fee_wise", "needs_profile"]
        );
        let waits = TypedTerms { waits_for_invoice: true, ..policy() };
        assert_eq!(waits.parse(euro()).expect_err("faults"), [("waits_for_invoice", Fault::WaitsForOwn)]);
    }
}
