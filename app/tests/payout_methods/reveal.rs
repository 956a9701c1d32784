//! Whole accounts are shown to staff who say why: for two minutes, twenty a day, each written down.

use crate::desk_house::{Answer, House, code, key, post};
use crate::{IBAN, OTHER_IBAN, done, iban, open};
use app::base::actor::{Actor, Role, Staff};
use app::base::context::Context;
use app::base::ids::CaseId;
use app::payout_methods::api::reveal_payout_method;
use app::payout_methods::store::{live_method, revealed};
use app::reveals::model::MOST_A_DAY;
use chrono::TimeDelta;
use http::StatusCode;
use sqlx::PgPool;

async fn ask(ctx: &Context, case: CaseId, reason: &str, form_key: &str) -> Answer {
    post(ctx, || reveal_payout_method(case.to_string(), Some(reason.into()), form_key.into())).await
}

/// What somebody is shown: the account in groups, if anything.
async fn shown(house: &House, ctx: &Context) -> Option<String> {
    let mut tx = ctx.begin().await.expect("begin");
    let method = live_method(&mut tx, house.garden).await.expect("method").expect("live");
    let person = ctx.staff().expect("staff").person;
    let whole = revealed(&mut tx, &ctx.secrets, house.garden, &method, person, ctx.now()).await.expect("revealed");
    whole.map(|(address, _)| address.written()[0].1.clone())
}

#[sqlx::test(migrations = "../migrations")]
async fn who_says_why_sees_it_for_two_minutes(pool: PgPool) {
    let house = open(pool).await;
    let case = house.opened().await;
    done(&house.ana(), &iban(IBAN)).await;
    let tomas = house.tomas();
    assert_eq!(shown(&house, &tomas).await, None);
    // Without a reason, or for who only reads: nothing.
    assert!(ask(&tomas, case, " ", &key()).await.is_back_to("/desk/"));
    assert!(ask(&tomas, case, &"x".repeat(1001), &key()).await.is_back_to("/desk/"));
    assert_eq!(ask(&house.lea(), case, "Curious", &key()).await, Answer::Status(StatusCode::FORBIDDEN));
    assert_eq!(ask(&house.ana(), case, "Mine", &key()).await, Answer::Status(StatusCode::FORBIDDEN));
    assert_eq!(ask(&tomas, CaseId(999), "Curious", &key()).await, Answer::Status(StatusCode::NOT_FOUND));
    assert_eq!(house.count("payout_method_reveal").await, 0);
    assert_eq!(shown(&house, &tomas).await, None);

    let form_key = key();
    let there = Answer::To(format!("/desk/{case}#payout-method"));
    assert_eq!(ask(&tomas, case, "The bank sent it back", &form_key).await, there);
    assert_eq!(ask(&tomas, case, "The bank sent it back", &form_key).await, there);
    assert_eq!(house.count("payout_method_reveal WHERE reason = 'The bank sent it back' AND nth = 1").await, 1);
    assert_eq!(shown(&house, &tomas).await.as_deref(), Some("ES91 2100 0418 4502 0005 1332"));
    assert_eq!(shown(&house, &house.marta()).await, None, "it was not revealed to her");
    assert!(shown(&house, &house.later(1).tomas()).await.is_some());
    assert_eq!(shown(&house, &house.later(2).tomas()).await, None);
    assert_eq!(shown(&house, &house.later(-1).tomas()).await, None, "before it was asked for");

    // The record names who, which and where, and neither the account nor the reason.
    let after: String = house
        .one("SELECT after::text FROM audit WHERE action = 'payout_method.revealed' AND actor_kind = 'staff'")
        .await;
    assert!(
        after.contains(&format!("\"case\": {case}")) && !after.contains("1332") && !after.contains("bank"),
        "{after}"
    );

    // Changed, it is another account and another reveal.
    done(&house.ana(), &iban(OTHER_IBAN)).await;
    assert_eq!(shown(&house, &tomas).await, None);
    // Finance may, on the same case.
    let finance =
        Staff { person: tomas.staff().expect("staff").person, name: "Tomás Gil".into(), role: Role::Finance };
    let finance = Context { actor: Actor::Staff(finance), ..tomas };
    assert_eq!(ask(&finance, case, "The file to the bank", &key()).await, there);
    assert_eq!(shown(&house, &finance).await.as_deref(), Some("DE89 3704 0044 0532 0130 00"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_itself_refuses_a_silent_reveal(pool: PgPool) {
    let house = open(pool).await;
    let case = house.opened().await;
    done(&house.ana(), &iban(IBAN)).await;
    let tomas = house.tomas();
    let given = async |ctx: &Context, person: i64| -> i64 {
        let mut tx = ctx.begin().await.expect("begin");
        let method = live_method(&mut tx, house.garden).await.expect("method").expect("live").id;
        sqlx::query_scalar("SELECT count(*) FROM reveal_payout_method($1, $2, $3)")
            .bind(house.garden.0)
            .bind(method)
            .bind(person)
            .fetch_one(&mut *tx)
            .await
            .expect("function")
    };
    assert_eq!(given(&tomas, house.tomas.0).await, 0);
    let mut tx = tomas.begin().await.expect("begin");
    let error = sqlx::query("SELECT ciphertext FROM payout_method").execute(&mut *tx).await.expect_err("a ciphertext");
    assert_eq!(code(&error), "42501");
    drop(tx);
    ask(&tomas, case, "The bank asked", &key()).await;
    assert_eq!(given(&tomas, house.tomas.0).await, 1);
    assert_eq!(given(&house.marta(), house.tomas.0 + 1).await, 0);
    // By the database's own clock it ends, whatever the program's says.
    let age = "ALTER TABLE payout_method_reveal DISABLE TRIGGER USER;
               UPDATE payout_method_reveal SET written_at = now() - interval '121 seconds'";
    house.run(age).await;
    assert_eq!(given(&tomas, house.tomas.0).await, 0);
    assert_eq!(shown(&house, &tomas).await, None);
    house.run("UPDATE payout_method_reveal SET written_at = now()").await;
    assert_eq!(given(&tomas, house.tomas.0).await, 1);
    // Who left, or only reads by now, is given nothing.
    house.run("UPDATE staff SET role = 'auditor' WHERE name LIKE 'Tom%'").await;
    assert_eq!(given(&tomas, house.tomas.0).await, 0);
    house.run("UPDATE staff SET role = 'agent', disabled_at = now() WHERE name LIKE 'Tom%'").await;
    assert_eq!(given(&tomas, house.tomas.0).await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_day_has_so_many_reveals(pool: PgPool) {
    let house = open(pool).await;
    let case = house.opened().await;
    done(&house.ana(), &iban(IBAN)).await;
    for number in 0..MOST_A_DAY {
        let answer = ask(&house.later(number).tomas(), case, "Checking them all", &key()).await;
        assert!(!answer.is_back_to("/desk/"), "{number}: {answer:?}");
    }
    assert!(ask(&house.tomas(), case, "One more", &key()).await.is_back_to("/desk/"));
    let told: String = house.one("SELECT errors->>'' FROM form_draft ORDER BY created_at DESC LIMIT 1").await;
    assert!(told.starts_with("You have looked at 20 accounts today"), "{told}");
    assert_eq!(house.count("payout_method_reveal").await, MOST_A_DAY);
    // A colleague still may, and so may they tomorrow.
    assert!(!ask(&house.marta(), case, "For Tomás", &key()).await.is_back_to("/desk/"));
    let tomorrow = house.later(TimeDelta::hours(12).num_minutes()).tomas();
    assert!(!ask(&tomorrow, case, "A new day", &key()).await.is_back_to("/desk/"));
    // At the same moment two meet at one number.
    let (one, other) = (key(), key());
    let (marta, again) = (house.marta(), house.marta());
    let both = tokio::join!(ask(&marta, case, "Now", &one), ask(&again, case, "Now", &other));
    assert!(matches!(both, (Answer::To(_), _) | (_, Answer::To(_))), "{both:?}");
    let numbers: i64 = house.one("SELECT count(DISTINCT (person_id, day, nth)) FROM payout_method_reveal").await;
    assert_eq!(numbers, house.count("payout_method_reveal").await);
}
