//! Sums over commissions, and the lines that explain one. Pure.

mod steps;

use super::model::{Bucket, Event, Explained, InMonth, Step, Total, What};
use crate::base::money::Currency;
use crate::commissions::model::{Rate, State};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use rust_decimal::Decimal;

/// A chart has at most this many days; a longer period is drawn by month.
const DAYS_IN_CHART: i64 = 62;

/// What one bar stands for in a period of these days, both included.
pub fn step_of(from: NaiveDate, to: NaiveDate) -> Step {
    if (to - from).num_days() < DAYS_IN_CHART { Step::Day } else { Step::Month }
}

/// One total per currency, in the order of the codes.
pub fn totals(buckets: &[Bucket]) -> Vec<Total> {
    currencies(buckets)
        .into_iter()
        .map(|currency| {
            let zero = Decimal::ZERO;
            let mut total = Total {
                currency,
                count: 0,
                earned: zero,
                reversed: zero,
                pending: zero,
                payable: zero,
                ring_fenced: zero,
                in_payout: zero,
                paid: zero,
            };
            for bucket in buckets.iter().filter(|bucket| bucket.currency == currency) {
                total.count += bucket.count;
                total.earned += bucket.amount;
                total.reversed += bucket.amount - bucket.left;
                match bucket.state {
                    State::Pending => total.pending += bucket.left,
                    State::Payable => total.payable += bucket.left,
                    State::RingFenced => total.ring_fenced += bucket.left,
                    State::InPayout => total.in_payout += bucket.left,
                    State::Paid => total.paid += bucket.left,
                    State::Reversed => {}
                }
            }
            total
        })
        .collect()
}

/// The bars of one currency: what is left of each day's or month's commissions, days without any included. A chart by
/// day covers the whole period; one by month goes from the first month with a commission to the last.
pub fn series(
    buckets: &[Bucket],
    currency: Currency,
    step: Step,
    from: NaiveDate,
    to: NaiveDate,
) -> Vec<(NaiveDate, Decimal)> {
    let of_currency = || buckets.iter().filter(|bucket| bucket.currency == currency);
    let (first, last) = match step {
        Step::Day => (Some(from), Some(to)),
        Step::Month => (of_currency().map(|bucket| bucket.start).min(), of_currency().map(|bucket| bucket.start).max()),
    };
    let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
    std::iter::successors(Some(first), |day| match step {
        Step::Day => day.checked_add_days(Days::new(1)),
        Step::Month => day.with_day(1)?.checked_add_months(Months::new(1)),
    })
    .take_while(|day| *day <= last)
    .map(|day| (day, of_currency().filter(|bucket| bucket.start == day).map(|bucket| bucket.left).sum()))
    .collect()
}

/// The currencies there are, in the order of their codes.
pub fn currencies(buckets: &[Bucket]) -> Vec<Currency> {
    let mut found: Vec<Currency> = buckets.iter().map(|bucket| bucket.currency).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// One line of the slip that explains a commission, in the order they are read.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// The order amount.
    Order(Decimal),
    /// A part of it was given back.
    Refund {
        /// How much, above zero.
        amount: Decimal,
        /// When.
        at: DateTime<Utc>,
        /// The programme's words.
        reason: String,
    },
    /// What is left of the order; only where something was given back.
    OrderLeft(Decimal),
    /// The rate; for a fixed one also the part of the order that is left.
    Rate(Rate),
    /// The product of order and rate, to the digit, and what rounding made of it; only where it changed anything.
    Rounding {
        /// Before.
        exact: Decimal,
        /// After.
        rounded: Decimal,
    },
    /// Its place in its month, and what came before it; where the rate has a rule.
    Place(InMonth),
    /// What lies in a step of the month: so much, at its rate, to the digit.
    StepPart {
        /// The step's number, from 1.
        step: usize,
        /// Percent, or an amount for each.
        rate: Decimal,
        /// The part of the order, or of one conversion, that lies there.
        part: Decimal,
        /// Their product.
        earned: Decimal,
    },
    /// What the whole month comes to with it, at the rate of the step it has reached.
    MonthWith {
        /// The step's number, from 1.
        step: usize,
        /// Percent, or an amount for each.
        rate: Decimal,
        /// The month's orders: their amounts, or how many.
        part: Decimal,
        /// What the month comes to.
        earned: Decimal,
        /// Whether this order is the one that reached the step.
        lifted: bool,
    },
    /// What it came to without it.
    MonthBefore(Decimal),
    /// By the rate alone, before a cap.
    ByRate(Decimal),
    /// What the cap for each commission cuts off.
    CapEach {
        /// The cap.
        most: Decimal,
        /// Above zero.
        cut: Decimal,
    },
    /// What the cap for the month cuts off.
    CapMonth {
        /// The cap.
        most: Decimal,
        /// What was left of it.
        left: Decimal,
        /// Above zero.
        cut: Decimal,
    },
    /// What refunds took of a commission that falls in proportion.
    Share {
        /// What was given back of the order.
        refunded: Decimal,
        /// What that took, above zero.
        cut: Decimal,
    },
    /// The commission of the whole order, where a rejection took all of it back or a rule made it.
    Commission(Decimal),
    /// What a rejection took back, above zero.
    Rejected(Decimal),
    /// What is left; the last line.
    Left(Decimal),
}

/// The slip: how `left` was made.
///
/// Refunds stand above the rate, since a commission is priced on what is left of the order; a rejection stands below
/// it, since it takes back what the order had earned.
pub fn explain(commission: &Explained, events: &[Event]) -> Vec<Line> {
    if let Some(month) = &commission.month {
        return steps::explain(commission, month);
    }
    let mut lines = Vec::new();
    if !commission.is_lead {
        lines.push(Line::Order(commission.order_amount));
        let mut shown = Decimal::ZERO;
        for event in events {
            if let What::Refund(amount) = event.what {
                // An advertiser may give back more than the order was; the order ends at nothing.
                let amount = amount.min(commission.order_amount - shown);
                shown += amount;
                if amount > Decimal::ZERO {
                    lines.push(Line::Refund { amount, at: event.at, reason: event.reason.clone() });
                }
            }
        }
        if shown > Decimal::ZERO {
            lines.push(Line::OrderLeft(commission.order_amount - commission.refunded));
        }
    }
    lines.push(Line::Rate(commission.rate));
    let before_rejection = before_rejection(commission);
    if let Some(exact) = exact(commission)
        && exact != before_rejection
    {
        lines.push(Line::Rounding { exact, rounded: before_rejection });
    }
    if commission.rejected {
        lines.push(Line::Commission(before_rejection));
        lines.push(Line::Rejected(before_rejection));
    }
    lines.push(Line::Left(commission.left));
    lines
}

fn before_rejection(commission: &Explained) -> Decimal {
    let inputs = crate::commissions::model::Inputs {
        rate: commission.rate,
        order_amount: commission.order_amount,
        refunded: commission.refunded,
        rejected: false,
    };
    crate::commissions::rules::commission_left(&inputs, commission.currency)
}

/// The commission before it is rounded, where it has an end: a fixed amount in proportion may have none.
fn exact(commission: &Explained) -> Option<Decimal> {
    match commission.rate {
        Rate::Percent(percent) => {
            Some((percent * (commission.order_amount - commission.refunded) / Decimal::ONE_HUNDRED).normalize())
        }
        Rate::Fixed(_) | Rate::Priced(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        text.parse().expect("number")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("day")
    }

    fn code(text: &str) -> Currency {
        Currency::parse(text).expect("code")
    }

    fn bucket(start: &str, currency: &str, state: State, amount: &str, left: &str) -> Bucket {
        Bucket { start: day(start), currency: code(currency), state, count: 1, amount: dec(amount), left: dec(left) }
    }

    fn sale(order: &str, refunded: &str, rejected: bool) -> Explained {
        let at = DateTime::from_timestamp(1_291_192_000, 0).expect("time");
        let rate = Rate::Percent(dec("8"));
        let order_amount = dec(order);
        let mut commission = Explained {
            conversion: 1.into(),
            is_lead: false,
            order_id: "536365".into(),
            offer: "Gifts".into(),
            sub_id: None,
            occurred_at: at,
            currency: code("GBP"),
            rate,
            rate_version: 1.into(),
            rate_since: at,
            rate_until: None,
            month: None,
            hold_days: 30,
            hold_version: 2.into(),
            hold_until: None,
            order_amount,
            refunded: dec(refunded),
            rejected,
            amount: Decimal::ZERO,
            left: Decimal::ZERO,
            payout: None,
            released_at: None,
            state: State::Pending,
        };
        commission.left = if rejected { Decimal::ZERO } else { before_rejection(&commission) };
        commission
    }

    fn refund(amount: &str) -> Event {
        let at = DateTime::from_timestamp(1_291_200_000, 0).expect("time");
        Event { what: What::Refund(dec(amount)), at, reason: "returned".into() }
    }

    #[test]
    fn sums_never_mix_currencies_and_set_reversed_apart() {
        let buckets = [
            bucket("2011-05-01", "GBP", State::Pending, "10.00", "8.00"),
            bucket("2011-05-02", "GBP", State::Payable, "5.00", "5.00"),
            bucket("2011-05-02", "GBP", State::Reversed, "3.00", "0.00"),
            bucket("2011-05-02", "EUR", State::Payable, "7.00", "7.00"),
        ];
        let totals = totals(&buckets);
        assert_eq!(totals.len(), 2);
        assert_eq!((totals[0].currency, totals[0].payable), (code("EUR"), dec("7.00")));
        let pounds = &totals[1];
        assert_eq!(
            (pounds.count, pounds.earned, pounds.reversed, pounds.pending, pounds.payable),
            (3, dec("18.00"), dec("5.00"), dec("8.00"), dec("5.00"))
        );
    }

    #[test]
    fn a_chart_by_day_has_a_bar_for_days_without_sales() {
        let buckets = [bucket("2011-05-02", "GBP", State::Pending, "10", "8")];
        let bars = series(&buckets, code("GBP"), Step::Day, day("2011-05-01"), day("2011-05-03"));
        assert_eq!(bars, [(day("2011-05-01"), dec("0")), (day("2011-05-02"), dec("8")), (day("2011-05-03"), dec("0"))]);
    }

    #[test]
    fn a_long_period_is_drawn_by_month_from_its_first_sale_to_its_last() {
        assert_eq!(step_of(day("2011-05-01"), day("2011-07-01")), Step::Day);
        assert_eq!(step_of(day("2011-05-01"), day("2011-07-02")), Step::Month);
        let buckets = [
            bucket("2010-12-01", "GBP", State::Pending, "10", "8"),
            bucket("2011-02-01", "GBP", State::Pending, "1", "1"),
        ];
        let bars = series(&buckets, code("GBP"), Step::Month, day("1990-01-15"), day("2020-01-01"));
        assert_eq!(bars, [(day("2010-12-01"), dec("8")), (day("2011-01-01"), dec("0")), (day("2011-02-01"), dec("1"))]);
    }

    #[test]
    fn the_slip_of_a_refunded_sale() {
        let lines = explain(&sale("139.12", "39.12", false), &[refund("30.00"), refund("9.12")]);
        let shown: Vec<String> = lines
            .iter()
            .map(|line| match line {
                Line::Order(amount) => format!("order {amount}"),
                Line::Refund { amount, .. } => format!("refund {amount}"),
                Line::OrderLeft(amount) => format!("order left {amount}"),
                Line::Rate(rate) => format!("rate {}", rate.value()),
                Line::Left(amount) => format!("left {amount}"),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(shown, ["order 139.12", "refund 30.00", "refund 9.12", "order left 100.00", "rate 8", "left 8.00"]);
    }

    #[test]
    fn rounding_is_shown_only_where_it_changed_something() {
        let lines = explain(&sale("139.12", "0", false), &[]);
        assert!(lines.contains(&Line::Rounding { exact: dec("11.1296"), rounded: dec("11.13") }));
        assert!(!explain(&sale("100.00", "0", false), &[]).iter().any(|line| matches!(line, Line::Rounding { .. })));
    }

    #[test]
    fn a_rejection_takes_back_what_the_order_had_earned() {
        let lines = explain(&sale("100.00", "0", true), &[]);
        assert!(lines.contains(&Line::Commission(dec("8.00"))));
        assert!(lines.contains(&Line::Rejected(dec("8.00"))));
        assert_eq!(lines.last(), Some(&Line::Left(Decimal::ZERO)));
    }

    proptest! {
        #[test]
        fn the_slip_adds_up(order in 1_i64..10_000_000, parts in prop::collection::vec(1_i64..1_000_000, 0..6), rejected: bool) {
            let events: Vec<Event> =
                parts.iter().map(|part| refund(&Decimal::new(*part, 2).to_string())).collect();
            let refunded = parts.iter().sum::<i64>().min(order);
            let commission =
                sale(&Decimal::new(order, 2).to_string(), &Decimal::new(refunded, 2).to_string(), rejected);
            let lines = explain(&commission, &events);
            let mut order_left = Decimal::ZERO;
            let mut given_back = false;
            for line in &lines {
                match line {
                    Line::Order(amount) => order_left += amount,
                    Line::Refund { amount, .. } => {
                        order_left -= amount;
                        given_back = true;
                    }
                    Line::OrderLeft(amount) => prop_assert_eq!(*amount, order_left),
                    Line::Commission(amount) => prop_assert!(lines.contains(&Line::Rejected(*amount))),
                    _ => {}
                }
            }
            prop_assert_eq!(given_back, lines.iter().any(|line| matches!(line, Line::OrderLeft(_))));
            prop_assert_eq!(lines.last(), Some(&Line::Left(commission.left)));
        }

        #[test]
        fn bars_add_up_to_what_is_left(days in prop::collection::vec((0_u64..62, 0_i64..10_000), 0..40)) {
            let from = day("2011-04-01");
            let buckets: Vec<Bucket> = days
                .iter()
                .map(|(offset, pence)| {
                    let start = (from + Days::new(*offset)).to_string();
                    let left = Decimal::new(*pence, 2).to_string();
                    bucket(&start, "GBP", State::Pending, &left, &left)
                })
                .collect();
            let bars = series(&buckets, code("GBP"), Step::Day, from, from + Days::new(61));
            prop_assert_eq!(bars.len(), 62);
            let whole: Decimal = totals(&buckets).iter().map(|total| total.pending).sum();
            prop_assert_eq!(bars.iter().map(|(_, left)| *left).sum::<Decimal>(), whole);
        }
    }
}
