//! Promo packages: their budgets, who is granted one, and what becomes of the money.

use crate::seed::{Column, Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

pub(super) const PACKAGE: &str = "(SELECT max(promo_package_id) FROM promo_package)";
pub(super) const GRANT: &str = "(SELECT max(promo_grant_id) FROM promo_grant)";

/// 30 for one confirmed sale in the first quarter.
pub(super) fn package(changed: &[Column<'_>]) -> String {
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

pub(super) fn budget(scope: &str, amount: &str, changed: &[Column<'_>]) -> String {
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
pub(super) fn grant(changed: &[Column<'_>]) -> String {
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
pub(super) fn decision(changed: &[Column<'_>]) -> String {
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

pub(super) fn step(step: &str, changed: &[Column<'_>]) -> String {
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
pub(super) fn asked(changed: &[Column<'_>]) -> String {
    let all = [package(changed), budget("0", "50", &[]), budget(PACKAGE, "50", &[]), grant(&[])];
    all.join(";")
}

pub(super) fn granted(changed: &[Column<'_>]) -> String {
    format!("{};{}", asked(changed), decision(&[]))
}

pub(super) fn then(before: String, sql: &str) -> String {
    format!("{before};{sql}")
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
