//! Closed months.

use crate::seed::{Column, Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

/// January, the first month with bookings, closed in time.
fn january(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("month", "'2011-01-01'::date"),
        ("follows", "NULL::date"),
        ("ends_at", "'2011-02-01Z'::timestamptz"),
        ("closed_at", "'2011-02-01Z'::timestamptz"),
    ];
    insert("month_close", &usual, changed)
}

fn february(changed: &[Column<'_>]) -> String {
    let next = [
        ("month", "'2011-02-01'::date"),
        ("follows", "'2011-01-01'::date"),
        ("ends_at", "'2011-03-01Z'::timestamptz"),
        ("closed_at", "'2011-03-05Z'::timestamptz"),
    ];
    january(&crate::seed::but(&next, changed))
}

/// A refund that takes 1.00 of what a sale earned, on some day.
fn refund(of: &[Column<'_>], at: &str) -> String {
    let usual = [
        ("kind", "'refund'"),
        ("debit_kind", "'pending'"),
        ("credit_kind", "'commission_cost'"),
        ("amount", "1"),
        ("event_id", "'late'"),
        ("effective_at", at),
        ("booked_at", "'2011-03-05Z'"),
    ];
    insert("transfer", &usual, of)
}

#[sqlx::test(migrations = "../migrations")]
async fn months_close_in_order_once_and_when_they_are_over(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let both = format!("{}; {}", january(&[]), february(&[]));
    seed.accepted(&both).await;
    let after = |first: &str, then: String| format!("{first}; {then}");
    let january_again = |changed: &[Column<'_>]| after(&both, january(changed));
    seed.all_refused(vec![
        (
            "half a month",
            january(&[("month", "'2011-01-02'::date"), ("ends_at", "'2011-02-02Z'::timestamptz")]),
            CHECK,
            "month_close_of_a_whole_month",
        ),
        (
            "before it is over",
            january(&[("closed_at", "'2011-01-31T23:59:59Z'::timestamptz")]),
            CHECK,
            "month_close_of_the_past",
        ),
        (
            "with another end",
            january(&[("ends_at", "'2011-01-31Z'::timestamptz")]),
            CHECK,
            "month_close_ends_with_the_month",
        ),
        ("of a programme that is none", january(&[("programme_id", "999")]), CHECK, "month_close_ends_with_the_month"),
        ("the second month first", february(&[]), FOREIGN, "month_close_in_order"),
        (
            "the second month as the first",
            february(&[("follows", "NULL::date")]),
            CHECK,
            "month_close_begins_with_the_first_bookings",
        ),
        (
            "a month left out",
            after(
                &january(&[]),
                february(&[
                    ("month", "'2011-03-01'::date"),
                    ("ends_at", "'2011-04-01Z'::timestamptz"),
                    ("closed_at", "'2011-04-01Z'::timestamptz"),
                ]),
            ),
            CHECK,
            "month_close_follows_the_month_before",
        ),
        (
            "after a month that is not closed",
            after(
                &january(&[]),
                february(&[
                    ("month", "'2011-03-01'::date"),
                    ("follows", "'2011-02-01'::date"),
                    ("ends_at", "'2011-04-01Z'::timestamptz"),
                    ("closed_at", "'2011-04-01Z'::timestamptz"),
                ]),
            ),
            FOREIGN,
            "month_close_in_order",
        ),
        ("by an agent", january(&[("closed_by", "{person_adam}")]), CHECK, "month_close_by_finance"),
        ("by an owner who left", january(&[("closed_by", "{person_dora}")]), CHECK, "month_close_by_finance"),
        ("twice", after(&january(&[]), january(&[])), UNIQUE, "month_close_pkey"),
        (
            "a second beginning",
            after(&january(&[]), february(&[("follows", "NULL::date")])),
            CHECK,
            "month_close_begins_with_the_first_bookings",
        ),
        ("an earlier month again", january_again(&[]), CHECK, "programme_month_stays_closed"),
        (
            "an earlier month late",
            january_again(&[("month", "'2010-12-01'::date"), ("ends_at", "'2011-01-01Z'::timestamptz")]),
            CHECK,
            "programme_month_stays_closed",
        ),
        ("a close deleted", after(&both, "DELETE FROM month_close".to_owned()), INTEGRITY, "month_close_append_only"),
        (
            "a close edited",
            after(&both, "UPDATE month_close SET closed_at = '2012-01-01Z'".to_owned()),
            INTEGRITY,
            "month_close_append_only",
        ),
        ("all closes gone", after(&both, "TRUNCATE month_close".to_owned()), INTEGRITY, "month_close_append_only"),
        ("by somebody who is no staff", january(&[("closed_by", "{person_ana}")]), CHECK, "month_close_by_finance"),
    ])
    .await;
    // A programme without bookings begins anywhere, and only once.
    let empty =
        "INSERT INTO programme (code, name, currency, created_at) VALUES ('empty', 'Empty', 'GBP', '2011-01-01Z')";
    let of_it = "(SELECT programme_id FROM programme WHERE code = 'empty')";
    let first = format!("{empty}; {}", february(&[("programme_id", of_it), ("follows", "NULL::date")]));
    seed.accepted(&first).await;
    let second = january(&[
        ("programme_id", of_it),
        ("month", "'2011-03-01'::date"),
        ("ends_at", "'2011-04-01Z'::timestamptz"),
        ("closed_at", "'2011-04-01Z'::timestamptz"),
    ]);
    seed.all_refused(vec![("two beginnings", format!("{first}; {second}"), UNIQUE, "month_close_one_first")]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_closed_month_takes_no_bookings_and_stays_as_it_is(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let closed = |then: &str| format!("{}; {then}", january(&[]));
    let of_ana =
        [("programme_id", "{giftware}"), ("partner_id", "{ana}"), ("conversion_id", "{a-1}"), ("currency", "'GBP'")];
    let of_zoe =
        [("programme_id", "{travel}"), ("partner_id", "{zoe}"), ("conversion_id", "{z-1}"), ("currency", "'EUR'")];
    let ana = |at: &str| refund(&of_ana, at);
    seed.accepted(&ana("'2011-01-31T23:59:59.999999Z'")).await;
    seed.accepted(&closed(&ana("'2011-02-01Z'"))).await;
    // Other programmes' months are their own.
    seed.accepted(&closed(&refund(&of_zoe, "'2011-01-31Z'"))).await;
    let open_from = |from: &str| format!("UPDATE programme SET open_from = {from}");
    seed.all_refused(vec![
        ("the last moment", closed(&ana("'2011-01-31T23:59:59.999999Z'")), CHECK, "transfer_in_an_open_month"),
        ("long before", closed(&ana("'2009-01-01Z'")), CHECK, "transfer_in_an_open_month"),
        ("since ever", closed(&ana("'-infinity'")), CHECK, "transfer_in_an_open_month"),
        (
            "one of many",
            closed(
                "INSERT INTO transfer (programme_id, partner_id, conversion_id, kind, debit_kind, credit_kind, amount, currency, event_id, effective_at, booked_at)
                 SELECT programme_id, partner_id, conversion_id, 'refund', 'pending', 'commission_cost', 1, currency, 'late',
                        CASE order_id WHEN 'B-1' THEN '2011-01-31Z'::timestamptz ELSE '2011-02-01Z' END, '2011-03-05Z'
                 FROM conversion WHERE order_id <> 'A-2'",
            ),
            CHECK,
            "transfer_in_an_open_month",
        ),
        ("a month opened again", closed(&open_from("'2011-01-01Z'")), CHECK, "programme_month_stays_closed"),
        ("another time zone", closed("UPDATE programme SET time_zone = 'Asia/Tokyo'"), CHECK, "programme_time_zone_stays"),
        (
            "a programme that begins closed",
            "INSERT INTO programme (code, name, currency, created_at, open_from) VALUES ('x', 'X', 'GBP', '2011-01-01Z', '2011-02-01Z')".to_owned(),
            CHECK,
            "programme_begins_open",
        ),
    ])
    .await;
    seed.accepted("UPDATE programme SET time_zone = 'Asia/Tokyo'").await;
}
