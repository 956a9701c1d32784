//! What the house tells a partner of a case by itself, ratings, and its silence.

use super::appeals::said;
use crate::seed::{Column, Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

/// Adam asked on the tenth, and the house tells something about it.
pub(super) fn notice(notice: &str, at: &str, changed: &[Column<'_>]) -> String {
    let (notice, at) = (format!("'{notice}'"), format!("'{at}'::timestamptz"));
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("notice", notice.as_str()),
        ("asked_message_id", "(SELECT max(message_id) FROM message WHERE side = 'staff')"),
        ("by_name", "'Adam Ames'"),
        ("due_at", at.as_str()),
        ("at", at.as_str()),
    ];
    insert("case_notice", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_silent_partner_is_reminded_in_their_days(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let asked = said("question", "staff", "adam", "2011-03-10Z");
    let story = |notices: &[String]| format!("{asked}; {}", notices.join("; "));
    let (three, seven) = (notice("reminder", "2011-03-13Z", &[]), notice("last_reminder", "2011-03-17Z", &[]));
    seed.accepted(&story(&[three.clone(), seven.clone(), notice("closed", "2011-03-24Z", &[])])).await;
    let days = "case_notice_in_its_days";
    let answer = said("question", "partner", "ana", "2011-03-12Z");
    seed.all_refused(vec![
        ("a day early", story(&[notice("reminder", "2011-03-12Z", &[])]), CHECK, days),
        ("closed without reminders", story(&[notice("closed", "2011-03-24Z", &[])]), CHECK, days),
        (
            "the second at once after the first",
            story(&[notice("reminder", "2011-03-18Z", &[]), notice("last_reminder", "2011-03-19Z", &[])]),
            CHECK,
            days,
        ),
        ("closed a day early", story(&[three.clone(), seven, notice("closed", "2011-03-23Z", &[])]), CHECK, days),
        ("reminded twice", story(&[three.clone(), three.clone()]), UNIQUE, "case_notice_pkey"),
        ("reminded after the answer", story(&[answer, three.clone()]), CHECK, "case_notice_while_unanswered"),
        (
            "reminded of nothing",
            story(&[notice("reminder", "2011-03-13Z", &[("asked_message_id", "0")])]),
            CHECK,
            "case_notice_about_a_question",
        ),
        (
            "told before it is due",
            story(&[notice("reminder", "2011-03-13Z", &[("due_at", "'2011-03-14Z'")])]),
            CHECK,
            "case_notice_not_early",
        ),
        ("taken out", story(&[three, "DELETE FROM case_notice".into()]), INTEGRITY, "case_notice_append_only"),
    ])
    .await;
}

pub(super) fn rating(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", "{dispute}"),
        ("stars", "4"),
        ("rated_by", "{person_ana}"),
        ("rated_at", "'2011-03-10Z'::timestamptz"),
        ("locale", "'en'"),
        ("by_mail", "true"),
    ];
    let event =
        "INSERT INTO case_event (partner_id, case_id, stage, at) VALUES ({ana}, {dispute}, 'decided', '2011-03-04Z')";
    format!("{event}; {}", insert("case_rating", &usual, changed))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_resolved_case_is_rated_once_by_its_partner(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&rating(&[])).await;
    let once = rating(&[]);
    let again = once.split_once("; ").expect("two").1.to_owned();
    seed.all_refused(vec![
        ("with six", rating(&[("stars", "6")]), CHECK, "case_rating_one_to_five"),
        ("with none", rating(&[("stars", "0")]), CHECK, "case_rating_one_to_five"),
        ("before it is resolved", rating(&[("case_id", "{question}")]), CHECK, "case_rating_of_a_resolved_case"),
        ("by somebody else's member", rating(&[("rated_by", "{person_bob}")]), FOREIGN, "case_rating_member"),
        ("by the house", rating(&[("rated_by", "{person_adam}")]), FOREIGN, "case_rating_member"),
        ("twice", format!("{once}; {again}"), UNIQUE, "case_rating_pkey"),
        ("changed", format!("{once}; UPDATE case_rating SET stars = 5"), INTEGRITY, "case_rating_append_only"),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn silence_decides_by_its_policy_alone(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let decision = |changed: &[Column<'_>]| {
        let usual = [
            ("programme_id", "{giftware}"),
            ("partner_id", "{ana}"),
            ("case_id", "{question}"),
            ("outcome", "'in_favour'"),
            ("reason", "'other'"),
            ("reason_partner", "'We took too long.'"),
            ("decided_at", "'2011-03-20Z'::timestamptz"),
            ("silence_policy_id", "(SELECT max(silence_policy_id) FROM silence_policy)"),
            ("cap", "10"),
        ];
        format!(
            "INSERT INTO silence_policy (programme_id, days, cap, valid_from, written_at) VALUES ({{giftware}}, 2, 10, '2011-03-01Z', '2011-03-01Z'); {}",
            insert("case_decision", &usual, changed)
        )
    };
    let silent = |changed: &[Column<'_>]| {
        format!(
            "INSERT INTO case_clock (partner_id, case_id, clock, run, clock_policy_id, minutes, size, state, started_at, deadline, counted_minutes, read_at)
             SELECT {{ana}}, {{question}}, clock, 1, clock_policy_id, minutes, 'small', 'breached', '2011-03-03Z', '2011-03-10Z', 0, '2011-03-11Z'
             FROM clock_policy WHERE clock = 'resolution'; {}",
            decision(changed)
        )
    };
    seed.accepted(&silent(&[])).await;
    seed.all_refused(vec![
        ("while the house is not late", decision(&[]), CHECK, "case_decision_after_silence"),
        ("before it was late", silent(&[("decided_at", "'2011-03-09Z'")]), CHECK, "case_decision_after_silence"),
        ("against the partner", silent(&[("outcome", "'declined'")]), CHECK, "case_decision_silence_below_cap"),
        ("by a policy to come", silent(&[("decided_at", "'2011-02-20Z'")]), CHECK, "case_decision_silence_policy_in_force"),
        ("with another cap", silent(&[("cap", "50")]), FOREIGN, "case_decision_silence_policy"),
        ("by nobody at all", silent(&[("silence_policy_id", "NULL"), ("cap", "NULL")]), CHECK, "case_decision_by_the_desk"),
        ("by a person in the policy's name", silent(&[("decided_by", "{person_adam}")]), CHECK, "case_decision_by_someone"),
        (
            "set by an agent",
            "INSERT INTO silence_policy (programme_id, days, cap, valid_from, written_by, written_at)
             VALUES ({giftware}, 2, 10, '2011-03-01Z', {person_adam}, '2011-03-01Z')"
                .into(),
            CHECK,
            "policy_by_an_owner",
        ),
        (
            "after no days",
            "INSERT INTO silence_policy (programme_id, days, cap, valid_from, written_at) VALUES ({giftware}, 0, 10, '2011-03-01Z', '2011-03-01Z')".into(),
            CHECK,
            "silence_policy_in_bounds",
        ),
    ])
    .await;
}
