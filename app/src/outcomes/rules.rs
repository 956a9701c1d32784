//! Whether a change paid. Pure.

use crate::approvals::model::{CurrencyImpact, Impact};
use chrono::TimeDelta;
use rust_decimal::Decimal;

/// What really came, in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Came {
    /// Days from the start on after which it was counted.
    pub days: i32,
    /// For how much of them it was in force.
    pub in_force: TimeDelta,
    /// Conversions.
    pub orders: i64,
    /// What is left of their orders.
    pub order_left: Decimal,
    /// Commissions as booked.
    pub cost: Decimal,
    /// What the programme earned; `None`: not known.
    pub revenue: Option<Decimal>,
}

/// How a change turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// The programme keeps as much as before, or more.
    Yes,
    /// It keeps less.
    No,
    /// The revenue is not known.
    NotKnown,
}

/// The forecast for so many days beside what came.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Commissions that the replay said, had nothing but the terms changed.
    pub forecast_cost: Decimal,
    /// Order amounts of as many days before.
    pub orders_before: Decimal,
    /// What came.
    pub came: Came,
    /// Percent by which the order amount grew; `None` where there was nothing to grow from.
    pub growth: Option<Decimal>,
    /// What the programme kept of as many days before, and what it kept.
    pub kept: Option<(Decimal, Decimal)>,
    /// Whether it paid.
    pub paid: Paid,
}

/// Holds the forecast of a replay of so many days against what came.
pub fn hold(forecast: &CurrencyImpact, days: i64, came: Came) -> Held {
    let (lasted, replayed) = (came.in_force.num_seconds(), TimeDelta::days(days).num_seconds());
    let share = |sum: Decimal| forecast.currency.round(sum * Decimal::from(lasted) / Decimal::from(replayed));
    let orders_before = share(forecast.order_left);
    let growth = (!orders_before.is_zero())
        .then(|| ((came.order_left - orders_before) * Decimal::ONE_HUNDRED / orders_before).round_dp(1));
    let kept = forecast
        .revenue
        .zip(came.revenue)
        .map(|(before, after)| (share(before - forecast.cost_before), after - came.cost));
    let paid = match kept {
        None => Paid::NotKnown,
        Some((before, after)) if after >= before => Paid::Yes,
        Some(_) => Paid::No,
    };
    Held { forecast_cost: share(forecast.cost_after), orders_before, came, growth, kept, paid }
}

/// Whether a proposal costs more than what was before.
pub fn is_raise(impact: &Impact) -> bool {
    impact.currencies.iter().any(|one| one.cost_after > one.cost_before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approvals::model::BreakEven;
    use crate::base::money::Currency;

    fn forecast(revenue: Option<i64>) -> CurrencyImpact {
        CurrencyImpact {
            currency: Currency::parse("GBP").expect("currency"),
            orders: 9,
            order_left: 900.into(),
            cost_before: 72.into(),
            cost_after: 90.into(),
            cost_a_month: 6.into(),
            revenue: revenue.map(Decimal::from),
            margin_before: None,
            margin_after: None,
            below_floor: false,
            break_even: BreakEven::NotKnown,
            months: Vec::new(),
        }
    }

    fn came(days: i32, orders: i64, cost: i64, revenue: Option<i64>) -> Came {
        let (in_force, revenue) = (TimeDelta::days(days.into()), revenue.map(Decimal::from));
        Came { days, in_force, orders: 5, order_left: orders.into(), cost: cost.into(), revenue }
    }

    #[test]
    fn a_raise_pays_when_as_much_is_kept_as_before() {
        // 900 of orders in 90 days earned 225 and cost 72: 153 kept, 51 of them in 30 days.
        let held = hold(&forecast(Some(225)), 90, came(30, 340, 34, Some(85)));
        assert_eq!((held.forecast_cost, held.orders_before), (30.into(), 300.into()));
        assert_eq!(held.growth.map(|growth| growth.to_string()).as_deref(), Some("13.3"));
        assert_eq!((held.kept, held.paid), (Some((51.into(), 51.into())), Paid::Yes));
        assert_eq!(hold(&forecast(Some(225)), 90, came(30, 330, 33, Some(82))).paid, Paid::No);
        assert_eq!(hold(&forecast(Some(225)), 90, came(90, 0, 0, Some(0))).paid, Paid::No);
        assert_eq!(hold(&forecast(None), 90, came(30, 340, 34, Some(85))).paid, Paid::NotKnown);
        // One that lapsed after 9 days is held against as many.
        let lapsed = Came { in_force: TimeDelta::days(9), ..came(30, 100, 10, Some(25)) };
        let held = hold(&forecast(Some(225)), 90, lapsed);
        assert_eq!((held.forecast_cost, held.orders_before, held.paid), (9.into(), 90.into(), Paid::No));
        assert_eq!(hold(&forecast(Some(225)), 90, came(30, 340, 34, None)).paid, Paid::NotKnown);
    }
}
