//! Appeals.

use crate::desk_house::{Answer, House, key};
use crate::{DAY, appeal, dec, decide_appeal, ledger_is_right, payable};
use app::base::ids::CaseId;
use http::StatusCode;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn an_appeal_is_decided_once_by_somebody_else(pool: PgPool) {
    let house = House::open(pool.clone()).await;
    let case = house.opened().await;
    let here = format!("/disputes/{case}");
    assert!(appeal(&house, case, "You are wrong.").await.is_back_to(&here), "nothing is decided yet");
    house.decide(&house.tomas(), case, "declined", "", &key()).await;
    let later = house.later(2 * DAY);
    assert!(appeal(&later, case, " ").await.is_back_to(&here), "without a reason");
    assert_eq!(appeal(&later, case, "The shop says otherwise.").await, Answer::To(format!("{here}?done=appealed")));
    assert_eq!(house.stage(case).await, "in_review");
    assert!(appeal(&later, case, "Once more.").await.is_back_to(&here), "one appeal a case");
    let with: Option<i64> = house.one("SELECT assignee_id FROM support_case").await;
    assert_eq!(with, Some(house.marta.0), "no other agent is there, so it is an owner's");

    let desk = format!("/desk/{case}");
    let tomas = decide_appeal(&later, &later.tomas(), &pool, case, "changed", "10").await;
    assert!(tomas.is_back_to(&desk), "who decided first does not decide again: {tomas:?}");
    let credited = decide_appeal(&later, &later.marta(), &pool, case, "upheld", "10").await;
    assert!(credited.is_back_to(&desk), "what stays has no credit");
    let done = decide_appeal(&later, &later.marta(), &pool, case, "changed", "10").await;
    assert_eq!(done, Answer::To(format!("{desk}?done=appeal-decided")));
    assert_eq!(house.stage(case).await, "decided");
    assert_eq!(payable(&house).await, dec("10"));
    assert_eq!(house.count("transfer WHERE kind = 'adjustment'").await, 1, "by a transfer of its own");
    assert_eq!(
        house.count("case_decision WHERE outcome = 'declined' AND amount IS NULL").await,
        1,
        "the first one stays"
    );
    assert!(decide_appeal(&later, &later.marta(), &pool, case, "changed", "10").await.is_back_to(&desk));
    assert_eq!(house.count("case_appeal_decision").await, 1);
    ledger_is_right(&house).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_appeal_has_its_time(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.decide(&house.tomas(), case, "declined", "", &key()).await;
    let late = house.later(31 * DAY);
    assert!(appeal(&late, case, "The shop says otherwise.").await.is_back_to(&format!("/disputes/{case}")));
    assert_eq!(house.count("case_appeal").await, 0);
    assert_eq!(appeal(&late, CaseId(999), "x").await, Answer::Status(StatusCode::NOT_FOUND));
}
