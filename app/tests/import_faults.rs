//! Bad files and bad rows: each is told by line, column and reason, and the good ones go in.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod shop;

use app::imports::model::{ImportError, Request};
use shop::{HEADER, Said, Shop};
use sqlx::PgPool;

const GOOD: &str = "G1,sale,good-1,ana,uk,2011-03-01T10:00:00Z,100,GBP,\n";

/// Line, column and reason of every refused row.
fn told(said: &Said) -> Vec<(i64, String, String)> {
    let mut lines =
        csv::ReaderBuilder::new().has_headers(false).from_reader(std::io::Cursor::new(said.rejects.join("\n")));
    lines
        .records()
        .map(|row| row.expect("row"))
        .map(|row| (row[0].parse().expect("line"), row[1].to_owned(), row[2].to_owned()))
        .collect()
}

/// Imports one bad row between two good ones; gives its column and reason.
async fn refused(shop: &Shop, row: &str) -> (String, String) {
    let said = shop.import(&format!("{GOOD}{row}\n{}", GOOD.replace("G1", "G2").replace("good-1", "good-2"))).await;
    assert_eq!(said.report.rejected, 1, "{row}");
    assert_eq!(said.report.accepted + said.report.duplicates, 2, "{row}: the good rows");
    let (line, column, reason) = told(&said).remove(0);
    assert_eq!(line, 3, "{row}");
    (column, reason)
}

#[sqlx::test(migrations = "../migrations")]
async fn each_bad_row_is_told_and_the_good_ones_go_in(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import("K1,sale,known,ana,uk,2011-03-01T10:00:00Z,100,GBP,\nKB,sale,bobs,bob,uk,2011-03-01T10:00:00Z,1,GBP,\nKR,refund,known,ana,uk,2011-03-02T10:00:00Z,1,GBP,\n").await;
    let long = "x".repeat(501);
    let cases = [
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,\"1,50\",GBP,", "amount", "has a comma; write 1234.50"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,-3,GBP,", "amount", "below zero"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,0,GBP,", "amount", "has to be above zero"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,,GBP,", "amount", "empty"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,ten,GBP,", "amount", "not a number; write 1234.50"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,1e3,GBP,", "amount", "not a number; write 1234.50"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,NaN,GBP,", "amount", "not a number; write 1234.50"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,9999999999999,GBP,", "amount", "too large or too exact a number"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,1.005,GBP,", "amount", "GBP has 2 digits after the decimal point"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,1.5,JPY,", "amount", "JPY has 0 digits after the decimal point"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,1,XYZ,", "currency", "no such currency"),
        (
            "S1,sale,1,ana,uk,2011-03-01T10:00:00Z,1,gbp,",
            "currency",
            "not a currency code of three capital letters (ISO 4217)",
        ),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,1,,", "currency", "empty"),
        ("S1,sale,1,ana,nowhere,2011-03-01T10:00:00Z,1,GBP,", "offer", "no such offer in this programme"),
        ("S1,sale,1,ana,,2011-03-01T10:00:00Z,1,GBP,", "offer", "empty"),
        ("S1,sale,1,no one,uk,2011-03-01T10:00:00Z,1,GBP,", "partner", "no such partner in this programme"),
        ("S1,sale,1,,uk,2011-03-01T10:00:00Z,1,GBP,", "partner", "empty"),
        (
            "S1,sale,1,ana,uk,2011-03-01T10:00:00,1,GBP,",
            "occurred_at",
            "not a date and time with zone, like 2010-12-01T08:26:00Z",
        ),
        (
            "S1,sale,1,ana,uk,2011-03-01,1,GBP,",
            "occurred_at",
            "not a date and time with zone, like 2010-12-01T08:26:00Z",
        ),
        (
            "S1,sale,1,ana,uk,2011-02-30T10:00:00Z,1,GBP,",
            "occurred_at",
            "not a date and time with zone, like 2010-12-01T08:26:00Z",
        ),
        ("S1,sale,1,ana,uk,0001-03-01T10:00:00Z,1,GBP,", "occurred_at", "the year is not between 1901 and 9000"),
        ("S1,sold,1,ana,uk,2011-03-01T10:00:00Z,1,GBP,", "event", "not one of sale, lead, refund, approve, reject"),
        (",sale,1,ana,uk,2011-03-01T10:00:00Z,1,GBP,", "event_id", "empty"),
        ("S1,sale,,ana,uk,2011-03-01T10:00:00Z,1,GBP,", "order_id", "empty"),
        ("S1,sale,a\tb,ana,uk,2011-03-01T10:00:00Z,1,GBP,", "order_id", "has a control character"),
        (&format!("S1,sale,{long},ana,uk,2011-03-01T10:00:00Z,1,GBP,"), "order_id", "longer than 500 bytes"),
        ("S1,lead,1,ana,mail,2011-03-01T10:00:00Z,5,GBP,", "amount", "a lead has no amount"),
        ("S1,sale,1,ana,uk", "", "the row has 5 columns, the first line 9"),
        ("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,1,GBP,late,again", "", "the row has 10 columns, the first line 9"),
        ("S1,sale,1,\"ana,uk,2011-03-01T10:00:00Z,1,GBP,", "", "the quotes of the row do not match"),
        ("R1,refund,nothing,ana,uk,2011-03-01T10:00:00Z,1,GBP,", "order_id", "no sale or lead with this order"),
        ("A1,approve,nothing,ana,uk,2011-03-01T10:00:00Z,,,", "order_id", "no sale or lead with this order"),
        ("R1,refund,bobs,ana,uk,2011-03-05T10:00:00Z,1,GBP,", "partner", "the order belongs to another partner"),
        ("R1,refund,known,ana,uk,2011-03-05T10:00:00Z,1,EUR,", "currency", "the order is in another currency"),
        (
            "R1,refund,known,ana,uk,2011-03-05T10:00:00Z,99.01,GBP,",
            "amount",
            "gives back more than is left of the order",
        ),
        ("K1,sale,known,ana,uk,2011-03-01T10:00:00Z,100.01,GBP,", "event_id", "was used before, with other values"),
        ("K1,refund,known,ana,uk,2011-03-01T10:00:00Z,100,GBP,", "event_id", "was used before, with other values"),
        ("KR,refund,known,ana,uk,2011-03-02T10:00:00Z,2,GBP,", "event_id", "was used before, with other values"),
        ("KR,sale,another,ana,uk,2011-03-02T10:00:00Z,2,GBP,", "event_id", "was used before, with other values"),
        ("G1,sale,other,ana,uk,2011-03-01T10:00:00Z,100,GBP,", "event_id", "was used before, with other values"),
        ("S1,sale,known,ana,uk,2011-03-01T10:00:00Z,55,GBP,", "order_id", "has a sale already, with other values"),
        ("S1,sale,known,bob,uk,2011-03-01T10:00:00Z,100,GBP,", "order_id", "has a sale already, with other values"),
        ("L1,lead,known,ana,mail,2011-03-01T10:00:00Z,,GBP,", "order_id", "has a sale already, with other values"),
    ];
    for (row, column, reason) in cases {
        assert_eq!(refused(&shop, row).await, (column.to_owned(), reason.to_owned()), "{row}");
    }
    // 100 sold, 1 given back, and twice 100 good.
    assert_eq!(shop.balances().await, ["ana 23.92 0", "bob 0.08 0"]);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_second_sale_of_an_order_is_told_within_one_file_too(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let said = shop
        .import(
            "S1,sale,1,ana,uk,2011-03-01T10:00:00Z,100,GBP,\n\
             S2,sale,1,ana,uk,2011-03-01T10:00:00Z,100,GBP,\n\
             S3,sale,1,bob,uk,2011-03-01T10:00:00Z,100,GBP,\n\
             S1,sale,1,ana,uk,2011-03-01T10:00:00Z,90,GBP,\n\
             R1,refund,1,ana,uk,2011-03-02T10:00:00Z,60,GBP,\n\
             R2,refund,1,ana,uk,2011-03-02T10:00:00Z,60,GBP,\n\
             R3,refund,1,ana,uk,2011-03-02T10:00:00Z,40,GBP,\n\
             R1,refund,1,ana,uk,2011-03-02T10:00:00Z,61,GBP,\n",
        )
        .await;
    // The same sale under another number is known; a refund that fits after one that does not still goes in.
    assert_eq!(said.counts(), (8, 3, 1, 4));
    let faults: Vec<_> = told(&said).into_iter().map(|(line, column, _)| (line, column)).collect();
    let expected = [(4, "order_id"), (5, "event_id"), (7, "amount"), (9, "event_id")];
    assert_eq!(faults, expected.map(|(line, column)| (line, column.to_owned())));
    assert_eq!(shop.balances().await, ["ana 0 0", "bob 0 0"]);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wrong_first_line_refuses_the_file(pool: PgPool) {
    let shop = Shop::open(pool).await;
    for (file, why) in [
        (String::new(), "the first line has to name the columns; missing: event_id, event, order_id"),
        (GOOD.to_owned(), "the first line has to name the columns; missing: event_id"),
        (HEADER.replace(",amount", "") + GOOD, "the first line has to name the columns; missing: amount"),
        (HEADER.replace("amount", "Amount") + GOOD, "missing: amount"),
        (HEADER.replace("reason", "reason,colour") + GOOD, "column `colour` is not one of: event_id, event"),
        (HEADER.replace("reason", "reason,event") + GOOD, "column `event` is there twice"),
    ] {
        let error = shop.import_file(&shop.request(), file.clone().into_bytes()).await.expect_err(&file);
        assert!(error.to_string().contains(why), "{file}: {error}");
    }
    let latin = [b"event_id,event,order_id,partner,offer,occurred_at,amount,currency,gr\xfcnd\n".to_vec(), GOOD.into()]
        .concat();
    assert!(matches!(shop.import_file(&shop.request(), latin).await, Err(ImportError::HeaderNotUtf8)));
    assert_eq!(shop.money().await, Vec::<String>::new());
    assert_eq!(shop.lines("SELECT * FROM import").await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn columns_may_stand_in_any_order_and_more_may_be_there(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let file = "\u{feff}revenue,sub_id,click_id,reason,currency,amount,occurred_at,offer,partner,order_id,event,event_id\r\n\
                25.50,blog,c-77,,GBP,100,2011-03-01T11:00:00+01:00,uk,ana,1,sale,S1\r\n\r\n\
                -1,blog,c-78,,GBP,100,2011-03-01T10:00:00Z,uk,ana,2,sale,S2";
    let said = shop.import_file(&shop.request(), file.as_bytes().to_vec()).await.expect("imported");
    assert_eq!(said.counts(), (2, 1, 0, 1));
    assert_eq!(told(&said), [(4, "revenue".to_owned(), "below zero".to_owned())]);
    let kept = shop.lines("SELECT revenue, sub_id, click_id, occurred_at FROM conversion").await;
    assert_eq!(kept, ["(25.50,blog,c-77,\"2011-03-01 10:00:00+00\")"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn bytes_that_are_no_text_and_rows_without_end_cost_one_row_each(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let mut file = HEADER.as_bytes().to_vec();
    file.extend(b"S1,sale,1,an\xff,uk,2011-03-01T10:00:00Z,1,GBP,\n");
    file.extend(format!("S2,sale,{},ana,uk,2011-03-01T10:00:00Z,1,GBP,\n", "x".repeat(10 << 20)).bytes());
    file.extend(b"S3,sale,\0,ana,uk,2011-03-01T10:00:00Z,1,GBP,\n");
    file.extend(GOOD.bytes());
    let said = shop.import_file(&shop.request(), file).await.expect("imported");
    assert_eq!(said.counts(), (4, 1, 0, 3));
    let expected = [
        (2, "partner", "not UTF-8 text"),
        (3, "", "the row is longer than 65536 bytes"),
        (4, "order_id", "has a control character"),
    ];
    assert_eq!(told(&said), expected.map(|(line, column, reason)| (line, column.to_owned(), reason.to_owned())));
    assert!(said.rejects.iter().all(|line| line.len() < 1000), "as much of a row as a reader needs");
    assert_eq!(shop.balances().await, ["ana 8 0"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn rejects_repeat_the_row_and_hold_no_formulas(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let said = shop
        .import(
            "=HYPERLINK(1),sale,1,ana,nowhere,2011-03-01T10:00:00Z,1,GBP,\n\
             @SUM(1),sold,1,ana,uk,2011-03-01T10:00:00Z,1,GBP,\n\
             A1,approve,nothing,ana,uk,2011-03-01T10:00:00Z,,,\"why, then\"\n",
        )
        .await;
    assert_eq!(
        said.rejects,
        [
            "2,offer,no such offer in this programme,\"'=HYPERLINK(1),sale,1,ana,nowhere,2011-03-01T10:00:00Z,1,GBP,\"",
            "3,event,\"not one of sale, lead, refund, approve, reject\",\"'@SUM(1),sold,1,ana,uk,2011-03-01T10:00:00Z,1,GBP,\"",
            "4,order_id,no sale or lead with this order,\"A1,approve,nothing,ana,uk,2011-03-01T10:00:00Z,,,\"\"why, then\"\"\"",
        ]
    );
    // A row of the rejects file, corrected, goes in as it stands there.
    let row = &csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(said.rejects[2].as_bytes())
        .records()
        .next()
        .expect("one")
        .expect("row")[3];
    let said = shop.import(&format!("S1,sale,nothing,ana,uk,2011-03-01T09:00:00Z,10,GBP,\n{row}\n")).await;
    assert_eq!(said.counts(), (2, 2, 0, 0));
    assert_eq!(shop.lines("SELECT reason FROM conversion_event WHERE event = 'approve'").await, ["(\"why, then\")"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_terms_nothing_is_earned(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let bare: i64 = sqlx::query_scalar(
        "INSERT INTO programme (code, name, currency, created_at) VALUES ('bare', 'Bare', 'GBP', '2011-01-01Z') RETURNING programme_id",
    )
    .fetch_one(&shop.pool)
    .await
    .expect("programme");
    let request = Request { programme: bare.into(), create_offers: true, ..shop.request() };
    let said = shop.import_file(&request, format!("{HEADER}{GOOD}").into_bytes()).await.expect("imported");
    assert_eq!(told(&said), [(2, "offer".to_owned(), "no terms were in force for this partner and offer".to_owned())]);
    assert_eq!(shop.lines("SELECT * FROM conversion").await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_breaks_off_leaves_nothing_behind(pool: PgPool) {
    struct Broken(std::io::Cursor<Vec<u8>>);
    impl std::io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::Error::other("the cable was pulled")),
                read => Ok(read),
            }
        }
    }
    let shop = Shop::open(pool).await;
    let rows: String =
        (0..20_000).map(|i| GOOD.replace("G1", &format!("G{i}")).replace("good-1", &format!("good-{i}"))).collect();
    let input = std::io::BufReader::new(Broken(std::io::Cursor::new(format!("{HEADER}{rows}").into_bytes())));
    let clock = app::base::clock::Clock::Fixed(shop.now);
    let error = app::imports::run::run(&shop.db, clock, &shop.request(), Box::new(input), None, &|_| {})
        .await
        .expect_err("broken off");
    assert!(error.to_string().contains("the cable was pulled"), "{error}");
    assert_eq!(shop.lines("SELECT * FROM import").await, Vec::<String>::new());
    assert_eq!(shop.lines("SELECT count(*) FROM import_row").await, ["(0)"]);
    assert_eq!(shop.money().await, Vec::<String>::new());
}
