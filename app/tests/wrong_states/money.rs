//! Transfers, accounts, conversions, commissions.

use crate::seed::{Column, Seed, but, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

/// 1.00 of what Ana has to get, taken back, with some columns changed.
fn transfer(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("kind", "'rejection'"),
        ("debit_kind", "'payable'"),
        ("credit_kind", "'commission_cost'"),
        ("conversion_id", "{a-2}"),
        ("event_id", "'reject-A-2'"),
        ("amount", "1"),
        ("currency", "'GBP'"),
        ("effective_at", "'2011-03-05Z'"),
        ("booked_at", "'2011-03-05Z'"),
    ];
    insert("transfer", &usual, changed)
}

/// What a conversion earned, once more.
fn accrual(changed: &[Column<'_>]) -> String {
    let again = [
        ("kind", "'accrual'"),
        ("debit_kind", "'commission_cost'"),
        ("credit_kind", "'pending'"),
        ("conversion_id", "{a-1}"),
        ("event_id", "'sale-A-1'"),
    ];
    transfer(&but(&again, changed))
}

fn refund(changed: &[Column<'_>]) -> String {
    let back = [
        ("kind", "'refund'"),
        ("debit_kind", "'payable'"),
        ("credit_kind", "'commission_cost'"),
        ("conversion_id", "{a-2}"),
    ];
    transfer(&but(&back, changed))
}

fn reversal(changed: &[Column<'_>]) -> String {
    let mirror = [
        ("kind", "'reversal'"),
        ("debit_kind", "'payable'"),
        ("credit_kind", "'adjustment_cost'"),
        ("amount", "5"),
        ("reverses", "{adjustment}"),
    ];
    transfer(&but(&mirror, changed))
}

#[sqlx::test(migrations = "../migrations")]
async fn money_moves_whole_and_between_two_accounts_of_one_partner(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&transfer(&[])).await;
    seed.all_refused(vec![
        ("an amount of nothing", transfer(&[("amount", "0")]), CHECK, "transfer_amount_positive"),
        ("an amount below zero", transfer(&[("amount", "-1")]), CHECK, "transfer_amount_positive"),
        ("an amount that is no number", transfer(&[("amount", "'NaN'")]), CHECK, "transfer_amount_positive"),
        ("an amount without end", transfer(&[("amount", "'Infinity'")]), CHECK, "transfer_amount_positive"),
        ("a tenth of a penny", transfer(&[("amount", "0.001")]), CHECK, "transfer_amount_in_minor_units"),
        (
            "from an account to itself",
            transfer(&[("credit_kind", "'payable'")]),
            CHECK,
            "transfer_between_two_accounts",
        ),
        ("from payable to the bank at once", transfer(&[("credit_kind", "'paid'")]), CHECK, "transfer_route_known"),
        (
            "out of the cash box",
            transfer(&[("debit_kind", "'cash'"), ("credit_kind", "'payable'")]),
            CHECK,
            "transfer_route_known",
        ),
        ("in a currency without accounts", transfer(&[("currency", "'EUR'")]), FOREIGN, "transfer_debit_account"),
        ("in another programme's books", transfer(&[("programme_id", "{travel}")]), FOREIGN, "transfer_debit_account"),
        ("of a partner who is none", transfer(&[("partner_id", "999")]), FOREIGN, "transfer_debit_account"),
        (
            "to a programme's account in a foreign currency",
            format!(
                "DELETE FROM account WHERE holder_id = 0 AND kind = 'cash'; {}",
                reversal(&[("currency", "'JPY'")])
            ),
            FOREIGN,
            "transfer_debit_account",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_conversion_earns_once_and_gives_back_once(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&refund(&[("event_id", "'another'")])).await;
    seed.all_refused(vec![
        ("a second accrual", accrual(&[]), UNIQUE, "transfer_once"),
        ("a second accrual by another event", accrual(&[("event_id", "'sale-A-1b'")]), UNIQUE, "transfer_once"),
        (
            "a second release",
            transfer(&[
                ("kind", "'release'"),
                ("debit_kind", "'pending'"),
                ("credit_kind", "'payable'"),
                ("conversion_id", "{a-2}"),
                ("event_id", "'x'"),
            ]),
            UNIQUE,
            "transfer_once",
        ),
        ("the same refund twice", refund(&[("event_id", "'refund-A-2'")]), UNIQUE, "transfer_once"),
        (
            "the same refund from both of a partner's accounts",
            refund(&[("event_id", "'refund-A-2'"), ("debit_kind", "'pending'")]),
            UNIQUE,
            "transfer_once",
        ),
        ("a refund without its event", refund(&[("event_id", "NULL")]), CHECK, "transfer_cites_its_event"),
        ("an accrual of no conversion", accrual(&[("conversion_id", "NULL")]), CHECK, "transfer_about_a_conversion"),
        (
            "an accrual of a conversion that is not there",
            accrual(&[("conversion_id", "999")]),
            FOREIGN,
            "transfer_conversion",
        ),
        (
            "an accrual of somebody else's conversion",
            accrual(&[("conversion_id", "{b-1}")]),
            FOREIGN,
            "transfer_conversion",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reversal_is_one_exact_mirror(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&reversal(&[])).await;
    seed.all_refused(vec![
        ("twice", format!("{}; {}", reversal(&[]), reversal(&[])), UNIQUE, "transfer_reversed_once"),
        ("of less", reversal(&[("amount", "4.99")]), FOREIGN, "transfer_mirrors"),
        ("of somebody else's", reversal(&[("partner_id", "{bob}")]), CHECK, "transfer_reversal_mirrors_an_adjustment"),
        (
            "of what is no adjustment",
            reversal(&[("reverses", "{release}"), ("amount", "16")]),
            CHECK,
            "transfer_reversal_mirrors_an_adjustment",
        ),
        ("of nothing", reversal(&[("reverses", "NULL")]), CHECK, "transfer_reversal_mirrors_an_adjustment"),
        (
            "by another kind of transfer",
            transfer(&[("reverses", "{adjustment}"), ("amount", "5")]),
            CHECK,
            "transfer_reversal_names_its_target",
        ),
    ])
    .await;
    // Past the trigger the keys still hold.
    let unnamed =
        format!("ALTER TABLE transfer DISABLE TRIGGER transfer_check_reversal; {}", reversal(&[("reverses", "NULL")]));
    let foreign = format!(
        "ALTER TABLE transfer DISABLE TRIGGER transfer_check_reversal; {}",
        reversal(&[("partner_id", "{bob}")])
    );
    seed.all_refused(vec![
        ("of nothing, unchecked", unnamed, CHECK, "transfer_reversal_names_its_target"),
        ("of somebody else's, unchecked", foreign, FOREIGN, "transfer_mirrors"),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn balances_follow_transfers_and_nothing_else(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let pending = transfer(&[
        ("kind", "'release'"),
        ("debit_kind", "'pending'"),
        ("credit_kind", "'payable'"),
        ("conversion_id", "{a-1}"),
        ("amount", "8.01"),
    ]);
    let account = |kind: &str, holder: &str, balance: &str| {
        insert(
            "account",
            &[("programme_id", "{giftware}"), ("currency", "'EUR'")],
            &[("kind", kind), ("holder_id", holder), ("balance", balance)],
        )
    };
    seed.accepted(&account("'payable'", "{ana}", "0")).await;
    // A payable account may go below zero: refunds of what was paid out.
    seed.accepted(&transfer(&[("amount", "1000")])).await;
    let unfenced = transfer(&[("debit_kind", "'ring_fenced'")]);
    let kept = "UPDATE account SET balance = 1 WHERE holder_id = 0 AND kind = 'cash'".to_owned();
    let stranger = account("'payable'", "{zoe}", "0");
    seed.all_refused(vec![
        ("pending below zero", pending, CHECK, "account_only_payable_below_zero"),
        ("more taken back than was set apart", unfenced, CHECK, "account_only_payable_below_zero"),
        ("a programme's sum that is kept", kept, CHECK, "account_programme_sum_not_kept"),
        ("an account that opens with money", account("'payable'", "{ana}", "5"), CHECK, "account_opens_empty"),
        ("a partner's account of the programme's kind", account("'cash'", "{ana}", "0"), CHECK, "account_kind_known"),
        ("a programme's account of a partner's kind", account("'paid'", "0", "0"), CHECK, "account_kind_known"),
        ("an account of another programme's partner", stranger, FOREIGN, "account_partner"),
        (
            "a credit that nobody decided",
            transfer(&[("kind", "'adjustment'"), ("debit_kind", "'adjustment_cost'"), ("credit_kind", "'payable'")]),
            CHECK,
            "transfer_adjustment_is_decided",
        ),
    ])
    .await;
}

/// Another sale of Ana's.
fn conversion(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("partner_id", "{ana}"),
        ("conversion_id", "77"),
        ("offer_id", "{giftware-offer}"),
        ("kind", "'sale'"),
        ("order_id", "'A-3'"),
        ("occurred_at", "'2011-03-05Z'"),
        ("amount", "100"),
        ("currency", "'GBP'"),
        ("booked_at", "'2011-03-05Z'"),
    ];
    insert("conversion", &usual, changed)
}

fn event(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("event_id", "'new'"),
        ("event", "'refund'"),
        ("partner_id", "{ana}"),
        ("conversion_id", "{a-1}"),
        ("occurred_at", "'2011-03-05Z'"),
        ("amount", "10"),
        ("booked_at", "'2011-03-05Z'"),
    ];
    insert("conversion_event", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn an_order_is_sold_once_and_an_event_comes_once(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&conversion(&[])).await;
    seed.accepted(&event(&[])).await;
    seed.all_refused(vec![
        ("two sales of one order", conversion(&[("order_id", "'A-1'")]), UNIQUE, "conversion_one_sale_per_order"),
        (
            "two sales of one order, by two partners",
            conversion(&[("order_id", "'A-1'"), ("partner_id", "{bob}")]),
            UNIQUE,
            "conversion_one_sale_per_order",
        ),
        ("a sale of nothing", conversion(&[("amount", "0")]), CHECK, "conversion_amount_fits"),
        ("a sale below zero", conversion(&[("amount", "-1")]), CHECK, "conversion_amount_fits"),
        ("a sale that is no number", conversion(&[("amount", "'NaN'")]), CHECK, "conversion_amount_fits"),
        ("a sale of a tenth of a penny", conversion(&[("amount", "1.001")]), CHECK, "conversion_amount_fits"),
        ("a lead with an order amount", conversion(&[("kind", "'lead'")]), CHECK, "conversion_amount_fits"),
        ("revenue below zero", conversion(&[("revenue", "-1")]), CHECK, "conversion_revenue_not_negative"),
        ("another programme's offer", conversion(&[("offer_id", "{travel-offer}")]), FOREIGN, "conversion_offer"),
        ("another programme's partner", conversion(&[("partner_id", "{zoe}")]), FOREIGN, "conversion_partner"),
        ("no order", conversion(&[("order_id", "' '")]), CHECK, "conversion_order_not_blank"),
        ("one event twice", event(&[("event_id", "'sale-A-1'")]), UNIQUE, "conversion_event_pkey"),
        ("a refund of nothing", event(&[("amount", "0")]), CHECK, "conversion_event_amount_fits"),
        ("a refund without an amount", event(&[("amount", "NULL")]), CHECK, "conversion_event_amount_fits"),
        ("an approval with an amount", event(&[("event", "'approve'")]), CHECK, "conversion_event_amount_fits"),
        ("an event of somebody else's sale", event(&[("partner_id", "{bob}")]), FOREIGN, "conversion_event_conversion"),
        (
            "an event of no kind",
            event(&[("event", "'chargeback'"), ("amount", "NULL")]),
            CHECK,
            "conversion_event_known",
        ),
    ])
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_commission_is_what_its_terms_and_its_order_say(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let commission = |changed: &[Column<'_>]| {
        let usual = [
            ("partner_id", "{ana}"),
            ("conversion_id", "77"),
            ("offer_id", "{giftware-offer}"),
            ("occurred_at", "'2011-03-05Z'::timestamptz"),
            ("currency", "'GBP'"),
            ("rate_kind", "'percent'"),
            ("rate_value", "8"),
            ("rate_version_id", "{giftware_rate}"),
            ("hold_days", "30"),
            ("hold_version_id", "{giftware_hold_days}"),
            ("hold_until", "'2011-04-04Z'"),
            ("order_amount", "100"),
        ];
        format!("{}; {}", conversion(&[]), insert("commission", &usual, changed))
    };
    let twice = commission(&[]);
    let twice = format!("{twice}; {}", twice.split_once("; ").expect("two").1);
    let update = |change: &str| format!("UPDATE commission SET {change} WHERE conversion_id = {{a-2}}");
    let (differs, cites) = ("commission_agrees_with_conversion", "commission_cites_its_terms");
    seed.accepted(&commission(&[])).await;
    seed.all_refused(vec![
        ("a rate that is not its version's", commission(&[("rate_value", "9")]), CHECK, cites),
        ("a kind that is not its version's", commission(&[("rate_kind", "'fixed'")]), CHECK, cites),
        (
            "somebody else's rate",
            commission(&[("rate_version_id", "{giftware_rate_bob}"), ("rate_value", "10")]),
            CHECK,
            cites,
        ),
        ("another programme's rate", commission(&[("rate_version_id", "{travel_rate}")]), CHECK, cites),
        ("a hold that is no hold", commission(&[("hold_version_id", "{giftware_minimum}")]), CHECK, cites),
        (
            "a hold that is not its version's",
            commission(&[("hold_days", "31"), ("hold_until", "'2011-04-05Z'")]),
            CHECK,
            cites,
        ),
        (
            "an end that is not its hold's",
            commission(&[("hold_until", "'2011-04-03Z'")]),
            CHECK,
            "commission_hold_until_counts_days",
        ),
        ("priced on more than the order", commission(&[("order_amount", "101")]), CHECK, differs),
        ("in another currency than the order", commission(&[("currency", "'EUR'")]), CHECK, differs),
        (
            "of another time than the order",
            commission(&[("occurred_at", "'2011-03-06Z'::timestamptz"), ("hold_until", "'2011-04-05Z'")]),
            CHECK,
            differs,
        ),
        ("a refund above the order", update("refunded = 200.01"), CHECK, "commission_refund_within_order"),
        ("a refund that is no number", update("refunded = 'NaN'"), CHECK, "commission_refund_within_order"),
        ("a refund taken back", update("refunded = 49"), CHECK, "commission_only_forward"),
        (
            "a rejection taken back",
            format!("{}; {}", update("rejected = true"), update("rejected = false")),
            CHECK,
            "commission_only_forward",
        ),
        ("a release taken back", update("released_at = NULL"), CHECK, "commission_only_forward"),
        (
            "released before it was sold",
            update("released_at = '2010-01-01Z'").replace("a-2", "a-1"),
            CHECK,
            "commission_released_after_sale",
        ),
        ("a second commission of one sale", twice, UNIQUE, "commission_pkey"),
        ("a rate edited", update("rate_value = 9"), INTEGRITY, "commission_append_only"),
        ("an order amount edited", update("order_amount = 300"), INTEGRITY, "commission_append_only"),
        ("a commission deleted", "DELETE FROM commission".to_owned(), INTEGRITY, "commission_append_only"),
    ])
    .await;
}
