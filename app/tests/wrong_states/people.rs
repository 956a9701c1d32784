//! Staff, members, reviews, and the record.

use crate::seed::{Seed, Wrong};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

#[sqlx::test(migrations = "../migrations")]
async fn staff_are_people_with_names(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let signs = |name: &str| format!("UPDATE person SET name = '{name}' WHERE person_id = {{person_adam}}");
    for name in ["Zoë", "María José O''Neill", "Jean-Luc Picard", "J. R. Ewing", "Łukasz Żak", "Администрова Анна"]
    {
        seed.accepted(&signs(name)).await;
    }
    let human = "staff_name_is_human";
    let wrongs: Vec<Wrong> = vec![
        ("a role", signs("Support"), CHECK, human),
        ("a role with a number", signs("Support unit 1"), CHECK, human),
        ("a role in Spanish", signs("Soporte Técnico"), CHECK, human),
        ("a role after a name", signs("Anna, Helpdesk"), CHECK, human),
        ("a role in capitals", signs("ADMIN"), CHECK, human),
        ("an agent by number", signs("Agent Seven"), CHECK, human),
        ("a name with a digit", signs("Anna2"), CHECK, human),
        ("a number", signs("12"), CHECK, human),
        ("a sign", signs("Anna <b>"), CHECK, human),
        ("nothing", signs(" "), CHECK, "person_name_not_blank"),
        (
            "another name than the person's",
            "UPDATE staff SET name = 'Somebody Else' WHERE person_id = {person_adam}".into(),
            FOREIGN,
            "staff_is_person",
        ),
        ("a role that is none", "UPDATE staff SET role = 'god' WHERE person_id = {person_adam}".into(), CHECK, "staff_role_known"),
        (
            "two people with one address",
            "INSERT INTO person (email, name, created_at) VALUES ('ana@example.org', 'Ana Two', '2011-03-01Z')".into(),
            UNIQUE,
            "person_email_once",
        ),
        (
            "an address in capitals",
            "INSERT INTO person (email, name, created_at) VALUES ('Ana@example.org', 'Ana Two', '2011-03-01Z')".into(),
            CHECK,
            "person_email_is_lower",
        ),
        ("a password in plain text", "UPDATE person SET password_hash = 'secret'".into(), CHECK, "person_password_is_argon2id"),
        (
            "a session for somebody else's account",
            "INSERT INTO session (token_hash, person_id, partner_id, created_at, expires_at)
             VALUES (sha256('x'), {person_ana}, {bob}, '2011-03-01Z', '2011-03-02Z')"
                .into(),
            FOREIGN,
            "session_of_member",
        ),
        (
            "a session with its token",
            "INSERT INTO session (token_hash, person_id, created_at, expires_at) VALUES ('x', {person_adam}, '2011-03-01Z', '2011-03-02Z')".into(),
            CHECK,
            "session_token_is_sha256",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn reviews_offers_and_programmes_make_sense(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let wrongs: Vec<Wrong> = vec![
        (
            "two reviews at once",
            "INSERT INTO partner_review (partner_id, reason, reviewer_id, started_at, ends_at)
             VALUES ({ana}, 'Again', {person_olga}, '2011-03-05Z', '2011-03-06Z')"
                .into(),
            UNIQUE,
            "partner_review_one_live",
        ),
        (
            "a review without an end",
            "UPDATE partner_review SET ends_at = started_at WHERE partner_id = {ana}".into(),
            CHECK,
            "partner_review_ends_later",
        ),
        (
            "an offer that pays more than the order",
            "UPDATE offer SET revenue_value = 100.01".into(),
            CHECK,
            "offer_revenue_not_negative",
        ),
        (
            "a floor above everything",
            "UPDATE programme SET margin_floor = 101".into(),
            CHECK,
            "programme_margin_floor_is_percent",
        ),
        (
            "a programme in no currency",
            "UPDATE programme SET currency = 'XXX'".into(),
            FOREIGN,
            "programme_currency_fkey",
        ),
        (
            "a currency with other digits than the rounding",
            "INSERT INTO currency (code, minor_units) VALUES ('XXX', 3)".into(),
            CHECK,
            "currency_minor_units_agree",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_record_only_grows_and_each_seal_holds_the_one_before(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let seal = |seq: &str, audit: &str, previous: &str| {
        format!(
            "INSERT INTO audit_seal (seq, audit_id, prev_hash, hash) SELECT {seq}, {audit}, {previous}, sha256('mine')"
        )
    };
    let last = "(SELECT hash FROM audit_seal WHERE seq = 2)";
    seed.accepted(&seal("3", "3", last)).await;
    let wrongs: Vec<Wrong> = vec![
        ("a line changed", "UPDATE audit SET subject = 'nothing'".into(), INTEGRITY, "audit_append_only"),
        ("a line taken out", "DELETE FROM audit WHERE audit_id = 3".into(), INTEGRITY, "audit_append_only"),
        ("all lines taken out", "TRUNCATE audit CASCADE".into(), INTEGRITY, "audit_append_only"),
        ("a seal changed", "UPDATE audit_seal SET hash = prev_hash".into(), INTEGRITY, "audit_seal_append_only"),
        ("a seal broken", "DELETE FROM audit_seal WHERE seq = 2".into(), INTEGRITY, "audit_seal_append_only"),
        ("all seals broken", "TRUNCATE audit_seal".into(), INTEGRITY, "audit_seal_append_only"),
        ("a seal on another predecessor", seal("3", "3", "sha256('other')"), FOREIGN, "audit_seal_predecessor"),
        ("a seal on the one before the last", seal("3", "3", "(SELECT hash FROM audit_seal WHERE seq = 1)"), FOREIGN, "audit_seal_predecessor"),
        ("a seal after a gap", seal("4", "3", last), FOREIGN, "audit_seal_predecessor"),
        ("a second beginning", seal("1", "3", "decode(repeat('00', 32), 'hex')"), UNIQUE, "audit_seal_pkey"),
        ("a chain within the chain", seal("0", "3", "decode(repeat('00', 32), 'hex')"), CHECK, "audit_seal_starts_at_one"),
        ("one line sealed twice", seal("3", "1", last), UNIQUE, "audit_seal_audit_once"),
        ("a line that is not there", seal("3", "99", last), FOREIGN, "audit_seal_of_audit"),
        (
            "a beginning with a past",
            format!(
                "ALTER TABLE audit_seal DISABLE TRIGGER audit_seal_append_only; TRUNCATE audit_seal; {}",
                seal("1", "1", "sha256('before')")
            ),
            CHECK,
            "audit_seal_first_has_zero",
        ),
        (
            "a change by staff without a person",
            "INSERT INTO audit (at, actor_kind, action, subject, request_id) VALUES ('2011-03-01Z', 'staff', 'case.decided', 'case/1', 'x')".into(),
            CHECK,
            "audit_actor_known",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_written_stays(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%\\_append\\_only' ORDER BY 1",
    )
    .fetch_all(&seed.pool)
    .await
    .expect("tables");
    let expected = [
        "article_feedback",
        "attachment",
        "audit",
        "audit_seal",
        "authority",
        "bulletin",
        "bulletin_item",
        "bulletin_policy",
        "case_appeal",
        "case_appeal_decision",
        "case_decision",
        "case_event",
        "case_given_away",
        "case_limit",
        "case_merge",
        "case_notice",
        "case_pin",
        "case_rating",
        "case_turn",
        "case_undo_step",
        "clock_breach",
        "clock_breach_seen",
        "clock_policy",
        "commission",
        "commission_place",
        "complaint_outcome",
        "contest",
        "conversion",
        "conversion_event",
        "correction",
        "correction_booking",
        "correction_decision",
        "correction_end",
        "correction_item",
        "counter_answer",
        "counter_offer",
        "decision",
        "decision_outcome",
        "decrease_policy",
        "desk_hours",
        "digest_wish",
        "enquiry",
        "enquiry_answer",
        "enquiry_claim",
        "enquiry_claim_reminder",
        "enquiry_file",
        "enquiry_reminder",
        "enquiry_update",
        "escalation",
        "holiday",
        "house_transfer",
        "incident_case",
        "incident_telling",
        "incident_text",
        "incident_update",
        "invoice",
        "macro_text",
        "macro_use",
        "macro_version",
        "mail_disposition",
        "mail_in",
        "mail_in_uid",
        "mail_out",
        "mail_text",
        "mail_try",
        "margin_floor",
        "message",
        "month_close",
        "note",
        "partner_invoice",
        "partner_invoice_verdict",
        "payer_account",
        "payout",
        "payout_allocation",
        "payout_block",
        "payout_delay",
        "payout_event",
        "payout_file",
        "payout_file_piece",
        "payout_file_withdrawn",
        "payout_in_file",
        "payout_method_reveal",
        "payout_release",
        "payout_transition",
        "practice_case",
        "practice_mark",
        "practice_policy",
        "practice_try",
        "promise",
        "promo_budget",
        "promo_decision",
        "promo_grant",
        "promo_package",
        "promo_step",
        "proposal",
        "proposal_evidence",
        "provisional_credit",
        "provisional_policy",
        "public_complaint",
        "rota_exception",
        "rota_withdrawal",
        "run_work",
        "secret_key",
        "settlement_by_hand",
        "settlement_file",
        "settlement_line",
        "shift",
        "shift_break",
        "shift_end",
        "silence_policy",
        "stopped_change",
        "tax_policy",
        "tax_profile",
        "terms_answer",
        "terms_ending",
        "terms_notice",
        "terms_request",
        "terms_request_answer",
        "terms_version",
        "transfer",
        "turn_policy",
        "variant_mismatch",
        "wise_header",
    ];
    assert_eq!(tables, expected);
    for table in tables {
        let name = format!("{table}_append_only");
        // One that the trigger guards; of the others, one that may be written at all.
        let column: String = sqlx::query_scalar(
            "SELECT quote_ident(a.attname) FROM pg_trigger t JOIN pg_attribute a ON a.attrelid = t.tgrelid
             WHERE t.tgname = $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
               AND (t.tgattr = '' OR a.attnum = ANY(t.tgattr::smallint[])) ORDER BY a.attnum LIMIT 1",
        )
        .bind(&name)
        .fetch_one(&seed.pool)
        .await
        .expect("column");
        for (what, sql) in [
            ("updated", format!("UPDATE {table} SET {column} = {column}")),
            ("deleted", format!("DELETE FROM {table}")),
            ("emptied", format!("TRUNCATE {table} CASCADE")),
        ] {
            let error = seed.attempt(&sql).await.expect_err(&format!("{table} {what}"));
            let (code, constraint) = crate::seed::refusal(&error);
            assert_eq!(code, INTEGRITY, "{table} {what}: {error}");
            assert!(constraint == name || what == "emptied", "{table} {what}: {constraint}");
        }
    }
}
