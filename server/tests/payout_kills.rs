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
#[path = "payout_kills/journal.rs"]
mod journal;
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
use operator::{Operator, Step, Trouble};
use shop::Shop;
use std::collections::BTreeSet;
use std::path::Path;
use support::Database;

/// More than two batches of a build.
const PARTNERS: u64 = 1_300;
/// There is more to see in several months, whatever it takes to be disturbed often enough.
const LEAST_MONTHS: u32 = 3;
/// With so many kills there was one at every named place.
const EVERY_PLACE: u64 = 500;

#[tokio::test]
async fn no_kill_and_no_double_click_pays_twice_or_loses_a_payment() {
    let wanted = number("PAYOUT_KILLS", 50);
    let database = Database::fresh().await;
    let folder = tempfile::tempdir().expect("folder");
    run(folder.path(), database.url.clone(), Trouble::Kills, PARTNERS, wanted).await;
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
    run(folder.path(), url, Trouble::Stops(cluster), 300, wanted).await;
}

async fn run(folder: &Path, url: String, trouble: Trouble, partners: u64, wanted: u64) {
    let mut dice = Dice::of_environment(20_111_231);
    let mut apart = || Dice(dice.below(u64::MAX));
    let mut shop = Shop::open(partners, apart());
    let bank = Bank::open(folder, apart());
    let mut operator = Operator::new(url, trouble, wanted, folder.join("outbox"), bank, apart());
    let began = std::time::Instant::now();
    months::open(&operator, &mut shop);
    let mut months_ = 0;
    while months_ < LEAST_MONTHS || operator.figures.all() < wanted {
        months::round(&mut operator, &mut shop, months_);
        months_ += 1;
        eprintln!("month {months_}, {:?}: {:?}", began.elapsed(), operator.figures);
    }
    operator.wanted = 0;
    months::finish(&mut operator, months_);
    checks::check(&operator, &shop, folder).await;
    if wanted >= EVERY_PLACE && operator.figures.doubles > 0 {
        let places: Vec<_> = Step::ALL.iter().flat_map(|step| step.places()).copied().collect();
        assert_eq!(operator.figures.crashes.keys().copied().collect::<BTreeSet<_>>(), places.into_iter().collect());
    }
    eprintln!("{} cut off in {:?}: {:?}", operator.figures.all(), began.elapsed(), operator.figures);
}
