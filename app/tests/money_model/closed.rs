//! Months closed in between change what counts when, and nothing else.

use crate::history::{self, History, Steps, history, steps};
use crate::shop::{Shop, dec};
use app::base::actor::Actor;
use app::base::ids::ProgrammeId;
use app::base::money::Currency;
use app::ledger::close::{CloseError, Month, close};
use app::programmes::store::{NewProgramme, create};
use app::terms::model::Field;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rust_decimal::Decimal;
use sqlx::PgPool;
use std::collections::BTreeMap;

/// Months of the histories, and where each ends in London.
const MONTHS: [(&str, &str); 6] = [
    ("2010-12", "2010-12-31T23:59:59.999999Z"),
    ("2011-01", "2011-01-31T23:59:59.999999Z"),
    ("2011-02", "2011-02-28T23:59:59.999999Z"),
    ("2011-03", "2011-03-31T22:59:59.999999Z"),
    ("2011-04", "2011-04-30T22:59:59.999999Z"),
    ("2011-05", "2011-05-31T22:59:59.999999Z"),
];

/// A programme with the usual terms and offers, named after a history.
async fn open(shop: &Shop, number: u32) -> Shop {
    let currency = Currency::parse("GBP").expect("code");
    let code = format!("programme-{number}");
    let new = NewProgramme { code: &code, currency, time_zone: "Europe/London", margin_floor: Decimal::ZERO };
    let mut tx = shop.db.begin(&Actor::Command).await.expect("begin");
    let programme: ProgrammeId = create(&mut tx, &new, shop.now).await.expect("programme");
    tx.commit().await.expect("commit");
    let own = Shop { programme, ..shop.clone() };
    own.terms(None, Field::Rate, "percent", "8").await;
    own.terms(None, Field::HoldDays, "days", "30").await;
    own.offer("uk").await;
    for (offer, field, kind, value) in [
        ("mail", Field::Rate, "fixed", "2.50"),
        ("flat", Field::Rate, "fixed", "5"),
        ("checked", Field::Validation, "flag", "1"),
    ] {
        let offer = own.offer(offer).await;
        own.terms(Some(offer), field, kind, value).await;
    }
    own
}

/// Closes the next month, which may not be the first of the list: that depends on the first booking. Gives its end.
async fn close_next(shop: &Shop, from: &mut usize) -> Option<&'static str> {
    while let Some((month, end)) = MONTHS.get(*from) {
        *from += 1;
        let mut tx = shop.db.begin(&Actor::Command).await.expect("begin");
        let month = Month::parse(month).expect("month");
        match close(&mut tx, &Actor::Command, shop.programme, month, "test", shop.now).await {
            Ok(_) => {
                tx.commit().await.expect("commit");
                return Some(end);
            }
            Err(CloseError::NotNext(_)) => {}
            Err(error) => panic!("{month}: {error}"),
        }
    }
    None
}

type Balances = BTreeMap<String, (Decimal, Decimal)>;

async fn balances(shop: &Shop, number: u32, at: Option<&str>) -> Balances {
    let lines = match at {
        None => shop.balances().await,
        Some(at) => shop.as_of(at).await,
    };
    let own = format!("-{number}");
    lines
        .iter()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .filter(|cells| cells[0].ends_with(&own))
        .map(|cells| (cells[0].to_owned(), (dec(cells[1]), dec(cells[2]))))
        .collect()
}

fn without_zeros(balances: Balances) -> Balances {
    balances.into_iter().filter(|(_, (pending, payable))| !pending.is_zero() || !payable.is_zero()).collect()
}

async fn live(
    shop: &Shop,
    number: u32,
    history: &History,
    steps: &Steps,
    closes: &[usize],
) -> Result<(), TestCaseError> {
    let shop = open(shop, number).await;
    let rows = history.rows(number);
    let mut closed: Vec<(&str, Balances)> = Vec::new();
    let mut next = 0;
    for ((file, release), months) in steps.cut(&rows).into_iter().zip(closes) {
        shop.import(&file.concat()).await;
        if let Some(day) = release {
            shop.release(&history::at(day)).await;
        }
        let booked: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM transfer WHERE programme_id = $1)")
            .bind(shop.programme.0)
            .fetch_one(&shop.pool)
            .await
            .expect("booked");
        for _ in 0..if booked { *months } else { 0 } {
            if let Some(end) = close_next(&shop, &mut next).await {
                closed.push((end, balances(&shop, number, Some(end)).await));
            }
        }
    }
    prop_assert_eq!(shop.import(&rows.concat()).await.rejects, Vec::<String>::new());
    shop.release(&history::at(history::RELEASED_UNTIL)).await;

    prop_assert_eq!(balances(&shop, number, None).await, history.balances(number));
    for (end, before) in closed {
        let now = balances(&shop, number, Some(end)).await;
        prop_assert_eq!(without_zeros(now), without_zeros(before), "as of {}", end);
    }
    // Whenever one looks, nothing is taken from what was not there.
    let moments: Vec<DateTime<Utc>> =
        sqlx::query_scalar("SELECT DISTINCT effective_at FROM transfer WHERE programme_id = $1 ORDER BY 1")
            .bind(shop.programme.0)
            .fetch_all(&shop.pool)
            .await
            .expect("moments");
    for moment in moments {
        for (partner, (pending, _)) in balances(&shop, number, Some(&moment.to_rfc3339())).await {
            prop_assert!(pending >= Decimal::ZERO, "{} had {} pending at {}", partner, pending, moment);
        }
    }
    let mut tx = shop.db.begin(&Actor::Command).await.expect("begin");
    let found = app::ledger::store::verify(&mut tx).await.expect("verified");
    prop_assert_eq!(found.differences, vec![]);
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn closed_months_stay_as_they_were_and_the_end_is_the_same(pool: PgPool) {
    let options = (*pool.connect_options()).clone();
    let tried = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        let pool = runtime.block_on(PgPool::connect_with(options)).expect("pool");
        let shop = runtime.block_on(Shop::open(pool.clone()));
        let number = std::cell::Cell::new(0);
        let closes = prop::collection::vec(0..3_usize, 5);
        let result = crate::runner(12).run(&(history(false), steps(), closes), |(history, steps, closes)| {
            number.set(number.get() + 1);
            runtime.block_on(live(&shop, number.get(), &history, &steps, &closes))
        });
        runtime.block_on(pool.close());
        result.map_err(|error| error.to_string())
    });
    tried.join().expect("thread").unwrap_or_else(|error| panic!("{error}"));
}
