//! Promo packages: their budgets, who is granted one, and what becomes of the money.

use crate::seed::{Column, Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";
const DENIED: &str = "42501";

const PACKAGE: &str = "(SELECT max(promo_package_id) FROM promo_package)";
const GRANT: &str = "(SELECT max(promo_grant_id) FROM promo_grant)";

/// 30 for one confirmed sale in the first quarter.
fn package(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("name", "'Spring'"),
        ("goal", "'sales'"),
        ("target", "1"),
        ("bonus", "30"),
        ("currency", "'GBP'"),
        ("starts_at", "'2011-01-01Z'::timestamptz"),
        ("ends_at", "'2011-04-01Z'::timestamptz"),
        ("counts_until", "'2011-05-01Z'::timestamptz"),
        ("written_by", "{person_olga}"),
        ("written_at", "'2011-01-01Z'::timestamptz"),
        ("form_key", "gen_random_uuid()"),
    ];
    insert("promo_package", &usual, changed)
}

fn budget(scope: &str, amount: &str, changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("package_scope", scope),
        ("currency", "'GBP'"),
        ("amount", amount),
        ("written_by", "{person_olga}"),
        ("written_at", "'2011-01-02Z'::timestamptz"),
    ];
    insert("promo_budget", &usual, changed)
}

/// Adam asks for Ana.
fn grant(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("promo_package_id", PACKAGE),
        ("bonus", "30"),
        ("currency", "'GBP'"),
        ("reason", "'She grows.'"),
        ("case_id", "{question}"),
        ("proposer_id", "{person_adam}"),
        ("proposed_at", "'2011-03-05Z'::timestamptz"),
        ("form_key", "gen_random_uuid()"),
    ];
    insert("promo_grant", &usual, changed)
}

/// Olga says yes.
fn decision(changed: &[Column<'_>]) -> String {
    let usual = [
        ("promo_grant_id", GRANT),
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("promo_package_id", PACKAGE),
        ("bonus", "30"),
        ("currency", "'GBP'"),
        ("proposer_id", "{person_adam}"),
        ("verdict", "'approved'"),
        ("by", "'owner'"),
        ("decider_id", "{person_olga}"),
        ("decider_name", "'Olga Orr'"),
        ("reason_partner", "'Well done.'"),
        ("decided_at", "'2011-03-10Z'::timestamptz"),
    ];
    insert("promo_decision", &usual, changed)
}

fn step(step: &str, changed: &[Column<'_>]) -> String {
    let kind = format!("'{step}'");
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("promo_grant_id", GRANT),
        ("promo_package_id", PACKAGE),
        ("bonus", "30"),
        ("currency", "'GBP'"),
        ("step", kind.as_str()),
        ("at", "'2011-03-10Z'::timestamptz"),
        ("written_at", "'2011-06-01Z'::timestamptz"),
    ];
    insert("promo_step", &usual, changed)
}

/// A package with these changes, its budget and the programme's, and Ana proposed for it.
fn asked(changed: &[Column<'_>]) -> String {
    let all = [package(changed), budget("0", "50", &[]), budget(PACKAGE, "50", &[]), grant(&[])];
    all.join(";")
}

fn granted(changed: &[Column<'_>]) -> String {
    format!("{};{}", asked(changed), decision(&[]))
}

fn then(before: String, sql: &str) -> String {
    format!("{before};{sql}")
}

/// Fails where the condition does not hold.
fn holds(condition: &str) -> String {
    format!("DO $$ BEGIN ASSERT (SELECT {condition}); END $$;")
}

#[sqlx::test(migrations = "../migrations")]
async fn packages_and_budgets_are_the_owners_and_stay(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&asked(&[])).await;
    let by_adam = [("written_by", "{person_adam}")];
    let wrongs = vec![
        ("a package of an agent's", package(&by_adam), CHECK, "policy_by_an_owner"),
        ("of an owner who left", package(&[("written_by", "{person_dora}")]), CHECK, "policy_by_an_owner"),
        ("a budget of an agent's", budget("0", "50", &by_adam), CHECK, "policy_by_an_owner"),
        ("a goal nobody knows", package(&[("goal", "'luck'")]), CHECK, "promo_package_goal_known"),
        ("no sales", package(&[("target", "0")]), CHECK, "promo_package_target_fits"),
        ("half a sale", package(&[("target", "1.5")]), CHECK, "promo_package_target_fits"),
        ("a goal where there is none", package(&[("goal", "'once'")]), CHECK, "promo_package_target_fits"),
        ("a bonus of nothing", package(&[("bonus", "0")]), CHECK, "promo_package_bonus_fits"),
        ("a bonus too fine", package(&[("bonus", "1.005")]), CHECK, "promo_package_bonus_fits"),
        ("a bonus that is no number", package(&[("bonus", "'NaN'::numeric")]), CHECK, "promo_package_bonus_fits"),
        ("over before it begins", package(&[("ends_at", "'2011-01-01Z'")]), CHECK, "promo_package_ends_later"),
        (
            "counted until before its end",
            package(&[("counts_until", "'2011-03-31Z'")]),
            CHECK,
            "promo_package_ends_later",
        ),
        ("in the past", package(&[("written_at", "'2011-04-01Z'")]), CHECK, "promo_package_not_in_the_past"),
        ("without a name", package(&[("name", "' '")]), CHECK, "promo_package_name_not_blank"),
        ("twice by name", then(package(&[]), &package(&[])), UNIQUE, "promo_package_name_once"),
        ("a debt for a budget", budget("0", "-1", &[]), CHECK, "promo_budget_fits"),
        (
            "a budget in another currency",
            then(package(&[]), &budget(PACKAGE, "50", &[("currency", "'EUR'")])),
            FOREIGN,
            "promo_budget_package",
        ),
        ("a budget of no package", budget("999", "50", &[]), FOREIGN, "promo_budget_package"),
        (
            "a package made dearer",
            then(package(&[]), "UPDATE promo_package SET bonus = 31"),
            INTEGRITY,
            "promo_package_append_only",
        ),
        (
            "a package taken away",
            then(package(&[]), "DELETE FROM promo_package"),
            INTEGRITY,
            "promo_package_append_only",
        ),
        (
            "a budget edited",
            then(budget("0", "5", &[]), "UPDATE promo_budget SET amount = 9"),
            INTEGRITY,
            "promo_budget_append_only",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_grant_is_proposed_and_decided_by_two(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&granted(&[])).await;
    let alone = "UPDATE staff SET disabled_at = '2011-03-01Z' WHERE name = 'Otis Oak';";
    let own = asked(&[]).replace("{person_adam}", "{person_olga}");
    let by_olga = [("proposer_id", "{person_olga}")];
    let sole = [("proposer_id", "{person_olga}"), ("sole_control", "true")];
    seed.accepted(&format!("{alone}{own};{}", decision(&sole))).await;
    let policy = [
        ("by", "'policy'"),
        ("decider_id", "{person_adam}"),
        ("decider_name", "'Adam Ames'"),
        ("authority_id", "(SELECT authority_id FROM authority WHERE programme_id = {giftware} AND role = 'agent')"),
        ("largest_credit", "25"),
    ];
    let cheap = |sql: &str| sql.replace(", 30, 'GBP'", ", 20, 'GBP'");
    seed.accepted(&cheap(&then(asked(&[]), &decision(&policy)))).await;
    let with = |changed: &[Column<'_>]| {
        let all: Vec<_> = policy
            .iter()
            .filter(|(name, _)| changed.iter().all(|(other, _)| other != name))
            .chain(changed)
            .copied()
            .collect();
        cheap(&then(asked(&[]), &decision(&all)))
    };
    let wrongs = vec![
        (
            "proposed by who left",
            asked(&[]).replace("{person_adam}", "{person_dora}"),
            CHECK,
            "promo_grant_by_the_desk",
        ),
        (
            "for more than the package",
            then(package(&[]), &grant(&[("bonus", "31")])),
            FOREIGN,
            "promo_grant_of_its_package",
        ),
        (
            "for a partner of another programme",
            then(package(&[]), &grant(&[("partner_id", "{zoe}"), ("case_id", "NULL")])),
            FOREIGN,
            "promo_grant_partner",
        ),
        (
            "after its period",
            then(package(&[]), &grant(&[("proposed_at", "'2011-04-01Z'")])),
            CHECK,
            "promo_grant_within_its_period",
        ),
        ("without a reason", then(package(&[]), &grant(&[("reason", "' '")])), CHECK, "promo_grant_reason_not_blank"),
        (
            "for who takes part no more",
            then(
                package(&[]),
                &format!("UPDATE partner SET status = 'suspended' WHERE partner_id = {{ana}};{}", grant(&[])),
            ),
            CHECK,
            "promo_grant_to_an_active_partner",
        ),
        (
            "reasons edited",
            then(asked(&[]), "UPDATE promo_grant SET reason = 'Other'"),
            INTEGRITY,
            "promo_grant_append_only",
        ),
        ("decided by its author", then(own.clone(), &decision(&by_olga)), CHECK, "promo_decision_not_by_its_author"),
        (
            "alone where there is another owner",
            then(own.clone(), &decision(&sole)),
            CHECK,
            "promo_decision_sole_control_only_when_alone",
        ),
        (
            "alone over somebody else's",
            format!("{alone}{};{}", asked(&[]), decision(&[("sole_control", "true")])),
            CHECK,
            "promo_decision_sole_control_is_an_owners",
        ),
        ("with another author", then(own, &decision(&[])), FOREIGN, "promo_decision_of_its_proposal"),
        (
            "by an agent",
            then(
                asked(&[]).replace("{person_adam}", "{person_otis}"),
                &decision(&[
                    ("proposer_id", "{person_otis}"),
                    ("decider_id", "{person_adam}"),
                    ("decider_name", "'Adam Ames'"),
                ]),
            ),
            CHECK,
            "promo_decision_by_an_owner",
        ),
        (
            "by an owner who left",
            then(asked(&[]), &decision(&[("decider_id", "{person_dora}"), ("decider_name", "'Dora Dell'")])),
            CHECK,
            "promo_decision_by_an_owner",
        ),
        (
            "under another name",
            then(asked(&[]), &decision(&[("decider_name", "'Otis Oak'")])),
            CHECK,
            "promo_decision_by_an_owner",
        ),
        (
            "before it was proposed",
            then(asked(&[]), &decision(&[("decided_at", "'2011-03-04Z'")])),
            CHECK,
            "promo_decision_after_its_proposal",
        ),
        (
            "after its period",
            then(asked(&[]), &decision(&[("decided_at", "'2011-04-01Z'")])),
            CHECK,
            "promo_decision_within_its_period",
        ),
        (
            "without a word",
            then(asked(&[]), &decision(&[("reason_partner", "''")])),
            CHECK,
            "promo_decision_reason_not_blank",
        ),
        (
            "twice",
            then(
                granted(&[]),
                &decision(&[
                    ("decider_id", "{person_otis}"),
                    ("decider_name", "'Otis Oak'"),
                    ("verdict", "'rejected'"),
                ]),
            ),
            UNIQUE,
            "promo_decision_pkey",
        ),
        (
            "the same package again",
            then(granted(&[]), &then(grant(&[]), &decision(&[]))),
            UNIQUE,
            "promo_grant_once_a_package",
        ),
        (
            "a decision edited",
            then(granted(&[]), "UPDATE promo_decision SET reason_partner = 'Other'"),
            INTEGRITY,
            "promo_decision_append_only",
        ),
        ("at once, over the limit", then(asked(&[]), &decision(&policy)), CHECK, "promo_decision_within_authority"),
        (
            "at once, by somebody else",
            with(&[("decider_id", "{person_olga}"), ("decider_name", "'Olga Orr'")]),
            CHECK,
            "promo_decision_by_authority_in_force",
        ),
        (
            "at once, with a lead's limit",
            with(&[
                (
                    "authority_id",
                    "(SELECT authority_id FROM authority WHERE programme_id = {giftware} AND role = 'lead')",
                ),
                ("largest_credit", "200"),
            ]),
            CHECK,
            "promo_decision_by_authority_in_force",
        ),
        ("at once, with a limit nobody set", with(&[("largest_credit", "40")]), FOREIGN, "promo_decision_authority"),
        ("at once, no", with(&[("verdict", "'rejected'")]), CHECK, "promo_decision_policy_at_once"),
        (
            "with a limit, as an owner",
            with(&[("by", "'owner'"), ("decider_id", "{person_olga}"), ("decider_name", "'Olga Orr'")]),
            CHECK,
            "promo_decision_policy_is_whole",
        ),
        (
            "at once, in another currency",
            with(&[]).replace("'GBP'", "'EUR'"),
            CHECK,
            "promo_decision_other_currency_by_owner",
        ),
    ];
    seed.all_refused(wrongs).await;
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
