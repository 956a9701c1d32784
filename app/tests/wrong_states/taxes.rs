//! Tax data, policies, what a payout comes to, and invoices.

use crate::seed::{Column, Seed, insert, refusal};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";
const DENIED: &str = "42501";

const LAST: &str = "(SELECT max(payout_id) FROM payout)";
const SEALED: &str = "decode(repeat('00', 60), 'hex')";

/// A policy that counts in May: 20 percent of VAT, 10 withheld at home, 50 pence by PayPal.
fn policy(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("valid_from", "'2011-05-01Z'::timestamptz"),
        ("legal_name", "'Giftware Ltd'"),
        ("street", "'High Street'"),
        ("town", "'London'"),
        ("country", "'GB'"),
        ("tax_number", "'GB123456782'"),
        ("invoices", "'none'"),
        ("needs_profile", "true"),
        ("vat_percent", "20"),
        ("withhold_domestic", "10"),
        ("fee_paypal", "0.50"),
        ("set_at", "'2011-05-01Z'::timestamptz"),
    ];
    insert("tax_policy", &usual, changed)
}

fn profile(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{bob}"),
        ("legal_name", "'Bob Bell'"),
        ("kind", "'person'"),
        ("street", "'High Street'"),
        ("town", "'London'"),
        ("country", "'GB'"),
        ("tax_number", SEALED),
        ("tax_number_masked", "'…56C'"),
        ("vat_registered", "false"),
        ("key_id", "1::smallint"),
        ("set_by", "'command'"),
        ("recorded_at", "'2011-05-01Z'::timestamptz"),
    ];
    insert("tax_profile", &usual, changed)
}

/// A run of May with a payout of 12.00 to Ana, taxed: 2.40 on top, 1.20 withheld and 0.50 for sending it.
fn payout(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("payout_run_id", "(SELECT max(payout_run_id) FROM payout_run)"),
        ("currency", "'GBP'"),
        ("amount", "12"),
        ("payout_method_id", "{method_of_ana}"),
        ("pay_day", "'2011-05-15'::date"),
        ("created_at", "'2011-05-01Z'::timestamptz"),
        ("tax_policy_id", "(SELECT max(tax_policy_id) FROM tax_policy)"),
        ("tax_profile_id", "(SELECT max(tax_profile_id) FROM tax_profile WHERE partner_id = {ana})"),
        ("vat_treatment", "'domestic'"),
        ("vat_percent", "20"),
        ("withheld_percent", "10"),
        ("vat", "2.40"),
        ("withheld", "1.20"),
        ("fee", "0.50"),
    ];
    let payout = insert("payout", &usual, changed);
    format!(
        "INSERT INTO payout_run (programme_id, cutoff, cutoff_at, pay_day, started_at)
         VALUES ({{giftware}}, '2011-04-30', '2011-05-01Z', '2011-05-15', '2011-05-01Z');
         {payout};
         INSERT INTO payout_allocation (partner_id, payout_id, transfer_id, conversion_id, kind, amount)
         SELECT partner_id, {LAST}, transfer_id, conversion_id, kind, CASE credit_kind WHEN 'payable' THEN amount ELSE -amount END
         FROM transfer WHERE partner_id = {{ana}} AND kind IN ('release', 'refund');
         INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at)
         VALUES ({{ana}}, {LAST}, 1, '', 'scheduled', 'command', '2011-05-02Z', '2011-05-02Z')"
    )
}

fn taxed(changed: &[Column<'_>]) -> String {
    format!("{}; {}", policy(&[]), payout(changed))
}

#[sqlx::test(migrations = "../migrations")]
async fn tax_data_and_policies_are_whole_and_stay(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&policy(&[])).await;
    seed.accepted(&profile(&[])).await;
    let p = |changed: &[Column<'_>]| profile(changed);
    seed.all_refused(vec![
        ("invoices of no kind", policy(&[("invoices", "'x'")]), CHECK, "tax_policy_invoices_known"),
        (
            "waits for what nobody sends",
            policy(&[("waits_for_invoice", "true")]),
            CHECK,
            "tax_policy_waits_for_own_invoices",
        ),
        ("more VAT than there is", policy(&[("vat_percent", "101")]), CHECK, "tax_policy_percents_fit"),
        ("no number at all", policy(&[("vat_percent", "'NaN'")]), CHECK, "tax_policy_percents_fit"),
        ("tax of strangers", policy(&[("needs_profile", "false")]), CHECK, "tax_policy_knows_its_partners"),
        ("a fee below zero", policy(&[("fee_wise", "-1")]), CHECK, "tax_policy_fees_fit"),
        ("a fee of half a penny", policy(&[("fee_wise", "0.005")]), CHECK, "tax_policy_fees_fit"),
        ("a country in words", policy(&[("country", "'England'")]), CHECK, "tax_policy_country_shape"),
        ("no street", policy(&[("street", "' '")]), CHECK, "tax_policy_address_whole"),
        ("nobody's", policy(&[("legal_name", "''")]), CHECK, "tax_policy_is_named"),
        ("set by an agent", policy(&[("set_by", "{person_adam}")]), CHECK, "tax_policy_by_an_owner"),
        ("changed", "UPDATE tax_policy SET vat_percent = 0".into(), INTEGRITY, "tax_policy_append_only"),
        ("neither person nor company", p(&[("kind", "'x'")]), CHECK, "tax_profile_kind_known"),
        ("no name", p(&[("legal_name", "' '")]), CHECK, "tax_profile_is_named"),
        ("no town", p(&[("town", "''")]), CHECK, "tax_profile_address_whole"),
        ("a country in small letters", p(&[("country", "'gb'")]), CHECK, "tax_profile_country_shape"),
        (
            "registered without a number",
            p(&[("vat_registered", "true")]),
            CHECK,
            "tax_profile_vat_number_if_registered",
        ),
        ("a number without a mask", p(&[("tax_number_masked", "NULL")]), CHECK, "tax_profile_sealed_whole"),
        ("a number without a key", p(&[("key_id", "NULL")]), CHECK, "tax_profile_sealed_whole"),
        ("a mask that shows all", p(&[("tax_number_masked", "'QQ123456C'")]), CHECK, "tax_profile_mask_hides"),
        ("a plain number", p(&[("tax_number", "'QQ123456C'::bytea")]), CHECK, "tax_profile_has_nonce_and_tag"),
        ("a member's without a name", p(&[("set_by", "'member'")]), CHECK, "tax_profile_set_by_known"),
        ("moved", "UPDATE tax_profile SET country = 'ES'".into(), INTEGRITY, "tax_profile_append_only"),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_payout_comes_to_what_its_policy_says(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&taxed(&[])).await;
    let says = "payout_taxed_as_its_policy_says";
    let moves = |changed: &[Column<'_>]| {
        let usual = [
            ("programme_id", "{giftware}"),
            ("partner_id", "{ana}"),
            ("kind", "'vat'"),
            ("debit_kind", "'input_vat'"),
            ("credit_kind", "'in_payout'"),
            ("amount", "1"),
            ("currency", "'GBP'"),
            ("payout_id", LAST),
            ("effective_at", "'2011-05-05Z'::timestamptz"),
            ("booked_at", "'2011-05-05Z'::timestamptz"),
        ];
        let account =
            "INSERT INTO account (programme_id, holder_id, currency, kind) VALUES ({giftware}, 0, 'GBP', 'input_vat')";
        format!("{account}; {}", insert("transfer", &usual, changed))
    };
    seed.all_refused(vec![
        (
            "past the policy",
            taxed(&[
                ("tax_policy_id", "NULL"),
                ("tax_profile_id", "NULL"),
                ("vat_treatment", "'none'"),
                ("vat_percent", "0"),
                ("withheld_percent", "0"),
                ("vat", "0"),
                ("withheld", "0"),
                ("fee", "0"),
            ]),
            CHECK,
            "payout_by_the_policy_in_force",
        ),
        (
            "by a policy that comes later",
            payout(&[("tax_policy_id", "(SELECT min(tax_policy_id) FROM tax_policy)")]),
            CHECK,
            "payout_by_the_policy_in_force",
        ),
        ("of nobody known", taxed(&[("tax_profile_id", "NULL")]), CHECK, "payout_by_the_newest_tax_profile"),
        (
            "unagreed",
            format!(
                "{}; {}; {}",
                profile(&[("partner_id", "{ana}")]),
                policy(&[("invoices", "'self_billed'")]),
                payout(&[("vat_treatment", "'none'"), ("vat_percent", "0"), ("vat", "0")])
            ),
            CHECK,
            "payout_has_its_tax_profile",
        ),
        ("a penny more of VAT", taxed(&[("vat", "2.41")]), CHECK, "payout_vat_by_its_percent"),
        ("nothing withheld", taxed(&[("withheld", "0")]), CHECK, "payout_withheld_by_its_percent"),
        ("another percent", taxed(&[("vat_percent", "21"), ("vat", "2.52")]), CHECK, says),
        ("less withheld", taxed(&[("withheld_percent", "5"), ("withheld", "0.60")]), CHECK, says),
        ("taxed elsewhere", taxed(&[("vat_treatment", "'outside_scope'")]), CHECK, says),
        ("another fee", taxed(&[("fee", "0.40")]), CHECK, "payout_fee_as_its_policy_says"),
        ("a fee that is given", taxed(&[("fee", "-0.50")]), CHECK, "payout_fee_fits"),
        ("nothing left of it", taxed(&[("fee", "13.20")]), CHECK, "payout_total_positive"),
        ("its tax changed", format!("{}; UPDATE payout SET vat = 0", taxed(&[])), INTEGRITY, "payout_append_only"),
        ("VAT that no payout has", moves(&[]), FOREIGN, "transfer_of_its_payout"),
        ("VAT of no payout", moves(&[("payout_id", "NULL")]), CHECK, "transfer_names_its_payout"),
        (
            "VAT out of the bank",
            moves(&[("debit_kind", "'cash'"), ("credit_kind", "'in_payout'")]),
            CHECK,
            "transfer_route_known",
        ),
        (
            "an account of VAT for a partner",
            "INSERT INTO account (programme_id, holder_id, currency, kind) VALUES ({giftware}, {ana}, 'GBP', 'input_vat')".into(),
            CHECK,
            "account_kind_known",
        ),
    ])
    .await;
}

fn invoice(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("payout_id", LAST),
        ("kind", "'credit_note'"),
        ("number", "1"),
        ("issued_on", "'2011-05-02'::date"),
        ("issued_at", "'2011-05-02Z'::timestamptz"),
    ];
    insert("invoice", &usual, changed)
}

fn sent(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("payout_id", LAST),
        ("nth", "2"),
        ("file_name", "'invoice.pdf'"),
        ("bytes", "20"),
        ("sha256", "sha256('pdf')"),
        ("key_id", "1::smallint"),
        ("sealed", SEALED),
        ("sent_by", "{person_ana}"),
        ("sent_at", "'2011-05-02Z'::timestamptz"),
    ];
    insert("partner_invoice", &usual, changed)
}

fn verdict(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("payout_id", LAST),
        ("nth", "1"),
        ("verdict", "'refused'"),
        ("reason", "'The number is missing'"),
        ("decided_by", "{person_olga}"),
        ("decided_at", "'2011-05-02Z'::timestamptz"),
    ];
    insert("partner_invoice_verdict", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn invoices_are_numbered_once_and_judged_by_finance(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&invoice(&[])).await;
    let unasked = |sql: String| format!("ALTER TABLE partner_invoice DISABLE TRIGGER partner_invoice_check; {sql}");
    let of_another = format!("{}; {}", taxed(&[]), invoice(&[]));
    seed.all_refused(vec![
        ("of no kind", invoice(&[("kind", "'x'")]), CHECK, "invoice_kind_known"),
        ("a gap", invoice(&[("number", "2")]), FOREIGN, "invoice_without_gaps"),
        ("number nothing", invoice(&[("number", "0")]), CHECK, "invoice_counted_from_one"),
        ("a second one", invoice(&[("kind", "'invoice'"), ("number", "2")]), UNIQUE, "invoice_one_per_payout"),
        ("turn nothing", invoice(&[("turn", "0")]), CHECK, "invoice_turn_counted_from_one"),
        ("a credit note of a turn without an invoice", invoice(&[("turn", "2")]), FOREIGN, "invoice_corrects_one"),
        ("a number twice", invoice(&[("kind", "'invoice'")]), UNIQUE, "invoice_pkey"),
        ("what corrects nothing", of_another, FOREIGN, "invoice_corrects_one"),
        ("of another programme", invoice(&[("programme_id", "{travel}")]), FOREIGN, "invoice_partner"),
        ("another day", "UPDATE invoice SET issued_on = '2011-01-01'".into(), INTEGRITY, "invoice_append_only"),
        ("sent unasked", sent(&[]), CHECK, "partner_invoice_is_asked_for"),
        ("one after an accepted one", unasked(sent(&[])), FOREIGN, "partner_invoice_after_a_refusal"),
        ("of another size", unasked(sent(&[("bytes", "21")])), CHECK, "partner_invoice_size"),
        ("without end", unasked(sent(&[("nth", "21")])), CHECK, "partner_invoice_at_most_20"),
        ("nameless", unasked(sent(&[("file_name", "''")])), CHECK, "partner_invoice_is_named"),
        (
            "another file",
            "UPDATE partner_invoice SET sha256 = sha256('other')".into(),
            INTEGRITY,
            "partner_invoice_append_only",
        ),
        ("judged twice", verdict(&[]), UNIQUE, "partner_invoice_verdict_pkey"),
        ("judged by an agent", verdict(&[("decided_by", "{person_adam}")]), CHECK, "partner_invoice_verdict_by_finance"),
        ("refused without a word", verdict(&[("reason", "' '")]), CHECK, "partner_invoice_refused_with_reason"),
        ("neither", verdict(&[("verdict", "'x'")]), CHECK, "partner_invoice_verdict_known"),
        ("of what was not sent", verdict(&[("nth", "2")]), FOREIGN, "partner_invoice_verdict_of_one"),
        (
            "judged otherwise",
            "UPDATE partner_invoice_verdict SET verdict = 'refused'".into(),
            INTEGRITY,
            "partner_invoice_verdict_append_only",
        ),
        (
            "a look at two things at once",
            "INSERT INTO payout_method_reveal (partner_id, payout_method_id, tax_profile_id, person_id, reason, revealed_at, nth, form_key)
             SELECT partner_id, {method_of_ana}, tax_profile_id, {person_adam}, 'x', '2011-03-05Z', 1, gen_random_uuid() FROM tax_profile"
                .into(),
            CHECK,
            "payout_method_reveal_of_one_thing",
        ),
    ])
    .await;
    for (role, sql) in [
        ("pd_system", invoice(&[])),
        ("pd_staff", invoice(&[])),
        ("pd_partner", invoice(&[])),
        ("pd_staff", sent(&[])),
        ("pd_system", sent(&[])),
        ("pd_partner", verdict(&[])),
        ("pd_system", verdict(&[])),
        ("pd_staff", profile(&[])),
        ("pd_partner", policy(&[])),
        ("pd_staff", policy(&[])),
        ("pd_partner", "SELECT tax_number FROM tax_profile".to_owned()),
        ("pd_staff", "SELECT vat_number FROM tax_profile".to_owned()),
        ("pd_partner", "SELECT set_by FROM tax_policy".to_owned()),
        ("pd_staff", "SELECT sealed FROM partner_invoice".to_owned()),
        ("pd_partner", "SELECT decided_by FROM partner_invoice_verdict".to_owned()),
        ("pd_system", "SELECT reveal_tax_profile(1, 1, 1)".to_owned()),
    ] {
        let sql = format!("SET LOCAL ROLE {role}; SET LOCAL pd.partner = '{{ana}}'; {sql}");
        let error = seed.attempt(&sql).await.expect_err(&sql);
        assert_eq!(refusal(&error).0, DENIED, "{sql}: {error}");
    }
}
