//! Macros: what is filled in, what is held back, what is done besides.

use crate::desk_house::{Answer, House, key, post};
use crate::some;
use app::base::context::Context;
use app::base::ids::CaseId;
use app::desk::api as desk;
use app::macros::api as macros;
use http::StatusCode;
use sqlx::PgPool;

const EN: &str =
    "Hello {contact}, case {case} of {partner}: you have {balance}, and the minimum is {minimum}. Yours, {agent}";
const USTED: &str = "Estimada {contact}: en el caso {case} usted tiene {balance}; el mínimo es de {minimum}. {agent}";

/// Writes a macro with an English text and one with usted; gives the answer.
async fn write_macro(
    house: &House,
    ctx: &Context,
    of: Option<(&str, &str)>,
    name: &str,
    texts: [&str; 2],
    closes: bool,
) -> Answer {
    let _ = house;
    let (id, version) = of.map_or((None, None), |(id, version)| (some(id), some(version)));
    let closes = closes.then(|| "yes".to_owned());
    let [en, usted] = texts.map(some);
    let name = some(name);
    post(ctx, || macros::write_macro(id, version, name, en, None, usted, None, closes, None, key(), None)).await
}

/// A macro that is there; its id.
pub async fn made(house: &House, name: &str, texts: [&str; 2], closes: bool) -> i64 {
    let answer = write_macro(house, &house.tomas(), None, name, texts, closes).await;
    let id: i64 = house.one("SELECT max(macro_id) FROM macro").await;
    assert_eq!(answer, Answer::To(format!("/macros/{id}?done=written")));
    id
}

async fn put(house: &House, case: CaseId, id: i64, typed: &str, form_key: &str) -> String {
    let (ctx, form_key) = (house.tomas(), form_key.to_owned());
    let answer =
        post(&ctx, || macros::use_macro(case.to_string(), some(&id.to_string()), some(typed), None, None, form_key))
            .await;
    let Answer::To(path) = answer else { panic!("{answer:?}") };
    assert!(path.starts_with(&format!("/desk/{case}?form=")), "{path}");
    house.one("SELECT fields->>'body' FROM form_draft ORDER BY ctid DESC LIMIT 1").await
}

async fn reply(house: &House, case: CaseId, body: &str, form_key: &str) -> Answer {
    let seen: i64 = house.one("SELECT max(message_id) FROM message").await;
    let (ctx, body, form_key) = (house.tomas(), some(body), form_key.to_owned());
    post(&ctx, || desk::reply(case.to_string(), body, form_key, seen.to_string(), None)).await
}

async fn errors(house: &House) -> String {
    house.one("SELECT coalesce((SELECT errors::text FROM form_draft ORDER BY ctid DESC LIMIT 1), '')").await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_macro_is_filled_in_for_its_reader_below_what_was_typed(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let id = made(&house, "Balance", [EN, USTED], false).await;

    let form_key = key();
    let body = put(&house, case, id, "First of all, thank you.", &form_key).await;
    let filled = format!(
        "First of all, thank you.\n\nHello Ana, case {case} of Garden: you have £0.00, and the minimum is £50.00. Yours, Tomás Gil"
    );
    assert_eq!(body, filled);
    assert_eq!(reply(&house, case, &body, &form_key).await, Answer::To(format!("/desk/{case}?done=sent")));
    assert_eq!(house.count("macro_use WHERE variant = 'en'").await, 1);

    house.run("UPDATE person SET locale = 'es', address_form = 'usted' WHERE email LIKE 'ana@%'").await;
    let body = put(&house, case, id, "", &key()).await;
    assert_eq!(
        body,
        format!(
            "Estimada Ana Soler: en el caso {case} usted tiene 0,00\u{a0}£; el mínimo es de 50,00\u{a0}£. Tomás Gil"
        )
    );
    // A text that was typed by hand counts for no macro.
    reply(&house, case, "Gracias.", &key()).await;
    assert_eq!(house.count("macro_use").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_not_known_keeps_a_reply_from_being_sent(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let id = made(&house, "When", ["You are paid on {next_payout_date}.", ""], false).await;
    let form_key = key();
    let body = put(&house, case, id, "", &form_key).await;
    assert_eq!(body, "You are paid on {next_payout_date}.");
    assert!(errors(&house).await.contains("{next_payout_date}"), "it is said at once");
    let answer = reply(&house, case, &body, &form_key).await;
    assert!(answer.is_back_to(&format!("/desk/{case}")), "{answer:?}");
    assert_eq!(house.count("message WHERE side = 'staff'").await, 0);
    // Braces of others are no variables of ours.
    let answer = reply(&house, case, "Your link: https://shop.example/?s={sub_id}", &form_key).await;
    assert_eq!(answer, Answer::To(format!("/desk/{case}?done=sent")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_that_speaks_otherwise_is_held_back_once_and_counted(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.run("UPDATE person SET locale = 'es', address_form = 'usted' WHERE email LIKE 'ana@%'").await;
    let (english, tu) = (
        "We have looked at it and you are right about the order.",
        "Hemos visto el pedido y tienes razón en lo que dices de la comisión.",
    );
    let form_key = key();
    let answer = reply(&house, case, english, &form_key).await;
    assert!(answer.is_back_to(&format!("/desk/{case}")), "{answer:?}");
    assert!(errors(&house).await.contains("usted"), "{}", errors(&house).await);
    // Another way of speaking in the same form is another warning; the same one goes.
    assert!(reply(&house, case, tu, &form_key).await.is_back_to(&format!("/desk/{case}")));
    assert_eq!(house.count("message WHERE side = 'staff'").await, 0);
    assert_eq!(reply(&house, case, tu, &form_key).await, Answer::To(format!("/desk/{case}?done=sent")));
    assert_eq!(house.count("variant_mismatch WHERE wanted = 'es_usted' AND found = 'es_tu'").await, 1);

    let usted = "Hemos visto el pedido y usted tiene razón en lo que dice de la comisión.";
    assert_eq!(reply(&house, case, usted, &key()).await, Answer::To(format!("/desk/{case}?done=sent")));
    assert_eq!(house.count("variant_mismatch").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_macro_does_what_it_says_besides(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let id = made(&house, "Done", ["That is done.", ""], true).await;
    let form_key = key();
    let body = put(&house, case, id, "", &form_key).await;
    assert_eq!(reply(&house, case, &body, &form_key).await, Answer::To(format!("/desk/{case}?done=sent")));
    assert_eq!(house.stage(case).await, "closed");
    assert_eq!(house.count("case_event WHERE stage = 'closed'").await, 1);
    assert_eq!(
        house.count("audit WHERE action = 'case.replied' AND after->>'stage' = 'closed' AND after ? 'macro'").await,
        1
    );

    // To somebody else; and its text alone does nothing besides.
    let second = house.opened().await;
    let (marta, form_key) = (house.marta.to_string(), key());
    let answer = post(&house.tomas(), || {
        macros::write_macro(
            None,
            None,
            some("To Marta"),
            some("Marta looks at it."),
            None,
            None,
            None,
            None,
            Some(marta),
            key(),
            None,
        )
    })
    .await;
    assert!(matches!(answer, Answer::To(_)));
    let id: i64 = house.one("SELECT max(macro_id) FROM macro").await;
    let body = put(&house, second, id, "", &form_key).await;
    reply(&house, second, &body, &form_key).await;
    assert_eq!(
        house.count("support_case c JOIN staff s ON s.person_id = c.assignee_id WHERE s.name = 'Marta Ruiz'").await,
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_macro_is_changed_by_a_new_version_and_retired(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let id = made(&house, "Hello", ["Hello {contact}", ""], false).await.to_string();
    for (texts, what) in [(["", ""], "no text"), (["Hello {nobody}", ""], "a variable that is none")] {
        let answer = write_macro(&house, &house.tomas(), Some((&id, "1")), "Hello", texts, false).await;
        assert!(answer.is_back_to(&format!("/macros/{id}")), "{what}: {answer:?}");
    }
    let changed = Answer::To(format!("/macros/{id}?done=written"));
    assert_eq!(write_macro(&house, &house.tomas(), Some((&id, "1")), "Hello", ["Good day", ""], false).await, changed);
    let late = write_macro(&house, &house.marta(), Some((&id, "1")), "Hello", ["Hi", ""], false).await;
    assert!(late.is_back_to(&format!("/macros/{id}")), "whoever comes second is told: {late:?}");
    assert_eq!(house.count("macro_version").await, 2);
    assert_eq!(put(&house, case, id.parse().expect("id"), "", &key()).await, "Good day");

    let refused = write_macro(&house, &house.lea(), None, "Mine", ["x", ""], false).await;
    assert_eq!(refused, Answer::Status(StatusCode::FORBIDDEN));
    assert_eq!(
        post(&house.tomas(), || macros::retire_macro(id.clone())).await,
        Answer::To("/macros?done=retired".into())
    );
    let (tomas, case) = (house.tomas(), case.to_string());
    let answer = post(&tomas, || macros::use_macro(case, Some(id.clone()), None, None, None, key())).await;
    assert_eq!(answer, Answer::Status(StatusCode::CONFLICT));
    assert_eq!(house.count("audit WHERE action LIKE 'macro.%'").await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_macro_puts_its_case_off(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let write = async |closes: bool, days: &str| {
        let (closes, days) = (closes.then(|| "yes".to_owned()), some(days));
        let (name, text) = (some("Wait for the shop"), some("We asked the shop, and write again on Friday."));
        post(&house.tomas(), || {
            macros::write_macro(None, None, name, text, None, None, None, closes, None, key(), days)
        })
        .await
    };
    for days in ["0", "91", "-1", "three", "1.5"] {
        assert!(write(false, days).await.is_back_to("/macros/new"), "{days}");
        assert!(errors(&house).await.contains("A whole number from 1 to 90"), "{days}");
    }
    assert!(write(true, "3").await.is_back_to("/macros/new"));
    assert!(errors(&house).await.contains("can’t be put off"));
    let Answer::To(written) = write(false, " 3 ").await else { panic!() };
    let id: i64 = house.one("SELECT max(macro_id) FROM macro").await;
    assert_eq!(written, format!("/macros/{id}?done=written"));

    let form_key = key();
    let body = put(&house, case, id, "", &form_key).await;
    assert_eq!(reply(&house, case, &body, &form_key).await, Answer::To(format!("/desk/{case}?done=sent")));
    let until: chrono::DateTime<chrono::Utc> = house.one("SELECT snoozed_until FROM support_case").await;
    assert_eq!(until.to_rfc3339(), "2026-12-04T09:00:00+00:00", "nine o'clock by Tomás's clock, three days later");
    assert_eq!(house.count("case_snooze WHERE reason = 'Wait for the shop' AND ended_at IS NULL").await, 1);
    assert_eq!(house.count("audit WHERE action = 'case.snoozed' AND after ? 'macro'").await, 1);
    // Its partner brings it back.
    house.answer(&house.ana(), case, "Any news?", &key()).await;
    assert_eq!(house.count("support_case WHERE snoozed_until IS NULL").await, 1);
    // Its text alone does nothing besides.
    let (form_key, case_id) = (key(), case.to_string());
    let (of, chosen) = (form_key.clone(), some(&id.to_string()));
    post(&house.tomas(), || macros::use_macro(case_id, chosen, None, None, some("yes"), of)).await;
    assert_eq!(reply(&house, case, &body, &form_key).await, Answer::To(format!("/desk/{case}?done=sent")));
    assert_eq!(house.count("support_case WHERE snoozed_until IS NULL").await, 1);
}
