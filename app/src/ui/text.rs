//! Figures and words inside a sentence or a cell: amounts, percentages, dates, links.

use super::escape;
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::Money;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use leptos::prelude::*;
use rust_decimal::Decimal;

/// An amount to the minor unit, in figures of equal width: `£1,234.50`.
pub fn amount(ctx: &Context, money: Money) -> AnyView {
    data(format::money(ctx.locale, money), money)
}

/// An amount without the minor unit where that is nothing: `£50`, but `£50.25`. For prose, not for columns.
pub fn amount_short(ctx: &Context, money: Money) -> AnyView {
    data(amount_words(ctx, money), money)
}

/// [`amount_short`] as a string, for sentences.
pub fn amount_words(ctx: &Context, money: Money) -> String {
    let text = format::money(ctx.locale, money);
    let rounded = money.currency.round(money.amount);
    if rounded.fract().is_zero() && money.currency.minor_units() > 0 {
        let zeros = "0".repeat(money.currency.minor_units() as usize);
        text.replacen(&format!("{}{zeros}", tr!(ctx.locale, format.decimal_mark)), "", 1)
    } else {
        text
    }
}

fn data(shown: String, money: Money) -> AnyView {
    let value = money.currency.round(money.amount).to_string();
    view! { <data class="amount" value=value>{shown}</data> }.into_any()
}

/// A percentage, as the locale writes it.
pub fn percent(ctx: &Context, percent: Decimal) -> AnyView {
    let value = percent.normalize().to_string();
    view! { <data class="figure" value=value>{format::percent(ctx.locale, percent)}</data> }.into_any()
}

/// A whole number, as the locale writes it.
pub fn count(ctx: &Context, count: i64) -> AnyView {
    view! { <data class="figure" value=count.to_string()>{format::count(ctx.locale, count)}</data> }.into_any()
}

/// The day of a moment in the reader's time zone: `1 Dec 2010`.
pub fn time(ctx: &Context, at: DateTime<Utc>) -> AnyView {
    moment(at, format::date_short(ctx.locale, ctx.time_zone, at))
}

/// The day, written out, for sentences: `1 December 2010`.
pub fn time_long(ctx: &Context, at: DateTime<Utc>) -> AnyView {
    moment(at, format::date(ctx.locale, ctx.time_zone, at))
}

/// Day and time: `1 Dec 2010, 08:26`.
pub fn time_exact(ctx: &Context, at: DateTime<Utc>) -> AnyView {
    moment(at, format::date_time(ctx.locale, ctx.time_zone, at))
}

fn moment(at: DateTime<Utc>, shown: String) -> AnyView {
    view! { <time datetime=at.to_rfc3339_opts(SecondsFormat::Secs, true)>{shown}</time> }.into_any()
}

/// A day that is a date of the calendar and not a moment, such as a pay day: `1 Dec 2010`.
pub fn day(ctx: &Context, day: NaiveDate) -> AnyView {
    view! { <time datetime=day.to_string()>{format::day_short(ctx.locale, day)}</time> }.into_any()
}

/// A link; its words alone where the address is not one to follow.
pub fn link(href: String, text: String) -> AnyView {
    match escape::href(&href).map(str::to_owned) {
        Some(href) => view! { <a href=href>{text}</a> }.into_any(),
        None => view! { <span>{text}</span> }.into_any(),
    }
}

/// Words that are there for those who listen and not for those who look.
pub fn unseen(text: String) -> AnyView {
    view! { <span class="unseen">{text}</span> }.into_any()
}

/// Text as a person wrote it, with its line ends.
pub fn prose(text: String) -> AnyView {
    view! { <p class="prose">{text}</p> }.into_any()
}
