//! Replays of the real conversions, against a recalculation in another language; and how long a million take.

use super::reference::Plain;
use super::shop::{Shop, time};
use app::approvals::model::Replayed;
use app::approvals::rules::Terms;
use app::approvals::store::{Replaying, neighbours, replay};
use app::base::actor::Actor;
use app::base::ids::PartnerId;
use app::terms::model::Scope;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/conversions-orders-2010-12_2011-05.csv");
const UNTIL: &str = "2011-06-01T00:00:00Z";

fn scenarios() -> Vec<(&'static str, Plain)> {
    let plain = |fixed, count, whole, steps: &[(i64, i64)], most_each, most_month| Plain {
        fixed,
        count,
        whole,
        steps: steps.to_vec(),
        most_each,
        most_month,
    };
    vec![
        ("ten percent", plain(false, false, false, &[(0, 100_000)], None, None)),
        ("as booked", plain(false, false, false, &[(0, 80_000)], None, None)),
        (
            "marginal by volume",
            plain(false, false, false, &[(0, 50_000), (30_000, 80_000), (100_000, 123_456)], None, None),
        ),
        (
            "whole by volume",
            plain(false, false, true, &[(0, 50_000), (30_000, 80_000), (100_000, 100_000)], None, Some(25_000)),
        ),
        ("marginal by count", plain(true, true, false, &[(0, 15_000), (3, 27_500)], None, None)),
        ("whole by count", plain(false, true, true, &[(0, 60_000), (2, 70_000), (5, 90_000)], None, None)),
        ("caps", plain(false, false, false, &[(0, 100_000)], Some(2_500), Some(10_000))),
    ]
}

fn terms(plain: &Plain) -> Terms {
    Terms { rate: plain.rate(), rule: plain.rule() }
}

/// `partner|scenario|days` to currency and month to orders, what is left of them, booked, replayed.
type Sums = BTreeMap<String, BTreeMap<String, [String; 4]>>;

fn in_python(scenarios: &[(&str, Plain)], days: &[i64]) -> Sums {
    let asked: Vec<Value> = scenarios
        .iter()
        .map(|(name, plain)| {
            json!({ "name": name, "kind": plain.rate().kind(), "value": plain.rate().value(), "rule": plain.rule() })
        })
        .collect();
    let asked = json!({ "file": ORDERS, "time_zone": "Europe/London", "until": UNTIL, "days": days, "booked": "8", "scenarios": asked });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rate_rules/replay.py");
    let mut python =
        Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
    python.stdin.take().expect("stdin").write_all(asked.to_string().as_bytes()).expect("asked");
    let out = python.wait_with_output().expect("answer");
    assert!(out.status.success(), "the script failed");
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn in_words(replayed: &[Replayed]) -> BTreeMap<String, [String; 4]> {
    let money = |amount: Decimal| format!("{amount:.2}");
    replayed
        .iter()
        .map(|one| {
            let month = &one.month;
            let sums =
                [month.orders.to_string(), money(month.order_left), money(month.cost_before), money(month.cost_after)];
            (format!("{} {}", one.currency, month.first.format("%Y-%m")), sums)
        })
        .collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_replay_of_every_partner_is_what_another_language_makes_of_it(pool: PgPool) {
    let Ok(file) = std::fs::read(ORDERS) else {
        eprintln!("skipped: {ORDERS} is not here");
        return;
    };
    let shop = Shop::open(pool).await;
    let request = app::imports::model::Request { create_offers: true, ..shop.request() };
    let said = shop.import_file(&request, file).await.expect("imported");
    assert!(said.report.accepted > 8_000, "{:?}", said.report);
    let scenarios = scenarios();
    let days = [30, 90, 365];
    let expected = in_python(&scenarios, &days);
    let partners: Vec<(i64, String)> = sqlx::query_as("SELECT partner_id, code FROM partner ORDER BY 1")
        .fetch_all(&shop.pool)
        .await
        .expect("partners");
    let until = time(UNTIL);
    let mut compared = 0;
    let mut tx = shop.db.begin(&Actor::Command).await.expect("begin");
    for (partner, code) in &partners {
        for (name, plain) in &scenarios {
            let terms = terms(plain);
            for days in days {
                let scope = Scope { programme: shop.programme, offer: None, partner: Some(PartnerId(*partner)) };
                let from = app::approvals::rules::replay_from(until, days);
                let what = Replaying { scope, terms: &terms, valid_from: until, from, until };
                let found = in_words(&replay(&mut tx, &what).await.expect("replayed"));
                let key = format!("{code}|{name}|{days}");
                assert_eq!(&found, expected.get(&key).unwrap_or(&BTreeMap::new()), "{key}");
                compared += found.len();
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
    eprintln!("{} partners, {compared} months compared", partners.len());

    // All neighbours together are all partners but one.
    let version: i64 =
        sqlx::query_scalar("SELECT terms_version_id FROM terms_version WHERE field = 'rate' AND offer_scope = 0")
            .fetch_one(&shop.pool)
            .await
            .expect("version");
    let terms = terms(&scenarios[2].1);
    let scope = Scope { programme: shop.programme, offer: None, partner: Some(PartnerId(partners[0].0)) };
    let from = app::approvals::rules::replay_from(until, 365);
    let what = Replaying { scope, terms: &terms, valid_from: until, from, until };
    let (count, months) = neighbours(&mut tx, &what, version.into()).await.expect("neighbours");
    let all: Decimal = expected
        .iter()
        .filter(|(key, _)| key.ends_with("|marginal by volume|365") && !key.starts_with(&format!("{}|", partners[0].1)))
        .flat_map(|(_, months)| months.values())
        .map(|sums| sums[3].parse::<Decimal>().expect("amount"))
        .sum();
    assert_eq!(months.iter().map(|one| one.month.cost_after).sum::<Decimal>(), all);
    assert_eq!(count as usize, partners.len() - 1);
}

/// Prints; `.ci/bench-replay` runs it.
#[sqlx::test(migrations = "../migrations")]
#[ignore = "a benchmark"]
async fn a_million_conversions(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let conversions: i64 = std::env::var("CONVERSIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    shop.run("INSERT INTO partner (programme_id, code, name, created_at) SELECT programme_id, 'ana', 'Ana', created_at FROM programme")
        .await;
    shop.run(&format!(
        "SET session_replication_role = replica;
         INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, booked_at)
         SELECT p.programme_id, p.partner_id, o.offer_id, 'sale', n, '2010-06-02Z'::timestamptz + n * interval '363 days' / {conversions},
                (n::bigint * 7919 % 20000 + 1) / 100.0, 'GBP', '2011-05-31Z'
         FROM generate_series(1, {conversions}) n, partner p JOIN offer o USING (programme_id) WHERE o.code = 'uk';
         INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id,
                                 hold_days, hold_version_id, order_amount, refunded)
         SELECT v.partner_id, v.conversion_id, v.offer_id, v.occurred_at, v.currency, r.kind, r.value, r.terms_version_id, 30, h.terms_version_id,
                v.amount, CASE WHEN v.conversion_id % 9 = 0 THEN v.amount / 2 - v.amount / 2 % 0.01 ELSE 0 END
         FROM conversion v, terms_version r, terms_version h
         WHERE (r.field, r.offer_scope) = ('rate', 0) AND h.field = 'hold_days';
         SET session_replication_role = origin;
         VACUUM ANALYZE conversion; VACUUM ANALYZE commission"
    ).replace("VACUUM ANALYZE", "ANALYZE"))
    .await;
    let partner = shop.partner("ana").await;
    let until = time(UNTIL);
    let mut tx = shop.db.begin(&Actor::Command).await.expect("begin");
    for (name, plain) in scenarios() {
        let terms = terms(&plain);
        let scope = Scope { programme: shop.programme, offer: None, partner: Some(partner) };
        let from = app::approvals::rules::replay_from(until, 365);
        let what = Replaying { scope, terms: &terms, valid_from: until, from, until };
        let begun = std::time::Instant::now();
        let months = replay(&mut tx, &what).await.expect("replayed");
        let taken = begun.elapsed();
        let orders: u64 = months.iter().map(|one| one.month.orders).sum();
        println!("  replay of {orders} conversions, {name:<20} {:>6.1} s", taken.as_secs_f64());
        assert_eq!(i64::try_from(orders).expect("orders"), conversions);
    }
}
