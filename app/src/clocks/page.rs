//! Clocks as staff read them: the deadlines of a case with what was counted, and the limits in force.

use super::model::{Clock, Policy, Reading, Size, State};
use super::rules;
use super::store::{self, Kept};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{Draft, new_key};
use crate::base::ids::{CaseId, PartnerId};
use crate::base::language::{Locale, tr};
use crate::disputes::model::Kind;
use crate::disputes::words;
use crate::rota::page::desk_zone;
use crate::rota::rules::desk_spans;
use crate::rota::spans::Span;
use crate::rota::store::rota;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::field::{Field, Hidden, Select, Submit};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;

/// The most stretches that an explanation lists; the first ones are summed.
const MOST_SPANS: usize = 12;

/// A clock's name.
pub fn clock_words(locale: Locale, clock: Clock) -> String {
    match clock {
        Clock::FirstReply => tr!(locale, clocks.first_reply),
        Clock::NextUpdate => tr!(locale, clocks.next_update),
        Clock::Resolution => tr!(locale, clocks.resolution),
    }
}

fn state_badge(locale: Locale, state: State) -> AnyView {
    let (tone, words) = match state {
        State::Running => (Tone::Waiting, tr!(locale, clocks.state_running)),
        State::Paused => (Tone::Info, tr!(locale, clocks.state_paused)),
        State::Met => (Tone::Good, tr!(locale, clocks.state_met)),
        State::Breached => (Tone::Bad, tr!(locale, clocks.state_breached)),
    };
    badge(tone, words)
}

/// `4 h 30 min` of working time.
pub fn working_time(locale: Locale, minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => tr!(locale, clocks.minutes, minutes = minutes),
        (hours, 0) => tr!(locale, clocks.hours, hours = format::count(locale, hours)),
        (hours, minutes) => tr!(locale, clocks.hours_minutes, hours = format::count(locale, hours), minutes = minutes),
    }
}

/// The clocks of a case, read.
#[derive(Clone, Debug, Default)]
pub struct Clocks {
    zone: Tz,
    lines: Vec<(Kept, Option<Reading>)>,
    leads: Vec<String>,
    owners: Vec<String>,
}

/// Reads the clocks of a case for its page: what is kept of each, and which hours were counted.
///
/// # Errors
/// When the database is away.
pub async fn read(
    ctx: &Context,
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    now: DateTime<Utc>,
) -> Result<Clocks, AppError> {
    let kept = store::of_case(tx, partner, case).await?;
    if kept.is_empty() {
        return Ok(Clocks::default());
    }
    let rota = rota(tx, now).await?;
    let periods = rules::periods(&store::history(tx, partner, case).await?);
    let first = periods.first().map_or(now, |period| period.started_at);
    let working = desk_spans(&rota, Span { from: first, to: now + store::AHEAD });
    let lines = kept.into_iter().map(|kept| {
        let period = periods.iter().find(|period| period.clock == kept.clock && period.started_at == kept.started_at);
        let reading = period.map(|period| rules::read(period, TimeDelta::minutes(kept.limit), &working, now));
        (kept, reading)
    });
    let lines = lines.collect();
    let names = |people: Vec<(crate::base::ids::PersonId, String)>| people.into_iter().map(|(_, name)| name).collect();
    Ok(Clocks {
        zone: desk_zone(&rota, ctx.time_zone),
        lines,
        leads: names(store::told(tx, "lead").await?),
        owners: names(store::told(tx, "owner").await?),
    })
}

/// Each clock with its deadline, and behind it what was counted.
pub fn clocks(ctx: &Context, clocks: &Clocks) -> Option<AnyView> {
    if clocks.lines.is_empty() {
        return None;
    }
    let lines = clocks.lines.iter().map(|(kept, reading)| line(ctx, clocks, kept, reading.as_ref())).collect_view();
    Some(section(tr!(ctx.locale, clocks.title), view! { <ul class="clocks">{lines}</ul> }.into_any()))
}

fn line(ctx: &Context, clocks: &Clocks, kept: &Kept, reading: Option<&Reading>) -> AnyView {
    let locale = ctx.locale;
    let state = kept.state_at(ctx.now());
    let deadline = reading.and_then(|reading| reading.deadline).or(kept.deadline);
    let when = match (state, deadline, kept.ended_at) {
        (State::Met, _, Some(ended)) => {
            view! { {tr!(locale, clocks.met_at)}" "{text::time_exact(ctx, ended)} }.into_any()
        }
        (State::Breached, Some(deadline), _) => {
            view! { {tr!(locale, clocks.ran_out_at)}" "{text::time_exact(ctx, deadline)} }.into_any()
        }
        (State::Running, Some(deadline), _) => {
            view! { {tr!(locale, clocks.runs_out_at)}" "{text::time_exact(ctx, deadline)} }.into_any()
        }
        (State::Paused, ..) => tr!(locale, clocks.waits_for_partner).into_any(),
        _ => tr!(locale, clocks.beyond_rota).into_any(),
    };
    let told = [
        (kept.lead_knows, tr!(locale, clocks.told_lead_since), &clocks.leads),
        (kept.owner_knows, tr!(locale, clocks.told_owner_since), &clocks.owners),
    ];
    let told = told
        .into_iter()
        .filter_map(|(since, words, names)| Some((since?, words, names.join(", "))))
        .map(|(since, words, names)| view! { <p class="small">{words}" "{text::time_exact(ctx, since)}": "{names}</p> })
        .collect_view();
    let counted = reading.map(|reading| explanation(ctx, clocks.zone, kept, reading));
    view! {
        <li>
            <p><strong>{clock_words(locale, kept.clock)}</strong>" "{state_badge(locale, state)}" "{when}</p>
            {told}
            {counted}
        </li>
    }
    .into_any()
}

/// Which hours were counted, in the desk's time zone.
fn explanation(ctx: &Context, zone: Tz, kept: &Kept, reading: &Reading) -> AnyView {
    let locale = ctx.locale;
    let summary = tr!(
        locale,
        clocks.counted,
        counted = working_time(locale, reading.minutes()),
        limit = working_time(locale, kept.limit)
    );
    let hidden = reading.counted.len().saturating_sub(MOST_SPANS);
    let earlier = (hidden > 0).then(|| {
        let minutes = crate::rota::spans::length(&reading.counted[..hidden]).num_minutes();
        view! { <li>{tr!(locale, clocks.earlier)}" "{working_time(locale, minutes)}</li> }
    });
    let spans = reading.counted[hidden..]
        .iter()
        .map(|span| {
            let from = format::date_time(locale, zone, span.from);
            let to = span.to.with_timezone(&zone).format("%H:%M").to_string();
            let minutes = working_time(locale, span.length().num_minutes());
            view! { <li>{from}"–"{to}": "{minutes}</li> }
        })
        .collect_view();
    let none = reading.counted.is_empty().then(|| view! { <li>{tr!(locale, clocks.nothing_counted)}</li> });
    let since = format::date_time(locale, zone, kept.started_at);
    view! {
        <details>
            <summary>{summary}</summary>
            <p class="small">{tr!(locale, clocks.started, when = since, zone = zone.name())}</p>
            <ul class="small">{earlier}{spans}{none}</ul>
        </details>
    }
    .into_any()
}

/// The limits in force, and the form that sets one.
pub fn limits(ctx: &Context, policies: &[Policy], draft: &Draft, may_write: bool) -> AnyView {
    let locale = ctx.locale;
    let head = |label, numeric| Head { label, numeric };
    let heads = vec![
        head(tr!(locale, clocks.head_clock), false),
        head(tr!(locale, clocks.head_scope), false),
        head(tr!(locale, clocks.head_limit), true),
        head(tr!(locale, clocks.head_since), false),
    ];
    let mut rows = Vec::new();
    for clock in Clock::ALL {
        let mut scopes: Vec<_> =
            policies.iter().filter(|policy| policy.clock == clock).map(|policy| (policy.kind, policy.size)).collect();
        scopes.sort_by_key(|(kind, size)| (kind.map(|kind| kind.as_str()), size.map(|size| size.as_str())));
        scopes.dedup();
        for (kind, size) in scopes {
            let newest = policies
                .iter()
                .filter(|policy| (policy.clock, policy.kind, policy.size) == (clock, kind, size))
                .filter(|policy| policy.valid_from <= ctx.now())
                .max_by_key(|policy| (policy.valid_from, policy.id));
            let Some((policy, minutes)) = newest.and_then(|policy| Some((policy, policy.minutes?))) else { continue };
            let since = if policy.valid_from > crate::base::clock::SINCE_EVER {
                text::time_exact(ctx, policy.valid_from)
            } else {
                tr!(locale, clocks.since_ever).into_any()
            };
            rows.push(Row {
                cells: vec![
                    clock_words(locale, clock).into_any(),
                    scope_words(locale, kind, size).into_any(),
                    working_time(locale, minutes).into_any(),
                    since,
                ],
                href: None,
            });
        }
    }
    let form = may_write.then(|| limit_form(ctx, draft));
    let body = view! {
        <p>{tr!(locale, clocks.limits_text)}</p>
        <Table caption=tr!(locale, clocks.limits_caption) head=heads rows=rows/>
        {form}
    };
    section(tr!(locale, clocks.limits_title), body.into_any())
}

fn size_words(locale: Locale, size: Size) -> String {
    match size {
        Size::Small => tr!(locale, clocks.size_small),
        Size::Large => tr!(locale, clocks.size_large),
    }
}

fn scope_words(locale: Locale, kind: Option<Kind>, size: Option<Size>) -> String {
    let parts: Vec<_> = [kind.map(|kind| words::kind(locale, kind)), size.map(|size| size_words(locale, size))]
        .into_iter()
        .flatten()
        .collect();
    if parts.is_empty() { tr!(locale, clocks.scope_all) } else { parts.join(", ") }
}

fn limit_form(ctx: &Context, draft: &Draft) -> AnyView {
    let (locale, draft, open) = (ctx.locale, draft.clone(), draft.is_refused());
    let id = if open { "form" } else { "form-set-clock-policy" };
    let clocks = Clock::ALL.map(|clock| (clock.as_str().to_owned(), clock_words(locale, clock))).to_vec();
    let every = |word: String| (String::new(), word);
    let kinds = std::iter::once(every(tr!(locale, clocks.every_kind)))
        .chain(Kind::ALL.iter().map(|kind| (kind.as_str().to_owned(), words::kind(locale, *kind))))
        .collect();
    let sizes = std::iter::once(every(tr!(locale, clocks.every_size)))
        .chain([Size::Small, Size::Large].map(|size| (size.as_str().to_owned(), size_words(locale, size))))
        .collect();
    view! {
        <details open=open>
            <summary>{tr!(locale, clocks.set_title)}</summary>
            <Form action="/do/set-clock-policy" id=id draft=&draft>
                <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
                <Select name="clock" label=tr!(locale, clocks.head_clock) options=clocks selected=draft.value("clock") error=draft.error("clock") required=true/>
                <Select name="kind" label=tr!(locale, clocks.kind) options=kinds selected=draft.value("kind") error=draft.error("kind")/>
                <Select name="size" label=tr!(locale, clocks.size) options=sizes selected=draft.value("size") error=draft.error("size")/>
                <Field
                    name="minutes" kind="number" label=tr!(locale, clocks.limit_minutes) hint=Some(tr!(locale, clocks.limit_hint))
                    value=draft.value("minutes") error=draft.error("minutes")
                />
                <Submit text=tr!(locale, clocks.set_button)/>
            </Form>
        </details>
    }
    .into_any()
}
