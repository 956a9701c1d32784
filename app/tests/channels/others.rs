//! Complaints elsewhere, cases that are given away, practice.

use crate::desk_house::{Answer, House, key, post};
use app::base::actor::{Actor, Role, Staff};
use app::base::context::Context;
use app::base::ids::CaseId;
use app::complaints::api::{end_complaint, log_complaint};
use app::desk::model::View;
use app::desk::store::queue;
use app::given_away::api::give_away;
use app::mail::home::MailHome;
use app::mail::letters;
use app::mail::store as mail;
use app::practice::api::{make_practice, mark_practice, set_practice_policy, try_practice};
use http::StatusCode;
use sqlx::PgPool;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn complain(ctx: &Context, url: &str, case: &str, partner: &str, programme: &str) -> Answer {
    let (url, case, partner, programme) = (some(url), some(case), some(partner), some(programme));
    post(ctx, || {
        log_complaint(
            url,
            some("A forum"),
            some("They never pay."),
            some("2026-11-30"),
            programme,
            partner,
            case,
            key(),
        )
    })
    .await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_complaint_elsewhere_is_kept_by_its_link_with_its_outcome(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await.to_string();
    let programme = house.programme.to_string();
    let done = Answer::To("/complaints?done=logged".into());
    assert_eq!(complain(&house.tomas(), "https://forum.example/t/7", &case, "", "").await, done);
    assert_eq!(complain(&house.tomas(), "https://forum.example/t/8", "", "kitchen", "").await, done);
    assert_eq!(complain(&house.tomas(), "https://forum.example/t/9", "", "", &programme).await, done);
    assert_eq!(house.count("public_complaint WHERE partner_id IS NOT NULL").await, 2);
    for (url, case, partner) in [
        ("javascript:alert(1)", case.as_str(), ""),
        ("https://forum.example/t/7", case.as_str(), ""),
        ("https://forum.example/t/10", "999999", ""),
        ("https://forum.example/t/10", "x", ""),
        ("https://forum.example/t/10", "", "nobody"),
        ("https://forum.example/t/10", "", ""),
    ] {
        assert!(
            complain(&house.tomas(), url, case, partner, "").await.is_back_to("/complaints"),
            "{url} {case} {partner}"
        );
    }
    assert_eq!(complain(&house.lea(), "https://x.example", &case, "", "").await, Answer::Status(StatusCode::FORBIDDEN));
    let id: i64 = house.one("SELECT min(complaint_id) FROM public_complaint").await;
    let end = |outcome: &str| {
        let outcome = some(outcome);
        move || end_complaint(id.to_string(), outcome, some("We called."))
    };
    assert!(post(&house.tomas(), end("")).await.is_back_to("/complaints"));
    assert_eq!(post(&house.tomas(), end("solved")).await, Answer::To("/complaints?done=ended".into()));
    post(&house.marta(), end("not_ours")).await;
    assert_eq!(house.one::<String>("SELECT outcome FROM complaint_outcome").await, "solved", "said once");
    assert_eq!(house.count("audit WHERE action LIKE 'complaint.%'").await, 4);
}

async fn give(ctx: &Context, house: &House, case: CaseId, reason: &str) -> Answer {
    let version: i32 = house.one("SELECT version FROM support_case").await;
    let reason = some(reason);
    post(ctx, || give_away(case.to_string(), version.to_string(), reason)).await
}

#[sqlx::test(migrations = "../migrations")]
async fn an_abused_agent_gives_the_case_away_for_good(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.take(&house.tomas(), case).await;
    let seen = async |ctx: &Context| {
        let mut tx = ctx.begin().await.expect("begin");
        let me = ctx.actor.person().expect("person");
        queue(&mut tx, View::All, me, house.now).await.expect("queue").len()
    };
    assert_eq!(seen(&house.tomas()).await, 1);
    assert!(give(&house.tomas(), &house, case, "  ").await.is_back_to(&format!("/desk/{case}")));
    let done = Answer::To("/desk?done=given-away".into());
    assert_eq!(give(&house.tomas(), &house, case, "Insults in every mail.").await, done);
    assert_eq!(give(&house.tomas(), &house, case, "Twice").await, done);
    assert_eq!(house.count("case_given_away").await, 1);
    assert_eq!((seen(&house.tomas()).await, seen(&house.marta()).await), (0, 1));
    let assignee: i64 = house.one("SELECT assignee_id FROM support_case").await;
    assert_eq!(assignee, house.marta.0);
    // The partner reads who answers, and never why.
    let by: String = house.one("SELECT by_name FROM case_event ORDER BY case_event_id DESC LIMIT 1").await;
    assert_eq!(by, "Marta Ruiz");
    let mut tx = house.ana().begin().await.expect("begin");
    let read = sqlx::query("SELECT FROM case_given_away").execute(&mut *tx).await;
    assert_eq!(crate::desk_house::code(&read.expect_err("hidden")), "42501");
    assert_eq!(house.count("audit WHERE action = 'case.given_away'").await, 1);
    // Nobody else leads the desk: Marta can't give it on, and it never comes back to Tomás.
    assert!(give(&house.marta(), &house, case, "Me too").await.is_back_to(&format!("/desk/{case}")));
    let back = house.try_run(&format!("UPDATE support_case SET assignee_id = {}", house.tomas)).await;
    let Err(app::base::error::AppError::Database(error)) = back else { panic!("given back") };
    assert_eq!(app::base::error::constraint(&error), Some("support_case_not_given_back"));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_answers_from_now_on_is_told_by_mail_once(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.run("UPDATE person SET locale = 'es' WHERE email LIKE 'ana@%'").await;
    house.take(&house.tomas(), case).await;
    let told = async |house: &House| {
        app::notices::store::tell_due(house.db(), &MailHome::default(), house.now).await.expect("told")
    };
    assert_eq!(told(&house).await, 0, "nobody gave it away");
    give(&house.tomas(), &house, case, "Insults in every mail.").await;
    let (one, other) = tokio::join!(told(&house), told(&house));
    assert_eq!(one + other, 1);
    assert_eq!(told(&house.later(60)).await, 0, "once");
    let id: i64 = house.one("SELECT mail_id FROM mail_out WHERE kind = 'notice' AND notice = 'given_away'").await;
    let loaded = mail::load(house.db(), &house.tomas().secrets, id).await.expect("mail");
    let text = letters::write(&MailHome::default(), &loaded.sides, &loaded.about.expect("about")).text();
    assert!(text.plain.contains("Desde ahora soy yo quien te contesta"), "{}", text.plain);
    assert!(text.plain.contains("Marta Ruiz") && !text.plain.contains("Tomás"), "{}", text.plain);
    assert!(!text.plain.contains("Insult"), "never why: {}", text.plain);
    // An old change of hands, or one in a case that was closed at once, is nothing to write about.
    house.open_other(&house.bo(), &key()).await;
    let second = house.last_case().await;
    house
        .run(&format!(
            "INSERT INTO case_given_away SELECT partner_id, case_id, {}, {}, 'Insults', '2026-12-01Z' FROM support_case WHERE case_id = {second}",
            house.tomas, house.marta
        ))
        .await;
    assert_eq!(told(&house.later(20 * 24 * 60)).await, 0);
}

/// A closed case of Ana's with an answer.
async fn closed(house: &House) -> CaseId {
    let case = house.opened().await;
    let words = "Ana Soler here, ana@example.com, +34 612 345 678: O-1 lacks £12.50.";
    house.answer(&house.ana(), case, words, &key()).await;
    house.reply(&house.tomas(), case, "Hola Ana, it is booked now. Tomás", false).await;
    house.close(&house.tomas(), case).await;
    case
}

async fn solve(ctx: &Context, id: i64, outcome: &str) -> Answer {
    let outcome = some(outcome);
    post(ctx, || try_practice(id.to_string(), outcome, some("I would look it up and credit it."), key())).await
}

async fn mark(ctx: &Context, house: &House, passed: &str, remark: &str) -> Answer {
    let id: i64 = house.one("SELECT max(practice_try_id) FROM practice_try").await;
    let (passed, remark) = (some(passed), some(remark));
    post(ctx, || mark_practice(id.to_string(), passed, remark)).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_agent_gives_no_credit_before_enough_practice(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    assert!(
        post(&house.marta(), || make_practice(some(&case.to_string()))).await.is_back_to("/practice"),
        "not closed"
    );
    house.reply(&house.tomas(), case, "Done.", false).await;
    house.close(&house.tomas(), case).await;
    let real = closed(&house).await;
    let make = |case: CaseId| move || make_practice(some(&case.to_string()));
    assert_eq!(post(&house.tomas(), make(real)).await, Answer::Status(StatusCode::FORBIDDEN));
    post(&house.marta(), make(real)).await;
    let whole: String = house.one("SELECT concat_ws(' ', subject, talk, solution) FROM practice_case").await;
    for secret in ["Ana", "Soler", "ana@", "612", "O-1", "12.50", "Tomás", "garden", "Garden"] {
        assert!(!whole.contains(secret), "{secret} in {whole}");
    }
    assert!(whole.contains("[e-mail]") && whole.contains("it is booked now"), "{whole}");
    assert!(post(&house.marta(), make(real)).await.is_back_to("/practice"), "once");
    post(&house.marta(), make(case)).await;

    // Two have to pass from now on; Nuria begins a day later, Tomás was here before.
    assert_eq!(
        post(&house.marta(), || set_practice_policy(some("2"), key())).await,
        Answer::To("/practice?done=policy".into())
    );
    assert!(post(&house.marta(), || set_practice_policy(some("many"), key())).await.is_back_to("/practice"));
    house
        .run("INSERT INTO person (email, name, created_at) VALUES ('nuria@example.com', 'Nuria Vela', '2026-12-02Z');
              INSERT INTO staff (person_id, name, role, since) SELECT person_id, name, 'agent', '2026-12-02Z' FROM person WHERE email LIKE 'nuria@%'")
        .await;
    let nuria: i64 = house.one("SELECT person_id FROM person WHERE email LIKE 'nuria@%'").await;
    let later = house.later(2 * 24 * 60);
    let staff = Staff { person: nuria.into(), name: "Nuria Vela".into(), role: Role::Agent };
    let nuria = Context { actor: Actor::Staff(staff), ..later.tomas() };
    later.open_about_conversion(&later.ana(), "wrong_amount", &key()).await;
    let case = later.last_case().await;
    let back = format!("/desk/{case}");
    assert!(later.decide(&nuria, case, "in_favour", "5", &key()).await.is_back_to(&back));
    assert_eq!(house.count("case_decision").await, 0);

    let ids: Vec<i64> = sqlx::query_scalar("SELECT practice_case_id FROM practice_case ORDER BY 1")
        .fetch_all(house.pool())
        .await
        .expect("practice");
    assert!(solve(&nuria, ids[0], "").await.is_back_to(&format!("/practice/{}", ids[0])));
    // The same case passed twice counts once; what has not passed says why.
    solve(&nuria, ids[0], "in_favour").await;
    assert_eq!(mark(&later.tomas(), &later, "yes", "").await, Answer::Status(StatusCode::FORBIDDEN));
    assert!(mark(&later.marta(), &later, "no", " ").await.is_back_to("/practice"));
    assert_eq!(mark(&later.marta(), &later, "yes", "Well done").await, Answer::To("/practice?done=marked".into()));
    solve(&nuria, ids[0], "in_favour").await;
    mark(&later.marta(), &later, "yes", "").await;
    assert!(later.decide(&nuria, case, "in_favour", "5", &key()).await.is_back_to(&back));
    solve(&nuria, ids[1], "ask").await;
    mark(&later.marta(), &later, "yes", "").await;
    let done = Answer::To(format!("/desk/{case}?done=decided"));
    assert_eq!(later.decide(&nuria, case, "in_favour", "5", &key()).await, done);
    // Nobody marks themself.
    solve(&later.marta(), ids[1], "ask").await;
    assert!(mark(&later.marta(), &later, "yes", "").await.is_back_to("/practice"));
}
