//! The commission worked out again, line by line, beside what was booked.

use super::case::Sheet;
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::desk::model::{Cause, Replay, ReplayLine};
use crate::disputes::model::Facts;
use crate::ui::Tone;
use crate::ui::layout;
use crate::ui::notice::notice;
use crate::ui::screen::Query;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// A link that recalculates, or what came of it.
pub(super) fn section(ctx: &Context, query: &Query, sheet: &Sheet) -> Option<AnyView> {
    let currency = sheet.pins.iter().find_map(|(pin, _)| match &pin.facts {
        Facts::Conversion(facts) => Some(facts.currency),
        _ => None,
    })?;
    let body = match &sheet.replay {
        Some(replay) => replayed(ctx, replay, currency),
        None => {
            let href = format!("{}#recalculate", query.with("recalculate", "1"));
            view! { <p>{text::link(href, tr!(ctx.locale, desk.recalculate_link))}</p> }.into_any()
        }
    };
    let body = view! { <div id="recalculate">{body}</div> };
    Some(layout::section(tr!(ctx.locale, desk.recalculate_title), body.into_any()))
}

fn replayed(ctx: &Context, replay: &Replay, currency: Currency) -> AnyView {
    let locale = ctx.locale;
    let money = |amount| text::amount(ctx, Money::new(amount, currency));
    let differs = replay.booked - replay.expected;
    let verdict = if replay.lines.iter().all(|line| line.expected == line.booked) {
        notice(Tone::Good, tr!(locale, desk.recalculate_agrees))
    } else {
        let difference = format::money(locale, Money::new(differs, currency));
        notice(Tone::Bad, tr!(locale, desk.recalculate_differs, difference = difference))
    };
    let head = |label, numeric| Head { label, numeric };
    let heads = vec![
        head(tr!(locale, desk.recalculate_line), false),
        head(tr!(locale, desk.recalculate_expected), true),
        head(tr!(locale, desk.recalculate_booked), true),
    ];
    let rows = replay
        .lines
        .iter()
        .map(|line| Row {
            cells: vec![cause(ctx, line, currency), money(line.expected), money(line.booked)],
            href: None,
        })
        .collect();
    let foot = Row {
        cells: vec![tr!(locale, desk.recalculate_left).into_any(), money(replay.expected), money(replay.booked)],
        href: None,
    };
    let credited = (!replay.credited.is_zero()).then(|| {
        view! { <p>{tr!(locale, desk.recalculate_credited)}" "{money(replay.credited)}</p> }
    });
    view! {
        {verdict}
        <Table caption=tr!(locale, desk.recalculate_caption) head=heads rows=rows foot=Some(foot)/>
        {credited}
    }
    .into_any()
}

/// Why a line is there; one that differs says so in words, too.
fn cause(ctx: &Context, line: &ReplayLine, currency: Currency) -> AnyView {
    let locale = ctx.locale;
    let words = match &line.cause {
        Cause::Earned => tr!(locale, desk.cause_earned),
        Cause::Refund(event) => {
            let part = Money::new(event.part.unwrap_or_default(), currency);
            let date = format::date_short(locale, ctx.time_zone, event.at);
            tr!(locale, desk.cause_refund, part = format::money(locale, part), date = date)
        }
        Cause::Rejection(event) => {
            tr!(locale, desk.cause_rejection, date = format::date_short(locale, ctx.time_zone, event.at))
        }
        Cause::Unexplained => tr!(locale, desk.cause_unexplained),
    };
    if line.expected == line.booked {
        words.into_any()
    } else {
        view! { <strong>{words}" "{tr!(locale, desk.cause_differs)}</strong> }.into_any()
    }
}
