//! Partners who may leave: against their own weeks, with what is proposed.

use crate::desk_house::House;
use crate::{DAY, WEEK, digest, escalate, propose, sale};
use app::digest::model::Proposed;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

fn at(now: DateTime<Utc>, days: i64) -> String {
    (now + TimeDelta::days(days)).to_rfc3339()
}

#[sqlx::test(migrations = "../migrations")]
async fn earnings_fall_against_a_partners_own_weeks(pool: PgPool) {
    let house = House::open(pool).await;
    // Kitchen sells 1000 on each Monday and Friday of four weeks, Garden 100; on this Monday, Kitchen 300 and Garden 90.
    for weeks in 1..=4 {
        for (day, partner, amount) in [
            (-1, house.kitchen, "1000"),
            (3, house.kitchen, "1000"),
            (-1, house.garden, "100"),
            (3, house.garden, "100"),
        ] {
            sale(&house, partner, &at(house.now, day - 7 * weeks), amount).await;
        }
    }
    sale(&house, house.kitchen, &at(house.now, -1), "300").await;
    sale(&house, house.garden, &at(house.now, -1), "90").await;
    // On Tuesday only Mondays are held against this one: 24 of a usual 80.
    let fell = |digest: &app::digest::model::Digest| {
        let each = digest
            .at_risk
            .0
            .iter()
            .map(|risk| (risk.code.clone(), risk.fell.map(|(late, usual)| (late.amount, usual.amount))));
        each.collect::<Vec<_>>()
    };
    let money = |text: &str| text.parse::<Decimal>().expect("amount");
    assert_eq!(fell(&digest(&house, None).await), [("kitchen".into(), Some((money("24"), money("80"))))]);
    // At the end of the week all of it counts, and Garden's 7.20 is less than half of a usual 20: with its sale of 20 November it
    // earned 80 in four weeks.
    let over = digest(&house.later(WEEK), Some("2026-12-01")).await;
    assert_eq!(
        fell(&over),
        [("kitchen".into(), Some((money("24"), money("160")))), ("garden".into(), Some((money("7.20"), money("20"))))]
    );
    assert!(over.at_risk.0.iter().all(|risk| risk.proposed == Proposed::Nothing));
    // Half and a penny more is no fall; a partner who sold in two weeks of four has no usual week.
    sale(&house, house.kitchen, &at(house.now, 2), "700.10").await;
    sale(&house, house.garden, &at(house.now, 2), "10").await;
    assert_eq!(
        fell(&digest(&house.later(WEEK), Some("2026-12-01")).await),
        [("garden".into(), Some((money("8.00"), money("20"))))]
    );
    let mut others = digest(&house.later(3 * WEEK), Some("2026-12-15")).await;
    assert_eq!(others.at_risk.0.len(), 2, "nothing at all, in weeks that follow");
    others = digest(&house.later(5 * WEEK), Some("2026-12-29")).await;
    assert_eq!(others.at_risk.0.len(), 0, "who sold last in one of the four weeks before");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_waits_and_whose_payout_came_back(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let day_later = digest(&house.later(DAY - 1), None).await;
    assert_eq!(day_later.at_risk.1, 0, "not a day yet");
    let waits = digest(&house.later(DAY), None).await;
    assert_eq!(waits.at_risk.0[0].unanswered, Some((case, house.now)));

    // Kitchen's payout came back on Wednesday; it is in the list first while there are more reasons.
    let came_back = |state: &str, seq: i32, at: &str| {
        format!(
            "SET LOCAL session_replication_role = replica;
             INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at, settlement_file_id, settlement_line, amount, currency)
             VALUES ({}, 7, {seq}, 'submitted', '{state}', 'bank', '{at}', '{at}', 1, {seq}, 9, 'GBP')",
            house.kitchen
        )
    };
    house.run(&came_back("returned", 4, "2026-12-02T09:00Z")).await;
    let house = house.later(3 * DAY);
    escalate(&house, case).await;
    propose(&house, house.kitchen, "9").await;
    let both = digest(&house, None).await;
    let found: Vec<_> = both.at_risk.0.iter().map(|risk| (risk.code.as_str(), risk.payout_failed.is_some())).collect();
    assert_eq!((found, both.at_risk.1), (vec![("garden", false), ("kitchen", true)], 2));
    assert_eq!(both.at_risk.0[0].proposed, Proposed::Escalation(case));
    assert!(matches!(both.at_risk.0[1].proposed, Proposed::Terms(_)));
    // Once it is paid after all, and Ana has her answer, nobody is at risk.
    house.run(&came_back("paid", 5, "2026-12-03T09:00Z")).await;
    house.take(&house.tomas(), case).await;
    house.reply(&house.tomas(), case, "We look into it.", false).await;
    assert_eq!(digest(&house.later(1), None).await.at_risk.1, 0);
    // The week before had neither.
    assert_eq!(digest(&house, Some("2026-11-29")).await.at_risk.1, 0);
}
