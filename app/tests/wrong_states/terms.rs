//! Proposals, decisions, versions: only what was approved takes effect, by somebody who may.

use crate::seed::{Column, Seed, Wrong, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";

/// A decision on a proposal that carries over what was proposed; the rest as given.
fn decide(proposal: &str, changed: &[Column<'_>]) -> String {
    let usual = [
        ("proposal_id", "proposal_id"),
        ("programme_id", "programme_id"),
        ("offer_scope", "offer_scope"),
        ("partner_scope", "partner_scope"),
        ("field", "field"),
        ("kind", "kind"),
        ("value", "value"),
        ("content_hash", "content_hash"),
        ("verdict", "'approved'"),
        ("by", "'owner'"),
        ("proposer_id", "proposer_id"),
        ("decider_id", "{person_olga}"),
        ("reason_partner", "'Well earned'"),
        ("valid_from", "'2011-03-10Z'"),
        ("decided_at", "'2011-03-06Z'"),
    ];
    format!("{} FROM proposal WHERE proposal_id = {proposal}", insert("decision", &usual, changed))
}

fn by_olga(changed: &[Column<'_>]) -> String {
    decide("{proposal_of_adam}", changed)
}

/// The version that follows from a decision.
fn version(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "programme_id"),
        ("offer_scope", "offer_scope"),
        ("partner_scope", "partner_scope"),
        ("field", "field"),
        ("kind", "kind"),
        ("value", "value"),
        ("valid_from", "valid_from"),
        ("revision", "2"),
        ("proposal_id", "proposal_id"),
        ("recorded_at", "decided_at"),
    ];
    format!("{} FROM decision WHERE proposal_id = {{proposal_of_adam}}", insert("terms_version", &usual, changed))
}

#[sqlx::test(migrations = "../migrations")]
async fn terms_are_what_was_decided(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let then = |sql: String| format!("{}; {sql}", by_olga(&[]));
    let undecided = "INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, valid_from, revision, proposal_id, recorded_at)
                     SELECT programme_id, offer_scope, partner_scope, field, kind, value, valid_from, 2, proposal_id, proposed_at
                     FROM proposal WHERE proposal_id = {proposal_of_adam}";
    let no = [("verdict", "'rejected'"), ("valid_from", "NULL")];
    let rejected = format!("{}; {}", by_olga(&no), version(&[("valid_from", "'2011-03-10Z'")]));
    let said_so =
        format!("{}; {}", by_olga(&no), version(&[("valid_from", "'2011-03-10Z'"), ("verdict", "'rejected'")]));
    let of = "terms_version_of_decision";
    seed.accepted(&then(version(&[]))).await;
    seed.all_refused(vec![
        ("terms that nobody decided", undecided.into(), FOREIGN, of),
        ("terms that were rejected", rejected, FOREIGN, of),
        ("terms that were rejected, and say so", said_so, CHECK, "terms_version_is_approved"),
        ("another value than decided", then(version(&[("value", "13")])), FOREIGN, of),
        ("another field than decided", then(version(&[("field", "'hold_days'")])), FOREIGN, of),
        ("for another partner than decided", then(version(&[("partner_scope", "{bob}")])), FOREIGN, of),
        ("for all offers instead of one", then(version(&[("offer_scope", "{giftware-offer}")])), FOREIGN, of),
        ("in another programme", then(version(&[("programme_id", "{travel}")])), FOREIGN, of),
        ("earlier than decided", then(version(&[("valid_from", "'2011-03-09Z'")])), FOREIGN, of),
        (
            "put into force twice",
            then(format!("{}; {}", version(&[]), version(&[("revision", "3")]))),
            UNIQUE,
            "terms_version_once_per_decision",
        ),
        (
            "two versions of one number",
            format!(
                "{}; {}",
                decide("{proposal_of_olga}", &[("decider_id", "{person_otis}")]),
                version(&[("revision", "1")]).replace("proposal_of_adam", "proposal_of_olga")
            ),
            UNIQUE,
            "terms_version_revision_once",
        ),
        ("version nothing", then(version(&[("revision", "0")])), CHECK, "terms_version_revision_positive"),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decision_is_on_what_was_read(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let read = "decision_of_what_was_read";
    seed.accepted(&by_olga(&[])).await;
    seed.all_refused(vec![
        ("on another value", by_olga(&[("value", "20")]), FOREIGN, read),
        ("on changed content", by_olga(&[("content_hash", "sha256('other')")]), FOREIGN, read),
        ("for somebody else", by_olga(&[("partner_scope", "{bob}")]), FOREIGN, read),
        ("for everybody", by_olga(&[("partner_scope", "0")]), FOREIGN, read),
        (
            "twice",
            format!(
                "{}; {}",
                by_olga(&[]),
                by_olga(&[("decider_id", "{person_otis}"), ("verdict", "'rejected'"), ("valid_from", "NULL")])
            ),
            UNIQUE,
            "decision_pkey",
        ),
        ("without a reason for the partner", by_olga(&[("reason_partner", "' '")]), CHECK, "decision_reason_not_blank"),
        ("approved without a start", by_olga(&[("valid_from", "NULL")]), CHECK, "decision_approved_has_start"),
        (
            "neither yes nor no",
            by_olga(&[("verdict", "'maybe'"), ("valid_from", "NULL")]),
            CHECK,
            "decision_verdict_known",
        ),
        (
            "in force before it was decided",
            by_olga(&[("decided_at", "'2011-03-11Z'")]),
            CHECK,
            "decision_not_retroactive",
        ),
        (
            "in force before the proposal's start",
            by_olga(&[("valid_from", "'2011-03-09Z'")]),
            CHECK,
            "decision_not_before_proposed_start",
        ),
        (
            "decided before it was proposed",
            by_olga(&[("decided_at", "'2011-03-04Z'")]),
            CHECK,
            "decision_after_its_proposal",
        ),
        (
            "decided after it expired",
            by_olga(&[("decided_at", "'2011-04-01Z'"), ("valid_from", "'2011-04-02Z'")]),
            CHECK,
            "decision_before_expiry",
        ),
        (
            "with another author than the proposal",
            by_olga(&[("proposer_id", "{person_otis}")]),
            CHECK,
            "decision_names_the_author",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_decider_is_another_owner(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let own = |changed: &[Column<'_>]| decide("{proposal_of_olga}", changed);
    let alone = [("sole_control", "true")];
    let without_otis = |how: &str| {
        format!("UPDATE {how} SET disabled_at = '2011-03-01Z' WHERE person_id = {{person_otis}}; {}", own(&alone))
    };
    // Where Otis is gone, from the staff or as a person, Olga may decide what she proposed; it says so.
    seed.accepted(&without_otis("staff")).await;
    seed.accepted(&without_otis("person")).await;
    seed.all_refused(vec![
        ("one's own proposal", own(&[]), CHECK, "decision_not_by_author"),
        ("alone, though there is another owner", own(&alone), CHECK, "decision_sole_control_only_when_alone"),
        (
            "alone, on another's proposal",
            format!(
                "UPDATE staff SET disabled_at = '2011-03-01Z' WHERE person_id = {{person_otis}}; {}",
                by_olga(&[("sole_control", "true")])
            ),
            CHECK,
            "decision_sole_control_only_when_alone",
        ),
        ("by an agent", own(&[("decider_id", "{person_adam}")]), CHECK, "decision_by_an_owner"),
        ("by a partner's member", by_olga(&[("decider_id", "{person_ana}")]), CHECK, "decision_by_an_owner"),
        ("by an owner who left", by_olga(&[("decider_id", "{person_dora}")]), CHECK, "decision_by_an_owner"),
        (
            "by an owner who can't sign in any more",
            format!(
                "UPDATE person SET disabled_at = '2011-03-01Z' WHERE person_id = {{person_olga}}; {}",
                by_olga(&[])
            ),
            CHECK,
            "decision_by_an_owner",
        ),
        ("by nobody", by_olga(&[("decider_id", "NULL")]), CHECK, "decision_by_an_owner"),
        ("by a command, with a name", by_olga(&[("by", "'command'")]), CHECK, "decision_has_decider"),
        ("by a machine", by_olga(&[("by", "'machine'")]), CHECK, "decision_by_known"),
    ])
    .await;
}

/// Adam lowers Ana's minimum by the policy of his role.
fn lower(proposed: &[Column<'_>], decided: &[Column<'_>]) -> String {
    let value = proposed.iter().find(|(name, _)| *name == "value").map_or("30", |(_, value)| *value);
    let field = proposed.iter().find(|(name, _)| *name == "field").map_or("'minimum'", |(_, field)| *field);
    let kind = if field == "'minimum'" { "'amount'" } else { "'days'" };
    let hash = format!(
        "proposal_hash({{giftware}}, 0, {{ana}}, {field}, {kind}, {value}, '2011-03-10Z', 'First payout', NULL)"
    );
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_scope", "{ana}"),
        ("field", "'minimum'"),
        ("kind", kind),
        ("value", "30"),
        ("value_before", "50"),
        ("valid_from", "'2011-03-10Z'::timestamptz"),
        ("reason", "'First payout'"),
        ("proposer_id", "{person_adam}"),
        ("proposed_at", "'2011-03-10Z'"),
        ("content_hash", hash.as_str()),
    ];
    let policy = [
        ("by", "'policy'"),
        ("decider_id", "{person_adam}"),
        ("decided_at", "'2011-03-10Z'"),
        ("authority_id", "{agent_authority_1}"),
        ("lowest_minimum", "20"),
    ];
    let decision = decide("(SELECT max(proposal_id) FROM proposal)", &crate::seed::but(&policy, decided));
    format!("{}; {decision}", insert("proposal", &usual, proposed))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_policy_lowers_a_minimum_and_does_nothing_else(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let within = "decision_by_policy_within_authority";
    seed.accepted(&lower(&[], &[])).await;
    let wrongs: Vec<Wrong> = vec![
        ("lower than the role may go", lower(&[("value", "19.99")], &[]), CHECK, within),
        (
            "by a limit that is not the role's",
            lower(&[("value", "5")], &[("lowest_minimum", "5")]),
            FOREIGN,
            "decision_authority",
        ),
        (
            "by the limit of an owner",
            lower(&[("value", "5")], &[("authority_id", "{owner_authority_1}"), ("lowest_minimum", "1")]),
            CHECK,
            "decision_by_authority_in_force",
        ),
        (
            "by the limit in another programme",
            lower(&[], &[("authority_id", "{agent_authority_2}")]),
            CHECK,
            "decision_by_authority_in_force",
        ),
        (
            "by a limit that was replaced",
            format!(
                "INSERT INTO authority (programme_id, role, lowest_minimum, largest_credit, valid_from)
                 VALUES ({{giftware}}, 'agent', 40, 25, '2011-03-01Z'); {}",
                lower(&[], &[])
            ),
            CHECK,
            "decision_by_authority_in_force",
        ),
        ("a higher minimum", lower(&[("value", "60")], &[]), CHECK, "decision_by_policy_only_lowers"),
        (
            "a higher minimum, called a lower one",
            lower(&[("value", "60"), ("value_before", "70")], &[]),
            CHECK,
            "decision_by_policy_only_lowers",
        ),
        (
            "a lower minimum than nothing",
            lower(&[("value_before", "NULL")], &[]),
            CHECK,
            "decision_by_policy_only_lowers",
        ),
        (
            "a shorter hold",
            lower(&[("field", "'hold_days'"), ("value", "25"), ("value_before", "30")], &[]),
            CHECK,
            within,
        ),
        (
            "for somebody else's proposal",
            lower(
                &[],
                &[("decider_id", "{person_olga}"), ("authority_id", "{owner_authority_1}"), ("lowest_minimum", "1")],
            ),
            CHECK,
            "decision_by_policy_is_own",
        ),
        (
            "by an agent who left",
            format!(
                "UPDATE staff SET disabled_at = '2011-03-01Z' WHERE person_id = {{person_adam}}; {}",
                lower(&[], &[])
            ),
            CHECK,
            "decision_by_authority_in_force",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_proposal_says_what_it_is(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let propose = |field: &str, kind: &str, value: &str, changed: &[Column<'_>]| {
        let hash =
            format!("proposal_hash({{giftware}}, 0, 0, {field}, {kind}, {value}, '2011-03-10Z', 'Why not', NULL)");
        let usual = [
            ("programme_id", "{giftware}"),
            ("field", field),
            ("kind", kind),
            ("value", value),
            ("valid_from", "'2011-03-10Z'::timestamptz"),
            ("reason", "'Why not'"),
            ("proposer_id", "{person_adam}"),
            ("proposed_at", "'2011-03-05Z'"),
            ("content_hash", hash.as_str()),
        ];
        insert("proposal", &usual, changed)
    };
    let fits = "proposal_value_fits";
    seed.accepted(&propose("'rate'", "'percent'", "9", &[])).await;
    let wrongs: Vec<Wrong> = vec![
        ("a digest of something else", propose("'rate'", "'percent'", "9", &[("reason", "'Because'")]), CHECK, "proposal_hash_is_of_content"),
        ("a kind that is not the field's", propose("'rate'", "'days'", "9", &[]), CHECK, "proposal_kind_fits"),
        ("more than everything", propose("'rate'", "'percent'", "100.01", &[]), CHECK, fits),
        ("less than nothing", propose("'rate'", "'percent'", "-1", &[]), CHECK, fits),
        ("a rate that is no number", propose("'rate'", "'percent'", "'NaN'", &[]), CHECK, fits),
        ("half a day", propose("'hold_days'", "'days'", "0.5", &[]), CHECK, fits),
        ("the thirtieth of every month", propose("'schedule'", "'monthly'", "30", &[]), CHECK, fits),
        ("perhaps validated", propose("'validation'", "'flag'", "2", &[]), CHECK, fits),
        (
            "a minimum for one offer",
            propose("'minimum'", "'amount'", "9", &[("offer_scope", "{giftware-offer}")]).replace(", 0, 0,", ", {giftware-offer}, 0,"),
            CHECK,
            "proposal_minimum_and_schedule_for_all_offers",
        ),
        (
            "for another programme's partner",
            propose("'rate'", "'percent'", "9", &[("partner_scope", "{zoe}")]).replace(", 0, 0,", ", 0, {zoe},"),
            FOREIGN,
            "proposal_partner",
        ),
        ("no reason", propose("'rate'", "'percent'", "9", &[("reason", "' '")]).replace("Why not", " "), CHECK, "proposal_reason_not_blank"),
        ("expired from the start", propose("'rate'", "'percent'", "9", &[("expires_at", "'2011-03-05Z'")]), CHECK, "proposal_expires_later"),
        (
            "first terms, set again by a command",
            format!(
                "{}; {}",
                propose("'rate'", "'percent'", "9", &[("proposer_id", "NULL")]),
                decide("(SELECT max(proposal_id) FROM proposal)", &[("by", "'command'"), ("decider_id", "NULL")])
            ),
            CHECK,
            "decision_by_command_comes_first",
        ),
        (
            "an authority without end",
            "INSERT INTO authority (programme_id, role, lowest_minimum, largest_credit, valid_from) VALUES ({giftware}, 'agent', 1, 'NaN', '2011-03-01Z')".into(),
            CHECK,
            "authority_not_negative",
        ),
    ];
    seed.all_refused(wrongs).await;
}
