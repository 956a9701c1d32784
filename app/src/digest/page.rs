//! `/digest`: a week on one page, what waits first.

use super::model::{AtRisk, Digest, Theme, Trend, Week};
use super::{rules, store, words};
use crate::base::access::Who;
use crate::base::actor::Role;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::new_key;
use crate::base::language::tr;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::field::{Field, Hidden, Submit, Weight};
use crate::ui::form::{Filter, Form};
use crate::ui::layout::{facts, page_head, pages, section};
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use chrono::TimeDelta;
use leptos::prelude::*;

/// The page.
#[component]
pub fn DigestPage() -> impl IntoView {
    screen(|ctx, query| async move {
        if !Who::Record.includes(&ctx.actor) {
            return Err(AppError::Forbidden);
        }
        let staff = ctx.staff()?.clone();
        let (locale, now) = (ctx.locale, ctx.now());
        let mut tx = ctx.begin().await?;
        let zone = store::zone(&mut tx).await?;
        let week = rules::week(query.get("week").and_then(|text| text.parse().ok()), now, zone);
        let digest = store::read(&mut tx, week).await?;
        let wants = match staff.role {
            Role::Owner => Some(store::wants(&mut tx, staff.person, now).await?),
            _ => None,
        };
        drop(tx);
        let title = tr!(locale, digest.title);
        let said = match query.get("done") {
            Some("on") => Some(tr!(locale, digest.done_on)),
            Some("off") => Some(tr!(locale, digest.done_off)),
            _ => None,
        };
        let body = view! {
            {page_head(title.clone(), Some(view! { <p>{words::lead(locale, &digest)}</p> }.into_any()))}
            {done(&ctx, said)}
            {which(&ctx, &query, &week)}
            {section(tr!(locale, digest.waiting_title), waiting(&ctx, &digest))}
            {section(tr!(locale, digest.desk_title), desk(&ctx, &digest))}
            {section(tr!(locale, digest.themes_title), themes(&ctx, &digest))}
            {section(tr!(locale, digest.risks_title), risks(&ctx, &digest))}
            {wants.map(|wants| section(tr!(locale, digest.mail_title), mail(&ctx, wants, &week)))}
        };
        Ok((title, body.into_any()))
    })
}

/// Which week it is, and the way to another.
fn which(ctx: &Context, query: &Query, week: &Week) -> AnyView {
    let locale = ctx.locale;
    let days = words::days(locale, week);
    let zone = week.zone.name();
    let words = match week.is_over() {
        true => tr!(locale, digest.week_over, days = days, zone = zone),
        false => tr!(locale, digest.week_runs, days = days, zone = zone),
    };
    let other = |days: i64| query.with("week", &(week.monday + TimeDelta::days(days)).to_string());
    let (monday, next) = (week.monday.to_string(), week.is_over().then(|| other(7)));
    view! {
        <p>{words}</p>
        <Filter action=paths::DIGEST>
            <Field name="week" kind="date" label=tr!(locale, digest.week) hint=Some(tr!(locale, digest.week_hint)) value=monday/>
            <Submit text=tr!(locale, digest.week_button) tone=Weight::Quiet/>
        </Filter>
        {pages(Some(other(-7)), next)}
    }
    .into_any()
}

fn heads(heads: [(String, bool); 3]) -> Vec<Head> {
    heads.into_iter().map(|(label, numeric)| Head { label, numeric }).collect()
}

/// What is listed of more, with where the rest is.
fn rest(ctx: &Context, listed: usize, in_all: i64, href: &str) -> Option<AnyView> {
    let rest = in_all - i64::try_from(listed).unwrap_or(in_all);
    let words = tr!(ctx.locale, digest.more, count = format::count(ctx.locale, rest));
    (rest > 0).then(|| view! { <p>{text::link(href.to_owned(), words)}</p> }.into_any())
}

fn waiting(ctx: &Context, digest: &Digest) -> AnyView {
    let (locale, at) = (ctx.locale, digest.week.seen.to);
    let new = tr!(locale, digest.newly_escalated, count = format::count(locale, digest.newly_escalated));
    if digest.waiting.1 + digest.escalated.1 == 0 {
        let empty = empty(tr!(locale, digest.nothing_waits), tr!(locale, digest.nothing_waits_text));
        return view! { {empty}<p>{new}</p> }.into_any();
    }
    let waits = |since| crate::disputes::words::span(locale, at - since);
    let columns = |first: String| {
        heads([(first, false), (tr!(locale, digest.column_by), false), (tr!(locale, digest.column_waits), false)])
    };
    let decisions = (!digest.waiting.0.is_empty()).then(|| {
        let rows = digest.waiting.0.iter().map(|one| Row {
            href: Some(paths::proposal(one.proposal)),
            cells: vec![
                words::proposal(locale, one).into_any(),
                one.by.clone().into_any(),
                waits(one.since).into_any(),
            ],
        });
        view! {
            <Table caption=tr!(locale, digest.decisions_title) head=columns(tr!(locale, digest.column_decision)) rows=rows.collect()/>
            {rest(ctx, digest.waiting.0.len(), digest.waiting.1, paths::APPROVALS)}
        }
    });
    let escalations = (!digest.escalated.0.is_empty()).then(|| {
        let rows = digest.escalated.0.iter().map(|one| Row {
            href: Some(paths::case(one.case)),
            cells: vec![
                words::escalation(locale, one).into_any(),
                one.by.clone().into_any(),
                waits(one.since).into_any(),
            ],
        });
        view! {
            <Table caption=tr!(locale, digest.escalations_title) head=columns(tr!(locale, digest.column_case)) rows=rows.collect()/>
            {rest(ctx, digest.escalated.0.len(), digest.escalated.1, paths::ESCALATIONS)}
        }
    });
    view! { {decisions}{escalations}<p>{new}</p> }.into_any()
}

fn desk(ctx: &Context, digest: &Digest) -> AnyView {
    let locale = ctx.locale;
    let to = |path: &str, words: String| text::link(path.to_owned(), words);
    let lines = vec![
        (tr!(locale, digest.in_dispute), words::in_dispute(locale, digest).into_any()),
        (tr!(locale, digest.overdue), to(&format!("{}?view=breaching", paths::DESK), words::overdue(locale, digest))),
        (tr!(locale, digest.share), to(paths::FIGURES, words::share(locale, digest))),
        (
            tr!(locale, digest.coverage),
            to(&format!("{}?week={}", paths::ROTA, digest.week.monday), words::coverage(locale, &digest.coverage)),
        ),
        (tr!(locale, digest.rating), words::rating(locale, digest).into_any()),
        (tr!(locale, digest.public), to(paths::COMPLAINTS, words::public(locale, digest.public))),
    ];
    let gaps = &digest.coverage.gaps;
    let listed = (!gaps.is_empty()).then(|| {
        let lines = gaps.iter().take(words::GAPS).map(|gap| {
            let words = words::gap(locale, digest.week.zone, gap);
            view! { <li>{words}</li> }
        });
        let in_all = i64::try_from(gaps.len()).unwrap_or(i64::MAX);
        view! {
            <details>
                <summary>{tr!(locale, digest.gaps)}</summary>
                <ul>{lines.collect_view()}</ul>
                {rest(ctx, gaps.len().min(words::GAPS), in_all, paths::ROTA)}
            </details>
        }
    });
    view! { {facts(lines)}{listed} }.into_any()
}

fn themes(ctx: &Context, digest: &Digest) -> AnyView {
    let locale = ctx.locale;
    if digest.themes.is_empty() {
        return view! { <p>{tr!(locale, digest.no_themes)}</p> }.into_any();
    }
    let head = [
        (tr!(locale, digest.column_theme), false),
        (tr!(locale, digest.column_reasons), false),
        (tr!(locale, digest.column_now), true),
        (tr!(locale, digest.column_before), true),
        (tr!(locale, digest.column_trend), false),
    ];
    let head = head.into_iter().map(|(label, numeric)| Head { label, numeric }).collect();
    let rows = digest.themes.iter().map(|theme| Row {
        href: None,
        cells: vec![
            words::theme(locale, theme).into_any(),
            match words::reasons(locale, theme) {
                reasons if reasons.is_empty() => tr!(locale, digest.undecided).into_any(),
                reasons => reasons.into_any(),
            },
            text::count(ctx, theme.now),
            text::count(ctx, theme.before),
            trend(ctx, theme),
        ],
    });
    view! { <Table caption=tr!(locale, digest.themes_caption) head=head rows=rows.collect()/> }.into_any()
}

fn trend(ctx: &Context, theme: &Theme) -> AnyView {
    let tone = match rules::trend(theme.now, theme.before) {
        Trend::Up => Tone::Waiting,
        Trend::Same => Tone::Neutral,
        Trend::Down => Tone::Good,
    };
    badge(tone, words::trend(ctx.locale, theme))
}

fn risks(ctx: &Context, digest: &Digest) -> AnyView {
    let locale = ctx.locale;
    let (listed, in_all) = &digest.at_risk;
    if listed.is_empty() {
        return view! { <p>{tr!(locale, digest.no_risks)}</p> }.into_any();
    }
    let head = heads([
        (tr!(locale, digest.column_partner), false),
        (tr!(locale, digest.column_why), false),
        (tr!(locale, digest.column_proposed), false),
    ]);
    let rows = listed.iter().map(|risk| row(ctx, risk, digest));
    let more = in_all - i64::try_from(listed.len()).unwrap_or(*in_all);
    let more = (more > 0).then(|| tr!(locale, digest.more, count = format::count(locale, more)));
    view! {
        <p>{tr!(locale, digest.risks_lead)}</p>
        <Table caption=tr!(locale, digest.risks_title) head=head rows=rows.collect()/>
        {more.map(|more| view! { <p>{more}</p> })}
    }
    .into_any()
}

fn row(ctx: &Context, risk: &AtRisk, digest: &Digest) -> Row {
    let why = words::risks(ctx.locale, risk, digest.week.seen.to).into_iter().map(|(words, path)| {
        let words = match path {
            Some(path) => text::link(path, words),
            None => words.into_any(),
        };
        view! { <div>{words}</div> }
    });
    let proposed = match words::proposed(ctx.locale, &risk.proposed) {
        (words, Some(path)) => text::link(path, words),
        (words, None) => badge(Tone::Waiting, words),
    };
    Row { href: None, cells: vec![risk.name.clone().into_any(), why.collect_view().into_any(), proposed] }
}

/// Whether the mail comes, and the way to change that.
fn mail(ctx: &Context, wants: bool, week: &Week) -> AnyView {
    let locale = ctx.locale;
    let (words, wish, button) = match wants {
        true => (tr!(locale, digest.mail_on), "no", tr!(locale, digest.mail_off_button)),
        false => (tr!(locale, digest.mail_off), "yes", tr!(locale, digest.mail_on_button)),
    };
    let monday = week.monday.to_string();
    view! {
        <p>{words}</p>
        {(!ctx.mail.sends()).then(|| view! { <p>{tr!(locale, digest.mail_no_server)}</p> })}
        <Form action="/do/set-digest-mail" id="mail" class="inline">
            <Hidden name="wanted" value=wish/>
            <Hidden name="week" value=monday/>
            <Hidden name="form_key" value=new_key()/>
            <Submit text=button tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
