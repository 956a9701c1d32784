//! Work on the queue against a real database, as the people at the desk would tell it: Tomás is an agent, Inés one too,
//! Marta owns the place, Lea is an auditor; Ana and Bo are partners. It is noon in UTC on Tuesday, 1 December 2026.
#![cfg(feature = "ssr")]

mod desk_house;
mod pages;

#[path = "work/merged.rs"]
mod merged;

use app::base::context::Context;
use app::base::ids::{CaseId, PersonId};
use app::base::language::Locale;
use app::desk::model::View;
use app::desk::store as desk;
use app::disputes::store as cases;
use app::work::{api, store};
use desk_house::{Answer, House, key, post};
use http::StatusCode;
use pages::page;
use sqlx::{AssertSqlSafe, PgPool};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn version(house: &House, case: CaseId) -> String {
    let sql = AssertSqlSafe(format!("SELECT version::text FROM support_case WHERE case_id = {case}"));
    sqlx::query_scalar(sql).fetch_one(house.marta().db.pool()).await.expect("version")
}

async fn with(house: &House, case: CaseId) -> Option<i64> {
    let sql = AssertSqlSafe(format!("SELECT assignee_id FROM support_case WHERE case_id = {case}"));
    sqlx::query_scalar(sql).fetch_one(house.marta().db.pool()).await.expect("assignee")
}

async fn assign(house: &House, ctx: &Context, case: CaseId, to: &str) -> Answer {
    let version = version(house, case).await;
    post(ctx, || api::assign_case(case.to_string(), version, some(to))).await
}

async fn snooze(house: &House, ctx: &Context, case: CaseId, until: &str) -> Answer {
    let version = version(house, case).await;
    post(ctx, || api::snooze_case(case.to_string(), version, some(until), some("The feed is read tonight."))).await
}

async fn merge(house: &House, ctx: &Context, case: CaseId, into: CaseId) -> Answer {
    let version = version(house, case).await;
    post(ctx, || api::merge_case(case.to_string(), version, some(&into.to_string()))).await
}

fn is_done(answer: &Answer, case: CaseId, what: &str) -> bool {
    matches!(answer, Answer::To(to) if to.starts_with(&format!("/desk/{case}?done={what}")))
}

fn undo_of(answer: &Answer) -> String {
    let Answer::To(to) = answer else { panic!("{answer:?}") };
    to.split("undo=").nth(1).expect("undo").to_owned()
}

async fn undo(ctx: &Context, step: &str, back: &str) -> Answer {
    post(ctx, || api::undo_step(step.to_owned(), some(back))).await
}

/// What became of each case of the last form.
async fn outcome(house: &House) -> (String, String, String) {
    let row: (String, String, String) = sqlx::query_as(
        "SELECT fields->>'done', fields->>'refused', fields->>'undo' FROM form_draft
         WHERE fields->>'form_name' = 'bulk-done' ORDER BY ctid DESC LIMIT 1",
    )
    .fetch_one(house.marta().db.pool())
    .await
    .expect("outcome");
    row
}

/// Inés joins; Tomás and she are on shift all day.
async fn with_ines(pool: PgPool) -> (House, PersonId) {
    let house = House::open(pool).await;
    house
        .run(
            "INSERT INTO person (email, name, created_at) VALUES ('ines@example.com', 'Inés Prado', '2026-01-01Z');
             INSERT INTO staff (person_id, name, role, since) SELECT person_id, name, 'agent', created_at FROM person WHERE email LIKE 'ines@%'",
        )
        .await;
    let ines = house.one::<i64>("SELECT person_id FROM person WHERE email LIKE 'ines@%'").await;
    for person in [house.tomas.0, ines] {
        on_shift(&house, person).await;
    }
    (house, PersonId(ines))
}

async fn on_shift(house: &House, person: i64) {
    let sql = format!(
        "INSERT INTO rota_exception (person_id, kind, starts_at, ends_at, reason, written_at)
         VALUES ({person}, 'extra', '2026-12-01T08:00Z', '2026-12-01T20:00Z', 'Here', '2026-12-01T00:00Z')"
    );
    house.run(&sql).await;
}

async fn switch_on(house: &House) {
    let programme = house.programme.to_string();
    let done = post(&house.marta(), || api::set_turns(programme, some("on"), key())).await;
    assert_eq!(done, Answer::To("/turns?done=switched".into()));
}

async fn limit(house: &House, person: PersonId, most: &str) -> Answer {
    post(&house.marta(), || api::set_case_limit(person.to_string(), some(most), key())).await
}

async fn open_case(house: &House, ctx: &Context) -> CaseId {
    house.open_other(ctx, &key()).await;
    house.last_case().await
}

async fn give_out(house: &House) -> usize {
    store::give_out(&house.marta().db, house.now).await.expect("given out")
}

async fn queue(house: &House, ctx: &Context, view: View) -> Vec<i64> {
    let mut tx = ctx.begin().await.expect("begin");
    let reader = ctx.staff().expect("staff").person;
    let lines = desk::queue(&mut tx, view, reader, house.now).await.expect("queue");
    lines.into_iter().map(|line| line.id.0).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_case_is_handed_on_with_what_was_promised(pool: PgPool) {
    let (house, ines) = with_ines(pool).await;
    let case = house.opened().await;
    house.take(&house.tomas(), case).await;
    let promised: chrono::DateTime<chrono::Utc> = house.one("SELECT next_update_at FROM support_case").await;

    let later = house.later(30);
    let done = assign(&later, &later.tomas(), case, &ines.to_string()).await;
    assert!(is_done(&done, case, "work-assigned"), "{done:?}");
    assert_eq!(with(&house, case).await, Some(ines.0));
    let still: chrono::DateTime<chrono::Utc> = house.one("SELECT next_update_at FROM support_case").await;
    assert_eq!(still, promised);
    assert_eq!(house.count("case_event WHERE by_name = 'Inés Prado' AND promised_at IS NOT NULL").await, 1);
    assert_eq!(house.count("audit WHERE action = 'case.assigned' AND before ? 'assignee'").await, 1);

    // Who looked at an older version is told, and so is who gives it to its owner.
    let stale = post(&later.marta(), || api::assign_case(case.to_string(), "1".into(), some("nobody"))).await;
    assert!(stale.is_back_to(&format!("/desk/{case}")), "{stale:?}");
    let same = assign(&later, &later.marta(), case, &ines.to_string()).await;
    assert!(same.is_back_to(&format!("/desk/{case}")), "{same:?}");
    let auditor = assign(&later, &later.marta(), case, "99999").await;
    assert!(auditor.is_back_to(&format!("/desk/{case}")), "{auditor:?}");
    assert_eq!(assign(&later, &later.lea(), case, "nobody").await, Answer::Status(StatusCode::FORBIDDEN));

    // Taken back: it is Tomás's again; once more, and that was all.
    let step = undo_of(&done);
    assert!(
        undo(&later.marta(), &step, "/desk").await == Answer::Status(StatusCode::NOT_FOUND),
        "somebody else's step"
    );
    let back = undo(&later.tomas(), &step, &format!("/desk/{case}")).await;
    assert!(back.is_back_to(&format!("/desk/{case}")), "{back:?}");
    assert_eq!(with(&house, case).await, Some(house.tomas.0));
    assert_eq!(outcome(&house).await.0, format!("{case};"));
    assert_eq!(undo(&later.tomas(), &step, "/desk").await, Answer::To("/desk?done=work-undone".into()));
    assert_eq!(house.count("audit WHERE action = 'case.undone'").await, 1);

    // Back to nobody: it waits for a person, not for its turn.
    switch_on(&later).await;
    let done = assign(&later, &later.tomas(), case, "nobody").await;
    assert!(is_done(&done, case, "work-given-back"), "{done:?}");
    assert_eq!((with(&house, case).await, give_out(&later).await), (None, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_step_is_not_taken_back_over_what_came_after(pool: PgPool) {
    let (house, ines) = with_ines(pool).await;
    let case = house.opened().await;
    let taken = house.take(&house.tomas(), case).await;
    let back = undo(&house.tomas(), &undo_of(&taken), &format!("/desk/{case}")).await;
    assert!(back.is_back_to(&format!("/desk/{case}")), "{back:?}");
    assert_eq!((with(&house, case).await, house.stage(case).await.as_str()), (None, "received"));

    let done = assign(&house, &house.tomas(), case, &ines.to_string()).await;
    house.reply(&house.marta(), case, "We look into it.", false).await;
    let back = undo(&house.tomas(), &undo_of(&done), &format!("/desk/{case}")).await;
    assert!(back.is_back_to(&format!("/desk/{case}")), "{back:?}");
    assert_eq!(with(&house, case).await, Some(ines.0));
    assert_eq!(house.count("audit WHERE action = 'case.undone'").await, 1);
    let html = page(
        house.tomas(),
        &match back {
            Answer::To(to) => to.trim_end_matches("#form").to_owned(),
            Answer::Status(_) => unreachable!("checked"),
        },
    )
    .await;
    assert!(html.contains("Somebody changed it in between."), "{html}");
}

#[sqlx::test(migrations = "../migrations")]
async fn new_cases_go_in_turn_to_those_on_shift_with_room(pool: PgPool) {
    let (house, ines) = with_ines(pool).await;
    let before = open_case(&house, &house.ana()).await;
    switch_on(&house).await;
    assert_eq!(give_out(&house).await, 0, "what came before the switch waits to be taken");

    let (ana, bo) = (open_case(&house, &house.ana()).await, open_case(&house, &house.bo()).await);
    assert_eq!(give_out(&house).await, 2);
    let first = with(&house, ana).await.expect("given");
    let second = with(&house, bo).await.expect("given");
    assert_ne!(first, second);
    assert_eq!(with(&house, before).await, None);

    // Ana's next one goes to who had her last; that is nobody's turn.
    let again = open_case(&house, &house.ana()).await;
    assert_eq!(give_out(&house).await, 1);
    assert_eq!(with(&house, again).await, Some(first));
    assert_eq!(house.count("case_turn WHERE why = 'same_person'").await, 1);
    assert_eq!(house.count("audit WHERE action = 'case.given_out' AND actor_kind = 'job'").await, 3);

    // Nobody is given more than their limit; what finds nobody waits until there is room.
    for person in [house.tomas, ines] {
        assert_eq!(limit(&house, person, "2").await, Answer::To("/turns?done=limited".into()));
    }
    for _ in 0..3 {
        open_case(&house, &house.bo()).await;
    }
    give_out(&house).await;
    let over = house
        .count("(SELECT assignee_id FROM support_case WHERE assignee_id IS NOT NULL GROUP BY assignee_id HAVING count(*) > 2) o")
        .await;
    assert_eq!((over, house.count("support_case WHERE assignee_id IS NOT NULL").await), (0, 4));
    assert_eq!(house.count("turn_waiting").await, 2);
    assert!(limit(&house, ines, "many").await.is_back_to("/turns"));
    limit(&house, ines, "").await;
    assert_eq!(give_out(&house).await, 2);
    assert_eq!(house.count("turn_waiting").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_shift_that_begins_is_given_what_waits(pool: PgPool) {
    let house = House::open(pool).await;
    switch_on(&house).await;
    let case = open_case(&house, &house.ana()).await;
    assert_eq!(give_out(&house).await, 0, "nobody is there");
    let answer = assign(&house, &house.marta(), case, "turn").await;
    assert!(answer.is_back_to(&format!("/desk/{case}")), "{answer:?}");
    on_shift(&house, house.tomas.0).await;
    assert_eq!(give_out(&house).await, 1);
    assert_eq!(with(&house, case).await, Some(house.tomas.0));

    // By hand it goes in turn as well.
    let other = open_case(&house, &house.bo()).await;
    let done = assign(&house, &house.marta(), other, "turn").await;
    assert!(is_done(&done, other, "work-assigned"), "{done:?}");
    assert_eq!(house.count("case_turn").await, 2);
    assert_eq!(give_out(&house).await, 0);
    let agent = post(&house.tomas(), || api::set_turns(house.programme.to_string(), some("off"), key())).await;
    assert_eq!(agent, Answer::Status(StatusCode::FORBIDDEN));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_put_off_comes_back_at_its_time_or_when_its_partner_writes(pool: PgPool) {
    let (house, _) = with_ines(pool).await;
    let case = house.opened().await;
    house.take(&house.tomas(), case).await;
    let refused = snooze(&house, &house.tomas(), case, "2026-12-01T11:00").await;
    assert!(refused.is_back_to(&format!("/desk/{case}")), "{refused:?}");
    let done = snooze(&house, &house.tomas(), case, "2026-12-02T09:00").await;
    assert!(is_done(&done, case, "work-snoozed"), "{done:?}");
    assert_eq!(queue(&house, &house.tomas(), View::Mine).await, Vec::<i64>::new());
    assert_eq!(queue(&house, &house.tomas(), View::Snoozed).await, [case.0]);
    let html = page(house.tomas(), "/desk?view=snoozed").await;
    let until: String =
        house.one("SELECT to_char(snoozed_until AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI') FROM support_case").await;
    assert!(
        html.contains("columnheader\" class=\"\">Until<") && html.contains(&format!("datetime=\"{until}")),
        "{until}: {html}"
    );
    assert!(!page(house.tomas(), "/desk?view=all").await.contains("columnheader\" class=\"\">Until<"));
    // The clocks run on, and what they ran out of is seen.
    let overdue = house.later(3 * 24 * 60);
    assert_eq!(queue(&overdue, &overdue.tomas(), View::Breaching).await, [case.0]);

    assert_eq!(store::wake_due(&house.marta().db, house.now).await.expect("woken"), 0);
    let later = house.later(24 * 60);
    assert_eq!(store::wake_due(&house.marta().db, later.now).await.expect("woken"), 1);
    assert_eq!(queue(&house, &house.tomas(), View::Mine).await, [case.0]);
    assert_eq!(house.count("case_snooze WHERE ended_by = 'time'").await, 1);

    // The partner writes: it is back, whatever the date said.
    snooze(&later, &later.tomas(), case, "2026-12-24T09:00").await;
    later.answer(&later.ana(), case, "Is there news?", &key()).await;
    assert_eq!(house.count("case_snooze WHERE ended_by = 'partner'").await, 1);
    assert_eq!(queue(&house, &house.tomas(), View::Snoozed).await, Vec::<i64>::new());

    // Put off, taken back; put off, brought back by hand; put off and closed.
    let done = snooze(&later, &later.tomas(), case, "2026-12-24T09:00").await;
    undo(&later.tomas(), &undo_of(&done), "/desk").await;
    assert_eq!(queue(&house, &house.tomas(), View::Snoozed).await, Vec::<i64>::new());
    snooze(&later, &later.tomas(), case, "2026-12-24T09:00").await;
    let html = page(Context { locale: Locale::es, ..later.tomas() }, &format!("/desk/{case}")).await;
    assert!(html.contains("Los plazos siguen.") && html.contains("Traer ya de vuelta"), "{html}");
    let woken = version(&house, case).await;
    let done = post(&later.tomas(), || api::wake_case(case.to_string(), woken)).await;
    assert!(is_done(&done, case, "work-woken"), "{done:?}");
    undo(&later.tomas(), &undo_of(&done), "/desk").await;
    assert_eq!(queue(&house, &house.tomas(), View::Snoozed).await, [case.0]);
    later.reply(&later.tomas(), case, "It is settled.", false).await;
    later.close(&later.tomas(), case).await;
    assert_eq!(house.count("case_snooze WHERE ended_by = 'closed'").await, 1);
    assert_eq!(house.count("support_case WHERE snoozed_until IS NOT NULL").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn many_at_once_are_judged_one_by_one(pool: PgPool) {
    let (house, ines) = with_ines(pool).await;
    let answered = house.opened().await;
    house.reply(&house.tomas(), answered, "All is well.", false).await;
    let waiting = open_case(&house, &house.ana()).await;
    let closed = open_case(&house, &house.bo()).await;
    house.reply(&house.tomas(), closed, "All is well.", false).await;
    house.close(&house.tomas(), closed).await;
    let all = async || {
        let mut all = Vec::new();
        for case in [answered, waiting, closed] {
            all.push(format!("{case}@{}", version(&house, case).await));
        }
        Some([all, vec!["99999@1".into()]].concat())
    };
    let bulk = async |what: &str, to: &str| {
        let all = all().await;
        let (what, to) = (some(what), some(to));
        let back = some("/desk?view=all");
        post(&house.tomas(), || api::bulk_cases(all, what, to, some("2026-12-02T09:00"), some("Tomorrow"), None, back))
            .await
    };
    assert!(bulk("close", "").await.is_back_to("/desk?view=all"));
    assert_eq!(
        outcome(&house).await,
        (format!("{answered};"), format!("{waiting}:unanswered;{closed}:closed;99999:not_found;"), String::new())
    );
    assert_eq!((house.stage(answered).await, house.stage(waiting).await), ("closed".into(), "received".into()));

    bulk("assign", &ines.to_string()).await;
    let (done, refused, step) = outcome(&house).await;
    assert_eq!((done, refused), (format!("{waiting};"), format!("{answered}:closed;{closed}:closed;99999:not_found;")));
    assert_eq!(with(&house, waiting).await, Some(ines.0));
    undo(&house.tomas(), &step, "/desk?view=all").await;
    assert_eq!(with(&house, waiting).await, None);

    bulk("snooze", "").await;
    assert_eq!(queue(&house, &house.tomas(), View::Snoozed).await, [waiting.0]);
    bulk("mark", "").await;
    assert_eq!(outcome(&house).await.0, format!("{waiting};"));
    assert_eq!(house.count("needs_no_answer").await, 1);

    // Nothing chosen, or nothing said: back to the form, and nothing is changed.
    let none =
        post(&house.tomas(), || api::bulk_cases(None, some("close"), None, None, None, None, some("//evil.example")))
            .await;
    assert!(none.is_back_to("/desk"), "{none:?}");
    assert!(bulk("assign", "").await.is_back_to("/desk?view=all"));
    assert!(bulk("", "").await.is_back_to("/desk?view=all"));
    let html = page(house.tomas(), "/desk?view=snoozed").await;
    assert!(html.contains("cases[]") && html.contains("data-key=\"g m\""), "{html}");
    let read_only = page(house.lea(), "/desk?view=snoozed").await;
    assert!(!read_only.contains("cases[]"), "{read_only}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_nobody_saw_is_not_done_to_many_at_once(pool: PgPool) {
    let (house, _) = with_ines(pool).await;
    let case = open_case(&house, &house.ana()).await;
    let read = format!("{case}@{}", version(&house, case).await);
    let html = page(house.tomas(), "/desk?view=all").await;
    assert!(html.contains(&format!("value=\"{read}\"")), "{html}");
    house.answer(&house.later(1).ana(), case, "And my payout is late.", &key()).await;
    for what in ["mark", "close"] {
        let read = Some(vec![read.clone()]);
        post(&house.tomas(), || api::bulk_cases(read, some(what), None, None, None, None, some("/desk"))).await;
        assert_eq!(outcome(&house).await.1, format!("{case}:changed;"), "{what}");
    }
    assert_eq!(house.count("needs_no_answer").await, 0);
    assert_eq!(house.stage(case).await, "received");
}

#[sqlx::test(migrations = "../migrations")]
async fn keys_can_be_switched_off_and_turns_are_seen(pool: PgPool) {
    let (house, _) = with_ines(pool).await;
    assert!(page(house.tomas(), "/quarantine").await.contains("data-key=\"j\""));
    let off = post(&house.tomas(), || api::set_keys(some("off"), some("/quarantine"))).await;
    assert_eq!(off, Answer::To("/quarantine".into()));
    let html = page(house.tomas(), "/quarantine").await;
    assert!(!html.contains("data-key=") && html.contains("keys on"), "{html}");
    assert!(page(house.marta(), "/desk").await.contains("data-key=\"j\""));
    post(&house.tomas(), || api::set_keys(some("on"), some("/desk"))).await;
    assert!(page(house.tomas(), "/desk").await.contains("data-key=\"j\""));

    let html = page(Context { locale: Locale::es, ..house.marta() }, "/turns").await;
    assert!(
        html.contains("Reparto de casos") && html.contains("Inés Prado") && html.contains("/do/set-case-limit"),
        "{html}"
    );
    assert!(!page(house.tomas(), "/turns").await.contains("/do/set-case-limit"));
}

#[sqlx::test(migrations = "../migrations")]
async fn ticked_cases_are_gathered_into_an_incident(pool: PgPool) {
    let house = House::open(pool).await;
    let first = house.opened().await;
    let second = open_case(&house, &house.bo()).await;
    let gather = async |cases: Vec<String>, incident: &str| {
        let mut read = Vec::new();
        for case in cases {
            let known: Option<CaseId> = case.parse().ok().filter(|case| [first, second].contains(case));
            let version = match known {
                Some(case) => version(&house, case).await,
                None => "1".to_owned(),
            };
            read.push(format!("{case}@{version}"));
        }
        let (cases, incident, back) = (Some(read), some(incident), some("/desk?view=all"));
        post(&house.tomas(), || api::bulk_cases(cases, some("gather"), None, None, None, incident, back)).await
    };
    let ticked = || vec![first.to_string(), second.to_string(), "99999".to_owned()];
    assert!(!page(house.tomas(), "/desk?view=all").await.contains("Gather"), "no incident runs");
    assert!(gather(ticked(), "1").await.is_back_to("/desk?view=all"));
    house
        .run("INSERT INTO incident (programme_id, began_at, for_everybody, opened_by, opened_at, next_update_at, form_key)
              SELECT programme_id, '2026-12-01Z', false, s.person_id, '2026-12-01Z', '2026-12-02Z', gen_random_uuid()
              FROM programme, staff s, generate_series(1, 2) WHERE s.role = 'owner'")
        .await;
    house
        .run("INSERT INTO incident_update (incident_id, nth, kind, said_by, signed_by, said_at, next_update_at, form_key)
              SELECT incident_id, 0, 'opened', opened_by, 'Marta Ruiz', opened_at, next_update_at, gen_random_uuid() FROM incident;
              INSERT INTO incident_text SELECT incident_id, 0, 'en', 'Tracking was down', 'We know.' FROM incident")
        .await;
    assert!(page(house.tomas(), "/desk?view=all").await.contains("Shop: Tracking was down"));
    assert!(gather(ticked(), "x").await.is_back_to("/desk?view=all"));
    assert!(gather(ticked(), "1").await.is_back_to("/desk?view=all"));
    assert_eq!(outcome(&house).await, (format!("{first};{second};"), "99999:not_found;".to_owned(), String::new()));
    assert_eq!(house.count("incident_case WHERE incident_id = 1 AND left_at IS NULL").await, 2);
    assert_eq!(house.count("audit WHERE action = 'incident.cases_put'").await, 1);
    // They are in one already; the page says so.
    let Answer::To(told) = gather(vec![first.to_string()], "2").await else { panic!("no page") };
    assert_eq!(outcome(&house).await.1, format!("{first}:in_incident;"));
    let html = page(house.tomas(), told.split('#').next().expect("path")).await;
    assert!(html.contains("it is in an incident already"), "{html}");
}
