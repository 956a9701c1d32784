//! Proposing and deciding terms, against a real database: what is allowed happens, and what is not is refused by the
//! database itself, by the name of the constraint.
#![cfg(feature = "ssr")]

mod house;

use app::approvals::api::{self, Answer, DecisionForm, MinimumForm, RateForm, ScheduleForm};
use app::approvals::model::{By, Standing, Verdict};
use app::approvals::store;
use app::base::error::AppError;
use app::base::ids::{OfferId, ProposalId};
use app::terms::model::{Field, Scope};
use house::{House, constraint_of, key};
use sqlx::PgPool;

const DAY: i64 = 24 * 60;

fn rate(house: &House, percent: &str, valid_from: &str) -> RateForm {
    RateForm {
        partner: house.garden.to_string(),
        percent: percent.into(),
        valid_from: valid_from.into(),
        reason: "Their last three months doubled.".into(),
        form_key: key(),
        ..RateForm::default()
    }
}

fn minimum(house: &House, value: &str) -> MinimumForm {
    MinimumForm {
        partner: house.garden.to_string(),
        value: value.into(),
        reason: "They wait for their first payout.".into(),
        form_key: key(),
        ..MinimumForm::default()
    }
}

async fn verdict(house: &House, id: ProposalId, verdict: Verdict) -> DecisionForm {
    DecisionForm {
        proposal: id.to_string(),
        verdict: verdict.as_str().into(),
        reason_partner: "You earned it.".into(),
        content_hash: house.proposal(id).await.content_hash,
        ..DecisionForm::default()
    }
}

/// The proposal of this form, as Tomás sends it.
async fn proposed(house: &House, form: &RateForm) -> ProposalId {
    done(api::propose(&house.tomas(), form).await);
    house.last_proposal().await
}

fn done(answer: Result<Answer, AppError>) -> String {
    match answer {
        Ok(Answer::Done(path)) => path,
        other => panic!("not done: {other:?}"),
    }
}

fn refused(answer: Result<Answer, AppError>, field: &str) -> String {
    match answer {
        Ok(Answer::Refused(errors)) => {
            errors.get(field).unwrap_or_else(|| panic!("nothing beside {field:?}: {errors:?}")).to_owned()
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_approved_rate_holds_from_its_day_on_and_not_before(pool: PgPool) {
    let house = House::open(pool).await;
    let id = proposed(&house, &rate(&house, "10,5", "2026-12-10")).await;
    assert_eq!(house.rate_at("2027-01-01T00:00:00Z").await, "8", "a proposal changes nothing");

    let path = done(api::decide(&house.ines(), &verdict(&house, id, Verdict::Approved).await).await);
    assert_eq!(path, format!("/approvals/{id}?done=approved"));
    assert_eq!(house.rate_at("2026-12-09T23:59:59.999999Z").await, "8");
    assert_eq!(house.rate_at("2026-12-10T00:00:00Z").await, "10.5");
    assert_eq!(house.rate_of_other_partner_at("2027-01-01T00:00:00Z").await, "8");
    let lines = house.record_of(id).await;
    assert_eq!(lines, [("proposal.made".to_owned(), None), ("proposal.approved".to_owned(), Some(id.0))]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rejection_changes_nothing_but_is_on_record(pool: PgPool) {
    let house = House::open(pool).await;
    let id = proposed(&house, &rate(&house, "10", "")).await;
    done(api::decide(&house.marta(), &verdict(&house, id, Verdict::Rejected).await).await);
    assert_eq!(house.rate_at("2027-06-01T00:00:00Z").await, "8");
    assert_eq!(house.record_of(id).await.last().map(|line| line.0.clone()).as_deref(), Some("proposal.rejected"));
}

#[sqlx::test(migrations = "../migrations")]
async fn its_author_does_not_decide(pool: PgPool) {
    let house = House::open(pool).await;
    done(api::propose(&house.marta(), &rate(&house, "10", "")).await);
    let id = house.last_proposal().await;
    let form = verdict(&house, id, Verdict::Approved).await;
    assert!(refused(api::decide(&house.marta(), &form).await, "").contains("another owner"));

    // The same past the code: the database says no by itself.
    for (sole_control, name) in [(false, "decision_not_by_author"), (true, "decision_sole_control_only_when_alone")] {
        let error = house.decide_by_hand(id, house.marta, sole_control).await.expect_err("refused");
        assert_eq!(constraint_of(&error), name);
    }
    let error = house.decide_by_hand(id, house.tomas, false).await.expect_err("refused");
    assert_eq!(constraint_of(&error), "decision_by_an_owner");
    assert!(matches!(api::decide(&house.tomas(), &form).await, Err(AppError::Forbidden)));
    assert!(matches!(api::decide(&house.auditor(), &form).await, Err(AppError::Forbidden)));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_alone_decides_their_own_and_it_is_marked(pool: PgPool) {
    let house = House::open(pool).await;
    done(api::propose(&house.marta(), &rate(&house, "10", "")).await);
    let id = house.last_proposal().await;
    house.run("UPDATE staff SET disabled_at = since WHERE name = 'Inés Vega'").await;
    done(api::decide(&house.marta(), &verdict(&house, id, Verdict::Approved).await).await);
    let Standing::Decided(decision) = house.proposal(id).await.standing else { panic!("decided") };
    assert!(decision.sole_control);
    assert_eq!(decision.by, By::Owner);
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_owners_at_once_one_decides_and_the_other_is_told_who(pool: PgPool) {
    let house = House::open(pool).await;
    for round in 0..10 {
        let id = proposed(&house, &rate(&house, &format!("{}", 9 + round), "")).await;
        let (yes, no) = (verdict(&house, id, Verdict::Approved).await, verdict(&house, id, Verdict::Rejected).await);
        let (marta, ines) = (house.marta(), house.ines());
        let (first, second) = tokio::join!(api::decide(&marta, &yes), api::decide(&ines, &no));
        let (winner, told) = match (&first, &second) {
            (Ok(Answer::Done(_)), _) => ("Marta Ruiz has approved", refused(second, "")),
            (_, Ok(Answer::Done(_))) => ("Inés Vega has rejected", refused(first, "")),
            other => panic!("nobody decided: {other:?}"),
        };
        assert!(told.starts_with(winner), "{told}");
        // The winner's form, sent twice, is done; the loser's stays refused.
        let again =
            if winner.starts_with("Marta") { api::decide(&marta, &yes).await } else { api::decide(&ines, &no).await };
        done(again);
    }
    assert_eq!(house.count("decision WHERE by = 'owner'").await, 10);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_read_is_what_is_approved(pool: PgPool) {
    let house = House::open(pool).await;
    let id = proposed(&house, &rate(&house, "10", "")).await;
    let mut form = verdict(&house, id, Verdict::Approved).await;
    form.content_hash = "00".repeat(32);
    assert!(refused(api::decide(&house.ines(), &form).await, "").contains("not what stands here now"));

    // Nobody edits a proposal: not staff, not even whoever owns the tables, and a wrong digest is never stored.
    let tampered = "INSERT INTO proposal (programme_id, partner_scope, field, kind, value, valid_from, reason, proposer_id, proposed_at, content_hash)
                    SELECT programme_id, partner_scope, field, kind, 99, valid_from, reason, proposer_id, proposed_at, content_hash FROM proposal
                    WHERE proposer_id IS NOT NULL";
    let error = house.try_run(tampered).await.expect_err("refused");
    assert_eq!(constraint_of(&error), "proposal_hash_is_of_content");
    let error = house.try_run("UPDATE proposal SET value = 99").await.expect_err("refused");
    assert_eq!(constraint_of(&error), "proposal_append_only");
    house.run("ALTER TABLE proposal DISABLE TRIGGER proposal_append_only").await;
    let error =
        house.try_run("UPDATE proposal SET value = 99 WHERE proposer_id IS NOT NULL").await.expect_err("refused");
    assert_eq!(constraint_of(&error), "proposal_hash_is_of_content");
}

#[sqlx::test(migrations = "../migrations")]
async fn edited_terms_are_refused(pool: PgPool) {
    let house = House::open(pool).await;
    let error = house.try_run("SET ROLE pd_staff; UPDATE terms_version SET value = 99").await.expect_err("refused");
    assert_eq!(house::sqlstate(&error), "42501");
    let error = house.try_run("UPDATE terms_version SET value = 99").await.expect_err("refused");
    assert_eq!(constraint_of(&error), "terms_version_append_only");
    house.run("ALTER TABLE terms_version DISABLE TRIGGER terms_version_append_only").await;
    let error = house.try_run("UPDATE terms_version SET value = 99").await.expect_err("refused");
    assert_eq!(constraint_of(&error), "terms_version_of_decision");
    let error = house.try_run("UPDATE terms_version SET valid_from = valid_from + interval '1 day'").await;
    assert_eq!(constraint_of(&error.expect_err("refused")), "terms_version_of_decision");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_expired_proposal_is_not_decided(pool: PgPool) {
    let house = House::open(pool).await;
    let id = proposed(&house, &rate(&house, "10", "")).await;
    let form = verdict(&house, id, Verdict::Approved).await;
    assert!(refused(api::decide(&house.later(30 * DAY).ines(), &form).await, "").contains("expired"));
    let error = house.later(30 * DAY).decide_by_hand(id, house.ines, false).await.expect_err("refused");
    assert_eq!(constraint_of(&error), "decision_before_expiry");
    done(api::decide(&house.later(30 * DAY - 1).ines(), &form).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_lower_minimum_within_authority_holds_at_once(pool: PgPool) {
    let house = House::open(pool).await;
    let form = minimum(&house, "20");
    assert_eq!(done(api::lower(&house.tomas(), &form).await), "/desk?done=minimum_lowered");
    assert_eq!(done(api::lower(&house.tomas(), &form).await), "/desk?done=minimum_lowered", "sent twice, done once");
    assert_eq!(house.minimum_at("2026-12-01T12:00:00Z").await, "20");
    assert_eq!(house.minimum_at("2026-12-01T11:59:59Z").await, "50");
    let id = house.last_proposal().await;
    let Standing::Decided(decision) = house.proposal(id).await.standing else { panic!("decided") };
    assert_eq!((decision.by, decision.verdict), (By::Policy, Verdict::Approved));
    assert_eq!(house.record_of(id).await, [("terms.minimum_lowered".to_owned(), Some(id.0))]);
}

#[sqlx::test(migrations = "../migrations")]
async fn beyond_authority_an_owner_is_asked(pool: PgPool) {
    let house = House::open(pool).await;
    assert_eq!(done(api::lower(&house.tomas(), &minimum(&house, "19.99")).await), "/desk?done=minimum_proposed");
    assert_eq!(house.minimum_at("2027-01-01T00:00:00Z").await, "50");
    let id = house.last_proposal().await;

    // Past the code: neither below one's authority, nor under another role's, nor upwards.
    let error = house.by_policy(id, house.tomas, "agent").await.expect_err("refused");
    assert_eq!(constraint_of(&error), "decision_by_policy_within_authority");
    let error = house.by_policy(id, house.tomas, "lead").await.expect_err("refused");
    assert_eq!(constraint_of(&error), "decision_by_authority_in_force");

    done(api::decide(&house.ines(), &verdict(&house, id, Verdict::Approved).await).await);
    assert_eq!(house.minimum_at("2027-01-01T00:00:00Z").await, "19.99");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_minimum_is_only_lowered(pool: PgPool) {
    let house = House::open(pool).await;
    for (value, said) in [
        ("50", "£50.00 now"),
        ("50.01", "£50.00 now"),
        ("", "Write an amount"),
        ("a few", "in digits"),
        ("-1", "below zero"),
        ("10.001", "more decimals"),
    ] {
        let told = refused(api::lower(&house.tomas(), &minimum(&house, value)).await, "value");
        assert!(told.contains(said), "{value}: {told}");
    }
    let mut form = minimum(&house, "20");
    form.reason = " \n".into();
    refused(api::lower(&house.tomas(), &form).await, "reason");
    assert!(matches!(api::lower(&house.auditor(), &minimum(&house, "20")).await, Err(AppError::Forbidden)));
    assert_eq!(house.count("proposal WHERE proposer_id IS NOT NULL").await, 0);
    assert_eq!(house.count("audit WHERE actor_kind = 'staff'").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_sent_twice_at_once_is_one_proposal(pool: PgPool) {
    let house = House::open(pool).await;
    let form = rate(&house, "10", "");
    let (one, two) = (house.tomas(), house.tomas());
    let (first, second) = tokio::join!(api::propose(&one, &form), api::propose(&two, &form));
    assert_eq!(done(first), done(second));
    assert_eq!(house.count("proposal WHERE proposer_id IS NOT NULL").await, 1);
    assert_eq!(house.count("audit WHERE action = 'proposal.made'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_says_what_is_wrong_beside_the_field(pool: PgPool) {
    let house = House::open(pool).await;
    for (percent, valid_from, field, said) in [
        ("101", "", "percent", "between 0 and 100"),
        ("ten", "", "percent", "Write a number"),
        ("8.12345", "", "percent", "Four decimals"),
        ("9", "2026-11-30", "valid_from", "over"),
        ("9", "2028-01-01", "valid_from", "more than a year"),
        ("9", "soon", "valid_from", "year-month-day"),
    ] {
        let told = refused(api::propose(&house.tomas(), &rate(&house, percent, valid_from)).await, field);
        assert!(told.contains(said), "{percent} {valid_from}: {told}");
    }
    // Somebody else's offer, partner or case is no message but a bad request: no form of ours sends it.
    let mut form = rate(&house, "9", "");
    form.offer = "424242".into();
    assert!(matches!(api::propose(&house.tomas(), &form).await, Err(AppError::BadRequest("offer"))));
    let mut form = rate(&house, "9", "");
    form.case = "424242".into();
    assert!(matches!(api::propose(&house.tomas(), &form).await, Err(AppError::BadRequest("case"))));
    let mut form = rate(&house, "9", "");
    form.partner = "424242".into();
    assert!(matches!(api::propose(&house.tomas(), &form).await, Err(AppError::NotFound)));
    assert_eq!(house.count("proposal WHERE proposer_id IS NOT NULL").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_replay_is_of_this_partners_real_conversions(pool: PgPool) {
    let house = House::open(pool).await;
    let (plants, tools) = (house.plants, house.tools);
    house.sale(house.garden, plants, "2026-11-20T10:00:00Z", "100.10", "0").await;
    house.sale(house.garden, plants, "2026-10-20T10:00:00Z", "50.00", "50.00").await;
    house.sale(house.garden, plants, "2026-08-20T10:00:00Z", "9999.00", "0").await; // too long ago
    house.sale(house.kitchen, plants, "2026-11-20T10:00:00Z", "9999.00", "0").await; // somebody else's
    house.sale(house.garden, tools, "2026-11-21T10:00:00Z", "200.00", "0").await;
    // Tools have a rate of their own for this partner: a rate for all offers does not reach them.
    house.set_rate(Some(tools), "12").await;

    let impact = house.proposal(proposed(&house, &rate(&house, "10", "")).await).await.impact.expect("replayed");
    assert_eq!(impact.keep_their_rate, 1);
    let [pounds] = impact.currencies.as_slice() else { panic!("one currency") };
    assert_eq!(pounds.orders, 3);
    assert_eq!((pounds.cost_before.to_string(), pounds.cost_after.to_string()), ("24.01".into(), "26.01".into()));
    assert_eq!(pounds.months.iter().map(|month| month.orders).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(pounds.revenue, None, "nothing is known of what tools earn");

    let mut form = rate(&house, "10", "");
    form.offer = plants.to_string();
    let impact = house.proposal(proposed(&house, &form).await).await.impact.expect("replayed");
    let [pounds] = impact.currencies.as_slice() else { panic!("one currency") };
    assert_eq!(pounds.orders, 2);
    assert_eq!(pounds.revenue.map(|revenue| revenue.to_string()).as_deref(), Some("25.03"));
    // The digest covers the replay.
    assert_eq!(house.count("proposal WHERE impact IS NOT NULL AND content_hash = proposal_hash(programme_id, offer_scope, partner_scope, field, kind, value, valid_from, reason, impact)").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn under_the_floor_the_house_is_owed_a_reason(pool: PgPool) {
    let house = House::open(pool).await;
    house.sale(house.garden, house.plants, "2026-11-20T10:00:00Z", "100.00", "0").await;
    let id = proposed(&house, &rate(&house, "21", "")).await;
    let mut form = verdict(&house, id, Verdict::Approved).await;
    refused(api::decide(&house.ines(), &form).await, "floor_reason");
    form.floor_reason = "They bring the press.".into();
    done(api::decide(&house.ines(), &form).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_scope_gets_its_first_terms_once(pool: PgPool) {
    let house = House::open(pool).await;
    let scope = Scope { programme: house.programme, offer: None::<OfferId>, partner: None };
    let mut tx = house.begin_command().await;
    let value = "9".parse().expect("number");
    let error = store::initial_terms(&mut tx, scope, Field::Rate, "percent", value, house.now, "test")
        .await
        .expect_err("refused");
    assert_eq!(constraint_of(&error), "decision_by_command_comes_first");
}

fn schedule(house: &House, kind: &str, day: &str) -> ScheduleForm {
    ScheduleForm {
        partner: house.garden.to_string(),
        kind: kind.into(),
        day: day.into(),
        reason: "They pay their writers every week.".into(),
        form_key: key(),
        ..ScheduleForm::default()
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partner_gets_a_payout_schedule_of_its_own(pool: PgPool) {
    let house = House::open(pool).await;
    for (kind, day, words) in [
        ("weekly", "8", "Weekdays go from 1"),
        ("twice_monthly", "15", "The first of two days"),
        ("monthly", "31", "which every month has"),
        ("net", "0", "Between 1 and 120 days"),
        ("weekly", "Friday", "Weekdays go from 1"),
    ] {
        let told = refused(api::propose_payouts(&house.tomas(), &schedule(&house, kind, day)).await, "day");
        assert!(told.contains(words), "{told}");
    }
    let unknown = api::propose_payouts(&house.tomas(), &schedule(&house, "yearly", "1")).await;
    assert!(matches!(unknown, Err(AppError::BadRequest("kind"))));

    for (kind, day) in [("weekly", "5"), ("net", "30")] {
        done(api::propose_payouts(&house.tomas(), &schedule(&house, kind, day)).await);
        let id = house.last_proposal().await;
        let read = house.proposal(id).await;
        assert_eq!((read.field, read.kind.as_str(), read.value.to_string().as_str()), (Field::Schedule, kind, day));
        // What was in force is told in its own unit, whatever is proposed.
        let before = read.value_before.map(|value| value.normalize().to_string());
        let weekly = Some(("weekly".to_owned(), "5".to_owned()));
        assert_eq!(read.kind_before.zip(before), weekly.filter(|_| kind == "net"));
        done(api::decide(&house.ines(), &verdict(&house, id, Verdict::Approved).await).await);
        // What pays later is announced first, so it is not in force yet.
        if kind == "weekly" {
            let told = refused(api::propose_payouts(&house.tomas(), &schedule(&house, kind, day)).await, "day");
            assert_eq!(told, "That is the schedule already.");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn for_everybody_an_owner_proposes_a_schedule_and_another_decides(pool: PgPool) {
    let house = House::open(pool).await;
    let form =
        ScheduleForm { partner: String::new(), programme: "shop".into(), ..schedule(&house, "twice_monthly", "1") };
    assert!(matches!(api::propose_payouts(&house.tomas(), &form).await, Err(AppError::Forbidden)));
    done(api::propose_payouts(&house.marta(), &form).await);
    let id = house.last_proposal().await;
    let form = verdict(&house, id, Verdict::Approved).await;
    assert!(refused(api::decide(&house.marta(), &form).await, "").contains("another owner"));
    done(api::decide(&house.ines(), &form).await);
    let in_force =
        "terms_version WHERE field = 'schedule' AND partner_scope = 0 AND (kind, value) = ('twice_monthly', 1)";
    assert_eq!(house.count(in_force).await, 1);
}
