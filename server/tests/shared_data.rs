//! Half a year of a real shop, where its file lies beside the project (it is not ours to copy): imported, released and
//! held against sums of whole pence that are added up here.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::path::Path;
use support::Database;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/conversions-orders-2010-12_2011-05.csv");

struct Order {
    partner: String,
    sold_at: DateTime<Utc>,
    pence: i64,
    refunds: Vec<(DateTime<Utc>, i64)>,
}

fn pence(amount: &str) -> i64 {
    let (pounds, rest) = amount.split_once('.').unwrap_or((amount, "0"));
    pounds.parse::<i64>().expect("pounds") * 100 + format!("{rest:0<2}").parse::<i64>().expect("pence")
}

/// Orders by their number; a refund may stand before its sale, and counts from that on. The file has no quotes in it.
fn read(text: &str) -> BTreeMap<String, Order> {
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let time = |cells: &[&str]| cells[5].parse::<DateTime<Utc>>().expect("time");
    let mut orders = BTreeMap::<String, Order>::new();
    for cells in rows.iter().filter(|cells| cells[1] == "sale") {
        let new =
            Order { partner: cells[3].to_owned(), sold_at: time(cells), pence: pence(cells[6]), refunds: Vec::new() };
        assert!(orders.insert(cells[2].to_owned(), new).is_none(), "order {} twice", cells[2]);
    }
    for cells in rows.iter().filter(|cells| cells[1] != "sale") {
        assert_eq!(cells[1], "refund");
        let order = orders.get_mut(cells[2]).expect("a sale");
        order.refunds.push((time(cells).max(order.sold_at), pence(cells[6])));
    }
    orders
}

/// 8 percent of what is left of each order by then, half a penny up; pending and payable of each partner.
fn expected(orders: &BTreeMap<String, Order>, as_of: DateTime<Utc>) -> BTreeMap<String, (i64, i64)> {
    let mut sums = BTreeMap::<String, (i64, i64)>::new();
    for order in orders.values() {
        let sum = sums.entry(order.partner.clone()).or_default();
        if order.sold_at > as_of {
            continue;
        }
        let left = order.pence - order.refunds.iter().filter(|(at, _)| *at <= as_of).map(|(_, part)| part).sum::<i64>();
        let commission = (left * 8 + 50) / 100;
        if order.sold_at + TimeDelta::days(30) <= as_of { sum.1 += commission } else { sum.0 += commission }
    }
    sums
}

fn said(csv: &str) -> BTreeMap<String, (i64, i64)> {
    csv.lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|cells| (cells[0].to_owned(), (pence(cells[2]), pence(cells[3]))))
        .collect()
}

#[tokio::test]
async fn a_real_half_year_adds_up_to_the_penny() {
    if !Path::new(FILE).exists() {
        eprintln!("{FILE} is not there; nothing was tried");
        return;
    }
    let text = std::fs::read_to_string(FILE).expect("file");
    let orders = read(&text);
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "giftware", "--currency", "GBP", "--rate", "8", "--hold-days", "30"]);
    let import = ["import", "conversions", FILE, "--programme", "giftware", "--create-partners", "--create-offers"];
    let rows = text.lines().count() - 1;
    let report = format!("{{\"rows\":{rows},\"accepted\":{rows},\"duplicates\":0,\"rejected\":0}}\n");
    assert_eq!(database.ok(&import), report);
    database.ok(&["commissions", "release", "--as-of", "2011-05-31"]);

    let end = |day: &str| format!("{day}T23:59:59.999999Z").parse::<DateTime<Utc>>().expect("time");
    let balances = said(&database.ok(&["ledger", "balances"]));
    assert_eq!(balances, expected(&orders, end("2011-05-31")));
    assert_eq!(balances.len(), 300);
    assert!(balances.values().map(|(pending, payable)| pending + payable).sum::<i64>() > 10_000_000);
    for day in ["2010-11-30", "2010-12-24", "2011-01-15", "2011-02-28", "2011-04-30", "2011-05-31"] {
        assert_eq!(
            said(&database.ok(&["ledger", "balances", "--as-of", day])),
            expected(&orders, end(day)),
            "as of {day}"
        );
    }
    let report = format!("{{\"rows\":{rows},\"accepted\":0,\"duplicates\":{rows},\"rejected\":0}}\n");
    assert_eq!(database.ok(&import), report);
    assert_eq!(said(&database.ok(&["ledger", "balances"])), balances);
    database.ok(&["ledger", "verify"]);
    database.ok(&["audit", "verify"]);
}
