//! A bank account is readable nowhere: not in a table, not in a draft, not with another row's place.

use crate::desk_house::{House, post};
use crate::{IBAN, OTHER_IBAN, PASSWORD, done, iban, open, paypal};
use app::base::actor::Actor;
use app::base::context::Context;
use app::base::error::AppError;
use app::base::forms::recall;
use app::payout_methods::api::set_payout_method;
use app::payout_methods::store::wholes;
use sqlx::{AssertSqlSafe, PgPool};

/// Tables in which a text stands somewhere, in any row.
pub async fn tables_with(pool: &PgPool, text: &str) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .expect("tables");
    assert!(tables.len() > 20, "{tables:?}");
    let mut found = Vec::new();
    for table in tables {
        let sql = format!(
            "SELECT EXISTS (SELECT FROM {table} t WHERE t::text ILIKE '%' || $1 || '%'
                            OR t::text ILIKE '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%')"
        );
        let there: bool = sqlx::query_scalar(AssertSqlSafe(sql)).bind(text).fetch_one(pool).await.expect("asked");
        if there {
            found.push(table);
        }
    }
    found
}

async fn post_iban(ctx: &Context, iban: &str, holder: &str, password: &str) -> String {
    let (iban, holder, password) = (iban.to_owned(), holder.to_owned(), password.to_owned());
    let form = || {
        set_payout_method(
            "iban".into(),
            Some(holder),
            Some(iban),
            None,
            None,
            None,
            None,
            None,
            None,
            Some(password),
            crate::key(),
        )
    };
    format!("{:?}", post(ctx, form).await)
}

#[sqlx::test(migrations = "../migrations")]
async fn no_table_holds_an_account(pool: PgPool) {
    let house = open(pool.clone()).await;
    let ana = house.ana();
    post_iban(&ana, IBAN, "Ana Soler", PASSWORD).await;
    post_iban(&ana, OTHER_IBAN, "Ana Soler", "a wrong one").await;
    post_iban(&ana, OTHER_IBAN, " ", PASSWORD).await;
    post_iban(&house.bo(), IBAN, "Bo Lind", PASSWORD).await;
    assert_eq!(house.count("payout_method").await, 1);
    assert_eq!(house.count("form_draft").await, 3);
    for secret in [IBAN, &IBAN[4..], OTHER_IBAN, &OTHER_IBAN[4..], "a wrong one", PASSWORD] {
        assert_eq!(tables_with(&pool, secret).await, Vec::<String>::new(), "{secret}");
    }
    // The search finds what is there.
    assert_eq!(tables_with(&pool, "Ana Soler").await, ["form_draft", "payout_method", "person"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_form_comes_back_to_its_writer_alone(pool: PgPool) {
    let house = open(pool).await;
    let typed = " DE89 3704 0044 0532 0130 01 ";
    let back = post_iban(&house.ana(), typed, "Ana Soler", PASSWORD).await;
    assert!(back.contains("/account/method/iban?form="), "{back}");
    let form = back.split("form=").nth(1).and_then(|rest| rest.split('#').next()).expect("draft").to_owned();
    let draft = recall(&house.ana(), Some(&form)).await.expect("draft");
    assert_eq!((draft.value("iban").as_str(), draft.value("holder").as_str()), (typed, "Ana Soler"));
    assert_eq!(draft.value("password"), "");
    assert!(draft.error("iban").is_some());
    for other in [house.bo(), house.tomas()] {
        let draft = recall(&other, Some(&form)).await.expect("draft");
        assert!(!draft.is_refused() && draft.value("iban").is_empty());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_ciphertext_in_another_row_is_refused(pool: PgPool) {
    let house: House = open(pool).await;
    done(&house.ana(), &iban(IBAN)).await;
    done(&house.bo(), &paypal("bo@example.com")).await;
    let ctx = house.ana();
    let ids: Vec<(i64, i64)> = vec![
        (house.garden.0, house.one("SELECT min(payout_method_id) FROM payout_method").await),
        (house.kitchen.0, house.one("SELECT max(payout_method_id) FROM payout_method").await),
    ];
    let asked: Vec<_> = ids.iter().map(|(partner, id)| ((*partner).into(), *id)).collect();
    let read = async || {
        let mut tx = ctx.db.begin(&Actor::Job).await.expect("begin");
        wholes(&mut tx, &ctx.secrets, &asked).await
    };
    let found = read().await.expect("wholes");
    assert_eq!(
        found.iter().map(|whole| whole.address.masked()).collect::<Vec<_>>(),
        ["ES•• •••• 1332", "b…@example.com"]
    );

    // Somebody with every right on the database puts an account of theirs in the place of Ana's.
    house
        .run(
            "ALTER TABLE payout_method DISABLE TRIGGER USER;
             UPDATE payout_method m SET ciphertext = o.ciphertext, kind = o.kind FROM payout_method o
             WHERE o.partner_id <> m.partner_id AND m.kind = 'iban'",
        )
        .await;
    assert!(matches!(read().await, Err(AppError::Internal(_))));
    // Nor do partner and staff read whole accounts this way.
    for actor in [ctx.actor.clone(), house.marta().actor] {
        let mut tx = ctx.db.begin(&actor).await.expect("begin");
        assert!(matches!(wholes(&mut tx, &ctx.secrets, &asked).await, Err(AppError::Database(_))));
    }
}
