//! Help articles: written, published, found, rated.

use crate::desk_house::{Answer, House, key, post};
use crate::some;
use app::base::context::Context;
use app::disputes::model::Kind;
use app::help::{api as help, store as articles};
use chrono::TimeDelta;
use http::StatusCode;
use sqlx::PgPool;

pub async fn write_article(
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
