//! What the desk writes once and uses often: macros, mentions, help articles, the links in them; and first steps.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "../desk_house/mod.rs"]
mod desk_house;

mod articles;
mod links;
mod macros;

use app::help::first_steps::api::dismiss_first_steps;
use app::macros::model::Variant;
use app::mentions::{api as mentions, store as mentioned};
use app::similar::store::like;
use desk_house::{Answer, House, key, post};
use http::StatusCode;
use sqlx::PgPool;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_a_note_names_finds_it(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.note(&house.tomas(), case, "@Marta Ruiz and @Tomás Gil and @Lea Mora, please look.").await;
    // The writer needs no telling, and auditors only read.
    assert_eq!(house.count("mention").await, 1);
    let (note, tomas, id) = (some("Nothing new."), house.tomas(), case.to_string());
    post(&tomas, || app::desk::api::note(id, note, key(), some("Marta Ruiz"))).await;

    let mut tx = house.marta().begin().await.expect("begin");
    assert_eq!(mentioned::unseen(&mut tx, house.marta).await.expect("count"), 2);
    let list = mentioned::list(&mut tx, house.marta, 10).await.expect("list");
    drop(tx);
    assert_eq!(list[0].body, "@Marta Ruiz Nothing new.");
    let newest = list[0].note.to_string();
    assert_eq!(
        post(&house.tomas(), || mentions::open_mention(newest.clone())).await,
        Answer::Status(StatusCode::NOT_FOUND),
        "it names somebody else"
    );
    assert_eq!(
        post(&house.marta(), || mentions::open_mention(newest.clone())).await,
        Answer::To(format!("/desk/{case}"))
    );
    assert_eq!(post(&house.marta(), || mentions::open_mention(newest)).await, Answer::To(format!("/desk/{case}")));
    assert_eq!(house.count("mention WHERE seen_at IS NULL").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn decided_cases_like_an_open_one_are_found(pool: PgPool) {
    let house = House::open(pool).await;
    let wrong_amount = house.opened().await;
    house.decide(&house.tomas(), wrong_amount, "in_part", "5", &key()).await;
    let (alike, unlike) =
        ("My sub ids are missing in the report of last week", "May I use your logo on a poster at a fair?");
    let mut cases = Vec::new();
    for words in [alike, unlike] {
        let body = some(words);
        post(&house.ana(), || {
            app::disputes::api::open_dispute(None, None, None, None, None, None, None, None, None, None, body, key())
        })
        .await;
        let case = house.last_case().await;
        house.decide(&house.tomas(), case, "declined", "", &key()).await;
        cases.push(case);
    }
    let body = some("Where are the sub ids of my reports?");
    post(&house.bo(), || {
        app::disputes::api::open_dispute(None, None, None, None, None, None, None, None, None, None, body, key())
    })
    .await;
    let open = house.last_case().await;
    let mut tx = house.tomas().begin().await.expect("begin");
    let found = like(&mut tx, house.kitchen, open, 4).await.expect("found");
    assert_eq!(found.iter().map(|each| each.id).collect::<Vec<_>>(), cases, "its own kind, the most alike first");
    assert_eq!(found[0].said, "You were right.");
    assert_eq!(found[0].partner, "Garden");
}

#[sqlx::test(migrations = "../migrations")]
async fn first_steps_are_put_away_by_whoever_does_not_want_them(pool: PgPool) {
    let house = House::open(pool).await;
    for _ in 0..2 {
        assert_eq!(post(&house.ana(), dismiss_first_steps).await, Answer::To("/payouts".into()));
    }
    assert_eq!(house.count("first_steps_dismissal").await, 1);
    assert_eq!(house.count("audit WHERE action = 'first_steps.dismissed'").await, 1);
    assert_eq!(post(&house.tomas(), dismiss_first_steps).await, Answer::Status(StatusCode::FORBIDDEN));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_person_chooses_how_they_are_spoken_to(pool: PgPool) {
    let house = House::open(pool).await;
    let choose = |form: &str| {
        let form = some(form);
        move || app::sign_in::api::preferences(some("es"), None, some("/account"), form)
    };
    assert_eq!(post(&house.ana(), choose("usted")).await, Answer::To("/account".into()));
    assert_eq!(post(&house.ana(), choose("vos")).await, Answer::To("/account".into()), "what is none changes nothing");
    let (locale, form): (String, String) = (
        house.one("SELECT locale FROM person WHERE email LIKE 'ana@%'").await,
        house.one("SELECT address_form FROM person WHERE email LIKE 'ana@%'").await,
    );
    assert_eq!(Variant::of(&locale, &form), Variant::EsUsted);
}
