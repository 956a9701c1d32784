//! What a month of a rate with a rule comes to: whole numbers of pence and ten-thousandths, nothing of ours.

use app::base::money::Currency;
use app::commissions::model::{How, Measure, Rate, Rule, Step, Steps};
use app::commissions::rules;
use proptest::prelude::*;
use rust_decimal::Decimal;
use sqlx::PgPool;

/// A rule, in whole numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Plain {
    /// Whether rates are amounts rather than percentages; ten-thousandths of either.
    pub fixed: bool,
    pub count: bool,
    pub whole: bool,
    /// Pence or orders, and the rate from there on. Without a second one, no steps.
    pub steps: Vec<(i64, i64)>,
    /// Pence.
    pub most_each: Option<i64>,
    pub most_month: Option<i64>,
}

/// Half away from zero, of numbers that are not below it.
fn divided(whole: i128, by: i128) -> i128 {
    (2 * whole + by) / (2 * by)
}

impl Plain {
    /// What the steps give to a month of so many pence and orders.
    pub fn by_steps(&self, pence: i64, orders: i64) -> i64 {
        let measure = if self.count { orders } else { pence };
        let mut sum = 0_i128;
        if self.whole {
            let rate = self.steps.iter().rev().find(|(from, _)| *from <= measure).expect("a first step").1;
            sum += i128::from(rate) * i128::from(if self.fixed { orders } else { pence });
        } else {
            for (index, (from, rate)) in self.steps.iter().enumerate() {
                let end = self.steps.get(index + 1).map_or(i64::MAX, |next| next.0);
                sum += i128::from(*rate) * i128::from((measure.min(end) - from).max(0));
            }
        }
        i64::try_from(divided(sum, if self.fixed { 100 } else { 1_000_000 })).expect("pence")
    }

    /// What a month of these orders earns as a whole.
    pub fn month(&self, orders: &[i64]) -> i64 {
        let earned: i64 = if self.steps.len() > 1 {
            self.by_steps(orders.iter().sum(), orders.len() as i64)
        } else {
            orders.iter().map(|pence| self.one(*pence)).sum()
        };
        self.most_month.map_or(earned, |most| earned.min(most))
    }

    /// What one order earns without steps.
    fn one(&self, pence: i64) -> i64 {
        let rate = i128::from(self.steps[0].1);
        let earned = if self.fixed { divided(rate, 100) } else { divided(rate * i128::from(pence), 1_000_000) };
        let earned = i64::try_from(earned).expect("pence");
        self.most_each.map_or(earned, |most| earned.min(most))
    }

    pub fn rate(&self) -> Rate {
        let value = Decimal::new(self.steps[0].1, 4).normalize();
        if self.fixed { Rate::Fixed(value) } else { Rate::Percent(value) }
    }

    pub fn rule(&self) -> Rule {
        let from = |at: i64| if self.count { Decimal::from(at) } else { Decimal::new(at, 2).normalize() };
        let steps =
            self.steps.iter().map(|(at, rate)| Step { from: from(*at), rate: Decimal::new(*rate, 4).normalize() });
        let cap = |pence: i64| Decimal::new(pence, 2).normalize();
        Rule {
            steps: (self.steps.len() > 1).then(|| Steps {
                by: if self.count { Measure::Count } else { Measure::Volume },
                how: if self.whole { How::Whole } else { How::Marginal },
                steps: steps.collect(),
            }),
            most_each: self.most_each.map(cap),
            most_month: self.most_month.map(cap),
        }
    }
}

/// Any rule that may be approved.
pub fn any_rule() -> impl Strategy<Value = Plain> {
    let further = prop::collection::vec((1..200_i64, -40_000..60_000_i64), 0..4);
    let cap = |most: i64| prop::option::weighted(0.4, 1..most);
    (0..6_u8, 0..100_000_i64, further, cap(3_000), cap(20_000)).prop_map(
        |(kind, first, further, most_each, most_month)| {
            // Percent by volume, marginal and whole; fixed by count, both; percent by count and fixed by volume, whole.
            let (fixed, count, whole) = [
                (false, false, false),
                (false, false, true),
                (true, true, false),
                (true, true, true),
                (false, true, true),
                (true, false, true),
            ][usize::from(kind)];
            let mut steps = vec![(0, first)];
            for (on, change) in further {
                let (from, rate) = steps[steps.len() - 1];
                let on = if count { 1 + on / 20 } else { on * 137 };
                let rate = if whole { rate + change.abs() } else { (rate + change).max(0) };
                steps.push((from + on, rate.min(1_000_000)));
            }
            let stepped = steps.len() > 1;
            // A rule says something.
            let most_month = if stepped || most_each.is_some() { most_month } else { most_month.or(Some(5_000)) };
            Plain { fixed, count, whole, steps, most_each: most_each.filter(|_| !stepped), most_month }
        },
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn the_rule_is_one_in_sql_in_rust_and_by_hand(pool: PgPool) {
    let asked = super::values(super::cases(16) * 250, &(any_rule(), 0..400_000_i64, 0..60_i64));
    let asked: Vec<_> = asked.into_iter().filter(|(rule, ..)| rule.steps.len() > 1).collect();
    assert!(asked.len() > 1_000, "{}", asked.len());
    let said: Vec<Decimal> = sqlx::query_scalar(
        "SELECT month_earned(kind, rule, volume, orders, 'GBP')
         FROM unnest($1::text[], $2::jsonb[], $3::numeric[], $4::bigint[]) WITH ORDINALITY AS one (kind, rule, volume, orders, place)
         ORDER BY place",
    )
    .bind(asked.iter().map(|(rule, ..)| rule.rate().kind()).collect::<Vec<_>>())
    .bind(asked.iter().map(|(rule, ..)| serde_json::to_value(rule.rule()).expect("rule")).collect::<Vec<_>>())
    .bind(asked.iter().map(|(_, pence, _)| Decimal::new(*pence, 2)).collect::<Vec<_>>())
    .bind(asked.iter().map(|(.., orders)| *orders).collect::<Vec<_>>())
    .fetch_all(&pool)
    .await
    .expect("earned");
    assert_eq!(said.len(), asked.len());
    let gbp = Currency::parse("GBP").expect("code");
    for ((plain, pence, orders), said) in asked.iter().zip(said) {
        let by_hand = Decimal::new(plain.by_steps(*pence, *orders), 2);
        assert_eq!(said, by_hand, "SQL: {plain:?} {pence} {orders}");
        let steps = plain.rule().steps.expect("steps");
        let in_rust = rules::month_earned(plain.rate(), &steps, Decimal::new(*pence, 2), *orders, gbp);
        assert_eq!(in_rust, by_hand, "Rust: {plain:?} {pence} {orders}");
    }
}

#[test]
fn the_reference_prices_by_hand() {
    let mut rule = Plain {
        fixed: false,
        count: false,
        whole: false,
        steps: vec![(0, 50_000), (100_000, 80_000)],
        most_each: None,
        most_month: None,
    };
    assert_eq!(rule.month(&[90_000, 20_000]), 5_800, "5 % of 1000 and 8 % of 100");
    rule.whole = true;
    assert_eq!(rule.month(&[90_000, 20_000]), 8_800);
    rule.most_month = Some(6_000);
    assert_eq!(rule.month(&[90_000, 20_000]), 6_000);
    let each = Plain { steps: vec![(0, 80_000)], most_each: Some(1_000), most_month: None, ..rule };
    assert_eq!(each.month(&[10_000, 20_000]), 1_800);
}
