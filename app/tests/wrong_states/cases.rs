//! Disputes: what they pin, how they close, what a decision may give.

use crate::seed::{Column, Seed, Wrong, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";

fn dispute(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("kind", "'wrong_amount'"),
        ("subject", "'Order A-2'"),
        ("opened_by", "{person_ana}"),
        ("opened_at", "'2011-03-05Z'"),
        ("next_update_at", "'2011-03-06Z'"),
    ];
    insert("support_case", &usual, changed)
}

fn pin(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", "(SELECT max(case_id) FROM support_case)"),
        ("pin", "1"),
        ("conversion_id", "{a-2}"),
        ("snapshot", "'{\"amount\": 16}'::jsonb"),
        ("snapshot_hash", "sha256(convert_to('{\"amount\": 16}', 'UTF8'))"),
        ("pinned_at", "'2011-03-05Z'"),
    ];
    insert("case_pin", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dispute_pins_what_it_is_about(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let with = |changed: &[Column<'_>]| format!("{}; {}", dispute(&[]), pin(changed));
    let terms = |version: &'static str| [("conversion_id", "NULL"), ("terms_version_id", version)];
    seed.accepted(&with(&[])).await;
    seed.accepted(&with(&terms("{giftware_rate}"))).await;
    seed.accepted(&dispute(&[("kind", "'other'")])).await;
    let of = "case_pin_terms_of_the_partner";
    let wrongs: Vec<Wrong> = vec![
        ("a dispute without a pin", dispute(&[]), CHECK, "support_case_dispute_is_pinned"),
        (
            "a question that becomes a dispute without a pin",
            "UPDATE support_case SET kind = 'my_terms' WHERE case_id = {question}".into(),
            CHECK,
            "support_case_dispute_is_pinned",
        ),
        ("a pin on two things", with(&[("terms_version_id", "{giftware_rate}")]), CHECK, "case_pin_one_thing"),
        ("a pin on nothing", with(&[("conversion_id", "NULL")]), CHECK, "case_pin_one_thing"),
        (
            "a payout pinned where another thing is wrong",
            with(&[("conversion_id", "NULL"), ("payout_id", "(SELECT max(payout_id) FROM payout)")]),
            CHECK,
            "case_pin_payout_fits_kind",
        ),
        (
            "a pin on a payout of nobody's",
            with(&[("conversion_id", "NULL"), ("payout_id", "0")]),
            FOREIGN,
            "case_pin_payout",
        ),
        ("a pin on somebody else's sale", with(&[("conversion_id", "{b-1}")]), FOREIGN, "case_pin_conversion"),
        ("a pin on somebody else's terms", with(&terms("{giftware_rate_bob}")), CHECK, of),
        ("a pin on another programme's terms", with(&terms("{travel_rate}")), CHECK, of),
        (
            "a snapshot that was touched",
            with(&[("snapshot", "'{\"amount\": 17}'::jsonb")]),
            CHECK,
            "case_pin_hash_is_of_snapshot",
        ),
        ("a case of another programme's partner", dispute(&[("partner_id", "{zoe}")]), FOREIGN, "support_case_partner"),
        (
            "a case without a subject",
            dispute(&[("kind", "'other'"), ("subject", "' '")]),
            CHECK,
            "support_case_subject_not_blank",
        ),
        ("a case of no kind", dispute(&[("kind", "'chat'")]), CHECK, "support_case_kind_known"),
        (
            "a claim for somebody else's sale",
            "UPDATE claim SET conversion_id = {b-1}".into(),
            FOREIGN,
            "claim_conversion",
        ),
        ("a claim for no offer", "UPDATE claim SET offer_id = 99".into(), FOREIGN, "claim_offer"),
        ("a claim for nothing", "UPDATE claim SET amount = 0".into(), CHECK, "claim_amount_positive"),
        ("a claim for no number", "UPDATE claim SET amount = 'NaN'".into(), CHECK, "claim_amount_positive"),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn no_case_closes_over_an_unanswered_message(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let close = "UPDATE support_case SET stage = 'closed', closed_at = '2011-03-06Z' WHERE case_id = {question}";
    let message = |side: &str, body: &str| {
        format!(
            "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
             VALUES ({{ana}}, {{question}}, '{side}', {{person_adam}}, 'Adam Ames', '{body}', '2011-03-06Z', '00000000-0000-0000-0000-000000000001')"
        )
    };
    let marked = "INSERT INTO needs_no_answer (partner_id, case_id, message_id, marked_by, marked_at)
                  SELECT partner_id, case_id, message_id, {person_adam}, '2011-03-06Z' FROM message WHERE case_id = {question}";
    seed.accepted(&format!("{}; {close}", message("staff", "Here it is."))).await;
    seed.accepted(&format!("{marked}; {close}")).await;
    let answered = "support_case_closed_only_when_answered";
    let wrongs: Vec<Wrong> = vec![
        ("the last message waits", close.into(), CHECK, answered),
        (
            "an answer, but then another message",
            format!(
                "{}; {}; {close}",
                message("staff", "Here it is."),
                message("partner", "And?").replace("0001'", "0002'")
            ),
            CHECK,
            answered,
        ),
        ("marked by nobody", marked.replace("{person_adam}", "NULL") + "; " + close, "23502", ""),
        (
            "marked by the partner",
            marked.replace("{person_adam}", "{person_ana}") + "; " + close,
            FOREIGN,
            "needs_no_answer_marked_by_fkey",
        ),
        (
            "closed without a time",
            close.replace(", closed_at = '2011-03-06Z'", "")
                + " AND false; UPDATE support_case SET closed_at = '2011-03-06Z'",
            CHECK,
            "support_case_closed_has_time",
        ),
        (
            "another message after it closed",
            format!("{marked}; {close}; {}", message("partner", "And?")),
            CHECK,
            "message_reopens_its_case",
        ),
        ("an empty message", message("staff", " "), CHECK, "message_body_not_blank"),
        ("a message of neither side", message("system", "Hello"), CHECK, "message_side_known"),
        (
            "one form, two messages",
            format!("{}; {}", message("staff", "A"), message("staff", "A")),
            UNIQUE,
            "message_form_once",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decision_gives_what_was_transferred_and_no_more_than_it_may(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let credit = |amount: &str| {
        format!(
            "INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, effective_at, booked_at)
             VALUES ({{giftware}}, {{ana}}, 'adjustment', 'adjustment_cost', 'payable', {amount}, 'GBP', '2011-03-06Z', '2011-03-06Z')"
        )
    };
    let decide = |changed: &[Column<'_>]| {
        let usual = [
            ("programme_id", "{giftware}"),
            ("partner_id", "{ana}"),
            ("case_id", "{question}"),
            ("outcome", "'in_favour'"),
            ("reason", "'goodwill'"),
            ("reason_partner", "'Yes'"),
            ("amount", "10"),
            ("currency", "'GBP'"),
            ("transfer_id", "(SELECT max(transfer_id) FROM transfer)"),
            ("decided_by", "{person_adam}"),
            ("decided_at", "'2011-03-06Z'"),
            ("authority_id", "{agent_authority_1}"),
            ("largest_credit", "25"),
        ];
        insert("case_decision", &usual, changed)
    };
    let with = |amount: &str, changed: &[Column<'_>]| format!("{}; {}", credit(amount), decide(changed));
    let nothing = [("amount", "NULL"), ("currency", "NULL"), ("transfer_id", "NULL")];
    let declined = crate::seed::but(&nothing, &[("outcome", "'declined'")]);
    seed.accepted(&with("10", &[])).await;
    seed.accepted(&decide(&declined)).await;
    let (cites, within) = ("case_decision_cites_its_transfer", "case_decision_within_authority");
    let (adjustment, in_force) = ("case_decision_cites_an_adjustment", "case_decision_by_authority_in_force");
    let limit_of_an_owner = [("authority_id", "{owner_authority_1}"), ("largest_credit", "1000"), ("amount", "26")];
    let in_travel = crate::seed::but(&declined, &[("programme_id", "{travel}")]);
    let in_euro = [("currency", "'EUR'")];
    let by_olga =
        [("decided_by", "{person_olga}"), ("authority_id", "{owner_authority_1}"), ("largest_credit", "1000")];
    let adam_left = "UPDATE staff SET disabled_at = '2011-03-01Z' WHERE person_id = {person_adam}";
    let wrongs: Vec<Wrong> = vec![
        (
            "an amount without a transfer",
            decide(&[("transfer_id", "NULL")]),
            CHECK,
            "case_decision_cites_an_adjustment",
        ),
        ("a transfer that is not there", decide(&[("transfer_id", "999")]), CHECK, adjustment),
        ("another amount than transferred", with("9", &[]), FOREIGN, cites),
        ("another currency than transferred", with("10", &in_euro), CHECK, "case_decision_other_currency_by_owner"),
        (
            "another currency than transferred, by an owner",
            with("10", &crate::seed::but(&in_euro, &by_olga)),
            FOREIGN,
            cites,
        ),
        ("over the limit", with("25.01", &[("amount", "25.01")]), CHECK, within),
        ("without a limit", with("10", &[("authority_id", "NULL"), ("largest_credit", "NULL")]), CHECK, in_force),
        (
            "by a limit that is not the role's",
            with("26", &[("amount", "26"), ("largest_credit", "26")]),
            FOREIGN,
            "case_decision_authority",
        ),
        ("by the limit of an owner", with("26", &limit_of_an_owner), CHECK, in_force),
        ("of another programme", decide(&in_travel), CHECK, "case_decision_of_the_programme"),
        ("by an agent who left", format!("{adam_left}; {}", decide(&declined)), CHECK, "case_decision_by_the_desk"),
        (
            "declined, with a credit",
            with("10", &[("outcome", "'declined'")]),
            CHECK,
            "case_decision_declined_without_credit",
        ),
        (
            "one credit for two cases",
            decide(&[("amount", "5"), ("transfer_id", "{adjustment}")]),
            UNIQUE,
            "case_decision_transfer_once",
        ),
        ("two decisions on one case", with("10", &[("case_id", "{dispute}")]), UNIQUE, "case_decision_pkey"),
        (
            "no reason for the partner",
            decide(&crate::seed::but(&declined, &[("reason_partner", "' '")])),
            CHECK,
            "case_decision_reason_not_blank",
        ),
        (
            "a reason from no list",
            decide(&crate::seed::but(&declined, &[("reason", "'mood'")])),
            CHECK,
            "case_decision_reason_known",
        ),
        (
            "by no one of the staff",
            decide(&crate::seed::but(&declined, &[("decided_by", "{person_ana}")])),
            CHECK,
            "case_decision_by_the_desk",
        ),
    ];
    seed.all_refused(wrongs).await;
}
