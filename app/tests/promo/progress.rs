//! How far a partner is, against a naive sum over random sales and packages.

use crate::open;
use app::base::money::{Currency, Money};
use app::promo::model::{Goal, Package};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

/// A stream of numbers that look random and are the same each time.
struct Lots(u64);

impl Lots {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A commission as the reference sees it: when it happened and left its hold, order and what was given back, rate in percent.
struct Sale {
    at: DateTime<Utc>,
    released: Option<DateTime<Utc>>,
    amount: Decimal,
    refunded: Decimal,
    rejected: bool,
}

/// What counts, one sale after the other in the order in which they left their hold.
fn reference(package: &Package, sales: &[Sale]) -> (Decimal, Option<DateTime<Utc>>) {
    let mut in_time: Vec<_> = sales
        .iter()
        .filter(|sale| {
            (package.starts_at..package.ends_at).contains(&sale.at) && !sale.rejected && sale.refunded < sale.amount
        })
        .filter_map(|sale| Some((sale.released.filter(|at| *at < package.counts_until)?, sale)))
        .collect();
    in_time.sort_by_key(|(released, _)| *released);
    let (mut sum, mut reached) = (Decimal::ZERO, None);
    for (released, sale) in in_time {
        let left = sale.amount - sale.refunded;
        let commission = Currency::parse("GBP").unwrap().round(left * Decimal::from(8) / Decimal::ONE_HUNDRED);
        if package.goal == Goal::Commission && sale.refunded > Decimal::ZERO && commission.is_zero() {
            continue;
        }
        sum += match package.goal {
            Goal::Sales => Decimal::ONE,
            Goal::Commission => commission,
            _ => left,
        };
        if sum >= package.target && reached.is_none() {
            reached = Some(released);
        }
    }
    (sum, reached)
}

#[sqlx::test(migrations = "../migrations")]
async fn progress_is_what_a_naive_sum_says(pool: PgPool) {
    let house = open(pool).await;
    let mut lots = Lots(7);
    let start: DateTime<Utc> = "2026-12-01T00:00:00Z".parse().unwrap();
    let mut sales = Vec::new();
    let mut sql = String::new();
    for nth in 0..400_i64 {
        let at = start + TimeDelta::minutes(i64::try_from(lots.below(60 * 24 * 60)).unwrap());
        // No two leave their hold at one moment.
        let released = (lots.below(4) > 0)
            .then(|| at + TimeDelta::days(i64::try_from(lots.below(40)).unwrap()) + TimeDelta::milliseconds(nth));
        let amount = Decimal::from(1 + lots.below(20_000)) / Decimal::ONE_HUNDRED;
        let refunded = match lots.below(5) {
            0 => amount,
            1 => (amount / Decimal::TWO).round_dp(2).min(amount),
            _ => Decimal::ZERO,
        };
        let rejected = lots.below(9) == 0;
        let moment = |at: Option<DateTime<Utc>>| at.map_or("NULL".to_owned(), |at| format!("'{}'", at.to_rfc3339()));
        sql.push_str(&format!(
            "({nth}, {}, {}::timestamptz, {amount}, {refunded}, {rejected}),",
            moment(Some(at)),
            moment(released)
        ));
        sales.push(Sale { at, released, amount, refunded, rejected });
    }
    house
        .run(&format!(
            "CREATE TEMP TABLE lot AS SELECT nth, at::timestamptz, released, amount::numeric, refunded::numeric, rejected
                 FROM (VALUES {}) AS x (nth, at, released, amount, refunded, rejected);
             INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, booked_at)
             SELECT {}, {}, {}, 'sale', nth::text, at, amount, 'GBP', at FROM lot;
             INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id, hold_days,
                                     hold_version_id, order_amount, refunded, rejected, released_at)
             SELECT c.partner_id, c.conversion_id, c.offer_id, c.occurred_at, c.currency, r.kind, r.value, r.terms_version_id, h.value::int, h.terms_version_id,
                    c.amount, l.refunded, l.rejected, l.released
             FROM lot l JOIN conversion c ON c.order_id = l.nth::text, terms_version r, terms_version h
             WHERE (r.field, r.partner_scope) = ('rate', 0) AND h.field = 'hold_days'",
            sql.trim_end_matches(','),
            house.programme,
            house.garden,
            house.plants
        ))
        .await;
    let mut met = 0;
    for nth in 0..300_u64 {
        let goal = [Goal::Sales, Goal::Commission, Goal::Orders][usize::try_from(nth % 3).unwrap()];
        let starts_at = start + TimeDelta::days(i64::try_from(lots.below(30)).unwrap());
        let ends_at = starts_at + TimeDelta::days(1 + i64::try_from(lots.below(40)).unwrap());
        let most = [60, 600, 7_000][usize::try_from(nth % 3).unwrap()];
        let package = Package {
            id: 1.into(),
            name: String::new(),
            goal,
            target: Decimal::from(1 + lots.below(most)),
            bonus: Money::new(Decimal::ONE, Currency::parse("GBP").unwrap()),
            starts_at,
            ends_at,
            counts_until: ends_at + TimeDelta::days(i64::try_from(lots.below(40)).unwrap()),
            zone: chrono_tz::UTC,
        };
        let (counted, reached): (Decimal, Option<DateTime<Utc>>) =
            sqlx::query_as("SELECT counted, reached_at FROM promo_progress($1, $2, $3, 'GBP', $4, $5, $6)")
                .bind(house.garden.0)
                .bind(goal.as_str())
                .bind(package.target)
                .bind(package.starts_at)
                .bind(package.ends_at)
                .bind(package.counts_until)
                .fetch_one(&house.pool)
                .await
                .expect("progress");
        assert_eq!((counted, reached), reference(&package, &sales), "{package:?}");
        met += usize::from(reached.is_some());
    }
    assert!((50..250).contains(&met), "some goals are met, some are not: {met}");
}
