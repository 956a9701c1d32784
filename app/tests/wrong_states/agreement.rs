//! Counter-offers, decreases, promises, requests, evidence and authority: tried past the application.

use crate::seed::{Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";

/// Olga answers Adam's 12 percent for Ana with an offer until 20 March; what is changed in it, and by what it is followed.
fn countered(offer: &[(&str, &str)], decision: &[(&str, &str)]) -> String {
    let decide = insert(
        "decision",
        &[
            ("proposal_id", "proposal_id"),
            ("programme_id", "programme_id"),
            ("offer_scope", "offer_scope"),
            ("partner_scope", "partner_scope"),
            ("field", "field"),
            ("kind", "kind"),
            ("value", "value"),
            ("content_hash", "content_hash"),
            ("verdict", "'countered'"),
            ("by", "'owner'"),
            ("proposer_id", "proposer_id"),
            ("decider_id", "{person_olga}"),
            ("reason_partner", "'Step by step'"),
            ("decided_at", "'2011-03-06Z'"),
        ],
        decision,
    );
    let make = insert(
        "counter_offer",
        &[
            ("proposal_id", "proposal_id"),
            ("countered_id", "{proposal_of_adam}"),
            ("programme_id", "programme_id"),
            ("offer_scope", "offer_scope"),
            ("partner_id", "partner_scope"),
            ("field", "field"),
            ("kind", "kind"),
            ("value", "value"),
            ("value_before", "value_before"),
            ("content_hash", "content_hash"),
            ("made_by", "proposer_id"),
            ("made_at", "proposed_at"),
            ("expires_at", "expires_at"),
        ],
        offer,
    );
    format!(
        "{decide} FROM proposal WHERE proposal_id = {{proposal_of_adam}}; {}; {make} FROM proposal WHERE reason = 'Step by step'",
        propose("Step by step", "10", "{ana}", "{person_olga}", "'2011-03-20Z'")
    )
}

fn propose(reason: &str, value: &str, partner: &str, by: &str, expires: &str) -> String {
    format!(
        "INSERT INTO proposal (programme_id, partner_scope, field, kind, value, value_before, valid_from, reason, proposer_id, proposed_at, expires_at, content_hash)
         SELECT {{giftware}}, {partner}, 'rate', 'percent', {value}, 8, '2011-03-10Z', '{reason}', {by}, '2011-03-06Z', {expires},
                proposal_hash({{giftware}}, 0, {partner}, 'rate', 'percent', {value}, '2011-03-10Z', '{reason}', NULL)"
    )
}

fn answer(changed: &[(&str, &str)]) -> String {
    let usual = [
        ("proposal_id", "proposal_id"),
        ("partner_id", "{ana}"),
        ("answer", "'accepted'"),
        ("person_id", "{person_ana}"),
        ("person_name", "'Ana Abbot'"),
        ("answered_at", "'2011-03-12Z'"),
    ];
    format!("{} FROM counter_offer", insert("counter_answer", &usual, changed))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_counter_offer_is_an_owners_and_its_partner_answers_once(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let plain = countered(&[], &[]);
    let then = |sql: String| format!("{plain}; {sql}");
    let of_bob = [("partner_id", "{bob}"), ("person_id", "{person_bob}"), ("person_name", "'Bob Bell'")];
    let nobody = [("person_id", "NULL"), ("person_name", "NULL")];
    let lapsed = |at| [("answer", "'lapsed'"), ("answered_at", at), nobody[0], nobody[1]];
    seed.accepted(&then(answer(&[]))).await;
    seed.accepted(&then(answer(&[("answer", "'declined'")]))).await;
    seed.accepted(&then(answer(&lapsed("'2011-03-20Z'")))).await;
    seed.all_refused(vec![
        ("after it expired", then(answer(&[("answered_at", "'2011-03-20Z'")])), CHECK, "counter_answer_before_expiry"),
        (
            "before it was made",
            then(answer(&[("answered_at", "'2011-03-05Z'")])),
            CHECK,
            "counter_answer_before_expiry",
        ),
        (
            "a second answer",
            then(format!("{}; {}", answer(&[]), answer(&[("answer", "'declined'")]))),
            UNIQUE,
            "counter_answer_pkey",
        ),
        (
            "accepted twice",
            then(format!("{}; {}", answer(&[]), answer(&[("answered_at", "'2011-03-13Z'")]))),
            UNIQUE,
            "counter_answer_pkey",
        ),
        ("another partner's", then(answer(&of_bob)), FOREIGN, "counter_answer_of_an_offer"),
        ("by another partner's member", then(answer(&of_bob[1..])), CHECK, "counter_answer_by_a_member"),
        ("by staff", then(answer(&[("person_id", "{person_olga}")])), CHECK, "counter_answer_by_a_member"),
        ("by nobody", then(answer(&nobody)), CHECK, "counter_answer_by_a_member"),
        ("lapsed by somebody", then(answer(&lapsed("'2011-03-20Z'")[..2])), CHECK, "counter_answer_by_someone"),
        ("maybe", then(answer(&[("answer", "'maybe'")])), CHECK, "counter_answer_known"),
        (
            "lapsed before it expired",
            then(answer(&lapsed("'2011-03-19Z'"))),
            CHECK,
            "counter_answer_lapses_after_expiry",
        ),
        ("by its author", countered(&[], &[("decider_id", "{person_adam}")]), CHECK, "decision_by_an_owner"),
        ("by who was no owner then", countered(&[], &[("decider_id", "{person_dora}")]), CHECK, "decision_by_an_owner"),
        (
            "without a decision",
            format!("{}; {}", propose("Step by step", "10", "{ana}", "{person_olga}", "'2011-03-20Z'"), offer_alone()),
            FOREIGN,
            "counter_offer_of_a_decision",
        ),
        ("of another owner", countered(&[("made_by", "{person_otis}")], &[]), CHECK, "counter_offer_of_its_owner"),
        (
            "another value than proposed",
            countered(&[("value", "11")], &[]),
            FOREIGN,
            "counter_offer_is_what_was_proposed",
        ),
        (
            "a later end than proposed",
            countered(&[("expires_at", "'2011-04-20Z'")], &[]),
            CHECK,
            "counter_offer_of_its_owner",
        ),
        (
            "without an offer",
            countered(&[], &[]).split("; ").next().unwrap().to_owned(),
            FOREIGN,
            "decision_countered_with_an_offer",
        ),
        (
            "approved by an owner",
            then(decide_the_offer("'owner'", "{person_otis}")),
            CHECK,
            "decision_of_an_offer_by_its_partner",
        ),
        (
            "accepted without an answer",
            then(decide_the_offer("'counter'", "{person_olga}")),
            FOREIGN,
            "decision_by_an_accepted_counter",
        ),
        (
            "accepted where nothing was offered",
            decide_the_offer("'counter'", "{person_olga}")
                .replace("reason = 'Step by step'", "proposal_id = {proposal_of_olga}"),
            CHECK,
            "decision_of_an_offer_by_its_partner",
        ),
    ])
    .await;
}

fn offer_alone() -> String {
    countered(&[], &[]).split("; ").nth(2).unwrap().to_owned()
}

fn decide_the_offer(by: &str, decider: &str) -> String {
    format!(
        "INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                               proposer_id, decider_id, reason_partner, valid_from, decided_at)
         SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'approved', {by},
                proposer_id, {decider}, 'Yes', '2011-03-15Z', '2011-03-12Z'
         FROM proposal WHERE reason = 'Step by step'"
    )
}

/// A rate for a partner that Adam proposes and Olga approves.
fn approve(reason: &str, value: &str, partner: &str, from: &str) -> String {
    format!(
        "{}; INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                               proposer_id, decider_id, reason_partner, valid_from, decided_at)
         SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'approved', 'owner',
                proposer_id, {{person_olga}}, 'So be it', {from}, '2011-03-06Z'
         FROM proposal WHERE reason = '{reason}';
         INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, valid_from, revision, proposal_id, recorded_at)
         SELECT d.programme_id, d.offer_scope, d.partner_scope, d.field, d.kind, d.value, d.valid_from,
                1 + (SELECT count(*) FROM terms_version t WHERE t.partner_scope = d.partner_scope AND t.field = d.field AND t.programme_id = d.programme_id),
                d.proposal_id, d.decided_at
         FROM decision d JOIN proposal p USING (proposal_id) WHERE p.reason = '{reason}'",
        propose(reason, value, partner, "{person_adam}", "NULL")
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decrease_keeps_notice_step_and_promise(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let promise = |by: &str| {
        format!(
            "INSERT INTO promise (terms_version_id, programme_id, offer_scope, partner_id, field, until, promised_by, promised_at)
             SELECT terms_version_id, programme_id, offer_scope, partner_scope, field, '2012-01-01Z', {by}, '2011-03-06Z'
             FROM terms_version WHERE partner_scope = {{bob}} AND field = 'rate'"
        )
    };
    let policy = |days: &str, step: &str, by: &str| {
        format!(
            "INSERT INTO decrease_policy (programme_id, notice_days, largest_step, valid_from, written_by, written_at)
             VALUES ({{giftware}}, {days}, {step}, '2011-03-01Z', {by}, '2011-03-01Z')"
        )
    };
    seed.accepted(&approve("Less", "8", "{bob}", "'2011-04-05Z'")).await;
    seed.accepted(&approve("More", "12", "{bob}", "'2011-03-10Z'")).await;
    seed.accepted(&format!(
        "{}; {}",
        policy("10", "50", "{person_olga}"),
        approve("Less", "5", "{bob}", "'2011-03-16Z'")
    ))
    .await;
    seed.accepted(&format!("{}; {}", promise("{person_olga}"), approve("Less", "9", "{bob}", "'2012-01-01Z'"))).await;
    seed.all_refused(vec![
        (
            "notice too short",
            approve("Less", "9", "{bob}", "'2011-04-04T23:59:59Z'"),
            CHECK,
            "decision_decrease_notice",
        ),
        ("too large a step", approve("Less", "7.99", "{bob}", "'2011-04-05Z'"), CHECK, "decision_decrease_step"),
        (
            "two steps in one notice period",
            format!(
                "{}; {}",
                approve("Less", "8", "{bob}", "'2011-04-05Z'"),
                approve("Still less", "7", "{bob}", "'2011-04-20Z'")
            ),
            CHECK,
            "decision_decrease_step",
        ),
        (
            "less than promised",
            format!("{}; {}", promise("{person_olga}"), approve("Less", "9", "{bob}", "'2011-12-31Z'")),
            CHECK,
            "decision_keeps_promise",
        ),
        ("promised by an agent", promise("{person_adam}"), CHECK, "promise_by_an_owner"),
        ("promised to everybody", promise("{person_olga}").replace("{bob}", "0"), CHECK, "promise_to_one_partner"),
        ("a policy by an agent", policy("10", "50", "{person_adam}"), CHECK, "policy_by_an_owner"),
        ("no notice", policy("0", "50", "{person_olga}"), CHECK, "decrease_policy_in_bounds"),
        ("no step", policy("10", "0", "{person_olga}"), CHECK, "decrease_policy_in_bounds"),
        (
            "a policy backwards",
            policy("10", "50", "{person_olga}").replace("'2011-03-01Z')", "'2011-03-02Z')"),
            CHECK,
            "decrease_policy_not_in_the_past",
        ),
    ])
    .await;
}

fn say(changed: &[(&str, &str)]) -> String {
    let usual = [
        ("partner_id", "{bob}"),
        ("terms_version_id", "terms_version_id"),
        ("answer", "'acknowledged'"),
        ("person_id", "{person_bob}"),
        ("person_name", "'Bob Bell'"),
        ("answered_at", "'2011-03-20Z'"),
    ];
    format!("{} FROM terms_notice", insert("terms_answer", &usual, changed))
}

/// Puts back what Bob had, and says so.
fn stop(value: &str, by: &str, at: &str) -> String {
    format!(
        "INSERT INTO proposal (programme_id, partner_scope, field, kind, value, value_before, valid_from, reason, proposer_id, proposed_at, content_hash)
         SELECT {{giftware}}, {{bob}}, 'rate', 'percent', {value}, 9, '2011-04-10Z', 'Stop', {by}, {at},
                proposal_hash({{giftware}}, 0, {{bob}}, 'rate', 'percent', {value}, '2011-04-10Z', 'Stop', NULL);
         INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                               proposer_id, decider_id, reason_partner, valid_from, decided_at)
         SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'approved', 'stop',
                proposer_id, proposer_id, 'Stop', valid_from, proposed_at FROM proposal WHERE reason = 'Stop';
         INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, valid_from, revision, proposal_id, recorded_at)
         SELECT programme_id, offer_scope, partner_scope, field, kind, value, valid_from, 9, proposal_id, proposed_at FROM proposal WHERE reason = 'Stop';
         INSERT INTO stopped_change (partner_id, terms_version_id, proposal_id, stopped_by, stopped_at)
         SELECT n.partner_id, n.terms_version_id, p.proposal_id, p.proposer_id, p.proposed_at FROM terms_notice n, proposal p WHERE p.reason = 'Stop'"
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decrease_is_answered_in_its_time_and_stopped_by_an_owner(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let less = approve("Less", "9", "{bob}", "'2011-04-10Z'");
    let then = |sql: String| format!("{less}; {sql}");
    let silent = |at| [("answer", "'silent'"), ("person_id", "NULL"), ("person_name", "NULL"), ("answered_at", at)];
    let in_force = "DO $$ BEGIN ASSERT (SELECT value FROM terms_at({giftware}, 0, {bob}, '2011-04-10Z') WHERE field = 'rate') = 10; END $$";
    seed.accepted(&then(say(&[]))).await;
    seed.accepted(&then(say(&silent("'2011-04-10Z'")))).await;
    seed.accepted(&then(format!("{}; {in_force}", stop("10", "{person_otis}", "'2011-03-25Z'")))).await;
    seed.all_refused(vec![
        ("after it applies", then(say(&[("answered_at", "'2011-04-10Z'")])), CHECK, "terms_answer_in_its_time"),
        ("silence before it applies", then(say(&silent("'2011-04-09Z'"))), CHECK, "terms_answer_in_its_time"),
        ("twice", then(format!("{}; {}", say(&[]), say(&[]))), UNIQUE, "terms_answer_pkey"),
        ("for another partner", then(say(&[("partner_id", "{ana}")])), CHECK, "terms_answer_by_a_member"),
        ("by another's member", then(say(&[("person_id", "{person_ana}")])), CHECK, "terms_answer_by_a_member"),
        (
            "an objection without a case",
            then(say(&[("answer", "'objected'")])),
            CHECK,
            "terms_answer_objection_has_a_case",
        ),
        (
            "stopped by an agent",
            then(stop("10", "{person_adam}", "'2011-03-25Z'")),
            CHECK,
            "stopped_change_by_an_owner",
        ),
        (
            "stopped by who left",
            then(stop("10", "{person_dora}", "'2011-03-25Z'")),
            CHECK,
            "stopped_change_by_an_owner",
        ),
        (
            "stopped with something else",
            then(stop("11", "{person_otis}", "'2011-03-25Z'")),
            CHECK,
            "stopped_change_puts_back",
        ),
        (
            "stopped when it applies",
            then(stop("10", "{person_otis}", "'2011-04-10Z'")),
            CHECK,
            "stopped_change_before_it_applies",
        ),
        (
            "a stop that stops nothing",
            stop("10", "{person_otis}", "'2011-03-25Z'")
                .split("INSERT INTO stopped_change")
                .next()
                .unwrap()
                .trim_end()
                .trim_end_matches(';')
                .to_owned(),
            FOREIGN,
            "decision_stops_something",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn requests_and_evidence_are_what_they_say(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let ask = |changed: &[(&str, &str)]| {
        let usual = [
            ("partner_id", "{ana}"),
            ("programme_id", "{giftware}"),
            ("field", "'rate'"),
            ("wish", "12"),
            ("reason", "'We grow'"),
            ("person_id", "{person_ana}"),
            ("person_name", "'Ana Abbot'"),
            ("asked_at", "'2011-03-01Z'"),
            ("form_key", "gen_random_uuid()"),
        ];
        insert("terms_request", &usual, changed)
    };
    let take_up = |changed: &[(&str, &str)]| {
        let usual = [
            ("terms_request_id", "terms_request_id"),
            ("partner_id", "partner_id"),
            ("answer", "'taken_up'"),
            ("proposal_id", "{proposal_of_adam}"),
            ("decide_by", "'2011-04-01Z'"),
            ("answered_by", "{person_adam}"),
            ("answered_at", "'2011-03-05Z'"),
        ];
        format!("{}; {} FROM terms_request", ask(&[]), insert("terms_request_answer", &usual, changed))
    };
    let with = |evidence: &str| {
        propose("Shown", "13", "{ana}", "{person_adam}", "NULL")
            .replace("content_hash)", "evidence, content_hash)")
            .replace("NULL,\n", &format!("NULL, '{evidence}',\n"))
    };
    let case = r#"[{"kind": "case", "case": {dispute}, "snapshot": {"label": "Order A-1", "text": ""}}]"#;
    let decide = |hash: &str| {
        format!(
            "{}; INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                                proposer_id, decider_id, reason_partner, valid_from, decided_at, evidence_hash)
             SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'approved', 'owner',
                    proposer_id, {{person_olga}}, 'Yes', '2011-03-15Z', '2011-03-12Z', {hash} FROM proposal WHERE reason = 'Shown'",
            with(case)
        )
    };
    seed.accepted(&take_up(&[])).await;
    seed.accepted(&decide("evidence_hash")).await;
    seed.all_refused(vec![
        ("asked by a stranger", ask(&[("person_id", "{person_bob}")]), CHECK, "terms_request_by_a_member"),
        ("asked twice", format!("{}; {}", ask(&[]), ask(&[])), CHECK, "terms_request_one_open"),
        ("without a reason", ask(&[("reason", "' '")]), CHECK, "terms_request_reason_not_blank"),
        ("of something else", ask(&[("field", "'hold_days'")]), CHECK, "terms_request_field_known"),
        ("too much", ask(&[("wish", "101")]), CHECK, "terms_request_wish_fits"),
        ("taken up by a partner", take_up(&[("answered_by", "{person_ana}")]), CHECK, "terms_request_answer_by_the_desk"),
        ("taken up with another's proposal", take_up(&[("proposal_id", "{proposal_of_olga}")]), CHECK, "terms_request_answer_of_the_request"),
        ("taken up with nothing", take_up(&[("proposal_id", "NULL")]), CHECK, "terms_request_answer_whole"),
        ("answered before it was asked", take_up(&[("answered_at", "'2011-02-05Z'")]), CHECK, "terms_request_answer_later"),
        ("decided without its evidence", decide("evidence_hash('[]')"), FOREIGN, "decision_of_the_evidence_read"),
        ("evidence added later", format!(
            "{}; INSERT INTO proposal_evidence (proposal_id, nth, partner_id, kind, case_id, snapshot)
             SELECT proposal_id, 2, {{ana}}, 'case', {{question}}, '{{\"label\": \"x\"}}' FROM proposal WHERE reason = 'Shown'", with(case)), CHECK, "proposal_evidence_as_covered"),
        ("evidence of another partner", with(case).replace("{ana}", "{bob}"), FOREIGN, "proposal_evidence_case"),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn limits_and_floors_are_the_owners_to_set(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let authority = |changed: &[(&str, &str)]| {
        let usual = [
            ("programme_id", "{giftware}"),
            ("role", "'person'"),
            ("person_id", "{person_adam}"),
            ("lowest_minimum", "5"),
            ("largest_credit", "100"),
            ("valid_from", "'2011-03-01Z'"),
            ("written_by", "{person_olga}"),
            ("written_at", "'2011-03-01Z'"),
        ];
        insert("authority", &usual, changed)
    };
    let floor = |changed: &[(&str, &str)]| {
        let usual = [
            ("programme_id", "{giftware}"),
            ("partner_scope", "{ana}"),
            ("floor", "30"),
            ("valid_from", "'2011-03-01Z'"),
            ("written_by", "{person_olga}"),
            ("written_at", "'2011-03-01Z'"),
        ];
        insert("margin_floor", &usual, changed)
    };
    seed.accepted(&authority(&[])).await;
    seed.accepted(&floor(&[])).await;
    seed.all_refused(vec![
        ("limits by an agent", authority(&[("written_by", "{person_adam}")]), CHECK, "policy_by_an_owner"),
        ("limits by who left", authority(&[("written_by", "{person_dora}")]), CHECK, "policy_by_an_owner"),
        ("limits backwards", authority(&[("valid_from", "'2011-02-01Z'")]), CHECK, "authority_not_in_the_past"),
        ("a person's as a role's", authority(&[("role", "'agent'")]), CHECK, "authority_role_known"),
        ("two at once", format!("{}; {}", authority(&[]), authority(&[])), UNIQUE, "authority_version_once"),
        (
            "a role's taken back",
            authority(&[("role", "'agent'"), ("person_id", "NULL"), ("withdrawn", "true")]),
            CHECK,
            "authority_of_a_role_stays",
        ),
        ("a floor by an agent", floor(&[("written_by", "{person_adam}")]), CHECK, "policy_by_an_owner"),
        ("a floor over everything", floor(&[("floor", "101")]), CHECK, "margin_floor_is_percent"),
        (
            "a floor of another programme's partner",
            floor(&[("partner_scope", "{zoe}")]),
            FOREIGN,
            "margin_floor_partner",
        ),
        (
            "no floor for nothing",
            floor(&[("floor", "NULL"), ("partner_scope", "0")]),
            CHECK,
            "margin_floor_of_something",
        ),
    ])
    .await;
}
