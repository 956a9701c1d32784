//! What a case comes to when several things happen to it at once, as the people in it would tell it. Ana and Bo are partners, Tomás is
//! an agent, Marta an owner. It is noon in UTC on Tuesday, 1 December 2026.
#![cfg(feature = "ssr")]

mod desk_house;

use app::appeals::api as appeals;
use app::base::ids::CaseId;
use app::mail::home::MailHome;
use app::{notices, silence};
use desk_house::{Answer, House, key, post};
use sqlx::PgPool;

const DAY: i64 = 24 * 60;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn appealed(house: &House) -> CaseId {
    let case = house.opened().await;
    house.decide(&house.tomas(), case, "declined", "", &key()).await;
    let (ana, why) = (house.later(60).ana(), some("The shop says otherwise."));
    post(&ana, || appeals::appeal(case.to_string(), why, key())).await;
    case
}

#[sqlx::test(migrations = "../migrations")]
async fn an_appeal_is_not_forgotten_by_what_is_said_meanwhile(pool: PgPool) {
    let house = House::open(pool).await;
    let case = appealed(&house).await;
    let later = house.later(DAY);
    later.reply(&later.marta(), case, "We ask the shop.", false).await;
    assert_eq!(house.stage(case).await, "in_review");
    let again = house.later(2 * DAY);
    again.answer(&again.ana(), case, "Thank you.", &key()).await;
    again.mark(&again.marta(), case, house.last_message().await).await;
    assert_eq!(house.stage(case).await, "in_review");
    assert!(again.close(&again.marta(), case).await.is_back_to(&format!("/desk/{case}")));
    let month = house.later(40 * DAY);
    notices::store::tell_due(month.db(), &MailHome::default(), month.now).await.expect("told");
    assert_eq!(house.stage(case).await, "in_review", "and time closes it no more than people do");
    let mut tx = month.marta().begin().await.expect("begin");
    let view = app::desk::model::View::Appeals;
    let waiting = app::desk::store::queue(&mut tx, view, house.marta, month.now).await.expect("queue");
    assert_eq!(waiting.iter().map(|line| line.id).collect::<Vec<_>>(), [case]);
}

async fn open_again(house: &House, form_key: &str) -> Answer {
    house.open_about_conversion(&house.ana(), "wrong_amount", form_key).await
}

#[sqlx::test(migrations = "../migrations")]
async fn what_comes_up_after_the_last_decision_is_another_case(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.decide(&house.tomas(), case, "declined", "", &key()).await;
    let soon = house.later(29 * DAY);
    let there = open_again(&soon, &key()).await;
    assert!(
        matches!(there, Answer::To(ref to) if to.starts_with(&format!("/disputes/{case}"))),
        "to appeal: {there:?}"
    );
    let late = house.later(31 * DAY);
    late.answer(&late.ana(), case, "I found the invoice.", &key()).await;
    open_again(&late, &key()).await;
    assert!(house.last_case().await > case, "the old one can't be decided any more");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_order_is_claimed_once_however_it_is_written(pool: PgPool) {
    let house = House::open(pool).await;
    let offer = house.offer.to_string();
    house.claim(&house.ana(), &offer, "A-17", "2026-11-25T10:00", "200").await;
    let case = house.last_case().await;
    let again = house.claim(&house.ana(), &offer, "a-17", "2026-11-25T10:00", "200").await;
    assert!(matches!(again, Answer::To(ref to) if to.starts_with(&format!("/disputes/{case}"))), "{again:?}");
    assert_eq!(house.count("claim").await, 1);
    house.claim(&house.ana(), &offer, "o-1", "2026-11-25T10:00", "200").await;
    assert_eq!(house.count("claim").await, 1, "it is booked as O-1");
}

/// Tomás is at the desk from nine to five, Monday to Friday.
async fn rota(house: &House) {
    let (tick, person) = (|| some("yes"), some(&house.tomas.to_string()));
    let (from, to, zone, first) = (some("09:00"), some("17:00"), some("UTC"), some("2026-12-01"));
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
            from,
            to,
            None,
            None,
            zone,
            first,
            key(),
        )
    })
    .await;
    assert_eq!(done, Answer::To("/rota?done=shift".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn one_case_does_not_silence_the_silence_of_the_house(pool: PgPool) {
    let house = House::open(pool).await;
    rota(&house).await;
    let (days, cap) = (some("2"), some("100"));
    post(&house.marta(), || silence::api::set_silence_policy("shop".into(), days, cap)).await;
    let offer = house.offer.to_string();
    house.claim(&house.ana(), &offer, "L-1", "2026-11-25T10:00", "100").await;
    house.claim(&house.bo(), &offer, "L-2", "2026-11-25T10:00", "100").await;
    // Ana's can't be decided just now; and Bo, who came with an import, has no account in the programme's currency.
    house
        .run(
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
             CREATE TRIGGER no BEFORE UPDATE ON support_case FOR EACH ROW
                 WHEN (NEW.stage = 'decided' AND NEW.subject = 'L-1') EXECUTE FUNCTION no();
             ALTER TABLE account DISABLE TRIGGER ALL;
             DELETE FROM account WHERE holder_id = (SELECT partner_id FROM partner WHERE code = 'kitchen');
             ALTER TABLE account ENABLE TRIGGER ALL",
        )
        .await;
    let later = house.later(9 * DAY + 7 * 60);
    app::clocks::store::renew_waiting(later.db(), later.now).await.expect("clocks");
    silence::store::speak(later.db(), &MailHome::default(), later.now).await.expect("spoken");
    assert_eq!(house.count("case_decision WHERE amount = 8").await, 1, "Bo's");
    assert_eq!(house.count("case_decision").await, 1);
}

async fn version(house: &House, case: CaseId) -> String {
    let version: i32 = sqlx::query_scalar("SELECT version FROM support_case WHERE case_id = $1")
        .bind(case.0)
        .fetch_one(house.pool())
        .await
        .expect("version");
    version.to_string()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_heir_gave_away_once_stays_and_the_rest_is_handed_over(pool: PgPool) {
    let house = House::open(pool).await;
    let (given, other) = (house.opened().await, {
        house.open_other(&house.bo(), &key()).await;
        house.last_case().await
    });
    house.take(&house.tomas(), given).await;
    let (read, why) = (version(&house, given).await, some("Insults in every mail."));
    post(&house.tomas(), || app::given_away::api::give_away(given.to_string(), read, why)).await;
    house.take(&house.marta(), other).await;
    let (from, to) = (house.marta.to_string(), Some(house.tomas.to_string()));
    let answer = post(&house.marta(), || app::rota::api::hand_over(from, to, None)).await;
    assert!(answer.is_back_to("/rota"), "{answer:?}");
    assert_eq!(house.one::<i64>("SELECT assignee_id FROM support_case WHERE kind = 'other'").await, house.tomas.0);
    assert_eq!(house.one::<i64>("SELECT assignee_id FROM support_case WHERE kind <> 'other'").await, house.marta.0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_practice_case_says_nothing_of_what_was_merged_into_it(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let (at, who, name) = (some(""), some("other"), some("Pepe Luna"));
    let body = some("This is Pepe Luna, about order O-1.");
    post(&house.tomas(), || {
        let (case, channel) = (some(&case.to_string()), some("phone"));
        app::channels::api::log_message(case, None, channel, who, name, at, None, body, None, key(), None)
    })
    .await;
    house.open_other(&house.ana(), &key()).await;
    let home = house.last_case().await;
    let (read, into) = (version(&house, case).await, some(&home.to_string()));
    post(&house.tomas(), || app::work::api::merge_case(case.to_string(), read, into)).await;
    let later = house.later(30);
    later.reply_seen(&later.tomas(), home, "It is booked now.", house.last_message().await, false).await;
    later.close(&later.tomas(), home).await;
    post(&later.marta(), || app::practice::api::make_practice(some(&home.to_string()))).await;
    let whole: String = house.one("SELECT concat_ws(' ', subject, talk, solution) FROM practice_case").await;
    for secret in ["Pepe", "Luna", "O-1", "Ana"] {
        assert!(!whole.contains(secret), "{secret} in {whole}");
    }
}
