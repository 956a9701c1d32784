//! What the programme contests, and what is set apart for it.

use crate::seed::{Column, Seed, but, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

/// Adam contests A-2, of which 12.00 are left and payable, until the end of April.
fn contest(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("conversion_id", "{a-2}"),
        ("reason_partner", "'The shop asks for the invoice.'"),
        ("reviewer_id", "{person_adam}"),
        ("reviewer_name", "'Adam Ames'"),
        ("contested_at", "'2011-04-20Z'::timestamptz"),
        ("ends_at", "'2011-05-01Z'::timestamptz"),
        ("form_key", "gen_random_uuid()"),
    ];
    insert("contest", &usual, changed)
}

/// A contest of A-2, ended.
fn ended(at: &str, outcome: &str, by: &str, reason: &str) -> String {
    format!(
        "{}; UPDATE contest SET ended_at = '{at}', end_written_at = '{at}', outcome = '{outcome}', ended_by = {by}, end_reason = '{reason}'
         WHERE conversion_id = {{a-2}}",
        contest(&[])
    )
}

fn let_go() -> String {
    ended("2011-04-25Z", "let_go", "{person_adam}", "")
}

fn ring(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("kind", "'ring_fence_correction'"),
        ("debit_kind", "'ring_fenced'"),
        ("credit_kind", "'payable'"),
        ("conversion_id", "{a-2}"),
        ("event_id", "'refund-A-2'"),
        ("contest_id", "(SELECT max(contest_id) FROM contest)"),
        ("amount", "1"),
        ("currency", "'GBP'"),
        ("effective_at", "'2011-04-21Z'::timestamptz"),
        ("booked_at", "'2011-04-21Z'::timestamptz"),
    ];
    format!("{}; {}", contest(&[]), insert("transfer", &usual, changed))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_contest_has_a_reason_an_end_and_somebody_of_the_desk(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&contest(&[])).await;
    seed.accepted(&contest(&[("conversion_id", "{a-1}")])).await;
    let taken = "INSERT INTO payout_run (programme_id, cutoff, cutoff_at, pay_day, started_at)
                 VALUES ({giftware}, '2011-05-31', '2011-06-01Z', '2011-06-15', '2011-06-01Z');
         INSERT INTO payout (programme_id, partner_id, payout_run_id, currency, amount, payout_method_id, pay_day, created_at)
         SELECT {giftware}, {ana}, max(payout_run_id), 'GBP', 12, {method_of_ana}, '2011-06-15', '2011-06-01Z' FROM payout_run;
         INSERT INTO payout_allocation (partner_id, payout_id, transfer_id, conversion_id, kind, amount)
         SELECT partner_id, (SELECT max(payout_id) FROM payout), transfer_id, conversion_id, kind,
                CASE credit_kind WHEN 'payable' THEN amount ELSE -amount END
         FROM transfer WHERE partner_id = {ana} AND kind IN ('release', 'refund')";
    let days = "contest_ends_within_a_year";
    seed.all_refused(vec![
        ("without a reason", contest(&[("reason_partner", "' '")]), CHECK, "contest_reason_not_blank"),
        ("over before it began", contest(&[("ends_at", "'2011-04-20Z'")]), CHECK, days),
        ("for two years", contest(&[("ends_at", "'2013-04-20Z'")]), CHECK, days),
        ("by an owner who left", contest(&[("reviewer_id", "{person_dora}")]), CHECK, "contest_by_the_desk"),
        ("by nobody of the house", contest(&[("reviewer_id", "{person_ana}")]), CHECK, "contest_by_the_desk"),
        ("of somebody else's conversion", contest(&[("conversion_id", "{b-1}")]), FOREIGN, "contest_commission"),
        ("in another programme", contest(&[("programme_id", "{travel}")]), FOREIGN, "contest_partner"),
        ("twice at once", format!("{}; {}", contest(&[]), contest(&[])), UNIQUE, "contest_one_live"),
        (
            "ended from the beginning",
            contest(&[("ended_at", "'2011-04-21Z'"), ("outcome", "'let_go'")]),
            CHECK,
            "contest_begins_open",
        ),
        (
            "of what nothing is left of",
            format!("UPDATE commission SET rejected = true; {}", contest(&[])),
            CHECK,
            "contest_of_what_is_left",
        ),
        ("of what is in a payout", format!("{taken}; {}", contest(&[])), CHECK, "contest_of_what_is_not_in_a_payout"),
        (
            "into a payout while contested",
            format!("{}; {taken}", contest(&[])),
            CHECK,
            "payout_allocation_not_contested",
        ),
        (
            "with another reason later",
            format!("{}; UPDATE contest SET reason_partner = 'Another'", contest(&[])),
            INTEGRITY,
            "contest_append_only",
        ),
        ("taken out of the books", format!("{}; DELETE FROM contest", contest(&[])), INTEGRITY, "contest_append_only"),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_contest_ends_once_and_by_those_who_may(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let rejected = |by: &str, reason: &str| ended("2011-04-25Z", "rejected", by, reason);
    seed.accepted(&let_go()).await;
    seed.accepted(&ended("2011-05-01Z", "let_go", "NULL", "")).await;
    seed.accepted(&rejected("{person_olga}", "Not theirs.")).await;
    let then = |first: String, set: &str| format!("{first}; UPDATE contest SET {set} WHERE conversion_id = {{a-2}}");
    let once = "contest_ends_once";
    let partly = "UPDATE commission SET refunded = 150 WHERE order_amount = 200";
    seed.all_refused(vec![
        ("ended twice", then(let_go(), "end_reason = 'x'"), CHECK, once),
        ("opened again", then(let_go(), "ended_at = NULL"), CHECK, once),
        ("changed without an end", then(contest(&[]), "end_reason = 'x'"), CHECK, once),
        ("forgotten", ended("2011-04-25Z", "forgotten", "{person_adam}", ""), CHECK, "contest_outcome_known"),
        ("by an owner who left", ended("2011-04-25Z", "let_go", "{person_dora}", ""), CHECK, "contest_by_the_desk"),
        ("rejected by an agent", rejected("{person_adam}", "Not theirs."), CHECK, "contest_rejected_by_a_lead"),
        ("rejected by time", rejected("NULL", "Not theirs."), CHECK, "contest_rejected_by_someone"),
        ("rejected without a reason", rejected("{person_olga}", " "), CHECK, "contest_rejected_by_someone"),
        ("run out before its day", ended("2011-04-25Z", "let_go", "NULL", ""), CHECK, "contest_runs_out_on_time"),
        (
            "over before it began",
            ended("2011-04-19Z", "let_go", "{person_adam}", ""),
            CHECK,
            "contest_ends_after_start",
        ),
        (
            "where not all of it lies apart",
            let_go().replacen("; UPDATE", &format!("; {partly}; UPDATE"), 1),
            CHECK,
            "contest_sets_apart_all_that_is_left",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn money_is_set_apart_for_a_contest_alone(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&ring(&[])).await;
    let fence =
        [("kind", "'ring_fence'"), ("debit_kind", "'payable'"), ("credit_kind", "'ring_fenced'"), ("event_id", "NULL")];
    let once = "transfer_contest_step_once";
    seed.all_refused(vec![
        ("for no contest", ring(&[("contest_id", "NULL")]), CHECK, "transfer_names_its_contest"),
        (
            "a refund for a contest",
            ring(&[("kind", "'refund'"), ("credit_kind", "'commission_cost'"), ("event_id", "'other'")]),
            CHECK,
            "transfer_names_its_contest",
        ),
        (
            "for the contest of another conversion",
            ring(&[("conversion_id", "{a-1}")]),
            FOREIGN,
            "transfer_of_its_contest",
        ),
        ("corrected without an event", ring(&[("event_id", "NULL")]), CHECK, "transfer_cites_its_event"),
        ("set apart twice", ring(&fence), UNIQUE, once),
        (
            "corrected twice by one event",
            format!("{}; {}", ring(&[]), ring(&[]).split_once("; ").expect("two").1),
            UNIQUE,
            once,
        ),
        ("more than lies apart", ring(&[("amount", "12.01")]), CHECK, "account_only_payable_below_zero"),
        ("set apart from pending", ring(&but(&fence, &[("debit_kind", "'pending'")])), CHECK, "transfer_route_known"),
    ])
    .await;
}
