//! The same twice changes nothing; a dry run changes nothing; the same row under another number is known.

use crate::shop::{HEADER, Shop};
use app::imports::model::Request;
use sqlx::PgPool;

const FILE: &str = "S1,sale,1,ana,uk,2011-03-01T10:00:00Z,100,GBP,\n\
                    S2,sale,2,bob,uk,2011-03-02T10:00:00Z,50,GBP,\n\
                    L1,lead,3,bob,mail,2011-03-02T10:00:00Z,,GBP,\n\
                    R1,refund,1,ana,uk,2011-03-03T10:00:00Z,40,GBP,returned\n\
                    A1,approve,2,bob,uk,2011-03-04T10:00:00Z,,,\n\
                    X1,reject,3,bob,mail,2011-03-05T10:00:00Z,,,test\n\
                    bad,sale,4,bob,nowhere,2011-03-05T10:00:00Z,1,GBP,\n";

#[sqlx::test(migrations = "../migrations")]
async fn the_same_file_twice_changes_nothing(pool: PgPool) {
    let shop = Shop::open(pool).await;
    assert_eq!(shop.import(FILE).await.counts(), (7, 6, 0, 1));
    let before = shop.money().await;
    assert_eq!(shop.import(FILE).await.counts(), (7, 0, 6, 1));
    assert_eq!(shop.money().await, before);
    // Nor does it after a release, or with its rows in another order.
    shop.release("2011-05-31T00:00:00Z").await;
    let before = shop.money().await;
    let mut rows: Vec<_> = FILE.lines().collect();
    rows.reverse();
    assert_eq!(shop.import(&(rows.join("\n") + "\n")).await.counts(), (7, 0, 6, 1));
    assert_eq!(shop.money().await, before);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_rows_twice_in_one_file_count_once(pool: PgPool) {
    let shop = Shop::open(pool).await;
    assert_eq!(shop.import(&format!("{FILE}{FILE}")).await.counts(), (14, 6, 6, 2));
    let doubled = shop.money().await;
    let other = shop.clone();
    other.import(FILE).await;
    assert_eq!(other.money().await, doubled);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn rows_in_any_order_and_any_cut_end_alike(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let mut rows: Vec<_> = FILE.lines().map(|row| format!("{row}\n")).collect();
    rows.rotate_left(3);
    assert_eq!(shop.import(&rows.concat()).await.counts(), (7, 6, 0, 1), "a refund may stand before its sale");
    assert_eq!(shop.balances().await, ["ana 4.8 0", "bob 0 4"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dry_run_says_the_same_and_changes_nothing(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let everything = "SELECT (SELECT count(*) FROM partner) AS partners, (SELECT count(*) FROM offer) AS offers,
                      (SELECT count(*) FROM account) AS accounts, (SELECT count(*) FROM import) AS imports,
                      (SELECT count(*) FROM import_row) AS rows, (SELECT count(*) FROM audit) AS audit";
    let (money, rest) = (shop.money().await, shop.lines(everything).await);
    let request = Request { dry_run: true, create_offers: true, ..shop.request() };
    let file = format!("{HEADER}{FILE}").into_bytes();
    let dry = shop.import_file(&request, file.clone()).await.expect("dry run");
    assert_eq!((shop.money().await, shop.lines(everything).await), (money, rest));
    let real = shop.import_file(&Request { dry_run: false, ..request }, file).await.expect("import");
    assert_eq!((dry.report, dry.rejects), (real.report, real.rejects));
    assert_eq!((real.report.accepted, real.report.rejected), (7, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn partners_and_offers_are_made_only_where_asked(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let request = Request { create_partners: false, ..shop.request() };
    let file = format!("{HEADER}{FILE}").into_bytes();
    let said = shop.import_file(&request, file.clone()).await.expect("imported");
    assert_eq!(said.counts(), (7, 0, 0, 7));
    assert!(said.rejects[0].starts_with("2,partner,no such partner in this programme,"), "{}", said.rejects[0]);
    assert_eq!(shop.money().await, Vec::<String>::new());
    let request = Request { create_partners: true, create_offers: true, ..request };
    assert_eq!(shop.import_file(&request, file).await.expect("imported").counts(), (7, 7, 0, 0));
    assert_eq!(shop.lines("SELECT code FROM offer").await, ["(mail)", "(nowhere)", "(uk)"]);
    assert_eq!(shop.lines("SELECT code FROM partner").await, ["(ana)", "(bob)"]);
}
