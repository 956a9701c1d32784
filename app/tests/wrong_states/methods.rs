//! Payout methods, and who looks at an account.

use crate::seed::{Column, Seed, Wrong, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

const SEALED: &str = "decode(repeat('00', 60), 'hex')";

/// Bob's method is an account of his own; Ana's was set on 2 January.
fn method(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("kind", "'iban'"),
        ("holder_name", "'Ana Abbot'"),
        ("ciphertext", SEALED),
        ("key_id", "1"),
        ("fingerprint", "sha256('new')"),
        ("masked", "'ES•• •••• 1332'"),
        ("set_by", "'member'"),
        ("added_by", "{person_ana}"),
        ("added_at", "timestamptz '2011-03-05Z'"),
        ("usable_from", "timestamptz '2011-03-08Z'"),
    ];
    insert("payout_method", &usual, changed)
}

/// The same, in the place of what was live.
fn replaced(changed: &[Column<'_>]) -> String {
    let end = "UPDATE payout_method SET ended_at = '2011-03-05Z' WHERE partner_id = {ana} AND ended_at IS NULL";
    format!("{end}; {}", method(changed))
}

#[sqlx::test(migrations = "../migrations")]
async fn payout_methods_are_encrypted_and_a_change_waits(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&replaced(&[])).await;
    seed.accepted(&replaced(&[("set_by", "'command'"), ("added_by", "NULL")])).await;
    let at_once = ("usable_from", "timestamptz '2011-03-05Z'");
    seed.accepted(&format!("UPDATE programme SET method_safety_days = 0; {}", replaced(&[at_once]))).await;
    // The same account under a corrected name, and a first method.
    seed.accepted(&replaced(&[at_once, ("fingerprint", "sha256('ana')")])).await;
    let emptied = "ALTER TABLE payout_method_reveal DISABLE TRIGGER USER; DELETE FROM payout_method_reveal;
                   ALTER TABLE payout DROP CONSTRAINT payout_method;
                   DELETE FROM payout_method WHERE partner_id = {ana}";
    seed.accepted(&format!("{emptied}; {}", method(&[at_once]))).await;
    let of_ana = "WHERE partner_id = {ana}";
    let form = ("form_key", "uuid '00000000-0000-0000-0000-000000000001'");
    let wrongs: Vec<Wrong> = vec![
        ("two live methods", method(&[]), UNIQUE, "payout_method_one_live"),
        (
            "one account for two partners",
            replaced(&[("fingerprint", "sha256('bob')")]),
            UNIQUE,
            "payout_method_serves_one_partner",
        ),
        ("an envelope", replaced(&[("kind", "'cash'")]), CHECK, "payout_method_kind_known"),
        (
            "a form done twice",
            format!("{}; {}", replaced(&[form]), replaced(&[form])),
            UNIQUE,
            "payout_method_form_once",
        ),
        (
            "plain text",
            replaced(&[
                ("address", "'ana@example.com'"),
                ("ciphertext", "NULL"),
                ("key_id", "NULL::smallint"),
                ("fingerprint", "NULL::bytea"),
            ]),
            CHECK,
            "payout_method_is_sealed",
        ),
        (
            "plain text beside the ciphertext",
            replaced(&[("address", "'ana@example.com'")]),
            CHECK,
            "payout_method_address_or_ciphertext",
        ),
        ("no account", replaced(&[("ciphertext", "NULL")]), CHECK, "payout_method_address_or_ciphertext"),
        ("no key", replaced(&[("key_id", "NULL::smallint")]), CHECK, "payout_method_sealed_whole"),
        ("no fingerprint", replaced(&[("fingerprint", "NULL::bytea")]), CHECK, "payout_method_sealed_whole"),
        (
            "a ciphertext too short for nonce and tag",
            replaced(&[("ciphertext", "decode(repeat('00', 40), 'hex')")]),
            CHECK,
            "payout_method_ciphertext_has_nonce_and_tag",
        ),
        (
            "a fingerprint that is the account",
            replaced(&[("fingerprint", "'ES9121000418450200051332'::bytea")]),
            CHECK,
            "payout_method_fingerprint_is_sha256",
        ),
        ("a key that nobody knows", replaced(&[("key_id", "2::smallint")]), FOREIGN, "payout_method_key_known"),
        (
            "a mask that hides nothing",
            replaced(&[("masked", "'ES9121000418450200051332'")]),
            CHECK,
            "payout_method_mask_hides",
        ),
        ("nobody's account", replaced(&[("holder_name", "' '")]), CHECK, "payout_method_holder_is_named"),
        (
            "a name that no bank takes",
            replaced(&[("holder_name", "repeat('a', 141)")]),
            CHECK,
            "payout_method_holder_is_named",
        ),
        (
            "set by the wind",
            replaced(&[("set_by", "'wind'"), ("added_by", "NULL::bigint")]),
            CHECK,
            "payout_method_set_by_known",
        ),
        (
            "set by a member without a name",
            replaced(&[("added_by", "NULL::bigint")]),
            CHECK,
            "payout_method_member_is_named",
        ),
        ("set by a command with a name", replaced(&[("set_by", "'command'")]), CHECK, "payout_method_member_is_named"),
        (
            "usable before it was added",
            replaced(&[("usable_from", "timestamptz '2011-03-04Z'")]),
            CHECK,
            "payout_method_usable_after_added",
        ),
        ("a change that does not wait", replaced(&[at_once]), CHECK, "payout_method_change_waits"),
        (
            "a change that waits too little",
            replaced(&[("usable_from", "timestamptz '2011-03-07T23:59:59Z'")]),
            CHECK,
            "payout_method_change_waits",
        ),
        (
            "an end taken back",
            format!("{}; UPDATE payout_method SET ended_at = NULL {of_ana}", replaced(&[])),
            INTEGRITY,
            "payout_method_ends_once",
        ),
        (
            "another account in the same row",
            format!("UPDATE payout_method SET ciphertext = decode(repeat('11', 60), 'hex') {of_ana}"),
            INTEGRITY,
            "payout_method_not_rewritten",
        ),
        (
            "another mask",
            format!("UPDATE payout_method SET masked = '•' {of_ana}"),
            INTEGRITY,
            "payout_method_not_rewritten",
        ),
        (
            "a shorter wait",
            format!("UPDATE payout_method SET usable_from = added_at + interval '1 hour' {of_ana}"),
            INTEGRITY,
            "payout_method_not_rewritten",
        ),
        (
            "a safety period below nothing",
            "UPDATE programme SET method_safety_days = -1".into(),
            CHECK,
            "programme_method_safety_days_fit",
        ),
        (
            "a safety period without end",
            "UPDATE programme SET method_safety_days = 31".into(),
            CHECK,
            "programme_method_safety_days_fit",
        ),
        (
            "a key twice",
            "INSERT INTO secret_key SELECT 2, check_value, made_at FROM secret_key".into(),
            UNIQUE,
            "secret_key_once",
        ),
        (
            "a second first key",
            "INSERT INTO secret_key VALUES (1, sha256('other'), '2011-03-05Z')".into(),
            UNIQUE,
            "secret_key_pkey",
        ),
        (
            "a key in the database",
            "INSERT INTO secret_key VALUES (2, 'secret', '2011-03-05Z')".into(),
            CHECK,
            "secret_key_check_is_sha256",
        ),
        (
            "a key number nought",
            "INSERT INTO secret_key VALUES (0, sha256('other'), '2011-03-05Z')".into(),
            CHECK,
            "secret_key_counted_from_one",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn who_looks_at_an_account_says_why(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let reveal = |changed: &[Column<'_>]| {
        let usual = [
            ("partner_id", "{ana}"),
            ("payout_method_id", "{method_of_ana}"),
            ("person_id", "{person_adam}"),
            ("reason", "'The bank asked again'"),
            ("revealed_at", "timestamptz '2011-03-04T23:00Z'"),
            ("nth", "2"),
            ("form_key", "gen_random_uuid()"),
        ];
        insert("payout_method_reveal", &usual, changed)
    };
    seed.accepted(&reveal(&[])).await;
    // The next day begins at one again.
    seed.accepted(&reveal(&[("revealed_at", "timestamptz '2011-03-05T00:00Z'"), ("nth", "1")])).await;
    let form = "(SELECT form_key FROM payout_method_reveal)";
    let wrongs: Vec<Wrong> = vec![
        ("without a reason", reveal(&[("reason", "' '")]), CHECK, "payout_method_reveal_has_reason"),
        ("a novel", reveal(&[("reason", "repeat('a', 1001)")]), CHECK, "payout_method_reveal_has_reason"),
        ("the twenty-first", reveal(&[("nth", "21")]), CHECK, "payout_method_reveal_at_most_20_a_day"),
        ("one that is not counted", reveal(&[("nth", "0")]), CHECK, "payout_method_reveal_at_most_20_a_day"),
        ("two of one number", reveal(&[("nth", "1")]), UNIQUE, "payout_method_reveal_numbered"),
        ("a form done twice", reveal(&[("form_key", form)]), UNIQUE, "payout_method_reveal_form_once"),
        (
            "somebody else's method",
            reveal(&[("payout_method_id", "{method_of_bob}")]),
            FOREIGN,
            "payout_method_reveal_of_method",
        ),
        ("by a partner", reveal(&[("person_id", "{person_ana}")]), FOREIGN, "payout_method_reveal_person_id_fkey"),
    ];
    seed.all_refused(wrongs).await;
}
