//! The lines of a commission that a rule priced at its place of the month.

use super::{Line, before_rejection};
use crate::commissions::model::{How, Measure, Rate, Steps};
use crate::commissions::rules::{commission_left, month_earned, parts, price, step_reached};
use crate::earnings::model::{Explained, InMonth};
use rust_decimal::Decimal;

/// The slip. The order and its steps stand first, then caps, then what refunds and a rejection took: a commission by a
/// rule is made once and falls in proportion.
pub(super) fn explain(commission: &Explained, month: &InMonth) -> Vec<Line> {
    let currency = commission.currency;
    let got = price(month.rate, &month.rule, &month.at, commission.order_amount, currency);
    let mut lines = Vec::new();
    if !commission.is_lead {
        lines.push(Line::Order(commission.order_amount));
    }
    lines.push(Line::Rate(commission.rate));
    lines.push(Line::Place(month.clone()));
    match &month.rule.steps {
        Some(steps) => lines.extend(by_steps(commission, month, steps, got.earned)),
        None => {
            let inputs = crate::commissions::model::Inputs {
                rate: month.rate,
                order_amount: commission.order_amount,
                refunded: Decimal::ZERO,
                rejected: false,
            };
            let by_rate = commission_left(&inputs, currency);
            lines.push(Line::ByRate(by_rate));
            if let Some(most) = month.rule.most_each.filter(|_| by_rate > got.earned) {
                lines.push(Line::CapEach { most, cut: by_rate - got.earned });
            }
        }
    }
    if let Some(most) = month.rule.most_month.filter(|_| got.earned > got.amount) {
        let left = (most - month.at.earned_before).max(Decimal::ZERO);
        lines.push(Line::CapMonth { most, left, cut: got.earned - got.amount });
    }
    lines.push(Line::Commission(commission.amount));
    let before = before_rejection(commission);
    if before < commission.amount {
        lines.push(Line::Share { refunded: commission.refunded, cut: commission.amount - before });
    }
    if commission.rejected && before > Decimal::ZERO {
        lines.push(Line::Rejected(before));
    }
    lines.push(Line::Left(commission.left));
    lines
}

fn by_steps(commission: &Explained, month: &InMonth, steps: &Steps, earned: Decimal) -> Vec<Line> {
    let at = &month.at;
    let volume = at.volume_before + commission.order_amount;
    let orders = Decimal::from(at.place);
    let (before, with) = match steps.by {
        Measure::Volume => (at.volume_before, volume),
        Measure::Count => (orders - Decimal::ONE, orders),
    };
    match steps.how {
        How::Marginal => {
            let hundredth = match month.rate {
                Rate::Percent(_) => Decimal::ONE_HUNDRED,
                Rate::Fixed(_) | Rate::Priced(_) => Decimal::ONE,
            };
            let mut lines = Vec::new();
            let mut exact = Decimal::ZERO;
            for (step, of, part) in parts(steps, before, with) {
                let earned = (of.rate * part / hundredth).normalize();
                exact += earned;
                lines.push(Line::StepPart { step, rate: of.rate, part, earned });
            }
            // The month is rounded as a whole, so that its orders add up to it; this one bears the difference.
            if exact != earned {
                lines.push(Line::Rounding { exact, rounded: earned });
            }
            lines
        }
        How::Whole => {
            let Some((step, reached)) = step_reached(steps, with) else { return Vec::new() };
            let lifted = step_reached(steps, before).is_some_and(|(was, _)| was < step) && at.place > 1;
            let part = match month.rate {
                Rate::Percent(_) => volume,
                Rate::Fixed(_) | Rate::Priced(_) => orders,
            };
            let whole = month_earned(month.rate, steps, volume, at.place, commission.currency);
            let mut lines = vec![Line::MonthWith { step, rate: reached.rate, part, earned: whole, lifted }];
            if at.place > 1 {
                lines.push(Line::MonthBefore(at.earned_before));
            }
            lines
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::money::Currency;
    use crate::commissions::model::{Place, Rule, State, Step};
    use crate::commissions::rules::price;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn explained(rule: Rule, at: Place, order: Decimal, refunded: Decimal, rejected: bool) -> Explained {
        let time = DateTime::from_timestamp(1_291_192_000, 0).expect("time");
        let currency = Currency::parse("GBP").expect("code");
        let rate = Rate::Percent(Decimal::from(5));
        let got = price(rate, &rule, &at, order, currency);
        let mut commission = Explained {
            conversion: 1.into(),
            is_lead: false,
            order_id: "536365".into(),
            offer: "Gifts".into(),
            sub_id: None,
            occurred_at: time,
            currency,
            rate: Rate::Priced(got.amount),
            rate_version: 1.into(),
            rate_since: time,
            rate_until: None,
            month: Some(InMonth { rate, rule, first: time.date_naive(), at }),
            hold_days: 30,
            hold_version: 2.into(),
            hold_until: None,
            order_amount: order,
            refunded,
            rejected,
            amount: got.amount,
            left: Decimal::ZERO,
            payout: None,
            released_at: None,
            state: State::Pending,
        };
        commission.left = if rejected { Decimal::ZERO } else { before_rejection(&commission) };
        commission
    }

    fn any_rule() -> impl Strategy<Value = Rule> {
        let steps = prop::collection::vec((1_i64..50_000, 0_i64..400), 1..4);
        let cap = || prop::option::of((1_i64..5_000).prop_map(|pence| Decimal::new(pence, 2)));
        (steps, any::<bool>(), any::<bool>(), any::<bool>(), cap(), cap()).prop_map(
            |(more, stepped, whole, count, most_each, most_month)| {
                let mut steps = vec![Step { from: Decimal::ZERO, rate: Decimal::from(5) }];
                for (further, rise) in more {
                    let last = steps[steps.len() - 1];
                    let (from, rate) = (last.from + Decimal::from(further), last.rate + Decimal::new(rise, 2));
                    steps.push(Step { from, rate });
                }
                let how = if whole { How::Whole } else { How::Marginal };
                let by = if whole && count { Measure::Count } else { Measure::Volume };
                let steps = stepped.then_some(Steps { by, how, steps });
                Rule { most_each: most_each.filter(|_| !stepped), steps, most_month }
            },
        )
    }

    proptest! {
        #[test]
        fn the_slip_adds_up(rule in any_rule(), orders in prop::collection::vec((1_i64..2_000_000, 0_i64..=100, any::<bool>()), 1..8)) {
            let mut at = Place { place: 1, volume_before: Decimal::ZERO, earned_before: Decimal::ZERO };
            for (pence, refunded, rejected) in orders {
                let order = Decimal::new(pence, 2);
                let refunded = (order * Decimal::from(refunded) / Decimal::ONE_HUNDRED).trunc();
                let commission = explained(rule.clone(), at, order, refunded, rejected);
                let got = price(Rate::Percent(Decimal::from(5)), &rule, &at, order, commission.currency);
                let (mut sum, mut total) = (Decimal::ZERO, None);
                for line in super::super::explain(&commission, &[]) {
                    match line {
                        Line::StepPart { earned, .. } | Line::MonthWith { earned, .. } | Line::ByRate(earned) => sum += earned,
                        Line::Rounding { exact, rounded } => sum += rounded - exact,
                        Line::MonthBefore(cut) | Line::CapEach { cut, .. } | Line::CapMonth { cut, .. }
                        | Line::Share { cut, .. } | Line::Rejected(cut) => sum -= cut,
                        Line::Commission(amount) => prop_assert_eq!(amount, sum),
                        Line::Left(left) => total = Some(left),
                        _ => {}
                    }
                }
                prop_assert_eq!(total, Some(sum));
                prop_assert_eq!(total, Some(commission.left));
                at.place += 1;
                at.volume_before += order;
                at.earned_before += got.earned;
            }
        }
    }
}
