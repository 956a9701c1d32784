//! Calls and chats, written down.

use crate::desk_house::{Answer, House, key, post};
use app::base::context::Context;
use app::base::ids::CaseId;
use app::channels::api::log_message;
use chrono::{DateTime, Utc};
use http::StatusCode;
use sqlx::PgPool;

/// What is typed: the case or the partner, then who, when and what.
struct Call<'a> {
    case: Option<CaseId>,
    partner: &'a str,
    channel: &'a str,
    who: &'a str,
    name: &'a str,
    at: &'a str,
    body: &'a str,
    asks: bool,
    key: String,
    /// The last message that was read; `None` for the last there is.
    seen: Option<i64>,
}

fn call() -> Call<'static> {
    let body = "Where is my payout?";
    Call {
        case: None,
        partner: "",
        channel: "phone",
        who: "us",
        name: "",
        at: "",
        body,
        asks: false,
        key: key(),
        seen: None,
    }
}

async fn log(ctx: &Context, call: &Call<'_>) -> Answer {
    let some = |text: &str| Some(text.to_owned());
    let case = call.case.map(|case| case.to_string());
    let (ask, key) = (call.asks.then(|| "yes".to_owned()), call.key.clone());
    let last: i64 = match call.seen {
        Some(seen) => seen,
        None => sqlx::query_scalar("SELECT coalesce(max(message_id), 0) FROM message")
            .fetch_one(ctx.db.pool())
            .await
            .expect("last"),
    };
    let seen = some(&format!("{last}.."));
    post(ctx, || {
        let (who, name, at) = (some(call.who), some(call.name), some(call.at));
        log_message(case, some(call.partner), some(call.channel), who, name, at, None, some(call.body), ask, key, seen)
    })
    .await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_call_is_a_message_that_has_to_be_answered(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let tomas = house.tomas();
    house.reply(&tomas, case, "I look into it.", false).await;
    // Ten minutes later Ana calls; Tomás writes it down five minutes after that.
    let later = house.later(15);
    let ana = house.ana.to_string();
    let typed = Call { case: Some(case), who: &ana, at: "2026-12-01T12:10", ..call() };
    let done = Answer::To(format!("/desk/{case}?done=logged"));
    assert_eq!(log(&later.tomas(), &typed).await, done);
    assert_eq!(log(&later.tomas(), &typed).await, done, "the same form twice");
    let (side, author, channel, at, logger): (String, String, String, DateTime<Utc>, String) = sqlx::query_as(
        "SELECT m.side, m.author_name, m.channel, m.sent_at, s.name FROM message m JOIN staff s ON s.person_id = m.logged_by",
    )
    .fetch_one(house.pool())
    .await
    .expect("one message");
    assert_eq!((side.as_str(), author.as_str(), channel.as_str()), ("partner", "Ana Soler", "phone"));
    assert_eq!((at, logger.as_str()), ("2026-12-01T12:10:00Z".parse().expect("time"), "Tomás Gil"));
    // Nobody closes the case over it, and the partner waits since the call.
    assert!(later.close(&later.tomas(), case).await.is_back_to(&format!("/desk/{case}")));
    let since: DateTime<Utc> = house
        .one("SELECT x.unanswered_since FROM support_case c, case_pressure(c.programme_id, c.partner_id, c.case_id, '2026-12-02Z') x")
        .await;
    assert_eq!(since, at);
    assert_eq!(house.count("audit WHERE action = 'case.logged' AND actor_kind = 'staff'").await, 1);
    assert_eq!(house.count("clock_renewal").await, 0, "its clocks were read at once");
    // An answer by phone is ours, signed, and not mailed.
    let mails = house.count("mail_out").await;
    let answer = Call { case: Some(case), channel: "chat", body: "It comes on Friday.", ..call() };
    assert_eq!(log(&later.tomas(), &answer).await, done);
    assert_eq!(house.count("message WHERE side = 'staff' AND channel = 'chat' AND author_id = logged_by").await, 1);
    assert_eq!(house.count("mail_out").await, mails);
    assert!(matches!(later.close(&later.tomas(), case).await, Answer::To(to) if to.ends_with("done=closed")));
    // A call opens it again.
    let again = Call { case: Some(case), who: "other", name: "Ana's sister", ..call() };
    log(&later.later(5).tomas(), &again).await;
    assert_eq!(house.stage(case).await, "in_review");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_call_out_of_the_blue_opens_a_case(pool: PgPool) {
    let house = House::open(pool).await;
    let partner = house.garden.to_string();
    let typed = Call { partner: &partner, who: "other", name: "Pepe Luna", at: "2026-12-01T11:00", ..call() };
    log(&house.tomas(), &typed).await;
    let case = house.last_case().await;
    assert_eq!(house.stage(case).await, "received");
    let opened: DateTime<Utc> = house.one("SELECT opened_at FROM support_case").await;
    assert_eq!(opened.to_rfc3339(), "2026-12-01T11:00:00+00:00");
    assert_eq!(house.one::<String>("SELECT subject FROM support_case").await, "Where is my payout?");
    // One that we made is ours, and waits for the partner where we asked.
    let typed = Call { partner: &partner, asks: true, body: "I asked for the invoice.", ..call() };
    log(&house.tomas(), &typed).await;
    let case = house.last_case().await;
    assert_eq!(house.stage(case).await, "answer_needed");
    assert_eq!(house.count("support_case WHERE assignee_id IS NOT NULL").await, 1);
    assert_eq!(house.count("audit WHERE action = 'case.opened'").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_can_not_have_been_is_refused_beside_its_field(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let (ana, bo) = (house.ana.to_string(), house.bo().actor.person().expect("Bo").to_string());
    let usual = || Call { case: Some(case), who: &ana, ..call() };
    for wrong in [
        Call { body: "  ", ..usual() },
        Call { channel: "mail", ..usual() },
        Call { who: "", ..usual() },
        Call { who: &bo, ..usual() },
        Call { who: "other", name: " ", ..usual() },
        Call { at: "2026-12-01T12:30", ..usual() },
        Call { at: "2026-11-01T12:30", ..usual() },
        // Before the last message.
        Call { at: "2026-12-01T11:59", ..usual() },
    ] {
        assert!(log(&house.tomas(), &wrong).await.is_back_to(&format!("/desk/{case}")), "{}", wrong.at);
    }
    assert_eq!(log(&house.lea(), &usual()).await, Answer::Status(StatusCode::FORBIDDEN));
    assert_eq!(log(&house.ana(), &usual()).await, Answer::Status(StatusCode::FORBIDDEN));
    assert_eq!(house.count("message").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_we_said_answers_what_was_read_where_the_conversation_goes_on(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let read = house.last_message().await;
    let later = house.later(10);
    later.answer(&later.ana(), case, "And the other one is missing too.", &key()).await;
    let again = house.later(15);
    let said = Call { case: Some(case), body: "It comes on Friday.", seen: Some(read), ..call() };
    assert!(log(&again.tomas(), &said).await.is_back_to(&format!("/desk/{case}")), "Ana wrote in between");
    assert_eq!(house.count("message WHERE side = 'staff'").await, 0);
    // What Ana says herself is written down whatever came in between.
    let ana = house.ana.to_string();
    let heard = Call { case: Some(case), who: &ana, body: "Did you read it?", seen: Some(read), ..call() };
    assert_eq!(log(&again.tomas(), &heard).await, Answer::To(format!("/desk/{case}?done=logged")));

    house.open_other(&again.ana(), &key()).await;
    let into = house.last_case().await;
    let version: i32 = sqlx::query_scalar("SELECT version FROM support_case WHERE case_id = $1")
        .bind(case.0)
        .fetch_one(house.pool())
        .await
        .expect("version");
    let target = Some(into.to_string());
    post(&again.tomas(), || app::work::api::merge_case(case.to_string(), version.to_string(), target)).await;
    let last = house.later(20);
    let said = Call { case: Some(case), body: "It comes on Friday.", ..call() };
    assert_eq!(log(&last.tomas(), &said).await, Answer::To(format!("/desk/{into}?done=logged")));
}
