//! Amounts. Decimal throughout; rounded in one place.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A currency of ISO 4217, by its three-letter code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Text that is not the code of a currency.
#[derive(Debug, thiserror::Error)]
#[error("not a currency code")]
pub struct NotACurrency;

impl Currency {
    /// Three capital letters. Whether the currency exists is the database's to say (table `currency`).
    pub fn parse(code: &str) -> Result<Self, NotACurrency> {
        match code.as_bytes() {
            [a, b, c] if code.bytes().all(|byte| byte.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(NotACurrency),
        }
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the decimal mark (ISO 4217, table A.1). The SQL function `minor_units` says the same.
    pub fn minor_units(&self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            "CLF" | "UYW" => 4,
            _ => 2,
        }
    }

    /// The one place where money is rounded: half away from zero, to the currency's minor unit.
    pub fn round(&self, amount: Decimal) -> Decimal {
        let mut rounded = amount.round_dp_with_strategy(self.minor_units(), RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(self.minor_units());
        rounded
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}

/// An amount in a currency. Negative where someone owes rather than gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// In units of the currency (pounds, not pence).
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// An amount as it is, not rounded.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self::new(Decimal::ZERO, currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(amount: &str, code: &str) -> String {
        let currency = Currency::parse(code).expect("code");
        currency.round(amount.parse().expect("number")).to_string()
    }

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!(round("0.005", "GBP"), "0.01");
        assert_eq!(round("-0.005", "GBP"), "-0.01");
        assert_eq!(round("0.00499999", "GBP"), "0.00");
        assert_eq!(round("2.5", "JPY"), "3");
        assert_eq!(round("1", "KWD"), "1.000");
    }

    #[test]
    fn a_currency_is_three_capitals() {
        assert!(Currency::parse("GBP").is_ok());
        assert!(Currency::parse("gbp").is_err());
        assert!(Currency::parse("GBPX").is_err());
        assert!(Currency::parse("").is_err());
    }
}
