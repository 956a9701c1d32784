//! What holds for disputes to their end as a whole: practice, and what partners read.

use super::appeals::{appeal_decided, said};
use super::enquiries::{reminder, said_back};
use super::notices::{notice, rating};
use super::provisional::provisional;
use crate::seed::{Seed, refusal, run};
use sqlx::PgPool;

const CHECK: &str = "23514";

/// Nuria came after the house had set its practice, and has passed none of it.
fn in_practice(rest: &str) -> String {
    format!(
        "INSERT INTO practice_policy (passes, valid_from) VALUES (1, '2011-03-01Z');
         INSERT INTO person (email, name, created_at) VALUES ('nuria@example.org', 'Nuria Nash', '2011-03-02Z');
         INSERT INTO staff (person_id, name, role, since) SELECT person_id, name, 'agent', '2011-03-02Z' FROM person WHERE email LIKE 'nuria@%';
         {rest}"
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_in_practice_gives_no_credit_of_any_kind(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let nuria = "(SELECT person_id FROM person WHERE email LIKE 'nuria@%')";
    let credited = appeal_decided(&[
        ("decided_by", nuria),
        ("outcome", "'changed'"),
        ("amount", "5"),
        ("currency", "'GBP'"),
        ("transfer_id", "(SELECT max(transfer_id) FROM transfer)"),
        ("authority_id", "(SELECT authority_id FROM authority WHERE programme_id = {giftware} AND role = 'agent')"),
        ("largest_credit", "25"),
    ]);
    let booked = "INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, effective_at, booked_at)
         VALUES ({giftware}, {ana}, 'adjustment', 'adjustment_cost', 'payable', 5, 'GBP', '2011-03-12Z', '2011-03-12Z')";
    let credited = format!("{booked}; {credited}");
    seed.accepted(&in_practice(&appeal_decided(&[("decided_by", nuria)]))).await;
    seed.all_refused(vec![
        ("on appeal", in_practice(&credited), CHECK, "case_appeal_decision_after_practice"),
        (
            "provisionally",
            in_practice(&provisional(&[("given_by", nuria)])),
            CHECK,
            "provisional_credit_after_practice",
        ),
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
        reminder(&[], "1"),
        rating(&[]),
        said("question", "staff", "adam", "2011-03-10Z"),
        notice("reminder", "2011-03-13Z", &[]),
    ];
    run(&mut tx, &seed.fill(&all.join("; "))).await.expect("written");
    run(&mut tx, "SET CONSTRAINTS ALL IMMEDIATE").await.expect("right");
    for table in [
        "case_appeal",
        "case_appeal_decision",
        "case_notice",
        "case_rating",
        "enquiry_claim",
        "enquiry_claim_reminder",
        "provisional_credit",
    ] {
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
        "1 FROM enquiry_reminder",
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
