//! What becomes of the money of promotions: budgets, steps, bonuses, and who touches them.

use crate::promo::{GRANT, PACKAGE, asked, budget, decision, grant, granted, package, step, then};
use crate::seed::{Column, Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";
const DENIED: &str = "42501";

/// Fails where the condition does not hold.
fn holds(condition: &str) -> String {
    format!("DO $$ BEGIN ASSERT (SELECT {condition}); END $$;")
}

#[sqlx::test(migrations = "../migrations")]
async fn no_budget_is_exceeded_and_each_purse_adds_up(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let purses = |reserved: i64, spent: i64| {
        holds(&format!("count(*) = 2 AND bool_and((reserved, spent) = ({reserved}, {spent})) FROM promo_purse"))
    };
    let spent = step("spent", &[]);
    seed.accepted(&then(granted(&[]), &purses(30, 0))).await;
    seed.accepted(&format!("{};{spent};{}", granted(&[]), purses(0, 30))).await;
    let back = step("given_back", &[("at", "'2011-05-01Z'")]);
    let missed = granted(&[("target", "3")]);
    seed.accepted(&format!("{missed};{back};{}", purses(0, 0))).await;
    // What came back can be granted again, up to the last penny.
    let for_bob = |sql: String| sql.replace("{ana}", "{bob}").replace("{question}", "NULL");
    let bob = for_bob(then(grant(&[]), &decision(&[])));
    seed.accepted(&format!("{missed};{back};{bob};{}", purses(30, 0))).await;
    let once = granted(&[("goal", "'once'"), ("target", "0")]);
    seed.accepted(&format!("{once};{}", purses(0, 30))).await;
    let without = |first: String| format!("{};{first};{};{}", package(&[]), grant(&[]), decision(&[]));
    seed.all_refused(vec![
        (
            "no budget at all",
            format!("{};{};{}", package(&[]), grant(&[]), decision(&[])),
            CHECK,
            "promo_budget_not_exceeded",
        ),
        ("none of the programme's", without(budget(PACKAGE, "50", &[])), CHECK, "promo_budget_not_exceeded"),
        ("none of the package's", without(budget("0", "50", &[])), CHECK, "promo_budget_not_exceeded"),
        (
            "a package's penny short",
            without(format!("{};{}", budget("0", "50", &[]), budget(PACKAGE, "29.99", &[]))),
            CHECK,
            "promo_budget_not_exceeded",
        ),
        (
            "a programme's penny short",
            without(format!("{};{}", budget("0", "29.99", &[]), budget(PACKAGE, "50", &[]))),
            CHECK,
            "promo_budget_not_exceeded",
        ),
        ("a second grant from what is reserved", then(granted(&[]), &bob), CHECK, "promo_budget_not_exceeded"),
        (
            "a second grant from what is spent",
            format!("{};{spent};{bob}", granted(&[])),
            CHECK,
            "promo_budget_not_exceeded",
        ),
        (
            "a budget below what is reserved",
            then(granted(&[]), &budget("0", "29.99", &[])),
            CHECK,
            "promo_budget_not_exceeded",
        ),
        (
            "a budget below what is spent",
            format!("{};{spent};{}", granted(&[]), budget(PACKAGE, "29.99", &[])),
            CHECK,
            "promo_budget_not_exceeded",
        ),
        (
            "a purse below nothing",
            then(granted(&[]), "UPDATE promo_purse SET reserved = -1"),
            CHECK,
            "promo_purse_not_negative",
        ),
        (
            "a purse filled by staff",
            then(granted(&[]), "SET LOCAL ROLE pd_staff; UPDATE promo_purse SET budget = 99"),
            DENIED,
            "",
        ),
        (
            "a purse filled by a job",
            then(granted(&[]), "SET LOCAL ROLE pd_system; UPDATE promo_purse SET budget = 99"),
            DENIED,
            "",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_bonus_is_spent_once_when_its_goal_is_reached(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let spent = then(granted(&[]), &step("spent", &[]));
    seed.accepted(&then(
        spent.clone(),
        &holds("(amount, debit_kind, credit_kind, effective_at) = (30, 'bonus_cost', 'payable', '2011-03-10Z') FROM transfer WHERE kind = 'bonus'"),
    ))
    .await;
    // What was released counts with what is left of it: 150 of the order, 12 of the commission.
    for (goal, target) in [("'orders'", "150"), ("'commission'", "12")] {
        let reached = granted(&[("goal", goal), ("target", target)]);
        seed.accepted(&then(reached, &step("spent", &[]))).await;
    }
    let booked = |changed: &[Column<'_>]| {
        let usual = [
            ("programme_id", "{giftware}"),
            ("partner_id", "{ana}"),
            ("kind", "'bonus'"),
            ("debit_kind", "'bonus_cost'"),
            ("credit_kind", "'payable'"),
            ("amount", "30"),
            ("currency", "'GBP'"),
            ("promo_grant_id", GRANT),
            ("effective_at", "'2011-03-10Z'::timestamptz"),
            ("booked_at", "'2011-03-10Z'::timestamptz"),
        ];
        insert("transfer", &usual, changed)
    };
    let late = [("at", "'2011-05-01Z'::timestamptz")];
    let contested = "INSERT INTO contest (programme_id, partner_id, conversion_id, reason_partner, reason_house, reviewer_id, reviewer_name, contested_at, ends_at, form_key)
        VALUES ({giftware}, {ana}, {a-2}, 'Look', 'Odd', {person_adam}, 'Adam Ames', '2011-03-06Z', '2011-06-06Z', gen_random_uuid());";
    seed.all_refused(vec![
        (
            "a goal out of reach",
            then(granted(&[("target", "2")]), &step("spent", &[])),
            CHECK,
            "promo_step_goal_reached",
        ),
        (
            "orders refunded by now",
            then(granted(&[("goal", "'orders'"), ("target", "150.01")]), &step("spent", &[])),
            CHECK,
            "promo_step_goal_reached",
        ),
        (
            "commission refunded by now",
            then(granted(&[("goal", "'commission'"), ("target", "12.01")]), &step("spent", &[])),
            CHECK,
            "promo_step_goal_reached",
        ),
        (
            "before it was reached",
            then(granted(&[]), &step("spent", &[("at", "'2011-02-08Z'")])),
            CHECK,
            "promo_step_goal_reached",
        ),
        (
            "of a sale before its period",
            then(granted(&[("starts_at", "'2011-01-11Z'")]), &step("spent", &[])),
            CHECK,
            "promo_step_goal_reached",
        ),
        (
            "of a sale that is contested",
            format!("{contested}{};{}", granted(&[]), step("spent", &[])),
            CHECK,
            "promo_step_goal_reached",
        ),
        (
            "given back in time",
            then(granted(&[("target", "2")]), &step("given_back", &[("at", "'2011-04-30Z'")])),
            CHECK,
            "promo_step_after_its_end",
        ),
        (
            "given back though reached",
            then(granted(&[]), &step("given_back", &late)),
            CHECK,
            "promo_step_goal_not_reached",
        ),
        (
            "given back though a contest may end",
            format!("{contested}{};{}", granted(&[]), step("given_back", &late)),
            CHECK,
            "promo_step_goal_not_reached",
        ),
        // A-1 left its hold in April and was not looked at yet.
        (
            "given back before it is looked at",
            then(granted(&[("starts_at", "'2011-03-01Z'")]), &step("given_back", &late)),
            CHECK,
            "promo_step_goal_not_reached",
        ),
        ("spent twice", then(spent.clone(), &step("spent", &[])), UNIQUE, "promo_step_pkey"),
        ("reserved twice", then(granted(&[]), &step("reserved", &[])), UNIQUE, "promo_step_pkey"),
        (
            "given back after it was paid",
            then(granted(&[("goal", "'once'"), ("target", "0")]), &step("given_back", &late)),
            CHECK,
            "promo_step_after_its_end",
        ),
        ("spent without a decision", then(asked(&[]), &step("spent", &[])), FOREIGN, "promo_step_of_a_decision"),
        (
            "spent after a no",
            format!("{};{};{}", asked(&[]), decision(&[("verdict", "'rejected'")]), step("spent", &[])),
            FOREIGN,
            "promo_step_of_a_decision",
        ),
        (
            "reserved after a no",
            format!(
                "{};{};{}",
                asked(&[]),
                decision(&[("verdict", "'rejected'")]),
                step("reserved", &[("verdict", "'rejected'")])
            ),
            CHECK,
            "promo_step_is_approved",
        ),
        (
            "written before it happened",
            then(granted(&[]), &step("spent", &[("written_at", "'2011-03-09Z'")])),
            CHECK,
            "promo_step_written_later",
        ),
        ("a step edited", then(granted(&[]), "UPDATE promo_step SET bonus = 1"), INTEGRITY, "promo_step_append_only"),
        ("a bonus without a step", then(granted(&[]), &booked(&[])), CHECK, "transfer_bonus_is_spent"),
        ("a bonus twice", then(spent.clone(), &booked(&[])), UNIQUE, "transfer_bonus_once"),
        ("another bonus", then(granted(&[]), &booked(&[("amount", "31")])), FOREIGN, "transfer_of_its_grant"),
        (
            "a bonus of nothing",
            then(granted(&[]), &booked(&[("promo_grant_id", "NULL")])),
            CHECK,
            "transfer_names_its_grant",
        ),
        (
            "a bonus from elsewhere",
            then(granted(&[]), &booked(&[("debit_kind", "'adjustment_cost'")])),
            CHECK,
            "transfer_route_known",
        ),
        (
            "a bonus of a sale",
            then(granted(&[]), &booked(&[("conversion_id", "{a-2}")])),
            CHECK,
            "transfer_about_a_conversion",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn each_reads_and_writes_what_is_theirs(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let as_ana =
        |sql: &str| format!("{}; SET LOCAL ROLE pd_partner; SET LOCAL pd.partner = '{{ana}}';{sql}", granted(&[]));
    let as_bob = |sql: &str| as_ana(sql).replace("pd.partner = '{ana}'", "pd.partner = '{bob}'");
    for table in ["promo_package", "promo_decision", "promo_step"] {
        seed.accepted(&as_ana(&holds(&format!("count(*) = 1 FROM {table}")))).await;
        seed.accepted(&as_bob(&holds(&format!("count(*) = 0 FROM {table}")))).await;
    }
    seed.accepted(&as_ana(&holds(
        "counted = 1 FROM promo_progress({ana}, 'sales', 1, 'GBP', '2011-01-01Z', '2011-04-01Z', '2011-05-01Z')",
    )))
    .await;
    seed.accepted(&as_bob(&holds(
        "counted = 0 FROM promo_progress({ana}, 'sales', 1, 'GBP', '2011-01-01Z', '2011-04-01Z', '2011-05-01Z')",
    )))
    .await;
    // A no is the house's.
    let rejected = format!(
        "{};{}; SET LOCAL ROLE pd_partner; SET LOCAL pd.partner = '{{ana}}';",
        asked(&[]),
        decision(&[("verdict", "'rejected'")])
    );
    seed.accepted(&format!("{rejected}{}", holds("count(*) = 0 FROM promo_decision"))).await;
    let mut wrongs = Vec::new();
    for what in [
        "1 FROM promo_budget",
        "1 FROM promo_purse",
        "1 FROM promo_grant",
        "reason_house FROM promo_decision",
        "decider_id FROM promo_decision",
        "written_by FROM promo_package",
    ] {
        wrongs.push(("read by a partner", as_ana(&format!("SELECT {what}")), DENIED, ""));
    }
    for sql in [decision(&[]), step("spent", &[]), package(&[("name", "'Own'")]), budget("0", "99", &[])] {
        wrongs.push(("written by a partner", as_ana(&sql), DENIED, ""));
    }
    let as_staff = |sql: &str| format!("{}; SET LOCAL ROLE pd_staff;{sql}", granted(&[]));
    let as_job = |sql: &str| format!("{}; SET LOCAL ROLE pd_system;{sql}", granted(&[]));
    seed.accepted(&as_job(&step("spent", &[]))).await;
    wrongs.push(("spent by staff", as_staff(&step("spent", &[])), DENIED, ""));
    wrongs.push((
        "decided by a job",
        format!("{}; SET LOCAL ROLE pd_system;{}", asked(&[]), decision(&[])),
        DENIED,
        "",
    ));
    wrongs.push(("reserved by a job", as_job(&step("reserved", &[])), DENIED, ""));
    let bonus = "INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, promo_grant_id, effective_at, booked_at)
        SELECT {giftware}, {ana}, 'bonus', 'bonus_cost', 'payable', 30, 'GBP', max(promo_grant_id), '2011-03-10Z', '2011-03-10Z' FROM promo_grant";
    wrongs.push(("a bonus by staff", as_staff(bonus), DENIED, ""));
    wrongs.push(("a bonus by a job", as_job(bonus), DENIED, ""));
    seed.all_refused(wrongs).await;
}
