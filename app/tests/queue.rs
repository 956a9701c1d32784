//! The queue against a real database: pages that show every case once, views that can be narrowed, counts that end.
#![cfg(feature = "ssr")]

mod desk_house;
mod pages;

use app::base::context::Context;
use app::base::ids::CaseId;
use app::base::language::Locale;
use app::clocks::model::Clock;
use app::desk::filter::{Awaited, Begin, Filter, With};
use app::desk::model::View;
use app::desk::order::{self, Pressure, Waits};
use app::desk::store::{self, Narrowed, PAGE, Page};
use app::disputes::model::{Kind, Stage};
use chrono::{DateTime, TimeDelta, Utc};
use desk_house::{House, key};
use pages::page;
use sqlx::PgPool;
use std::collections::BTreeSet;

/// Cases of every sort, by chance and yet the same each time: some of equal rank, some in which nobody waits, some whose
/// next step has come and was not made.
async fn many(house: &House, seed: &str, cases: usize) {
    house
        .run(&format!(
            "SELECT setseed({seed});
             INSERT INTO support_case (programme_id, partner_id, kind, subject, stage, opened_by, opened_at, assignee_id, next_update_at, closed_at)
             SELECT p.programme_id, p.partner_id, 'other', 'Question ' || n,
                    (ARRAY['received', 'in_review', 'answer_needed', 'decided', 'closed'])[1 + n % 5], m.person_id,
                    '2026-11-01Z'::timestamptz + n * interval '1 hour' / 8, CASE WHEN n % 3 = 0 THEN s.person_id END, '2026-12-02Z',
                    CASE WHEN n % 5 = 4 THEN '2026-11-20Z'::timestamptz + (n % 7) * interval '1 hour' END
             FROM generate_series(1, {cases}) n
             JOIN LATERAL (SELECT * FROM partner WHERE code = CASE WHEN n % 4 = 0 THEN 'kitchen' ELSE 'garden' END) p ON true
             JOIN partner_member m USING (partner_id) CROSS JOIN staff s WHERE s.role = 'agent';
             DELETE FROM clock_renewal;
             UPDATE support_case c SET standing_at = n.standing_at, due_at = n.due_at, due_clock = CASE WHEN n.due_at IS NOT NULL THEN 'next_update' END,
                    pay_by = n.pay_by, unanswered_at = n.unanswered_at, place_at = case_place(n.standing_at, n.due_at, n.pay_by, n.stepped_at),
                    step_at = case_step(n.standing_at, n.due_at, n.pay_by, n.stepped_at)
             FROM (SELECT case_id, standing_at, CASE WHEN random() < 0.6 THEN '2026-12-01T12:00Z'::timestamptz + (random() * 240 - 140)::int * interval '1 hour' END AS due_at,
                          CASE WHEN random() < 0.2 THEN '2026-12-01Z'::timestamptz - (random() * 9)::int * interval '1 day' END AS pay_by,
                          CASE WHEN random() < 0.4 AND standing_at IS NOT NULL THEN opened_at END AS unanswered_at,
                          '2026-12-01T12:00Z'::timestamptz - (random() * 3)::int * interval '12 hours' AS stepped_at
                   FROM (SELECT case_id, opened_at, CASE WHEN stage IN ('received', 'in_review') THEN '2026-12-01Z'::timestamptz - (random() * 200)::int * interval '1 hour' END AS standing_at
                         FROM support_case) c) n
             WHERE c.case_id = n.case_id"
        ))
        .await;
}

/// Every page of a view, from the first on; and back again from the last, the same lines.
async fn walk(house: &House, view: View, filter: &Filter, now: DateTime<Utc>) -> Vec<CaseId> {
    let tomas = house.tomas();
    let mut tx = tomas.begin().await.expect("begin");
    let narrowed = Narrowed::by(&mut tx, filter, house.tomas, chrono_tz::UTC).await.expect("narrowed");
    let mut forth: Vec<Vec<CaseId>> = Vec::new();
    let mut page = store::page(&mut tx, view, &narrowed, Begin::Start, now).await.expect("page");
    assert_eq!(page.previous, None, "nothing is before the beginning");
    loop {
        forth.push(ids(&page));
        let Some(next) = page.next else { break };
        assert_eq!(page.lines.len(), PAGE, "only the last page is short");
        page = store::page(&mut tx, view, &narrowed, next, now).await.expect("page");
    }
    let mut back = vec![ids(&page)];
    while let Some(previous) = page.previous {
        page = store::page(&mut tx, view, &narrowed, previous, now).await.expect("page");
        back.push(ids(&page));
    }
    back.reverse();
    assert_eq!(forth, back, "{view:?}, there and back");
    forth.concat()
}

fn ids(page: &Page) -> Vec<CaseId> {
    page.lines.iter().map(|line| line.id).collect()
}

type Row = (
    i64,
    String,
    Option<i64>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
);

/// What a view shows, told by the rules alone: without places, steps or pages.
async fn told(house: &House, view: View, now: DateTime<Utc>) -> Vec<CaseId> {
    let tomas = house.tomas();
    let mut tx = tomas.begin().await.expect("begin");
    let rows: Vec<Row> =
        sqlx::query_as("SELECT case_id, stage, assignee_id, standing_at, due_at, pay_by, closed_at FROM support_case")
            .fetch_all(&mut *tx)
            .await
            .expect("cases");
    let mut keyed = Vec::new();
    for (case, stage, assignee, standing, due, pay_by, closed) in rows {
        let open = stage != "closed";
        let shown = match view {
            View::Mine => open && assignee == Some(house.tomas.0),
            View::Unassigned => open && assignee.is_none(),
            View::All => open,
            View::Breaching => open && due.is_some_and(|due| due <= now + TimeDelta::hours(1)),
            // Nothing here is put off or appealed against.
            View::Snoozed | View::Appeals => false,
            View::Closed => !open,
        };
        if !shown {
            continue;
        }
        let pressure = Pressure {
            waits: standing.map(Waits::Unanswered),
            due: due.map(|at| (Clock::NextUpdate, at)),
            payout_late: pay_by.filter(|since| *since <= now),
            ..Pressure::default()
        };
        let micros = |at: DateTime<Utc>| at.timestamp_micros();
        keyed.push(match view {
            View::Breaching => (due.map_or(0, micros), case),
            View::Closed => (-closed.map_or(0, micros), -case),
            _ => (order::place(&pressure, now).map_or(i64::MAX, micros), case),
        });
    }
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, case)| CaseId(case.abs())).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_pages_of_a_view_show_every_case_once_and_in_its_order(pool: PgPool) {
    let house = House::open(pool).await;
    for round in 1..=4 {
        many(&house, &format!("{round} / 7.0"), 90).await;
        for minutes in [0, 7 * 60, 30 * 60] {
            let now = house.later(minutes).now;
            for view in View::ALL {
                assert_eq!(
                    walk(&house, view, &Filter::default(), now).await,
                    told(&house, view, now).await,
                    "{view:?}"
                );
            }
        }
        // The job makes the steps that have come; nothing stands elsewhere then.
        let now = house.later(30 * 60).now;
        let before = walk(&house, View::All, &Filter::default(), now).await;
        let db = house.tomas().db;
        app::clocks::store::move_on(&db, now).await.expect("moved on");
        assert_eq!(house.count("support_case WHERE step_at <= '2026-12-02T18:00Z' AND stage <> 'closed'").await, 0);
        assert_eq!(walk(&house, View::All, &Filter::default(), now).await, before);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_does_not_change_is_shown_once_while_the_rest_moves(pool: PgPool) {
    let house = House::open(pool).await;
    many(&house, "0.5", 400).await;
    let tomas = house.tomas();
    let now = house.now;
    let narrowed = Narrowed::to(house.tomas);
    let (mut seen, mut begin, mut round) = (Vec::new(), Begin::Start, 0);
    loop {
        let mut tx = tomas.begin().await.expect("begin");
        let page = store::page(&mut tx, View::All, &narrowed, begin, now).await.expect("page");
        drop(tx);
        seen.extend(ids(&page));
        // One in nine moves to the front or the back, is closed or opened, between any two pages.
        house
            .run(&format!(
                "UPDATE support_case SET standing_at = coalesce(standing_at, opened_at) + ({round} % 3 - 1) * interval '300 hours' WHERE case_id % 9 = 0 AND stage <> 'closed';
                 UPDATE support_case SET place_at = case_place(standing_at, due_at, pay_by, '2026-12-01T12:00Z'), step_at = NULL WHERE case_id % 9 = 0;
                 UPDATE support_case SET stage = 'closed', closed_at = '2026-12-01Z' WHERE case_id % 9 = 0 AND case_id % 5 = {round} % 5"
            ))
            .await;
        round += 1;
        match page.next {
            Some(next) => begin = next,
            None => break,
        }
    }
    let still: Vec<_> = seen.iter().filter(|case| case.0 % 9 != 0).collect();
    let once: BTreeSet<_> = still.iter().collect();
    assert_eq!(still.len(), once.len(), "none twice");
    assert_eq!(
        i64::try_from(once.len()).expect("count"),
        house.count("support_case WHERE stage <> 'closed' AND case_id % 9 <> 0").await
    );
    assert!(round > 5, "over several pages");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_filter_narrows_every_view(pool: PgPool) {
    let house = House::open(pool).await;
    house.run("UPDATE person SET locale = 'es' WHERE email LIKE 'bo@%'").await;
    house.opened().await;
    many(&house, "0.3", 120).await;
    let now = house.now;
    let day = |text: &str| Some(text.parse().expect("day"));
    let none = Filter::default();
    let filters = [
        (Filter { kind: Some(Kind::WrongAmount), ..none.clone() }, "kind = 'wrong_amount'"),
        (Filter { stage: Some(Stage::Decided), ..none.clone() }, "stage = 'decided'"),
        (Filter { with: Some(With::Nobody), ..none.clone() }, "assignee_id IS NULL"),
        (Filter { with: Some(With::Person(house.tomas)), ..none.clone() }, "assignee_id IS NOT NULL"),
        (Filter { with: Some(With::Person(house.marta)), ..none.clone() }, "false"),
        (Filter { programme: Some("shop".into()), ..none.clone() }, "true"),
        (Filter { programme: Some("none".into()), ..none.clone() }, "false"),
        (
            Filter { partner: Some("kitchen".into()), ..none.clone() },
            "partner_id IN (SELECT partner_id FROM partner WHERE code = 'kitchen')",
        ),
        (Filter { partner: Some("' OR true --".into()), ..none.clone() }, "false"),
        (
            Filter { language: Some("es"), ..none.clone() },
            "opened_by IN (SELECT person_id FROM person WHERE locale = 'es')",
        ),
        (Filter { awaited: Some(Awaited::House), ..none.clone() }, "stage <> 'closed' AND unanswered_at IS NOT NULL"),
        (
            Filter { awaited: Some(Awaited::Partner), ..none.clone() },
            "stage = 'answer_needed' AND unanswered_at IS NULL",
        ),
        (
            Filter { awaited: Some(Awaited::Promise), ..none.clone() },
            "stage IN ('received', 'in_review') AND unanswered_at IS NULL",
        ),
        (
            Filter { from: day("2026-11-05"), to: day("2026-11-06"), ..none.clone() },
            "opened_at >= '2026-11-05Z' AND opened_at < '2026-11-07Z'",
        ),
        (
            Filter { language: Some("en"), stage: Some(Stage::InReview), from: day("2026-11-03"), ..none.clone() },
            "opened_by IN (SELECT person_id FROM person WHERE locale = 'en') AND stage = 'in_review' AND opened_at >= '2026-11-03Z'",
        ),
    ];
    for view in View::ALL {
        let all = told(&house, view, now).await;
        for (filter, condition) in &filters {
            let filter = filter.clone().within(view);
            let condition = if filter.is_empty() { "true" } else { condition };
            let mut tx = house.tomas().begin().await.expect("begin");
            let fitting: Vec<i64> =
                sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT case_id FROM support_case WHERE {condition}")))
                    .fetch_all(&mut *tx)
                    .await
                    .expect("fitting");
            let fitting: BTreeSet<i64> = fitting.into_iter().collect();
            let expected: Vec<_> = all.iter().copied().filter(|case| fitting.contains(&case.0)).collect();
            assert_eq!(walk(&house, view, &filter, now).await, expected, "{view:?} {filter:?}");
            let narrowed = Narrowed::by(&mut tx, &filter, house.tomas, chrono_tz::UTC).await.expect("narrowed");
            let tally = store::tally(&mut tx, view, &narrowed, now).await.expect("tally");
            assert_eq!((tally.cases, tally.at_least), (expected.len(), false), "{view:?} {filter:?}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_its_reader_gave_away_stands_on_no_page_and_in_no_count(pool: PgPool) {
    let house = House::open(pool).await;
    many(&house, "0.6", 250).await;
    for view in [View::All, View::Unassigned, View::Closed] {
        // Every third of the first page, and the last of it.
        let first: Vec<_> = told(&house, view, house.now).await.into_iter().take(PAGE).step_by(3).collect();
        for case in first {
            house.give_away(case).await;
        }
    }
    let gone = house.count("case_given_away").await;
    assert!(gone > 30, "{gone}");
    let mut tx = house.tomas().begin().await.expect("begin");
    let given: Vec<i64> =
        sqlx::query_scalar("SELECT case_id FROM case_given_away").fetch_all(&mut *tx).await.expect("given");
    for view in View::ALL {
        let mut left = told(&house, view, house.now).await;
        left.retain(|case| !given.contains(&case.0));
        // `walk` has every page but the last whole.
        assert_eq!(walk(&house, view, &Filter::default(), house.now).await, left, "{view:?}");
        let tally = store::tally(&mut tx, view, &Narrowed::to(house.tomas), house.now).await.expect("tally");
        assert_eq!(tally.cases, left.len(), "{view:?}");
    }
    // Whoever did not give them away sees them.
    let marta = store::tally(&mut tx, View::All, &Narrowed::to(house.marta), house.now).await.expect("tally");
    assert_eq!(marta.cases, told(&house, View::All, house.now).await.len());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_waits_for_the_advertiser_is_found(pool: PgPool) {
    let house = House::open(pool).await;
    house.opened().await;
    house.claim(&house.ana(), &house.offer.to_string(), "ORD-1", "2026-11-30T10:00", "20").await;
    let claimed = house.last_case().await;
    let filter = Filter { awaited: Some(Awaited::Advertiser), ..Filter::default() };
    assert_eq!(walk(&house, View::All, &filter, house.now).await, [], "nobody asked yet");
    let (offer, next, form_key) = (house.offer.to_string(), Some("2026-12-03".to_owned()), key());
    let asked = desk_house::post(&house.tomas(), || app::advertiser::api::ask_advertiser(offer, next, form_key)).await;
    assert_eq!(house.count("enquiry_claim WHERE verdict IS NULL").await, 1, "{asked:?}");
    assert_eq!(walk(&house, View::All, &filter, house.now).await, [claimed]);
    assert_eq!(walk(&house, View::Closed, &filter, house.now).await, []);
    let html = page(house.tomas(), "/desk?view=all&awaited=advertiser").await;
    assert!(html.contains("Take away: Awaited: The advertiser") && html.contains(">All open (1)"), "{html}");
}

#[sqlx::test(migrations = "../migrations")]
async fn counting_ends_at_a_thousand(pool: PgPool) {
    let house = House::open(pool).await;
    many(&house, "0.3", 1300).await;
    let mut tx = house.tomas().begin().await.expect("begin");
    let tally = store::tally(&mut tx, View::All, &Narrowed::to(house.tomas), house.now).await.expect("tally");
    assert_eq!((tally.cases, tally.at_least), (1000, true));
    let tally = store::tally(&mut tx, View::Mine, &Narrowed::to(house.tomas), house.now).await.expect("tally");
    assert_eq!((tally.cases, tally.at_least), (told(&house, View::Mine, house.now).await.len(), false));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_late_payout_moves_its_partners_cases_and_lets_them_go(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let db = house.tomas().db;
    let job = async || {
        app::clocks::store::move_on(&db, house.now).await.expect("moved on");
        app::clocks::store::renew_waiting(&db, house.now).await.expect("read")
    };
    job().await;
    house
        .run(
            "SET session_replication_role = replica;
             INSERT INTO payout (programme_id, partner_id, payout_run_id, currency, amount, payout_method_id, pay_day, state, created_at)
             SELECT programme_id, partner_id, 1, 'GBP', 60, 1, '2026-11-28', 'approved', '2026-11-20Z' FROM partner WHERE code = 'garden'",
        )
        .await;
    assert_eq!(job().await, 1, "its cases are read again");
    assert_eq!(job().await, 0, "once");
    let late = "support_case WHERE pay_by = '2026-11-29Z' AND place_at = standing_at - interval '18 hours'";
    assert_eq!(house.count(late).await, 1, "{case}");
    house.run("SET session_replication_role = replica; UPDATE payout SET state = 'submitted'").await;
    assert_eq!(job().await, 1);
    assert_eq!(house.count("support_case WHERE pay_by IS NULL AND place_at = standing_at").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_says_what_narrows_it_and_how_to_go_on(pool: PgPool) {
    let house = House::open(pool).await;
    house.open_other(&house.bo(), &key()).await;
    many(&house, "0.4", 120).await;
    let html = page(house.tomas(), "/desk?view=all&partner=kitchen&language=en").await;
    for words in [
        "aria-label=\"Take away: Partner's code: kitchen\"",
        "href=\"/desk?view=all&amp;language=en\"",
        "href=\"/desk?view=unassigned&amp;partner=kitchen&amp;language=en\"",
        "Take all away",
        "?view=all&amp;partner=kitchen&amp;language=en\"",
    ] {
        assert!(html.contains(words), "{words:?} is not in {html}");
    }
    assert!(!html.contains("garden"), "only kitchen's: {html}");
    let html = page(Context { locale: Locale::es, ..house.tomas() }, "/desk?view=all").await;
    assert!(html.contains("rel=\"next\"") && html.contains("after=") && html.contains("Filtrar"), "{html}");
    let html =
        page(house.tomas(), "/desk?view=all&kind=moon&from=yesterday&partner=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
            .await;
    assert!(html.contains("That isn't one of the choices") && html.contains("value=\"yesterday\""), "{html}");
    assert!(html.contains("No case of this view fits"), "{html}");
    let html = page(house.tomas(), "/desk?view=all&after=230000000000000000_1").await;
    assert!(html.contains("To the first page"), "{html}");
}
