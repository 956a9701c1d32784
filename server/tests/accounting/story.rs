//! A small story told to both tools: awkward codes, hostile text, two programmes, three currencies, days at the date line.

use crate::support::Database;
use crate::tools::{self, Balances, Journal, of_partners, owed, sum};
use rust_decimal::Decimal;

const HEADER: &str = "event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason\n";
/// Sales of pounds, yen and dinars; a refund; two moments that are another day in London's summer.
const SALES: &str = "\
s1,sale,1,balcony-notes,uk,2011-01-10T10:00:00Z,100.00,GBP,
s2,sale,2,Balcony-notes,uk,2011-01-10T10:00:00Z,200.00,GBP,
s3,sale,3,a.b_c,uk,2011-01-31T23:59:59Z,300.05,GBP,
s4,sale,4,a.b_c,uk,2011-02-01T00:00:00Z,1234,JPY,
s5,sale,5,a-b-c,uk,2011-03-31T22:59:59Z,50.00,GBP,
s6,sale,6,a-b-c,uk,2011-03-31T23:00:00Z,60.000,KWD,
s7,sale,7,P001,uk,2011-03-15T12:00:00Z,700.00,GBP,
r1,refund,2,Balcony-notes,uk,2011-02-20T10:00:00Z,50.00,GBP,returned
";
/// Text that tries to end its line, its string, its tag or its entry.
const HOSTILE: [(i64, &str); 7] = [
    (1, "\" \n2011-01-01 open Assets:Evil\n"),
    (2, "a\r\n\n2011-01-01 * x\n    Assets:Evil  1 GBP\n    Assets:Good"),
    (3, "; | #tag ^link, kind:payout, date:2001-01-01 [2001-01-01]"),
    (4, "\\"),
    (5, "漢字 Peña 🙂 \u{202e}olleh \u{85}\u{2028}x"),
    (6, " \t 100%, {sum} \\n \\\" "),
    (7, "\u{1b}[31m\u{7f}\u{1}"),
];

async fn told() -> Database {
    let database = Database::fresh().await;
    let programme = |code: &str, zone: &str| {
        database.ok(&["programme", "create", code, "--currency", "GBP", "--rate", "8", "--time-zone", zone]);
        database.ok(&["offer", "create", code, "uk"]);
    };
    programme("giftware", "Europe/London");
    programme("2.travel_EU", "Asia/Tokyo");
    for code in ["giftware", "2.travel_EU"] {
        let import = ["import", "conversions", "-", "--programme", code, "--create-partners"];
        let output = database.run_with(&import, &format!("{HEADER}{SALES}"));
        assert!(String::from_utf8_lossy(&output.stdout).contains("\"accepted\":8"), "{output:?}");
    }
    database.ok(&["commissions", "release", "--as-of", "2011-03-20"]);
    // The import takes no control characters; what came into the database another way must not break out either.
    let mut connection = database.pool.acquire().await.expect("connection");
    sqlx::raw_sql("SET session_replication_role = replica").execute(&mut *connection).await.expect("no triggers");
    for (number, text) in HOSTILE {
        for update in [
            "UPDATE conversion SET order_id = $1 WHERE order_id = $2",
            "UPDATE transfer SET event_id = $1 WHERE event_id = 's' || $2",
            "UPDATE partner SET name = $1 WHERE ascii(right(code, 1)) % 7 + 1 = $2::integer",
        ] {
            let done = sqlx::query(update).bind(text).bind(number.to_string()).execute(&mut *connection).await;
            done.expect("updated");
        }
    }
    sqlx::query("UPDATE programme SET name = $1").bind(HOSTILE[0].1).execute(&mut *connection).await.expect("updated");
    drop(connection);
    database
}

/// A code as the test's author would write it in Beancount.
fn bean(code: &str) -> String {
    match code {
        "balcony-notes" => "X-balcony--notes",
        "Balcony-notes" => "Balcony--notes",
        "a.b_c" => "X-a-Pb-Uc",
        "a-b-c" => "X-a--b--c",
        "P001" => "P001",
        other => panic!("{other}"),
    }
    .to_owned()
}

/// Both programmes' partners have the same codes and sales, so what the ledger says of them is the same twice.
fn doubled(one: &Balances, from: &str, to: &str) -> Balances {
    let other =
        one.iter().map(|((account, currency), amount)| ((account.replace(from, to), currency.clone()), *amount));
    one.iter().map(|(key, amount)| (key.clone(), *amount)).chain(other).collect()
}

#[tokio::test]
async fn both_tools_come_to_the_ledgers_balances_whatever_people_write() {
    if !tools::are_here() {
        return;
    }
    let database = told().await;
    let whole = Journal::export(&database, "hledger", &[]);
    let expected = doubled(&owed(&database, &[], "giftware", str::to_owned), ":giftware:", ":2.travel_EU:");
    let found = whole.by_hledger();
    assert_eq!(of_partners(&found), expected);
    assert_eq!(sum(&found, "Expenses:Commissions:giftware", "GBP"), "104.00".parse().expect("amount"));

    let beans = Journal::export(&database, "beancount", &[]);
    let expected = doubled(&owed(&database, &[], "X-giftware", bean), ":X-giftware:", ":2-Ptravel-UEU:");
    assert_eq!(of_partners(&beans.by_beancount()), expected);

    // One entry for each transfer, and nothing of anybody's writing.
    let transfers: i64 =
        sqlx::query_scalar("SELECT count(*) FROM transfer").fetch_one(&database.pool).await.expect("count");
    let transfers = usize::try_from(transfers).expect("count");
    let entries = beans.bean_query("SELECT DISTINCT id, narration, entry_meta('transfer')");
    assert_eq!(entries.len(), transfers);
    let count = |text: &str| whole.hledger(&["print", "-O", "json"]).matches(text).count();
    assert_eq!(count("\"tindex\""), transfers);
    for journal in [&whole, &beans] {
        assert!(!journal.text().lines().any(|line| line.starts_with("2011-01-01")), "an entry was smuggled in");
    }
    assert_eq!(whole.hledger(&["accounts", "Evil"]), "");
}

#[tokio::test]
async fn what_people_wrote_is_read_back_as_they_wrote_it() {
    if !tools::are_here() {
        return;
    }
    let database = told().await;
    let beans = Journal::export(&database, "beancount", &["--programme", "giftware"]);
    let orders = beans.bean_query("SELECT DISTINCT entry_meta('order')");
    assert_eq!(orders.len(), HOSTILE.len());
    for (number, text) in HOSTILE {
        assert!(orders.iter().any(|row| row[0] == text.trim()), "order {number}: {text:?}: {orders:?}");
    }
    let ledger = Journal::export(&database, "hledger", &["--programme", "giftware"]);
    let orders = ledger.hledger(&["tags", "order", "--values"]);
    assert_eq!(orders.lines().count(), HOSTILE.len());
    for order in [
        "; | #tag ^link%2C kind:payout%2C date:2001-01-01 [2001-01-01]",
        "\\",
        "漢字 Peña 🙂 \u{202e}olleh %C2%85%E2%80%A8x",
    ] {
        assert!(orders.lines().any(|line| line == order), "{order}");
    }
    assert_eq!(ledger.hledger(&["tags"]).lines().collect::<Vec<_>>(), ["event", "kind", "name", "order", "transfer"]);
    // Dates in somebody's text move nothing.
    assert_eq!(ledger.hledger(&["register", "date:2001"]), "");
}

#[tokio::test]
async fn a_day_is_the_programmes_own_and_a_period_opens_with_what_was_before() {
    if !tools::are_here() {
        return;
    }
    let database = told().await;
    let day_of = |programme: &str, sale: &str| {
        let journal = Journal::export(&database, "beancount", &["--programme", programme]);
        journal
            .bean_query(&format!("SELECT DISTINCT date WHERE narration = 'accrual' AND payee = '{sale}' ORDER BY date"))
    };
    assert_eq!(day_of("giftware", "a-b-c"), [["2011-03-31"], ["2011-04-01"]], "summer time began on 27 March");
    assert_eq!(day_of("giftware", "a.b_c"), [["2011-01-31"], ["2011-02-01"]]);
    assert_eq!(day_of("2.travel_EU", "a.b_c"), [["2011-02-01"]], "in Tokyo it was February");

    let february = ["--programme", "giftware", "--from", "2011-02-01", "--until", "2011-02-28"];
    let end = owed(&database, &["--as-of", "2011-02-28"], "giftware", str::to_owned);
    let journal = Journal::export(&database, "hledger", &february);
    let found = journal.by_hledger();
    assert_eq!(of_partners(&found), end);
    let beans = Journal::export(&database, "beancount", &february);
    let end = owed(&database, &["--as-of", "2011-02-28"], "X-giftware", bean);
    let counted = beans.by_beancount();
    assert_eq!(of_partners(&counted), end);
    // Costs are those of the period: a sale in yen, and a refund of 50.00; earlier ones lie in the opening balances.
    let number = |text: &str| text.parse::<Decimal>().expect("number");
    for (all, programme) in [(&found, "giftware"), (&counted, "X-giftware")] {
        let costs = format!("Expenses:Commissions:{programme}");
        let opening = format!("Equity:Opening-Balances:{programme}");
        assert_eq!(sum(all, &costs, "JPY"), number("99"));
        assert_eq!(sum(all, &costs, "GBP"), number("-4.00"));
        assert_eq!(sum(all, &opening, "GBP"), number("48.00"));
        assert_eq!(sum(all, &opening, "JPY"), Decimal::ZERO);
    }
    // What comes later does not change a journal of what was before.
    let late = "s9,sale,9,zoe,uk,2011-03-01T00:00:00Z,5.00,EUR,\n";
    let import = ["import", "conversions", "-", "--programme", "giftware", "--create-partners"];
    let before = journal.text();
    assert!(database.run_with(&import, &format!("{HEADER}{late}")).status.success());
    assert_eq!(Journal::export(&database, "hledger", &february).text(), before);
}

#[tokio::test]
async fn an_empty_ledger_is_a_journal_too_and_wrong_usage_is_told() {
    if !tools::are_here() {
        return;
    }
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "giftware", "--currency", "GBP"]);
    assert!(Journal::export(&database, "hledger", &[]).by_hledger().is_empty());
    let beans = Journal::export(&database, "beancount", &["--from", "2011-01-01"]);
    assert!(beans.bean_query("SELECT account").is_empty());
    let failed = |arguments: &[&str]| {
        let output = database.run(&[&["ledger", "export", "--format"], arguments].concat());
        (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
    };
    let (code, said) = failed(&["hledger", "--programme", "nobody"]);
    assert!(code == Some(1) && said.contains("nobody"), "{said}");
    let (code, said) = failed(&["hledger", "--from", "2011-02-01", "--until", "2011-01-01"]);
    assert!(code == Some(1) && said.contains("ends before it begins"), "{said}");
    assert_eq!(failed(&["ledger-cli"]).0, Some(2));
}
