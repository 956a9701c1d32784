//! Who sees and touches what: grants by role are the first wall, row-level security the second.

use crate::seed::{Seed, refusal, run};
use app::base::actor::{Actor, Member};
use app::base::db::Db;
use app::base::ids::{PartnerId, PersonId, ProgrammeId};
use sqlx::{AssertSqlSafe, PgPool, Row};
use std::time::Duration;

const DENIED: &str = "42501";

/// Tries statements under a role, with a partner as context or none; changes nothing.
async fn attempt(seed: &Seed, role: &str, partner: &str, sql: &str) -> Result<(), sqlx::Error> {
    let mut tx = seed.pool.begin().await?;
    let sql = format!(
        "SET LOCAL ROLE {role}; SET LOCAL pd.partner = '{}'; {}; SET CONSTRAINTS ALL IMMEDIATE",
        seed.fill(partner),
        seed.fill(sql)
    );
    let done = run(&mut tx, &sql).await;
    tx.rollback().await?;
    done
}

/// Tables of which a partner may read anything.
async fn readable(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')
           -- A view that asks as its reader is guarded by the policies of its tables.
           AND NOT coalesce('security_invoker=true' = ANY(reloptions), false)
           AND has_any_column_privilege('pd_partner', oid, 'SELECT') ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .expect("tables")
}

async fn count(pool: &PgPool, role: &str, partner: &str, from: &str) -> i64 {
    let mut tx = pool.begin().await.expect("begin");
    run(&mut tx, &format!("SET LOCAL ROLE {role}; SET LOCAL pd.partner = '{partner}'")).await.expect("role");
    let sql = format!("SELECT count(*) FROM {from}");
    sqlx::query_scalar(AssertSqlSafe(sql.clone()))
        .fetch_one(&mut *tx)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partner_sees_their_own_rows_and_nothing_without_a_context(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let tables = readable(&seed.pool).await;
    // What waits for a confirmation has a test of its own (`mail`): a second method would stand in the way of the others.
    // So have the places of commissions (`rate_rules`). The horizon of what is told is nobody's: one number. So have the ends of disputes (`ends`), of which each is once a case.
    let without_rows = [
        "currency",
        "method_confirmation",
        "commission_place",
        "live_horizon",
        "case_appeal",
        "case_merge",
        "case_appeal_decision",
        "case_notice",
        "case_rating",
        "enquiry_claim",
        "enquiry_claim_reminder",
        "provisional_credit",
        // Promotions have theirs in `promo`.
        "promo_package",
        "promo_decision",
        "promo_step",
        // What two agree on has one row each in tests of its own (`agreement`).
        "counter_offer",
        "counter_answer",
        "decrease_policy",
        "promise",
        "terms_notice",
        "terms_answer",
        "stopped_change",
        "terms_ending",
        // So have corrections (`corrections`).
        "correction",
        "correction_item",
        "correction_decision",
        "correction_booking",
        "correction_end",
        "terms_request",
        "terms_request_answer",
    ];
    assert!(tables.len() >= 15, "{tables:?}");
    for table in tables.iter().filter(|table| !without_rows.contains(&table.as_str())) {
        let guarded: bool = sqlx::query_scalar("SELECT relrowsecurity FROM pg_class WHERE oid = $1::regclass")
            .bind(table)
            .fetch_one(&seed.pool)
            .await
            .expect("table");
        assert!(guarded, "{table} has no policies, but partners may read it");
        assert_eq!(count(&seed.pool, "pd_partner", "", table).await, 0, "{table}, nobody's context");
        assert_eq!(count(&seed.pool, "pd_partner", "999", table).await, 0, "{table}, a partner who is none");
        for (partner, programme) in [("{ana}", "{giftware}"), ("{bob}", "{giftware}"), ("{zoe}", "{travel}")] {
            let (partner, programme) = (seed.fill(partner), seed.fill(programme));
            let own = match table.as_str() {
                "article" | "live_article" => "article a WHERE audience = 'partner' AND retired_at IS NULL
                     AND EXISTS (SELECT FROM article_version v WHERE v.article_id = a.article_id AND v.published_at IS NOT NULL)"
                    .to_owned(),
                "article_version" => "article_version WHERE audience = 'partner' AND published_at IS NOT NULL".to_owned(),
                "programme" | "offer" | "tax_policy" => format!("{table} WHERE programme_id = {programme}"),
                "terms_version" | "decision" => {
                    format!("{table} WHERE programme_id = {programme} AND partner_scope IN (0, {partner})")
                }
                // Never of notes, or of who works on a case.
                "live_event" => {
                    format!("{table} WHERE partner_id = {partner} AND kind IN ('opened', 'message', 'stage')")
                }
                "payout_delay" => {
                    format!(
                        "{table} WHERE payout_run_id IN (SELECT payout_run_id FROM payout WHERE partner_id = {partner})"
                    )
                }
                _ => format!("{table} WHERE partner_id = {partner}"),
            };
            let there: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {own}")))
                .fetch_one(&seed.pool)
                .await
                .expect("count");
            assert_eq!(count(&seed.pool, "pd_partner", &partner, table).await, there, "{table} of {partner}");
            assert!(there > 0 || partner != seed.fill("{ana}"), "the seed has nothing in {table}");
        }
        assert!(
            count(&seed.pool, "pd_staff", "", table).await > 0 || table == "person",
            "{table}: staff see the house"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partner_does_not_read_what_is_the_houses(pool: PgPool) {
    let seed = Seed::open(pool).await;
    for what in [
        "revenue FROM conversion",
        "margin_floor FROM programme",
        "revenue_value FROM offer",
        "reason_house FROM decision",
        "content_hash FROM decision",
        "decider_id FROM decision",
        "reason_house FROM case_decision",
        "decided_by FROM case_decision",
        "reason_house FROM contest",
        "reviewer_id FROM contest",
        "1 FROM note",
        "1 FROM mention",
        "1 FROM macro_text",
        "1 FROM variant_mismatch",
        "1 FROM link",
        "1 FROM audit",
        "1 FROM audit_seal",
        "1 FROM proposal",
        "1 FROM authority",
        "1 FROM person",
        "1 FROM staff",
        "1 FROM session",
        "1 FROM invitation",
        "1 FROM partner_member",
        "1 FROM import",
        "1 FROM import_row",
        "1 FROM needs_no_answer",
        "1 FROM form_draft",
        "1 FROM sign_in_failure",
        "1 FROM secret_key",
        "1 FROM payout_method_reveal",
        "address FROM payout_method",
        "ciphertext FROM payout_method",
        "reveal_payout_method({ana}, {method_of_ana}, {person_adam})",
    ] {
        let error = attempt(&seed, "pd_partner", "{ana}", &format!("SELECT {what}")).await.expect_err(what);
        assert_eq!(refusal(&error).0, DENIED, "{what}: {error}");
    }
    for what in [
        "amount, order_id FROM conversion",
        "reason_partner FROM decision",
        "name FROM offer",
        "masked, holder_name FROM payout_method",
        "method_safety_days FROM programme",
    ] {
        attempt(&seed, "pd_partner", "{ana}", &format!("SELECT {what}")).await.expect(what);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partner_writes_for_themself_only(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let ask = |partner: &str, programme: &str| {
        format!(
            "INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
             VALUES ({programme}, {partner}, 'other', 'A question', {{person_ana}}, '2011-03-05Z', '2011-03-06Z')"
        )
    };
    let record = |kind: &str, partner: &str| {
        format!(
            "INSERT INTO audit (at, actor_kind, actor_id, partner_id, action, subject, request_id)
             VALUES ('2011-03-05Z', '{kind}', {{person_ana}}, {partner}, 'case.opened', 'case/3', 'x')"
        )
    };
    let method = |by: &str, person: &str, column: &str, value: &str| {
        format!(
            "INSERT INTO payout_method (partner_id, kind, holder_name, {column}, key_id, fingerprint, masked, set_by, added_by, added_at, usable_from)
             VALUES ({{ana}}, 'paypal', 'Ana', {value}, 1, sha256('new'), 'a…@example.com', {by}, {person}, '2011-03-05Z', '2011-03-08Z')"
        )
    };
    let changed = method("'member'", "{person_ana}", "ciphertext", "decode(repeat('00', 60), 'hex')");
    let ended = format!("UPDATE payout_method SET ended_at = '2011-03-05Z'; {changed}");
    attempt(&seed, "pd_partner", "{ana}", &ended).await.expect("her own method");
    attempt(&seed, "pd_partner", "{ana}", &ask("{ana}", "{giftware}")).await.expect("her own case");
    attempt(&seed, "pd_partner", "{ana}", &record("partner", "{ana}")).await.expect("her own record");
    for (what, sql) in [
        ("a case of somebody else's", ask("{bob}", "{giftware}")),
        ("a record of somebody else's change", record("partner", "{bob}")),
        ("a record of what staff did", record("staff", "{ana}")),
        ("a transfer", "INSERT INTO transfer (partner_id) VALUES ({ana})".into()),
        ("a commission", "UPDATE commission SET released_at = occurred_at".into()),
        ("a balance", "UPDATE account SET balance = 1000 WHERE kind = 'payable'".into()),
        ("terms", "INSERT INTO terms_version (programme_id) VALUES ({giftware})".into()),
        ("a decision", "INSERT INTO decision (proposal_id) VALUES ({proposal_of_adam})".into()),
        ("who works on the case", "UPDATE support_case SET assignee_id = {person_adam}".into()),
        ("the end of a review", "UPDATE partner_review SET ended_at = '2011-03-05Z'".into()),
        ("a message taken back", "DELETE FROM message".into()),
        ("a method that a command set", method("'command'", "NULL", "ciphertext", "decode(repeat('00', 60), 'hex')")),
        ("a method in plain text", method("'member'", "{person_ana}", "address", "'ana@example.com'")),
    ] {
        let error = attempt(&seed, "pd_partner", "{ana}", &sql).await.expect_err(what);
        assert_eq!(refusal(&error).0, DENIED, "{what}: {error}");
    }
    // Somebody else's rows are not there to be changed.
    let mut tx = seed.pool.begin().await.expect("begin");
    run(&mut tx, &seed.fill("SET LOCAL ROLE pd_partner; SET LOCAL pd.partner = '{ana}'")).await.expect("role");
    let ended =
        sqlx::query("UPDATE payout_method SET ended_at = '2011-03-05Z'").execute(&mut *tx).await.expect("update");
    assert_eq!(ended.rows_affected(), 1, "Ana's method, not Bob's");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_took_no_role_on_sees_no_money(pool: PgPool) {
    let seed = Seed::open(pool).await;
    for table in [
        "account",
        "transfer",
        "conversion",
        "conversion_event",
        "commission",
        "terms_version",
        "proposal",
        "decision",
        "authority",
        "support_case",
        "case_pin",
        "case_decision",
        "claim",
        "message",
        "note",
        "payout_method",
        "payout_method_reveal",
        "secret_key",
        "tax_profile",
        "tax_policy",
        "invoice",
        "partner_invoice",
        "partner_invoice_verdict",
        "partner_review",
        "offer",
        "import",
        "import_row",
        "audit",
        "audit_seal",
    ] {
        let error = attempt(&seed, "pd_web", "{ana}", &format!("SELECT 1 FROM {table}")).await.expect_err(table);
        assert_eq!(refusal(&error).0, DENIED, "{table}: {error}");
    }
    attempt(&seed, "pd_web", "", "SELECT name FROM person").await.expect("to sign in");
    let inherits: bool = sqlx::query_scalar("SELECT rolinherit OR rolcanlogin FROM pg_roles WHERE rolname = 'pd_web'")
        .fetch_one(&seed.pool)
        .await
        .expect("role");
    assert!(!inherits, "pd_web has to take a role on");
}

#[sqlx::test(migrations = "../migrations")]
async fn staff_and_jobs_do_what_is_theirs(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let transfer = |kind: &str, debit: &str, credit: &str, more: (&str, &str)| {
        format!(
            "INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, effective_at, booked_at{})
             VALUES ({{giftware}}, {{ana}}, '{kind}', '{debit}', '{credit}', 5, 'GBP', '2011-03-05Z', '2011-03-05Z'{})",
            more.0, more.1
        )
    };
    let reversal = transfer("reversal", "payable", "adjustment_cost", (", reverses", ", {adjustment}"));
    attempt(&seed, "pd_staff", "", &reversal).await.expect("a reversal");
    let forged = "INSERT INTO audit_seal (seq, audit_id, prev_hash, hash) SELECT 3, 3, hash, sha256('forged') FROM audit_seal WHERE seq = 2";
    let unsigned = "INSERT INTO proposal (programme_id, partner_scope, field, kind, value, valid_from, reason, proposed_at, content_hash)
                    SELECT {giftware}, {ana}, 'rate', 'percent', 90, '2011-03-10Z', 'x', '2011-03-05Z',
                           proposal_hash({giftware}, 0, {ana}, 'rate', 'percent', 90, '2011-03-10Z', 'x', NULL)";
    let commanded = "RESET ROLE;
                     INSERT INTO proposal (programme_id, field, kind, value, valid_from, reason, proposed_at, content_hash)
                     SELECT {giftware}, 'schedule', 'monthly', 15, '2011-03-10Z', 'x', '2011-03-05Z',
                            proposal_hash({giftware}, 0, 0, 'schedule', 'monthly', 15, '2011-03-10Z', 'x', NULL);
                     SET LOCAL ROLE pd_staff;
                     INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict,
                                           by, reason_partner, valid_from, decided_at)
                     SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'approved',
                            'command', 'x', valid_from, '2011-03-06Z' FROM proposal WHERE field = 'schedule'";
    let reveal = |column: &str, value: &str| {
        format!(
            "INSERT INTO payout_method_reveal (partner_id, payout_method_id, person_id, reason, nth, form_key, {column})
             VALUES ({{ana}}, {{method_of_ana}}, {{person_adam}}, 'x', 2, gen_random_uuid(), {value})"
        )
    };
    let by_member = "UPDATE payout_method SET ended_at = '2011-03-05Z';
                     INSERT INTO payout_method (partner_id, kind, holder_name, ciphertext, key_id, fingerprint, masked, set_by, added_by, added_at, usable_from)
                     SELECT {ana}, 'wise', 'Ana', decode(repeat('00', 60), 'hex'), 1, sha256('new'), 'a…@example.com', 'member', {person_ana},
                            '2011-03-05Z', '2011-03-08Z'";
    let as_command = "INSERT INTO audit (at, actor_kind, action, subject, request_id) VALUES ('2011-03-05Z', 'command', 'case.decided', 'x', 'x')";
    for (role, what, sql) in [
        ("pd_staff", "a transfer changed", "UPDATE transfer SET amount = 1".to_owned()),
        ("pd_staff", "a transfer taken out", "DELETE FROM transfer".into()),
        ("pd_staff", "a payout by an agent", transfer("payout", "payable", "in_payout", ("", ""))),
        (
            "pd_staff",
            "an accrual by an agent",
            transfer("accrual", "commission_cost", "pending", (", conversion_id", ", {a-1}")),
        ),
        ("pd_staff", "a balance", "UPDATE account SET balance = 1".into()),
        ("pd_staff", "a commission", "UPDATE commission SET refunded = 0".into()),
        ("pd_staff", "a role", "UPDATE staff SET role = 'owner' WHERE person_id = {person_adam}".into()),
        ("pd_staff", "an authority", "INSERT INTO authority (programme_id) VALUES ({giftware})".into()),
        ("pd_staff", "a proposal of nobody's", unsigned.into()),
        ("pd_staff", "a decision in a command's name", commanded.into()),
        ("pd_staff", "a change in a command's name", as_command.into()),
        ("pd_staff", "a plain payout address", "SELECT address FROM payout_method".into()),
        ("pd_staff", "a whole account past its function", "SELECT ciphertext FROM payout_method".into()),
        ("pd_staff", "whose account is the same", "SELECT fingerprint FROM payout_method".into()),
        ("pd_staff", "a method for a partner", "INSERT INTO payout_method (partner_id) VALUES ({ana})".into()),
        ("pd_staff", "a reveal at another time", reveal("written_at", "'2011-01-01Z'")),
        ("pd_staff", "a key", "SELECT check_value FROM secret_key".into()),
        ("pd_system", "a reveal by a job", reveal("revealed_at", "'2011-03-05Z'")),
        (
            "pd_system",
            "a whole account, revealed",
            "SELECT reveal_payout_method({ana}, {method_of_ana}, {person_adam})".into(),
        ),
        ("pd_system", "a mask", "UPDATE payout_method SET masked = '•'".into()),
        ("pd_system", "a method in a member's name", by_member.into()),
        ("pd_staff", "an e-mail address", "SELECT email FROM person".into()),
        ("pd_staff", "a password", "SELECT password_hash FROM person".into()),
        ("pd_staff", "a session", "SELECT 1 FROM session".into()),
        ("pd_staff", "a seal", "SELECT seal_audit(10)".into()),
        ("pd_system", "a transfer changed by a job", "UPDATE transfer SET amount = 1".into()),
        ("pd_system", "a balance set by a job", "UPDATE account SET balance = 1".into()),
        (
            "pd_system",
            "an account opened past its function",
            "INSERT INTO account (programme_id) VALUES ({giftware})".into(),
        ),
        ("pd_system", "a rate set by a job", "UPDATE commission SET rate_value = 9".into()),
        ("pd_system", "a line taken out of the record", "DELETE FROM audit".into()),
        ("pd_system", "a forged seal", forged.into()),
        ("pd_web", "a change of role at sign-in", "UPDATE staff SET role = 'owner'".into()),
        ("pd_web", "a name at sign-in", "UPDATE person SET name = 'x'".into()),
    ] {
        let error = attempt(&seed, role, "", &sql).await.expect_err(what);
        assert_eq!(refusal(&error).0, DENIED, "{what}: {error}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn checks_can_not_be_led_to_other_tables(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let lured: Vec<String> = sqlx::query_scalar(
        "SELECT proname::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
           AND NOT coalesce(proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'], false) ORDER BY 1",
    )
    .fetch_all(&seed.pool)
    .await
    .expect("functions");
    assert!(lured.is_empty(), "without a fixed search path that names pg_temp last: {lured:?}");

    // A temporary table takes nobody's place: the balance of the real account moves.
    let mut tx = seed.pool.begin().await.expect("begin");
    let lure = "SET LOCAL ROLE pd_staff; CREATE TEMP TABLE account (LIKE public.account INCLUDING ALL); GRANT ALL ON account TO PUBLIC;
                INSERT INTO public.transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, effective_at, booked_at, reverses)
                VALUES ({giftware}, {ana}, 'reversal', 'payable', 'adjustment_cost', 5, 'GBP', '2011-03-05Z', '2011-03-05Z', {adjustment});
                RESET ROLE";
    run(&mut tx, &seed.fill(lure)).await.expect("reversal");
    let sql = seed.fill("SELECT balance::text FROM public.account WHERE holder_id = {ana} AND kind = 'payable'");
    let balance: String = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *tx).await.expect("balance").get(0);
    assert_eq!(balance, "7", "16 released, 4 refunded, 5 credited, in a payout, and taken back");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_transaction_of_an_actor_has_the_actors_rights(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let id = |name: &str| seed.fill(name).parse::<i64>().expect("id");
    let ana = Actor::Member(Member {
        person: PersonId(id("{person_ana}")),
        name: "Ana Abbot".into(),
        partner: PartnerId(id("{ana}")),
        partner_name: "Ana".into(),
        programme: ProgrammeId(id("{giftware}")),
    });
    let db = Db::from_pool(seed.pool.clone());
    for (actor, sees) in [(&ana, Some(2)), (&Actor::Command, Some(4)), (&Actor::Anonymous, None)] {
        let mut tx = db.begin(actor).await.expect("begin");
        let seen = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM commission").fetch_one(&mut *tx).await;
        assert_eq!(seen.ok(), sees, "{actor:?}");
    }
    // What one transaction took on, the next one on the same connection does not have.
    let single = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_with((*seed.pool.connect_options()).clone())
        .await
        .expect("pool");
    let db = Db::from_pool(single);
    db.begin(&ana).await.expect("begin").commit().await.expect("commit");
    let mut tx = db.begin(&Actor::Anonymous).await.expect("begin");
    let context: Option<String> =
        sqlx::query_scalar("SELECT current_setting('pd.partner', true)").fetch_one(&mut *tx).await.expect("setting");
    assert_eq!(context.as_deref(), Some(""));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_transaction_that_was_given_up_as_it_began_is_not_lent_on(pool: PgPool) {
    let single = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_with((*pool.connect_options()).clone())
        .await
        .expect("pool");
    let db = Db::from_pool(single.clone());
    for micros in (0..2_000).step_by(10) {
        // As when a browser goes away: wherever it is, it is not asked again.
        let _ = tokio::time::timeout(Duration::from_micros(micros), db.begin(&Actor::Job)).await;
        let outside = sqlx::query("SAVEPOINT outside").execute(&single).await.expect_err("in a transaction");
        let code = outside.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("25P01"), "after {micros} µs: {outside}");
    }
}
