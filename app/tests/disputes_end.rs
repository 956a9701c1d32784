//! Disputes to their end against a real database, as the people in them would tell it. Ana and Bo are partners, Tomás is an
//! agent, Marta an owner. It is noon in UTC on Tuesday, 1 December 2026.
#![cfg(feature = "ssr")]

mod desk_house;

use app::advertiser::{self, model::Verdict, rules};
use app::base::context::Context;
use app::base::db::Db;
use app::base::ids::{CaseId, EnquiryId};
use app::base::language::Locale;
use app::mail::home::MailHome;
use app::ratings::link;
use app::settlement::api::Sent;
use app::shell::App;
use app::{appeals, escalations, figures, notices, provisional, ratings, silence};
use desk_house::{Answer, House, key, post};
use futures_util::StreamExt;
use http::StatusCode;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos_meta::ServerMetaContext;
use leptos_router::location::RequestUrl;
use rust_decimal::Decimal;
use sqlx::PgPool;

const DAY: i64 = 24 * 60;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn dec(text: &str) -> Decimal {
    text.parse().expect("number")
}

fn db(house: &House) -> Db {
    house.marta().db
}

async fn version(pool: &PgPool, case: CaseId) -> String {
    let version: i32 = sqlx::query_scalar("SELECT version FROM support_case WHERE case_id = $1")
        .bind(case.0)
        .fetch_one(pool)
        .await
        .expect("case");
    version.to_string()
}

async fn ledger_is_right(house: &House) {
    let mut tx = db(house).begin(&app::base::actor::Actor::Job).await.expect("begin");
    let found = app::ledger::store::verify(&mut tx).await.expect("verified");
    assert_eq!(found.differences, []);
}

async fn payable(house: &House) -> Decimal {
    house
        .one("SELECT balance FROM account JOIN partner USING (partner_id) WHERE kind = 'payable' AND code = 'garden'")
        .await
}

async fn appeal(house: &House, case: CaseId, body: &str) -> Answer {
    let body = some(body);
    post(&house.ana(), || appeals::api::appeal(case.to_string(), body, key())).await
}

async fn decide_appeal(
    house: &House,
    ctx: &Context,
    pool: &PgPool,
    case: CaseId,
    outcome: &str,
    amount: &str,
) -> Answer {
    let version = version(pool, case).await;
    let (outcome, amount, words) = (some(outcome), some(amount), some("Looked at again."));
    let _ = house;
    post(ctx, || appeals::api::decide_appeal(case.to_string(), version, outcome, amount, words, None, key())).await
}

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

async fn escalate(house: &House, case: CaseId, to: &str) -> Answer {
    let parts = ["The order is real.", "Asked the shop twice.", "Credit 40."].map(some);
    let [facts, tried, proposed] = parts;
    let to = some(to);
    post(&house.tomas(), || escalations::api::escalate(case.to_string(), facts, tried, proposed, to, key())).await
}

#[sqlx::test(migrations = "../migrations")]
async fn an_escalation_is_decided_or_sent_back(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let desk = format!("/desk/{case}");
    assert!(escalate(&house, case, "friend").await.is_back_to(&desk));
    assert_eq!(escalate(&house, case, "owner").await, Answer::To(format!("{desk}?done=escalated")));
    assert!(escalate(&house, case, "owner").await.is_back_to(&desk), "one waits already");
    let id: i64 = house.one("SELECT max(escalation_id) FROM escalation").await;
    let back = async |ctx: Context, words: &str| {
        let words = some(words);
        post(&ctx, || escalations::api::send_back(case.to_string(), id.to_string(), words)).await
    };
    assert_eq!(back(house.tomas(), "x").await, Answer::Status(StatusCode::FORBIDDEN));
    assert!(back(house.marta(), " ").await.is_back_to(&desk), "with words");
    assert_eq!(back(house.marta(), "Ask for the invoice.").await, Answer::To(format!("{desk}?done=sent-back")));
    assert_eq!(house.count("escalation WHERE verdict = 'sent_back'").await, 1);

    escalate(&house, case, "owner").await;
    house.decide(&house.marta(), case, "in_favour", "40", &key()).await;
    assert_eq!(house.count("escalation WHERE verdict = 'decided'").await, 1, "a decision from above answers it");
    let mut tx = house.marta().begin().await.expect("begin");
    let window = app::rota::spans::Span { from: house.now - chrono::TimeDelta::days(1), to: house.later(DAY).now };
    let weeks = figures::store::weeks(&mut tx, window, chrono_tz::UTC, None).await.expect("weeks");
    let sums = weeks.iter().fold((0, 0), |(all, above), week| (all + week.resolved, above + week.with_owner));
    assert_eq!(sums, (1, 1), "and it was not solved without an owner");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_decided_below_withdraws_its_escalation(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    escalate(&house, case, "owner").await;
    house.decide(&house.tomas(), case, "declined", "", &key()).await;
    assert_eq!(house.count("escalation WHERE verdict = 'withdrawn'").await, 1);
}

async fn credit(house: &House, case: CaseId, amount: &str, until: &str) -> Answer {
    let typed = [amount, until, "Until we know more."].map(some);
    let [amount, until, reason] = typed;
    post(&house.tomas(), || provisional::api::credit_provisionally(case.to_string(), amount, until, reason, key()))
        .await
}

async fn end_due(house: &House) -> usize {
    provisional::store::end_due(&db(house), house.now).await.expect("ended")
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decision_in_favour_makes_a_provisional_credit_final(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let desk = format!("/desk/{case}");
    assert!(credit(&house, case, "26", "2026-12-10").await.is_back_to(&desk), "over Tomás's limit of 25");
    assert!(credit(&house, case, "10", "2027-03-10").await.is_back_to(&desk), "a month at most");
    assert_eq!(credit(&house, case, "10", "2026-12-10").await, Answer::To(format!("{desk}?done=provisional")));
    assert_eq!(payable(&house).await, dec("10"), "payable at once");
    assert!(credit(&house, case, "10", "2026-12-10").await.is_back_to(&desk), "once a case");
    let over = house.decide(&house.tomas(), case, "in_favour", "16", &key()).await;
    assert!(over.is_back_to(&desk), "both together are over the limit: {over:?}");
    assert_eq!(payable(&house).await, dec("10"));
    house.decide(&house.tomas(), case, "in_favour", "15", &key()).await;
    assert_eq!(payable(&house).await, dec("25"));
    assert_eq!(house.count("provisional_credit WHERE outcome = 'final'").await, 1);
    assert_eq!(end_due(&house.later(30 * DAY)).await, 0, "it ended once");
    assert_eq!(house.count("transfer WHERE kind = 'clawback'").await, 0);
    ledger_is_right(&house).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn otherwise_it_is_taken_back_once(pool: PgPool) {
    let house = House::open(pool.clone()).await;
    let case = house.opened().await;
    credit(&house, case, "10", "2026-12-10").await;
    assert_eq!(end_due(&house.later(9 * DAY)).await, 0, "until the end of its last day");
    let later = house.later(20 * DAY);
    let (one, other) = tokio::join!(end_due(&later), end_due(&later));
    assert_eq!(one + other, 1);
    assert_eq!(payable(&house).await, dec("0"));
    let at: chrono::DateTime<chrono::Utc> =
        house.one("SELECT effective_at FROM transfer WHERE kind = 'clawback'").await;
    assert_eq!(at.to_rfc3339(), "2026-12-11T00:00:00+00:00", "at its day, however late that is found");
    house.decide(&later.tomas(), case, "in_favour", "10", &key()).await;
    assert_eq!(payable(&house).await, dec("10"), "a decision afterwards credits on its own");
    ledger_is_right(&house).await;

    // Another case: declined takes it back at once.
    house.open_other(&later.bo(), &key()).await;
    let second = house.last_case().await;
    assert_eq!(
        credit(&later, second, "10", "2026-12-30").await,
        Answer::To(format!("/desk/{second}?done=provisional"))
    );
    house.decide(&later.tomas(), second, "declined", "", &key()).await;
    assert_eq!(house.count("transfer WHERE kind = 'clawback'").await, 2);
    ledger_is_right(&house).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partner_has_a_cap(pool: PgPool) {
    let house = House::open(pool).await;
    for _ in 0..2 {
        house.open_other(&house.ana(), &key()).await;
        let case = house.last_case().await;
        assert_eq!(
            credit(&house, case, "25", "2026-12-10").await,
            Answer::To(format!("/desk/{case}?done=provisional"))
        );
    }
    let case = house.opened().await;
    assert!(credit(&house, case, "1", "2026-12-10").await.is_back_to(&format!("/desk/{case}")), "50 run already");
    assert_eq!(payable(&house).await, dec("50"));
}

/// Ana's claim of an order that nobody knows, and Bo's.
async fn claims(house: &House) -> (CaseId, CaseId) {
    let offer = house.offer.to_string();
    house.claim(&house.ana(), &offer, "LOST-1", "2026-11-25T10:00", "200").await;
    let first = house.last_case().await;
    house.claim(&house.bo(), &offer, "=LOST-2", "2026-11-26T10:00", "50").await;
    (first, house.last_case().await)
}

async fn ask(house: &House) -> Answer {
    let (offer, next) = (house.offer.to_string(), some("2026-12-05"));
    post(&house.tomas(), || advertiser::api::ask_advertiser(offer, next, key())).await
}

async fn last_enquiry(house: &House) -> EnquiryId {
    house.one::<i64>("SELECT max(enquiry_id) FROM enquiry").await.into()
}

#[sqlx::test(migrations = "../migrations")]
async fn claims_go_to_the_advertiser_and_come_back(pool: PgPool) {
    let house = House::open(pool.clone()).await;
    let (first, second) = claims(&house).await;
    let answer = ask(&house).await;
    let id = last_enquiry(&house).await;
    assert_eq!(answer, Answer::To(format!("/enquiries/{id}?done=asked")));
    assert!(ask(&house).await.is_back_to("/enquiries"), "nothing is left to ask");
    let (name, bytes) = advertiser::api::download(&house.tomas(), id).await.expect("file");
    assert_eq!(
        (name, &bytes),
        (format!("claims-{id}.csv"), &advertiser::api::download(&house.marta(), id).await.expect("again").1)
    );
    let text = String::from_utf8(bytes).expect("text");
    assert!(text.contains("LOST-1") && text.contains(",'=LOST-2,"), "{text}");

    // Ana sees who is awaited; Bo's claim she does not.
    let mut tx = house.ana().begin().await.expect("begin");
    let asked = advertiser::store::asked(&mut tx, house.garden, first).await.expect("asked");
    assert_eq!((asked.len(), asked[0].offer.as_str(), asked[0].by.as_str()), (1, "Plants", "Tomás Gil"));
    assert!(asked[0].answered.is_none());
    assert!(advertiser::store::asked(&mut tx, house.kitchen, second).await.expect("asked").is_empty());
    drop(tx);
    assert_eq!(house.stage(first).await, "received", "asking the advertiser pauses no clock");

    let back = format!("claim,verdict,amount,note\n{id}-1,valid,180,ok\n{id}-2,declined,,Not ours\n{id}-7,valid,,\n");
    let send = async |back: &str| {
        let sent = Sent::Whole("back.csv".into(), back.as_bytes().to_vec());
        advertiser::api::receive(&house.tomas(), id, sent).await.expect("received")
    };
    assert_eq!(send(&back).await, format!("/enquiries/{id}?answer=1"));
    assert_eq!(house.count("enquiry_claim WHERE verdict IS NOT NULL").await, 0, "reading changes nothing");
    assert_eq!(send(&back).await, format!("/enquiries/{id}?answer=1"), "the same file is the same answer");
    let take = async || post(&house.tomas(), || advertiser::api::take_enquiry_answer(id.to_string(), "1".into())).await;
    assert_eq!(take().await, Answer::To(format!("/enquiries/{id}?answer=1&done=taken")));
    let rows: Vec<(String, Option<Decimal>)> =
        sqlx::query_as("SELECT verdict, amount FROM enquiry_claim ORDER BY line").fetch_all(&pool).await.expect("rows");
    assert_eq!(rows, [("valid".into(), Some(dec("180"))), ("declined".into(), None)]);
    let before = house.count("audit").await;
    assert_eq!(take().await, Answer::To(format!("/enquiries/{id}?answer=1&done=taken")));
    assert_eq!(house.count("audit").await, before, "twice changes nothing");
    let refused = send("who,what\n1,2\n").await;
    assert!(refused.contains("form="), "no such file: {refused}");

    let mut tx = house.tomas().begin().await.expect("begin");
    let lines = advertiser::store::lines(&mut tx, id).await.expect("lines");
    let read = rules::read(id, &lines, back.as_bytes()).expect("file");
    assert_eq!(read.iter().filter(|read| read.result.is_err()).map(|read| read.row).collect::<Vec<_>>(), [4]);
    let asked = advertiser::store::asked(&mut tx, house.garden, first).await.expect("asked");
    assert!(matches!(asked[0].answered, Some((Verdict::Valid, Some(money), _)) if money.amount == dec("180")));
    assert_eq!(
        advertiser::api::download(&house.ana(), id).await.expect_err("not hers").status(),
        StatusCode::FORBIDDEN
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_is_linked_when_its_conversion_comes(pool: PgPool) {
    let house = House::open(pool).await;
    claims(&house).await;
    let link = async || advertiser::store::link(&db(&house), house.now).await.expect("linked");
    assert_eq!(link().await, 0);
    house.run(
        "INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, booked_at)
         SELECT programme_id, partner_id, offer_id, 'sale', 'LOST-1', '2026-11-25Z', 200, 'GBP', '2026-12-02Z'
         FROM conversion WHERE order_id = 'O-1'",
    )
    .await;
    assert_eq!(link().await, 1);
    assert_eq!(link().await, 0);
    assert_eq!(
        house.count("claim c JOIN conversion v USING (partner_id, conversion_id) WHERE c.order_id = v.order_id").await,
        1
    );
}

/// Somebody is at the desk every day; the resolution clock takes 40 hours of it.
async fn with_rota(pool: PgPool) -> House {
    let house = House::open(pool).await;
    let (tick, person) = (|| some("yes"), some(&house.tomas.to_string()));
    let done = post(&house.marta(), || {
        app::rota::api::add_shift(
            person,
            tick(),
            tick(),
            tick(),
            tick(),
            tick(),
            None,
            None,
            some("09:00"),
            some("17:00"),
            None,
            None,
            some("UTC"),
            some("2026-12-01"),
            key(),
        )
    })
    .await;
    assert_eq!(done, Answer::To("/rota?done=shift".into()));
    house
}

async fn set_silence(house: &House, days: &str, cap: &str) -> Answer {
    let (days, cap) = (some(days), some(cap));
    post(&house.marta(), || silence::api::set_silence_policy("shop".into(), days, cap)).await
}

/// What the jobs do at a moment: clocks first, since silence is counted from them.
async fn silent(house: &House) -> usize {
    app::clocks::store::renew_waiting(&db(house), house.now).await.expect("clocks");
    silence::store::speak(&db(house), &MailHome::default(), house.now).await.expect("spoken")
}

#[sqlx::test(migrations = "../migrations")]
async fn silence_of_the_house_decides_below_the_cap_and_escalates_above(pool: PgPool) {
    let house = with_rota(pool.clone()).await;
    assert_eq!(set_silence(&house, "2", "10").await, Answer::To("/limits?done=set".into()));
    // 8 percent of 200 is 16, over the cap; of 50 it is 4.
    let (first, second) = claims(&house).await;
    house.run("UPDATE person SET locale = 'es', address_form = 'usted' WHERE name = 'Bo Lind'").await;
    // And one of which nobody knows how much it is about.
    let third = house.opened().await;
    // 40 hours of the desk end at 11:00 on Tuesday the 8th, or a little later; two working days more is Thursday's end.
    assert_eq!(silent(&house.later(8 * DAY)).await, 0, "on the 9th at noon two days are not over");
    assert_eq!(silent(&house.later(9 * DAY + 6 * 60)).await, 3, "on the 10th in the evening they are");
    assert_eq!(silent(&house.later(9 * DAY + 7 * 60)).await, 0, "once");
    assert_eq!(house.stage(second).await, "decided");
    assert_eq!((house.stage(first).await, house.stage(third).await), ("received".to_owned(), "received".to_owned()));
    let row: (String, Decimal, Option<i64>) = sqlx::query_as("SELECT outcome, amount, decided_by FROM case_decision")
        .fetch_one(&pool)
        .await
        .expect("one decision");
    assert_eq!(row, ("in_favour".into(), dec("4.00"), None), "by the policy, by nobody");
    let words: String = house.one("SELECT reason_partner FROM case_decision").await;
    assert!(words.contains("decidida a su favor"), "as its partner is called: {words}");
    assert_eq!(house.count("escalation WHERE to_role = 'owner' AND escalated_by IS NULL").await, 2);
    assert_eq!(house.count("mail_out WHERE notice = 'silence_decided'").await, 1);
    let by: String = house.one("SELECT signed_by FROM mail_out WHERE notice = 'silence_decided'").await;
    assert_eq!(by, "Marta Ruiz", "nobody had the case and no lead is there, so an owner signs");
    told(&house.later(11 * DAY)).await;
    let by: String = house.one("SELECT signed_by FROM mail_out WHERE notice = 'rate'").await;
    assert_eq!(by, "Marta Ruiz", "and never the programme");
    assert_eq!(house.count("audit WHERE action = 'case.decided_by_silence' AND actor_kind = 'job'").await, 1);
    ledger_is_right(&house).await;
    let later = house.later(10 * DAY);
    let mut tx = later.marta().begin().await.expect("begin");
    assert_eq!(silence::store::decided(&mut tx).await.expect("listed").len(), 1);
    drop(tx);
    // A policy's decision can be appealed against, and anybody decides that.
    let body = some("It was more.");
    let answer = post(&later.bo(), || appeals::api::appeal(second.to_string(), body, key())).await;
    assert_eq!(answer, Answer::To(format!("/disputes/{second}?done=appealed")));
    let done = decide_appeal(&later, &later.tomas(), &pool, second, "upheld", "").await;
    assert_eq!(done, Answer::To(format!("/desk/{second}?done=appeal-decided")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_house_that_speaks_in_time_is_not_silent(pool: PgPool) {
    let house = with_rota(pool).await;
    set_silence(&house, "2", "10").await;
    let (_, second) = claims(&house).await;
    house.decide(&house.later(5 * DAY).tomas(), second, "declined", "", &key()).await;
    silent(&house.later(20 * DAY)).await;
    assert_eq!(house.count("case_decision WHERE silence_policy_id IS NOT NULL").await, 0);
    let refused = set_silence(&house, "0", "10").await;
    assert!(refused.is_back_to("/limits"), "{refused:?}");
    let (days, cap) = (some("1"), some("1"));
    let agent = post(&house.tomas(), || silence::api::set_silence_policy("shop".into(), days, cap)).await;
    assert_eq!(agent, Answer::Status(StatusCode::FORBIDDEN));
}

/// A page as its reader gets it.
async fn page(ctx: Context, path: &str) -> String {
    let _ = leptos_axum::generate_route_list(App);
    let owner = Owner::new();
    let response = leptos_axum::ResponseOptions::default();
    let stream = owner.with(|| {
        provide_context(Context { path: path.to_owned(), ..ctx });
        provide_context(RequestUrl::new(path));
        provide_context(response.clone());
        provide_context(ServerMetaContext::new().0);
        view! { <App/> }.to_html_stream_in_order()
    });
    let html = owner.with(|| ScopedFuture::new(stream.collect::<String>())).await;
    assert_eq!(response.0.read().expect("response").status, None, "{path}: {html}");
    html
}

#[sqlx::test(migrations = "../migrations")]
async fn the_pages_say_what_stands(pool: PgPool) {
    let house = with_rota(pool).await;
    set_silence(&house, "2", "10").await;
    let (first, second) = claims(&house).await;
    let enquiries = page(house.tomas(), "/enquiries").await;
    assert!(
        enquiries.contains("2 claims have not been put") && enquiries.contains("Gather into an enquiry"),
        "{enquiries}"
    );
    ask(&house).await;
    let id = last_enquiry(&house).await;
    let sent = Sent::Whole("back.csv".into(), format!("claim,verdict\n{id}-1,valid\n{id}-9,valid\n").into_bytes());
    let read = advertiser::api::receive(&house.tomas(), id, sent).await.expect("received");
    let dry = page(house.tomas(), &read).await;
    assert!(dry.contains("1 lines can be taken over, 1 can") && dry.contains("no claim of this enquiry"), "{dry}");
    let dispute = page(house.ana(), &format!("/disputes/{first}")).await;
    assert!(dispute.contains("We asked the advertiser of Plants"), "who is awaited: {dispute}");
    assert!(dispute.contains("Decision"), "with the date of its decision: {dispute}");

    credit(&house, first, "10", "2026-12-20").await;
    escalate(&house, second, "lead").await;
    let desk = page(house.tomas(), &format!("/desk/{first}")).await;
    assert!(desk.contains("makes the provisional credit of £10.00 final"), "{desk}");
    let dispute = page(house.ana(), &format!("/disputes/{first}")).await;
    assert!(dispute.contains("£10.00 is credited provisionally and payable at once"), "{dispute}");
    let waiting = page(house.marta(), "/escalations").await;
    assert!(waiting.contains("1 case waits for you") && waiting.contains("Asked the shop twice."), "{waiting}");
    let limits = page(house.marta(), "/limits").await;
    assert!(limits.contains("After 2 working days past the resolution clock: up to £10.00"), "{limits}");
    assert!(!page(house.tomas(), "/limits").await.contains("/do/set-silence-policy"), "an agent reads");

    house.decide(&house.tomas(), first, "declined", "", &key()).await;
    let dispute = page(house.ana(), &format!("/disputes/{first}")).await;
    assert!(
        dispute.contains("taken back") && dispute.contains("/do/appeal") && dispute.contains("How was it?"),
        "{dispute}"
    );
    appeal(&house, first, "The shop says otherwise.").await;
    let desk = page(house.tomas(), &format!("/desk/{first}")).await;
    assert!(desk.contains("somebody else decides the appeal") && !desk.contains("/do/decide-appeal"), "{desk}");
    assert!(page(house.marta(), &format!("/desk/{first}")).await.contains("/do/decide-appeal"));
    let token = link::sign(&house.ana().secrets, first, house.ana);
    let anonymous = Context { actor: app::base::actor::Actor::Anonymous, locale: Locale::es, ..house.ana() };
    let rate = page(anonymous.clone(), &format!("/rate/{token}")).await;
    assert!(rate.contains("¿Cómo lo llevamos?"), "{rate}");
    for path in [
        "/enquiries?view=answered",
        "/escalations?view=answered",
        "/limits",
        &format!("/desk/{second}"),
        "/figures",
        "/record",
    ] {
        page(Context { locale: Locale::es, ..house.marta() }, path).await;
    }
}
