//! A rate until a day: proposed, decided, offered, told before it ends, and what counts afterwards.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod house;
mod pages;

use app::agreement::{api as agree, store};
use app::approvals::api::{self, Answer, DecisionForm, RateForm};
use app::approvals::model::{Standing, Verdict};
use app::base::actor::{Actor, Member};
use app::base::context::Context;
use app::base::error::AppError;
use app::base::forms::End;
use app::base::ids::ProposalId;
use app::base::language::Locale;
use app::mail::home::MailHome;
use house::{House, constraint_of, key};
use pages::page;
use sqlx::PgPool;

const DAY: i64 = 24 * 60;

fn rate(house: &House, percent: &str, until: &str) -> RateForm {
    RateForm {
        partner: house.garden.to_string(),
        percent: percent.into(),
        valid_until: until.into(),
        reason: "For the season.".into(),
        form_key: key(),
        ..RateForm::default()
    }
}

fn done(answer: Result<Answer, AppError>) -> String {
    match answer {
        Ok(Answer::Done(path)) => path,
        other => panic!("not done: {other:?}"),
    }
}

fn refused(answer: Result<Answer, AppError>, field: &str) -> String {
    match answer {
        Ok(Answer::Refused(errors)) => errors.get(field).unwrap_or_else(|| panic!("{field}: {errors:?}")).to_owned(),
        other => panic!("not refused: {other:?}"),
    }
}

async fn proposed(house: &House, form: &RateForm) -> ProposalId {
    done(api::propose(&house.tomas(), form).await);
    house.last_proposal().await
}

async fn verdict(house: &House, id: ProposalId, verdict: Verdict) -> DecisionForm {
    DecisionForm {
        proposal: id.to_string(),
        verdict: verdict.as_str().into(),
        reason_partner: "Until the season is over.".into(),
        content_hash: house.proposal(id).await.content_hash,
        ..DecisionForm::default()
    }
}

/// Proposed by Tomás, approved by Inés as it is.
async fn agreed(house: &House, form: &RateForm) -> ProposalId {
    let id = proposed(house, form).await;
    done(api::decide(&house.ines(), &verdict(house, id, Verdict::Approved).await).await);
    id
}

/// Nora of Garden, who reads Spanish.
async fn nora(house: &House) -> Member {
    house
        .run(&format!(
            "INSERT INTO person (email, name, locale, created_at) VALUES ('nora@example.net', 'Nora Paz', 'es', '2026-01-01Z');
             INSERT INTO partner_member (partner_id, person_id, since) SELECT {}, person_id, '2026-01-01Z' FROM person WHERE name = 'Nora Paz'",
            house.garden
        ))
        .await;
    let person: i64 = sqlx::query_scalar("SELECT person_id FROM person WHERE name = 'Nora Paz'")
        .fetch_one(&house.pool)
        .await
        .expect("person");
    let partner_name = "Garden".into();
    Member {
        person: person.into(),
        name: "Nora Paz".into(),
        partner: house.garden,
        partner_name,
        programme: house.programme,
    }
}

fn as_member(house: &House, member: &Member) -> Context {
    Context { actor: Actor::Member(member.clone()), ..house.marta() }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_stood_there_before_counts_again(pool: PgPool) {
    let house = House::open(pool).await;
    let id = agreed(&house, &rate(&house, "10", "2026-12-31")).await;
    let proposal = house.proposal(id).await;
    assert_eq!(proposal.valid_until, Some("2027-01-01T00:00:00Z".parse().expect("time")));
    let Standing::Decided(decision) = proposal.standing else { panic!("decided") };
    assert_eq!(decision.valid_until, proposal.valid_until);
    for (at, percent) in [
        ("2026-12-01T11:59:59Z", "8"),
        ("2026-12-01T12:00:00Z", "10"),
        ("2026-12-31T23:59:59Z", "10"),
        ("2027-01-01T00:00:00Z", "8"),
    ] {
        assert_eq!(house.rate_at(at).await, percent, "{at}");
    }
    // What is decided meanwhile and begins later stands in front of it, and nothing of it comes back.
    let later = house.later(DAY);
    let form = RateForm { valid_from: "2026-12-20".into(), ..rate(&house, "11", "") };
    agreed(&later, &form).await;
    for (at, percent) in
        [("2026-12-19T23:59:59Z", "10"), ("2026-12-20T00:00:00Z", "11"), ("2027-01-01T00:00:00Z", "11")]
    {
        assert_eq!(house.rate_at(at).await, percent, "{at}");
    }
    // One for a shorter time gives way to the one behind it.
    let form = RateForm { valid_from: "2026-12-24".into(), ..rate(&house, "12", "2026-12-26") };
    agreed(&later, &form).await;
    for (at, percent) in
        [("2026-12-24T00:00:00Z", "12"), ("2026-12-26T23:59:59Z", "12"), ("2026-12-27T00:00:00Z", "11")]
    {
        assert_eq!(house.rate_at(at).await, percent, "{at}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn who_decides_may_end_it_earlier_but_not_later(pool: PgPool) {
    let house = House::open(pool).await;
    for (from, until) in [("", "2026-11-30"), ("2026-12-20", "2026-12-19"), ("", "soon")] {
        let form = RateForm { valid_from: from.into(), ..rate(&house, "10", until) };
        refused(api::propose(&house.tomas(), &form).await, "valid_until");
    }
    let id = proposed(&house, &rate(&house, "10", "2026-12-31")).await;
    let mut form = verdict(&house, id, Verdict::Approved).await;
    form.valid_until = "2027-01-01".into();
    assert!(refused(api::decide(&house.ines(), &form).await, "valid_until").contains("not later"));
    form.valid_until = "2026-12-24".into();
    form.promise = "2026-12-31".into();
    refused(api::decide(&house.ines(), &form).await, "promise");
    form.promise.clear();
    done(api::decide(&house.ines(), &form).await);
    assert_eq!(house.rate_at("2026-12-24T23:59:59Z").await, "10");
    assert_eq!(house.rate_at("2026-12-25T00:00:00Z").await, "8");
    // Without an end in the proposal the decision may set one.
    let id = proposed(&house, &rate(&house, "9", "")).await;
    let form = DecisionForm {
        valid_from: "2027-02-01".into(),
        valid_until: "2027-02-28".into(),
        ..verdict(&house, id, Verdict::Approved).await
    };
    done(api::decide(&house.ines(), &form).await);
    assert_eq!(house.rate_at("2027-02-28T23:59:59Z").await, "9");
    assert_eq!(house.rate_at("2027-03-01T00:00:00Z").await, "8");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_counter_offer_lapses_after_it_was_accepted(pool: PgPool) {
    let house = House::open(pool).await;
    let nora = nora(&house).await;
    let id = proposed(&house, &rate(&house, "10", "")).await;
    let mut form = verdict(&house, id, Verdict::Countered).await;
    (form.counter, form.counter_until, form.valid_until) = ("9".into(), "2026-12-10".into(), "2026-12-10".into());
    assert!(refused(api::decide(&house.ines(), &form).await, "valid_until").contains("accept"));
    form.valid_until = "2026-12-31".into();
    done(api::decide(&house.ines(), &form).await);
    let mut tx = as_member(&house, &nora).begin().await.expect("begin");
    let offer = store::offers_to(&mut tx, house.garden).await.expect("offers").remove(0);
    drop(tx);
    assert_eq!(offer.valid_until, Some("2027-01-01T00:00:00Z".parse().expect("time")));
    let later = house.later(3 * DAY);
    let end = agree::counter(&as_member(&later, &nora), &offer.id.to_string(), "accepted").await;
    assert!(matches!(end, Ok(End::Done(_))), "{end:?}");
    assert_eq!(house.rate_at("2026-12-04T12:00:00Z").await, "9");
    assert_eq!(house.rate_at("2026-12-31T23:59:59Z").await, "9");
    assert_eq!(house.rate_at("2027-01-01T00:00:00Z").await, "8");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_lapse_is_no_decrease_but_what_outlasts_something_worse_is_one(pool: PgPool) {
    let house = House::open(pool).await;
    agreed(&house, &rate(&house, "20", "2026-12-20")).await;
    assert_eq!(house.count("terms_notice").await, 0, "the end was announced with it");
    // What it lent does not count as taken: from 8 to 6.4 is a fifth.
    let id = proposed(&house, &rate(&house, "6.4", "2027-06-30")).await;
    let mut form = verdict(&house, id, Verdict::Approved).await;
    form.valid_from = "2027-01-02".into();
    done(api::decide(&house.ines(), &form).await);
    assert_eq!(house.count("terms_notice").await, 1);
    assert_eq!(house.rate_at("2027-06-30T23:59:59Z").await, "6.4");
    assert_eq!(house.rate_at("2027-07-01T00:00:00Z").await, "8");
    // In June 7 is more than 6.4; from July on it is less than the 8 that would count again.
    let june = house.later(185 * DAY);
    let id = proposed(&june, &rate(&house, "7", "")).await;
    let form = verdict(&june, id, Verdict::Approved).await;
    let error = june.decide_by_hand(id, house.ines, false).await.expect_err("refused");
    assert_eq!(constraint_of(&error), "decision_decrease_notice");
    done(api::decide(&june.ines(), &form).await);
    assert_eq!(house.rate_at("2027-07-04T00:00:00Z").await, "8");
    assert_eq!(house.rate_at("2027-07-06T00:00:00Z").await, "7");
    // Until the end of June it takes nothing from anybody.
    let id = proposed(&june, &rate(&house, "7", "2027-06-30")).await;
    done(api::decide(&june.ines(), &verdict(&june, id, Verdict::Approved).await).await);
    assert_eq!(house.rate_at("2027-06-15T00:00:00Z").await, "7");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stopped_decrease_never_counts_also_where_what_it_would_have_cut_ends(pool: PgPool) {
    let house = House::open(pool).await;
    agreed(&house, &rate(&house, "10", "2027-03-31")).await;
    let id = proposed(&house, &rate(&house, "9", "")).await;
    done(api::decide(&house.ines(), &verdict(&house, id, Verdict::Approved).await).await);
    assert_eq!(house.rate_at("2027-04-01T00:00:00Z").await, "9");
    let mut tx = house.marta().begin().await.expect("begin");
    let notice = store::notices_of(&mut tx, id).await.expect("told").pop().expect("one");
    drop(tx);
    let (id, garden, version) = (id.to_string(), house.garden.to_string(), notice.version.to_string());
    let end = agree::stop(&house.marta(), &id, &garden, &version, "You are right.").await;
    assert!(matches!(end, Ok(End::Done(_))), "{end:?}");
    for (at, percent) in [("2027-01-15T00:00:00Z", "10"), ("2027-03-31T23:59:59Z", "10"), ("2027-04-01T00:00:00Z", "8")]
    {
        assert_eq!(house.rate_at(at).await, percent, "{at}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_end_is_told_once_some_days_before(pool: PgPool) {
    let house = House::open(pool).await;
    let nora = nora(&house).await;
    agreed(&house, &rate(&house, "10", "2026-12-31")).await;
    let tell =
        async |house: &House| store::tell_endings(&house.db, &MailHome::default(), house.now).await.expect("told");
    assert_eq!(tell(&house).await, 0);
    assert_eq!(tell(&house.later(23 * DAY)).await, 0, "at noon of the 24th it lasts seven days and a half");
    let then = house.later(24 * DAY);
    assert_eq!(tell(&then).await, 1);
    assert_eq!(tell(&then).await, 0);
    assert_eq!(house.count("mail_out WHERE kind = 'terms' AND terms_ending_id IS NOT NULL AND locale = 'es'").await, 1);
    assert_eq!(house.count("audit WHERE action = 'terms.ending_told'").await, 1);
    let mut tx = as_member(&then, &nora).begin().await.expect("begin");
    let ending = store::endings_of(&mut tx, house.garden, then.now).await.expect("endings").remove(0);
    let value = |value: &(String, rust_decimal::Decimal)| value.1.normalize().to_string();
    assert_eq!((value(&ending.now.0), ending.then.map(|then| value(&then.0))), ("10".into(), Some("8".into())));
    assert!(store::endings_of(&mut tx, house.garden, house.later(31 * DAY).now).await.expect("endings").is_empty());
    drop(tx);
    let mail: i64 = sqlx::query_scalar("SELECT mail_id FROM mail_out WHERE terms_ending_id IS NOT NULL")
        .fetch_one(&house.pool)
        .await
        .expect("mail");
    let loaded = app::mail::store::load(&house.db, &then.marta().secrets, mail).await.expect("loaded");
    let letter = app::mail::letters::write(&MailHome::default(), &loaded.sides, &loaded.about.expect("about"));
    assert!(letter.subject.contains("como se anunció"), "{}", letter.subject);
    assert!(!format!("{:?}", letter.parts).contains("{{"));
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_told_of_an_end_that_changes_nothing(pool: PgPool) {
    let house = House::open(pool).await;
    agreed(&house, &rate(&house, "10", "2026-12-31")).await;
    let form = RateForm { valid_from: "2027-01-01".into(), ..rate(&house, "10", "") };
    agreed(&house.later(DAY), &form).await;
    let told = store::tell_endings(&house.db, &MailHome::default(), house.later(25 * DAY).now).await.expect("told");
    assert_eq!(told, 0, "the same goes on");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_forecast_is_held_against_the_days_it_was_in_force(pool: PgPool) {
    let house = House::open(pool).await;
    house.sale(house.garden, house.plants, "2026-11-20T10:00:00Z", "900.00", "0").await;
    let id = agreed(&house, &rate(&house, "10", "2026-12-15")).await;
    house.sale(house.garden, house.plants, "2026-12-10T10:00:00Z", "100.00", "0").await;
    house.sale(house.garden, house.plants, "2026-12-20T10:00:00Z", "400.00", "0").await;
    app::outcomes::store::count_due(&house.db, house.later(40 * DAY).now).await.expect("counted");
    let mut tx = house.marta().begin().await.expect("begin");
    let outcome = app::outcomes::store::outcome(&mut tx, id).await.expect("read").expect("counted");
    let (_, held) = &outcome.held[0];
    assert_eq!(
        (held.came.orders, held.came.order_left.normalize().to_string()),
        (1, "100".into()),
        "the later one is at 8 again"
    );
    // 90 of commissions in 90 days, of which it held 14 and a half.
    assert_eq!(held.forecast_cost.to_string(), "14.50");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_end_is_read_wherever_its_rate_is(pool: PgPool) {
    let house = House::open(pool).await;
    let nora = nora(&house).await;
    house.sale(house.garden, house.plants, "2026-11-20T10:00:00Z", "900.00", "0").await;
    let id = proposed(&house, &rate(&house, "10", "2026-12-31")).await;
    let asked = page(house.marta(), &format!("/approvals/{id}")).await;
    for words in ["then 8% counts again", "value=\"2026-12-31\"", "name=\"valid_until\""] {
        assert!(asked.contains(words), "{words} is not in {asked}");
    }
    done(api::decide(&house.ines(), &verdict(&house, id, Verdict::Approved).await).await);
    let terms = page(as_member(&house, &nora), "/terms").await;
    assert!(terms.contains("10% of the order, until 31\u{a0}December\u{a0}2026"), "{terms}");
    let then = house.later(25 * DAY);
    store::tell_endings(&house.db, &MailHome::default(), then.now).await.expect("told");
    let spanish = Context { locale: Locale::es, ..as_member(&then, &nora) };
    let terms = page(spanish, "/terms").await;
    assert!(terms.contains("Algo tuyo termina pronto"), "{terms}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_correction_is_read_by_owners_and_by_its_partner(pool: PgPool) {
    let house = House::open(pool).await;
    let nora = nora(&house).await;
    house.sale(house.garden, house.plants, "2026-11-10T10:00:00Z", "100.00", "0").await;
    let form = app::corrections::api::CorrectionForm {
        partner: house.garden.to_string(),
        percent: "9".into(),
        since: "2026-11-01".into(),
        until: "2026-11-30".into(),
        reason: "Nine was agreed.</textarea><script>alert(1)</script>".into(),
        form_key: key(),
        ..Default::default()
    };
    let end = app::corrections::api::propose(&house.tomas(), &form).await;
    assert!(matches!(end, Ok(End::Done(_))), "{end:?}");
    let list = page(house.marta(), "/corrections").await;
    assert!(list.contains("One correction of a past rate waits"), "{list}");
    let one = page(house.marta(), "/corrections/1").await;
    for words in [
        "9% of the order from 1\u{a0}November\u{a0}2026 to 30\u{a0}November\u{a0}2026",
        "£1.00",
        "decide-correction",
        "£8.00",
    ] {
        assert!(one.contains(words), "{words} is not in {one}");
    }
    assert!(!page(house.auditor(), "/corrections/1").await.contains("decide-correction"));
    assert_eq!(pages::page_status(house.tomas(), "/corrections/1").await, Some(403));
    assert_eq!(pages::page_status(as_member(&house, &nora), "/terms/corrections/1").await, Some(404));
    let mut tx = house.marta().begin().await.expect("begin");
    let found = app::corrections::store::find(&mut tx, 1.into()).await.expect("found");
    drop(tx);
    let decision = app::corrections::api::DecideForm {
        correction: "1".into(),
        verdict: "approved".into(),
        reason_partner: "You are right.".into(),
        reason_house: String::new(),
        content_hash: found.content_hash,
    };
    let end = app::corrections::api::decide(&house.ines(), &decision).await;
    assert!(matches!(end, Ok(End::Done(_))), "{end:?}");
    app::corrections::store::book_due(&house.db, house.now, 10).await.expect("booked");
    let own = page(as_member(&house, &nora), "/terms/corrections/1").await;
    assert!(own.contains("£1.00 was added to your balance") && own.contains("You are right."), "{own}");
    assert!(page(as_member(&house, &nora), "/terms").await.contains("/terms/corrections/1"));
    let conversion: i64 =
        sqlx::query_scalar("SELECT conversion_id FROM conversion").fetch_one(&house.pool).await.expect("conversion");
    let spanish = Context { locale: Locale::es, ..as_member(&house, &nora) };
    let commission = page(spanish, &format!("/earnings/{conversion}")).await;
    assert!(commission.contains("Debía ser 9,00"), "{commission}");
}
