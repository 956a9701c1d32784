//! Terms that end: what was read, decided and offered ends when it says, and nothing cites or promises it for longer.

use crate::seed::{Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const FOREIGN: &str = "23503";
const UNIQUE: &str = "23505";
const APPEND: &str = "23000";

/// Adam's 9 percent for Ana from 10 March on, until then; what of it is changed.
fn proposed(until: &str, changed: &[(&str, &str)]) -> String {
    let hash = format!(
        "proposal_hash({{giftware}}, 0, {{ana}}, 'rate', 'percent', 9, '2011-03-10Z', 'For spring', NULL, '{{}}'::jsonb, {until})"
    );
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_scope", "{ana}"),
        ("field", "'rate'"),
        ("kind", "'percent'"),
        ("value", "9"),
        ("value_before", "8"),
        ("valid_from", "'2011-03-10Z'"),
        ("valid_until", until),
        ("reason", "'For spring'"),
        ("proposer_id", "{person_adam}"),
        ("proposed_at", "'2011-03-06Z'"),
        ("content_hash", hash.as_str()),
    ];
    insert("proposal", &usual, changed)
}

/// Olga approves it, until then.
fn approved(until: &str) -> String {
    format!(
        "INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                               proposer_id, decider_id, reason_partner, valid_from, valid_until, decided_at)
         SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'approved', 'owner',
                proposer_id, {{person_olga}}, 'So be it', valid_from, {until}, '2011-03-07Z'
         FROM proposal WHERE reason = 'For spring'"
    )
}

/// It is in force, until then.
fn version(until: &str) -> String {
    format!(
        "INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, valid_from, valid_until, revision, proposal_id, recorded_at)
         SELECT d.programme_id, d.offer_scope, d.partner_scope, d.field, d.kind, d.value, d.valid_from, {until}, 1, d.proposal_id, d.decided_at
         FROM decision d JOIN proposal p USING (proposal_id) WHERE p.reason = 'For spring'"
    )
}

const APRIL: &str = "'2011-04-01Z'::timestamptz";
const RATE: &str = "(SELECT max(terms_version_id) FROM terms_version)";

#[sqlx::test(migrations = "../migrations")]
async fn an_end_is_read_decided_and_kept(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let whole =
        |decided: &str, kept: &str| format!("{}; {}; {}", proposed(APRIL, &[]), approved(decided), version(kept));
    seed.accepted(&whole(APRIL, APRIL)).await;
    seed.accepted(&whole("'2011-03-20Z'", "'2011-03-20Z'")).await;
    let after = |sql: &str| format!("{}; {sql}", whole(APRIL, APRIL));
    let promise = |until: &str| {
        format!(
            "INSERT INTO promise (terms_version_id, programme_id, offer_scope, partner_id, field, until, promised_by, promised_at)
             SELECT terms_version_id, programme_id, offer_scope, partner_scope, field, {until}, {{person_olga}}, '2011-03-07Z'
             FROM terms_version WHERE terms_version_id = {RATE}"
        )
    };
    let sale = |at: &str| {
        format!(
            "INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, booked_at)
             VALUES ({{giftware}}, {{ana}}, {{giftware-offer}}, 'sale', 'A-9', {at}, 100, 'GBP', '2011-05-01Z');
             INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id,
                                     hold_days, hold_version_id, order_amount)
             SELECT partner_id, conversion_id, offer_id, occurred_at, currency, 'percent', 9, {RATE}, 30, {{giftware_hold_days}}, amount
             FROM conversion WHERE order_id = 'A-9'"
        )
    };
    seed.accepted(&after(&promise(APRIL))).await;
    seed.accepted(&after(&sale("'2011-03-31T23:59:59Z'"))).await;
    let first = "INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                                       reason_partner, valid_from, valid_until, decided_at)
                 SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'approved', 'command',
                        reason, valid_from, valid_until, proposed_at FROM proposal WHERE reason = 'For spring'";
    let rejected =
        approved(APRIL).replace("'approved'", "'rejected'").replace("valid_from, '2011-04", "NULL, '2011-04");
    seed.all_refused(vec![
        ("an end at its start", proposed("'2011-03-10Z'", &[]), CHECK, "proposal_ends_after_its_start"),
        (
            "an end that was not read",
            proposed(APRIL, &[("valid_until", "'2011-05-01Z'")]),
            CHECK,
            "proposal_hash_is_of_content",
        ),
        (
            "no end, where one was read",
            proposed(APRIL, &[("valid_until", "'infinity'")]),
            CHECK,
            "proposal_hash_is_of_content",
        ),
        (
            "an approval for longer than proposed",
            format!("{}; {}", proposed(APRIL, &[]), approved("'2011-04-02Z'")),
            CHECK,
            "decision_not_beyond_proposed_end",
        ),
        (
            "an approval without the end",
            format!("{}; {}", proposed(APRIL, &[]), approved("'infinity'")),
            CHECK,
            "decision_not_beyond_proposed_end",
        ),
        (
            "an approval that ends at its start",
            format!("{}; {}", proposed(APRIL, &[]), approved("'2011-03-10Z'")),
            CHECK,
            "decision_ends_after_its_start",
        ),
        (
            "a rejection with an end",
            format!("{}; {rejected}", proposed(APRIL, &[])),
            CHECK,
            "decision_ends_after_its_start",
        ),
        (
            "first terms that end",
            format!("{}; {first}", proposed(APRIL, &[("proposer_id", "NULL")])),
            CHECK,
            "decision_first_terms_do_not_end",
        ),
        ("a version without the end", whole(APRIL, "'infinity'"), FOREIGN, "terms_version_ends_as_decided"),
        ("a version that ends later", whole("'2011-03-20Z'", APRIL), FOREIGN, "terms_version_ends_as_decided"),
        ("a promise for longer", after(&promise("'2011-04-02Z'")), CHECK, "promise_within_its_version"),
        ("a commission at its end", after(&sale(APRIL)), CHECK, "commission_cites_its_terms"),
    ])
    .await;
}

/// Olga offers 9 percent until then, in answer to Adam's 12; it can be accepted until 20 March.
fn offered(until: &str) -> String {
    let proposal = proposed(until, &[("proposer_id", "{person_olga}"), ("expires_at", "'2011-03-20Z'")]);
    format!(
        "INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                               proposer_id, decider_id, reason_partner, decided_at)
         SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'countered', 'owner',
                proposer_id, {{person_olga}}, 'Step by step', '2011-03-06Z' FROM proposal WHERE proposal_id = {{proposal_of_adam}};
         {proposal};
         INSERT INTO counter_offer (proposal_id, countered_id, programme_id, offer_scope, partner_id, field, kind, value, value_before,
                                    content_hash, made_by, made_at, expires_at)
         SELECT proposal_id, {{proposal_of_adam}}, programme_id, offer_scope, partner_scope, field, kind, value, value_before, content_hash,
                proposer_id, proposed_at, expires_at FROM proposal WHERE reason = 'For spring'"
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn an_offer_ends_after_it_can_be_accepted(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let answer = "INSERT INTO counter_answer (proposal_id, partner_id, answer, person_id, person_name, answered_at)
                  SELECT proposal_id, {ana}, 'accepted', {person_ana}, 'Ana Abbot', '2011-03-12Z' FROM counter_offer";
    let ends =
        format!("{}; {answer}; SELECT 1 / count(*) FROM terms_version WHERE valid_until = {APRIL}", offered(APRIL));
    seed.accepted(&ends).await;
    seed.all_refused(vec![(
        "an offer that ends when it can still be accepted",
        offered("'2011-03-20Z'"),
        CHECK,
        "counter_offer_ends_after_its_expiry",
    )])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_end_is_told_once_before_it_comes(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let told = |changed: &[(&str, &str)]| {
        let usual = [
            ("partner_id", "{ana}"),
            ("terms_version_id", RATE),
            ("programme_id", "{giftware}"),
            ("ends_at", APRIL),
            ("kind_after", "'percent'"),
            ("value_after", "8"),
            ("told_at", "'2011-03-25Z'"),
        ];
        format!(
            "{}; {}; {}; {}",
            proposed(APRIL, &[]),
            approved(APRIL),
            version(APRIL),
            insert("terms_ending", &usual, changed)
        )
    };
    seed.accepted(&told(&[])).await;
    let twice = format!("{}; INSERT INTO terms_ending SELECT * FROM terms_ending", told(&[]));
    seed.all_refused(vec![
        ("twice", twice, UNIQUE, "terms_ending_pkey"),
        ("another partner", told(&[("partner_id", "{bob}")]), CHECK, "terms_ending_as_decided"),
        ("another end", told(&[("ends_at", "'2011-04-02Z'")]), CHECK, "terms_ending_as_decided"),
        ("what does not end", told(&[("terms_version_id", "{giftware_rate}")]), CHECK, "terms_ending_as_decided"),
        ("before it began", told(&[("told_at", "'2011-03-09Z'")]), CHECK, "terms_ending_as_decided"),
        ("afterwards", told(&[("told_at", APRIL)]), CHECK, "terms_ending_told_before"),
        ("half of what counts then", told(&[("value_after", "NULL")]), CHECK, "terms_ending_after_whole"),
        ("changed", format!("{}; UPDATE terms_ending SET value_after = 9", told(&[])), APPEND, "terms_ending_append_only"),
        (
            "a mail about nothing that ends",
            "INSERT INTO mail_out (kind, partner_id, person_id, terms_ending_id, locale, signed_by, message_uid, written_at)
             VALUES ('terms', {ana}, {person_ana}, {giftware_rate}, 'en', 'Olga Orr', '<x@y>', '2011-03-25Z')"
                .into(),
            FOREIGN,
            "mail_out_terms_ending",
        ),
    ])
    .await;
}
