//! The replay, as its decider reads it: what it costs a month, the margin with its floor, what pays for it, and one
//! line for each month of real history.

use super::words::signed;
use crate::approvals::model::{BreakEven, CurrencyImpact, Impact, Month};
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::ui::Tone;
use crate::ui::gauge::{Gauge, gauge};
use crate::ui::layout::section;
use crate::ui::notice::notice;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// The whole replay, a currency after the other.
pub(super) fn replay(ctx: &Context, impact: &Impact) -> AnyView {
    let locale = ctx.locale;
    let span = tr!(
        locale,
        approvals.replayed,
        from = format::date(locale, ctx.time_zone, impact.from),
        until = format::date(locale, ctx.time_zone, impact.until)
    );
    if impact.currencies.is_empty() {
        let text = view! { <p>{tr!(locale, approvals.no_history)}</p> <p>{span}</p> };
        return section(tr!(locale, approvals.what_it_costs), text.into_any());
    }
    let kept = (impact.keep_their_rate > 0)
        .then(|| tr!(locale, approvals.keep_their_rate, count = count(ctx, impact.keep_their_rate)));
    let currencies = impact.currencies.iter().map(|one| in_currency(ctx, one, impact)).collect_view();
    let neighbours = neighbours(ctx, impact);
    let body = view! { {currencies} <p>{span}" "{kept}</p> {neighbours} };
    section(tr!(locale, approvals.what_it_costs), body.into_any())
}

fn in_currency(ctx: &Context, one: &CurrencyImpact, impact: &Impact) -> AnyView {
    view! {
        <p class="answer">{cost(ctx, one, impact.days)}</p>
        {margin(ctx, one, impact.margin_floor)}
        <p>{break_even(ctx, one)}</p>
        {months(ctx, one, impact.days)}
    }
    .into_any()
}

fn cost(ctx: &Context, one: &CurrencyImpact, days: i64) -> String {
    let money = |amount| format::money(ctx.locale, Money::new(amount, one.currency));
    let (before, after) = (money(one.cost_before), money(one.cost_after));
    let month = money(one.cost_a_month.abs());
    if one.cost_after > one.cost_before {
        tr!(ctx.locale, steps.costs_more, month = month, before = before, after = after, days = days)
    } else if one.cost_after < one.cost_before {
        tr!(ctx.locale, steps.costs_less, month = month, before = before, after = after, days = days)
    } else {
        tr!(ctx.locale, steps.costs_the_same, before = before, days = days)
    }
}

fn margin(ctx: &Context, one: &CurrencyImpact, floor: Decimal) -> AnyView {
    let locale = ctx.locale;
    let percent = |percent| format::percent(locale, percent);
    let (Some(before), Some(after)) = (one.margin_before, one.margin_after) else {
        return view! { <p>{tr!(locale, approvals.margin_not_known)}</p> }.into_any();
    };
    let words =
        tr!(locale, approvals.margin_words, before = percent(before), after = percent(after), floor = percent(floor));
    let under = one
        .below_floor
        .then(|| notice(Tone::Bad, tr!(locale, approvals.below_floor, after = percent(after), floor = percent(floor))));
    view! {
        <figure class="margin">
            {gauge(Gauge { before, after, floor }, words.clone())}
            <figcaption>{words}</figcaption>
        </figure>
        {under.or_else(|| Some(view! { <p>{distance(ctx, after - floor)}</p> }.into_any()))}
    }
    .into_any()
}

/// How far the margin is from the floor, in percentage points.
fn distance(ctx: &Context, points: Decimal) -> String {
    let words = format::number(ctx.locale, points.abs().normalize());
    if points < Decimal::ZERO {
        tr!(ctx.locale, steps.distance_under, points = words)
    } else {
        tr!(ctx.locale, steps.distance_above, points = words)
    }
}

/// What it would cost if the others under the same terms got it too.
fn neighbours(ctx: &Context, impact: &Impact) -> AnyView {
    let locale = ctx.locale;
    let Some(neighbours) = &impact.neighbours else {
        return impact.rate_before.map(|_| view! { <p>{tr!(locale, steps.neighbours_own)}</p> }).into_any();
    };
    if neighbours.partners == 0 {
        return view! { <p>{tr!(locale, steps.neighbours_none)}</p> }.into_any();
    }
    let lines = neighbours
        .currencies
        .iter()
        .map(|one| {
            let money = |amount| format::money(locale, Money::new(amount, one.currency));
            let (before, after) = (money(one.cost_before), money(one.cost_after));
            let month = money(one.cost_a_month.abs());
            let words = match one.cost_after.cmp(&one.cost_before) {
                Ordering::Greater => tr!(locale, steps.neighbours_more, month = month, before = before, after = after),
                Ordering::Less => tr!(locale, steps.neighbours_less, month = month, before = before, after = after),
                Ordering::Equal => tr!(locale, steps.neighbours_same, before = before),
            };
            view! { <li>{words}</li> }
        })
        .collect_view();
    view! {
        <h3>{tr!(locale, steps.neighbours)}</h3>
        <p>{tr!(locale, steps.neighbours_lead, count = count(ctx, neighbours.partners))}</p>
        <ul>{lines}</ul>
    }
    .into_any()
}

fn break_even(ctx: &Context, one: &CurrencyImpact) -> String {
    let locale = ctx.locale;
    match one.break_even {
        BreakEven::NotKnown => tr!(locale, approvals.break_even_not_known),
        BreakEven::NotNeeded => tr!(locale, approvals.break_even_not_needed),
        BreakEven::Never => tr!(locale, approvals.break_even_never),
        BreakEven::Extra { percent, orders_a_month } if orders_a_month.is_zero() => {
            tr!(locale, approvals.break_even_volume, percent = format::percent(locale, percent))
        }
        BreakEven::Extra { percent, orders_a_month } => tr!(
            locale,
            approvals.break_even_orders,
            percent = format::percent(locale, percent),
            orders = format::money(locale, Money::new(orders_a_month, one.currency))
        ),
    }
}

fn months(ctx: &Context, one: &CurrencyImpact, days: i64) -> AnyView {
    let locale = ctx.locale;
    let head = [
        (tr!(locale, approvals.column_month), false),
        (tr!(locale, approvals.column_orders), true),
        (tr!(locale, approvals.column_order_left), true),
        (tr!(locale, approvals.column_before), true),
        (tr!(locale, approvals.column_after), true),
        (tr!(locale, approvals.column_difference), true),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let line = |label: String, month: &Month| Row {
        href: None,
        cells: vec![
            label.into_any(),
            count(ctx, month.orders).into_any(),
            text::amount(ctx, Money::new(month.order_left, one.currency)),
            text::amount(ctx, Money::new(month.cost_before, one.currency)),
            text::amount(ctx, Money::new(month.cost_after, one.currency)),
            signed(ctx, Money::new(month.cost_after - month.cost_before, one.currency)).into_any(),
        ],
    };
    let rows = one.months.iter().map(|month| line(format::month(locale, month.first), month)).collect();
    let sum = Month {
        first: one.months.first().map(|month| month.first).unwrap_or_default(),
        orders: one.orders,
        order_left: one.order_left,
        cost_before: one.cost_before,
        cost_after: one.cost_after,
    };
    let foot = line(tr!(locale, steps.all_days, days = days), &sum);
    let caption = tr!(locale, approvals.months_caption, currency = one.currency.code().to_owned());
    view! { <Table caption=caption head=head rows=rows foot=foot/> }.into_any()
}

fn count(ctx: &Context, count: u64) -> String {
    format::count(ctx.locale, i64::try_from(count).unwrap_or(i64::MAX))
}
