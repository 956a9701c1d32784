//! Runs, payouts, what is allocated to them, their steps, files and answers.

use crate::seed::{Column, Seed, but, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

fn run(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("cutoff", "'2011-04-30'"),
        ("cutoff_at", "'2011-05-01Z'"),
        ("pay_day", "'2011-05-15'"),
        ("started_at", "'2011-05-01Z'"),
    ];
    insert("payout_run", &usual, changed)
}

/// A run of May with a payout of 12.00 to Ana: 16.00 less 4.00.
fn payout(changed: &[Column<'_>], allocations: &str, events: &str) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("payout_run_id", "(SELECT max(payout_run_id) FROM payout_run)"),
        ("currency", "'GBP'"),
        ("amount", "12"),
        ("payout_method_id", "{method_of_ana}"),
        ("pay_day", "'2011-05-15'::date"),
        ("created_at", "'2011-05-01Z'::timestamptz"),
    ];
    format!("{}; {}; {allocations}; {events}", run(&[]), insert("payout", &usual, changed))
}

pub const LAST: &str = "(SELECT max(payout_id) FROM payout)";
const TAKES: &str = "INSERT INTO payout_allocation (partner_id, payout_id, transfer_id, conversion_id, kind, amount)
    SELECT partner_id, (SELECT max(payout_id) FROM payout), transfer_id, conversion_id, kind,
           CASE credit_kind WHEN 'payable' THEN amount ELSE -amount END
    FROM transfer WHERE partner_id = {ana} AND kind IN ('release', 'refund')";

pub fn step(payout: &str, seq: &str, from: &str, to: &str, more: &[Column<'_>]) -> String {
    let (from, to) = (format!("'{from}'"), format!("'{to}'"));
    let usual = [
        ("partner_id", "{ana}"),
        ("payout_id", payout),
        ("seq", seq),
        ("from_state", from.as_str()),
        ("to_state", to.as_str()),
        ("by_kind", "'command'"),
        ("at", "'2011-05-02Z'::timestamptz"),
        ("booked_at", "'2011-05-02Z'::timestamptz"),
    ];
    insert("payout_event", &usual, more)
}

fn scheduled() -> String {
    step(LAST, "1", "", "scheduled", &[])
}

/// The answer's first line, for a step that needs one.
pub const LINE: [Column<'static>; 2] =
    [("settlement_file_id", "(SELECT max(settlement_file_id) FROM settlement_file)"), ("settlement_line", "1")];

fn paid(changed: &[Column<'_>]) -> String {
    let usual = but(&LINE, &[("by_kind", "'bank'"), ("amount", "5"), ("currency", "'GBP'")]);
    step(LAST, "4", "submitted", "paid", &but(&usual, changed))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_payout_is_the_sum_of_what_only_it_has_taken(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let good = payout(&[], TAKES, &scheduled());
    seed.accepted(&good).await;
    let again = TAKES.replace("IN ('release', 'refund')", "= 'adjustment'");
    let half = TAKES.replace("THEN amount ELSE", "THEN amount / 2 ELSE");
    let is = "payout_allocation_is_a_payable_transfer";
    seed.all_refused(vec![
        ("more than was allocated", payout(&[("amount", "12.01")], TAKES, &scheduled()), CHECK, "payout_adds_up"),
        ("nothing allocated", payout(&[], "SELECT 1", &scheduled()), CHECK, "payout_adds_up"),
        ("never scheduled", payout(&[], TAKES, "SELECT 1"), CHECK, "payout_adds_up"),
        ("half a transfer", payout(&[("amount", "4")], &half, &scheduled()), CHECK, is),
        (
            "a transfer of another account",
            payout(
                &[("amount", "8")],
                &TAKES.replace("IN ('release', 'refund')", "= 'accrual' AND amount = 8"),
                &scheduled(),
            ),
            CHECK,
            is,
        ),
        (
            "a transfer of nobody's",
            payout(&[], &TAKES.replace("payout), transfer_id, conv", "payout), -transfer_id, conv"), &scheduled()),
            CHECK,
            is,
        ),
        (
            "for another conversion",
            payout(&[], &TAKES.replace("conversion_id, kind,\n", "{a-1}, kind,\n"), &scheduled()),
            CHECK,
            is,
        ),
        (
            "what a live payout has taken",
            payout(&[("amount", "5")], &again, &scheduled()),
            UNIQUE,
            "payout_allocation_live_once",
        ),
        ("a payout of nothing", payout(&[("amount", "0")], TAKES, &scheduled()), CHECK, "payout_amount_positive"),
        ("a payout of no number", payout(&[("amount", "'NaN'")], TAKES, &scheduled()), CHECK, "payout_amount_positive"),
        ("a tenth of a penny", payout(&[("amount", "11.999")], TAKES, &scheduled()), CHECK, "payout_amount_positive"),
        (
            "by a method of somebody else's",
            payout(&[("payout_method_id", "{method_of_bob}")], TAKES, &scheduled()),
            FOREIGN,
            "payout_method",
        ),
        (
            "in a run of another programme",
            payout(&[("programme_id", "{travel}")], TAKES, &scheduled()),
            FOREIGN,
            "payout_partner",
        ),
        (
            "twice in one run",
            format!(
                "{good}; {}",
                insert(
                    "payout",
                    &[],
                    &[
                        ("programme_id", "{giftware}"),
                        ("partner_id", "{ana}"),
                        ("payout_run_id", "(SELECT max(payout_run_id) FROM payout_run)"),
                        ("currency", "'GBP'"),
                        ("amount", "1"),
                        ("payout_method_id", "{method_of_ana}"),
                        ("pay_day", "'2011-05-15'::date"),
                        ("created_at", "'2011-05-01Z'::timestamptz")
                    ]
                )
            ),
            UNIQUE,
            "payout_one_per_run",
        ),
        (
            "a warning of no kind",
            payout(&[("warnings", "ARRAY['x']")], TAKES, &scheduled()),
            CHECK,
            "payout_warnings_known",
        ),
        ("an amount changed", "UPDATE payout SET amount = 6".into(), INTEGRITY, "payout_append_only"),
        (
            "an allocation changed",
            "UPDATE payout_allocation SET amount = 6".into(),
            INTEGRITY,
            "payout_allocation_append_only",
        ),
        ("what it adds up to, changed", "UPDATE payout SET allocated = 6".into(), CHECK, "payout_adds_up"),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_payout_takes_one_allowed_step_after_another(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&paid(&[])).await;
    let returned = step(LAST, "5", "paid", "returned", &but(&LINE, &[("by_kind", "'bank'"), ("settlement_line", "2")]));
    seed.accepted(&format!("{}; {returned}", paid(&[]))).await;
    let withdrawn = "INSERT INTO payout_file_withdrawn (payout_file_id, reason, withdrawn_by, withdrawn_at)
                     SELECT payout_file_id, 'The upload failed', {person_olga}, '2011-05-02Z' FROM payout_file";
    let step_back = step(LAST, "4", "submitted", "approved", &[("reason", "'The upload failed'")]);
    let never_sent = format!("{withdrawn}; {step_back}");
    seed.accepted(&never_sent).await;
    let answered = "UPDATE settlement_line SET disposition = 'noted', partner_id = {ana}, payout_id = (SELECT max(payout_id) FROM payout) WHERE line = 1";
    let by = |who: &'static str| [("by_kind", "'staff'"), ("by_id", who), ("reason", "'The upload failed'")];
    let cites = "payout_event_cites_an_answer";
    seed.all_refused(vec![
        ("from sent to scheduled", step(LAST, "4", "submitted", "scheduled", &[]), FOREIGN, "payout_event_transition"),
        ("approved twice", step(LAST, "4", "approved", "submitted", &[]), FOREIGN, "payout_event_follows"),
        (
            "the same step by a second worker",
            step(LAST, "3", "approved", "submitted", &[]),
            UNIQUE,
            "payout_event_pkey",
        ),
        ("a step left out", step(LAST, "5", "submitted", "unknown", &LINE), FOREIGN, "payout_event_follows"),
        ("begun in the middle", step(LAST, "1", "approved", "submitted", &[]), CHECK, "payout_event_begins_scheduled"),
        ("paid less", paid(&[("amount", "4.99")]), FOREIGN, "payout_event_amount_is_the_payouts"),
        ("paid in another currency", paid(&[("currency", "'EUR'")]), FOREIGN, "payout_event_amount_is_the_payouts"),
        ("paid without an amount", paid(&[("amount", "NULL")]), CHECK, "payout_event_paid_in_full"),
        (
            "paid because somebody says so",
            paid(&[("settlement_line", "NULL"), ("settlement_file_id", "NULL")]),
            CHECK,
            cites,
        ),
        ("paid by a line that is none", paid(&[("settlement_line", "99")]), FOREIGN, "payout_event_line"),
        ("failed because somebody says so", step(LAST, "4", "submitted", "failed", &[]), CHECK, cites),
        (
            "paid and paid again",
            format!(
                "{}; {}",
                paid(&[]),
                step(
                    LAST,
                    "5",
                    "paid",
                    "paid",
                    &but(&LINE, &[("amount", "5"), ("currency", "'GBP'"), ("settlement_line", "2")])
                )
            ),
            FOREIGN,
            "payout_event_transition",
        ),
        (
            "returned twice",
            format!(
                "{}; {returned}; {}",
                paid(&[]),
                step(LAST, "6", "returned", "returned", &but(&LINE, &[("settlement_line", "3")]))
            ),
            FOREIGN,
            "payout_event_transition",
        ),
        (
            "never sent, without a reason",
            step(LAST, "4", "submitted", "approved", &[]),
            CHECK,
            "payout_event_has_reason",
        ),
        (
            "never sent, though the bank answered",
            format!("{withdrawn}; {answered}; {step_back}"),
            CHECK,
            "payout_event_never_sent_without_answer",
        ),
        ("never sent, though its file is not withdrawn", step_back.clone(), CHECK, "payout_event_of_a_withdrawn_file"),
        (
            "withdrawn, though the bank answered",
            format!("{answered}; {withdrawn}"),
            CHECK,
            "payout_file_withdrawn_without_answer",
        ),
        (
            "withdrawn by an agent",
            withdrawn.replace("{person_olga}", "{person_adam}"),
            CHECK,
            "payout_file_withdrawn_by_an_owner",
        ),
        (
            "withdrawn without a reason",
            withdrawn.replace("'The upload failed'", "' '"),
            CHECK,
            "payout_file_withdrawn_has_reason",
        ),
        (
            "never sent, says an agent",
            step(LAST, "4", "submitted", "approved", &by("{person_adam}")),
            CHECK,
            "payout_event_never_sent_by_an_owner",
        ),
        (
            "by nobody of the house",
            step(LAST, "4", "submitted", "approved", &[("by_kind", "'staff'"), ("reason", "'x'")]),
            CHECK,
            "payout_event_by_known",
        ),
        (
            "cancelled without a reason",
            format!("{}; {}", payout(&[], TAKES, &scheduled()), step(LAST, "2", "scheduled", "cancelled", &[])),
            CHECK,
            "payout_event_has_reason",
        ),
        (
            "approved before the release",
            format!("{}; {}", payout(&[], TAKES, &scheduled()), step(LAST, "2", "scheduled", "approved", &[])),
            CHECK,
            "payout_event_of_a_released_run",
        ),
        ("a step edited", "UPDATE payout_event SET at = at".into(), INTEGRITY, "payout_event_append_only"),
        (
            "a new transition",
            "UPDATE payout_transition SET to_state = 'paid' WHERE from_state = 'approved'".into(),
            INTEGRITY,
            "payout_transition_append_only",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_money_of_a_payout_moves_by_its_steps_alone(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let moves = |changed: &[Column<'_>]| {
        let usual = [
            ("programme_id", "{giftware}"),
            ("partner_id", "{ana}"),
            ("kind", "'settlement'"),
            ("debit_kind", "'in_payout'"),
            ("credit_kind", "'paid'"),
            ("amount", "5"),
            ("currency", "'GBP'"),
            ("payout_id", LAST),
            ("effective_at", "'2011-05-05Z'::timestamptz"),
            ("booked_at", "'2011-05-05Z'::timestamptz"),
        ];
        insert("transfer", &usual, changed)
    };
    let as_role = |role: &str, sql: String| format!("SET LOCAL ROLE {role}; {sql}");
    seed.all_refused(vec![
        ("a payout of another amount", moves(&[("amount", "4")]), FOREIGN, "transfer_of_its_payout"),
        ("a settlement of no payout", moves(&[("payout_id", "NULL")]), CHECK, "transfer_names_its_payout"),
        (
            "into a payout a second time",
            moves(&[("kind", "'payout'"), ("debit_kind", "'payable'"), ("credit_kind", "'in_payout'")]),
            UNIQUE,
            "transfer_payout_step_once",
        ),
        ("settled past its steps", format!("{}; {}", paid(&[]), moves(&[])), UNIQUE, "transfer_payout_step_once"),
        (
            "a fee that names a payout",
            moves(&[("kind", "'fee'"), ("debit_kind", "'fees'"), ("credit_kind", "'cash'")]),
            CHECK,
            "transfer_names_its_payout",
        ),
    ])
    .await;
    for (role, sql) in [
        ("pd_system", moves(&[])),
        ("pd_staff", moves(&[])),
        ("pd_staff", paid(&[])),
        ("pd_staff", "UPDATE payout SET state = 'paid'".to_owned()),
        ("pd_system", "UPDATE payout SET state = 'paid'".to_owned()),
        ("pd_partner", "UPDATE payout SET state = 'paid'".to_owned()),
        ("pd_staff", "UPDATE payout_allocation SET live = false".to_owned()),
    ] {
        let error = seed.attempt(&as_role(role, sql.clone())).await.expect_err(&format!("{role}: {sql}"));
        assert_eq!(crate::seed::refusal(&error).0, "42501", "{role}: {sql}: {error}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_run_goes_on_and_is_released_by_another_owner(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let built = format!(
        "{}; UPDATE payout_run SET built_at = '2011-05-02Z' WHERE built_at IS NULL",
        run(&[("builder_id", "{person_olga}")])
    );
    let release = |changed: &[Column<'_>]| {
        let usual = [
            ("payout_run_id", "(SELECT max(payout_run_id) FROM payout_run)"),
            ("by", "'owner'"),
            ("releaser_id", "{person_otis}"),
            ("builder_id", "{person_olga}"),
            ("released_at", "'2011-05-03Z'::timestamptz"),
        ];
        insert("payout_release", &usual, changed)
    };
    seed.accepted(&format!("{built}; {}", release(&[]))).await;
    let by = |who: &'static str| [("by", "'owner'"), ("releaser_id", who)];
    let again = |set: &str| {
        format!(
            "{built}; UPDATE payout_run SET {set} WHERE payout_run_id = (SELECT max(payout_run_id) FROM payout_run)"
        )
    };
    let forward = "payout_run_only_forward";
    let second_owner = "UPDATE staff SET role = 'owner' WHERE person_id = {person_adam}";
    seed.all_refused(vec![
        ("a second run of a cut-off", run(&[("cutoff", "'2011-03-31'")]), UNIQUE, "payout_run_once_per_cutoff"),
        ("paid before the cut-off", run(&[("pay_day", "'2011-04-30'")]), CHECK, "payout_run_pays_after_cutoff"),
        (
            "off-cycle without a reason",
            run(&[("kind", "'off_cycle'"), ("partner_id", "{ana}")]),
            CHECK,
            "payout_run_off_cycle_has_reason",
        ),
        (
            "off-cycle for a stranger",
            run(&[("kind", "'off_cycle'"), ("partner_id", "{zoe}"), ("reason", "'x'")]),
            FOREIGN,
            "payout_run_partner",
        ),
        ("cancelled without a reason", again("cancelled_at = '2011-05-03Z'"), CHECK, "payout_run_cancelled_has_reason"),
        ("another cut-off", again("cutoff = '2011-05-01'"), CHECK, forward),
        ("built again", again("built_at = '2011-05-04Z'"), CHECK, forward),
        ("gone back", "UPDATE payout_run SET built_through = 1".into(), CHECK, forward),
        (
            "cancelled, then not",
            format!(
                "{}; UPDATE payout_run SET cancelled_at = NULL, cancel_reason = NULL",
                again("cancelled_at = '2011-05-03Z', cancel_reason = 'x'")
            ),
            CHECK,
            forward,
        ),
        (
            "released before it is built",
            format!("{}; {}", run(&[("builder_id", "{person_olga}")]), release(&[])),
            CHECK,
            "payout_release_of_a_built_run",
        ),
        ("released twice", format!("{built}; {}; {}", release(&[]), release(&[])), UNIQUE, "payout_release_pkey"),
        (
            "released by an agent",
            format!("{built}; {}", release(&by("{person_adam}"))),
            CHECK,
            "payout_release_by_an_owner",
        ),
        (
            "another builder named",
            format!("{built}; {}", release(&[("builder_id", "{person_adam}")])),
            CHECK,
            "payout_release_names_the_builder",
        ),
        (
            "released by its builder",
            format!("{built}; {second_owner}; {}", release(&by("{person_olga}"))),
            CHECK,
            "payout_release_not_by_builder",
        ),
        (
            "alone, though somebody else can",
            format!("{built}; {second_owner}; {}", release(&but(&by("{person_olga}"), &[("sole_control", "true")]))),
            CHECK,
            "payout_release_sole_control_only_when_alone",
        ),
        (
            "a command with a name",
            format!(
                "{}; UPDATE payout_run SET built_at = '2011-05-02Z' WHERE built_at IS NULL; {}",
                run(&[]),
                release(&[("by", "'command'"), ("builder_id", "NULL::bigint")])
            ),
            CHECK,
            "payout_release_by_known",
        ),
        (
            "by a command, though it was built by a person and another could",
            format!("{built}; {}", release(&[("by", "'command'"), ("releaser_id", "NULL::bigint")])),
            CHECK,
            "payout_release_by_name",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn files_and_answers_stay_as_they_were(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let file = "SELECT max(settlement_file_id) FROM settlement_file";
    let by_hand = |changed: &[Column<'_>]| {
        let usual = [
            ("settlement_file_id", "(SELECT max(settlement_file_id) FROM settlement_file)"),
            ("line", "1"),
            ("verdict", "'dismissed'"),
            ("reason", "'A fee'"),
            ("settled_by", "{person_olga}"),
            ("settled_at", "'2011-05-03Z'::timestamptz"),
        ];
        insert("settlement_by_hand", &usual, changed)
    };
    seed.accepted(&by_hand(&[])).await;
    let applied = "UPDATE settlement_line SET disposition = 'applied' WHERE line = 1";
    seed.all_refused(vec![
        ("a file read twice", format!("INSERT INTO settlement_file (kind, file_name, sha256, lines, read_at) SELECT kind, file_name, sha256, lines, read_at FROM settlement_file WHERE settlement_file_id = ({file})"), UNIQUE, "settlement_file_once"),
        ("what a line says, changed", "UPDATE settlement_line SET amount = 6".into(), INTEGRITY, "settlement_line_append_only"),
        ("what became of it, changed", format!("{applied}; UPDATE settlement_line SET disposition = 'noted' WHERE line = 1"), CHECK, "settlement_line_disposition_stays"),
        ("of no known disposition", "UPDATE settlement_line SET disposition = 'lost'".into(), CHECK, "settlement_line_disposition_known"),
        ("by hand what was applied", format!("{applied}; {}", by_hand(&[])), CHECK, "settlement_by_hand_of_a_waiting_line"),
        ("by hand twice", format!("{}; {}", by_hand(&[]), by_hand(&[])), UNIQUE, "settlement_by_hand_pkey"),
        ("by hand by an agent", by_hand(&[("settled_by", "{person_adam}")]), CHECK, "settlement_by_hand_by_finance"),
        ("by hand without a reason", by_hand(&[("reason", "' '")]), CHECK, "settlement_by_hand_has_reason"),
        ("matched to nothing", by_hand(&[("verdict", "'matched'")]), CHECK, "settlement_by_hand_names_its_payout"),
        ("a file that pays nobody", "INSERT INTO payout_file (programme_id, payout_run_id, format, currency, part, message_id, file_name, payments, total, bytes, sha256, made_at) SELECT programme_id, payout_run_id, format, currency, 2, 'PD-2', file_name, 0, total, bytes, sha256, made_at FROM payout_file".into(), CHECK, "payout_file_pays_someone"),
        ("a file of the same name for the bank", "INSERT INTO payout_file (programme_id, payout_run_id, format, currency, part, message_id, file_name, payments, total, bytes, sha256, made_at) SELECT programme_id, payout_run_id, format, currency, 2, message_id, file_name, payments, total, bytes, sha256, made_at FROM payout_file".into(), UNIQUE, "payout_file_message_once"),
        ("a file's bytes changed", "UPDATE payout_file_piece SET sealed = 'x'".into(), INTEGRITY, "payout_file_piece_append_only"),
        ("a delay without a word", "INSERT INTO payout_delay (payout_run_id, new_pay_day, message, told_by, told_by_name, told_at, form_key) SELECT payout_run_id, new_pay_day, ' ', told_by, told_by_name, told_at, gen_random_uuid() FROM payout_delay".into(), CHECK, "payout_delay_message_not_blank"),
        ("a block of no known reason", "INSERT INTO payout_block (partner_id, payout_run_id, currency, position, payable, reason) SELECT partner_id, payout_run_id, currency, 2, payable, 'luck' FROM payout_block".into(), CHECK, "payout_block_reason_known"),
        ("an account of a bank that is none", "INSERT INTO payer_account (programme_id, currency, name, account, bic, added_at) SELECT programme_id, currency, name, account, 'x', added_at FROM payer_account".into(), CHECK, "payer_account_bic_shape"),
        ("an account of nobody's", "INSERT INTO payer_account (programme_id, currency, name, account, added_at) SELECT programme_id, currency, ' ', account, added_at FROM payer_account".into(), CHECK, "payer_account_name_not_blank"),
    ])
    .await;
}
