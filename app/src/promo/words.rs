//! Packages in words.

use super::model::{End, Goal, Package, Progress};
use super::rules::{self, Standing};
use crate::base::clock::last_day;
use crate::base::format;
use crate::base::language::{Locale, tr};
use crate::base::money::{Currency, Money};
use crate::ui::badge::{Tone, badge};
use leptos::prelude::*;
use rust_decimal::Decimal;

/// So much of what a goal counts: `12 sales`, `£120.00 of commission`.
pub fn amount(locale: Locale, goal: Goal, of: Decimal, currency: Currency) -> String {
    let money = || format::money(locale, Money::new(of, currency));
    match goal {
        Goal::Sales if of == Decimal::ONE => tr!(locale, promo.one_sale),
        Goal::Sales => tr!(locale, promo.sales, count = format::number(locale, of)),
        Goal::Commission => tr!(locale, promo.commission, amount = money()),
        Goal::Orders => tr!(locale, promo.orders, amount = money()),
        Goal::Once => tr!(locale, promo.once),
    }
}

/// What has to be reached.
pub fn goal(locale: Locale, package: &Package) -> String {
    amount(locale, package.goal, package.target, package.bonus.currency)
}

/// What a form calls a goal.
pub fn goal_kind(locale: Locale, goal: Goal) -> String {
    match goal {
        Goal::Sales => tr!(locale, promo.kind_sales),
        Goal::Commission => tr!(locale, promo.kind_commission),
        Goal::Orders => tr!(locale, promo.kind_orders),
        Goal::Once => tr!(locale, promo.kind_once),
    }
}

/// A package in a line: its name, its goal, its bonus and its last day.
pub fn line(locale: Locale, package: &Package) -> String {
    let (name, bonus) = (package.name.clone(), format::money(locale, package.bonus));
    let last = last(locale, package);
    match package.goal {
        Goal::Once => tr!(locale, promo.line_once, name = name, bonus = bonus, last = last),
        _ => tr!(locale, promo.line, name = name, bonus = bonus, goal = goal(locale, package), last = last),
    }
}

/// The last day on which something counts.
pub fn last(locale: Locale, package: &Package) -> String {
    format::day(locale, last_day(package.ends_at, package.zone))
}

/// The first and the last day.
pub fn period(locale: Locale, package: &Package) -> String {
    let first = format::day(locale, package.starts_at.with_timezone(&package.zone).date_naive());
    tr!(locale, promo.period, first = first, last = last(locale, package))
}

/// The last day on which what happened may leave its hold.
pub fn settled(locale: Locale, package: &Package) -> String {
    format::day(locale, last_day(package.counts_until, package.zone))
}

/// How far somebody is, as a sentence.
pub fn so_far(locale: Locale, package: &Package, progress: Progress) -> String {
    // The goal says of what.
    let bare = |of: Decimal| match package.goal {
        Goal::Sales | Goal::Once => format::number(locale, of),
        Goal::Commission | Goal::Orders => format::money(locale, Money::new(of, package.bonus.currency)),
    };
    let (counted, of) = (bare(progress.counted), goal(locale, package));
    if progress.waits.is_zero() {
        return tr!(locale, promo.so_far, counted = counted, goal = of);
    }
    tr!(locale, promo.so_far_waits, counted = counted, goal = of, waits = bare(progress.waits))
}

/// The same as a bar, for those who see it; the sentence stands beside it.
pub fn bar(locale: Locale, package: &Package, progress: Progress) -> AnyView {
    let percent = rules::percent(package, progress);
    let label = tr!(locale, promo.bar, percent = format::percent(locale, percent.into()));
    view! { <progress class="progress" max="100" value=percent.to_string() aria-label=label></progress> }.into_any()
}

/// Where a grant stands, as the house reads it.
pub fn standing(locale: Locale, standing: Standing) -> AnyView {
    match standing {
        Standing::Waiting => badge(Tone::Waiting, tr!(locale, promo.waiting)),
        Standing::Expired => badge(Tone::Neutral, tr!(locale, promo.expired)),
        Standing::Rejected => badge(Tone::Bad, tr!(locale, promo.rejected)),
        Standing::Running => badge(Tone::Info, tr!(locale, promo.running)),
        Standing::Ended(End::Reached) => badge(Tone::Good, tr!(locale, promo.reached)),
        Standing::Ended(End::Over) => badge(Tone::Neutral, tr!(locale, promo.over)),
    }
}
