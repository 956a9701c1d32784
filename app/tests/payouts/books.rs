//! The books of a month: read, closed by whoever may, and given out as a journal.

use crate::counting_house::{CUTOFF, CountingHouse};
use crate::people::{done, errors};
use crate::screens::{page, says};
use crate::staff::Office;
use app::base::context::Context;
use app::base::error::AppError;
use app::base::language::Locale;
use app::ledger::api::{close, journal};
use app::ledger::journal::Format;
use sqlx::PgPool;
use std::io::Read;

/// A sale of February and one of March, released in April; the clock stands in June.
async fn office(pool: PgPool) -> Office {
    let house = CountingHouse::open(pool).await;
    house
        .import("A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,\nB,sale,2,bob,uk,2011-03-01T10:00:00Z,200.00,GBP,\n")
        .await;
    house.methods("ana,paypal,Ana Arias,,,,,ana@example.org\nbob,paypal,Bob Bain,,,,,bob@example.org\n").await;
    house.release("2011-04-05T00:00:00Z").await;
    house.build(CUTOFF).await;
    Office::open(house).await
}

fn at(month: &str) -> String {
    format!("/books?programme=giftware&month={month}")
}

#[sqlx::test(migrations = "../migrations")]
async fn months_are_closed_in_order_by_finance_and_owners(pool: PgPool) {
    let office = office(pool).await;
    let now = page(office.finn(), "/books").await;
    says(&now, &["February 2011 is over and open", "Commissions earned", "£8.00", "Close February 2011"]);
    let spanish = Context { locale: Locale::es, ..office.finn() };
    says(
        &page(spanish, "/books").await,
        &["febrero de 2011 ha acabado", "Comisiones ganadas", "8,00 £", "Cerrar febrero"],
    );
    // Who only reads is offered no form, and the form refuses them.
    assert!(!page(office.ada(), "/books").await.contains("/do/close-month"));
    for may_not in [office.ada(), office.tom()] {
        assert!(matches!(close(&may_not, "giftware", "2011-02").await, Err(AppError::Forbidden)));
    }
    let early = errors(close(&office.finn(), "giftware", "2011-03").await);
    assert_eq!(early.get(""), Some("Months close in order; the next one is February 2011."));

    done(close(&office.finn(), "giftware", "2011-02").await);
    // Sent twice, it is closed once.
    done(close(&office.olivia(), "giftware", "2011-02").await);
    let next = page(office.olivia(), "/books").await;
    says(&next, &["March 2011 is over and open", "Opening", "£16.00", "£24.00", "Closed months", "Finn Fox"]);
    assert!(!page(office.olivia(), &at("2011-02")).await.contains("/do/close-month"));
    for month in ["2011-03", "2011-04", "2011-05"] {
        done(close(&office.olivia(), "giftware", month).await);
    }
    says(
        &page(office.olivia(), "/books").await,
        &["Everything up to May 2011 is closed; nothing waits for you.", "June 2011"],
    );
    assert_eq!(
        errors(close(&office.olivia(), "giftware", "2011-06").await).get(""),
        Some("This month is not over yet.")
    );
    assert!(matches!(close(&office.olivia(), "giftware", "June").await, Err(AppError::BadRequest("month"))));
    assert!(matches!(close(&office.olivia(), "nobody", "2011-06").await, Err(AppError::NotFound)));
    assert_eq!(office.lines("SELECT count(*) FROM audit WHERE action = 'month.closed'").await.concat(), "(4)");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_month_is_given_out_as_a_journal_and_that_is_recorded(pool: PgPool) {
    let office = office(pool).await;
    let text = async |ctx: &Context, format, month| {
        let mut given = journal(ctx, format, Some("giftware"), Some(month)).await.expect("a journal");
        let mut text = String::new();
        given.file.read_to_string(&mut text).expect("text");
        (given.name, text)
    };
    let (name, february) = text(&office.ada(), Format::Hledger, "2011-02").await;
    assert_eq!(name, "giftware-2011-02.journal");
    assert!(
        february.contains("2011-02-01") && february.contains("8.00") && !february.contains("2011-03-01"),
        "{february}"
    );
    let (name, march) = text(&office.finn(), Format::Beancount, "2011-03").await;
    assert_eq!(name, "giftware-2011-03.beancount");
    assert!(march.contains("Opening-Balances") && march.contains("16.00"), "{march}");
    assert!(matches!(journal(&office.finn(), Format::Hledger, Some("nobody"), None).await, Err(AppError::NotFound)));
    assert!(matches!(journal(&office.finn(), Format::Hledger, None, Some("2011")).await, Err(AppError::NotFound)));
    assert_eq!(office.lines("SELECT count(*) FROM audit WHERE action = 'journal.exported'").await.concat(), "(2)");
}
