//! Payout runs whose processes are killed, started twice at once, and whose PostgreSQL loses its power, while a bank
//! answers late, twice, partly, wrongly or not at all: nobody is paid twice, and no payment is lost.
//!
//! `PAYOUT_KILLS` and `POSTGRES_STOPS` say how many, `PAYOUT_KILLS_SEED` repeats a run.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "payout_kills/answers.rs"]
mod answers;
#[path = "payout_kills/bank.rs"]
mod bank;
#[path = "payout_kills/checks.rs"]
mod checks;
#[path = "payout_kills/cluster.rs"]
mod cluster;
#[path = "payout_kills/dice.rs"]
mod dice;
#[path = "payout_kills/months.rs"]
mod months;
#[path = "payout_kills/operator.rs"]
mod operator;
#[path = "payout_kills/orders.rs"]
mod orders;
#[path = "payout_kills/shop.rs"]
mod shop;
mod support;

use bank::Bank;
use cluster::Cluster;
use dice::{Dice, number};
use operator::{Operator, Trouble};
use shop::Shop;
use std::path::Path;
use support::Database;

/// More than two batches of a build.
const PARTNERS: u64 = 1_300;
/// There is more to see in several months, whatever it takes to be disturbed often enough.
const LEAST_MONTHS: u32 = 3;

#[tokio::test]
async fn no_kill_and_no_double_click_pays_twice_or_loses_a_payment() {
    let wanted = number("PAYOUT_KILLS", 50);
    let database = Database::fresh().await;
    let folder = cluster::folder();
    let patience = 1 + wanted / 150;
    run(folder.path(), database.url.clone(), Trouble::Kills, PARTNERS, patience, wanted).await;
}

#[tokio::test]
async fn no_power_cut_of_postgresql_pays_twice_or_loses_a_payment() {
    let wanted = number("POSTGRES_STOPS", 5);
    let folder = cluster::folder();
    let cluster = Cluster::new(folder.path());
    let admin = sqlx::PgPool::connect(&cluster.url("postgres")).await.expect("cluster");
    sqlx::raw_sql("CREATE DATABASE partnerdesk").execute(&admin).await.expect("database");
    admin.close().await;
    let url = cluster.url("partnerdesk");
    run(folder.path(), url, Trouble::Stops(cluster), 300, 1 + wanted / 40, wanted).await;
}

async fn run(folder: &Path, url: String, trouble: Trouble, partners: u64, patience: u64, wanted: u64) {
    let mut dice = Dice::of_environment(20_111_231);
    let mut apart = || Dice(dice.below(u64::MAX));
    let mut shop = Shop::open(partners, apart());
    let bank = Bank::open(folder, apart());
    let mut operator = Operator::new(url, trouble, patience, folder.join("outbox"), bank, apart());
    let began = std::time::Instant::now();
    months::open(&operator, &mut shop);
    let mut months_ = 0;
    while months_ < LEAST_MONTHS || operator.figures.all() < wanted {
        months::round(&mut operator, &mut shop, months_);
        months_ += 1;
        eprintln!("month {months_}, {:?}: {:?}", began.elapsed(), operator.figures);
    }
    operator.patience = 0;
    months::finish(&mut operator, months_);
    checks::check(&operator, &shop, folder).await;
    eprintln!("{} cut off in {:?}: {:?}", operator.figures.all(), began.elapsed(), operator.figures);
}
