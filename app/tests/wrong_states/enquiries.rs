//! Claims put to the advertiser.

use crate::seed::{Column, Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

/// Adam puts Ana's lost order, pinned in her question, to its advertiser.
fn enquiry(changed: &[Column<'_>], claim: &[Column<'_>]) -> String {
    let offer = "(SELECT offer_id FROM offer WHERE programme_id = {giftware})";
    let usual = [
        ("programme_id", "{giftware}"),
        ("offer_id", offer),
        ("asked_by", "{person_adam}"),
        ("asked_by_name", "'Adam Ames'"),
        ("asked_at", "'2011-03-10Z'::timestamptz"),
        ("next_update_at", "'2011-03-14Z'::timestamptz"),
        ("form_key", "gen_random_uuid()"),
    ];
    format!("{}; {}", insert("enquiry", &usual, changed), line(claim))
}

fn line(changed: &[Column<'_>]) -> String {
    let usual = [
        ("enquiry_id", "(SELECT max(enquiry_id) FROM enquiry)"),
        ("line", "1"),
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("claim_id", "(SELECT max(claim_id) FROM claim)"),
        ("offer_id", "(SELECT offer_id FROM offer WHERE programme_id = {giftware})"),
    ];
    insert("enquiry_claim", &usual, changed)
}

fn pinned(rest: String) -> String {
    format!(
        "INSERT INTO case_pin (partner_id, case_id, pin, claim_id, snapshot, snapshot_hash, pinned_at)
         SELECT {{ana}}, {{question}}, 1, max(claim_id), 'null', sha256('null'), '2011-03-03Z' FROM claim; {rest}"
    )
}

pub(super) fn said_back(set: &str) -> String {
    pinned(format!(
        "{}; INSERT INTO enquiry_answer (enquiry_id, nth, file_name, bytes, sha256, read_by, read_at)
             SELECT enquiry_id, 1, 'back.csv', 'x', sha256('x'), {{person_adam}}, '2011-03-12Z' FROM enquiry;
         UPDATE enquiry_claim SET {set}",
        enquiry(&[], &[])
    ))
}

#[sqlx::test(migrations = "../migrations")]
async fn an_advertiser_is_asked_about_an_open_claim_and_answers_once(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let valid = "verdict = 'valid', amount = 10, nth = 1, answered_at = '2011-03-12Z'";
    seed.accepted(&said_back(valid)).await;
    let again = format!("; {}", line(&[("line", "2")]));
    seed.accepted(&(said_back(valid) + &again)).await;
    let take = |set: &str| said_back(valid) + &format!("; UPDATE enquiry_answer SET {set}");
    let taken = "taken_by = {person_adam}, taken_at = '2011-03-13Z', settled = 1";
    seed.all_refused(vec![
        ("by the partner", enquiry(&[("asked_by", "{person_ana}")], &[]), CHECK, "enquiry_by_the_desk"),
        ("with a promise in the past", enquiry(&[("next_update_at", "'2011-03-09Z'")], &[]), CHECK, "enquiry_update_lies_ahead"),
        ("about another programme's offer", enquiry(&[("programme_id", "{travel}")], &[]), FOREIGN, "enquiry_offer"),
        ("about what no case pins", enquiry(&[], &[]), CHECK, "enquiry_claim_of_an_open_case"),
        ("about a claim of another offer", pinned(enquiry(&[], &[("offer_id", "(SELECT offer_id FROM offer WHERE programme_id = {travel})")])), FOREIGN, "enquiry_claim_enquiry"),
        ("twice at once", pinned(enquiry(&[], &[]) + &again), UNIQUE, "enquiry_claim_asked_once"),
        ("answered from the beginning", pinned(enquiry(&[], &[("verdict", "'declined'")])), CHECK, "enquiry_claim_begins_open"),
        ("perhaps", said_back("verdict = 'perhaps', nth = 1, answered_at = '2011-03-12Z'"), CHECK, "enquiry_claim_verdict_known"),
        ("valid without an amount", said_back("verdict = 'valid', nth = 1, answered_at = '2011-03-12Z'"), CHECK, "enquiry_claim_valid_has_amount"),
        ("declined with one", said_back("verdict = 'declined', amount = 1, nth = 1, answered_at = '2011-03-12Z'"), CHECK, "enquiry_claim_valid_has_amount"),
        ("answered by no file", said_back("verdict = 'declined', answered_at = '2011-03-12Z'"), CHECK, "enquiry_claim_answered_whole"),
        ("answered by another file", said_back("verdict = 'declined', nth = 2, answered_at = '2011-03-12Z'"), FOREIGN, "enquiry_claim_answer"),
        ("answered twice", said_back(valid) + "; UPDATE enquiry_claim SET note = 'x'", CHECK, "enquiry_claim_answered_once"),
        ("taken over by nobody", take("taken_at = '2011-03-13Z', settled = 1"), CHECK, "enquiry_answer_taken_whole"),
        ("taken over twice", take(taken) + &format!("; UPDATE enquiry_answer SET {taken}"), CHECK, "enquiry_answer_taken_once"),
        ("taken over by the partner", take(&taken.replace("adam", "ana")), CHECK, "enquiry_answer_by_the_desk"),
        (
            "the same answer twice",
            said_back(valid) + "; INSERT INTO enquiry_answer SELECT enquiry_id, 2, file_name, bytes, sha256, read_by, read_at FROM enquiry_answer",
            UNIQUE,
            "enquiry_answer_file_once",
        ),
        ("linked to another order", "UPDATE claim SET conversion_id = {a-1}".into(), CHECK, "claim_linked_to_its_order"),
    ])
    .await;
}

/// Adam asks again on the twelfth about what waits.
pub(super) fn reminder(changed: &[Column<'_>], line: &str) -> String {
    let usual = [
        ("enquiry_id", "(SELECT max(enquiry_id) FROM enquiry)"),
        ("nth", "1"),
        ("reminded_by", "{person_adam}"),
        ("by_name", "'Adam Ames'"),
        ("at", "'2011-03-12Z'::timestamptz"),
        ("next_update_at", "'2011-03-20Z'::timestamptz"),
        ("bytes", "'x'::bytea"),
        ("sha256", "sha256('x')"),
        ("form_key", "gen_random_uuid()"),
    ];
    format!(
        "{}; INSERT INTO enquiry_claim_reminder (enquiry_id, line, nth) SELECT max(enquiry_id), {line}, 1 FROM enquiry",
        insert("enquiry_reminder", &usual, changed)
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn an_advertiser_is_asked_again_about_what_waits(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let asked = |rest: String| pinned(format!("{}; {rest}", enquiry(&[], &[])));
    let again = |changed: &[Column<'_>]| asked(reminder(changed, "1"));
    seed.accepted(&again(&[])).await;
    let valid = "verdict = 'valid', amount = 10, nth = 1, answered_at = '2011-03-12Z'";
    seed.all_refused(vec![
        ("by the partner", again(&[("reminded_by", "{person_ana}")]), CHECK, "enquiry_reminder_by_the_desk"),
        ("the same day", again(&[("at", "'2011-03-10T23:00Z'")]), CHECK, "enquiry_reminder_a_day_apart"),
        (
            "twice the same day",
            asked(format!("{}; {}", reminder(&[], "1"), reminder(&[("nth", "2")], "1"))),
            CHECK,
            "enquiry_reminder_a_day_apart",
        ),
        (
            "promised for yesterday",
            again(&[("next_update_at", "'2011-03-11Z'")]),
            CHECK,
            "enquiry_reminder_next_lies_ahead",
        ),
        ("with another file's hash", again(&[("sha256", "sha256('y')")]), CHECK, "enquiry_reminder_hash_is_of_bytes"),
        ("of nobody", again(&[("by_name", "' '")]), CHECK, "enquiry_reminder_by_a_name"),
        ("about no claim", asked(reminder(&[], "7")), CHECK, "enquiry_claim_reminder_of_what_waits"),
        (
            "about what was answered",
            format!("{}; {}", said_back(valid), reminder(&[], "1")),
            CHECK,
            "enquiry_claim_reminder_of_what_waits",
        ),
        (
            "taken back",
            format!("{}; DELETE FROM enquiry_claim_reminder", again(&[])),
            INTEGRITY,
            "enquiry_claim_reminder_append_only",
        ),
        (
            "changed",
            format!("{}; UPDATE enquiry_reminder SET by_name = 'Olga'", again(&[])),
            INTEGRITY,
            "enquiry_reminder_append_only",
        ),
    ])
    .await;
}
