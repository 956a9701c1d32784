//! Why a file, or a payment in it, was refused. Nothing here repeats a name, an address or an account.

use rust_decimal::Decimal;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk or the pipe behind the writer.
    #[error("the file could not be written")]
    Io(#[from] std::io::Error),
    /// The header's message id.
    #[error("the message id is not 1 to 35 characters that SEPA allows in an identifier")]
    MessageId,
    /// The header's currency.
    #[error("this kind of file does not carry the currency {0}")]
    Currency(String),
    /// A header without payments.
    #[error("a payment file holds at least one payment")]
    NoPayments,
    /// More payments than the format takes.
    #[error("a file of this kind holds at most {limit} payments")]
    TooMany {
        /// The most it holds.
        limit: u64,
    },
    /// The header's total cannot be written.
    #[error("the total is not an amount of this currency, or too large for the format")]
    TotalAmount,
    /// The payer's own data.
    #[error("the payer: {0}")]
    Payer(Refusal),
    /// One payment.
    #[error("payment {payment}: {refusal}")]
    Payment {
        /// Its end-to-end id.
        payment: String,
        /// Why.
        refusal: Refusal,
    },
    /// Another number of payments than the header says.
    #[error("the header says {expected} payments, but there were {pushed}")]
    Count {
        /// In the header.
        expected: u64,
        /// Pushed.
        pushed: u64,
    },
    /// Another total than the header says.
    #[error("the header says a total of {expected}, but the payments add up to {pushed}")]
    Total {
        /// In the header.
        expected: Decimal,
        /// Sum of what was pushed.
        pushed: Decimal,
    },
}

/// Why one payment was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is left of the name.
    #[error("no letter or digit of the name is left in the character set of the file")]
    EmptyName,
    /// The end-to-end id.
    #[error("the end-to-end id is not one that this kind of file can carry")]
    EndToEndId,
    /// Not an IBAN.
    #[error("the IBAN is not valid")]
    Iban,
    /// An IBAN of another part of the world.
    #[error("the account's country does not take part in SEPA")]
    OutsideSepa,
    /// Not a BIC.
    #[error("the BIC is not valid")]
    Bic,
    /// An incomplete address.
    #[error("the address lacks a town or a country of two letters")]
    Address,
    /// Zero or less.
    #[error("the amount is not above zero")]
    AmountNotPositive,
    /// More than the format carries.
    #[error("the amount is too large for the format")]
    AmountTooLarge,
    /// More decimals than the currency has.
    #[error("the amount has more decimals than the currency")]
    AmountDecimals,
    /// Not the header's currency.
    #[error("the currency is not the file's")]
    Currency,
    /// A destination of another kind.
    #[error("the destination does not fit into this kind of file")]
    Destination,
    /// Not a sort code.
    #[error("the sort code is not six digits")]
    SortCode,
    /// Not an account number.
    #[error("the account number is not one of its country")]
    AccountNumber,
    /// Not an address that could be paid.
    #[error("the e-mail address is not one that can be paid")]
    Email,
    /// Not a Wise recipient.
    #[error("the Wise recipient id is not valid")]
    RecipientId,
}

impl Refusal {
    /// As the refusal of a payment.
    pub(super) fn of(self, order: &super::model::Order) -> FileError {
        FileError::Payment { payment: order.end_to_end_id.clone(), refusal: self }
    }
}
