//! What is booked without a partner.

use crate::base::money::{Currency, Money};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Put on the payout account.
    Funding,
    /// Taken back from it.
    FundingReturn,
    /// What the bank took for its work.
    BankFee,
    /// What the bank gave back of that.
    BankFeeReturn,
}

impl Kind {
    /// Every one, the usual first.
    pub const ALL: [Self; 4] = [Self::Funding, Self::BankFee, Self::FundingReturn, Self::BankFeeReturn];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Funding => "funding",
            Self::FundingReturn => "funding_return",
            Self::BankFee => "bank_fee",
            Self::BankFeeReturn => "bank_fee_return",
        }
    }

    /// From what the database wrote or a form sent.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The accounts it debits and credits.
    pub fn route(self) -> (&'static str, &'static str) {
        match self {
            Self::Funding => ("cash", "funding"),
            Self::FundingReturn => ("funding", "cash"),
            Self::BankFee => ("fees", "cash"),
            Self::BankFeeReturn => ("cash", "fees"),
        }
    }
}

/// One booking.
#[derive(Clone, Debug)]
pub struct Booked {
    /// Its number.
    pub transfer: i64,
    /// What it is.
    pub kind: Kind,
    /// How much, above zero.
    pub money: Money,
    /// Whatever its writer said of it.
    pub note: String,
    /// Who wrote it; `None` for the command line.
    pub by: Option<String>,
    /// When it counts.
    pub effective_at: DateTime<Utc>,
}

/// The funds of a programme in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funds {
    /// The currency.
    pub currency: Currency,
    /// Put on the account, less what was taken back.
    pub funded: Decimal,
    /// What the bank took.
    pub fees: Decimal,
    /// What has arrived at partners.
    pub paid: Decimal,
    /// What is on its way to them.
    pub on_its_way: Decimal,
    /// What is released and waits to be sent.
    pub to_send: Decimal,
}

impl Funds {
    /// What lies on the account and is on its way to nobody.
    pub fn left(&self) -> Decimal {
        self.funded - self.fees - self.paid - self.on_its_way
    }

    /// What is missing for what waits to be sent.
    pub fn missing(&self) -> Option<Decimal> {
        let missing = self.to_send - self.left();
        (missing > Decimal::ZERO && !self.to_send.is_zero()).then_some(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_what_waits_less_what_is_left() {
        let zero = Decimal::ZERO;
        let currency = Currency::parse("GBP").expect("code");
        let mut funds = Funds {
            currency,
            funded: 100.into(),
            fees: 2.into(),
            paid: 50.into(),
            on_its_way: 8.into(),
            to_send: zero,
        };
        assert_eq!((funds.left(), funds.missing()), (40.into(), None));
        funds.to_send = 40.into();
        assert_eq!(funds.missing(), None);
        funds.to_send = 41.into();
        assert_eq!(funds.missing(), Some(1.into()));
    }
}
