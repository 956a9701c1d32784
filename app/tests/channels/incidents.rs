//! Incidents and bulletins: said once, told everywhere, to nobody too often.

use crate::desk_house::{Answer, House, key, post};
use app::base::context::Context;
use app::base::ids::CaseId;
use app::bulletins::api::set_bulletin_policy;
use app::bulletins::store as bulletins;
use app::incidents::api::{open_incident, put_into_incident, take_out_of_incident, update_incident};
use app::incidents::model::Why;
use app::incidents::store as incidents;
use app::mail::home::MailHome;
use app::mail::letters;
use app::mail::store as mail;
use http::StatusCode;
use sqlx::PgPool;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn open(ctx: &Context, house: &House, everybody: bool, form_key: &str) -> Answer {
    open_about(ctx, house, everybody, form_key, ("anything", "", "")).await
}

async fn open_about(
    ctx: &Context,
    house: &House,
    everybody: bool,
    form_key: &str,
    (about, offer, run): (&str, &str, &str),
) -> Answer {
    let (about, offer, run) = (some(about), some(offer), some(run));
    let (programme, everybody, form_key) =
        (some(&house.programme.to_string()), everybody.then(|| "yes".to_owned()), form_key.to_owned());
    post(ctx, || {
        let (titles, bodies) =
            ((some("Tracking was down"), some("El seguimiento falló")), (some("We know."), some("Lo sabemos.")));
        open_incident(
            programme,
            offer,
            about,
            run,
            some("2026-12-01T06:00"),
            some(""),
            everybody,
            titles.0,
            titles.1,
            bodies.0,
            bodies.1,
            some("2026-12-01T16:00"),
            form_key,
        )
    })
    .await
}

async fn say(ctx: &Context, house: &House, words: &str, over: bool) -> Answer {
    let version: i32 = house.one("SELECT max(version) FROM incident").await;
    let id: i64 = house.one("SELECT max(incident_id) FROM incident").await;
    let (en, es) = (some(&format!("{words} (en)")), some(&format!("{words} (es)")));
    let next = (house.now + chrono::TimeDelta::hours(6)).format("%Y-%m-%dT%H:%M").to_string();
    let (next, over) = (Some(next), over.then(|| "yes".to_owned()));
    post(ctx, || update_incident(id.to_string(), version.to_string(), en, es, next, over, key())).await
}

async fn put(ctx: &Context, house: &House, cases: &str) -> Answer {
    let id: i64 = house.one("SELECT max(incident_id) FROM incident").await;
    let cases = some(cases);
    post(ctx, || put_into_incident(id.to_string(), cases, None)).await
}

/// Everything the jobs do, twice: the second time finds nothing.
async fn jobs(house: &House) {
    for _ in 0..2 {
        incidents::tell_all(house.db(), house.now).await.expect("told");
        bulletins::work(house.db(), &MailHome::default(), house.now).await.expect("mailed");
    }
}

/// Two disputes of Ana, one of Bo; all read by Tomás.
async fn three_cases(house: &House) -> [CaseId; 3] {
    let first = house.opened().await;
    house.open_other(&house.ana(), &key()).await;
    let second = house.last_case().await;
    house.open_other(&house.bo(), &key()).await;
    house.run("UPDATE person SET locale = 'es' WHERE email LIKE 'bo@%'").await;
    [first, second, house.last_case().await]
}

#[sqlx::test(migrations = "../migrations")]
async fn one_word_goes_to_every_case_in_its_partners_language_once(pool: PgPool) {
    let house = House::open(pool).await;
    let [first, second, third] = three_cases(&house).await;
    let form_key = key();
    assert!(
        matches!(open(&house.tomas(), &house, false, &form_key).await, Answer::To(to) if to.contains("done=opened"))
    );
    open(&house.tomas(), &house, false, &form_key).await;
    assert_eq!(house.count("incident").await, 1, "the same form twice");
    assert!(
        matches!(put(&house.tomas(), &house, &format!("#{first}, {second} {third}")).await, Answer::To(to) if to.ends_with("done=put"))
    );
    jobs(&house).await;
    assert_eq!(house.count("message WHERE side = 'staff' AND author_name = 'Tomás Gil'").await, 3);
    assert_eq!(house.count("message WHERE body = 'We know.'").await, 2);
    assert_eq!(house.count("message WHERE body = 'Lo sabemos.'").await, 1);
    // One mail for each person, however many of their cases are in it.
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin'").await, 2);
    let promised: chrono::DateTime<chrono::Utc> = house.one("SELECT min(next_update_at) FROM support_case").await;
    assert_eq!(promised.to_rfc3339(), "2026-12-01T16:00:00+00:00");
    assert_eq!(house.count("audit WHERE action = 'case.replied' AND actor_kind = 'job'").await, 3);

    // Ana writes something that nobody has read: no word to all answers it.
    let later = house.later(30);
    let seen: i64 = sqlx::query_scalar("SELECT max(message_id) FROM message WHERE case_id = $1")
        .bind(first.0)
        .fetch_one(house.pool())
        .await
        .expect("message");
    let (case, body) = (first.to_string(), some("That is not my problem at all."));
    post(&later.ana(), || app::disputes::api::answer_dispute(case, body, key(), seen.to_string())).await;
    say(&later.tomas(), &later, "It is over", true).await;
    jobs(&later).await;
    assert_eq!(house.stage(first).await, "in_review", "left to a person");
    assert_eq!((house.stage(second).await, house.stage(third).await), ("closed".into(), "closed".into()));
    assert_eq!(house.count("incident_telling WHERE outcome = 'by_hand'").await, 1);
    assert_eq!(house.count("message WHERE body LIKE 'It is over%'").await, 2);
    assert_eq!(house.count("incident_case WHERE left_at IS NULL").await, 0);
    // Its mail tells Ana all the same.
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin'").await, 4);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_process_that_stops_anywhere_tells_nobody_twice(pool: PgPool) {
    let house = House::open(pool).await;
    for _ in 0..30 {
        house.open_other(&house.ana(), &key()).await;
    }
    open(&house.tomas(), &house, false, &key()).await;
    let cases: Vec<i64> =
        sqlx::query_scalar("SELECT case_id FROM support_case").fetch_all(house.pool()).await.expect("cases");
    put(&house.tomas(), &house, &cases.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")).await;
    // One batch, then several processes at once.
    incidents::tell(house.db(), house.now).await.expect("batch");
    assert_eq!(house.count("incident_telling").await, 25);
    assert_eq!(house.count("incident_telling").await, 25);
    let (one, two) =
        tokio::join!(incidents::tell_all(house.db(), house.now), incidents::tell_all(house.db(), house.now));
    one.and(two).expect("both");
    jobs(&house).await;
    assert_eq!(house.count("message WHERE side = 'staff'").await, 30);
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin'").await, 1);
    assert_eq!(house.count("support_case WHERE stage = 'in_review'").await, 30);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_gets_more_than_the_policy_and_nothing_is_lost(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    open(&house.tomas(), &house, false, &key()).await;
    put(&house.tomas(), &house, &case.to_string()).await;
    jobs(&house).await;
    for (minutes, words) in [(10, "One"), (20, "Two"), (30, "Three")] {
        let later = house.later(minutes);
        say(&later.tomas(), &later, words, false).await;
        jobs(&later).await;
    }
    // Two of four went out; every word stands in the portal at once.
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin'").await, 2);
    assert_eq!(house.count("bulletin_item WHERE mail_id IS NULL").await, 2);
    assert_eq!(house.count("message WHERE side = 'staff'").await, 4);
    jobs(&house.later(24 * 60 - 1)).await;
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin'").await, 2);
    // A day after the first one, what was held back is one mail.
    let tomorrow = house.later(24 * 60 + 1);
    jobs(&tomorrow).await;
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin'").await, 3);
    assert_eq!(house.count("bulletin_item WHERE mail_id IS NULL").await, 0);
    let id: i64 = house.one("SELECT max(mail_id) FROM mail_out").await;
    let loaded = mail::load(house.db(), &house.tomas().secrets, id).await.expect("mail");
    let text = letters::write(&MailHome::default(), &loaded.sides, &loaded.about.expect("about")).text();
    assert_eq!(text.subject, "2 things you should know");
    assert!(
        text.plain.contains("Two (en)") && text.plain.contains("Three (en)") && !text.plain.contains("One (en)"),
        "{}",
        text.plain
    );
    assert!(text.plain.trim_end().contains("Tomás Gil"));
    // A lead raises it; an agent does not.
    let set = |most: &'static str| move || set_bulletin_policy(some(most), key());
    assert_eq!(post(&house.tomas(), set("5")).await, Answer::Status(StatusCode::FORBIDDEN));
    assert!(post(&house.marta(), set("0")).await.is_back_to("/incidents"));
    assert_eq!(post(&house.marta(), set("5")).await, Answer::To("/incidents?done=policy".into()));
    let more = tomorrow.later(5);
    say(&more.tomas(), &more, "Four", false).await;
    jobs(&more).await;
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin'").await, 4);
}

#[sqlx::test(migrations = "../migrations")]
async fn partners_see_what_concerns_them_and_nothing_else(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    open(&house.tomas(), &house, false, &key()).await;
    put(&house.tomas(), &house, &case.to_string()).await;
    let titles = async |ctx: &Context| {
        let mut tx = ctx.begin().await.expect("begin");
        let banners = incidents::banners(&mut tx, ctx.locale, ctx.now()).await.expect("banners");
        banners.into_iter().map(|banner| (banner.title, banner.case)).collect::<Vec<_>>()
    };
    assert_eq!(titles(&house.ana()).await, [("Tracking was down".to_owned(), Some(case))]);
    assert_eq!(titles(&house.bo()).await, []);
    // One for everybody is Bo's too, and told by mail without a case.
    open(&house.tomas(), &house, true, &key()).await;
    assert_eq!(titles(&house.bo()).await, [("Tracking was down".to_owned(), None)]);
    jobs(&house).await;
    assert_eq!(house.count("bulletin_item i JOIN person p USING (person_id) WHERE p.email LIKE 'bo@%'").await, 1);
    // Nobody else's tables are a partner's to read.
    for table in ["incident", "incident_text", "incident_case", "bulletin", "bulletin_item"] {
        let mut tx = house.ana().begin().await.expect("begin");
        let read = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT FROM {table}"))).execute(&mut *tx).await;
        assert_eq!(crate::desk_house::code(&read.expect_err(table)), "42501");
    }
    // Once it is over, it is not shown any more.
    say(&house.tomas(), &house, "Over", true).await;
    assert_eq!(titles(&house.bo()).await, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_can_not_be_is_refused_and_kept_as_typed(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    assert_eq!(open(&house.lea(), &house, false, &key()).await, Answer::Status(StatusCode::FORBIDDEN));
    open(&house.tomas(), &house, false, &key()).await;
    let id: i64 = house.one("SELECT incident_id FROM incident").await;
    let page = format!("/incidents/{id}");
    for wrong in ["", "x", "999999", &format!("{case} 999999")] {
        assert!(put(&house.tomas(), &house, wrong).await.is_back_to(&page), "{wrong}");
    }
    assert_eq!(house.count("incident_case").await, 0);
    put(&house.tomas(), &house, &case.to_string()).await;
    // A case is in one incident; somebody else was quicker with a word; what is over stays over.
    open(&house.marta(), &house, false, &key()).await;
    let second: i64 = house.one("SELECT max(incident_id) FROM incident").await;
    assert!(put(&house.tomas(), &house, &case.to_string()).await.is_back_to(&format!("/incidents/{second}")));
    let tomas = house.tomas();
    let stale = post(&tomas, || {
        update_incident(second.to_string(), "7".into(), some("a"), some("b"), some("2026-12-01T18:00"), None, key())
    });
    assert!(stale.await.is_back_to(&format!("/incidents/{second}")));
    assert!(say(&house.tomas(), &house, " ", false).await != Answer::Status(StatusCode::INTERNAL_SERVER_ERROR));
    say(&house.tomas(), &house, "Over", true).await;
    assert!(say(&house.tomas(), &house, "And another thing", false).await.is_back_to(&format!("/incidents/{second}")));
    assert!(
        put(&house.tomas(), &house, &house.last_case().await.to_string())
            .await
            .is_back_to(&format!("/incidents/{second}"))
    );
}

async fn take_out(ctx: &Context, case: CaseId) -> Answer {
    post(ctx, || take_out_of_incident("1".into(), case.to_string())).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_case_that_does_not_belong_is_taken_out_and_hears_no_more(pool: PgPool) {
    let house = House::open(pool).await;
    let [first, second, third] = three_cases(&house).await;
    open(&house.tomas(), &house, false, &key()).await;
    put(&house.tomas(), &house, &format!("{first} {second} {third}")).await;
    jobs(&house).await;
    assert_eq!(take_out(&house.lea(), third).await, Answer::Status(StatusCode::FORBIDDEN));
    let done = Answer::To("/incidents/1?done=taken-out".into());
    assert_eq!(take_out(&house.marta(), third).await, done);
    assert_eq!(take_out(&house.tomas(), third).await, done, "somebody was quicker");
    assert_eq!(house.count("audit WHERE action = 'incident.case_taken_out'").await, 1);
    let mut tx = house.tomas().begin().await.expect("begin");
    let out = incidents::taken_out(&mut tx, 1).await.expect("taken out");
    assert_eq!(
        out.iter().map(|one| (one.case, one.by.as_str(), one.at)).collect::<Vec<_>>(),
        [(third, "Marta Ruiz", house.now)]
    );
    let incident = incidents::find(&mut tx, app::base::language::Locale::en, 1).await.expect("incident");
    assert_eq!(incident.cases, 2);
    drop(tx);

    // What is said from now on reaches the others; the banner of Bo, who has no other case in it, is gone.
    let later = house.later(30);
    say(&later.tomas(), &later, "News", false).await;
    jobs(&later).await;
    assert_eq!(house.count("message WHERE body LIKE 'News%'").await, 2);
    let mut tx = later.bo().begin().await.expect("begin");
    assert!(incidents::banners(&mut tx, app::base::language::Locale::es, later.now).await.expect("banners").is_empty());
    drop(tx);
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin' AND person_id = (SELECT person_id FROM person WHERE email LIKE 'bo@%')").await, 1);

    // It can come back, and is told the newest word; after the end nothing moves.
    assert!(
        matches!(put(&later.tomas(), &later, &third.to_string()).await, Answer::To(to) if to.ends_with("done=put"))
    );
    jobs(&later).await;
    assert_eq!(house.count("message WHERE body LIKE 'News%'").await, 3);
    take_out(&later.tomas(), third).await;
    let end = house.later(60);
    say(&end.tomas(), &end, "Over", true).await;
    assert!(take_out(&end.tomas(), first).await.is_back_to("/incidents/1"), "it is over");
    jobs(&end).await;
    assert_eq!(house.stage(third).await, "in_review", "the last word does not close it");
    assert_eq!(house.stage(first).await, "closed");
}

#[sqlx::test(migrations = "../migrations")]
async fn cases_are_suggested_for_what_they_are_about(pool: PgPool) {
    let house = House::open(pool).await;
    let sale = house.opened().await;
    house.claim(&house.bo(), &house.offer.to_string(), "LOST-1", "2026-11-25T10:00", "50").await;
    let claim = house.last_case().await;
    house.open_other(&house.ana(), &key()).await;
    let question = house.last_case().await;
    house
        .run("INSERT INTO offer (programme_id, code, name, created_at) SELECT programme_id, 'tools', 'Tools', created_at FROM programme")
        .await;
    let tools: i64 = house.one("SELECT offer_id FROM offer WHERE code = 'tools'").await;
    let (tools, plants) = (tools.to_string(), house.offer.to_string());
    let found = async |about: &str, offer: &str| {
        let answer = open_about(&house.tomas(), &house, false, &key(), (about, offer, "")).await;
        assert!(matches!(answer, Answer::To(to) if to.contains("done=opened")), "{about} {offer}");
        let id: i64 = house.one("SELECT max(incident_id) FROM incident").await;
        let mut tx = house.tomas().begin().await.expect("begin");
        let incident = incidents::find(&mut tx, app::base::language::Locale::en, id).await.expect("incident");
        let found = incidents::suggested(&mut tx, &incident, house.now).await.expect("suggested");
        found.into_iter().map(|one| (one.case, one.why.expect("a reason"))).collect::<Vec<_>>()
    };
    assert_eq!(found("tracking", "").await, [(sale, Why::Kind), (claim, Why::Kind)]);
    assert_eq!(found("tracking", &plants).await, [(sale, Why::Offer), (claim, Why::Offer)]);
    assert_eq!(found("tracking", &tools).await, []);
    assert_eq!(found("payouts", "").await, []);
    assert_eq!(found("anything", &tools).await, [(question, Why::Time)]);
    assert_eq!(found("anything", "").await, [(sale, Why::Time), (claim, Why::Time), (question, Why::Time)]);
    // What does not go together is said beside its field.
    for wrong in [("", "", ""), ("payouts", plants.as_str(), ""), ("payouts", "", "77")] {
        let answer = open_about(&house.tomas(), &house, false, &key(), wrong).await;
        assert!(answer.is_back_to("/incidents"), "{wrong:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_delay_and_incidents_share_what_one_person_may_get(pool: PgPool) {
    let house = House::open(pool).await;
    house
        .run("INSERT INTO payout_run (programme_id, cutoff, cutoff_at, pay_day, started_at)
              SELECT programme_id, '2026-11-30', '2026-12-01Z', '2026-12-10', '2026-12-01Z' FROM programme;
              INSERT INTO payout_delay (payout_run_id, new_pay_day, message, told_by, told_by_name, told_at, form_key)
              SELECT payout_run_id, '2026-12-12', 'The bank is late.', s.person_id, s.name, '2026-12-01Z', gen_random_uuid()
              FROM payout_run, staff s WHERE s.role = 'owner'")
        .await;
    let (run, delay): (i64, i64) = sqlx::query_as("SELECT payout_run_id, payout_delay_id FROM payout_delay")
        .fetch_one(house.pool())
        .await
        .expect("delay");
    let case = house.opened().await;
    open(&house.tomas(), &house, false, &key()).await;
    put(&house.tomas(), &house, &case.to_string()).await;
    jobs(&house).await;
    let later = house.later(10);
    say(&later.tomas(), &later, "News", false).await;
    jobs(&later).await;
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin'").await, 2);
    // The third of the day is about a payout, and waits as any other does.
    let mut tx = later.marta().begin().await.expect("begin");
    bulletins::tell_delay(&mut tx, (run.into(), delay), "Marta Ruiz", later.now).await.expect("told");
    tx.commit().await.expect("commit");
    house
        .run("INSERT INTO bulletin_item (partner_id, person_id, bulletin_id, due_at)
              SELECT partner_id, person_id, (SELECT max(bulletin_id) FROM bulletin), '2026-12-01T12:10Z' FROM bulletin_item LIMIT 1")
        .await;
    jobs(&later).await;
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin'").await, 2);
    assert_eq!(house.count("bulletin_item WHERE mail_id IS NULL AND due_at = '2026-12-02T12:00Z'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_merged_case_stands_in_nobodys_way(pool: PgPool) {
    let house = House::open(pool).await;
    let [first, second, third] = three_cases(&house).await;
    open(&house.tomas(), &house, true, &key()).await;
    put(&house.tomas(), &house, &format!("{first} {third}")).await;
    let version: i32 = sqlx::query_scalar("SELECT version FROM support_case WHERE case_id = $1")
        .bind(first.0)
        .fetch_one(house.pool())
        .await
        .expect("version");
    let into = some(&second.to_string());
    post(&house.tomas(), || app::work::api::merge_case(first.to_string(), version.to_string(), into)).await;
    jobs(&house).await;
    assert_eq!(
        house.count("message WHERE body IN ('We know.', 'Lo sabemos.')").await,
        2,
        "in the one that goes on, and Bo's"
    );
    assert_eq!(house.count("incident_case WHERE left_at IS NULL").await, 2);
    let back = put(&house.tomas(), &house, &first.to_string()).await;
    assert!(matches!(back, Answer::To(ref to) if to.contains("form=")), "a merged case is not put in: {back:?}");

    // One that slipped in before is passed over: the others hear, and so do those who only get the bulletin.
    house
        .run(&format!(
            "ALTER TABLE incident_case DISABLE TRIGGER ALL;
             INSERT INTO incident_case (incident_id, partner_id, case_id, put_by, put_at, seen_message)
             SELECT max(incident_id), {}, {first}, {}, now(), 0 FROM incident ON CONFLICT (incident_id, case_id) DO UPDATE SET left_at = NULL;
             ALTER TABLE incident_case ENABLE TRIGGER ALL",
            house.garden, house.tomas
        ))
        .await;
    let later = house.later(30);
    say(&later.tomas(), &later, "It is over", true).await;
    jobs(&later).await;
    assert_eq!((house.stage(second).await, house.stage(third).await), ("closed".into(), "closed".into()));
    assert_eq!(house.count("bulletin WHERE spread_at IS NULL").await, 0);
}
