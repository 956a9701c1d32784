//! What open pages are told: who hears of what, what is never lost, who is seen to be there; a send that is stopped, and
//! what was typed and not sent.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "desk_house/mod.rs"]
mod house;

use app::base::actor::Actor;
use app::base::context::Context;
use app::base::ids::{CaseId, PersonId};
use app::desk::api as desk;
use app::live::api as live;
use app::live::model::{Kind, Knock, What};
use app::live::snapshot::Snapshot;
use app::live::store::{self, News};
use house::{Answer, House, key, post};
use http::StatusCode;
use sqlx::PgPool;

async fn place(house: &House) -> Snapshot {
    let mut tx = house.tomas().db.begin(&Actor::Job).await.expect("begin");
    store::now(&mut tx).await.expect("place")
}

async fn since(ctx: &Context, place: &Snapshot) -> News {
    let mut tx = ctx.begin().await.expect("begin");
    store::since(&mut tx, place).await.expect("news")
}

fn kinds(news: &News) -> Vec<Kind> {
    news.events.iter().map(|event| event.kind).collect()
}

fn id_of_draft(answer: &Answer) -> String {
    let Answer::To(to) = answer else { panic!("{answer:?}") };
    to.split("form=").nth(1).expect("a draft").trim_end_matches("#form").to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn staff_hear_everything_and_partners_never_of_notes_or_others(pool: PgPool) {
    let house = House::open(pool).await;
    let before = place(&house).await;
    let case = house.opened().await;
    house.take(&house.tomas(), case).await;
    house.note(&house.tomas(), case, "Careful with this one.").await;
    house.reply(&house.tomas(), case, "We look into it.", false).await;

    let staff = since(&house.marta(), &before).await;
    let all = [Kind::Message, Kind::Opened, Kind::Stage, Kind::Note, Kind::Message];
    for kind in all {
        assert!(kinds(&staff).contains(&kind), "{kind:?} in {staff:?}");
    }
    assert!(staff.events.iter().all(|event| event.case == case && event.partner == house.garden));
    let note = staff.events.iter().find(|event| event.kind == Kind::Note).expect("note");
    assert_eq!((note.name.as_str(), note.person), ("Tomás Gil", Some(house.tomas)));

    // The partner of the case: their own words, ours, the stages; never a note, nor who works on it.
    let own = since(&house.ana(), &before).await;
    assert!(!kinds(&own).iter().any(|kind| matches!(kind, Kind::Note | Kind::Assigned | Kind::Marked)), "{own:?}");
    assert_eq!(own.events.iter().filter(|event| event.kind == Kind::Message).count(), 2);
    // Another partner hears nothing at all; and neither reads presence.
    assert!(since(&house.bo(), &before).await.events.is_empty());
    let mut tx = house.ana().begin().await.expect("begin");
    let refused = store::present(&mut tx, &[case]).await.expect_err("presence is the house's");
    assert!(refused.to_string().contains("permission denied"), "{refused}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_committed_late_is_told_all_the_same_and_nothing_twice(pool: PgPool) {
    let house = House::open(pool.clone()).await;
    let case = house.opened().await;
    let start = place(&house).await;
    let note = "INSERT INTO note (partner_id, case_id, author_id, author_name, body, written_at, form_key)
                SELECT partner_id, case_id, $1, 'Tomás Gil', $2, now(), gen_random_uuid() FROM support_case";
    // The first one writes and waits; the second one writes and is done.
    let mut slow = pool.begin().await.expect("begin");
    sqlx::query(note).bind(house.tomas.0).bind("slow").execute(&mut *slow).await.expect("note");
    sqlx::query(note).bind(house.marta.0).bind("quick").execute(&pool).await.expect("note");

    let first = since(&house.marta(), &start).await;
    assert_eq!(first.events.iter().map(|event| event.person).collect::<Vec<_>>(), [Some(house.marta)]);
    slow.commit().await.expect("commit");
    let second = since(&house.marta(), &first.until).await;
    assert_eq!(second.events.iter().map(|event| event.person).collect::<Vec<_>>(), [Some(house.tomas)]);
    assert!(second.events[0].xid < first.events[0].xid, "the number alone would have passed it by");
    assert!(since(&house.marta(), &second.until).await.events.is_empty());
    assert!(second.until.includes(&first.until) && !first.until.includes(&second.until));

    // What was rolled back never happened.
    let mut undone = pool.begin().await.expect("begin");
    sqlx::query(note).bind(house.tomas.0).bind("undone").execute(&mut *undone).await.expect("note");
    undone.rollback().await.expect("rollback");
    assert!(since(&house.marta(), &second.until).await.events.is_empty());
    assert_eq!(case, house.last_case().await);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_was_away_too_long_reads_everything_anew(pool: PgPool) {
    let house = House::open(pool).await;
    let start = place(&house).await;
    let case = house.opened().await;
    assert!(!since(&house.marta(), &start).await.lost);
    house.run("UPDATE live_event SET at = at - interval '2 days'").await;
    store::tidy(&house.tomas().db, house.now).await.expect("tidy");
    assert_eq!(house.count("live_event").await, 0);
    assert!(since(&house.marta(), &start).await.lost);
    // Other databases of the cluster count in a place as well, until what they began before is over.
    let mut now = place(&house).await;
    for _ in 0..400 {
        if !since(&house.marta(), &now).await.lost {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        now = place(&house).await;
    }
    assert!(!since(&house.marta(), &now).await.lost);

    // More at once than can be told one by one.
    let many = format!(
        "INSERT INTO note (partner_id, case_id, author_id, author_name, body, written_at, form_key)
         SELECT partner_id, case_id, {}, 'Tomás Gil', 'x', now(), gen_random_uuid()
         FROM support_case, generate_series(1, 600) WHERE case_id = {case}",
        house.tomas
    );
    house.run(&many).await;
    assert_eq!(house.count("live_event WHERE kind = 'reset'").await, 1);
    assert!(since(&house.marta(), &now).await.lost);
    // It says nothing of whose they were.
    assert!(since(&house.bo(), &now).await.lost);
    // A place of another cluster, which is ahead of this one.
    let ahead: Snapshot = format!("{0}:{0}:", now.xmax() + 1_000_000).parse().expect("place");
    assert!(since(&house.marta(), &ahead).await.lost);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_looks_and_who_writes_is_seen_until_the_lease_ends(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let (one, two) = (uuid(), uuid());
    let present = async || {
        let mut tx = house.marta().begin().await.expect("begin");
        let here = store::present(&mut tx, &[case]).await.expect("present").remove(&case).unwrap_or_default();
        here.into_iter().map(|one| (one.name, one.writing)).collect::<Vec<_>>()
    };
    let mut tx = house.tomas().begin().await.expect("begin");
    store::look(&mut tx, one, case, house.tomas, "Tomás Gil").await.expect("look");
    store::look(&mut tx, two, case, house.tomas, "Tomás Gil").await.expect("look");
    tx.commit().await.expect("commit");
    assert_eq!(present().await, [("Tomás Gil".to_owned(), false)]);

    assert_eq!(post_quietly(&house.tomas(), || live::writing(case.to_string(), one.to_string())).await, Ok(()));
    assert_eq!(present().await, [("Tomás Gil".to_owned(), true)]);
    house.run("UPDATE case_presence SET writing_until = clock_timestamp() - interval '1 second'").await;
    assert_eq!(present().await, [("Tomás Gil".to_owned(), false)]);
    house.run("UPDATE case_presence SET here_until = clock_timestamp() - interval '1 second'").await;
    assert!(present().await.is_empty());
    let mut tx = house.tomas().db.begin(&Actor::Job).await.expect("begin");
    store::renew(&mut tx, &[one]).await.expect("renew");
    tx.commit().await.expect("commit");
    assert_eq!(present().await, [("Tomás Gil".to_owned(), false)]);
    let mut tx = house.tomas().db.begin(&Actor::Job).await.expect("begin");
    store::leave(&mut tx, &[one, two]).await.expect("leave");
    tx.commit().await.expect("commit");
    assert!(present().await.is_empty());

    // Neither partners nor auditors write here, and a case that is none has nobody.
    let partner = post_quietly(&house.ana(), || live::writing(case.to_string(), uuid().to_string())).await;
    assert_eq!(partner, Err(StatusCode::FORBIDDEN));
    let auditor = post_quietly(&house.lea(), || live::writing(case.to_string(), uuid().to_string())).await;
    assert_eq!(auditor, Err(StatusCode::FORBIDDEN));
    let nowhere = post_quietly(&house.tomas(), || live::writing("999".into(), uuid().to_string())).await;
    assert_eq!(nowhere, Err(StatusCode::NOT_FOUND));
    // Somebody else's page can't be spoken for.
    let mut tx = house.marta().begin().await.expect("begin");
    store::write(&mut tx, one, case, house.marta, "Marta Ruiz").await.expect("write");
    store::write(&mut tx, one, case, house.tomas, "Tomás Gil").await.expect("write");
    tx.commit().await.expect("commit");
    assert_eq!(present().await, [("Marta Ruiz".to_owned(), true)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_send_is_stopped_when_something_unseen_arrived(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.take(&house.marta(), case).await;
    let (tomas, path) = (house.tomas(), format!("/desk/{case}"));
    let reply = async |seen: String| {
        let (body, form_key) = (Some("We have nothing.".to_owned()), key());
        post(&tomas, || desk::reply(case.to_string(), body, form_key, seen, None)).await
    };
    // Each of these came while Tomás wrote: a message, a note, a change of stage.
    let read = house.read(case).await;
    house.answer(&house.ana(), case, "I found the receipt.", &key()).await;
    assert!(reply(read.clone()).await.is_back_to(&path));
    let read = house.read(case).await;
    house.note(&house.marta(), case, "She called, too.").await;
    let stopped = reply(read.clone()).await;
    assert!(stopped.is_back_to(&path));
    assert_eq!(house.count("message WHERE side = 'staff'").await, 0, "nothing was sent");

    // The page then shows what was new above what was typed, and says anew what it shows.
    let then = read.parse().expect("seen");
    let mut tx = tomas.begin().await.expect("begin");
    let unseen = store::unseen(&mut tx, house.garden, case, &then).await.expect("unseen");
    tx.commit().await.expect("commit");
    assert_eq!(
        unseen.iter().map(|one| (one.what, one.by.as_str(), one.text.as_str())).collect::<Vec<_>>(),
        [(What::Note, "Marta Ruiz", "She called, too.")]
    );
    let draft = app::base::forms::recall(&tomas, Some(&id_of_draft(&stopped))).await.expect("draft");
    assert_eq!((draft.value("body"), draft.value("seen")), ("We have nothing.".to_owned(), read));
    assert_eq!(reply(house.read(case).await).await, Answer::To(format!("/desk/{case}?done=sent")));

    let read = house.read(case).await;
    house.reply(&house.marta(), case, "Could you send the receipt?", true).await;
    assert!(reply(read).await.is_back_to(&path));
}

#[sqlx::test(migrations = "../migrations")]
async fn deciding_and_closing_are_stopped_in_the_same_way(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.reply(&house.marta(), case, "You are right.", false).await;
    let (tomas, path) = (house.tomas(), format!("/desk/{case}"));
    let some = |text: &str| Some(text.to_owned());
    let decide = async |read: String| {
        let (outcome, reason, words) = (some("in_favour"), some("goodwill"), some("You were right."));
        post(&tomas, || desk::decide_case(case.to_string(), read, outcome, reason, None, words, None, key())).await
    };
    let read = house.read_version(case).await;
    // A note moves no version: only what was seen tells.
    house.note(&house.marta(), case, "Wait for the advertiser.").await;
    let stopped = decide(read.clone()).await;
    assert!(stopped.is_back_to(&path));
    assert_eq!(house.count("case_decision").await, 0);
    let draft = app::base::forms::recall(&tomas, Some(&id_of_draft(&stopped))).await.expect("draft");
    assert_eq!(draft.value("body"), "You were right.");
    let unseen = app::live::page::seen_of(&draft).expect("what was seen");
    let mut tx = tomas.begin().await.expect("begin");
    assert_eq!(store::unseen(&mut tx, house.garden, case, &unseen).await.expect("unseen").len(), 1);
    drop(tx);
    let close = async |read: String| post(&tomas, || desk::close_case(case.to_string(), read)).await;
    assert!(close(read).await.is_back_to(&path));
    assert_eq!(house.stage(case).await, "in_review");

    assert_eq!(decide(house.read_version(case).await).await, Answer::To(format!("/desk/{case}?done=decided")));
    let read = house.read_version(case).await;
    house.reply(&house.marta(), case, "It is on its way.", false).await;
    assert!(close(read).await.is_back_to(&path), "another stage or message stops it, not with an error page");
    assert_eq!(close(house.read_version(case).await).await, Answer::To(format!("/desk/{case}?done=closed")));
}

#[sqlx::test(migrations = "../migrations")]
async fn two_at_once_send_one_reply(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let read = house.read(case).await;
    let send = async |ctx: Context, words: &str| {
        let (body, seen) = (Some(words.to_owned()), read.clone());
        post(&ctx, || desk::reply(case.to_string(), body, key(), seen, None)).await
    };
    let (tomas, marta) = tokio::join!(send(house.tomas(), "From Tomás."), send(house.marta(), "From Marta."));
    let sent = Answer::To(format!("/desk/{case}?done=sent"));
    let stopped = format!("/desk/{case}");
    assert!(
        (tomas == sent && marta.is_back_to(&stopped)) || (marta == sent && tomas.is_back_to(&stopped)),
        "{tomas:?} {marta:?}"
    );
    assert_eq!(house.count("message WHERE side = 'staff'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_is_kept_for_its_writer_until_it_is_sent(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let name = format!("case-{case}-reply");
    let keep = async |ctx: Context, name: &str, body: &str, form_key: &str| {
        let (name, body, form_key) = (name.to_owned(), Some(body.to_owned()), Some(form_key.to_owned()));
        post_quietly(&ctx, || live::keep_draft(name, body, form_key)).await
    };
    let drafts = async |person: PersonId| {
        let mut tx = house.tomas().db.begin_sign_in().await.expect("begin");
        store::drafts_of(&mut tx, person).await.expect("drafts")
    };
    assert_eq!(keep(house.tomas(), &name, "We are\r\nlooking", "k1").await, Ok(()));
    assert_eq!(drafts(house.tomas).await, [(name.clone(), "We are\nlooking".to_owned())]);
    assert!(drafts(house.marta).await.is_empty() && drafts(house.ana).await.is_empty());
    // No other role reads what was typed.
    for ctx in [house.tomas(), house.ana()] {
        let mut tx = ctx.begin().await.expect("begin");
        assert!(sqlx::query("SELECT body FROM kept_draft").fetch_all(&mut *tx).await.is_err());
    }
    // Sent, it is gone; and what comes late from the same form does not bring it back.
    let form_key = key();
    let (body, seen) = (Some("We are looking into it.".to_owned()), house.read(case).await);
    let sent = post(&house.tomas(), || desk::reply(case.to_string(), body, form_key.clone(), seen, None)).await;
    assert_eq!(sent, Answer::To(format!("/desk/{case}?done=sent")));
    assert!(drafts(house.tomas).await.is_empty());
    assert_eq!(keep(house.tomas(), &name, "We are looking into", &form_key).await, Ok(()));
    assert!(drafts(house.tomas).await.is_empty());
    // The next form may keep again.
    assert_eq!(keep(house.tomas(), &name, "One more thing", &key()).await, Ok(()));
    assert_eq!(drafts(house.tomas).await.len(), 1);
    // Refused, it is not.
    let (body, form_key) = (Some("  ".to_owned()), key());
    post(&house.tomas(), || desk::reply(case.to_string(), body, form_key, "0".into(), None)).await;
    assert_eq!(drafts(house.tomas).await.len(), 1);
    assert_eq!(keep(house.tomas(), &name, "  ", "").await, Ok(()));
    assert!(drafts(house.tomas).await.is_empty());

    // Too long, a name that is none, an auditor, nobody.
    let bad = Err(StatusCode::BAD_REQUEST);
    assert_eq!(keep(house.ana(), "dispute-1-answer", &"ä".repeat(20_001), "").await, bad);
    assert_eq!(keep(house.ana(), "dispute-1-answer", &"ä".repeat(20_000), "").await, Ok(()));
    assert_eq!(keep(house.ana(), "Robert'); --", "x", "").await, bad);
    assert_eq!(keep(house.lea(), "case-1-note", "x", "").await, Err(StatusCode::FORBIDDEN));
    // Only so many: the oldest makes room.
    for number in 0..120 {
        let later = house.later(number);
        keep(later.ana(), &format!("dispute-{number}-answer"), "x", "").await.expect("kept");
    }
    let kept = drafts(house.ana).await;
    assert_eq!(kept.len(), 100);
    assert!(kept.iter().any(|(name, _)| name == "dispute-119-answer"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_knock_is_off_until_it_is_wanted(pool: PgPool) {
    let house = House::open(pool).await;
    let knock = async |person: PersonId| {
        let mut tx = house.tomas().begin().await.expect("begin");
        store::knock(&mut tx, person).await.expect("knock")
    };
    assert_eq!(knock(house.tomas).await, Knock::Off);
    let set = async |ctx: Context, to: &str| post(&ctx, || live::set_desk(Some(to.to_owned()))).await;
    assert_eq!(set(house.tomas(), "mine").await, Answer::To("/my-desk?done=knock".into()));
    assert_eq!(set(house.tomas(), "mine").await, Answer::To("/my-desk?done=knock".into()));
    assert_eq!((knock(house.tomas).await, knock(house.marta).await), (Knock::Mine, Knock::Off));
    assert_eq!(house.count("audit WHERE action = 'desk.set'").await, 1, "what changed nothing is no change");
    assert!(set(house.tomas(), "loud").await.is_back_to("/my-desk"));
    assert_eq!(set(house.ana(), "all").await, Answer::Status(StatusCode::FORBIDDEN));
    assert_eq!(set(house.lea(), "all").await, Answer::Status(StatusCode::FORBIDDEN));
}

#[sqlx::test(migrations = "../migrations")]
async fn waiting_cases_are_counted_for_whom_they_wait(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let waiting = async |person: PersonId| {
        let mut tx = house.tomas().begin().await.expect("begin");
        store::waiting(&mut tx, &[person]).await.expect("waiting")[&person]
    };
    assert_eq!((waiting(house.tomas).await, waiting(house.marta).await), (1, 1), "nobody has it, so it waits for all");
    house.take(&house.tomas(), case).await;
    assert_eq!((waiting(house.tomas).await, waiting(house.marta).await), (1, 0));
    house.reply(&house.tomas(), case, "What is the order number?", true).await;
    assert_eq!(waiting(house.tomas).await, 0);
    let mut tx = house.ana().begin().await.expect("begin");
    assert_eq!(store::asked(&mut tx, &[house.garden]).await.expect("asked")[&house.garden], 1);
    // Under their own role no partner learns of another's.
    assert_eq!(store::asked(&mut tx, &[house.kitchen]).await.expect("asked")[&house.kitchen], 0);
    drop(tx);
    let mut tx = house.bo().begin().await.expect("begin");
    assert_eq!(store::asked(&mut tx, &[house.garden]).await.expect("asked")[&house.garden], 0);
}

/// What a function of a page says that is not left: nothing, or a status.
async fn post_quietly<F>(ctx: &Context, form: impl FnOnce() -> F) -> Result<(), StatusCode>
where
    F: Future<Output = Result<(), leptos::prelude::ServerFnError>>,
{
    use leptos::prelude::{Owner, ScopedFuture, provide_context};
    let response = leptos_axum::ResponseOptions::default();
    let future = Owner::new().with(|| {
        provide_context(ctx.clone());
        provide_context(response.clone());
        ScopedFuture::new(form())
    });
    let done = future.await;
    let status = response.0.read().expect("response").status;
    done.map_err(|error| status.unwrap_or_else(|| panic!("{error}")))
}

fn uuid() -> uuid::Uuid {
    key().parse().expect("uuid")
}

impl House {
    /// What a page of this case says of it now, as its reply form sends it.
    async fn read(&self, case: CaseId) -> String {
        let mut tx = self.marta().begin().await.expect("begin");
        store::seen(&mut tx, self.garden, case).await.expect("seen").to_string()
    }

    /// The same as the forms that decide and close send it.
    async fn read_version(&self, case: CaseId) -> String {
        let version: i32 = self.one("SELECT version FROM support_case").await;
        format!("{version}@{}", self.read(case).await)
    }
}
