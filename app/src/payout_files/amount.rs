//! Amounts as the files write them: a point, no grouping, exactly the currency's decimals.

use super::error::Refusal;
use rust_decimal::Decimal;

/// Digits after the decimal mark (ISO 4217, table A.1).
pub(super) fn minor_units(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// Writes an amount with `decimals`. Nothing is rounded here: what was booked is what is paid.
///
/// # Errors
/// When it is not above zero, has more decimals, or more digits than a decimal holds.
pub(super) fn written(amount: Decimal, decimals: u32) -> Result<String, Refusal> {
    if amount <= Decimal::ZERO {
        return Err(Refusal::AmountNotPositive);
    }
    let mut exact = amount.normalize();
    if exact.scale() > decimals {
        return Err(Refusal::AmountDecimals);
    }
    exact.rescale(decimals);
    if exact.scale() == decimals { Ok(exact.to_string()) } else { Err(Refusal::AmountTooLarge) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cents(amount: &str) -> Result<String, Refusal> {
        written(amount.parse().expect("number"), 2)
    }

    #[test]
    fn decimals_are_exactly_the_currencys() {
        assert_eq!(cents("5"), Ok("5.00".to_owned()));
        assert_eq!(cents("5.1"), Ok("5.10".to_owned()));
        assert_eq!(cents("5.1000"), Ok("5.10".to_owned()));
        assert_eq!(cents("1234567.89"), Ok("1234567.89".to_owned()));
        assert_eq!(written(Decimal::from(5), 0), Ok("5".to_owned()));
        assert_eq!(written(Decimal::from(5), 3), Ok("5.000".to_owned()));
    }

    #[test]
    fn nothing_is_rounded_and_nothing_is_free() {
        assert_eq!(cents("5.101"), Err(Refusal::AmountDecimals));
        assert_eq!(cents("0.001"), Err(Refusal::AmountDecimals));
        assert_eq!(cents("0"), Err(Refusal::AmountNotPositive));
        assert_eq!(cents("0.00"), Err(Refusal::AmountNotPositive));
        assert_eq!(cents("-1"), Err(Refusal::AmountNotPositive));
        assert_eq!(written(Decimal::MAX, 2), Err(Refusal::AmountTooLarge));
    }
}
