//! Funds and bank fees, which are nobody's of the partners.

use crate::seed::{Column, Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

fn booking(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("kind", "'funding'"),
        ("debit_kind", "'cash'"),
        ("credit_kind", "'funding'"),
        ("amount", "100"),
        ("currency", "'GBP'"),
        ("by_kind", "'staff'"),
        ("by_id", "{person_olga}"),
        ("effective_at", "'2011-04-20Z'"),
        ("booked_at", "'2011-04-20Z'"),
        ("form_key", "'00000000-0000-0000-0000-000000000001'"),
    ];
    insert("house_transfer", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn funds_move_between_the_houses_own_accounts_and_by_its_finance(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&booking(&[])).await;
    seed.accepted(&booking(&[("by_kind", "'command'"), ("by_id", "NULL")])).await;
    let by = "house_transfer_by_known";
    seed.all_refused(vec![
        ("nothing", booking(&[("amount", "0")]), CHECK, "house_transfer_amount_positive"),
        ("no number", booking(&[("amount", "'NaN'")]), CHECK, "house_transfer_amount_positive"),
        ("a tenth of a penny", booking(&[("amount", "0.001")]), CHECK, "house_transfer_amount_in_minor_units"),
        ("from a partner", booking(&[("credit_kind", "'payable'")]), CHECK, "house_transfer_route_known"),
        ("a fee the wrong way round", booking(&[("kind", "'bank_fee'")]), CHECK, "house_transfer_route_known"),
        ("by an agent", booking(&[("by_id", "{person_adam}")]), CHECK, "house_transfer_by_finance"),
        ("by an owner who left", booking(&[("by_id", "{person_dora}")]), CHECK, "house_transfer_by_finance"),
        ("by nobody", booking(&[("by_id", "NULL")]), CHECK, by),
        ("by a person and a command", booking(&[("by_kind", "'command'")]), CHECK, by),
        ("in no currency", booking(&[("currency", "'ABC'")]), FOREIGN, "house_transfer_currency_fkey"),
        ("in no programme", booking(&[("programme_id", "0")]), FOREIGN, "house_transfer_programme_id_fkey"),
        ("the same form twice", format!("{}; {}", booking(&[]), booking(&[])), UNIQUE, "house_transfer_form_once"),
        (
            "changed",
            format!("{}; UPDATE house_transfer SET note = 'x'", booking(&[])),
            INTEGRITY,
            "house_transfer_append_only",
        ),
        (
            "in a closed month",
            format!(
                "UPDATE programme SET open_from = '2011-05-01Z' WHERE programme_id = {{giftware}}; {}",
                booking(&[])
            ),
            CHECK,
            "transfer_in_an_open_month",
        ),
    ])
    .await;
}
