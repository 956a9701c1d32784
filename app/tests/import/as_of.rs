//! Balances as of any moment are right, whichever of release and refund came first, and however late a row comes.

use crate::shop::Shop;
use app::terms::model::Field;
use sqlx::PgPool;

/// In hold until 31 March; earns 8.00.
const SALE: &str = "S1,sale,1,ana,uk,2011-03-01T00:00:00Z,100,GBP,\n";
const EARLY: &str = "R1,refund,1,ana,uk,2011-03-10T00:00:00Z,25,GBP,\n";
const LATE: &str = "R2,refund,1,ana,uk,2011-04-10T00:00:00Z,25,GBP,\n";
const WHOLE: &str = "R3,refund,1,ana,uk,2011-04-20T00:00:00Z,50,GBP,\n";

/// As it went, day by day: what was pending and what payable at its end.
async fn went(shop: &Shop, expected: &[(&str, &str)]) {
    for (day, balances) in expected {
        let at = format!("2011-{day}T12:00:00Z");
        assert_eq!(shop.as_of(&at).await, [format!("ana {balances}")], "as of {at}");
    }
    shop.adds_up().await;
}

const BOTH: [(&str, &str); 7] = [
    ("02-28", "0 0"),
    ("03-01", "8 0"),
    ("03-09", "8 0"),
    ("03-10", "6 0"),
    ("03-31", "0 6"),
    ("04-09", "0 6"),
    ("04-10", "0 4"),
];

#[sqlx::test(migrations = "../migrations")]
async fn rows_in_their_order(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(SALE).await;
    shop.import(EARLY).await;
    shop.release("2011-03-31T00:00:00Z").await;
    shop.import(LATE).await;
    assert_eq!(shop.balances().await, ["ana 0 4"]);
    went(&shop, &BOTH).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn everything_in_one_file_and_released_afterwards(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(&format!("{LATE}{EARLY}{SALE}")).await;
    assert_eq!(shop.balances().await, ["ana 4 0"], "nobody has released it yet");
    shop.release("2011-05-31T00:00:00Z").await;
    assert_eq!(shop.balances().await, ["ana 0 4"]);
    went(&shop, &BOTH).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn refunds_that_arrive_long_after_the_release(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(SALE).await;
    shop.release("2011-05-31T00:00:00Z").await;
    shop.import(LATE).await;
    shop.import(EARLY).await;
    assert_eq!(shop.balances().await, ["ana 0 4"]);
    went(&shop, &BOTH).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_whole_refund_after_the_hold_of_what_nobody_released(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(SALE).await;
    shop.import(LATE).await;
    shop.import(&format!("{EARLY}{WHOLE}")).await;
    assert_eq!(shop.balances().await, ["ana 0 0"]);
    assert_eq!(shop.release("2011-05-31T00:00:00Z").await.commissions, 0);
    went(&shop, &BOTH).await;
    went(&shop, &[("04-19", "0 4"), ("04-20", "0 0")]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_whole_refund_within_the_hold(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(&format!("{SALE}R9,refund,1,ana,uk,2011-03-10T00:00:00Z,100,GBP,\n")).await;
    shop.release("2011-05-31T00:00:00Z").await;
    went(&shop, &[("03-09", "8 0"), ("03-10", "0 0"), ("03-31", "0 0")]).await;
    assert_eq!(shop.lines("SELECT released_at FROM commission").await, ["()"], "it was never payable");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rejection_before_its_sale_counts_from_the_sale_on(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(&format!("{SALE}X1,reject,1,ana,uk,2011-02-01T00:00:00Z,,,\n")).await;
    went(&shop, &[("02-28", "0 0"), ("03-01", "0 0"), ("04-30", "0 0")]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_approval_counts_from_its_own_time(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(SALE).await;
    // What was refunded after the approval, but came before it, was payable in between.
    shop.import(EARLY).await;
    shop.import("A1,approve,1,ana,uk,2011-03-05T00:00:00Z,,,\n").await;
    went(&shop, &[("03-04", "8 0"), ("03-05", "0 8"), ("03-09", "0 8"), ("03-10", "0 6"), ("04-30", "0 6")]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_approval_after_the_hold_does_not_hold_it_longer(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(SALE).await;
    shop.import("A1,approve,1,ana,uk,2011-04-05T00:00:00Z,,,\n").await;
    went(&shop, &[("03-30", "8 0"), ("03-31", "0 8"), ("04-05", "0 8")]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_approved_and_then_refunded_whole_was_payable_in_between(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let checked = shop.offer("checked").await;
    shop.terms(Some(checked), Field::Validation, "flag", "1").await;
    shop.import(
        "S1,sale,1,ana,checked,2011-03-01T00:00:00Z,100,GBP,\nR1,refund,1,ana,checked,2011-04-10T00:00:00Z,100,GBP,\n",
    )
    .await;
    shop.import("A1,approve,1,ana,checked,2011-04-05T00:00:00Z,,,\n").await;
    assert_eq!(shop.balances().await, ["ana 0 0"]);
    went(&shop, &[("04-04", "8 0"), ("04-05", "0 8"), ("04-09", "0 8"), ("04-10", "0 0")]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_approval_and_a_rejection_in_one_file(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(&format!(
        "X1,reject,1,ana,uk,2011-03-20T00:00:00Z,,,\nA1,approve,1,ana,uk,2011-03-05T00:00:00Z,,,\n{SALE}"
    ))
    .await;
    went(&shop, &[("03-04", "8 0"), ("03-05", "0 8"), ("03-19", "0 8"), ("03-20", "0 0")]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn imports_and_releases_at_once_do_not_hurt_each_other(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let sales: String =
        (0..400).map(|i| format!("S{i},sale,{i},p{},uk,2011-03-01T00:00:00Z,100,GBP,\n", i % 20)).collect();
    shop.import(&sales).await;
    let refunds = |from: usize| -> String {
        let rows = (from..from + 40).map(|i| format!("R{i},refund,{i},p{},uk,2011-04-10T00:00:00Z,50,GBP,\n", i % 20));
        let new =
            (from..from + 40).map(|i| format!("N{i},sale,n{i},p{},uk,2011-03-01T00:00:00Z,100,GBP,\n", i * 7 % 20));
        new.chain(rows).collect()
    };
    let mut work = Vec::new();
    for round in 0..10 {
        let (importer, releaser, rows) = (shop.clone(), shop.clone(), refunds(round * 40));
        work.push(tokio::spawn(async move {
            assert_eq!(importer.import(&rows).await.report.accepted, 80);
        }));
        work.push(tokio::spawn(async move {
            releaser.release("2011-05-31T00:00:00Z").await;
        }));
    }
    for one in work {
        one.await.expect("done");
    }
    shop.release("2011-05-31T00:00:00Z").await;
    // 400 sales of 8.00, half of each given back, and 400 new ones.
    let total: rust_decimal::Decimal = sqlx::query_scalar("SELECT sum(balance) FROM account WHERE kind = 'payable'")
        .fetch_one(&shop.pool)
        .await
        .expect("sum");
    assert_eq!(total, rust_decimal::Decimal::from(400 * 4 + 400 * 8));
    shop.adds_up().await;
}
