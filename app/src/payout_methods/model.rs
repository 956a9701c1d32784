//! Ways to pay a partner, and what may be shown of one.

use chrono::{DateTime, Utc};

/// Ways to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// To a bank account in the euro area's payment schemes, by its IBAN.
    Iban,
    /// To a British bank account, by sort code and account number.
    SortCode,
    /// To a bank account in another currency than euro and sterling, by its IBAN or its number and bank.
    BankAccount,
    /// To a PayPal account, by its e-mail address.
    PayPal,
    /// To a Wise account, by its e-mail address.
    Wise,
}

impl MethodKind {
    /// Every kind, in the order they are offered.
    pub const ALL: [Self; 5] = [Self::Iban, Self::SortCode, Self::BankAccount, Self::PayPal, Self::Wise];

    /// As the database, files and addresses of pages write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iban => "iban",
            Self::SortCode => "sort_code",
            Self::BankAccount => "bank_account",
            Self::PayPal => "paypal",
            Self::Wise => "wise",
        }
    }

    /// The field, or column, that names the account.
    pub fn account_field(self) -> &'static str {
        match self {
            Self::Iban => "iban",
            Self::SortCode | Self::BankAccount => "account",
            Self::PayPal | Self::Wise => "email",
        }
    }

    /// From what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Where a partner's money goes or went, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its number.
    pub id: i64,
    /// How.
    pub kind: MethodKind,
    /// The account holder, as the bank knows them.
    pub holder: String,
    /// Enough of the account to recognise it.
    pub masked: String,
    /// Since when.
    pub added_at: DateTime<Utc>,
    /// From when on money is sent there: later than `added_at` where it was changed.
    pub usable_from: DateTime<Utc>,
    /// Until when; `None`: still.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What is wrong with a payout method as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The account holder is missing.
    HolderEmpty,
    /// The account holder is longer than files to banks take, or has signs that can't be seen.
    HolderUnfit,
    /// The IBAN is missing.
    IbanEmpty,
    /// A digit or letter of the IBAN is wrong, missing or too many.
    IbanWrong,
    /// The IBAN is of a country that euro payments don't reach.
    IbanNotSepa,
    /// The BIC is none.
    BicWrong,
    /// The sort code has not six digits.
    SortCodeWrong,
    /// The account number has not eight digits.
    AccountWrong,
    /// The country of the bank is none.
    CountryWrong,
    /// In this country accounts have an IBAN, and this is none, or one of another country.
    AccountNotIban,
    /// The account number has letters or signs that no account has, or is too short or too long.
    NumberWrong,
    /// Neither BIC nor bank code say which bank it is.
    BankMissing,
    /// The bank code is none.
    BankCodeWrong,
    /// The e-mail address is missing.
    EmailEmpty,
    /// It is not an e-mail address.
    EmailWrong,
}

impl Fault {
    /// The field, or column, that it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::HolderEmpty | Self::HolderUnfit => "holder",
            Self::IbanEmpty | Self::IbanWrong | Self::IbanNotSepa => "iban",
            Self::BicWrong | Self::BankMissing => "bic",
            Self::CountryWrong => "country",
            Self::BankCodeWrong => "bank_code",
            Self::SortCodeWrong => "sort_code",
            Self::AccountWrong | Self::AccountNotIban | Self::NumberWrong => "account",
            Self::EmailEmpty | Self::EmailWrong => "email",
        }
    }
}
