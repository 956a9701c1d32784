//! What a partner and the house agree on: counter-offers, decreases, requests; each told from form to database.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod house;

use app::agreement::api as agree;
use app::agreement::model::{Said, State};
use app::agreement::store;
use app::approvals::api::{self, Answer, DecisionForm, MinimumForm, RateForm};
use app::approvals::model::{self, Standing, Verdict};
use app::authority;
use app::base::actor::{Actor, Member};
use app::base::context::Context;
use app::base::error::AppError;
use app::base::forms::End;
use app::base::ids::{PartnerId, ProposalId};
use house::{House, constraint_of, key};
use sqlx::PgPool;

const DAY: i64 = 24 * 60;

/// A member of a partner's account, who reads Spanish.
async fn member(house: &House, partner: PartnerId, name: &str) -> Member {
    house
        .run(&format!(
            "INSERT INTO person (email, name, locale, created_at) VALUES ('{}@example.net', '{name}', 'es', '2026-01-01Z') ON CONFLICT DO NOTHING;
             INSERT INTO partner_member (partner_id, person_id, since)
             SELECT {partner}, person_id, '2026-01-01Z' FROM person WHERE name = '{name}' ON CONFLICT DO NOTHING",
            name.split(' ').next().unwrap_or_default().to_lowercase()
        ))
        .await;
    let person: i64 = sqlx::query_scalar("SELECT person_id FROM person WHERE name = $1")
        .bind(name)
        .fetch_one(&house.pool)
        .await
        .expect("person");
    Member {
        person: person.into(),
        name: name.into(),
        partner,
        partner_name: "Garden".into(),
        programme: house.programme,
    }
}

fn as_member(house: &House, member: &Member) -> Context {
    Context { actor: Actor::Member(member.clone()), ..house.marta() }
}

fn rate(house: &House, percent: &str) -> RateForm {
    RateForm {
        partner: house.garden.to_string(),
        percent: percent.into(),
        reason: "They asked.".into(),
        form_key: key(),
        ..RateForm::default()
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
        reason_partner: "For these reasons.".into(),
        content_hash: house.proposal(id).await.content_hash,
        ..DecisionForm::default()
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

fn over(end: Result<End, AppError>) -> String {
    match end {
        Ok(End::Done(path)) => path,
        other => panic!("not done: {other:?}"),
    }
}

fn sent_back(end: Result<End, AppError>, field: &str) -> String {
    match end {
        Ok(End::Refused(_, errors)) => errors.get(field).unwrap_or_else(|| panic!("{field}: {errors:?}")).to_owned(),
        other => panic!("not refused: {other:?}"),
    }
}

/// A counter-offer of 9 percent on a proposal of 10, until the end of 10 December; gives its id.
async fn offered(house: &House) -> ProposalId {
    let id = proposed(house, &rate(house, "10")).await;
    let mut form = verdict(house, id, Verdict::Countered).await;
    form.counter = "9".into();
    form.counter_until = "2026-12-10".into();
    done(api::decide(&house.ines(), &form).await);
    let Standing::Decided(decision) = house.proposal(id).await.standing else { panic!("decided") };
    decision.counter.expect("an offer").offer
}

#[sqlx::test(migrations = "../migrations")]
async fn an_accepted_offer_is_in_force_from_then_on(pool: PgPool) {
    let house = House::open(pool).await;
    let nora = member(&house, house.garden, "Nora Paz").await;
    let offer = offered(&house).await;
    assert_eq!(house.rate_at("2027-01-01T00:00:00Z").await, "8", "an offer changes nothing");
    assert_eq!(
        house.count("mail_out WHERE kind = 'terms' AND counter_offer_id IS NOT NULL AND locale = 'es'").await,
        1
    );

    let later = house.later(3 * DAY);
    let path = over(agree::counter(&as_member(&later, &nora), &offer.to_string(), "accepted").await);
    assert_eq!(path, "/terms?done=offer-accepted");
    assert_eq!(house.rate_at("2026-12-04T11:59:59Z").await, "8");
    assert_eq!(house.rate_at("2026-12-04T12:00:00Z").await, "9");
    assert_eq!(house.rate_of_other_partner_at("2027-01-01T00:00:00Z").await, "8");
    // Sent twice, it is done; another answer is refused.
    over(agree::counter(&as_member(&later, &nora), &offer.to_string(), "accepted").await);
    sent_back(agree::counter(&as_member(&later, &nora), &offer.to_string(), "declined").await, "");
    assert_eq!(house.count("counter_answer").await, 1);
    assert_eq!(house.count("audit WHERE action = 'counter.accepted'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn silence_keeps_the_old_terms(pool: PgPool) {
    let house = House::open(pool).await;
    let nora = member(&house, house.garden, "Nora Paz").await;
    let offer = offered(&house).await;
    let late = house.later(10 * DAY);
    sent_back(agree::counter(&as_member(&late, &nora), &offer.to_string(), "accepted").await, "");
    assert_eq!(store::let_time_answer(&house.db, house.later(9 * DAY).now).await.expect("nothing due"), 0);
    assert_eq!(store::let_time_answer(&house.db, late.now).await.expect("lapsed"), 1);
    assert_eq!(store::let_time_answer(&house.db, late.now).await.expect("twice"), 0);
    assert_eq!(house.rate_at("2027-06-01T00:00:00Z").await, "8");
    let mut tx = as_member(&late, &nora).begin().await.expect("begin");
    let offers = store::offers_to(&mut tx, house.garden).await.expect("offers");
    assert_eq!(offers[0].answer.map(|(answer, _)| answer), Some(model::Answer::Lapsed));
    assert_eq!(offers[0].by, "Inés Vega");
}

#[sqlx::test(migrations = "../migrations")]
async fn only_its_partner_answers_an_offer(pool: PgPool) {
    let house = House::open(pool).await;
    let stranger = member(&house, house.kitchen, "Karl Mann").await;
    let offer = offered(&house).await;
    let answer = agree::counter(&as_member(&house, &stranger), &offer.to_string(), "accepted").await;
    assert!(matches!(answer, Err(AppError::NotFound)), "{answer:?}");
    // Nor does an owner decide it like a proposal, and nobody sees it among those that wait.
    let form = verdict(&house, offer, Verdict::Approved).await;
    refused(api::decide(&house.marta(), &form).await, "");
    let mut tx = house.marta().begin().await.expect("begin");
    assert!(app::approvals::store::waiting(&mut tx, house.now, 10).await.expect("list").is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_offer_says_what_and_until_when(pool: PgPool) {
    let house = House::open(pool).await;
    let id = proposed(&house, &rate(&house, "10")).await;
    for (counter, until, field) in [
        ("", "2026-12-10", "counter"),
        ("10", "2026-12-10", "counter"),
        ("nine", "2026-12-10", "counter"),
        ("9", "", "counter_until"),
        ("9", "2026-11-30", "counter_until"),
        ("9", "2027-12-10", "counter_until"),
    ] {
        let mut form = verdict(&house, id, Verdict::Countered).await;
        (form.counter, form.counter_until) = (counter.into(), until.into());
        refused(api::decide(&house.ines(), &form).await, field);
    }
    assert_eq!(house.count("decision WHERE by = 'owner'").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decrease_is_announced_in_time_in_small_steps_and_told(pool: PgPool) {
    let house = House::open(pool).await;
    let nora = member(&house, house.garden, "Nora Paz").await;
    let id = proposed(&house, &rate(&house, "6")).await;
    let form = verdict(&house, id, Verdict::Approved).await;
    assert!(refused(api::decide(&house.ines(), &form).await, "").contains("20%"), "a step of a quarter");

    let id = proposed(&house, &rate(&house, "6.4")).await;
    let mut form = verdict(&house, id, Verdict::Approved).await;
    form.valid_from = "2026-12-31".into();
    assert!(refused(api::decide(&house.ines(), &form).await, "valid_from").contains("30 days"));
    let error = house.decide_by_hand(id, house.ines, false).await.expect_err("refused");
    assert_eq!(constraint_of(&error), "decision_decrease_notice");
    // Without a day it begins on the first one possible.
    form.valid_from = String::new();
    done(api::decide(&house.ines(), &form).await);
    assert_eq!(house.rate_at("2026-12-31T23:59:59Z").await, "8");
    assert_eq!(house.rate_at("2027-01-01T00:00:00Z").await, "6.4");
    assert_eq!(
        house.count("mail_out WHERE kind = 'terms' AND terms_version_id IS NOT NULL AND locale = 'es'").await,
        1
    );

    let mut tx = as_member(&house, &nora).begin().await.expect("begin");
    let notices = store::notices_to(&mut tx, house.garden).await.expect("notices");
    assert_eq!((notices.len(), notices[0].before.1.to_string().as_str(), notices[0].said), (1, "8", None));
    drop(tx);

    // Another step in the same time is one too many, whoever adds them up.
    let id = proposed(&house.later(DAY), &rate(&house, "6")).await;
    let mut form = verdict(&house, id, Verdict::Approved).await;
    form.valid_from = "2027-01-15".into();
    refused(api::decide(&house.later(DAY).ines(), &form).await, "");
    form.valid_from = "2027-02-15".into();
    done(api::decide(&house.later(DAY).ines(), &form).await);

    // Silence acknowledges when it begins to apply.
    let then = house.later(31 * DAY);
    assert_eq!(store::let_time_answer(&house.db, then.now).await.expect("time"), 1);
    let mut tx = as_member(&then, &nora).begin().await.expect("begin");
    let notices = store::notices_to(&mut tx, house.garden).await.expect("notices");
    assert_eq!(notices.iter().filter(|notice| notice.said == Some(Said::Silent)).count(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_objection_opens_a_case_and_an_owner_stops_the_change(pool: PgPool) {
    let house = House::open(pool).await;
    let nora = member(&house, house.garden, "Nora Paz").await;
    let id = proposed(&house, &rate(&house, "7")).await;
    done(api::decide(&house.ines(), &verdict(&house, id, Verdict::Approved).await).await);
    let mut tx = house.marta().begin().await.expect("begin");
    let notice = store::notices_of(&mut tx, id).await.expect("told").pop().expect("one");
    drop(tx);
    let version = notice.version.to_string();

    let form_key = key();
    sent_back(agree::change(&as_member(&house, &nora), &version, "objected", " ", &form_key).await, "words");
    let path = over(agree::change(&as_member(&house, &nora), &version, "objected", "We agreed on 8.", &form_key).await);
    assert_eq!(
        over(agree::change(&as_member(&house, &nora), &version, "objected", "We agreed on 8.", &form_key).await),
        path
    );
    assert!(path.starts_with("/disputes/"), "{path}");
    assert_eq!(house.count("support_case WHERE kind = 'my_terms'").await, 1);
    sent_back(agree::change(&as_member(&house, &nora), &version, "acknowledged", "", &key()).await, "");

    let stop = async |ctx: Context| {
        agree::stop(&ctx, &id.to_string(), &house.garden.to_string(), &version, "You are right.").await
    };
    assert!(matches!(stop(house.tomas()).await, Err(AppError::Forbidden)));
    over(stop(house.marta()).await);
    over(stop(house.ines()).await);
    assert_eq!(house.count("stopped_change").await, 1);
    for at in ["2026-12-31T12:00:00Z", "2027-01-01T00:00:00Z", "2027-06-01T00:00:00Z"] {
        assert_eq!(house.rate_at(at).await, "8", "{at}");
    }
    // Nothing is left for silence to say.
    assert_eq!(store::let_time_answer(&house.db, house.later(60 * DAY).now).await.expect("time"), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_promise_is_kept_and_what_changes_for_all_passes_it_by(pool: PgPool) {
    let house = House::open(pool).await;
    let id = proposed(&house, &rate(&house, "9")).await;
    let mut form = verdict(&house, id, Verdict::Approved).await;
    form.promise = "2027-06-30".into();
    done(api::decide(&house.ines(), &form).await);
    assert_eq!(house.count("promise").await, 1);

    let id = proposed(&house, &rate(&house, "8.5")).await;
    let form = DecisionForm { valid_from: "2027-03-01".into(), ..verdict(&house, id, Verdict::Approved).await };
    assert!(refused(api::decide(&house.ines(), &form).await, "").contains("promised"));
    let form = DecisionForm { valid_from: "2027-07-01".into(), ..form };
    done(api::decide(&house.ines(), &form).await);

    // For everybody: 8 becomes 7. Garden keeps its 9, Kitchen is told.
    house
        .run(&format!(
            "INSERT INTO proposal (programme_id, field, kind, value, value_before, valid_from, reason, proposer_id, proposed_at, content_hash)
             SELECT {0}, 'rate', 'percent', 7, 8, '2026-12-01T12:00:00Z', 'Less', {1}, '2026-12-01T12:00:00Z',
                    proposal_hash({0}, 0, 0, 'rate', 'percent', 7, '2026-12-01T12:00:00Z', 'Less', NULL)",
            house.programme, house.marta
        ))
        .await;
    let id = house.last_proposal().await;
    let form = DecisionForm { valid_from: "2027-01-10".into(), ..verdict(&house, id, Verdict::Approved).await };
    done(api::decide(&house.ines(), &form).await);
    assert_eq!(house.rate_at("2027-02-01T00:00:00Z").await, "9");
    assert_eq!(house.rate_of_other_partner_at("2027-02-01T00:00:00Z").await, "7");
    let mut tx = house.marta().begin().await.expect("begin");
    let told: Vec<_> =
        store::notices_of(&mut tx, id).await.expect("told").into_iter().map(|notice| notice.partner_name).collect();
    assert_eq!(told, ["Kitchen"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_person_may_have_more_authority_than_their_role(pool: PgPool) {
    let house = House::open(pool).await;
    let minimum = |value: &str| MinimumForm {
        partner: house.garden.to_string(),
        value: value.into(),
        reason: "Small but steady.".into(),
        form_key: key(),
        ..MinimumForm::default()
    };
    assert_eq!(done(api::lower(&house.tomas(), &minimum("15")).await), "/desk?done=minimum_proposed");
    let mut tx = house.marta().begin().await.expect("begin");
    let tomas = authority::store::Whose::Person(house.tomas, "Tomás Gil".into());
    let limits = Some((10.into(), 50.into()));
    authority::store::set(&mut tx, house.programme, &tomas, limits, house.marta, house.now).await.expect("set");
    tx.commit().await.expect("commit");
    assert_eq!(done(api::lower(&house.tomas(), &minimum("15")).await), "/desk?done=minimum_lowered");

    let later = house.later(1);
    let mut tx = later.marta().begin().await.expect("begin");
    authority::store::set(&mut tx, house.programme, &tomas, None, house.marta, later.now).await.expect("withdrawn");
    let within = authority::store::within(&mut tx).await.expect("listed");
    assert_eq!((within.len(), within[0].by.as_str()), (1, "Tomás Gil"));
    tx.commit().await.expect("commit");
    assert_eq!(done(api::lower(&later.tomas(), &minimum("12")).await), "/desk?done=minimum_proposed");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_most_specific_floor_counts(pool: PgPool) {
    let house = House::open(pool).await;
    house.sale(house.garden, house.plants, "2026-11-20T10:00:00Z", "100.00", "0").await;
    let floor = async |offer, partner, percent: i64| {
        let mut tx = house.marta().begin().await.expect("begin");
        authority::store::set_floor(
            &mut tx,
            house.programme,
            (offer, partner),
            Some(percent.into()),
            house.marta,
            house.now,
        )
        .await
        .expect("set");
        tx.commit().await.expect("commit");
    };
    // 25 of revenue less 10 of commission leaves 60 percent: over the programme's floor of 20, under the partner's of 70.
    let mut form = rate(&house, "10");
    form.offer = house.plants.to_string();
    let id = proposed(&house, &form).await;
    assert!(!house.proposal(id).await.impact.expect("replayed").crosses_floor());
    floor(None, Some(house.garden), 70).await;
    form.form_key = key();
    let id = proposed(&house, &form).await;
    let mut decision = verdict(&house, id, Verdict::Approved).await;
    refused(api::decide(&house.ines(), &decision).await, "floor_reason");
    let error = house.decide_by_hand(id, house.ines, false).await.expect_err("refused");
    assert_eq!(constraint_of(&error), "decision_floor_needs_override");
    decision.floor_reason = "They bring the press.".into();
    done(api::decide(&house.ines(), &decision).await);
    let Standing::Decided(decided) = house.proposal(id).await.standing else { panic!("decided") };
    assert_eq!(decided.floor_reason.as_deref(), Some("They bring the press."));
    floor(Some(house.plants), Some(house.garden), 10).await;
    (form.form_key, form.percent) = (key(), "11".into());
    let id = proposed(&house, &form).await;
    assert!(!house.proposal(id).await.impact.expect("replayed").crosses_floor());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partner_asks_and_sees_what_becomes_of_it(pool: PgPool) {
    let house = House::open(pool).await;
    let nora = member(&house, house.garden, "Nora Paz").await;
    house.sale(house.garden, house.plants, "2026-11-20T10:00:00Z", "100.00", "0").await;
    for subject in ["Late order", "Press"] {
        house
            .run(&format!(
                "INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
                 VALUES ({}, {}, 'other', '{subject}', {}, '2026-11-01Z', '2026-11-02Z')",
                house.programme, house.garden, nora.person
            ))
            .await;
    }
    let ctx = as_member(&house, &nora);
    let typed = |wish: &str, reason: &str| ["rate", "", wish, reason].map(str::to_owned);
    sent_back(agree::ask(&ctx, &typed("ten", "Why not"), &key()).await, "wish");
    sent_back(agree::ask(&ctx, &typed("10", " "), &key()).await, "reason");
    let form_key = key();
    over(agree::ask(&ctx, &typed("10", "We doubled."), &form_key).await);
    over(agree::ask(&ctx, &typed("10", "We doubled."), &form_key).await);
    sent_back(agree::ask(&ctx, &typed("11", "We doubled again."), &key()).await, "");
    assert_eq!(house.count("terms_request").await, 1);

    let state = async || {
        let mut tx = as_member(&house, &nora).begin().await.expect("begin");
        store::requests_of(&mut tx, house.garden, house.now).await.expect("requests").remove(0)
    };
    let request = state().await;
    assert_eq!(request.state, State::Waiting);
    let mut tx = house.tomas().begin().await.expect("begin");
    let candidates = app::approvals::store::candidates(&mut tx, house.garden, house.now).await.expect("evidence");
    drop(tx);
    let chosen: Vec<_> =
        candidates.iter().map(|one| one.key.clone()).filter(|key| !key.starts_with("message")).collect();
    assert_eq!(chosen.iter().filter(|key| key.starts_with("case:")).count(), 2);
    assert!(chosen.contains(&"figure:earned_90_GBP".to_owned()), "{chosen:?}");
    let form = RateForm {
        request: request.id.to_string(),
        evidence: chosen.clone(),
        expires: "2026-12-20".into(),
        ..rate(&house, "10")
    };
    assert_eq!(done(api::propose(&house.tomas(), &form).await), "/requests?done=proposed");
    let id = house.last_proposal().await;
    assert_eq!(house.proposal(id).await.evidence.len(), chosen.len());
    assert!(matches!(state().await.state, State::Proposed(Some(_))));

    // Who has not read the evidence decides nothing.
    let mut decision = verdict(&house, id, Verdict::Approved).await;
    decision.content_hash.truncate(64);
    assert!(refused(api::decide(&house.ines(), &decision).await, "").contains("not what stands here now"));
    let decision = verdict(&house, id, Verdict::Approved).await;
    done(api::decide(&house.ines(), &decision).await);
    assert_eq!(state().await.state, State::Decided(Verdict::Approved, "For these reasons.".into()));

    // The next one is not taken up.
    over(agree::ask(&ctx, &typed("12", "More."), &key()).await);
    let request = state().await;
    over(agree::decline(&house.tomas(), &request.id.to_string(), "You have just got ten.").await);
    assert_eq!(state().await.state, State::Declined("You have just got ten.".into()));
}
