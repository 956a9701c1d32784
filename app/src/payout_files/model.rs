//! What a payment file says: who pays, and every payment with where it goes.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::fmt;

/// The programme's own account, which is debited.
#[derive(Clone)]
pub struct Payer {
    /// The account holder's name.
    pub name: String,
    /// The account; spaces and lower case are tolerated.
    pub iban: String,
    /// The bank; left out, the file says NOTPROVIDED, which SEPA allows (IBAN only).
    pub bic: Option<String>,
    /// The holder's address. Banks need it for payments to SEPA countries outside the EEA and fill it in themselves
    /// where it is missing (2025 SCT rulebook, AT-P005).
    pub address: Option<Address>,
}

/// What the whole file says about itself.
#[derive(Clone, Debug)]
pub struct Header {
    /// Unique for the payer's bank; 1 to 35 characters of the SEPA set.
    pub message_id: String,
    /// When the file was made.
    pub created_at: DateTime<Utc>,
    /// The day the money is to leave the payer's account.
    pub pay_day: NaiveDate,
    /// Who pays.
    pub payer: Payer,
    /// The one currency of all payments (ISO 4217).
    pub currency: String,
    /// How many payments there are.
    pub payments: u64,
    /// What they add up to, in `currency`.
    pub total: Decimal,
}

/// One payment.
#[derive(Clone)]
pub struct Order {
    /// Comes back with the bank's answer; see [`super::end_to_end_id`]. Starts with a letter or digit, at most 35
    /// characters of the SEPA set.
    pub end_to_end_id: String,
    /// Above zero, in `currency`, with no more decimals than the currency has.
    pub amount: Decimal,
    /// ISO 4217; the header's.
    pub currency: String,
    /// The account holder's name.
    pub name: String,
    /// Whether the holder is a person or a business, where that is known. Only Wise asks.
    pub holder: Option<Holder>,
    /// The holder's address.
    pub address: Option<Address>,
    /// Where the money goes.
    pub to: Destination,
    /// What the payee reads on the statement.
    pub remittance: String,
}

/// Who holds an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A human being.
    Person,
    /// A company or another institution.
    Business,
}

/// A structured postal address. The unstructured form is no longer permitted in SEPA since 15 November 2026 (2025 SCT
/// rulebook, version 1.1), so there are no address lines.
#[derive(Clone)]
pub struct Address {
    /// Street, without the number.
    pub street: Option<String>,
    /// Number of the building.
    pub building: Option<String>,
    /// Post code.
    pub post_code: Option<String>,
    /// Town; required by SEPA.
    pub town: String,
    /// Two letters of ISO 3166-1; required by SEPA.
    pub country: String,
}

/// Where the money goes.
#[derive(Clone)]
pub enum Destination {
    /// An account with an IBAN.
    Iban {
        /// The account; spaces and lower case are tolerated.
        iban: String,
        /// The bank, where it is known.
        bic: Option<String>,
    },
    /// A British account.
    SortCode {
        /// Six digits, with or without dashes.
        sort_code: String,
        /// Eight digits.
        account: String,
    },
    /// An account that neither has an IBAN of SEPA nor is British.
    BankAccount {
        /// Where the bank is (ISO 3166-1 alpha-2).
        country: String,
        /// An IBAN, or the account's number as its bank writes it.
        account: String,
        /// The bank, where it is known.
        bic: Option<String>,
        /// The bank within its country, where it is known.
        bank_code: Option<String>,
    },
    /// A PayPal account.
    PayPal {
        /// The account's e-mail address.
        email: String,
    },
    /// Somebody at Wise.
    Wise(WiseRecipient),
}

/// How Wise knows a recipient without being told an account.
#[derive(Clone)]
pub enum WiseRecipient {
    /// Wise asks this address for the account.
    Email(String),
    /// The `recipientId` of a recipient saved in the payer's Wise account.
    Saved(String),
}

// The four below hold names and accounts; printing them by mistake must not put those into a log.

impl fmt::Debug for Payer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payer(…)")
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Order({}, {:?})", self.end_to_end_id, self.to)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iban { .. } => "Iban(…)",
            Self::SortCode { .. } => "SortCode(…)",
            Self::BankAccount { .. } => "BankAccount(…)",
            Self::PayPal { .. } => "PayPal(…)",
            Self::Wise(_) => "Wise(…)",
        })
    }
}
