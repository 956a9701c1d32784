use super::*;
use crate::commissions::model::Inputs;
use crate::commissions::rules::commission_left;
use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;

fn dec(text: &str) -> Decimal {
    text.parse().expect("number")
}

fn currency(code: &str) -> Currency {
    Currency::parse(code).expect("code")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("day")
}

fn until() -> DateTime<Utc> {
    "2011-03-01T00:00:00Z".parse().expect("time")
}

/// One real conversion, as the naive reference takes it.
#[derive(Clone, Debug)]
struct Sold {
    day: NaiveDate,
    currency: Currency,
    order_amount: Decimal,
    refunded: Decimal,
    rejected: bool,
    booked: Decimal,
    revenue: Option<Rate>,
    keeps_its_rate: bool,
}

fn sale(on: &str, order: &str, booked: &str) -> Sold {
    Sold {
        day: day(on),
        currency: currency("GBP"),
        order_amount: dec(order),
        refunded: Decimal::ZERO,
        rejected: false,
        booked: dec(booked),
        revenue: Some(Rate::Percent(dec("25"))),
        keeps_its_rate: false,
    }
}

fn price(sold: &Sold, rate: Rate) -> Decimal {
    let inputs = Inputs { rate, order_amount: sold.order_amount, refunded: sold.refunded, rejected: sold.rejected };
    commission_left(&inputs, sold.currency)
}

fn order_left(sold: &Sold) -> Decimal {
    if sold.rejected { Decimal::ZERO } else { sold.order_amount - sold.refunded }
}

fn revenue_left(sold: &Sold) -> Option<Decimal> {
    let nothing_left = sold.rejected || (sold.order_amount > Decimal::ZERO && sold.refunded == sold.order_amount);
    if nothing_left { Some(Decimal::ZERO) } else { sold.revenue.map(|revenue| price(sold, revenue)) }
}

/// What the database sums, one conversion after the other.
fn replayed(rate: Rate, conversions: &[Sold]) -> Vec<Replayed> {
    let mut months: Vec<Replayed> = Vec::new();
    for sold in conversions {
        let first = sold.day.with_day(1).expect("a first day");
        let found = months.iter().position(|one| (one.currency, one.month.first) == (sold.currency, first));
        let found = found.unwrap_or_else(|| {
            let zero = Decimal::ZERO;
            let month = Month { first, orders: 0, order_left: zero, cost_before: zero, cost_after: zero };
            months.push(Replayed { currency: sold.currency, month, revenue: Some(zero), keep_their_rate: 0 });
            months.len() - 1
        });
        let one = &mut months[found];
        one.month.orders += 1;
        one.month.order_left += order_left(sold);
        one.month.cost_before += sold.booked;
        one.month.cost_after += if sold.keeps_its_rate { sold.booked } else { price(sold, rate) };
        one.revenue = one.revenue.zip(revenue_left(sold)).map(|(sum, one)| sum + one);
        one.keep_their_rate += u64::from(sold.keeps_its_rate);
    }
    months
}

fn replay(rate: Rate, floor: &str, conversions: &[Sold]) -> Impact {
    let terms = Terms { rate, rule: Rule::default() };
    impact(until(), 90, None, terms, dec(floor), replayed(rate, conversions))
}

#[test]
fn ten_percent_instead_of_eight_costs_two_more_and_says_what_pays_for_it() {
    let history = [sale("2011-01-10", "600.00", "48.00"), sale("2011-02-10", "600.00", "48.00")];
    let impact = replay(Rate::Percent(dec("10")), "40", &history);
    let [pounds] = impact.currencies.as_slice() else { panic!("one currency") };
    assert_eq!((pounds.cost_before, pounds.cost_after), (dec("96.00"), dec("120.00")));
    assert_eq!(pounds.cost_a_month, dec("8.00"));
    assert_eq!(pounds.revenue, Some(dec("300.00")));
    assert_eq!((pounds.margin_before, pounds.margin_after), (Some(dec("68")), Some(dec("60"))));
    assert!(!pounds.below_floor);
    // 204.00 was earned; at 180.00 per 1200.00 it takes 24/180 more: 13.33… %, 160.00 in three months.
    assert_eq!(pounds.break_even, BreakEven::Extra { percent: dec("13.4"), orders_a_month: dec("53.34") });
    let months: Vec<_> = pounds.months.iter().map(|month| (month.first, month.orders, month.cost_after)).collect();
    assert_eq!(months, [(day("2011-01-01"), 1, dec("60.00")), (day("2011-02-01"), 1, dec("60.00"))]);
}

#[test]
fn an_exact_quotient_is_not_rounded_up() {
    let impact = replay(Rate::Percent(dec("10")), "0", &[sale("2011-01-10", "1200.00", "0.00")]);
    assert_eq!(
        impact.currencies[0].break_even,
        BreakEven::Extra { percent: dec("66.7"), orders_a_month: dec("266.67") }
    );
    let impact = replay(Rate::Percent(dec("5")), "0", &[sale("2011-01-10", "1200.00", "0.00")]);
    assert_eq!(impact.currencies[0].break_even, BreakEven::Extra { percent: dec("25"), orders_a_month: dec("100") });
}

#[test]
fn a_margin_that_is_not_known_is_not_guessed() {
    let mut unknown = sale("2011-01-10", "100.00", "8.00");
    unknown.revenue = None;
    let impact = replay(Rate::Percent(dec("10")), "99", &[sale("2011-01-11", "100.00", "8.00"), unknown.clone()]);
    let pounds = &impact.currencies[0];
    assert_eq!((pounds.revenue, pounds.margin_before, pounds.margin_after), (None, None, None));
    assert_eq!((pounds.break_even, pounds.below_floor), (BreakEven::NotKnown, false));
    // Of a conversion of which nothing is left, nothing has to be known.
    unknown.refunded = unknown.order_amount;
    unknown.booked = Decimal::ZERO;
    let impact = replay(Rate::Percent(dec("10")), "99", &[sale("2011-01-11", "100.00", "8.00"), unknown]);
    assert_eq!(impact.currencies[0].margin_after, Some(dec("60")));
    assert!(impact.below_floor());
}

#[test]
fn nothing_earned_is_never_made_up_by_volume() {
    let impact = replay(Rate::Percent(dec("25")), "0", &[sale("2011-01-10", "100.00", "8.00")]);
    assert_eq!(impact.currencies[0].break_even, BreakEven::Never);
    assert_eq!(impact.currencies[0].margin_after, Some(Decimal::ZERO));
    assert!(!impact.below_floor(), "on the floor is not under it");
}

#[test]
fn currencies_are_not_mixed_and_no_history_is_no_line() {
    let mut euros = sale("2011-01-10", "100.00", "8.00");
    euros.currency = currency("EUR");
    let impact = replay(Rate::Percent(dec("9")), "0", &[sale("2011-01-10", "100.00", "8.00"), euros]);
    let codes: Vec<_> = impact.currencies.iter().map(|one| one.currency.code().to_owned()).collect();
    assert_eq!(codes, ["EUR", "GBP"]);
    assert!(replay(Rate::Percent(dec("9")), "0", &[]).currencies.is_empty());
}

#[test]
fn a_percentage_is_read_as_people_type_it() {
    assert_eq!(parse_percent("8"), Ok(dec("8")));
    assert_eq!(parse_percent(" 8,5 % "), Ok(dec("8.5")));
    assert_eq!(parse_percent("12.3456"), Ok(dec("12.3456")));
    assert_eq!(parse_percent("12.34560"), Ok(dec("12.3456")));
    assert_eq!(parse_percent("12.34567"), Err(BadNumber::TooManyDecimals));
    assert_eq!(parse_percent("100"), Ok(dec("100")));
    assert_eq!(parse_percent("100.0001"), Err(BadNumber::OutOfRange));
    assert_eq!(parse_percent("-1"), Err(BadNumber::OutOfRange));
    assert_eq!(parse_percent(""), Err(BadNumber::Missing));
    for text in ["eight", "1e1", "1.2.3", "1_0", ".", "٨", "--1", "NaN"] {
        assert_eq!(parse_percent(text), Err(BadNumber::NotANumber), "{text}");
    }
    assert_eq!(parse_percent(&"9".repeat(200)), Err(BadNumber::OutOfRange));
}

#[test]
fn an_amount_is_read_in_the_writers_language() {
    let pounds = currency("GBP");
    assert_eq!(parse_amount("1,234.50", '.', pounds), Ok(dec("1234.5")));
    assert_eq!(parse_amount("1.234,50", ',', pounds), Ok(dec("1234.5")));
    assert_eq!(parse_amount("1,000", '.', pounds), Ok(dec("1000")));
    assert_eq!(parse_amount("1.000", ',', pounds), Ok(dec("1000")));
    assert_eq!(parse_amount("12,5", '.', pounds), Ok(dec("12.5")));
    assert_eq!(parse_amount("12.50", ',', pounds), Ok(dec("12.5")));
    assert_eq!(parse_amount("£20", '.', pounds), Ok(dec("20")));
    assert_eq!(parse_amount("20.005", '.', pounds), Err(BadNumber::TooManyDecimals));
    assert_eq!(parse_amount("20.5", '.', currency("JPY")), Err(BadNumber::TooManyDecimals));
    assert_eq!(parse_amount("-5", '.', pounds), Err(BadNumber::OutOfRange));
    assert_eq!(parse_amount("twenty", '.', pounds), Err(BadNumber::NotANumber));
    assert_eq!(parse_amount("", '.', pounds), Err(BadNumber::Missing));
}

fn any_rate() -> impl Strategy<Value = Rate> {
    prop_oneof![
        (0_i64..=1_000_000).prop_map(|n| Rate::Percent(Decimal::new(n, 4))),
        (0_i64..100_000).prop_map(|n| Rate::Fixed(Decimal::new(n, 2))),
    ]
}

/// A conversion booked at `rate`, as the ledger would have booked it.
fn any_conversion(rate: Rate) -> impl Strategy<Value = Sold> {
    let figures = (0_u64..120, 0_i64..1_000_000, 0_u8..=100, any::<bool>(), any::<bool>());
    (figures, prop::option::weighted(0.9, any_rate()), any::<bool>()).prop_map(
        move |((ago, pence, refunded, rejected, euros), revenue, keeps_its_rate)| {
            let currency = currency(if euros { "EUR" } else { "GBP" });
            let order_amount = Decimal::new(pence, 2);
            let mut conversion = Sold {
                day: day("2011-03-01") - chrono::Days::new(ago),
                currency,
                order_amount,
                refunded: currency.round(order_amount * Decimal::from(refunded) / Decimal::ONE_HUNDRED),
                rejected,
                booked: Decimal::ZERO,
                revenue,
                keeps_its_rate,
            };
            conversion.booked = price(&conversion, rate);
            conversion
        },
    )
}

#[test]
fn a_year_is_told_a_month_and_an_old_proposal_is_still_read() {
    let history = [sale("2011-01-10", "600.00", "48.00"), sale("2011-02-10", "600.00", "48.00")];
    let rate = Rate::Percent(dec("10"));
    let terms = Terms { rate, rule: Rule::default() };
    let year = impact(until(), 365, None, terms, dec("0"), replayed(rate, &history));
    assert_eq!(year.from, "2010-03-01T00:00:00Z".parse::<DateTime<Utc>>().expect("time"));
    assert_eq!(year.currencies[0].cost_a_month, dec("1.97"), "24.00 in 365 days");
    let others = neighbour_costs(&replayed(rate, &history), 30);
    assert_eq!(
        (others[0].cost_before, others[0].cost_after, others[0].cost_a_month),
        (dec("96"), dec("120"), dec("24"))
    );
    // What was stored before there were rules, spans and neighbours.
    let mut stored = serde_json::to_value(replay(rate, "20", &history)).expect("written");
    stored.as_object_mut().expect("an object").remove("days");
    assert_eq!(serde_json::from_value::<Impact>(stored).expect("read").days, 90);
}

proptest! {
    #[test]
    fn the_same_rate_changes_nothing(
        (rate, history) in any_rate().prop_flat_map(|rate| (Just(rate), prop::collection::vec(any_conversion(rate), 0..40)))
    ) {
        for one in replay(rate, "20", &history).currencies {
            prop_assert_eq!(one.cost_before, one.cost_after);
            prop_assert_eq!(one.cost_a_month, Decimal::ZERO);
            prop_assert_eq!(one.margin_before, one.margin_after);
            prop_assert_eq!(one.break_even, BreakEven::NotNeeded);
        }
    }

    #[test]
    fn it_is_what_pricing_each_conversion_again_gives(
        rate in any_rate(), history in any_rate().prop_flat_map(|rate| prop::collection::vec(any_conversion(rate), 0..40))
    ) {
        let impact = replay(rate, "20", &history);
        prop_assert_eq!(impact.currencies.iter().map(|one| one.orders).sum::<u64>(), history.len() as u64);
        for one in &impact.currencies {
            let mine: Vec<_> = history.iter().filter(|conversion| conversion.currency == one.currency).collect();
            let after: Decimal = mine.iter().map(|c| if c.keeps_its_rate { c.booked } else { price(c, rate) }).sum();
            prop_assert_eq!(one.cost_before, mine.iter().map(|c| c.booked).sum::<Decimal>());
            prop_assert_eq!(one.cost_after, after);
            let revenue = mine.iter().filter(|c| order_left(c) > Decimal::ZERO || (c.order_amount.is_zero() && !c.rejected))
                .map(|c| c.revenue.map(|rate| price(c, rate))).sum::<Option<Decimal>>();
            prop_assert_eq!(one.revenue, revenue);
            prop_assert_eq!(one.months.iter().map(|m| m.cost_after).sum::<Decimal>(), after);
            prop_assert!(one.months.windows(2).all(|pair| pair[0].first < pair[1].first));
            if let (BreakEven::Extra { percent, .. }, Some(revenue)) = (one.break_even, revenue) {
                // That much more volume does earn what was earned before, and a tenth of a percent less does not.
                let earns = |extra: Decimal| (revenue - after) * (Decimal::ONE_HUNDRED + extra);
                let before = (revenue - one.cost_before) * Decimal::ONE_HUNDRED;
                prop_assert!(earns(percent) >= before);
                prop_assert!(earns(percent - dec("0.1")) < before);
            }
        }
    }

    #[test]
    fn it_survives_being_stored(rate in any_rate(), history in prop::collection::vec(any_conversion(Rate::Percent(dec("8"))), 0..10)) {
        let impact = replay(rate, "20", &history);
        let stored = serde_json::to_value(&impact).expect("written");
        prop_assert_eq!(serde_json::from_value::<Impact>(stored).expect("read"), impact);
    }

    #[test]
    fn no_text_upsets_the_number_fields(text in "\\PC{0,40}", comma in any::<bool>()) {
        let _ = parse_percent(&text);
        let _ = parse_amount(&text, if comma { ',' } else { '.' }, currency("GBP"));
    }
}
