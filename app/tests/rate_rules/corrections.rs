//! Rates of the past put right: what is booked is the difference of two full recalculations, once, whatever happens in between.

use super::house::{House, constraint_of, key};
use super::reference::{Plain, any_rule};
use super::shop::{Shop, time};
use app::approvals::model::Verdict;
use app::base::actor::{Actor, Role, Staff};
use app::base::forms::End;
use app::base::ids::{CorrectionId, PersonId};
use app::commissions::model::Rate;
use app::corrections::api::{CorrectionForm, DecideForm, decide, propose};
use app::corrections::store;
use app::terms::model::{Field, Scope};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;
use sqlx::PgPool;
use std::collections::BTreeMap;

/// Day, pence, the share that is given back in percent, and whether it was rejected.
type Sold = (i64, i64, i64, bool);

/// The rate that was, in ten-thousandths of a percent; the one that should have been; what was sold; the days put right.
fn history() -> impl Strategy<Value = (i64, Plain, Vec<Sold>, (i64, i64))> {
    let plain = (0..200_000_i64).prop_map(|rate| Plain {
        fixed: false,
        count: false,
        whole: false,
        steps: vec![(0, rate)],
        most_each: None,
        most_month: None,
    });
    let sold = (0..75_i64, 1..60_000_i64, prop_oneof![Just(0), 0..=100_i64], prop::bool::weighted(0.1));
    let was = prop_oneof![0..10_000_i64, 0..100_000_i64];
    (was, prop_oneof![plain, any_rule()], prop::collection::vec(sold, 1..25), (0..40_i64, 1..50_i64))
}

/// Half away from zero, of numbers that are not below it.
fn divided(whole: i128, by: i128) -> i64 {
    i64::try_from((2 * whole + by) / (2 * by)).expect("pence")
}

/// The middle of the night of London is another month's there than in Greenwich.
fn moment(day: i64) -> DateTime<Utc> {
    time("2011-03-01T23:30:00Z") + TimeDelta::days(day)
}

/// What each order should have earned and did earn, in pence: both recalculated from the start, by hand.
fn by_hand(
    was: i64,
    rule: &Plain,
    sold: &[Sold],
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> BTreeMap<usize, (i64, i64)> {
    let mut order: Vec<usize> = (0..sold.len()).collect();
    order.sort_by_key(|index| (sold[*index].0, format!("o{index}")));
    let mut months: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for index in order {
        let (day, pence, share, rejected) = sold[index];
        let at = moment(day);
        if at < since || at >= until {
            continue;
        }
        let left = if rejected { 0 } else { pence - pence * share / 100 };
        let month = months.entry(at.with_timezone(&chrono_tz::Europe::London).format("%Y-%m").to_string()).or_default();
        let before = if month.is_empty() { 0 } else { rule.month(month) };
        month.push(pence);
        let price = rule.month(month) - before;
        let plain = rule.steps.len() == 1 && rule.most_each.is_none() && rule.most_month.is_none();
        let percent = |rate: i64| divided(i128::from(rate) * i128::from(left), 1_000_000);
        let should_be = match plain && !rule.fixed {
            true => percent(rule.steps[0].1),
            false => divided(i128::from(price) * i128::from(left), i128::from(pence)),
        };
        found.insert(index, (percent(was), should_be));
    }
    found
}

/// Two owners and an agent of a shop.
async fn people(shop: &Shop) -> [Staff; 3] {
    shop.run(
        "INSERT INTO person (email, name, created_at) SELECT lower(name) || '@example.org', name, '2011-01-01Z' FROM unnest(ARRAY['Olga', 'Otis', 'Adam']) name;
         INSERT INTO staff (person_id, name, role, since) SELECT person_id, name, CASE name WHEN 'Adam' THEN 'agent' ELSE 'owner' END, created_at FROM person",
    )
    .await;
    let mut all = Vec::new();
    for (name, role) in [("Olga", Role::Owner), ("Otis", Role::Owner), ("Adam", Role::Agent)] {
        let person: i64 = sqlx::query_scalar("SELECT person_id FROM person WHERE name = $1")
            .bind(name)
            .fetch_one(&shop.pool)
            .await
            .expect("person");
        all.push(Staff { person: PersonId(person), name: name.into(), role });
    }
    all.try_into().expect("three")
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_booked_is_the_difference_of_two_recalculations(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let [olga, _, adam] = people(&shop).await;
    let (mut booked, mut refused, mut nothing) = (0, 0, 0);
    for (number, (was, rule, sold, (from, days))) in super::values(super::cases(40), &history()).into_iter().enumerate()
    {
        let code = format!("c{number}");
        let offer = shop.offer(&code).await;
        let old = Decimal::new(was, 4).normalize();
        shop.terms(Some(offer), Field::Rate, "percent", &old.to_string()).await;
        let mut rows = String::new();
        for (index, (day, pence, share, rejected)) in sold.iter().enumerate() {
            let at = moment(*day);
            let row = |event: &str, id: &str, at: DateTime<Utc>, amount: &str| {
                format!("{id}{index}-{number},{event},o{index}-{number},ana,{code},{},{amount},GBP,\n", at.to_rfc3339())
            };
            rows.push_str(&row("sale", "S", at, &Decimal::new(*pence, 2).to_string()));
            let given_back = pence * share / 100;
            if given_back > 0 {
                rows.push_str(&row("refund", "R", at + TimeDelta::days(2), &Decimal::new(given_back, 2).to_string()));
            }
            if *rejected {
                rows.push_str(&row("reject", "J", at + TimeDelta::days(3), ""));
            }
        }
        let said = shop.import(&rows).await;
        assert_eq!(said.rejects, Vec::<String>::new());
        let partner = shop.partner("ana").await;
        let (since, until) = (moment(from), (moment(from) + TimeDelta::days(days)).min(shop.now));
        let expected = by_hand(was, &rule, &sold, since, until);
        let less = expected.values().filter(|(was, should)| should < was).count() as i64;
        let more = expected.values().filter(|(was, should)| should > was).count() as i64;

        let rate: Rate = rule.rate();
        let of = store::Propose {
            scope: Scope { programme: shop.programme, offer: Some(offer), partner: Some(partner) },
            rate: (rate.kind(), rate.value()),
            rule: serde_json::to_value(rule.rule()).expect("rule"),
            time: (since, until),
            reason: "It was agreed before.",
            proposer: adam.person,
            at: shop.now,
            expires_at: shop.now + TimeDelta::days(30),
            form_key: uuid::Uuid::new_v4(),
        };
        let mut tx = shop.db.begin(&Actor::Staff(adam.clone())).await.expect("begin");
        let outlook = store::outlook(&mut tx, &of).await.expect("outlook");
        assert_eq!((outlook.items, outlook.less), (more, less), "{was} {rule:?} {sold:?} {expected:?}");
        if less > 0 || more == 0 {
            let error = store::propose(&mut tx, &of).await.expect_err("refused");
            let name = if more == 0 { "correction_changes_something" } else { "correction_priced_by_its_rate" };
            assert_eq!(constraint_of(&error), name);
            *if more == 0 { &mut nothing } else { &mut refused } += 1;
            continue;
        }
        let before: Decimal = payable(&shop).await;
        let id = store::propose(&mut tx, &of).await.expect("proposed");
        tx.commit().await.expect("commit");
        approve(&shop, id, &olga).await;
        let done = store::book_due(&shop.db, shop.now, 3).await.expect("booked");
        assert_eq!(done, u64::try_from(more).expect("count"));
        let mut tx = shop.db.begin(&Actor::Staff(olga.clone())).await.expect("begin");
        let items = store::items(&mut tx, partner, id, None, 1_000).await.expect("items");
        drop(tx);
        for item in &items {
            let index: usize = item.order_id[1..item.order_id.find('-').expect("a dash")].parse().expect("index");
            let (was, should_be) = expected[&index];
            assert_eq!(
                (item.was, item.should_be),
                (Decimal::new(was, 2), Decimal::new(should_be, 2)),
                "{rule:?} {sold:?}"
            );
            assert_eq!(item.booked_at, Some(shop.now));
        }
        let difference: i64 = expected.values().map(|(was, should_be)| should_be - was).sum();
        assert_eq!(payable(&shop).await - before, Decimal::new(difference, 2));
        booked += 1;
    }
    shop.adds_up().await;
    eprintln!("{booked} corrections booked, {refused} that would take, {nothing} of nothing");
    assert!(booked >= 5 && refused > 0, "{booked} {refused} {nothing}");
}

async fn payable(shop: &Shop) -> Decimal {
    sqlx::query_scalar("SELECT coalesce(sum(amount), 0) FROM transfer WHERE kind = 'adjustment'")
        .fetch_one(&shop.pool)
        .await
        .expect("sum")
}

async fn approve(shop: &Shop, id: CorrectionId, owner: &Staff) {
    let mut tx = shop.db.begin(&Actor::Staff(owner.clone())).await.expect("begin");
    let read = hex::decode(store::find(&mut tx, id).await.expect("found").content_hash).expect("hex");
    let decision = store::Decide {
        correction: id,
        content_hash: &read,
        verdict: Verdict::Approved,
        decider: owner.person,
        sole_control: false,
        reason_partner: "You are right.",
        reason_house: "",
        at: shop.now,
    };
    store::decide(&mut tx, &decision).await.expect("approved");
    tx.commit().await.expect("commit");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_dies_in_between_books_nothing_twice(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let [olga, _, adam] = people(&shop).await;
    let rows: String = (0..50)
        .map(|order| format!("S{order},sale,o{order},ana,uk,2011-03-{:02}T10:00:00Z,10.00,GBP,\n", 1 + order % 28))
        .collect();
    shop.import(&rows).await;
    let partner = shop.partner("ana").await;
    let mut tx = shop.db.begin(&Actor::Staff(adam.clone())).await.expect("begin");
    let of = store::Propose {
        scope: Scope { programme: shop.programme, offer: None, partner: Some(partner) },
        rate: ("percent", Decimal::from(9)),
        rule: serde_json::json!({}),
        time: (time("2011-03-01T00:00:00Z"), time("2011-04-01T00:00:00Z")),
        reason: "It was agreed before.",
        proposer: adam.person,
        at: shop.now,
        expires_at: shop.now + TimeDelta::days(30),
        form_key: uuid::Uuid::new_v4(),
    };
    let id = store::propose(&mut tx, &of).await.expect("proposed");
    tx.commit().await.expect("commit");
    assert_eq!(store::book_due(&shop.db, shop.now, 7).await.expect("nothing approved"), 0);
    approve(&shop, id, &olga).await;
    for _ in 0..3 {
        // Killed before its commit.
        let mut tx = shop.db.begin(&Actor::Job).await.expect("begin");
        let booked: i64 = sqlx::query_scalar("SELECT book_correction($1, 7, $2)")
            .bind(id.0)
            .bind(shop.now)
            .fetch_one(&mut *tx)
            .await
            .expect("booked");
        assert_eq!(booked, 7);
        drop(tx);
    }
    let mut tx = shop.db.begin(&Actor::Job).await.expect("begin");
    sqlx::query("SELECT book_correction($1, 7, $2)").bind(id.0).bind(shop.now).execute(&mut *tx).await.expect("booked");
    tx.commit().await.expect("commit");
    let run = || store::book_due(&shop.db, shop.now, 4);
    let (one, two, three) = tokio::join!(run(), run(), run());
    let all = one.expect("one") + two.expect("two") + three.expect("three");
    assert_eq!(all, 43);
    assert_eq!(store::book_due(&shop.db, shop.now, 4).await.expect("again"), 0);
    let counted = shop
        .lines("SELECT count(*), count(DISTINCT conversion_id), sum(amount) FROM transfer WHERE kind = 'adjustment'")
        .await;
    assert_eq!(counted, ["(50,50,5.00)"]);
    assert_eq!(shop.lines("SELECT count(*) FROM correction_end").await, ["(1)"]);
    shop.adds_up().await;
}

fn form(house: &House, percent: &str) -> CorrectionForm {
    CorrectionForm {
        partner: house.garden.to_string(),
        percent: percent.into(),
        since: "2026-11-01".into(),
        until: "2026-11-30".into(),
        reason: "Nine was agreed in October.".into(),
        form_key: key(),
        ..CorrectionForm::default()
    }
}

fn done(end: Result<End, app::base::error::AppError>) -> String {
    match end {
        Ok(End::Done(path)) => path,
        other => panic!("not done: {other:?}"),
    }
}

fn refused(end: Result<End, app::base::error::AppError>, field: &str) -> String {
    match end {
        Ok(End::Refused(_, errors)) => errors.get(field).unwrap_or_else(|| panic!("{field}: {errors:?}")).to_owned(),
        other => panic!("not refused: {other:?}"),
    }
}

async fn last(house: &House) -> CorrectionId {
    let id: i64 =
        sqlx::query_scalar("SELECT max(correction_id) FROM correction").fetch_one(&house.pool).await.expect("id");
    id.into()
}

async fn read(house: &House, id: CorrectionId, verdict: &str) -> DecideForm {
    let mut tx = house.marta().begin().await.expect("begin");
    let found = store::find(&mut tx, id).await.expect("found");
    DecideForm {
        correction: id.to_string(),
        verdict: verdict.into(),
        reason_partner: "You are right.".into(),
        reason_house: String::new(),
        content_hash: found.content_hash,
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_correction_goes_from_the_form_to_the_partner(pool: PgPool) {
    let house = House::open(pool).await;
    house.sale(house.garden, house.plants, "2026-11-10T10:00:00Z", "100", "0").await;
    house.sale(house.garden, house.plants, "2026-11-12T10:00:00Z", "300", "100").await;
    house.sale(house.garden, house.plants, "2026-10-31T10:00:00Z", "500", "0").await;
    house.sale(house.kitchen, house.plants, "2026-11-12T10:00:00Z", "2000", "0").await;
    let tomas = house.tomas();
    for (change, field) in [
        (CorrectionForm { until: "2026-12-01".into(), ..form(&house, "9") }, "until"),
        (CorrectionForm { since: "2026-11-30".into(), until: "2026-11-01".into(), ..form(&house, "9") }, "until"),
        (CorrectionForm { reason: " ".into(), ..form(&house, "9") }, "reason"),
        (form(&house, "nine"), "percent"),
        (form(&house, "8"), "percent"),
    ] {
        refused(propose(&tomas, &change).await, field);
    }
    assert!(refused(propose(&tomas, &form(&house, "7.5")).await, "percent").contains("never takes"));
    assert_eq!(house.count("correction").await, 0);

    let asked = form(&house, "9");
    done(propose(&tomas, &asked).await);
    done(propose(&tomas, &asked).await);
    assert_eq!(house.count("correction").await, 1, "sent twice, it is one");
    let id = last(&house).await;
    assert!(matches!(
        decide(&tomas, &read(&house, id, "approved").await).await,
        Err(app::base::error::AppError::Forbidden)
    ));
    done(decide(&house.ines(), &read(&house, id, "approved").await).await);
    done(decide(&house.ines(), &read(&house, id, "approved").await).await);
    refused(decide(&house.marta(), &read(&house, id, "approved").await).await, "");
    assert_eq!(store::book_due(&house.db, house.now, store::BATCH).await.expect("booked"), 2);

    let member = app::base::actor::Member {
        person: house.marta,
        name: "Nora".into(),
        partner: house.garden,
        partner_name: "Garden".into(),
        programme: house.programme,
    };
    let mut tx = house.db.begin(&Actor::Member(member)).await.expect("begin");
    let told = store::told(&mut tx, house.garden, None).await.expect("told");
    assert_eq!((told.len(), told[0].by.as_str(), told[0].reason.as_str()), (1, "Inés Vega", "You are right."));
    let items = store::items(&mut tx, house.garden, id, None, 10).await.expect("items");
    let amounts: Vec<_> = items.iter().map(|item| (item.was.to_string(), item.amount.to_string())).collect();
    assert_eq!(amounts, [("8.00".to_owned(), "1.00".to_owned()), ("16.00".to_owned(), "2.00".to_owned())]);
    assert_eq!(store::of_conversion(&mut tx, house.garden, items[0].conversion).await.expect("found").len(), 1);
    drop(tx);

    // Once more at 9 there is nothing left to give; 10 gives what is missing.
    refused(propose(&tomas, &form(&house, "9")).await, "percent");
    done(propose(&tomas, &form(&house, "10")).await);
    let second = last(&house).await;
    let mut tx = house.marta().begin().await.expect("begin");
    assert_eq!(store::find(&mut tx, second).await.expect("found").sums[0].amount.to_string(), "3");
    drop(tx);
    // What isn't approved is nobody's business outside.
    let nobody = app::base::actor::Member {
        person: house.marta,
        name: "Nora".into(),
        partner: house.garden,
        partner_name: "Garden".into(),
        programme: house.programme,
    };
    let mut tx = house.db.begin(&Actor::Member(nobody)).await.expect("begin");
    assert!(store::items(&mut tx, house.garden, second, None, 10).await.expect("items").is_empty());
    assert_eq!(store::told(&mut tx, house.garden, None).await.expect("told").len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_changed_since_it_was_read_is_refused(pool: PgPool) {
    let house = House::open(pool).await;
    house.sale(house.garden, house.plants, "2026-11-10T10:00:00Z", "100", "0").await;
    done(propose(&house.tomas(), &form(&house, "9")).await);
    let first = last(&house).await;
    done(propose(&house.tomas(), &form(&house, "10")).await);
    let second = last(&house).await;
    let forms = (read(&house, first, "approved").await, read(&house, second, "approved").await);
    done(decide(&house.ines(), &forms.0).await);
    assert!(
        refused(decide(&house.ines(), &forms.1).await, "").contains("changed since"),
        "the first one gave some of it"
    );

    done(propose(&house.tomas(), &form(&house, "10")).await);
    let third = read(&house, last(&house).await, "approved").await;
    house.run("UPDATE commission SET refunded = 50").await;
    assert!(refused(decide(&house.ines(), &third).await, "").contains("changed since"));
    let mut wrong = third.clone();
    wrong.content_hash = "00".repeat(32);
    assert!(refused(decide(&house.ines(), &wrong).await, "").contains("changed since"));
    done(decide(&house.ines(), &read(&house, last(&house).await, "rejected").await).await);
    // An owner's own waits for the other one.
    done(propose(&house.marta(), &form(&house, "20")).await);
    let own = read(&house, last(&house).await, "approved").await;
    refused(decide(&house.marta(), &own).await, "");
    done(decide(&house.ines(), &own).await);
}
