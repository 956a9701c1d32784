//! What a partner sees of their money: only their own, added up rightly, listed without a gap, explained.
#![cfg(feature = "ssr")]

mod screens;
mod seed;

use app::base::db::Db;
use app::base::error::AppError;
use app::commissions::model::State;
use app::earnings::filter::Filter;
use app::earnings::model::{Row, What};
use app::earnings::{self, rules};
use app::payouts::model::{Reason, Standing};
use app::payouts::{self};
use app::terms;
use app::terms::model::Field;
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use seed::{Partner, Programme, at, dec, now};
use sqlx::PgPool;

fn filter(from: &str, to: &str, state: Option<State>) -> Filter {
    let day = |text: &str| text.parse::<NaiveDate>().expect("day");
    Filter { from: day(from), to: day(to), offer: String::new(), state, before: None }
}

async fn everything(db: &Db, partner: &Partner, filter: &Filter) -> Vec<Row> {
    let mut tx = db.begin(&partner.actor()).await.expect("begin");
    let mut filter = filter.clone();
    let mut all = Vec::new();
    loop {
        let (rows, next) =
            earnings::store::page(&mut tx, &partner.member(), &filter, None, Tz::UTC).await.expect("page");
        assert!(rows.len() <= 50);
        all.extend(rows);
        match next {
            Some(cursor) => filter.before = Some(cursor),
            None => return all,
        }
    }
}

async fn standing(db: &Db, partner: &Partner) -> Standing {
    let mut tx = db.begin(&partner.actor()).await.expect("begin");
    let member = partner.member();
    let facts = payouts::store::facts(&mut tx, member.programme, member.partner, now()).await.expect("facts");
    payouts::rules::standings(&facts).remove(0)
}

#[sqlx::test(migrations = "../migrations")]
async fn ana_does_not_see_what_bruno_earns(pool: PgPool) {
    let programme = Programme::new(&pool).await;
    let ana = programme.partner("ana", "Ana Ruiz").await;
    let bruno = programme.partner("bruno", "Bruno Costa").await;
    let sale = programme.sale(&bruno, "b-1", "100.00", at("2011-05-20T10:00:00Z")).await;
    programme.refund(&bruno, sale, "10.00", at("2011-05-21T10:00:00Z")).await;
    programme.terms(0, bruno.id, "rate", "percent", "12", at("2011-05-25T00:00:00Z")).await;
    let db = Db::from_pool(pool);

    // Row-level security alone: Ana's transaction asks for Bruno's rows by his id.
    let mut tx = db.begin(&ana.actor()).await.expect("begin");
    let period = filter("2011-05-01", "2011-06-01", None);
    let id = bruno.id.into();
    assert_eq!(earnings::store::buckets(&mut tx, id, &period, None, Tz::UTC).await.expect("buckets"), []);
    let (rows, _) = earnings::store::page(&mut tx, &bruno.member(), &period, None, Tz::UTC).await.expect("page");
    assert_eq!(rows, []);
    assert!(matches!(earnings::store::find(&mut tx, id, sale).await, Err(AppError::NotFound)));
    assert_eq!(earnings::store::events(&mut tx, id, sale).await.expect("events"), []);
    assert!(earnings::store::transfers(&mut tx, id, sale).await.expect("transfers").is_empty());
    assert_eq!(earnings::store::first(&mut tx, id).await.expect("first"), None);
    let told = terms::store::told(&mut tx, programme.id.into(), id).await.expect("terms");
    assert!(told.iter().all(|told| told.version.scope.partner.is_none()), "terms agreed with Bruno are his");
    let facts = payouts::store::facts(&mut tx, programme.id.into(), id, now()).await.expect("facts");
    assert!(facts.balances.iter().all(|balances| balances.pending.is_zero()) && facts.due.is_empty());
    // Her own id finds nothing of his either.
    assert!(matches!(earnings::store::find(&mut tx, ana.id.into(), sale).await, Err(AppError::NotFound)));
    drop(tx);
    assert_eq!(everything(&db, &bruno, &period).await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_the_houses_alone_is_refused(pool: PgPool) {
    let programme = Programme::new(&pool).await;
    let ana = programme.partner("ana", "Ana Ruiz").await;
    let db = Db::from_pool(pool);
    for question in [
        "SELECT revenue FROM conversion",
        "SELECT revenue_value FROM offer",
        "SELECT margin_floor FROM programme",
        "SELECT reason_house FROM decision",
        "SELECT reason_house FROM case_decision",
        "SELECT impact FROM proposal",
        "SELECT email FROM person",
        "SELECT body FROM note",
        "SELECT after FROM audit",
    ] {
        let mut tx = db.begin(&ana.actor()).await.expect("begin");
        let error = sqlx::query(question).fetch_all(&mut *tx).await.expect_err(question);
        let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{question}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn totals_are_the_periods_and_never_mix_currencies(pool: PgPool) {
    let programme = Programme::new(&pool).await;
    let ana = programme.partner("ana", "Ana Ruiz").await;
    let refunded = programme.sale(&ana, "a-1", "139.12", at("2011-05-02T10:00:00Z")).await;
    programme.refund(&ana, refunded, "39.12", at("2011-05-03T10:00:00Z")).await;
    let released = programme.sale(&ana, "a-2", "50.00", at("2011-05-01T00:00:00Z")).await;
    programme.release(&ana, released).await;
    let reversed = programme.sale(&ana, "a-3", "20.00", at("2011-05-31T23:30:00Z")).await;
    programme.refund(&ana, reversed, "20.00", at("2011-06-01T10:00:00Z")).await;
    programme.sale_in(&ana, "a-4", "30.00", "EUR", at("2011-05-20T10:00:00Z")).await;
    programme.sale(&ana, "before", "1000.00", at("2011-04-30T23:59:59Z")).await;
    programme.sale(&ana, "after", "1000.00", at("2011-06-01T00:00:00Z")).await;

    let db = Db::from_pool(pool);
    let mut tx = db.begin(&ana.actor()).await.expect("begin");
    let period = filter("2011-05-01", "2011-05-31", None);
    let buckets = earnings::store::buckets(&mut tx, ana.id.into(), &period, None, Tz::UTC).await.expect("buckets");
    let totals = rules::totals(&buckets);
    assert_eq!(totals.iter().map(|total| total.currency.to_string()).collect::<Vec<_>>(), ["EUR", "GBP"]);
    assert_eq!(totals[0].pending, dec("2.40"));
    let pounds = &totals[1];
    assert_eq!(
        (pounds.count, pounds.earned, pounds.reversed, pounds.pending, pounds.payable),
        (3, dec("16.73"), dec("4.73"), dec("8.00"), dec("4.00"))
    );
    // The same rows, seen from London: the last hour of 31 May UTC is already June there.
    let london =
        earnings::store::buckets(&mut tx, ana.id.into(), &period, None, Tz::Europe__London).await.expect("buckets");
    let pounds = rules::totals(&london).remove(1);
    // So is the first hour of 1 May still 30 April's: what was sold at 23:59:59 UTC on 30 April counts as May.
    assert_eq!((pounds.count, pounds.reversed), (3, dec("3.13")));
    // One state alone.
    let reversed = filter("2011-05-01", "2011-05-31", Some(State::Reversed));
    let buckets = earnings::store::buckets(&mut tx, ana.id.into(), &reversed, None, Tz::UTC).await.expect("buckets");
    assert_eq!(rules::totals(&buckets)[0].count, 1);
    drop(tx);
    assert_eq!(everything(&db, &ana, &reversed).await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn paging_has_no_gap_and_no_duplicate(pool: PgPool) {
    let programme = Programme::new(&pool).await;
    let ana = programme.partner("ana", "Ana Ruiz").await;
    let start = at("2011-05-01T00:00:00Z");
    for number in 0..173_i64 {
        // Seven at a time happen at one moment, so that pages end in the middle of a moment.
        let when = start + TimeDelta::minutes(number / 7);
        programme.sale(&ana, &format!("a-{number}"), "10.00", when).await;
    }
    let db = Db::from_pool(pool);
    let rows = everything(&db, &ana, &filter("2011-05-01", "2011-05-31", None)).await;
    let places: Vec<_> = rows.iter().map(|row| (row.occurred_at, row.conversion)).collect();
    assert_eq!(places.len(), 173);
    assert!(places.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once");

    // What comes in while somebody pages does not shift the pages behind.
    let mut tx = db.begin(&ana.actor()).await.expect("begin");
    let period = filter("2011-05-01", "2011-05-31", None);
    let (first, next) = earnings::store::page(&mut tx, &ana.member(), &period, None, Tz::UTC).await.expect("page");
    drop(tx);
    programme.sale(&ana, "newer", "10.00", at("2011-05-02T00:00:00Z")).await;
    let mut tx = db.begin(&ana.actor()).await.expect("begin");
    let (second, _) =
        earnings::store::page(&mut tx, &ana.member(), &period.at(next), None, Tz::UTC).await.expect("page");
    assert_eq!(first.last().map(Row::cursor), next);
    assert_eq!(second[0].conversion, places[50].1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_commission_is_explained_by_its_events_and_transfers(pool: PgPool) {
    let programme = Programme::new(&pool).await;
    let ana = programme.partner("ana", "Ana Ruiz").await;
    let sale = programme.sale(&ana, "536365", "139.12", at("2011-04-01T10:00:00Z")).await;
    programme.refund(&ana, sale, "30.00", at("2011-04-02T10:00:00Z")).await;
    programme.release(&ana, sale).await;
    programme.refund(&ana, sale, "9.12", at("2011-05-05T10:00:00Z")).await;
    let db = Db::from_pool(pool);
    let mut tx = db.begin(&ana.actor()).await.expect("begin");
    let commission = earnings::store::find(&mut tx, ana.id.into(), sale).await.expect("commission");
    let events = earnings::store::events(&mut tx, ana.id.into(), sale).await.expect("events");
    assert_eq!((commission.amount, commission.left, commission.state), (dec("11.13"), dec("8.00"), State::Payable));
    assert_eq!(
        events.iter().map(|event| event.what).collect::<Vec<_>>(),
        [What::Refund(dec("30.00")), What::Refund(dec("9.12"))]
    );
    assert_eq!(rules::explain(&commission, &events).last(), Some(&rules::Line::Left(dec("8.00"))));
    let booked = earnings::store::transfers(&mut tx, ana.id.into(), sale).await.expect("transfers");
    let routes: Vec<_> = booked.iter().map(|transfer| (transfer.kind.as_str(), transfer.from.as_str())).collect();
    assert_eq!(
        routes,
        [("accrual", "commission_cost"), ("refund", "pending"), ("release", "pending"), ("refund", "payable")]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_money_waits_for(pool: PgPool) {
    let programme = Programme::new(&pool).await;
    let ana = programme.partner("ana", "Ana Ruiz").await;
    let db = Db::from_pool(pool.clone());
    let empty = standing(&db, &ana).await;
    assert!(matches!(empty.reasons[..], [Reason::UnderMinimum { .. }, Reason::NoMethod]));

    // £37.40 payable, £4.00 in hold until 3 June, £16.00 until 19 June.
    let released = programme.sale(&ana, "a-1", "467.50", at("2011-04-20T10:00:00Z")).await;
    programme.release(&ana, released).await;
    programme.sale(&ana, "a-2", "50.00", at("2011-05-04T10:00:00Z")).await;
    programme.sale(&ana, "a-3", "200.00", at("2011-05-20T10:00:00Z")).await;
    let short = standing(&db, &ana).await;
    assert_eq!((short.balances.pending, short.balances.payable), (dec("20.00"), dec("37.40")));
    let Some(Reason::UnderMinimum { short: missing, minimum, filled: Some(filled) }) = short.stopped_by() else {
        panic!("{:?}", short.reasons)
    };
    assert_eq!((*missing, *minimum, filled.day.to_string()), (dec("12.60"), dec("50"), "2011-06-19".into()));
    assert_eq!(short.pay_day.map(|day| day.to_string()).as_deref(), Some("2011-07-15"));
    let Some(Reason::InHold { next, amount, whole }) = short.reasons.last() else { panic!("{:?}", short.reasons) };
    assert_eq!((next.day.to_string(), *amount, *whole), ("2011-06-03".into(), dec("4.00"), dec("20.00")));

    // Over the minimum, with a method: paid.
    let more = programme.sale(&ana, "a-4", "500.00", at("2011-04-21T10:00:00Z")).await;
    programme.release(&ana, more).await;
    let set = programme.method(&ana, now() - TimeDelta::days(10)).await;
    let paid = standing(&db, &ana).await;
    assert!(paid.is_paid());
    assert_eq!(
        (paid.pay_day.map(|day| day.to_string()).as_deref(), paid.until_then),
        (Some("2011-06-15"), dec("4.00"))
    );

    // Changed: after its safety period.
    sqlx::query("UPDATE payout_method SET ended_at = $1").bind(now()).execute(&pool).await.expect("ended");
    let changed = programme.method(&ana, now() + TimeDelta::days(16)).await;
    assert_ne!(set, changed);
    let waits = standing(&db, &ana).await;
    assert!(matches!(waits.reasons[..], [Reason::MethodInSafetyPeriod { until }, Reason::InHold { .. }]
                     if until.at == now() + TimeDelta::days(16)));
    assert_eq!(waits.pay_day.map(|day| day.to_string()).as_deref(), Some("2011-07-15"));

    // Under review: after its end.
    programme.review(&ana, "Unusual traffic", at("2011-06-20T00:00:00Z")).await;
    let reviewed = standing(&db, &ana).await;
    assert!(matches!(reviewed.stopped_by(), Some(Reason::UnderReview(review)) if review.reason == "Unusual traffic"));
    assert_eq!(reviewed.pay_day.map(|day| day.to_string()).as_deref(), Some("2011-07-15"));

    // Refunds below zero are said.
    let bruno = programme.partner("bruno", "Bruno Costa").await;
    let sale = programme.sale(&bruno, "b-1", "100.00", at("2011-04-01T10:00:00Z")).await;
    programme.release(&bruno, sale).await;
    let paid =
        include_str!("../shop/paid.sql").replace("{partner}", &bruno.id.to_string()).replace("{day}", "2011-05-16");
    sqlx::raw_sql(sqlx::AssertSqlSafe(paid)).execute(&pool).await.expect("payout");
    programme.refund(&bruno, sale, "65.00", now()).await;
    let owes = standing(&db, &bruno).await;
    assert_eq!(owes.stopped_by(), Some(&Reason::Owes { amount: dec("5.20") }));
}

#[sqlx::test(migrations = "../migrations")]
async fn terms_are_resolved_and_told_with_their_reason(pool: PgPool) {
    let programme = Programme::new(&pool).await;
    let ana = programme.partner("ana", "Ana Ruiz").await;
    let vases = programme.offer("vases", "Vases").await;
    programme.terms(vases, 0, "rate", "fixed", "2.5", at("2011-01-01T00:00:00Z")).await;
    let lower = programme.terms(0, ana.id, "minimum", "amount", "20", at("2011-05-01T00:00:00Z")).await;
    let announced = programme.terms(0, 0, "rate", "percent", "7", at("2011-07-01T00:00:00Z")).await;
    let overridden = programme.terms(0, 0, "minimum", "amount", "60", at("2011-07-01T00:00:00Z")).await;
    let db = Db::from_pool(pool);
    let mut tx = db.begin(&ana.actor()).await.expect("begin");
    let (id, partner) = (programme.id.into(), ana.id.into());
    let general = terms::store::in_force(&mut tx, id, None, partner, now()).await.expect("terms");
    let offers = terms::store::by_offer(&mut tx, id, partner, now()).await.expect("terms");
    let (own, others) = terms::rules::split_offers(offers, &general);
    assert_eq!((own.len(), own[0].name.as_str(), others), (1, "Vases", 1));
    assert_eq!(own[0].rate.as_ref().map(|rate| (rate.kind.as_str(), rate.value)), Some(("fixed", dec("2.5"))));
    let minimum = general.iter().find(|version| version.field == Field::Minimum).expect("minimum");
    assert_eq!((minimum.id.0, minimum.value), (lower, dec("20")));

    let told = terms::store::told(&mut tx, id, partner).await.expect("terms");
    assert!(told.iter().any(|told| told.version.id.0 == lower && told.reason == "Reason for minimum"));
    let news: Vec<i64> = told
        .iter()
        .filter(|news| news.version.valid_from > now() && !terms::rules::is_overridden(&news.version, &told))
        .map(|news| news.version.id.0)
        .collect();
    assert_eq!(news, [announced]);
    assert_ne!(announced, overridden);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_reversed_this_year(pool: PgPool) {
    let programme = Programme::new(&pool).await;
    let ana = programme.partner("ana", "Ana Ruiz").await;
    let sale = programme.sale(&ana, "a-1", "100.00", at("2011-05-20T10:00:00Z")).await;
    programme.refund(&ana, sale, "25.00", now()).await;
    let older = programme.sale(&ana, "a-0", "100.00", at("2010-12-20T10:00:00Z")).await;
    programme.refund(&ana, older, "25.00", now()).await;
    let db = Db::from_pool(pool);
    let mut tx = db.begin(&ana.actor()).await.expect("begin");
    let reversed = payouts::store::reversed(&mut tx, ana.id.into(), at("2011-01-01T00:00:00Z")).await.expect("sum");
    let amounts: Vec<Decimal> = reversed.into_iter().map(|(_, amount)| amount).collect();
    assert_eq!(amounts, [dec("2.00")]);
}
