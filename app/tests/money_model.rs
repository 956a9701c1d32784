//! Money against a model: random histories, cut into files at random, with releases in between, end as whole numbers of
//! pence say they should. `PROPTEST_CASES` sets how many.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "money_model/closed.rs"]
mod closed;
#[path = "money_model/history.rs"]
mod history;
mod shop;

use app::base::money::Currency;
use app::commissions::model::{Inputs, Rate};
use app::commissions::rules::commission_left;
use app::terms::model::Field;
use history::{History, Offer, Steps, history, steps};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rust_decimal::Decimal;
use shop::{HEADER, Shop, dec};
use sqlx::PgPool;
use std::collections::BTreeMap;

fn runner(usual: u32) -> TestRunner {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() })
}

/// Runs histories one after the other, each in a programme of its own.
async fn try_histories(pool: PgPool, usual: u32, round: bool) {
    let options = (*pool.connect_options()).clone();
    let tried = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        let pool = runtime.block_on(PgPool::connect_with(options)).expect("pool");
        let shop = runtime.block_on(open(pool.clone()));
        let number = std::cell::Cell::new(0);
        let result = runner(usual).run(&(history(round), steps()), |(history, steps)| {
            number.set(number.get() + 1);
            runtime.block_on(live(&shop, number.get(), &history, &steps, round))
        });
        runtime.block_on(pool.close());
        result.map_err(|error| error.to_string())
    });
    tried.join().expect("thread").unwrap_or_else(|error| panic!("{error}"));
}

async fn open(pool: PgPool) -> Shop {
    let shop = Shop::open(pool).await;
    let flat = shop.offer("flat").await;
    shop.terms(Some(flat), Field::Rate, "fixed", "5").await;
    let checked = shop.offer("checked").await;
    shop.terms(Some(checked), Field::Validation, "flag", "1").await;
    shop
}

/// Partners and orders of one history have its number in their names.
async fn live(shop: &Shop, number: u32, history: &History, steps: &Steps, round: bool) -> Result<(), TestCaseError> {
    let rows = history.rows(number);
    for (file, release) in steps.cut(&rows) {
        let mut rejects = Vec::new();
        let input = std::io::Cursor::new(format!("{HEADER}{}", file.concat()).into_bytes());
        let clock = app::base::clock::Clock::Fixed(shop.now);
        let report =
            app::imports::run::run(&shop.db, clock, &shop.request(), Box::new(input), Some(&mut rejects), &|_| {})
                .await
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(report.rows, report.accepted + report.duplicates + report.rejected);
        if let Some(day) = release {
            shop.release(&history::at(day)).await;
        }
    }
    // What came before its sale was refused; now everything is there.
    let said = shop.import(&rows.concat()).await;
    prop_assert_eq!(said.rejects, Vec::<String>::new());
    prop_assert_eq!(shop.import(&rows.concat()).await.counts(), (rows.len() as i64, 0, rows.len() as i64, 0));
    shop.release(&history::at(history::RELEASED_UNTIL)).await;

    prop_assert_eq!(commissions(shop, number).await, history.commissions(number));
    let expected: BTreeMap<String, (Decimal, Decimal)> = history.balances(number);
    prop_assert_eq!(balances(shop, number, None).await, expected);
    if round {
        for day in [-1, 0, 7, 29, 31, 45, 61, 90, 125] {
            let claims: BTreeMap<_, _> =
                balances(shop, number, Some(day)).await.into_iter().map(|(partner, (a, b))| (partner, a + b)).collect();
            prop_assert_eq!(claims, history.claims(number, day), "as of day {}", day);
        }
    }
    let mut tx = shop.db.begin(&app::base::actor::Actor::Command).await.expect("begin");
    let found = app::ledger::store::verify(&mut tx).await.expect("verified");
    prop_assert_eq!(found.differences, vec![]);
    Ok(())
}

async fn balances(shop: &Shop, number: u32, day: Option<i64>) -> BTreeMap<String, (Decimal, Decimal)> {
    let lines = match day {
        None => shop.balances().await,
        Some(day) => shop.as_of(&history::at(day)).await,
    };
    let own = format!("-{number}");
    lines
        .iter()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .filter(|cells| cells[0].ends_with(&own))
        .map(|cells| (cells[0].to_owned(), (dec(cells[1]), dec(cells[2]))))
        .collect()
}

/// Order, earned, left, refunded, state of every commission.
async fn commissions(shop: &Shop, number: u32) -> Vec<(String, Decimal, Decimal, Decimal, String)> {
    sqlx::query_as(
        "SELECT c.order_id, k.amount, k.amount_left, k.refunded, k.state FROM commission k JOIN conversion c USING (partner_id, conversion_id)
         WHERE c.order_id LIKE '%-' || $1 ORDER BY c.order_id",
    )
    .bind(number.to_string())
    .fetch_all(&shop.pool)
    .await
    .expect("commissions")
}

#[sqlx::test(migrations = "../migrations")]
async fn balances_and_commissions_end_as_the_model_says(pool: PgPool) {
    try_histories(pool, 16, false).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn claims_as_of_any_day_are_as_the_model_says(pool: PgPool) {
    try_histories(pool, 8, true).await;
}

/// Kind of rate, its value in ten-thousandths, order and refunded part in minor units, currency, rejected.
type Priced = (bool, i64, i64, i64, &'static str, bool);

fn priced() -> impl Strategy<Value = Priced> {
    let value = prop_oneof![0..=1_000_000_i64, (0..=200_i64).prop_map(|half| half * 5_000), Just(1_000_000)];
    let order = prop_oneof![Just(0_i64), 1..1000_i64, 1..1_000_000_000_i64];
    let currency = prop::sample::select(vec!["GBP", "JPY", "KWD", "CLF"]);
    (any::<bool>(), value, order, 0..=1000_i64, currency, prop::bool::weighted(0.05)).prop_map(
        |(fixed, value, order, share, currency, rejected)| {
            (fixed, value, order, order * share / 1000, currency, rejected)
        },
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn the_pricing_rule_is_one_in_sql_and_in_rust(pool: PgPool) {
    let mut runner = runner(1);
    let inputs = prop::collection::vec(priced(), 5000).new_tree(&mut runner).expect("inputs").current();
    let minor = |code: &str| Currency::parse(code).expect("code").minor_units();
    let decimals = |amounts: Vec<(i64, u32)>| {
        amounts.into_iter().map(|(amount, scale)| Decimal::new(amount, scale)).collect::<Vec<_>>()
    };
    let said: Vec<Decimal> = sqlx::query_scalar(
        "SELECT commission_left(one.kind, one.value, one.sold, one.refunded, one.rejected, one.currency)
         FROM unnest($1::text[], $2::numeric[], $3::numeric[], $4::numeric[], $5::boolean[], $6::text[])
             WITH ORDINALITY AS one (kind, value, sold, refunded, rejected, currency, place) ORDER BY place",
    )
    .bind(inputs.iter().map(|one| if one.0 { "fixed" } else { "percent" }).collect::<Vec<_>>())
    .bind(decimals(inputs.iter().map(|one| (one.1, 4)).collect()))
    .bind(decimals(inputs.iter().map(|one| (one.2, minor(one.4))).collect()))
    .bind(decimals(inputs.iter().map(|one| (one.3, minor(one.4))).collect()))
    .bind(inputs.iter().map(|one| one.5).collect::<Vec<_>>())
    .bind(inputs.iter().map(|one| one.4).collect::<Vec<_>>())
    .fetch_all(&pool)
    .await
    .expect("priced");
    assert_eq!(said.len(), inputs.len());
    for (one, said) in inputs.iter().zip(said) {
        let &(fixed, value, order, refunded, code, rejected) = one;
        let currency = Currency::parse(code).expect("code");
        let value_decimal = Decimal::new(value, 4);
        let rate = if fixed { Rate::Fixed(value_decimal) } else { Rate::Percent(value_decimal) };
        let in_currency = |amount| Decimal::new(amount, currency.minor_units());
        let inputs = Inputs { rate, order_amount: in_currency(order), refunded: in_currency(refunded), rejected };
        assert_eq!(commission_left(&inputs, currency), said, "{one:?}");
        assert_eq!(
            said,
            in_currency(history::left(fixed, value, order, refunded, currency.minor_units(), rejected)),
            "{one:?}"
        );
    }
}

#[test]
fn the_model_prices_by_hand() {
    let pence = |offer: Offer, order, refunded| offer.left(order, refunded, false);
    assert_eq!(pence(Offer::Percent, 13_912, 0), 1113);
    assert_eq!(pence(Offer::Percent, 13_912, 3_912), 800);
    assert_eq!(pence(Offer::Flat, 9_000, 3_000), 333);
    assert_eq!(pence(Offer::Lead, 0, 0), 250);
    assert_eq!(history::left(false, 500, 1000, 0, 2, false), 1, "0.05 percent of 10.00 is half a penny");
}
