//! What both sides read of a correction.

use crate::approvals::rules::Terms;
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::corrections::model::{Item, Sum};
use crate::paths;
use crate::terms::words::{last_day, rate_words};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The rate that should have been, and the days.
pub(super) fn what(ctx: &Context, terms: &Terms, since: DateTime<Utc>, until: DateTime<Utc>) -> String {
    tr!(
        ctx.locale,
        corrections.what,
        rate = rate_words(ctx, terms.rate, &terms.rule),
        first = format::date(ctx.locale, ctx.time_zone, since),
        last = format::day(ctx.locale, last_day(until, ctx.time_zone))
    )
}

/// What it comes to, by currency: `£12.00 and €3.00`.
pub(super) fn total(ctx: &Context, sums: &[Sum]) -> String {
    let amounts: Vec<_> =
        sums.iter().map(|sum| format::money(ctx.locale, Money::new(sum.amount, sum.currency))).collect();
    amounts.join(" + ")
}

/// The sums, a line a currency.
pub(super) fn sums(ctx: &Context, sums: &[Sum]) -> AnyView {
    let locale = ctx.locale;
    let head = [
        (tr!(locale, corrections.column_currency), false),
        (tr!(locale, corrections.column_items), true),
        (tr!(locale, corrections.column_was), true),
        (tr!(locale, corrections.column_should_be), true),
        (tr!(locale, corrections.column_amount), true),
    ];
    let head = head.into_iter().map(|(label, numeric)| Head { label, numeric }).collect();
    let rows = sums
        .iter()
        .map(|sum| {
            let amount = |amount| text::amount(ctx, Money::new(amount, sum.currency));
            Row {
                href: None,
                cells: vec![
                    sum.currency.code().to_owned().into_any(),
                    format::number(locale, sum.items.into()).into_any(),
                    amount(sum.was),
                    amount(sum.should_be),
                    amount(sum.amount),
                ],
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, corrections.sums_caption) head=head rows=rows/> }.into_any()
}

/// The items, each with what it was and should be; the partner's lead to their commission.
pub(super) fn items(ctx: &Context, items: &[Item], linked: bool) -> AnyView {
    let locale = ctx.locale;
    let head = [
        (tr!(locale, corrections.column_order), false),
        (tr!(locale, corrections.column_offer), false),
        (tr!(locale, corrections.column_when), false),
        (tr!(locale, corrections.column_was), true),
        (tr!(locale, corrections.column_should_be), true),
        (tr!(locale, corrections.column_amount), true),
        (tr!(locale, corrections.column_booked), false),
    ];
    let head = head.into_iter().map(|(label, numeric)| Head { label, numeric }).collect();
    let rows = items
        .iter()
        .map(|item| {
            let amount = |amount| text::amount(ctx, Money::new(amount, item.currency));
            let booked = match item.booked_at {
                Some(at) => text::time(ctx, at),
                None => tr!(locale, corrections.not_booked).into_any(),
            };
            Row {
                href: linked.then(|| paths::commission(item.conversion)),
                cells: vec![
                    item.order_id.clone().into_any(),
                    item.offer.clone().into_any(),
                    text::time(ctx, item.occurred_at),
                    amount(item.was + item.credited),
                    amount(item.should_be),
                    amount(item.amount),
                    booked,
                ],
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, corrections.items_caption) head=head rows=rows/> }.into_any()
}
