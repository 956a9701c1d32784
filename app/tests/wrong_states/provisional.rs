//! Provisional credits.

use crate::seed::{Column, Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

/// Adam credits 10 in Ana's question until the twentieth.
pub(super) fn provisional(changed: &[Column<'_>]) -> String {
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
