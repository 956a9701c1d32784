//! Work on the queue: who may be given a case, what is put off and how it comes back, and that two joined cases stay joined.

use crate::seed::{Column, Seed, Wrong, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

/// A second question of Ana's, without a message.
const ANOTHER: &str =
    "INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
    SELECT {giftware}, {ana}, 'other', 'Another', {person_ana}, '2011-03-05Z', '2011-03-06Z'";
const SECOND: &str = "(SELECT max(case_id) FROM support_case WHERE partner_id = {ana})";

fn snooze(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("until", "'2011-03-07Z'::timestamptz"),
        ("reason", "'The feed is read tonight'"),
        ("snoozed_by", "{person_adam}"),
        ("snoozed_at", "'2011-03-06Z'::timestamptz"),
    ];
    insert("case_snooze", &usual, changed)
}

fn merge(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", SECOND),
        ("into_case_id", "{question}"),
        ("merged_by", "{person_adam}"),
        ("merged_at", "'2011-03-06Z'::timestamptz"),
    ];
    insert("case_merge", &usual, changed)
}

fn closed(case: &str) -> String {
    format!("UPDATE support_case SET stage = 'closed', closed_at = '2011-03-06Z' WHERE case_id = {case}")
}

/// The second question, merged into the first.
fn merged() -> String {
    format!("{ANOTHER}; {}; {}", merge(&[]), closed(SECOND))
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_put_off_comes_back(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&snooze(&[])).await;
    let and = |more: &str| format!("{}; {more}", snooze(&[]));
    let end = |how: &str, at: &str| and(&format!("UPDATE case_snooze SET ended_at = '{at}', ended_by = '{how}'"));
    seed.accepted(&end("time", "2011-03-07Z")).await;
    let wrongs: Vec<Wrong> = vec![
        ("put off until before", snooze(&[("until", "'2011-03-06Z'::timestamptz")]), CHECK, "case_snooze_until_later"),
        ("put off for years", snooze(&[("until", "'2013-03-06Z'::timestamptz")]), CHECK, "case_snooze_until_later"),
        ("put off without a reason", snooze(&[("reason", "' '")]), CHECK, "case_snooze_reason_not_blank"),
        ("put off twice", and(&snooze(&[])), UNIQUE, "case_snooze_one_open"),
        ("another partner's case", snooze(&[("partner_id", "{bob}")]), CHECK, "case_snooze_of_an_open_case"),
        (
            "a closed case put off",
            format!("{ANOTHER}; {}; {}", closed(SECOND), snooze(&[("case_id", SECOND)])),
            CHECK,
            "case_snooze_of_an_open_case",
        ),
        ("back by time before its time", end("time", "2011-03-06T12:00Z"), CHECK, "case_snooze_by_time_at_its_time"),
        ("back before it was put off", end("staff", "2011-03-05Z"), CHECK, "case_snooze_ends_later"),
        ("back for no known reason", end("whim", "2011-03-07Z"), CHECK, "case_snooze_end_known"),
        ("another reason afterwards", and("UPDATE case_snooze SET reason = 'Other'"), CHECK, "case_snooze_only_ends"),
        (
            "back twice",
            format!("{}; UPDATE case_snooze SET ended_by = 'staff'", end("time", "2011-03-07Z")),
            CHECK,
            "case_snooze_only_ends",
        ),
        ("forgotten", and("DELETE FROM case_snooze"), INTEGRITY, "case_snooze_append_only"),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn two_joined_cases_stay_joined(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&merged()).await;
    let and = |more: &str| format!("{}; {more}", merged());
    let message = "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
                   SELECT {ana}, <case>, 'partner', {person_ana}, 'Ana', 'Hello', '2011-03-06Z', gen_random_uuid()";
    let into_closed =
        format!("{ANOTHER}; {}; {}", closed(SECOND), merge(&[("case_id", "{question}"), ("into_case_id", SECOND)]));
    let wrongs: Vec<Wrong> = vec![
        ("merged twice", and(&merge(&[])), UNIQUE, "case_merge_once"),
        (
            "a circle",
            and(&merge(&[("case_id", "{question}"), ("into_case_id", SECOND)])),
            CHECK,
            "case_merge_no_circle",
        ),
        (
            "into itself",
            merge(&[("case_id", "{question}"), ("into_case_id", "{question}")]),
            CHECK,
            "case_merge_into_another",
        ),
        ("a decided one", merge(&[("case_id", "{dispute}")]), CHECK, "case_merge_not_decided"),
        ("into a closed one", into_closed, CHECK, "case_merge_into_an_open_case"),
        ("left open", format!("{ANOTHER}; {}", merge(&[])), CHECK, "case_merge_closes"),
        (
            "opened again",
            and(&format!("UPDATE support_case SET stage = 'in_review', closed_at = NULL WHERE case_id = {SECOND}")),
            CHECK,
            "case_merge_closes",
        ),
        ("spoken in", and(&message.replace("<case>", SECOND)), CHECK, "message_in_no_merged_case"),
        ("undone", and("DELETE FROM case_merge"), INTEGRITY, "case_merge_append_only"),
        (
            "another partner's",
            format!("{ANOTHER}; {}", merge(&[("partner_id", "{bob}"), ("into_case_id", SECOND)])),
            CHECK,
            "case_merge_into_an_open_case",
        ),
    ];
    seed.all_refused(wrongs).await;

    // Past the trigger, the keys alone keep partners apart.
    let other = format!(
        "{ANOTHER}; ALTER TABLE case_merge DISABLE TRIGGER case_merge_check; {}",
        merge(&[("partner_id", "{bob}")])
    );
    let wrongs: Vec<Wrong> = vec![("another partner's, by its keys", other, FOREIGN, "case_merge_case")];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn links_are_symmetric_and_turns_within_limits(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let link = |changed: &[Column<'_>]| {
        let usual = [
            ("partner_id", "{ana}"),
            ("case_id", "least({question}, {dispute})"),
            ("other_partner_id", "{ana}"),
            ("other_case_id", "greatest({question}, {dispute})"),
            ("linked_by", "{person_adam}"),
            ("linked_at", "'2011-03-06Z'::timestamptz"),
        ];
        insert("case_link", &usual, changed)
    };
    let with = "UPDATE support_case SET assignee_id = {person_adam} WHERE case_id = {question}";
    let limit = |most: &str| {
        format!(
            "INSERT INTO case_limit (person_id, most, written_by, written_at, form_key)
             SELECT {{person_adam}}, {most}, {{person_olga}}, '2011-03-05Z', gen_random_uuid()"
        )
    };
    let turn = "INSERT INTO case_turn (partner_id, case_id, person_id, why, at) SELECT {ana}, {question}, {person_adam}, 'turn', '2011-03-06Z'";
    let switch = |who: &str| {
        format!(
            "INSERT INTO turn_policy (programme_id, gives_out, written_by, written_at, form_key)
             SELECT {{giftware}}, true, {who}, '2011-03-05Z', gen_random_uuid()"
        )
    };
    let undo = "INSERT INTO case_undo (case_undo_id, person_id, what, made_at) SELECT gen_random_uuid(), {person_adam}, 'taken', '2011-03-05Z'";
    seed.accepted(&link(&[])).await;
    seed.accepted(&format!("{with}; {}; {turn}", limit("100"))).await;
    seed.accepted(&switch("{person_olga}")).await;
    let wrongs: Vec<Wrong> = vec![
        ("linked twice", format!("{}; {}", link(&[]), link(&[])), UNIQUE, "case_link_once"),
        (
            "linked the other way round",
            link(&[("case_id", "greatest({question}, {dispute})"), ("other_case_id", "least({question}, {dispute})")]),
            CHECK,
            "case_link_in_order",
        ),
        ("another partner's case", link(&[("other_partner_id", "{bob}")]), FOREIGN, "case_link_other"),
        ("over the limit", format!("{with}; {}; {turn}", limit("0")), CHECK, "case_turn_within_limit"),
        ("somebody else's turn", turn.into(), CHECK, "case_turn_of_the_assignee"),
        ("a limit below nothing", limit("-1"), CHECK, "case_limit_in_bounds"),
        ("a switch by an agent", switch("{person_adam}"), CHECK, "turn_policy_by_a_lead"),
        ("a turn forgotten", format!("{with}; {turn}; DELETE FROM case_turn"), INTEGRITY, "case_turn_append_only"),
        (
            "given to somebody who does not answer cases",
            "UPDATE support_case SET assignee_id = (SELECT person_id FROM staff WHERE role NOT IN ('agent', 'lead', 'owner')
             OR disabled_at IS NOT NULL LIMIT 1) WHERE case_id = {question}"
                .into(),
            CHECK,
            "support_case_assignee_of_the_desk",
        ),
        (
            "undone twice",
            format!("{undo}; UPDATE case_undo SET used_at = '2011-03-06Z'; UPDATE case_undo SET used_at = '2011-03-07Z'"),
            CHECK,
            "case_undo_once",
        ),
    ];
    seed.all_refused(wrongs).await;
}
