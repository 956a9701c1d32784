//! Rates with rules: their form, their way from a proposal to a version, and the places of commissions in their months.

use crate::seed::{Column, Seed, Wrong, but, insert, run};
use sqlx::PgPool;

const CHECK: &str = "23514";
const FOREIGN: &str = "23503";
const UNIQUE: &str = "23505";
const APPEND: &str = "23000";

const MARGINAL: &str =
    r#"{"by": "volume", "how": "marginal", "steps": [{"from": "0", "rate": "5"}, {"from": "150", "rate": "8"}]}"#;

/// A proposal of Adam's with a rule, for Ana.
fn propose(kind: &str, rule: &str, changed: &[Column<'_>]) -> String {
    let kind = format!("'{kind}'");
    let rule = format!("'{rule}'::jsonb");
    let hash =
        format!("proposal_hash({{giftware}}, 0, {{ana}}, 'rate', {kind}, 5, '1900-01-01Z', 'Grow', NULL, {rule})");
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_scope", "{ana}"),
        ("field", "'rate'"),
        ("kind", kind.as_str()),
        ("value", "5"),
        ("rule", rule.as_str()),
        ("valid_from", "'1900-01-01Z'"),
        ("reason", "'Grow'"),
        ("proposed_at", "'2011-01-02Z'"),
        ("content_hash", hash.as_str()),
    ];
    insert("proposal", &usual, changed)
}

const DECIDED: &str = "INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
        reason_partner, valid_from, decided_at)
    SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'approved', 'command', reason, valid_from, proposed_at
    FROM proposal WHERE proposal_id = (SELECT max(proposal_id) FROM proposal)";

fn version(rule: &str) -> String {
    format!(
        "INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, rule, valid_from, revision, proposal_id, recorded_at)
         SELECT programme_id, offer_scope, partner_scope, field, kind, value, '{rule}', valid_from, 1, proposal_id, decided_at
         FROM decision WHERE proposal_id = (SELECT max(proposal_id) FROM proposal)"
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rule_has_a_form(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let steps = |by: &str, how: &str, steps: &str| format!(r#"{{"by": "{by}", "how": "{how}", "steps": [{steps}]}}"#);
    let two = r#"{"from": "0", "rate": "5"}, {"from": "150", "rate": "8"}"#;
    for (kind, rule) in [
        ("percent", MARGINAL.to_owned()),
        ("percent", steps("volume", "whole", two)),
        ("percent", steps("count", "whole", two)),
        ("fixed", steps("count", "marginal", two)),
        ("fixed", steps("count", "whole", two)),
        ("fixed", steps("volume", "whole", two)),
        ("percent", r#"{"most_each": "12.5", "most_month": "100"}"#.to_owned()),
    ] {
        seed.accepted(&propose(kind, &rule, &[])).await;
    }
    let wrong = |what: &'static str, kind: &str, rule: &str| -> Wrong {
        (what, propose(kind, rule, &[]), CHECK, "proposal_rule_fits")
    };
    let bad_steps = |what, list: &str| wrong(what, "percent", &steps("volume", "whole", list));
    let changed = propose("percent", MARGINAL, &[("rule", r#"'{"most_each": "1"}'"#)]);
    seed.all_refused(vec![
        wrong("no object", "percent", "[]"),
        wrong("a word nobody knows", "percent", r#"{"least_each": "1"}"#),
        wrong("a figure that is a number", "percent", r#"{"most_each": 1}"#),
        wrong("a figure with idle zeros", "percent", r#"{"most_each": "1.50"}"#),
        wrong("a cap of nothing", "percent", r#"{"most_month": "0"}"#),
        wrong("a cap below nothing", "percent", r#"{"most_month": "-1"}"#),
        wrong("steps by nothing", "percent", r#"{"by": "volume", "how": "whole"}"#),
        wrong("by something else", "percent", &steps("weight", "whole", two)),
        wrong("in some other way", "percent", &steps("volume", "half", two)),
        wrong("parts of which order came when", "percent", &steps("count", "marginal", two)),
        wrong("amounts for parts of a volume", "fixed", &steps("volume", "marginal", two)),
        wrong("a cap for each beside steps", "percent", &MARGINAL.replace("{\"by\"", "{\"most_each\": \"1\", \"by\"")),
        bad_steps("one step", r#"{"from": "0", "rate": "5"}"#),
        bad_steps("a first step further on", r#"{"from": "1", "rate": "5"}, {"from": "2", "rate": "6"}"#),
        bad_steps("another first rate than the value", r#"{"from": "0", "rate": "6"}, {"from": "2", "rate": "6"}"#),
        bad_steps(
            "steps that stand still",
            r#"{"from": "0", "rate": "5"}, {"from": "2", "rate": "6"}, {"from": "2", "rate": "7"}"#,
        ),
        bad_steps("a whole month that pays less", r#"{"from": "0", "rate": "5"}, {"from": "2", "rate": "4"}"#),
        bad_steps("more than everything", r#"{"from": "0", "rate": "5"}, {"from": "2", "rate": "101"}"#),
        bad_steps("a step with more to say", r#"{"from": "0", "rate": "5"}, {"from": "2", "rate": "6", "or": "7"}"#),
        bad_steps("a step without a rate", r#"{"from": "0", "rate": "5"}, {"from": "2"}"#),
        bad_steps("a step that is none", r#"{"from": "0", "rate": "5"}, "2""#),
        wrong(
            "half an order",
            "percent",
            &steps("count", "whole", r#"{"from": "0", "rate": "5"}, {"from": "1.5", "rate": "6"}"#),
        ),
        ("a rule that was not read", changed, CHECK, "proposal_hash_is_of_content"),
        (
            "a version with another rule than was read",
            format!("{}; {DECIDED}; {}", propose("percent", MARGINAL, &[]), version(r#"{"most_each": "1"}"#)),
            FOREIGN,
            "terms_version_rule_of_proposal",
        ),
        (
            "a version without the rule that was read",
            format!("{}; {DECIDED}; {}", propose("percent", MARGINAL, &[]), version("{}")),
            FOREIGN,
            "terms_version_rule_of_proposal",
        ),
        (
            "a version with a rule that was not read",
            format!("{}; {DECIDED}; {}", propose("percent", "{}", &[]), version(MARGINAL)),
            FOREIGN,
            "terms_version_rule_of_proposal",
        ),
    ])
    .await;
}

const RATE: &str = "(SELECT max(terms_version_id) FROM terms_version)";

/// A sale of Ana's of 100, the n-th.
fn sale(order: &str) -> String {
    let order = format!("'{order}'");
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("offer_id", "{giftware-offer}"),
        ("kind", "'sale'"),
        ("order_id", order.as_str()),
        ("occurred_at", "'2011-03-05Z'"),
        ("amount", "100"),
        ("currency", "'GBP'"),
        ("booked_at", "'2011-03-06Z'"),
    ];
    insert("conversion", &usual, &[])
}

const FIRST: [Column<'static>; 11] = [
    ("partner_id", "{ana}"),
    ("conversion_id", "(SELECT max(conversion_id) FROM conversion)"),
    ("rate_version_id", RATE),
    ("currency", "'GBP'"),
    ("month", "'2011-03-01'::date"),
    ("place", "1"),
    ("order_amount", "100"),
    ("volume_before", "0"),
    ("earned_before", "0"),
    ("earned", "5"),
    ("amount", "5"),
];
const SECOND: [Column<'static>; 5] =
    [("place", "2"), ("volume_before", "100"), ("earned_before", "5"), ("earned", "6.5"), ("amount", "6.5")];

fn commission(amount: &str, changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("conversion_id", "(SELECT max(conversion_id) FROM conversion)"),
        ("offer_id", "{giftware-offer}"),
        ("occurred_at", "'2011-03-05Z'::timestamptz"),
        ("currency", "'GBP'"),
        ("rate_kind", "'priced'"),
        ("rate_value", amount),
        ("rate_version_id", RATE),
        ("hold_days", "30"),
        ("hold_version_id", "{giftware_hold_days}"),
        ("hold_until", "'2011-04-04Z'"),
        ("order_amount", "100"),
    ];
    insert("commission", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_place_follows_from_its_rule_and_the_place_before_it(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let terms = format!("{}; {DECIDED}; {}", propose("percent", MARGINAL, &[]), version(MARGINAL));
    let place = |changed: &[Column<'_>]| insert("commission_place", &FIRST, changed);
    let first = |changed: &[Column<'_>]| format!("{terms}; {}; {}", sale("A-8"), place(changed));
    let booked = format!("{}; {}", first(&[]), commission("5", &[]));
    let second = |changed: &[Column<'_>]| format!("{booked}; {}; {}", sale("A-9"), place(&but(&SECOND, changed)));
    let both = format!("{}; {}", second(&[]), commission("6.5", &[]));
    seed.accepted(&both).await;
    let (agrees, follows, priced) =
        ("commission_place_agrees_with_conversion", "commission_place_follows", "commission_place_priced_by_its_rule");
    let cites = "commission_cites_its_terms";
    seed.all_refused(vec![
        ("a place in another month", first(&[("month", "'2011-02-01'::date")]), CHECK, agrees),
        ("a place with another amount", first(&[("order_amount", "99")]), CHECK, agrees),
        ("a place of nothing", first(&[("conversion_id", "0")]), CHECK, agrees),
        ("a first place after others", first(&[("volume_before", "1")]), CHECK, follows),
        ("a place after a gap", second(&[("place", "3")]), CHECK, follows),
        ("a place that forgets what came before", second(&[("volume_before", "0")]), CHECK, follows),
        ("a place that earned more before", second(&[("earned_before", "6")]), CHECK, follows),
        ("a place taken twice", format!("{booked}; {}; {}", sale("A-9"), place(&[])), UNIQUE, "commission_place_once"),
        ("more than the steps give", second(&[("earned", "8"), ("amount", "8")]), CHECK, priced),
        ("less than the steps give", second(&[("amount", "6")]), CHECK, priced),
        ("a place by a rate without a rule", first(&[("rate_version_id", "{giftware_rate}")]), CHECK, priced),
        ("a place that costs", first(&[("amount", "-1")]), CHECK, "commission_place_never_costs"),
        ("a place without a commission", first(&[]), FOREIGN, "commission_place_commission"),
        (
            "a commission of more than its place",
            format!("{}; {}", first(&[]), commission("6", &[])),
            CHECK,
            "commission_priced_by_its_place",
        ),
        (
            "a commission without a place",
            format!("{terms}; {}; {}", sale("A-8"), commission("5", &[])),
            CHECK,
            "commission_priced_by_its_place",
        ),
        (
            "the first step's rate in place of the rule",
            format!("{}; {}", first(&[]), commission("5", &[("rate_kind", "'percent'")])),
            CHECK,
            cites,
        ),
        (
            "priced by a rate without a rule",
            format!("{}; {}", first(&[]), commission("5", &[("rate_version_id", "{giftware_rate}")])),
            CHECK,
            cites,
        ),
        (
            "a place moved",
            format!("{both}; UPDATE commission_place SET place = 7 WHERE place = 2"),
            APPEND,
            "commission_place_append_only",
        ),
        ("places emptied", format!("{both}; DELETE FROM commission_place"), APPEND, "commission_place_append_only"),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partner_sees_its_own_places_and_nobody_elses(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let terms = format!("{}; {DECIDED}; {}", propose("percent", MARGINAL, &[]), version(MARGINAL));
    let place = insert("commission_place", &FIRST, &[]);
    let booked = format!("{terms}; {}; {place}; {}", sale("A-8"), commission("5", &[]));
    let mut tx = seed.pool.begin().await.expect("begin");
    run(&mut tx, &seed.fill(&booked)).await.expect("booked");
    for (role, context, seen) in
        [("pd_partner", "{ana}", 1), ("pd_partner", "{bob}", 0), ("pd_partner", "", 0), ("pd_staff", "", 1)]
    {
        let context = seed.fill(context);
        run(&mut tx, &format!("SET LOCAL ROLE {role}; SET LOCAL pd.partner = '{context}'")).await.expect("role");
        let places: i64 =
            sqlx::query_scalar("SELECT count(*) FROM commission_place").fetch_one(&mut *tx).await.expect("count");
        assert_eq!(places, seen, "{role} {context}");
        run(&mut tx, "RESET ROLE").await.expect("reset");
    }
}
