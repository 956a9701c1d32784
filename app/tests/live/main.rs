//! What open pages are told: who hears of what, what is never lost, who is seen to be there; a send that is stopped, and
//! what was typed and not sent.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "../desk_house/mod.rs"]
mod house;
#[path = "../pages/mod.rs"]
mod pages;

mod drafts;
mod meanwhile;
mod sends;

use app::base::actor::Actor;
use app::base::context::Context;
use app::base::ids::{CaseId, PersonId};
use app::live::api as live;
use app::live::model::{Kind, Knock};
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
async fn what_the_house_does_with_a_case_is_told_to_the_house(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.take(&house.tomas(), case).await;
    let of = format!("FROM support_case c, staff s WHERE c.case_id = {case} AND s.name = 'Tomás Gil'");
    let snooze = format!(
        "INSERT INTO case_snooze (partner_id, case_id, until, reason, snoozed_by, snoozed_at)
         SELECT c.partner_id, c.case_id, '2026-12-03Z', 'The shop answers then.', s.person_id, '2026-12-01Z' {of}"
    );
    let woken = "UPDATE case_snooze SET ended_at = '2026-12-02Z', ended_by = 'staff'".to_owned();
    let escalate = format!(
        "INSERT INTO escalation (partner_id, case_id, facts, tried, proposed, to_role, escalated_by, by_name, escalated_at)
         SELECT c.partner_id, c.case_id, 'A sale is missing.', 'Asked the shop.', 'Credit it.', 'lead', s.person_id, s.name, '2026-12-01Z' {of}"
    );
    for step in [snooze, woken, escalate] {
        let before = place(&house).await;
        house.run(&step).await;
        let told = since(&house.marta(), &before).await;
        assert!(kinds(&told).contains(&Kind::Changed), "{step}: {told:?}");
        assert!(since(&house.ana(), &before).await.events.iter().all(|event| event.kind != Kind::Changed), "{step}");
    }
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
    // What waits in a merged case waits for whoever has the other one, and for nobody else any more.
    let later = house.later(10);
    later.open_other(&later.ana(), &key()).await;
    let second = later.last_case().await;
    assert_eq!((waiting(house.tomas).await, waiting(house.marta).await), (1, 1));
    later.merge(second, case).await;
    assert_eq!((waiting(house.tomas).await, waiting(house.marta).await), (1, 0));
    let (then, last) = (house.later(20), house.last_message().await);
    then.reply_seen(&then.tomas(), case, "Both are looked at. Which order is it?", last, true).await;
    assert_eq!(waiting(house.tomas).await, 0);
    // What somebody gave away does not call them back.
    house.open_other(&house.ana(), &key()).await;
    let rude = house.last_case().await;
    assert_eq!(waiting(house.tomas).await, 1);
    house.give_away(rude).await;
    assert_eq!((waiting(house.tomas).await, waiting(house.marta).await), (0, 1));
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
    /// Merges one case into another, as somebody of staff did.
    async fn merge(&self, case: CaseId, into: CaseId) {
        let version: i32 = sqlx::query_scalar("SELECT version FROM support_case WHERE case_id = $1")
            .bind(case.0)
            .fetch_one(self.pool())
            .await
            .expect("case");
        let into = Some(into.to_string());
        let done =
            post(&self.marta(), || app::work::api::merge_case(case.to_string(), version.to_string(), into)).await;
        assert!(matches!(&done, Answer::To(to) if to.ends_with("?done=work-merged")), "{done:?}");
    }

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
