//! Appeals and escalations.

use crate::seed::{Column, Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const INTEGRITY: &str = "23000";

/// Somebody writes into a case of Ana's.
pub(super) fn said(case: &str, side: &str, who: &str, at: &str) -> String {
    format!(
        "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
         SELECT {{ana}}, {{{case}}}, '{side}', {{person_{who}}}, '{who}', 'Some words.', '{at}', gen_random_uuid()"
    )
}

/// Ana appeals against Adam's decision of the fourth.
fn appeal(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("case_id", "{dispute}"),
        ("message_id", "(SELECT max(message_id) FROM message)"),
        ("appealed_by", "{person_ana}"),
        ("appealed_at", "'2011-03-10Z'::timestamptz"),
        ("promised_at", "'2011-03-20Z'::timestamptz"),
    ];
    format!("{}; {}", said("dispute", "partner", "ana", "2011-03-10Z"), insert("case_appeal", &usual, changed))
}

/// Olga decides it.
pub(super) fn appeal_decided(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("case_id", "{dispute}"),
        ("first_decider", "{person_adam}"),
        ("outcome", "'upheld'"),
        ("reason_partner", "'It stays.'"),
        ("decided_by", "{person_olga}"),
        ("decided_at", "'2011-03-12Z'::timestamptz"),
    ];
    format!("{}; {}", appeal(&[]), insert("case_appeal_decision", &usual, changed))
}

#[sqlx::test(migrations = "../migrations")]
async fn an_appeal_is_made_once_in_its_time_with_a_reason(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&appeal(&[])).await;
    let late = [("appealed_at", "'2011-04-04Z'::timestamptz"), ("promised_at", "'2011-04-20Z'::timestamptz")];
    seed.all_refused(vec![
        ("too late", appeal(&late), CHECK, "case_appeal_in_time"),
        ("before the decision", appeal(&[("appealed_at", "'2011-03-03Z'")]), CHECK, "case_appeal_in_time"),
        ("where nothing is decided", appeal(&[("case_id", "{question}")]), CHECK, "case_appeal_needs_a_decision"),
        ("in another programme", appeal(&[("programme_id", "{travel}")]), CHECK, "case_appeal_needs_a_decision"),
        ("in another's name", appeal(&[("appealed_by", "{person_bob}")]), CHECK, "case_appeal_by_the_partner"),
        (
            "without a reason of its own",
            appeal(&[("message_id", "{asked}"), ("appealed_by", "{person_bob}")]),
            CHECK,
            "case_appeal_by_the_partner",
        ),
        (
            "promised for yesterday",
            appeal(&[("promised_at", "'2011-03-09Z'")]),
            CHECK,
            "case_appeal_promise_lies_ahead",
        ),
        ("twice", format!("{}; {}", appeal(&[]), appeal(&[])), UNIQUE, "case_appeal_pkey"),
        (
            "changed",
            format!("{}; UPDATE case_appeal SET promised_at = '2012-01-01Z'", appeal(&[])),
            INTEGRITY,
            "case_appeal_append_only",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_appeal_is_decided_by_another_with_a_transfer_of_its_own(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&appeal_decided(&[])).await;
    let limit = "(SELECT authority_id FROM authority WHERE programme_id = {giftware} AND role = 'owner')";
    let credit = |transfer: &'static str, limit: &'static str| {
        vec![
            ("outcome", "'changed'"),
            ("amount", "5"),
            ("currency", "'GBP'"),
            ("transfer_id", transfer),
            ("authority_id", limit),
            ("largest_credit", "1000"),
        ]
    };
    let own = format!(
        "INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, effective_at, booked_at)
         VALUES ({{giftware}}, {{ana}}, 'adjustment', 'adjustment_cost', 'payable', 5, 'GBP', '2011-03-12Z', '2011-03-12Z'); {}",
        appeal_decided(&credit("(SELECT max(transfer_id) FROM transfer)", limit))
    );
    seed.accepted(&own).await;
    seed.all_refused(vec![
        (
            "by who decided first",
            appeal_decided(&[("decided_by", "{person_adam}")]),
            CHECK,
            "case_appeal_decision_by_another",
        ),
        (
            "by them, as if there were nobody else",
            appeal_decided(&[("decided_by", "{person_adam}"), ("sole_control", "true")]),
            CHECK,
            "case_appeal_decision_sole_control",
        ),
        (
            "by them, as if somebody else had been first",
            appeal_decided(&[("decided_by", "{person_adam}"), ("first_decider", "{person_olga}")]),
            CHECK,
            "case_appeal_decision_of_the_appeal",
        ),
        (
            "by them, as if a policy had been first",
            appeal_decided(&[("decided_by", "{person_adam}"), ("first_decider", "NULL")]),
            CHECK,
            "case_appeal_decision_of_the_appeal",
        ),
        (
            "by an owner who left",
            appeal_decided(&[("decided_by", "{person_dora}")]),
            CHECK,
            "case_appeal_decision_by_the_desk",
        ),
        (
            "by the partner",
            appeal_decided(&[("decided_by", "{person_ana}")]),
            CHECK,
            "case_appeal_decision_by_the_desk",
        ),
        (
            "before it was made",
            appeal_decided(&[("decided_at", "'2011-03-09Z'")]),
            CHECK,
            "case_appeal_decision_of_the_appeal",
        ),
        ("without words", appeal_decided(&[("reason_partner", "' '")]), CHECK, "case_appeal_decision_reason_not_blank"),
        ("some other way", appeal_decided(&[("outcome", "'lost'")]), CHECK, "case_appeal_decision_outcome_known"),
        (
            "with the first decision's transfer",
            appeal_decided(&credit("{adjustment}", limit)),
            CHECK,
            "case_appeal_decision_cites_an_adjustment",
        ),
        (
            "without a limit",
            appeal_decided(&credit("{adjustment}", "NULL")),
            CHECK,
            "case_appeal_decision_by_authority_in_force",
        ),
        (
            "with half a credit",
            own.replace("\"currency\"", "\"reason_house\""),
            CHECK,
            "case_appeal_decision_credit_is_whole",
        ),
        (
            "upheld with a credit",
            own.replace("'changed'", "'upheld'"),
            CHECK,
            "case_appeal_decision_upheld_without_credit",
        ),
        (
            "twice",
            format!("{}; INSERT INTO case_appeal_decision SELECT * FROM case_appeal_decision", appeal_decided(&[])),
            UNIQUE,
            "case_appeal_decision_pkey",
        ),
        (
            "changed later",
            format!("{}; UPDATE case_appeal_decision SET outcome = 'changed'", appeal_decided(&[])),
            INTEGRITY,
            "case_appeal_decision_append_only",
        ),
    ])
    .await;
}

fn escalation(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("facts", "'The order is real.'"),
        ("tried", "'Asked twice.'"),
        ("proposed", "'Credit it.'"),
        ("to_role", "'owner'"),
        ("escalated_by", "{person_adam}"),
        ("by_name", "'Adam Ames'"),
        ("escalated_at", "'2011-03-10Z'::timestamptz"),
    ];
    insert("escalation", &usual, changed)
}

fn answered(first: String, verdict: &str, by: &str, words: &str) -> String {
    format!(
        "{first}; UPDATE escalation SET verdict = '{verdict}', answered_by = {by}, words = '{words}', answered_at = '2011-03-11Z'"
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn an_escalation_says_everything_and_is_answered_from_above(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let back = |by: &str, words: &str| answered(escalation(&[]), "sent_back", by, words);
    seed.accepted(&back("{person_olga}", "Ask again.")).await;
    let own = escalation(&[("escalated_by", "{person_olga}")]);
    seed.all_refused(vec![
        ("without facts", escalation(&[("facts", "' '")]), CHECK, "escalation_says_everything"),
        ("to an agent", escalation(&[("to_role", "'agent'")]), CHECK, "escalation_to_known"),
        ("by the partner", escalation(&[("escalated_by", "{person_ana}")]), CHECK, "escalation_by_the_desk"),
        ("twice at once", format!("{}; {}", escalation(&[]), escalation(&[])), UNIQUE, "escalation_one_open"),
        (
            "answered from the beginning",
            escalation(&[("verdict", "'sent_back'"), ("answered_at", "'2011-03-11Z'::timestamptz")]),
            CHECK,
            "escalation_begins_open",
        ),
        ("sent back without words", back("{person_olga}", " "), CHECK, "escalation_sent_back_with_words"),
        ("answered by an agent", back("{person_adam}", "No."), CHECK, "escalation_answered_from_above"),
        ("answered by an owner who left", back("{person_dora}", "No."), CHECK, "escalation_answered_from_above"),
        (
            "answered by who put it",
            answered(own, "sent_back", "{person_olga}", "No."),
            CHECK,
            "escalation_answered_by_another",
        ),
        ("answered by nobody", back("NULL", "No."), CHECK, "escalation_answered_from_above"),
        (
            "answered twice",
            answered(back("{person_olga}", "No."), "sent_back", "{person_olga}", "Yes."),
            CHECK,
            "escalation_answered_once",
        ),
        (
            "reworded",
            format!("{}; UPDATE escalation SET facts = 'Other'", escalation(&[])),
            INTEGRITY,
            "escalation_append_only",
        ),
    ])
    .await;
}
