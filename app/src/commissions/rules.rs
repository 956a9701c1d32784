//! The pricing rule. The SQL function `commission_left` says the same, for sets of rows; a test holds one against the other.

use super::model::{Inputs, Rate};
use crate::base::money::Currency;
use rust_decimal::Decimal;

/// What is left of a commission, in units of `currency`.
///
/// A percentage is taken of what is left of the order and rounded half away from zero to the minor unit, so the order
/// in which refunds come does not matter and a whole refund leaves zero. A fixed amount falls in proportion to
/// refunds; one for a lead (no order amount) falls only by rejection.
pub fn commission_left(inputs: &Inputs, currency: Currency) -> Decimal {
    let order_left = inputs.order_amount - inputs.refunded;
    if inputs.rejected {
        return Decimal::ZERO;
    }
    match inputs.rate {
        Rate::Percent(percent) => currency.round(percent * order_left / Decimal::ONE_HUNDRED),
        Rate::Fixed(fixed) if inputs.order_amount.is_zero() => currency.round(fixed),
        Rate::Fixed(fixed) => proportion(fixed, order_left, inputs.order_amount, currency),
    }
}

/// `fixed × left ÷ whole`, rounded half away from zero by whole-number division: no intermediate rounding tips a half.
fn proportion(fixed: Decimal, left: Decimal, whole: Decimal, currency: Currency) -> Decimal {
    let scale = Decimal::from(10_i64.pow(currency.minor_units()));
    let two = Decimal::TWO;
    let halves = (two * fixed * left * scale + whole) / (two * whole);
    currency.round(halves.trunc() / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        text.parse().expect("number")
    }

    fn left(rate: Rate, order: &str, refunded: &str) -> String {
        let inputs = Inputs { rate, order_amount: dec(order), refunded: dec(refunded), rejected: false };
        commission_left(&inputs, Currency::parse("GBP").expect("code")).to_string()
    }

    #[test]
    fn a_percentage_is_of_what_is_left_of_the_order() {
        assert_eq!(left(Rate::Percent(dec("8")), "139.12", "0"), "11.13");
        assert_eq!(left(Rate::Percent(dec("8")), "139.12", "39.12"), "8.00");
        assert_eq!(left(Rate::Percent(dec("8")), "139.12", "139.12"), "0.00");
        assert_eq!(left(Rate::Percent(dec("12.5")), "0.20", "0"), "0.03");
    }

    #[test]
    fn a_fixed_amount_falls_in_proportion() {
        assert_eq!(left(Rate::Fixed(dec("5")), "90.00", "30.00"), "3.33");
        assert_eq!(left(Rate::Fixed(dec("5")), "90.00", "90.00"), "0.00");
        assert_eq!(left(Rate::Fixed(dec("5")), "0", "0"), "5.00");
        assert_eq!(left(Rate::Fixed(dec("0.01")), "2.00", "1.00"), "0.01");
    }

    #[test]
    fn a_rejected_conversion_earns_nothing() {
        let inputs = Inputs { rate: Rate::Fixed(dec("5")), order_amount: dec("0"), refunded: dec("0"), rejected: true };
        assert_eq!(commission_left(&inputs, Currency::parse("GBP").expect("code")), Decimal::ZERO);
    }

    proptest! {
        #[test]
        fn refunds_in_any_order_leave_the_same(order in 1_i64..10_000_000, parts in prop::collection::vec(0_i64..1_000_000, 0..6),
                                               rate in 0_i64..1_000_000, fixed in any::<bool>()) {
            let currency = Currency::parse("GBP").expect("code");
            let rate = if fixed { Rate::Fixed(Decimal::new(rate, 2)) } else { Rate::Percent(Decimal::new(rate, 4)) };
            let price = |refunded: i64| commission_left(
                &Inputs { rate, order_amount: Decimal::new(order, 2), refunded: Decimal::new(refunded, 2), rejected: false }, currency);
            let walk = |parts: &[i64]| {
                let mut refunded = 0;
                let mut reversed = Decimal::ZERO;
                for part in parts {
                    let before = price(refunded);
                    refunded = (refunded + part).min(order);
                    let after = price(refunded);
                    assert!(after <= before, "a refund never raises a commission");
                    reversed += before - after;
                }
                price(0) - reversed
            };
            let mut backwards = parts.clone();
            backwards.reverse();
            prop_assert_eq!(walk(&parts), walk(&backwards));
            prop_assert_eq!(price(order), Decimal::ZERO.max(Decimal::ZERO));
        }
    }
}
