//! Imports under rates with rules: a month's sum is what the rule says of it, however its rows come.

use super::reference::{Plain, any_rule};
use super::shop::{Shop, dec};
use app::approvals::store::first_terms;
use app::base::actor::Actor;
use app::base::money::Currency;
use app::commissions::model::{Inputs, Rate};
use app::commissions::rules::commission_left;
use app::terms::model::{Field, Scope};
use proptest::prelude::*;
use rust_decimal::Decimal;
use sqlx::PgPool;
use std::collections::BTreeMap;

/// Which rule, which partner, its day of 2011, its pence, the share of it that is given back, the file it comes in, and
/// whether it comes again.
type Sold = (usize, usize, i64, i64, i64, usize, bool);

fn history() -> impl Strategy<Value = (Vec<Plain>, Vec<Sold>)> {
    let sold = (0..3_usize, 0..2_usize, 0..75_i64, 1..60_000_i64, 0..=100_i64, 0..3_usize, prop::bool::weighted(0.1));
    (prop::collection::vec(any_rule(), 3), prop::collection::vec(sold, 1..40))
}

impl Shop {
    /// First terms of an offer of its own, with a rule.
    async fn ruled(&self, code: &str, plain: &Plain) {
        let offer = Some(self.offer(code).await);
        let scope = Scope { programme: self.programme, offer, partner: None };
        let (rate, rule) = (plain.rate(), plain.rule());
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        first_terms(&mut tx, scope, Field::Rate, (rate.kind(), rate.value(), Some(&rule)), self.now, "test")
            .await
            .unwrap_or_else(|error| panic!("{plain:?}: {error}"));
        tx.commit().await.expect("commit");
    }
}

/// The day of a sale, as text; the middle of the night of London is another month's there than in Greenwich.
fn day(day: i64) -> chrono::DateTime<chrono::Utc> {
    super::shop::time("2011-03-01T23:30:00Z") + chrono::TimeDelta::days(day)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_month_earns_what_its_rule_says_in_whatever_order_its_rows_come(pool: PgPool) {
    let shop = Shop::open(pool).await;
    for (number, (rules, sold)) in super::values(super::cases(12), &history()).into_iter().enumerate() {
        for (index, rule) in rules.iter().enumerate() {
            shop.ruled(&format!("r{index}-{number}"), rule).await;
        }
        let mut files = vec![String::new(); 3];
        let mut months: BTreeMap<(usize, usize, String), Vec<i64>> = BTreeMap::new();
        for (index, (rule, partner, at, pence, share, file, again)) in sold.iter().enumerate() {
            let at = day(*at);
            let pounds = Decimal::new(*pence, 2);
            let row = format!(
                "S{index}-{number},sale,o{index}-{number},p{partner},r{rule}-{number},{},{pounds},GBP,\n",
                at.to_rfc3339()
            );
            files[*file].push_str(&row);
            if *again {
                files[2].push_str(&row);
            }
            let given_back = Decimal::new(pence * share / 100, 2);
            if !given_back.is_zero() {
                files[2].push_str(&format!(
                    "R{index}-{number},refund,o{index}-{number},p{partner},r{rule}-{number},{},{given_back},GBP,returned\n",
                    (at + chrono::TimeDelta::days(3)).to_rfc3339()
                ));
            }
            let month = at.with_timezone(&chrono_tz::Europe::London).format("%Y-%m").to_string();
            months.entry((*rule, *partner, month)).or_default().push(*pence);
        }
        for file in &files {
            let said = shop.import(file).await;
            assert_eq!(said.rejects, Vec::<String>::new());
        }
        let booked: Vec<(String, String, String, Decimal)> = sqlx::query_as(
            "SELECT o.code, p.code, to_char(m.month, 'YYYY-MM'), sum(c.amount)
             FROM commission c JOIN commission_place m USING (partner_id, conversion_id)
             JOIN offer o USING (offer_id) JOIN partner p USING (partner_id)
             WHERE o.code LIKE '%-' || $1 GROUP BY 1, 2, 3",
        )
        .bind(number.to_string())
        .fetch_all(&shop.pool)
        .await
        .expect("booked");
        assert_eq!(booked.len(), months.len());
        for ((rule, partner, month), orders) in &months {
            let found = booked.iter().find(|(offer, of, at, _)| {
                (offer.as_str(), of.as_str(), at) == (&*format!("r{rule}-{number}"), &*format!("p{partner}"), month)
            });
            let expected = Decimal::new(rules[*rule].month(orders), 2);
            assert_eq!(found.map(|row| row.3), Some(expected), "{:?} {month} {orders:?}", rules[*rule]);
        }
        // Each falls with its refunds in proportion to what it got.
        let left: Vec<(Decimal, Decimal, Decimal, Decimal)> = sqlx::query_as(
            "SELECT c.amount, c.order_amount, c.refunded, c.amount_left FROM commission c WHERE c.rate_kind = 'priced'",
        )
        .fetch_all(&shop.pool)
        .await
        .expect("left");
        let gbp = Currency::parse("GBP").expect("code");
        for (amount, order_amount, refunded, left) in left {
            let inputs = Inputs { rate: Rate::Priced(amount), order_amount, refunded, rejected: false };
            assert_eq!(commission_left(&inputs, gbp), left);
        }
    }
    shop.adds_up().await;
    shop.release("2011-12-31T00:00:00Z").await;
    shop.adds_up().await;
}

fn steps(whole: bool) -> Plain {
    let steps = vec![(0, 50_000), (100_000, 80_000), (250_000, 100_000)];
    Plain { fixed: false, count: false, whole, steps, most_each: None, most_month: Some(90_000) }
}

#[sqlx::test(migrations = "../migrations")]
async fn two_imports_at_once_give_the_same_sums(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.ruled("gifts", &steps(false)).await;
    shop.ruled("lamps", &steps(true)).await;
    let mut pence = [0_i64; 2];
    let mut file = |from: i64| {
        (from..from + 60)
            .map(|order| {
                let (amount, offer) = (order * 7_919 % 20_000 + 1, (order % 2) as usize);
                pence[offer] += amount;
                let code = ["gifts", "lamps"][offer];
                let pounds = Decimal::new(amount, 2);
                format!("S{order},sale,{order},ana,{code},2011-03-{:02}T10:00:00Z,{pounds},GBP,\n", 1 + order % 28)
            })
            .collect::<String>()
    };
    let (first, second) = (file(0), file(60));
    let (one, other) = tokio::join!(shop.import(&first), shop.import(&second));
    assert_eq!((one.rejects.len(), other.rejects.len()), (0, 0));
    let booked = shop
        .lines(
            "SELECT o.code, sum(c.amount), max(m.place), count(DISTINCT m.place) FROM commission c
                JOIN commission_place m USING (partner_id, conversion_id) JOIN offer o USING (offer_id) GROUP BY 1",
        )
        .await;
    let expected =
        |code: &str, whole, pence: i64| format!("({code},{},60,60)", Decimal::new(steps(whole).month(&[pence]), 2));
    assert_eq!(booked, [expected("gifts", false, pence[0]), expected("lamps", true, pence[1])]);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_commission_got_is_explained_by_its_version_and_step(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.ruled("gifts", &steps(false)).await;
    let said = shop
        .import(
            "S1,sale,1,ana,gifts,2011-03-01T10:00:00Z,900.00,GBP,\nS2,sale,2,ana,gifts,2011-03-02T10:00:00Z,200.00,GBP,\n\
             R2,refund,2,ana,gifts,2011-03-04T10:00:00Z,50.00,GBP,returned\n",
        )
        .await;
    assert_eq!(said.counts(), (3, 3, 0, 0));
    let partner = shop.partner("ana").await;
    let conversion: i64 = sqlx::query_scalar("SELECT conversion_id FROM conversion WHERE order_id = '2'")
        .fetch_one(&shop.pool)
        .await
        .expect("id");
    let mut tx = shop.db.begin(&Actor::Command).await.expect("begin");
    let found = app::earnings::store::find(&mut tx, partner, conversion.into()).await.expect("found");
    assert_eq!((found.amount, found.left, found.rate), (dec("13.00"), dec("9.75"), Rate::Priced(dec("13.00"))));
    let month = found.month.as_ref().expect("a place");
    assert_eq!((month.at.place, month.at.volume_before, month.at.earned_before), (2, dec("900.00"), dec("45.00")));
    use app::earnings::rules::Line;
    let lines = app::earnings::rules::explain(&found, &[]);
    let parts: Vec<_> = lines
        .iter()
        .filter_map(|line| match line {
            Line::StepPart { step, rate, part, earned } => Some((*step, *rate, *part, *earned)),
            _ => None,
        })
        .collect();
    assert_eq!(parts, [(1, dec("5"), dec("100.00"), dec("5")), (2, dec("8"), dec("100.00"), dec("8"))]);
    assert!(lines.contains(&Line::Share { refunded: dec("50.00"), cut: dec("3.25") }));
}
