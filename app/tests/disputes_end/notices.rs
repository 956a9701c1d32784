//! Silent partners are reminded, and asked how it was.

use crate::desk_house::{Answer, House, key, post};
use crate::{DAY, db, dec, some};
use app::base::context::Context;
use app::base::language::Locale;
use app::mail::home::MailHome;
use app::ratings::link;
use app::{figures, notices, ratings};
use http::StatusCode;
use sqlx::PgPool;

/// What the job tells at a moment.
async fn told(house: &House) -> usize {
    notices::store::tell_due(&db(house), &MailHome::default(), house.now).await.expect("told")
}

#[sqlx::test(migrations = "../migrations")]
async fn a_silent_partner_is_reminded_and_the_case_closed(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.take(&house.tomas(), case).await;
    house.reply(&house.tomas(), case, "Which order was it?", true).await;
    let after = |days: i64| house.later(days * DAY);
    assert_eq!(told(&after(2)).await, 0, "three days are not over");
    assert_eq!(told(&after(3)).await, 1);
    assert_eq!(told(&after(3)).await, 0, "once");
    assert_eq!(
        house.count("mail_out WHERE kind = 'notice' AND notice = 'reminder' AND signed_by = 'Tomás Gil'").await,
        1
    );
    assert_eq!(told(&after(6)).await, 0);
    assert_eq!(told(&after(7)).await, 1);
    assert_eq!(house.stage(case).await, "answer_needed");
    assert_eq!(told(&after(13)).await, 0);
    assert_eq!(told(&after(14)).await, 1);
    assert_eq!(house.stage(case).await, "closed");
    assert_eq!(told(&after(15)).await, 0, "who was silent is not asked how it was");
    assert_eq!(house.count("mail_out WHERE kind = 'notice'").await, 3);

    house.answer(&after(16).ana(), case, "It was O-1, sorry.", &key()).await;
    assert_eq!(house.stage(case).await, "in_review", "any reply opens it again");
    let mut tx = house.marta().begin().await.expect("begin");
    let window = app::rota::spans::Span { from: house.now, to: after(17).now };
    let weeks = figures::store::weeks(&mut tx, window, chrono_tz::UTC, None).await.expect("weeks");
    assert_eq!(weeks.iter().map(|week| week.reopened).sum::<i64>(), 1, "and counts as opened again");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_ends_the_reminders_and_a_new_question_begins_anew(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.take(&house.tomas(), case).await;
    house.reply(&house.tomas(), case, "Which order was it?", true).await;
    assert_eq!(told(&house.later(9 * DAY)).await, 1, "late, but one at a time");
    assert_eq!(told(&house.later(12 * DAY)).await, 0, "four days between the two");
    house.answer(&house.later(12 * DAY).ana(), case, "O-1.", &key()).await;
    assert_eq!(told(&house.later(30 * DAY)).await, 0);
    let later = house.later(30 * DAY);
    house.reply(&later.tomas(), case, "And the day?", true).await;
    assert_eq!(told(&house.later(32 * DAY)).await, 0);
    assert_eq!(told(&house.later(33 * DAY)).await, 1);
    assert_eq!(house.count("case_notice WHERE notice = 'reminder'").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_nobody_appeals_against_is_closed_after_its_time(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.decide(&house.tomas(), case, "declined", "", &key()).await;
    told(&house.later(30 * DAY)).await;
    assert_eq!(house.stage(case).await, "decided");
    assert_eq!(told(&house.later(30 * DAY + 1)).await, 1);
    assert_eq!(house.stage(case).await, "closed");
    house.answer(&house.later(31 * DAY).ana(), case, "Still here.", &key()).await;
    assert_eq!(told(&house.later(90 * DAY)).await, 0, "what waits for an answer is not closed");
    assert_eq!(house.stage(case).await, "in_review");
}

#[sqlx::test(migrations = "../migrations")]
async fn two_processes_remind_once(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.take(&house.tomas(), case).await;
    house.reply(&house.tomas(), case, "Which order was it?", true).await;
    let later = house.later(4 * DAY);
    let (one, other) = tokio::join!(told(&later), told(&later));
    assert_eq!(one + other, 1);
    assert_eq!(house.count("mail_out WHERE kind = 'notice'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn how_it_was_is_asked_once_and_said_once(pool: PgPool) {
    let house = House::open(pool.clone()).await;
    let case = house.opened().await;
    let rate = async |ctx: Context, stars: &str, words: &str| {
        let (stars, words) = (some(stars), some(words));
        post(&ctx, || ratings::api::rate_case(case.to_string(), stars, words)).await
    };
    let here = format!("/disputes/{case}");
    assert!(rate(house.ana(), "5", "").await.is_back_to(&here), "not before it is resolved");
    house.decide(&house.tomas(), case, "in_favour", "5", &key()).await;
    assert_eq!(told(&house.later(60)).await, 0, "they read how it ended first");
    assert_eq!(told(&house.later(DAY)).await, 1);
    assert_eq!(told(&house.later(2 * DAY)).await, 0, "once");
    assert_eq!(house.count("mail_out WHERE kind = 'notice' AND notice = 'rate'").await, 1);

    let later = house.later(2 * DAY);
    assert!(rate(later.ana(), "6", "").await.is_back_to(&here));
    assert_eq!(rate(later.bo(), "1", "").await, Answer::Status(StatusCode::NOT_FOUND), "somebody else's case");
    // From the mail, without signing in; the link names Ana.
    let anonymous = Context { actor: app::base::actor::Actor::Anonymous, locale: Locale::es, ..later.ana() };
    let token = link::sign(&anonymous.secrets, case, house.ana);
    let by_link = async |token: String, stars: &str| {
        let (stars, words) = (some(stars), some("Rápido."));
        post(&anonymous, || ratings::api::rate_by_link(token, stars, words)).await
    };
    assert_eq!(by_link(token.replacen(&case.to_string(), "77", 1), "4").await, Answer::Status(StatusCode::NOT_FOUND));
    assert_eq!(by_link(token.clone(), "4").await, Answer::To(format!("/rate/{token}?done=rated")));
    rate(later.ana(), "1", "No, it was bad.").await;
    let (stars, by): (i16, i64) =
        sqlx::query_as("SELECT stars, staff_id FROM case_rating").fetch_one(&pool).await.expect("one");
    assert_eq!((stars, by), (4, house.tomas.0), "the first word stays, about who decided");
    let mut tx = house.marta().begin().await.expect("begin");
    let window = app::rota::spans::Span { from: house.now, to: later.now };
    let languages = ratings::store::by_language(&mut tx, window, None).await.expect("ratings");
    assert_eq!(
        languages.iter().map(|of| (of.locale.as_str(), of.count, of.mean)).collect::<Vec<_>>(),
        [("es", 1, dec("4.0"))]
    );
    assert!(ratings::store::by_language(&mut tx, window, Some(house.marta)).await.expect("ratings").is_empty());
}
