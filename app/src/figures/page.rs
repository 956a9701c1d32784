//! The figures: the desk's for owners, leads and auditors, one's own for agents.

use super::care_page::of_care;
use super::store::{self, HourOfWeek, Replies, Week};
use crate::base::actor::Role;
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::clocks::model::Size;
use crate::clocks::page::working_time;
use crate::help::figures::of_help;
use crate::paths;
use crate::rota::model::Rota;
use crate::rota::page::{desk_zone, weekday};
use crate::rota::rules::{coverage, moment, week_from};
use crate::rota::spans::Span;
use crate::rota::store::rota;
use crate::ui::field::{Field, Submit, Weight};
use crate::ui::form::Filter;
use crate::ui::layout::{facts, page_head, section};
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// How far the figures look back.
const WEEKS: i64 = 8;
/// What an owner need not see: nine in ten.
const GOAL: i64 = 90;

/// `/figures`
#[component]
pub fn Figures() -> impl IntoView {
    screen(|ctx, query| async move {
        let staff = ctx.staff()?.clone();
        // An agent's own; whoever leads or owns the desk, or looks over it, sees all of it.
        let person = (staff.role == Role::Agent).then_some(staff.person);
        let at = moment_asked(&ctx, &query);
        let mut tx = ctx.begin().await?;
        let rota = rota(&mut tx, at).await?;
        let zone = desk_zone(&rota, ctx.time_zone);
        let window = Span { from: at - TimeDelta::weeks(WEEKS), to: at };
        let all = store::replies(&mut tx, window, person, None).await?;
        let small = store::replies(&mut tx, window, person, Some(Size::Small)).await?;
        let large = store::replies(&mut tx, window, person, Some(Size::Large)).await?;
        let hours = store::replies_by_hour(&mut tx, window, zone, person).await?;
        let weeks = store::weeks(&mut tx, window, zone, person).await?;
        let overdue = store::overdue(&mut tx, at, person).await?;
        // Staff see their own ratings, owners and auditors all.
        let about = (staff.role == Role::Agent || staff.role == Role::Lead).then_some(staff.person);
        let rated = crate::ratings::page::figures(&ctx, &mut tx, window, about).await?;
        let kept_right = of_help(&ctx, &mut tx, window, person).await?;
        let cared = match person {
            Some(_) => None,
            None => Some(of_care(&ctx, &mut tx, window).await?),
        };
        let title = match person {
            Some(_) => tr!(ctx.locale, figures.title_own),
            None => tr!(ctx.locale, figures.title),
        };
        let body = view! {
            {page_head(title.clone(), Some(lead(&ctx, &weeks, overdue)))}
            {as_of(&ctx, &query)}
            {section(tr!(ctx.locale, figures.replies_title), view! {
                {reply_facts(&ctx, all, small, large)}
                {by_hour(&ctx, zone, &hours)}
            }.into_any())}
            {section(tr!(ctx.locale, figures.weeks_title), by_week(&ctx, &rota, zone, at, &weeks, person.is_none()))}
            {cared}
            {rated}
            {kept_right}
        };
        Ok((title, body.into_any()))
    })
}

/// The moment in the address, by the reader's clock; now, where there is none or it lies ahead.
fn moment_asked(ctx: &Context, query: &Query) -> DateTime<Utc> {
    let local = query.get("at").and_then(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok());
    let near = local.filter(|local| (local.date() - ctx.now().date_naive()).num_days().abs() < 3660);
    near.map(|local| moment(local, ctx.time_zone)).filter(|at| *at <= ctx.now()).unwrap_or(ctx.now())
}

/// The share that support solved alone in the last whole week, and what is overdue.
fn lead(ctx: &Context, weeks: &[Week], overdue: i64) -> AnyView {
    let locale = ctx.locale;
    let share = weeks.iter().find_map(|week| Some((week, share(week)?)));
    let first = match share {
        Some((week, share)) => tr!(
            locale,
            figures.lead_share,
            share = format::percent(locale, share),
            goal = format::percent(locale, Decimal::from(GOAL)),
            date = format::day(locale, week.monday)
        ),
        None => tr!(locale, figures.lead_nothing),
    };
    let second = match overdue {
        0 => tr!(locale, figures.lead_kept),
        1 => tr!(locale, figures.lead_overdue_one),
        count => tr!(locale, figures.lead_overdue, count = format::count(locale, count)),
    };
    view! { <p>{first}</p><p>{second}</p> }.into_any()
}

/// Of what was resolved, what no owner had a hand in, in percent.
fn share(week: &Week) -> Option<Decimal> {
    let alone = Decimal::from(100 * (week.resolved - week.with_owner));
    (week.resolved > 0).then(|| (alone / Decimal::from(week.resolved)).round_dp(0))
}

fn as_of(ctx: &Context, query: &Query) -> AnyView {
    let (locale, value) = (ctx.locale, query.get("at").unwrap_or_default().to_owned());
    view! {
        <Filter action=paths::FIGURES>
            <Field name="at" kind="datetime-local" label=tr!(locale, figures.as_of) hint=Some(tr!(locale, figures.as_of_hint)) value=value/>
            <Submit text=tr!(locale, figures.as_of_button) tone=Weight::Quiet/>
        </Filter>
    }
    .into_any()
}

fn minutes(ctx: &Context, minutes: Option<i64>) -> AnyView {
    match minutes {
        Some(minutes) => working_time(ctx.locale, minutes).into_any(),
        None => tr!(ctx.locale, figures.none).into_any(),
    }
}

fn reply_facts(ctx: &Context, all: Replies, small: Replies, large: Replies) -> AnyView {
    let locale = ctx.locale;
    facts(vec![
        (tr!(locale, figures.answered), text::count(ctx, all.answered)),
        (tr!(locale, figures.waiting), text::count(ctx, all.waiting)),
        (tr!(locale, figures.median), minutes(ctx, all.median)),
        (tr!(locale, figures.p90), minutes(ctx, all.p90)),
        (tr!(locale, figures.median_small), minutes(ctx, small.median)),
        (tr!(locale, figures.median_large), minutes(ctx, large.median)),
    ])
}

fn by_hour(ctx: &Context, zone: Tz, hours: &[HourOfWeek]) -> AnyView {
    let locale = ctx.locale;
    if hours.is_empty() {
        return view! { <p>{tr!(locale, figures.no_replies)}</p> }.into_any();
    }
    let head = |label, numeric| Head { label, numeric };
    let heads = vec![
        head(tr!(locale, figures.head_hour), false),
        head(tr!(locale, figures.answered), true),
        head(tr!(locale, figures.median), true),
        head(tr!(locale, figures.p90), true),
    ];
    let rows = hours
        .iter()
        .map(|hour| {
            let day = u8::try_from(hour.weekday - 1).ok().and_then(|day| Weekday::try_from(day).ok());
            let day = day.map(|day| weekday(locale, day)).unwrap_or_default();
            Row {
                cells: vec![
                    format!("{day} {:02}:00", hour.hour).into_any(),
                    text::count(ctx, hour.answered),
                    minutes(ctx, Some(hour.median)),
                    minutes(ctx, Some(hour.p90)),
                ],
                href: None,
            }
        })
        .collect();
    let caption = tr!(locale, figures.hours_caption, zone = zone.name());
    view! { <Table caption=caption head=heads rows=rows/> }.into_any()
}

fn by_week(ctx: &Context, rota: &Rota, zone: Tz, at: DateTime<Utc>, weeks: &[Week], with_coverage: bool) -> AnyView {
    let locale = ctx.locale;
    let head = |label, numeric| Head { label, numeric };
    let mut heads = vec![
        head(tr!(locale, figures.head_week), false),
        head(tr!(locale, figures.head_resolved), true),
        head(tr!(locale, figures.head_share), true),
        head(tr!(locale, figures.head_broken), true),
        head(tr!(locale, figures.head_reopened), true),
    ];
    if with_coverage {
        heads.push(head(tr!(locale, figures.head_uncovered), true));
    }
    let rows = weeks
        .iter()
        .map(|week| {
            let share = match share(week) {
                Some(share) => text::percent(ctx, share),
                None => tr!(locale, figures.none).into_any(),
            };
            let mut cells = vec![
                text::day(ctx, week.monday),
                text::count(ctx, week.resolved),
                share,
                text::count(ctx, week.broken),
                text::count(ctx, week.reopened),
            ];
            if with_coverage {
                // The week that runs counts up to the moment.
                let whole = week_from(week.monday, zone);
                let so_far = Span { from: whole.from, to: whole.to.min(at.max(whole.from)) };
                cells.push(text::count(ctx, coverage(rota, so_far).uncovered));
            }
            Row { cells, href: None }
        })
        .collect();
    view! { <Table caption=tr!(locale, figures.weeks_caption) head=heads rows=rows/> }.into_any()
}
