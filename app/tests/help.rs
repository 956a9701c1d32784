//! What the desk writes once and uses often: macros, mentions, help articles, the links in them; and first steps.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod desk_house;

use app::base::context::Context;
use app::base::ids::CaseId;
use app::desk::api as desk;
use app::disputes::model::Kind;
use app::help::first_steps::api::dismiss_first_steps;
use app::help::{api as help, store as articles};
use app::links::check::check_due;
use app::links::model::{Finding, State};
use app::links::store as links;
use app::macros::api as macros;
use app::macros::model::Variant;
use app::mentions::{api as mentions, store as mentioned};
use app::similar::store::like;
use chrono::TimeDelta;
use desk_house::{Answer, House, key, post};
use http::StatusCode;
use sqlx::PgPool;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

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
    post(ctx, || macros::write_macro(id, version, name, en, None, usted, None, closes, None, key())).await
}

/// A macro that is there; its id.
async fn made(house: &House, name: &str, texts: [&str; 2], closes: bool) -> i64 {
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
async fn whoever_a_note_names_finds_it(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.note(&house.tomas(), case, "@Marta Ruiz and @Tomás Gil and @Lea Mora, please look.").await;
    // The writer needs no telling, and auditors only read.
    assert_eq!(house.count("mention").await, 1);
    let (note, tomas, id) = (some("Nothing new."), house.tomas(), case.to_string());
    post(&tomas, || desk::note(id, note, key(), some("Marta Ruiz"))).await;

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

async fn write_article(
    house: &House,
    ctx: &Context,
    slug: &str,
    language: &str,
    version: &str,
    text: [&str; 2],
    publish: bool,
) -> Answer {
    let _ = house;
    let publish = publish.then(|| "yes".to_owned());
    let [title, body] = text.map(some);
    let (slug, language, version) = (some(slug), some(language), some(version));
    post(ctx, || {
        help::write_article(
            slug,
            some("partner"),
            language,
            version,
            title,
            body,
            some("yes"),
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            publish,
            key(),
        )
    })
    .await
}

#[sqlx::test(migrations = "../migrations")]
async fn an_article_is_read_once_it_is_published(pool: PgPool) {
    let house = House::open(pool).await;
    let text = ["Cuándo cobro", "Las comisiones **retenidas** se pagan después."];
    let refused = write_article(&house, &house.tomas(), "payday", "es", "0", text, true).await;
    assert_eq!(refused, Answer::Status(StatusCode::FORBIDDEN), "leads and owners write");
    let drafted = write_article(&house, &house.marta(), "payday", "es", "0", text, false).await;
    assert_eq!(drafted, Answer::To("/help/payday?language=es&draft=yes&done=written".into()));
    let read = async |ctx: Context| {
        let mut tx = ctx.begin().await.expect("begin");
        articles::find(&mut tx, "payday", "en").await.expect("read")
    };
    assert!(read(house.ana()).await.is_empty());
    let publish = || help::publish_article("payday".into(), "es".into(), "1".into());
    assert_eq!(post(&house.marta(), publish).await, Answer::To("/help/payday?language=es&done=published".into()));
    assert_eq!(read(house.ana()).await[0].title, "Cuándo cobro", "in the other language where there is no own");

    // Accents and endings don't matter, nor do operators; the other language is found too.
    let english = ["When am I paid", "Commissions in hold are paid later."];
    write_article(&house, &house.marta(), "payday", "en", "0", english, true).await;
    write_article(&house, &house.marta(), "", "en", "0", ["Sub ids", "They tell your links apart."], true).await;
    let search = async |language: &str, words: &str| -> Vec<(String, String)> {
        let mut tx = house.ana().begin().await.expect("begin");
        let found = articles::search(&mut tx, language, words, 10).await.expect("found");
        found.into_iter().map(|entry| (entry.slug, entry.language)).collect()
    };
    for (language, words, found) in [
        ("es", "COBRÓ", ("payday", "es")),
        ("en", "comisión retenida", ("payday", "es")),
        ("es", "hold", ("payday", "en")),
        ("en", "PAID & | ! <-> ' \\ :*", ("payday", "en")),
        ("en", "sub-ids", ("sub-ids", "en")),
    ] {
        let (slug, of) = found;
        assert_eq!(search(language, words).await.first(), Some(&(slug.to_owned(), of.to_owned())), "{words}");
    }
    assert!(search("en", "zebra").await.is_empty() && search("en", "the").await.is_empty());

    assert_eq!(
        post(&house.marta(), || help::retire_article("payday".into())).await,
        Answer::To("/help?done=retired".into())
    );
    assert!(read(house.ana()).await.is_empty() && search("en", "paid").await.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reader_says_once_a_version_whether_it_helped(pool: PgPool) {
    let house = House::open(pool).await;
    write_article(&house, &house.marta(), "payday", "en", "0", ["When", "Soon."], true).await;
    let rate = |helped: &str| {
        let helped = helped.to_owned();
        move || help::rate_article("payday".into(), "en".into(), helped)
    };
    let to = |done: &str| Answer::To(format!("/help/payday?language=en&done={done}#helped"));
    assert_eq!(post(&house.ana(), rate("no")).await, to("thanks"));
    assert_eq!(post(&house.ana(), rate("yes")).await, to("before"));
    assert_eq!(post(&house.bo(), rate("yes")).await, to("thanks"));
    assert_eq!(post(&house.tomas(), rate("yes")).await, to("thanks"));
    assert_eq!(post(&house.lea(), rate("yes")).await, Answer::Status(StatusCode::FORBIDDEN), "auditors change nothing");
    assert_eq!(house.count("article_feedback WHERE NOT helped").await, 1);
    let mut tx = house.marta().begin().await.expect("begin");
    assert_eq!(articles::kept(&mut tx).await.expect("kept")[0].helped, (2, 1));
    drop(tx);
    let next = write_article(&house, &house.marta(), "payday", "en", "1", ["When", "On the first."], true).await;
    assert_eq!(next, Answer::To("/help/payday?language=en&done=published".into()));
    assert_eq!(post(&house.ana(), rate("yes")).await, to("thanks"), "another version is another question");
    let late = write_article(&house, &house.marta(), "payday", "en", "1", ["When", "Never."], true).await;
    assert!(late.is_back_to("/help/write?article=payday"), "{late:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn articles_are_offered_before_a_dispute_and_beside_a_reply(pool: PgPool) {
    let house = House::open(pool).await;
    write_article(&house, &house.marta(), "missing", "en", "0", ["A sale is missing", "Wait a day."], true).await;
    let mut tx = house.ana().begin().await.expect("begin");
    let by_kind = articles::suited(&mut tx, "en", &[Kind::MissingConversion], "", 5).await.expect("found");
    let by_words = articles::suited(&mut tx, "es", &[Kind::MyTerms], "a sale is gone", 5).await.expect("found");
    let neither = articles::suited(&mut tx, "en", &[Kind::MyTerms], "logo", 5).await.expect("found");
    drop(tx);
    assert_eq!((by_kind.len(), by_words.len(), neither.len()), (1, 1, 0));

    let case = house.opened().await;
    let (tomas, id) = (house.tomas(), case.to_string());
    let answer = post(&tomas, || help::insert_article(id, "missing".into(), some("Look here:"), None, key())).await;
    assert!(matches!(&answer, Answer::To(path) if path.ends_with("#form-reply")), "{answer:?}");
    let body: String = house.one("SELECT fields->>'body' FROM form_draft ORDER BY ctid DESC LIMIT 1").await;
    assert!(body.starts_with("Look here:\n\nA sale is missing: ") && body.ends_with("/help/missing"), "{body}");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_link_is_checked_and_dead_ones_come_first(pool: PgPool) {
    let house = House::open(pool).await;
    let body = "See [payouts](/payouts), [the desk](/desk), [nothing](/nowhere), [more](/help/more), [out](https://example.org/a), \
                [ours](https://desk.example/terms), <mailto:a@example.org>";
    write_article(&house, &house.marta(), "one", "en", "0", ["One", body], true).await;
    made(&house, "With a link", ["See https://example.org/gone.", ""], false).await;
    let ctx = house.marta();
    let ask = |address: String| async move {
        match address.as_str() {
            "https://example.org/a" => Finding::NoAnswer,
            "https://example.org/gone" => Finding::Status(404),
            other => panic!("{other} is ours and not to be asked"),
        }
    };
    assert_eq!(check_due(&ctx.db, "https://desk.example", ask, ctx.now()).await.expect("checked"), 7);
    assert_eq!(
        check_due(&ctx.db, "https://desk.example", ask, ctx.now()).await.expect("checked"),
        0,
        "each in its turn"
    );
    let states = async || {
        let mut tx = ctx.begin().await.expect("begin");
        let found = links::list(&mut tx, 50).await.expect("list");
        found.into_iter().map(|link| (link.address, link.state, link.finding)).collect::<Vec<_>>()
    };
    let of = |address: &str, state, finding| (address.to_owned(), state, Some(finding));
    let mut found = states().await;
    let order: Vec<_> = found.iter().map(|(_, state, _)| *state).collect();
    assert_eq!(order[..4], [State::Dead; 4]);
    assert_eq!(order[4..], [State::Doubtful, State::Works, State::Works]);
    found.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(
        found,
        [
            of("/desk", State::Dead, Finding::NotForPartners),
            of("/help/more", State::Dead, Finding::NoPage),
            of("/nowhere", State::Dead, Finding::NoPage),
            of("/payouts", State::Works, Finding::Answers(None)),
            of("https://desk.example/terms", State::Works, Finding::Answers(None)),
            of("https://example.org/a", State::Doubtful, Finding::NoAnswer),
            of("https://example.org/gone", State::Dead, Finding::Status(404)),
        ]
    );
    // A day later there is such an article; what stands in no text any more is no link of ours.
    write_article(&house, &house.marta(), "more", "en", "0", ["More", "Nothing."], true).await;
    let later = ctx.now() + TimeDelta::days(1);
    assert_eq!(check_due(&ctx.db, "https://desk.example", ask, later).await.expect("checked"), 7);
    let mut tx = ctx.begin().await.expect("begin");
    assert_eq!(links::dead(&mut tx).await.expect("count"), 3);
    drop(tx);
    post(&ctx, || help::retire_article("one".into())).await;
    assert_eq!(states().await, [of("https://example.org/gone", State::Dead, Finding::Status(404))]);
    let id: i64 = house.one("SELECT macro_id FROM macro").await;
    post(&house.tomas(), || macros::retire_macro(id.to_string())).await;
    assert!(states().await.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn articles_nobody_touches_are_counted(pool: PgPool) {
    let house = House::open(pool).await;
    write_article(&house, &house.marta(), "old", "en", "0", ["Old", "Text."], true).await;
    write_article(&house, &house.marta(), "draft", "en", "0", ["Draft", "Text."], false).await;
    let untouched = async |days: i64| {
        let mut tx = house.marta().begin().await.expect("begin");
        articles::untouched(&mut tx, house.now + TimeDelta::days(days)).await.expect("count")
    };
    assert_eq!((untouched(89).await, untouched(91).await), (0, 1), "a draft is read by nobody");
    let later = house.later(80 * 24 * 60);
    write_article(&later, &later.marta(), "old", "en", "1", ["Old", "Better text."], false).await;
    assert_eq!((untouched(91).await, untouched(171).await), (0, 1));
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
