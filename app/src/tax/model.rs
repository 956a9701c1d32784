//! Tax data of partners, tax policies of programmes, and what follows from both.

use super::countries::Country;
use crate::base::ids::PayoutId;
use crate::base::money::Currency;
use crate::payout_methods::model::MethodKind;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::sync::Arc;

/// A postal address in parts, as banks and invoices take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostalAddress {
    /// Street, without the number.
    pub street: String,
    /// Number of the building; may be empty.
    pub building: String,
    /// May be empty: not every country has them.
    pub post_code: String,
    /// City or village.
    pub town: String,
    /// Country.
    pub country: Country,
}

/// What somebody is to the tax office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A natural person.
    Person,
    /// Anything else.
    Company,
}

impl Kind {
    /// As the database and forms write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Company => "company",
        }
    }

    /// From what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Person, Self::Company].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A partner's tax data, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its version.
    pub id: i64,
    /// The name that contracts and invoices bear.
    pub legal_name: String,
    /// Person or company.
    pub kind: Kind,
    /// Where they are.
    pub address: PostalAddress,
    /// Enough of the tax number to recognise it; `None` where none was given.
    pub tax_number: Option<String>,
    /// Enough of the VAT number to recognise it; `None` where they are not registered.
    pub vat_number: Option<String>,
    /// Whether the programme may write invoices in their name.
    pub agrees_self_billing: bool,
    /// Since when.
    pub recorded_at: DateTime<Utc>,
}

/// Who writes invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invoices {
    /// Nobody.
    None,
    /// The programme, in the partner's name.
    SelfBilled,
    /// The partner sends theirs.
    Own,
}

impl Invoices {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::None, Self::SelfBilled, Self::Own];

    /// As the database, forms and the command line write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SelfBilled => "self_billed",
            Self::Own => "own",
        }
    }

    /// From what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a payout costs its partner, by the way it is paid; in the programme's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// To an IBAN, or to a bank account in another currency.
    pub iban: Decimal,
    /// To a sort code and account number.
    pub sort_code: Decimal,
    /// By PayPal.
    pub paypal: Decimal,
    /// By Wise.
    pub wise: Decimal,
}

impl Fees {
    /// Of one way.
    pub fn of(&self, kind: MethodKind) -> Decimal {
        match kind {
            // By bank, as to an IBAN: a programme pays in euro by the one, in other currencies by the other.
            MethodKind::Iban | MethodKind::BankAccount => self.iban,
            MethodKind::SortCode => self.sort_code,
            MethodKind::PayPal => self.paypal,
            MethodKind::Wise => self.wise,
        }
    }
}

/// What a programme asks and takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The programme's own legal name.
    pub legal_name: String,
    /// Where it is.
    pub address: PostalAddress,
    /// Its tax number; in the Union its VAT number.
    pub tax_number: String,
    /// Who writes invoices.
    pub invoices: Invoices,
    /// Whether an invoice that is missing or refused keeps the next payout back.
    pub waits_for_invoice: bool,
    /// Whether nobody is paid without tax data.
    pub needs_profile: bool,
    /// VAT of registered partners of its own country, in percent.
    pub vat_percent: Decimal,
    /// Withheld from persons of its own country, in percent.
    pub withhold_domestic: Decimal,
    /// Withheld from partners elsewhere who gave no tax number, in percent.
    pub withhold_foreign: Decimal,
    /// What a payout costs.
    pub fees: Fees,
}

/// A version of a programme's terms of tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its number.
    pub id: i64,
    /// From when on it counts, until the next one does.
    pub valid_from: DateTime<Utc>,
    /// The programme's currency, which fees are in.
    pub currency: Currency,
    /// What it says.
    pub terms: Terms,
}

/// How a partner's service is taxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vat {
    /// The partner is not registered, or nothing is known of them.
    None,
    /// Registered in the programme's own country.
    Domestic,
    /// Registered in another country of the Union: the customer owes the tax.
    ReverseCharge,
    /// Anywhere else.
    OutsideScope,
}

impl Vat {
    /// Every treatment.
    pub const ALL: [Self; 4] = [Self::None, Self::Domestic, Self::ReverseCharge, Self::OutsideScope];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Domestic => "domestic",
            Self::ReverseCharge => "reverse_charge",
            Self::OutsideScope => "outside_scope",
        }
    }

    /// From what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vat| vat.as_str() == text)
    }
}

/// What becomes of an amount on its way out of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worked {
    /// What was earned: what is allocated to the payout.
    pub net: Decimal,
    /// How it is taxed; invoices say so.
    pub treatment: Vat,
    /// In percent of `net`.
    pub vat_percent: Decimal,
    /// Comes on top.
    pub vat: Decimal,
    /// In percent of `net`.
    pub withheld_percent: Decimal,
    /// Goes to the tax office instead.
    pub withheld: Decimal,
    /// What sending it costs the partner.
    pub fee: Decimal,
    /// What leaves the house; zero or below where nothing is left to send.
    pub total: Decimal,
}

impl Worked {
    /// Where no policy says anything else: all of it.
    pub fn plain(net: Decimal) -> Self {
        let zero = Decimal::ZERO;
        Self {
            net,
            treatment: Vat::None,
            vat_percent: zero,
            vat: zero,
            withheld_percent: zero,
            withheld: zero,
            fee: zero,
            total: net,
        }
    }

    /// Whether anything else leaves the house than what was earned.
    pub fn is_plain(&self) -> bool {
        self.vat.is_zero() && self.withheld.is_zero() && self.fee.is_zero()
    }
}

/// Everything that decides what a payout to a partner comes to.
#[derive(Clone, Debug, Default)]
pub struct Taxed {
    /// The programme's policy, if it has one.
    pub policy: Option<Arc<Policy>>,
    /// The partner's tax data, if they gave any.
    pub profile: Option<Profile>,
    /// How they are paid, if they said.
    pub method: Option<MethodKind>,
    /// The earliest payout whose invoice is missing or refused, where the policy waits for it.
    pub awaits_invoice: Option<PayoutId>,
}
