//! Late answers: who may say that what was given back is paid, what may not be sent again, and how an answer is worked
//! through.

use crate::payouts::{LAST, LINE, step};
use crate::seed::{Column, Seed, but, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";

/// The payout is refused by the first line of the answer, then paid by the second.
fn paid_late(changed: &[Column<'_>]) -> String {
    let failed = step(LAST, "4", "submitted", "failed", &but(&LINE, &[("by_kind", "'bank'")]));
    let usual =
        but(&LINE, &[("by_kind", "'staff'"), ("by_id", "{person_olga}"), ("amount", "5"), ("currency", "'GBP'")]);
    let usual = but(&usual, &[("settlement_line", "2"), ("reason", "'The bank says so'")]);
    format!("{failed}; {}", step(LAST, "5", "failed", "paid", &but(&usual, changed)))
}

fn by_hand(changed: &[Column<'_>]) -> String {
    let usual = [
        ("settlement_file_id", "(SELECT max(settlement_file_id) FROM settlement_file)"),
        ("line", "2"),
        ("verdict", "'matched'"),
        ("partner_id", "{ana}"),
        ("payout_id", LAST),
        ("reason", "'The bank says so'"),
        ("settled_by", "{person_olga}"),
        ("settled_at", "'2011-05-02Z'::timestamptz"),
    ];
    insert("settlement_by_hand", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn only_a_person_says_that_what_was_given_back_is_paid(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&format!("{}; {}", by_hand(&[]), paid_late(&[]))).await;
    let by_a_person = "payout_event_late_by_hand";
    let bank = [("by_kind", "'bank'"), ("by_id", "NULL")];
    let nothing = [("partner_id", "NULL"), ("payout_id", "NULL")];
    let dismissed = but(&nothing, &[("verdict", "'dismissed'")]);
    seed.all_refused(vec![
        ("by the bank's word alone", paid_late(&bank), CHECK, by_a_person),
        ("by the bank, with a person's word", format!("{}; {}", by_hand(&[]), paid_late(&bank)), CHECK, by_a_person),
        ("by a person without a word", paid_late(&[]), CHECK, by_a_person),
        ("by a line that was set aside", format!("{}; {}", by_hand(&dismissed), paid_late(&[])), CHECK, by_a_person),
        (
            "a whole file that is not named",
            by_hand(&but(&nothing, &[("verdict", "'file'")])),
            CHECK,
            "settlement_by_hand_names_its_payout",
        ),
        (
            "a payout and a file at once",
            by_hand(&[("payout_file_id", "(SELECT max(payout_file_id) FROM payout_file)")]),
            CHECK,
            "settlement_by_hand_names_its_payout",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_bank_has_spoken_of_is_not_sent_again(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let withdrawn = format!(
        "INSERT INTO payout_file_withdrawn (payout_file_id, reason, withdrawn_by, withdrawn_at)
         SELECT payout_file_id, 'The upload failed', {{person_olga}}, '2011-05-02Z' FROM payout_file; {}",
        step(LAST, "4", "submitted", "approved", &[("reason", "'The upload failed'")])
    );
    let again = step(LAST, "5", "approved", "submitted", &[]);
    seed.accepted(&format!("{withdrawn}; {again}")).await;
    let said = |kind: &str, target: &str, number: &str| {
        format!(
            "{withdrawn}; INSERT INTO settlement_line (settlement_file_id, line, kind, outcome, target_kind, target, payout_number, disposition)
             SELECT max(settlement_file_id), 90, 'plain', 'accepted', '{kind}', {target}, {number}, 'contradicts' FROM settlement_file"
        )
    };
    let one = said("payment", "'PD'", LAST);
    let all = said("batch", "(SELECT max(message_id) FROM payout_file)", "NULL::bigint");
    let aside = by_hand(&[("line", "90"), ("verdict", "'dismissed'"), ("partner_id", "NULL"), ("payout_id", "NULL")]);
    seed.accepted(&format!("{one}; {aside}; {again}")).await;
    let not_again = "payout_event_not_sent_again";
    seed.all_refused(vec![
        ("one that was answered", format!("{one}; {again}"), CHECK, not_again),
        ("one of a file that was answered", format!("{all}; {again}"), CHECK, not_again),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_is_worked_through_once(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let through = |line: &str| format!("UPDATE settlement_file SET applied_through = {line}");
    let done = "UPDATE settlement_file SET applied_at = '2011-05-03Z', applied_through = greatest(lines, 1)";
    let transfer = |changed: &[Column<'_>]| {
        let usual = [
            ("programme_id", "{giftware}"),
            ("partner_id", "{ana}"),
            ("kind", "'late_payment'"),
            ("debit_kind", "'payable'"),
            ("credit_kind", "'in_payout'"),
            ("amount", "5"),
            ("currency", "'GBP'"),
            ("payout_id", LAST),
            ("payout_turn", "2"),
            ("effective_at", "'2011-05-03Z'::timestamptz"),
            ("booked_at", "'2011-05-03Z'::timestamptz"),
        ];
        insert("transfer", &usual, changed)
    };
    seed.accepted(done).await;
    seed.accepted(&transfer(&[])).await;
    seed.all_refused(vec![
        ("back again", format!("{}; {}", through("2"), through("1")), CHECK, "settlement_file_only_forward"),
        ("after its end", format!("{done}; {}", through("9")), CHECK, "settlement_file_only_forward"),
        (
            "done before its last line",
            "UPDATE settlement_file SET applied_at = '2011-05-03Z', applied_through = lines - 1".into(),
            CHECK,
            "settlement_file_applied_within",
        ),
        ("a debt of no payout", transfer(&[("payout_id", "NULL")]), CHECK, "transfer_names_its_payout"),
        ("a debt of the first turn", transfer(&[("payout_turn", "NULL")]), CHECK, "transfer_names_its_payout"),
        ("a debt by another way", transfer(&[("debit_kind", "'pending'")]), CHECK, "transfer_route_known"),
        ("a debt of another sum", transfer(&[("amount", "4")]), "23503", "transfer_of_its_payout"),
        ("the same debt twice", format!("{}; {}", transfer(&[]), transfer(&[])), "23505", "transfer_payout_step_once"),
        (
            "a turn of no payout",
            transfer(&[("kind", "'fee'"), ("debit_kind", "'fees'"), ("credit_kind", "'cash'"), ("payout_id", "NULL")]),
            CHECK,
            "transfer_turn_of_a_payout",
        ),
    ])
    .await;
}
