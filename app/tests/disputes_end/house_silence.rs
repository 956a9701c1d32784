//! The silence of the house.

use crate::desk_house::{Answer, House, key, post};
use crate::enquiries::claims;
use crate::{DAY, db, dec, decide_appeal, ledger_is_right, some};
use app::mail::home::MailHome;
use app::{appeals, silence};
use http::StatusCode;
use rust_decimal::Decimal;
use sqlx::PgPool;

/// Somebody is at the desk every day; the resolution clock takes 40 hours of it.
pub(crate) async fn with_rota(pool: PgPool) -> House {
    let house = House::open(pool).await;
    let (tick, person) = (|| some("yes"), some(&house.tomas.to_string()));
    let done = post(&house.marta(), || {
        app::rota::api::add_shift(
            person,
            tick(),
            tick(),
            tick(),
            tick(),
            tick(),
            None,
            None,
            some("09:00"),
            some("17:00"),
            None,
            None,
            some("UTC"),
            some("2026-12-01"),
            key(),
        )
    })
    .await;
    assert_eq!(done, Answer::To("/rota?done=shift".into()));
    house
}

pub(crate) async fn set_silence(house: &House, days: &str, cap: &str) -> Answer {
    let (days, cap) = (some(days), some(cap));
    post(&house.marta(), || silence::api::set_silence_policy("shop".into(), days, cap)).await
}

/// What the jobs do at a moment: clocks first, since silence is counted from them.
async fn silent(house: &House) -> usize {
    app::clocks::store::renew_waiting(&db(house), house.now).await.expect("clocks");
    silence::store::speak(&db(house), &MailHome::default(), house.now).await.expect("spoken")
}

#[sqlx::test(migrations = "../migrations")]
async fn silence_of_the_house_decides_below_the_cap_and_escalates_above(pool: PgPool) {
    let house = with_rota(pool.clone()).await;
    assert_eq!(set_silence(&house, "2", "10").await, Answer::To("/limits?done=set".into()));
    // 8 percent of 200 is 16, over the cap; of 50 it is 4.
    let (first, second) = claims(&house).await;
    house.run("UPDATE person SET locale = 'es', address_form = 'usted' WHERE name = 'Bo Lind'").await;
    // And one of which nobody knows how much it is about.
    let third = house.opened().await;
    // 40 hours of the desk end at 11:00 on Tuesday the 8th, or a little later; two working days more is Thursday's end.
    assert_eq!(silent(&house.later(8 * DAY)).await, 0, "on the 9th at noon two days are not over");
    assert_eq!(silent(&house.later(9 * DAY + 6 * 60)).await, 3, "on the 10th in the evening they are");
    assert_eq!(silent(&house.later(9 * DAY + 7 * 60)).await, 0, "once");
    assert_eq!(house.stage(second).await, "decided");
    assert_eq!((house.stage(first).await, house.stage(third).await), ("received".to_owned(), "received".to_owned()));
    let row: (String, Decimal, Option<i64>) = sqlx::query_as("SELECT outcome, amount, decided_by FROM case_decision")
        .fetch_one(&pool)
        .await
        .expect("one decision");
    assert_eq!(row, ("in_favour".into(), dec("4.00"), None), "by the policy, by nobody");
    assert_eq!(house.count("escalation WHERE to_role = 'owner' AND escalated_by IS NULL").await, 2);
    assert_eq!(house.count("mail_out WHERE notice = 'silence_decided'").await, 1);
    let by: String = house.one("SELECT signed_by FROM mail_out WHERE notice = 'silence_decided'").await;
    assert_eq!(by, "Marta Ruiz", "nobody had the case and no lead is there, so an owner signs");
    let words: String = house.one("SELECT reason_partner FROM case_decision").await;
    assert!(words.contains("decidida a su favor"), "as its partner is called: {words}");
    assert_eq!(house.count("audit WHERE action = 'case.decided_by_silence' AND actor_kind = 'job'").await, 1);
    ledger_is_right(&house).await;
    let later = house.later(10 * DAY);
    let mut tx = later.marta().begin().await.expect("begin");
    assert_eq!(silence::store::decided(&mut tx).await.expect("listed").len(), 1);
    drop(tx);
    // A policy's decision can be appealed against, and anybody decides that.
    let body = some("It was more.");
    let answer = post(&later.bo(), || appeals::api::appeal(second.to_string(), body, key())).await;
    assert_eq!(answer, Answer::To(format!("/disputes/{second}?done=appealed")));
    let done = decide_appeal(&later, &later.tomas(), &pool, second, "upheld", "").await;
    assert_eq!(done, Answer::To(format!("/desk/{second}?done=appeal-decided")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_house_that_speaks_in_time_is_not_silent(pool: PgPool) {
    let house = with_rota(pool).await;
    set_silence(&house, "2", "10").await;
    let (_, second) = claims(&house).await;
    house.decide(&house.later(5 * DAY).tomas(), second, "declined", "", &key()).await;
    silent(&house.later(20 * DAY)).await;
    assert_eq!(house.count("case_decision WHERE silence_policy_id IS NOT NULL").await, 0);
    let refused = set_silence(&house, "0", "10").await;
    assert!(refused.is_back_to("/limits"), "{refused:?}");
    let (days, cap) = (some("1"), some("1"));
    let agent = post(&house.tomas(), || silence::api::set_silence_policy("shop".into(), days, cap)).await;
    assert_eq!(agent, Answer::Status(StatusCode::FORBIDDEN));
}
