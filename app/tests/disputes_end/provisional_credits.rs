//! Provisional credits.

use crate::desk_house::{Answer, House, key, post};
use crate::{DAY, db, dec, ledger_is_right, page, payable, some};
use app::base::ids::CaseId;
use app::provisional;
use http::StatusCode;
use sqlx::PgPool;

pub(crate) async fn credit(house: &House, case: CaseId, amount: &str, until: &str) -> Answer {
    let typed = [amount, until, "Until we know more."].map(some);
    let [amount, until, reason] = typed;
    post(&house.tomas(), || {
        provisional::api::credit_provisionally(case.to_string(), amount, until, reason, key(), String::new())
    })
    .await
}

pub(crate) async fn set_limits(house: &House, largest: &str, cap: &str) -> Answer {
    let typed = [largest, cap, "31"].map(some);
    let [largest, cap, days] = typed;
    post(&house.marta(), || provisional::api::set_provisional_policy("shop".into(), "agent".into(), largest, cap, days))
        .await
}

async fn end_due(house: &House) -> usize {
    provisional::store::end_due(&db(house), house.now).await.expect("ended")
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decision_in_favour_makes_a_provisional_credit_final(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let desk = format!("/desk/{case}");
    set_limits(&house, "25", "50").await;
    assert!(credit(&house, case, "26", "2026-12-10").await.is_back_to(&desk), "over Tomás's limit of 25");
    assert!(credit(&house, case, "10", "2027-03-10").await.is_back_to(&desk), "a month at most");
    assert_eq!(credit(&house, case, "10", "2026-12-10").await, Answer::To(format!("{desk}?done=provisional")));
    assert_eq!(payable(&house).await, dec("10"), "payable at once");
    assert!(credit(&house, case, "10", "2026-12-10").await.is_back_to(&desk), "once a case");
    let over = house.decide(&house.tomas(), case, "in_favour", "16", &key()).await;
    assert!(over.is_back_to(&desk), "both together are over the limit: {over:?}");
    assert_eq!(payable(&house).await, dec("10"));
    house.decide(&house.tomas(), case, "in_favour", "15", &key()).await;
    assert_eq!(payable(&house).await, dec("25"));
    assert_eq!(house.count("provisional_credit WHERE outcome = 'final'").await, 1);
    assert_eq!(end_due(&house.later(30 * DAY)).await, 0, "it ended once");
    assert_eq!(house.count("transfer WHERE kind = 'clawback'").await, 0);
    ledger_is_right(&house).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn otherwise_it_is_taken_back_once(pool: PgPool) {
    let house = House::open(pool.clone()).await;
    set_limits(&house, "25", "50").await;
    let case = house.opened().await;
    credit(&house, case, "10", "2026-12-10").await;
    assert_eq!(end_due(&house.later(9 * DAY)).await, 0, "until the end of its last day");
    let later = house.later(20 * DAY);
    let (one, other) = tokio::join!(end_due(&later), end_due(&later));
    assert_eq!(one + other, 1);
    assert_eq!(payable(&house).await, dec("0"));
    let at: chrono::DateTime<chrono::Utc> =
        house.one("SELECT effective_at FROM transfer WHERE kind = 'clawback'").await;
    assert_eq!(at.to_rfc3339(), "2026-12-11T00:00:00+00:00", "at its day, however late that is found");
    house.decide(&later.tomas(), case, "in_favour", "10", &key()).await;
    assert_eq!(payable(&house).await, dec("10"), "a decision afterwards credits on its own");
    ledger_is_right(&house).await;

    // Another case: declined takes it back at once.
    house.open_other(&later.bo(), &key()).await;
    let second = house.last_case().await;
    assert_eq!(
        credit(&later, second, "10", "2026-12-30").await,
        Answer::To(format!("/desk/{second}?done=provisional"))
    );
    house.decide(&later.tomas(), second, "declined", "", &key()).await;
    assert_eq!(house.count("transfer WHERE kind = 'clawback'").await, 2);
    ledger_is_right(&house).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_credited_provisionally_until_an_owner_sets_limits(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let desk = format!("/desk/{case}");
    assert!(credit(&house, case, "1", "2026-12-10").await.is_back_to(&desk));
    assert_eq!(house.count("provisional_credit").await, 0);
    assert!(!page(house.tomas(), &desk).await.contains("/do/credit-provisionally"), "there is no form");
    let limits = page(house.marta(), "/limits").await;
    assert!(limits.contains("Off: nothing may be credited provisionally"), "{limits}");
    let (role, one) = ("agent".to_owned(), || some("1"));
    let tomas = house.tomas();
    let agent =
        post(&tomas, || provisional::api::set_provisional_policy("shop".into(), role, one(), one(), one())).await;
    assert_eq!(agent, Answer::Status(StatusCode::FORBIDDEN));
    assert!(set_limits(&house, "50", "25").await.is_back_to("/limits"), "all together is not less than one");
    assert_eq!(set_limits(&house, "25", "50").await, Answer::To("/limits?done=set".into()));
    assert_eq!(house.count("audit WHERE action = 'policy.provisional_set' AND actor_kind = 'staff'").await, 1);
    assert!(page(house.tomas(), &desk).await.contains("/do/credit-provisionally"));
    assert_eq!(credit(&house, case, "25", "2026-12-10").await, Answer::To(format!("{desk}?done=provisional")));
    // An authority of another day brings no limits with it, and 0 turns it off again.
    let later = house.later(DAY);
    house
        .run(
            "INSERT INTO authority (programme_id, role, lowest_minimum, largest_credit, valid_from)
              SELECT programme_id, 'agent', 20, 900, '2026-12-01T18:00Z' FROM programme",
        )
        .await;
    assert_eq!(house.count("provisional_policy").await, 1);
    assert_eq!(set_limits(&later, "0", "0").await, Answer::To("/limits?done=set".into()));
    house.open_other(&later.ana(), &key()).await;
    let second = house.last_case().await;
    assert!(credit(&later, second, "1", "2026-12-10").await.is_back_to(&format!("/desk/{second}")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partner_has_a_cap(pool: PgPool) {
    let house = House::open(pool).await;
    set_limits(&house, "25", "50").await;
    for _ in 0..2 {
        house.open_other(&house.ana(), &key()).await;
        let case = house.last_case().await;
        assert_eq!(
            credit(&house, case, "25", "2026-12-10").await,
            Answer::To(format!("/desk/{case}?done=provisional"))
        );
    }
    let case = house.opened().await;
    assert!(credit(&house, case, "1", "2026-12-10").await.is_back_to(&format!("/desk/{case}")), "50 run already");
    assert_eq!(payable(&house).await, dec("50"));
}
