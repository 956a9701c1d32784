//! The pricing rule. The SQL functions `commission_left` and `month_earned` say the same, for sets of rows; a test holds
//! one against the other.

use super::model::{Earned, How, Inputs, Measure, Place, Rate, Rule, Step, Steps};
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
        Rate::Fixed(fixed) | Rate::Priced(fixed) if inputs.order_amount.is_zero() => currency.round(fixed),
        Rate::Fixed(fixed) | Rate::Priced(fixed) => proportion(fixed, order_left, inputs.order_amount, currency),
    }
}

/// What a commission gets by a rule, at its place of the month: what the month comes to with it less what it came to
/// without it. So the sum of a month is the same in whatever order its conversions came.
pub fn price(rate: Rate, rule: &Rule, at: &Place, order_amount: Decimal, currency: Currency) -> Earned {
    let earned = match &rule.steps {
        Some(steps) => {
            let volume = at.volume_before + order_amount;
            month_earned(rate, steps, volume, at.place, currency) - at.earned_before
        }
        None => {
            let inputs = Inputs { rate, order_amount, refunded: Decimal::ZERO, rejected: false };
            at_most(commission_left(&inputs, currency), rule.most_each, currency)
        }
    };
    let capped = |sum| at_most(sum, rule.most_month, currency);
    Earned { earned, amount: capped(at.earned_before + earned) - capped(at.earned_before) }
}

fn at_most(amount: Decimal, most: Option<Decimal>, currency: Currency) -> Decimal {
    most.map_or(amount, |most| amount.min(currency.round(most)))
}

/// What steps say a month has earned that brought `volume` with `orders` conversions; rounded once.
pub fn month_earned(rate: Rate, steps: &Steps, volume: Decimal, orders: i64, currency: Currency) -> Decimal {
    let orders = Decimal::from(orders);
    let whole = match rate {
        Rate::Percent(_) => volume,
        Rate::Fixed(_) | Rate::Priced(_) => orders,
    };
    let measure = match steps.by {
        Measure::Volume => volume,
        Measure::Count => orders,
    };
    let earned = match steps.how {
        How::Whole => step_reached(steps, measure).map_or(Decimal::ZERO, |(_, step)| step.rate * whole),
        How::Marginal => parts(steps, Decimal::ZERO, measure).into_iter().map(|(_, step, part)| step.rate * part).sum(),
    };
    currency.round(match rate {
        Rate::Percent(_) => earned / Decimal::ONE_HUNDRED,
        Rate::Fixed(_) | Rate::Priced(_) => earned,
    })
}

/// The step that a month is on, with its number from 1.
pub fn step_reached(steps: &Steps, measure: Decimal) -> Option<(usize, Step)> {
    (1..).zip(steps.steps.iter().copied()).take_while(|(_, step)| step.from <= measure).last()
}

/// What lies in each step between two points of a month, steps of which nothing does left out.
pub fn parts(steps: &Steps, from: Decimal, to: Decimal) -> Vec<(usize, Step, Decimal)> {
    let ends = steps.steps.iter().skip(1).map(|next| Some(next.from)).chain([None]);
    (1..)
        .zip(steps.steps.iter().copied().zip(ends))
        .map(|(number, (step, end))| {
            let part = end.map_or(to, |end| end.min(to)) - step.from.max(from);
            (number, step, part)
        })
        .filter(|(_, _, part)| *part > Decimal::ZERO)
        .collect()
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

    fn steps(by: Measure, how: How, steps: &[(&str, &str)]) -> Rule {
        let steps = steps.iter().map(|(from, rate)| Step { from: dec(from), rate: dec(rate) }).collect();
        Rule { steps: Some(Steps { by, how, steps }), ..Rule::default() }
    }

    /// What each order of a month gets, in their order.
    fn month(rate: Rate, rule: &Rule, orders: &[&str]) -> Vec<String> {
        let gbp = Currency::parse("GBP").expect("code");
        let mut at = Place { place: 1, volume_before: Decimal::ZERO, earned_before: Decimal::ZERO };
        orders
            .iter()
            .map(|order| {
                let got = price(rate, rule, &at, dec(order), gbp);
                at.place += 1;
                at.volume_before += dec(order);
                at.earned_before += got.earned;
                got.amount.to_string()
            })
            .collect()
    }

    #[test]
    fn marginal_steps_split_the_order_that_crosses_one() {
        let rule = steps(Measure::Volume, How::Marginal, &[("0", "5"), ("1000", "8"), ("2000", "10")]);
        let got = month(Rate::Percent(dec("5")), &rule, &["900", "200", "1000"]);
        assert_eq!(got, ["45.00", "13.00", "82.00"], "100 at 5 and 100 at 8; 900 at 8 and 100 at 10");
        let rule = steps(Measure::Count, How::Marginal, &[("0", "2"), ("2", "3")]);
        assert_eq!(month(Rate::Fixed(dec("2")), &rule, &["9", "9", "9"]), ["2.00", "2.00", "3.00"]);
    }

    #[test]
    fn a_whole_month_is_lifted_by_the_order_that_reaches_a_step() {
        let rule = steps(Measure::Volume, How::Whole, &[("0", "5"), ("1000", "8")]);
        let got = month(Rate::Percent(dec("5")), &rule, &["900", "200", "100"]);
        assert_eq!(got, ["45.00", "43.00", "8.00"], "8 % of 1100 is 88, of which 45 was earned");
        let rule = steps(Measure::Count, How::Whole, &[("0", "5"), ("2", "6")]);
        assert_eq!(month(Rate::Percent(dec("5")), &rule, &["100", "100"]), ["5.00", "7.00"]);
    }

    #[test]
    fn caps_hold_for_each_and_for_the_month() {
        let each = Rule { most_each: Some(dec("10")), ..Rule::default() };
        assert_eq!(month(Rate::Percent(dec("8")), &each, &["100", "200"]), ["8.00", "10.00"]);
        let both = Rule { most_month: Some(dec("15")), ..each };
        assert_eq!(month(Rate::Percent(dec("8")), &both, &["100", "200", "50"]), ["8.00", "7.00", "0.00"]);
    }

    #[test]
    fn a_rule_is_written_flat_with_figures_as_text() {
        let rule =
            Rule { most_month: Some(dec("500")), ..steps(Measure::Volume, How::Whole, &[("0", "5"), ("1000", "8.5")]) };
        let text = r#"{"by":"volume","how":"whole","steps":[{"from":"0","rate":"5"},{"from":"1000","rate":"8.5"}],"most_month":"500"}"#;
        assert_eq!(serde_json::to_string(&rule).expect("written"), text);
        assert_eq!(serde_json::from_str::<Rule>(text).expect("read"), rule);
        assert_eq!(serde_json::to_string(&Rule::default()).expect("written"), "{}");
        assert!(serde_json::from_str::<Rule>("{}").expect("read").is_plain());
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
