//! What still waits in a case is not forgotten: an appeal, a word about an incident, a credit that runs, a claim that was paid.

use crate::seed::{Seed, Wrong};
use sqlx::PgPool;

const CHECK: &str = "23514";

/// Ana appeals against what Adam decided, and her dispute is in review.
const APPEALED: &str = "
    INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
    VALUES ({ana}, {dispute}, 'partner', {person_ana}, 'Ana', 'Look again.', '2011-03-10Z', gen_random_uuid());
    INSERT INTO case_appeal (programme_id, partner_id, case_id, message_id, appealed_by, appealed_at, promised_at)
    SELECT {giftware}, {ana}, {dispute}, max(message_id), {person_ana}, '2011-03-10Z', '2011-03-20Z' FROM message;
    UPDATE support_case SET stage = 'in_review' WHERE case_id = {dispute};
    INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
    VALUES ({ana}, {dispute}, 'staff', {person_olga}, 'Olga', 'We do.', '2011-03-11Z', gen_random_uuid());
    SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;";
const ANSWERED: &str = "
    INSERT INTO case_appeal_decision (programme_id, partner_id, case_id, first_decider, outcome, reason_partner, decided_by, decided_at)
    VALUES ({giftware}, {ana}, {dispute}, {person_adam}, 'upheld', 'It stays.', {person_olga}, '2011-03-12Z');";

fn stage(stage: &str) -> String {
    let closed = if stage == "closed" { "'2011-03-13Z'" } else { "NULL" };
    format!("UPDATE support_case SET stage = '{stage}', closed_at = {closed} WHERE case_id = {{dispute}};")
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_closes_or_settles_a_case_over_its_appeal(pool: PgPool) {
    let seed = Seed::open(pool).await;
    for over in ["decided", "closed"] {
        seed.accepted(&format!("{APPEALED}{ANSWERED}{}", stage(over))).await;
    }
    seed.accepted(&format!("{APPEALED}{}", stage("answer_needed"))).await;
    // Who was asked and stayed silent for two weeks is told that it is closed.
    let silent = "SET LOCAL session_replication_role = replica;
        INSERT INTO case_notice (partner_id, case_id, notice, asked_message_id, by_name, due_at, at)
        SELECT {ana}, {dispute}, 'closed', max(message_id), 'Olga', '2011-03-25Z', '2011-03-25Z' FROM message WHERE case_id = {dispute};
        SET LOCAL session_replication_role = origin;";
    seed.accepted(&format!("{APPEALED}{silent}{}", stage("closed"))).await;
    seed.all_refused(vec![
        ("decided by the way", format!("{APPEALED}{}", stage("decided")), CHECK, "support_case_appeal_waits"),
        ("closed over it", format!("{APPEALED}{}", stage("closed")), CHECK, "support_case_appeal_waits"),
    ])
    .await;
}

/// A second question of Ana's that was answered.
const SECOND: &str = "
    INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
    SELECT {giftware}, {ana}, 'other', 'Another', {person_ana}, '2011-03-05Z', '2011-03-06Z';";
const LAST: &str = "(SELECT max(case_id) FROM support_case)";

fn merged() -> String {
    format!(
        "INSERT INTO case_merge (partner_id, case_id, into_case_id, merged_by, merged_at)
         VALUES ({{ana}}, {LAST}, {{question}}, {{person_adam}}, '2011-03-07Z');
         UPDATE support_case SET stage = 'closed', closed_at = '2011-03-07Z' WHERE case_id = {LAST};"
    )
}

const INCIDENT: &str = "
    INSERT INTO incident (programme_id, began_at, for_everybody, opened_by, opened_at, next_update_at, form_key)
    VALUES ({giftware}, '2011-03-01Z', false, {person_adam}, '2011-03-02Z', '2011-03-09Z', gen_random_uuid());";

fn put() -> String {
    format!(
        "INSERT INTO incident_case (incident_id, partner_id, case_id, put_by, put_at, seen_message)
         SELECT max(incident_id), {{ana}}, {LAST}, {{person_adam}}, '2011-03-06Z', 0 FROM incident;"
    )
}

/// Fails where the condition does not hold.
fn holds(condition: &str) -> String {
    format!("DO $$ BEGIN ASSERT (SELECT {condition}); END $$;")
}

#[sqlx::test(migrations = "../migrations")]
async fn a_merge_takes_the_incident_along_and_forgets_nothing_that_runs(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let one = |condition: &str| format!("{SECOND}{INCIDENT}{}{}{}", put(), merged(), holds(condition));
    seed.accepted(&one("count(*) = 1 FROM incident_case WHERE case_id = {question} AND left_at IS NULL")).await;
    seed.accepted(&one(
        "left_at = '2011-03-07Z' FROM incident_case WHERE case_id = (SELECT max(case_id) FROM support_case)",
    ))
    .await;
    let over = "UPDATE incident SET state = 'closed', closed_at = '2011-03-06T12:00Z', next_update_at = NULL;";
    let escalated = format!(
        "INSERT INTO escalation (partner_id, case_id, facts, tried, proposed, to_role, escalated_by, by_name, escalated_at)
         VALUES ({{ana}}, {LAST}, 'Facts', 'Tried', 'Proposed', 'owner', {{person_adam}}, 'Adam', '2011-03-06Z');"
    );
    let credited = format!(
        "INSERT INTO provisional_policy (programme_id, role, largest, partner_cap, most_days, valid_from, written_at)
         VALUES ({{giftware}}, 'agent', 20, 40, 31, '2011-03-01Z', '2011-03-01Z');
         INSERT INTO provisional_credit (programme_id, partner_id, case_id, amount, currency, reason_partner, given_by, given_by_name, given_at,
             ends_at, provisional_policy_id, role, largest, partner_cap, most_days, form_key)
         SELECT {{giftware}}, {{ana}}, {LAST}, 5, 'GBP', 'Until we know.', {{person_adam}}, 'Adam', '2011-03-06Z', '2011-03-20Z',
             max(provisional_policy_id), 'agent', 20, 40, 31, gen_random_uuid() FROM provisional_policy WHERE largest = 20 AND partner_cap = 40;"
    );
    let asked = format!(
        "INSERT INTO case_pin (partner_id, case_id, pin, claim_id, snapshot, snapshot_hash, pinned_at)
         SELECT {{ana}}, {LAST}, 1, max(claim_id), 'null', sha256('null'), '2011-03-05Z' FROM claim;
         INSERT INTO enquiry (programme_id, offer_id, asked_by, asked_by_name, asked_at, next_update_at, form_key)
         SELECT {{giftware}}, max(offer_id), {{person_adam}}, 'Adam', '2011-03-06Z', '2011-03-14Z', gen_random_uuid() FROM claim;"
    );
    let line = |case: &str| {
        format!(
            "INSERT INTO enquiry_claim (enquiry_id, line, partner_id, case_id, claim_id, offer_id)
             SELECT (SELECT max(enquiry_id) FROM enquiry), 1, {{ana}}, {case}, max(claim_id), max(offer_id) FROM claim;"
        )
    };
    // What was merged is put to the advertiser where it goes on, and only there.
    seed.accepted(&format!("{SECOND}{asked}{}{}", merged(), line("{question}"))).await;
    let wrongs: Vec<Wrong> = vec![
        (
            "a merged case in an incident",
            format!("{SECOND}{INCIDENT}{}{}", merged(), put()),
            CHECK,
            "incident_case_not_merged",
        ),
        (
            "a last word on its way",
            format!("{SECOND}{INCIDENT}{}{over}{}", put(), merged()),
            CHECK,
            "case_merge_after_the_last_word",
        ),
        ("an escalation forgotten", format!("{SECOND}{escalated}{}", merged()), CHECK, "case_merge_without_escalation"),
        ("a credit forgotten", format!("{SECOND}{credited}{}", merged()), CHECK, "case_merge_without_provisional"),
        (
            "a question forgotten",
            format!("{SECOND}{asked}{}{}", line(LAST), merged()),
            CHECK,
            "case_merge_without_enquiry",
        ),
        (
            "asked from what was merged",
            format!("{SECOND}{asked}{}{}", merged(), line(LAST)),
            CHECK,
            "enquiry_claim_of_an_open_case",
        ),
    ];
    seed.all_refused(wrongs).await;
}

/// A policy, and a case of Ana's about the refund of A-2, of whose commission of 16 a quarter was taken back; nobody answers it.
fn silent() -> String {
    format!(
        "INSERT INTO silence_policy (programme_id, days, cap, valid_from, written_at) VALUES ({{giftware}}, 2, 10, '2011-03-01Z', '2011-03-01Z');
         INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
         SELECT {{giftware}}, {{ana}}, 'wrongly_reversed', 'A-2', {{person_ana}}, '2011-03-05Z', '2011-03-06Z';
         INSERT INTO case_pin (partner_id, case_id, pin, conversion_id, snapshot, snapshot_hash, pinned_at)
         SELECT {{ana}}, {LAST}, 1, {{a-2}}, 'null', sha256('null'), '2011-03-05Z';
         INSERT INTO case_clock (partner_id, case_id, clock, run, clock_policy_id, minutes, size, state, started_at, deadline, counted_minutes, read_at)
         SELECT {{ana}}, {LAST}, clock, 1, clock_policy_id, minutes, 'small', 'breached', '2011-03-05Z', '2011-03-10Z', 0, '2011-03-11Z'
         FROM clock_policy WHERE clock = 'resolution' LIMIT 1;"
    )
}

fn pays(amount: &str) -> String {
    format!(
        "WITH credit AS (
             INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, effective_at, booked_at)
             VALUES ({{giftware}}, {{ana}}, 'adjustment', 'adjustment_cost', 'payable', {amount}, 'GBP', '2011-04-20Z', '2011-04-20Z') RETURNING *)
         INSERT INTO case_decision (programme_id, partner_id, case_id, outcome, reason, reason_partner, amount, currency, transfer_id, decided_at,
             silence_policy_id, cap)
         SELECT programme_id, partner_id, {LAST}, 'in_favour', 'other', 'Too long.', amount, currency, transfer_id, '2011-04-20Z',
             (SELECT max(silence_policy_id) FROM silence_policy), 10 FROM credit;"
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn silence_pays_what_is_left_at_stake_once_and_a_partner_so_much(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let again = silent().replace("INSERT INTO silence_policy (programme_id, days, cap, valid_from, written_at) VALUES ({giftware}, 2, 10, '2011-03-01Z', '2011-03-01Z');", "");
    seed.accepted(&format!("{}{}", silent(), pays("4"))).await;
    seed.accepted(&format!("{}{}{again}{}", silent(), pays("1"), pays("3"))).await;
    // Where more was taken back, a partner gets no more than the cap in thirty days.
    let back = "UPDATE commission SET rejected = true WHERE conversion_id = {a-2};";
    seed.all_refused(vec![
        ("more than is at stake", format!("{}{}", silent(), pays("4.01")), CHECK, "case_decision_silence_within_stake"),
        (
            "the same twice",
            format!("{}{}{again}{}", silent(), pays("4"), pays("4")),
            CHECK,
            "case_decision_silence_within_stake",
        ),
        (
            "a rest and more",
            format!("{}{}{again}{}", silent(), pays("1"), pays("3.01")),
            CHECK,
            "case_decision_silence_within_stake",
        ),
        (
            "too much for one partner",
            format!("{back}{}{}{again}{}", silent(), pays("6"), pays("5")),
            CHECK,
            "case_decision_silence_partner_cap",
        ),
    ])
    .await;
}
