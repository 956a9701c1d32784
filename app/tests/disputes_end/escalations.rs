//! Escalations.

use crate::desk_house::{Answer, House, key, post};
use crate::{DAY, some};
use app::base::context::Context;
use app::base::ids::CaseId;
use app::{escalations, figures};
use http::StatusCode;
use sqlx::PgPool;

pub(crate) async fn escalate(house: &House, case: CaseId, to: &str) -> Answer {
    let parts = ["The order is real.", "Asked the shop twice.", "Credit 40."].map(some);
    let [facts, tried, proposed] = parts;
    let to = some(to);
    post(&house.tomas(), || {
        escalations::api::escalate(case.to_string(), facts, tried, proposed, to, key(), String::new())
    })
    .await
}

#[sqlx::test(migrations = "../migrations")]
async fn an_escalation_is_decided_or_sent_back(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let desk = format!("/desk/{case}");
    assert!(escalate(&house, case, "friend").await.is_back_to(&desk));
    assert_eq!(escalate(&house, case, "owner").await, Answer::To(format!("{desk}?done=escalated")));
    assert!(escalate(&house, case, "owner").await.is_back_to(&desk), "one waits already");
    let id: i64 = house.one("SELECT max(escalation_id) FROM escalation").await;
    let back = async |ctx: Context, words: &str| {
        let words = some(words);
        post(&ctx, || escalations::api::send_back(case.to_string(), id.to_string(), words)).await
    };
    assert_eq!(back(house.tomas(), "x").await, Answer::Status(StatusCode::FORBIDDEN));
    assert!(back(house.marta(), " ").await.is_back_to(&desk), "with words");
    assert_eq!(back(house.marta(), "Ask for the invoice.").await, Answer::To(format!("{desk}?done=sent-back")));
    assert_eq!(house.count("escalation WHERE verdict = 'sent_back'").await, 1);

    escalate(&house, case, "owner").await;
    house.decide(&house.marta(), case, "in_favour", "40", &key()).await;
    assert_eq!(house.count("escalation WHERE verdict = 'decided'").await, 1, "a decision from above answers it");
    let mut tx = house.marta().begin().await.expect("begin");
    let window = app::rota::spans::Span { from: house.now - chrono::TimeDelta::days(1), to: house.later(DAY).now };
    let weeks = figures::store::weeks(&mut tx, window, chrono_tz::UTC, None).await.expect("weeks");
    let sums = weeks.iter().fold((0, 0), |(all, above), week| (all + week.resolved, above + week.with_owner));
    assert_eq!(sums, (1, 1), "and it was not solved without an owner");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_decided_below_withdraws_its_escalation(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    escalate(&house, case, "owner").await;
    house.decide(&house.tomas(), case, "declined", "", &key()).await;
    assert_eq!(house.count("escalation WHERE verdict = 'withdrawn'").await, 1);
    house.close(&house.tomas(), case).await;
    assert!(
        escalate(&house, case, "owner").await.is_back_to(&format!("/desk/{case}")),
        "what is closed is put to nobody"
    );
    assert_eq!(house.count("escalation").await, 1);
}
