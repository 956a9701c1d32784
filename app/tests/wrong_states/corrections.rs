//! Corrections of past rates: what is proposed is what the rate makes of the commissions, what is decided was read and still is,
//! and each item is booked whole, once, by an adjustment of its own.

use crate::seed::{Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const FOREIGN: &str = "23503";
const UNIQUE: &str = "23505";
const APPEND: &str = "23000";

/// Adam proposes 10 percent for Ana's commissions of the first days of March: of A-1, 100 at 8.
fn proposed(changed: &[(&str, &str)], items: &str) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("kind", "'percent'"),
        ("value", "10"),
        ("rule", "'{}'::jsonb"),
        ("since", "'2011-03-01Z'"),
        ("until", "'2011-03-03Z'"),
        ("reason", "'Agreed before'"),
        ("items", "s.items"),
        ("sums", "s.sums"),
        ("digest", "s.digest"),
        ("proposer_id", "{person_adam}"),
        ("proposed_at", "'2011-03-06Z'"),
        ("expires_at", "'2011-04-01Z'"),
        ("form_key", "gen_random_uuid()"),
        (
            "content_hash",
            "correction_hash({giftware}, {ana}, 0, 'percent', 10, '{}', '2011-03-01Z', '2011-03-03Z', 'Agreed before', s.sums, s.digest)",
        ),
    ];
    format!(
        "{} FROM correction_summary({{giftware}}, {{ana}}, 0, 'percent', 10, '{{}}', '2011-03-01Z', '2011-03-03Z') s; {items}",
        insert("correction", &usual, changed)
    )
}

const ITEMS: &str = "INSERT INTO correction_item (partner_id, correction_id, conversion_id, currency, was, credited, should_be)
    SELECT c.partner_id, c.correction_id, p.conversion_id, p.currency, p.was, p.credited, p.should_be
    FROM correction c, correction_prices(c.programme_id, c.partner_id, c.offer_scope, c.kind, c.value, c.rule, c.since, c.until) p";

fn decided(changed: &[(&str, &str)]) -> String {
    let usual = [
        ("correction_id", "correction_id"),
        ("partner_id", "partner_id"),
        ("proposer_id", "proposer_id"),
        ("content_hash", "content_hash"),
        ("verdict", "'approved'"),
        ("decider_id", "{person_olga}"),
        ("reason_partner", "'You are right'"),
        ("decided_at", "'2011-03-07Z'"),
    ];
    format!("SET CONSTRAINTS ALL IMMEDIATE; {} FROM correction", insert("correction_decision", &usual, changed))
}

const BOOKED: &str = "SELECT book_correction((SELECT max(correction_id) FROM correction), 10, '2011-03-08Z')";

#[sqlx::test(migrations = "../migrations")]
async fn a_correction_is_what_its_rate_makes_of_the_commissions(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&proposed(&[], ITEMS)).await;
    let with = |what, column: (&'static str, &'static str), name| (what, proposed(&[column], ITEMS), CHECK, name);
    let priced =
        |what, sql: &str| (what, proposed(&[], &ITEMS.replace("p.should_be\n", sql)), CHECK, "correction_is_its_items");
    let hash = |rate: &str| {
        format!(
            "correction_hash({{giftware}}, {{ana}}, 0, 'percent', {rate}, '{{}}', '2011-03-01Z', '2011-03-03Z', 'Agreed before', s.sums, s.digest)"
        )
    };
    let eleven = hash("11");
    let second = "INSERT INTO correction_item SELECT partner_id, correction_id, (SELECT conversion_id FROM conversion WHERE order_id = 'A-2'), currency,
                  was, credited, should_be FROM correction_item";
    seed.all_refused(vec![
        with("another rate than was read", ("value", "11"), "correction_hash_is_of_content"),
        with("another reason", ("reason", "'Because'"), "correction_hash_is_of_content"),
        with("other sums", ("sums", "'[]'"), "correction_hash_is_of_content"),
        with("no reason", ("reason", "' '"), "correction_reason_not_blank"),
        with("more than everything", ("value", "101"), "correction_rate_fits"),
        with("a rule that is none", ("rule", "'{\"least\": \"1\"}'::jsonb"), "correction_rate_fits"),
        with("a time that isn't over", ("until", "'2011-03-07Z'"), "correction_of_the_past"),
        with("no time", ("until", "'2011-03-01Z'"), "correction_of_the_past"),
        with("expired at once", ("expires_at", "'2011-03-06Z'"), "correction_expires_later"),
        with("of nothing", ("items", "0"), "correction_changes_something"),
        with("of another partner's", ("partner_id", "{zoe}"), "correction_hash_is_of_content"),
        with("more items than there are", ("items", "2"), "correction_item_with_its_correction"),
        (
            "figures of another rate",
            proposed(&[("value", "11"), ("content_hash", eleven.as_str())], ITEMS),
            CHECK,
            "correction_is_its_items",
        ),
        ("without its items", proposed(&[], "SELECT 1"), CHECK, "correction_is_its_items"),
        priced("an item for more", "p.should_be + 1\n"),
        (
            "an item that takes",
            proposed(&[], &ITEMS.replace("p.should_be\n", "p.was\n")),
            CHECK,
            "correction_item_never_takes",
        ),
        ("an item more", proposed(&[], &format!("{ITEMS}; {second}")), CHECK, "correction_item_with_its_correction"),
        (
            "an item changed",
            proposed(&[], &format!("{ITEMS}; UPDATE correction_item SET should_be = 11")),
            APPEND,
            "correction_item_append_only",
        ),
        (
            "changed afterwards",
            proposed(&[], &format!("{ITEMS}; UPDATE correction SET reason = 'x'")),
            APPEND,
            "correction_append_only",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_owner_who_is_not_its_author_decides_what_still_is(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let then = |sql: &str| format!("{}; {sql}", proposed(&[], ITEMS));
    let with = |what, column: (&'static str, &'static str), code, name| (what, then(&decided(&[column])), code, name);
    let own = [("proposer_id", "{person_olga}")];
    let by_olga = |sql: &str| format!("{}; {sql}", proposed(&own, ITEMS));
    let refunded = format!(
        "SET CONSTRAINTS ALL IMMEDIATE; UPDATE commission SET refunded = 10 WHERE conversion_id = {{a-1}}; {}",
        decided(&[])
    );
    seed.accepted(&then(&decided(&[]))).await;
    seed.accepted(&then(&decided(&[("verdict", "'rejected'")]))).await;
    let twice = format!("{}; {}", decided(&[]), decided(&[("decider_id", "{person_otis}")]));
    let overlap =
        format!("{}; {}; {}", proposed(&[], ITEMS), decided(&[]), decided(&[("decider_id", "{person_otis}")]));
    seed.all_refused(vec![
        ("by its author", by_olga(&decided(&[])), CHECK, "correction_decision_not_by_author"),
        (
            "alone, where there is another owner",
            by_olga(&decided(&[("sole_control", "true")])),
            CHECK,
            "correction_decision_sole_control_only_when_alone",
        ),
        with("by an agent", ("decider_id", "{person_adam}"), CHECK, "correction_decision_by_an_owner"),
        with("by who was no owner then", ("decider_id", "{person_dora}"), CHECK, "correction_decision_by_an_owner"),
        with("not what was read", ("content_hash", "sha256('x')"), FOREIGN, "correction_decision_of_what_was_read"),
        with("of another author", ("proposer_id", "{person_otis}"), FOREIGN, "correction_decision_of_what_was_read"),
        with("before it was proposed", ("decided_at", "'2011-03-05Z'"), CHECK, "correction_decision_in_its_time"),
        with("after it expired", ("decided_at", "'2011-04-01Z'"), CHECK, "correction_decision_in_its_time"),
        with("neither yes nor no", ("verdict", "'countered'"), CHECK, "correction_decision_verdict_known"),
        with("without a reason", ("reason_partner", "''"), CHECK, "correction_decision_reason_not_blank"),
        ("after a refund", then(&refunded), CHECK, "correction_decision_of_what_is"),
        // The first one's item is not missing any more; its key says so first, or what is left says it.
        ("decided twice", then(&twice), CHECK, "correction_decision_of_what_is"),
        (
            "rejected after it was approved",
            then(&format!("{}; {}", decided(&[]), decided(&[("verdict", "'rejected'")]))),
            UNIQUE,
            "correction_decision_pkey",
        ),
        (
            "taken back",
            then(&format!("{}; DELETE FROM correction_decision", decided(&[]))),
            APPEND,
            "correction_decision_append_only",
        ),
        ("decided by two", overlap, CHECK, "correction_decision_of_what_is"),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn each_item_is_booked_once_by_an_adjustment_of_its_own(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let approved = format!("{}; {}", proposed(&[], ITEMS), decided(&[]));
    let then = |sql: &str| format!("{approved}; {sql}");
    let transfer = |amount: &str, conversion: &str| {
        format!(
            "INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, effective_at, booked_at)
             VALUES ({{giftware}}, {{ana}}, 'adjustment', 'adjustment_cost', 'payable', {amount}, 'GBP', {conversion}, '2011-03-08Z', '2011-03-08Z')"
        )
    };
    let booking = |changed: &[(&str, &str)]| {
        let usual = [
            ("partner_id", "i.partner_id"),
            ("correction_id", "i.correction_id"),
            ("conversion_id", "i.conversion_id"),
            ("amount", "i.amount"),
            ("currency", "i.currency"),
            ("transfer_id", "(SELECT max(transfer_id) FROM transfer)"),
            ("booked_at", "'2011-03-08Z'"),
        ];
        format!("{} FROM correction_item i", insert("correction_booking", &usual, changed))
    };
    let whole = format!("SET CONSTRAINTS ALL DEFERRED; {}; {}", transfer("2", "{a-1}"), booking(&[]));
    let deferred =
        |transfer: String, booking: String| then(&format!("SET CONSTRAINTS ALL DEFERRED; {transfer}; {booking}"));
    seed.accepted(&then(BOOKED)).await;
    seed.accepted(&then(&whole)).await;
    let end = "INSERT INTO correction_end (correction_id, partner_id, ended_at) SELECT correction_id, partner_id, '2011-03-09Z' FROM correction";
    seed.all_refused(vec![
        (
            "a transfer without its item",
            then(&format!("SET CONSTRAINTS ALL DEFERRED; {}", transfer("2", "{a-1}"))),
            CHECK,
            "transfer_adjustment_is_decided",
        ),
        ("twice", then(&format!("{BOOKED}; {whole}")), UNIQUE, "correction_booking_pkey"),
        (
            "more than the item",
            deferred(transfer("3", "{a-1}"), booking(&[("amount", "3")])),
            FOREIGN,
            "correction_booking_of_an_item",
        ),
        (
            "by a transfer of more",
            deferred(transfer("3", "{a-1}"), booking(&[])),
            FOREIGN,
            "correction_booking_transfer",
        ),
        (
            "by a transfer about something else",
            deferred(transfer("2", "{a-2}"), booking(&[])),
            CHECK,
            "correction_booking_by_an_adjustment",
        ),
        (
            "before it was approved",
            format!("{}; {whole}", proposed(&[], ITEMS)),
            FOREIGN,
            "correction_booking_of_a_decision",
        ),
        (
            "after it was rejected",
            format!("{}; {}; {whole}", proposed(&[], ITEMS), decided(&[("verdict", "'rejected'")])),
            FOREIGN,
            "correction_booking_of_a_decision",
        ),
        (
            "as rejected",
            format!(
                "{}; {}; {}",
                proposed(&[], ITEMS),
                decided(&[("verdict", "'rejected'")]),
                whole
                    .replace("\"booked_at\")", "\"booked_at\", verdict)")
                    .replace("'2011-03-08Z' FROM correction_item", "'2011-03-08Z', 'rejected' FROM correction_item")
            ),
            CHECK,
            "correction_booking_is_approved",
        ),
        ("over before it is booked", then(end), CHECK, "correction_end_when_all_is_booked"),
        ("over twice", then(&format!("{BOOKED}; {end}")), UNIQUE, "correction_end_pkey"),
        (
            "unbooked",
            then(&format!("{BOOKED}; DELETE FROM correction_booking")),
            APPEND,
            "correction_booking_append_only",
        ),
    ])
    .await;
}
