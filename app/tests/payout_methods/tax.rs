//! Tax data: given with the password once more, sealed, and shown whole to staff who say why.

use crate::desk_house::{Answer, House, code, key, post};
use crate::secrecy::tables_with;
use crate::{IBAN, PASSWORD, done, iban, open};
use app::base::context::Context;
use app::base::error::AppError;
use app::base::ids::CaseId;
use app::payout_methods::api::reveal_payout_method;
use app::reveals::model::MOST_A_DAY;
use app::tax::api::{Typed, reveal_tax_number, set, set_tax_profile};
use app::tax::store::{newest, numbers, revealed};
use http::StatusCode;
use sqlx::PgPool;

fn typed() -> Typed {
    Typed {
        legal_name: "Ana Soler Vidal".into(),
        kind: "person".into(),
        street: "Calle Luna".into(),
        building: "7".into(),
        post_code: "46001".into(),
        town: "Valencia".into(),
        country: "ES".into(),
        tax_number: "12345678-Z".into(),
        vat_registered: "yes".into(),
        vat_number: "ES87654321X".into(),
        agrees: String::new(),
        password: PASSWORD.into(),
        form_key: key(),
    }
}

async fn given(ctx: &Context, typed: &Typed) {
    assert!(set(ctx, typed).await.expect("set").is_ok());
}

async fn ask(ctx: &Context, case: CaseId, reason: &str) -> Answer {
    post(ctx, || reveal_tax_number(case.to_string(), Some(reason.into()), key())).await
}

async fn shown(house: &House, ctx: &Context) -> Option<String> {
    let mut tx = ctx.begin().await.expect("begin");
    let profile = newest(&mut tx, house.garden, ctx.now()).await.expect("profile").expect("one").id;
    let person = ctx.staff().expect("staff").person;
    let whole = revealed(&mut tx, &ctx.secrets, house.garden, profile, person, ctx.now()).await.expect("revealed");
    whole.and_then(|(numbers, _)| Some(numbers.tax?.as_str().to_owned()))
}

#[sqlx::test(migrations = "../migrations")]
async fn tax_data_is_given_once_and_kept_version_by_version(pool: PgPool) {
    let house = open(pool).await;
    let ana = house.ana();
    let refused =
        set(&ana, &Typed { password: "somebody else's".into(), ..typed() }).await.expect("set").expect_err("no");
    assert_eq!(refused.get("password"), Some("This is not your password. Nothing was changed."));
    let refused =
        set(&ana, &Typed { town: String::new(), vat_number: "DE123456789".into(), ..typed() }).await.expect("set");
    let refused = refused.expect_err("no");
    assert!(refused.get("town").is_some() && refused.get("vat_number").is_some(), "{refused:?}");
    assert!(matches!(set(&house.tomas(), &typed()).await, Err(AppError::Forbidden)));
    assert_eq!(house.count("tax_profile").await, 0);
    let first = typed();
    given(&ana, &first).await;
    given(&ana, &first).await;
    assert_eq!(house.count("tax_profile").await, 1);
    let later = house.later(5);
    given(&later.ana(), &Typed { town: "Sagunto".into(), ..typed() }).await;
    assert_eq!(house.count("tax_profile").await, 2);
    // What counted before still does for what happened before.
    let mut tx = ana.begin().await.expect("begin");
    let old = newest(&mut tx, house.garden, ana.now()).await.expect("profile").expect("one");
    assert_eq!(
        (old.address.town.as_str(), old.tax_number.as_deref(), old.vat_number.as_deref()),
        ("Valencia", Some("…78Z"), Some("…21X"))
    );
    let new = newest(&mut tx, house.garden, later.now).await.expect("profile").expect("one");
    assert_eq!(new.address.town, "Sagunto");
    // Their own numbers are not theirs to read again.
    assert!(numbers(&mut tx, &ana.secrets, house.garden, new.id).await.is_err());
    assert_eq!(house.count("audit WHERE action = 'tax_profile.set'").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn no_table_holds_a_number(pool: PgPool) {
    let house = open(pool.clone()).await;
    let ana = house.ana();
    given(&ana, &typed()).await;
    // A refused form keeps what was typed, sealed.
    let answer = post(&ana, || {
        let some = |text: &str| Some(text.to_owned());
        set_tax_profile(
            some("Ana Soler Vidal"),
            some("person"),
            some("Calle Luna"),
            None,
            None,
            some("Valencia"),
            some("ES"),
            some("12345678Z"),
            some("yes"),
            some("ES87654321X"),
            None,
            some("wrong"),
            key(),
        )
    })
    .await;
    assert!(answer.is_back_to("/account/tax"), "{answer:?}");
    for secret in ["12345678", "87654321", PASSWORD] {
        assert_eq!(tables_with(&pool, secret).await, Vec::<String>::new(), "{secret}");
    }
    // The record names neither the person nor where they live.
    assert_eq!(tables_with(&pool, "Calle Luna").await, ["tax_profile"]);
    assert_eq!(tables_with(&pool, "Soler Vidal").await, ["form_draft", "tax_profile"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn whole_numbers_are_shown_to_who_says_why_and_counted_with_accounts(pool: PgPool) {
    let house = open(pool).await;
    let case = house.opened().await;
    given(&house.ana(), &typed()).await;
    done(&house.ana(), &iban(IBAN)).await;
    let tomas = house.tomas();
    let mut tx = tomas.begin().await.expect("begin");
    let error = sqlx::query("SELECT tax_number FROM tax_profile").execute(&mut *tx).await.expect_err("a ciphertext");
    assert_eq!(code(&error), "42501");
    drop(tx);
    assert!(ask(&tomas, case, " ").await.is_back_to("/desk/"));
    assert_eq!(ask(&house.lea(), case, "Curious").await, Answer::Status(StatusCode::FORBIDDEN));
    assert_eq!(ask(&house.ana(), case, "Mine").await, Answer::Status(StatusCode::FORBIDDEN));
    assert_eq!(shown(&house, &tomas).await, None);
    assert_eq!(ask(&tomas, case, "The tax office asked").await, Answer::To(format!("/desk/{case}#tax-data")));
    assert_eq!(shown(&house, &tomas).await.as_deref(), Some("12345678Z"));
    assert_eq!(shown(&house, &house.marta()).await, None, "it was not revealed to her");
    assert_eq!(shown(&house, &house.later(2).tomas()).await, None, "two minutes are over");
    let after: String = house.one("SELECT after::text FROM audit WHERE action = 'tax_profile.revealed'").await;
    assert!(!after.contains("678") && !after.contains("office"), "{after}");
    // One limit for both kinds of looks.
    for number in 1..MOST_A_DAY {
        let ctx = house.later(number).tomas();
        let answer = post(&ctx, || reveal_payout_method(case.to_string(), Some("Checking".into()), key())).await;
        assert!(!answer.is_back_to("/desk/"), "{number}: {answer:?}");
    }
    assert!(ask(&tomas, case, "One more").await.is_back_to("/desk/"));
    assert_eq!(house.count("payout_method_reveal").await, MOST_A_DAY);
}
