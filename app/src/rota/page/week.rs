//! The week: who is there on each day, and when nobody is though somebody means to be.

use super::{Sheet, clock, weekday};
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::rota::rules;
use crate::rota::spans::{Span, within};
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::layout::{pages, section as ui_section};
use crate::ui::screen::Query;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use leptos::prelude::*;

pub(super) fn section(ctx: &Context, query: &Query, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let coverage = rules::coverage(&sheet.rota, sheet.week);
    let answer = if coverage.meant == 0 {
        tr!(locale, rota.coverage_unknown)
    } else if coverage.uncovered == 0 {
        tr!(locale, rota.coverage_whole)
    } else {
        tr!(
            locale,
            rota.coverage_gaps,
            uncovered = format::count(locale, coverage.uncovered),
            meant = format::count(locale, coverage.meant),
            gaps = coverage.gaps.len()
        )
    };
    let head = |label, numeric| Head { label, numeric };
    let heads = vec![
        head(tr!(locale, rota.head_day), false),
        head(tr!(locale, rota.head_people), false),
        head(tr!(locale, rota.head_gaps), false),
        head(tr!(locale, rota.head_uncovered), true),
    ];
    let days = sheet.monday.iter_days().take(7);
    let rows = days.map(|day| row(ctx, sheet, day, &coverage.gaps)).collect();
    let foot = Row {
        cells: vec![
            tr!(locale, rota.week_total).into_any(),
            ().into_any(),
            ().into_any(),
            text::count(ctx, coverage.uncovered),
        ],
        href: None,
    };
    let caption = tr!(locale, rota.week_caption, date = format::day(locale, sheet.monday));
    let other = |days: i64| {
        let monday = sheet.monday + chrono::TimeDelta::days(days);
        query.with("week", &monday.to_string())
    };
    let body = view! {
        <p class="answer">{answer}</p>
        <Table caption=caption head=heads rows=rows foot=Some(foot)/>
        {pages(Some(other(-7)), Some(other(7)))}
    };
    ui_section(tr!(locale, rota.week_title), body.into_any())
}

fn row(ctx: &Context, sheet: &Sheet, day: NaiveDate, gaps: &[Span]) -> Row {
    let locale = ctx.locale;
    let start = |day: NaiveDate| rules::moment(day.and_time(NaiveTime::MIN), sheet.zone);
    let whole = Span { from: start(day), to: start(day + Days::new(1)) };
    let times = |span: &Span| {
        // The end of a day reads better as 24:00 than as the next day's 00:00.
        let to = if span.to == whole.to { "24:00".to_owned() } else { clock(span.to, sheet.zone) };
        format!("{}–{to}", clock(span.from, sheet.zone))
    };
    let people = sheet.rota.people().into_iter().filter_map(|person| {
        let spans: Vec<_> = rules::person_spans(&sheet.rota, person, whole).iter().map(times).collect();
        (!spans.is_empty()).then(|| (sheet.name(person), spans.join(", ")))
    });
    let people = people.map(|(name, spans)| view! { <div>{name}" "{spans}</div> }).collect_view();
    let off = sheet.rota.holidays.iter().filter(|off| off.day == day);
    let off = off
        .map(|off| {
            let who = off.person.map(|person| format!("{}: ", sheet.name(person))).unwrap_or_default();
            view! { <div>{badge(Tone::Info, format!("{who}{}", off.name))}</div> }
        })
        .collect_view();
    let open = within(gaps, whole);
    let uncovered = crate::rota::spans::length(&open).num_minutes();
    let open = open.iter().map(times).collect::<Vec<_>>().join(", ");
    let open = if open.is_empty() { ().into_any() } else { badge(Tone::Bad, open) };
    let name = weekday(locale, day.weekday());
    Row {
        cells: vec![
            view! { <strong>{name}</strong>" "{text::day(ctx, day)} }.into_any(),
            view! { {people}{off} }.into_any(),
            open,
            text::count(ctx, uncovered),
        ],
        href: None,
    }
}
