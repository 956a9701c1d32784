//! Disputes to their end: appeals, escalations, provisional credits, notices, ratings, silence, enquiries.

use crate::seed::{Column, Seed, insert, refusal, run};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

/// Somebody writes into a case of Ana's.
fn said(case: &str, side: &str, who: &str, at: &str) -> String {
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
fn appeal_decided(changed: &[Column<'_>]) -> String {
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

/// Adam credits 10 in Ana's question until the twentieth.
fn provisional(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("amount", "10"),
        ("currency", "'GBP'"),
        ("reason_partner", "'Until we know.'"),
        ("given_by", "{person_adam}"),
        ("given_by_name", "'Adam Ames'"),
        ("given_at", "'2011-03-10Z'::timestamptz"),
        ("ends_at", "'2011-03-20Z'::timestamptz"),
        (
            "provisional_policy_id",
            "(SELECT provisional_policy_id FROM provisional_policy WHERE programme_id = {giftware} AND role = 'agent')",
        ),
        ("role", "'agent'"),
        ("largest", "25"),
        ("partner_cap", "50"),
        ("most_days", "31"),
        ("form_key", "gen_random_uuid()"),
    ];
    insert("provisional_credit", &usual, changed)
}

fn ended(outcome: &str, at: &str) -> String {
    format!(
        "{}; UPDATE provisional_credit SET ended_at = '{at}', end_written_at = '{at}', outcome = '{outcome}'",
        provisional(&[])
    )
}

fn booked(kind: &str, amount: &str, id: &str) -> String {
    let (debit, credit) =
        if kind == "clawback" { ("payable", "adjustment_cost") } else { ("adjustment_cost", "payable") };
    format!(
        "INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, provisional_credit_id, effective_at, booked_at)
         SELECT {{giftware}}, {{ana}}, '{kind}', '{debit}', '{credit}', {amount}, 'GBP', {id}, '2011-03-15Z', '2011-03-15Z'"
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn a_provisional_credit_is_capped_and_ends_once(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&provisional(&[])).await;
    seed.accepted(&ended("reversed", "2011-03-20Z")).await;
    let newest = "(SELECT max(provisional_credit_id) FROM provisional_credit)";
    let then = |sql: String| format!("{}; {sql}", provisional(&[]));
    let owner = [
        (
            "provisional_policy_id",
            "(SELECT provisional_policy_id FROM provisional_policy WHERE programme_id = {giftware} AND role = 'owner')",
        ),
        ("role", "'owner'"),
        ("largest", "1000"),
        ("partner_cap", "2000"),
    ];
    let decided = "INSERT INTO case_decision (programme_id, partner_id, case_id, outcome, reason, reason_partner, decided_by, decided_at)
                   VALUES ({giftware}, {ana}, {question}, 'in_favour', 'other', 'Yes.', {person_adam}, '2011-03-12Z')";
    seed.accepted(&then(decided.to_owned())).await;
    seed.all_refused(vec![
        (
            "in a case that is decided",
            provisional(&[("case_id", "{dispute}")]),
            CHECK,
            "provisional_credit_of_an_open_case",
        ),
        ("over the limit", provisional(&[("amount", "26")]), CHECK, "provisional_credit_within_limit"),
        ("with somebody else's limit", provisional(&owner), CHECK, "provisional_credit_by_policy_in_force"),
        ("with a limit that nobody set", provisional(&[("largest", "40")]), FOREIGN, "provisional_credit_policy"),
        (
            "by an owner who left",
            provisional(&[("given_by", "{person_dora}")]),
            CHECK,
            "provisional_credit_by_the_desk",
        ),
        (
            "in another currency",
            provisional(&[("currency", "'EUR'")]),
            CHECK,
            "provisional_credit_in_the_programmes_currency",
        ),
        ("for a season", provisional(&[("ends_at", "'2011-06-01Z'")]), CHECK, "provisional_credit_within_days"),
        ("over when it begins", provisional(&[("ends_at", "'2011-03-10Z'")]), CHECK, "provisional_credit_within_days"),
        ("without a word", provisional(&[("reason_partner", "' '")]), CHECK, "provisional_credit_reason_not_blank"),
        ("twice in a case", then(provisional(&[])), UNIQUE, "provisional_credit_once_a_case"),
        ("over the partner's cap", provisional(&[("amount", "51")]), CHECK, "provisional_credit_within_partner_cap"),
        (
            "ended from the beginning",
            provisional(&[
                ("ended_at", "'2011-03-11Z'::timestamptz"),
                ("end_written_at", "'2011-03-11Z'::timestamptz"),
                ("outcome", "'final'"),
            ]),
            CHECK,
            "provisional_credit_begins_open",
        ),
        ("final without a decision", ended("final", "2011-03-15Z"), CHECK, "provisional_credit_final_by_decision"),
        ("ended after its day", ended("reversed", "2011-03-21Z"), CHECK, "provisional_credit_ends_in_time"),
        (
            "taken back when it is final",
            then(format!("{decided}; UPDATE provisional_credit SET outcome = 'reversed'")),
            CHECK,
            "provisional_credit_ends_once",
        ),
        (
            "ended twice",
            format!("{}; UPDATE provisional_credit SET outcome = 'final'", ended("reversed", "2011-03-15Z")),
            CHECK,
            "provisional_credit_ends_once",
        ),
        (
            "with another amount later",
            then("UPDATE provisional_credit SET amount = 1".into()),
            INTEGRITY,
            "provisional_credit_append_only",
        ),
        ("booked for nothing", booked("provisional", "10", "NULL"), CHECK, "transfer_names_its_provisional"),
        ("booked twice", then(booked("provisional", "10", newest)), UNIQUE, "transfer_provisional_once"),
        ("taken back while it runs", then(booked("clawback", "10", newest)), CHECK, "transfer_clawback_of_what_ended"),
        ("taken back in part", then(booked("clawback", "9", newest)), FOREIGN, "transfer_of_its_provisional"),
        (
            "taken back twice",
            format!("{}; {}", ended("reversed", "2011-03-15Z"), booked("clawback", "10", newest)),
            UNIQUE,
            "transfer_provisional_once",
        ),
        (
            "decided over the limit together",
            format!("{}; {decided}", provisional(&[])).replace(
                "INSERT INTO case_decision",
                "INSERT INTO authority (programme_id, role, lowest_minimum, largest_credit, valid_from)
                 VALUES ({giftware}, 'agent', 20, 9, '2011-03-11Z'); INSERT INTO case_decision",
            ),
            CHECK,
            "case_decision_within_authority_with_provisional",
        ),
    ])
    .await;
}

/// Adam asked on the tenth, and the house tells something about it.
fn notice(notice: &str, at: &str, changed: &[Column<'_>]) -> String {
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

fn rating(changed: &[Column<'_>]) -> String {
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

fn said_back(set: &str) -> String {
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

#[sqlx::test(migrations = "../migrations")]
async fn partners_read_the_ends_of_their_own_disputes(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let mut tx = seed.pool.begin().await.expect("begin");
    let all = [
        appeal_decided(&[]),
        provisional(&[]),
        said_back("note = 'Not ours.'"),
        rating(&[]),
        said("question", "staff", "adam", "2011-03-10Z"),
        notice("reminder", "2011-03-13Z", &[]),
    ];
    run(&mut tx, &seed.fill(&all.join("; "))).await.expect("written");
    run(&mut tx, "SET CONSTRAINTS ALL IMMEDIATE").await.expect("right");
    for table in
        ["case_appeal", "case_appeal_decision", "case_notice", "case_rating", "enquiry_claim", "provisional_credit"]
    {
        let guarded: bool = sqlx::query_scalar("SELECT relrowsecurity FROM pg_class WHERE oid = $1::regclass")
            .bind(table)
            .fetch_one(&mut *tx)
            .await
            .expect("table");
        assert!(guarded, "{table} has no policies");
        for (partner, rows) in [("{ana}", 1), ("{bob}", 0), ("{zoe}", 0), ("", 0)] {
            let context = format!("SET LOCAL ROLE pd_partner; SET LOCAL pd.partner = '{}'", seed.fill(partner));
            run(&mut tx, &context).await.expect("role");
            let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
                .fetch_one(&mut *tx)
                .await
                .expect("count");
            assert_eq!(found, rows, "{table} as {partner}");
            run(&mut tx, "RESET ROLE").await.expect("role");
        }
    }
    for what in [
        "note FROM enquiry_claim",
        "1 FROM enquiry",
        "1 FROM enquiry_answer",
        "1 FROM escalation",
        "reason_house FROM case_appeal_decision",
        "decided_by FROM case_appeal_decision",
        "first_decider FROM case_appeal",
        "given_by FROM provisional_credit",
        "1 FROM provisional_policy",
        "1 FROM silence_policy",
    ] {
        let error = seed.attempt(&format!("SET LOCAL ROLE pd_partner; SELECT {what}")).await.expect_err(what);
        assert_eq!(refusal(&error).0, "42501", "{what}: {error}");
    }
    for (role, what) in [
        ("pd_partner", "INSERT INTO case_notice (partner_id) VALUES ({ana})"),
        ("pd_staff", "INSERT INTO case_rating (partner_id) VALUES ({ana})"),
        ("pd_staff", "INSERT INTO case_notice (partner_id) VALUES ({ana})"),
        ("pd_staff", "UPDATE provisional_credit SET outcome = 'final'"),
        ("pd_partner", "INSERT INTO case_appeal (first_decider) VALUES (1)"),
        ("pd_system", "INSERT INTO case_decision (programme_id, partner_id, case_id, outcome, reason, reason_partner, decided_by, decided_at)
                       VALUES ({giftware}, {ana}, {question}, 'declined', 'other', 'No.', {person_adam}, '2011-03-10Z')"),
    ] {
        let error = seed.attempt(&format!("SET LOCAL ROLE {role}; {what}")).await.expect_err(what);
        assert_eq!(refusal(&error).0, "42501", "{role} {what}: {error}");
    }
}
