//! A partner's disputes.

use super::stage_badge;
use crate::base::context::Context;
use crate::base::language::tr;
use crate::disputes::model::{Case, Stage};
use crate::disputes::{rules, store, words};
use crate::incidents::page as incidents;
use crate::live::page as live;
use crate::paths;
use crate::rota::page::presence;
use crate::search::model::Own;
use crate::search::page as search;
use crate::ui::empty::empty_with;
use crate::ui::layout::page_head;
use crate::ui::screen::screen;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// `/disputes`
#[component]
pub fn Disputes() -> impl IntoView {
    screen(|ctx, query| async move {
        let member = ctx.member()?.clone();
        let mut tx = ctx.begin().await?;
        let mut cases = store::list(&mut tx, member.partner).await?;
        let sought = search::own(&mut tx, member.partner, query.get("q")).await?;
        let bar = (cases.len() > 5 || sought != Own::NotAsked)
            .then(|| search::bar_of_own(&ctx, query.get("q").unwrap_or_default()));
        let lead = lead(&ctx, &cases);
        if let Own::Found(found) = &sought {
            cases.retain(|case| found.contains(&case.id));
        }
        let too_long = (sought == Own::TooLong).then(|| search::too_long(&ctx));
        let none = matches!(sought, Own::Found(_)) && cases.is_empty();
        let on = presence(&mut tx, ctx.now()).await?.sentence(&ctx);
        let banner = incidents::banner(&ctx, &mut tx).await?;
        let title = tr!(ctx.locale, disputes.title);
        let body = view! {
            {page_head(title.clone(), Some(live::region("lead", view! { {lead}{on} }.into_any())))}
            {banner}
            {bar}
            {too_long}
            {live::region("disputes", if none { none_found(&ctx) } else { list(&ctx, cases) })}
        };
        Ok((title, body.into_any()))
    })
}

/// What stands where no dispute has the words.
fn none_found(ctx: &Context) -> AnyView {
    let step = (tr!(ctx.locale, disputes.title), paths::DISPUTES.to_owned());
    empty_with(tr!(ctx.locale, search.none_own), tr!(ctx.locale, search.none_own_text), Some(step))
}

/// What is asked of the partner, or when they hear next; then where to begin.
fn lead(ctx: &Context, cases: &[Case]) -> AnyView {
    let asked = cases.iter().filter(|case| case.stage == Stage::AnswerNeeded).count();
    let next = cases
        .iter()
        .filter_map(|case| Some((rules::running_promise(case.stage, case.next_update_at)?, case)))
        .min_by_key(|(promised, _)| *promised);
    let sentence = match (asked, next) {
        (0, Some((promised, case))) => words::promise(ctx, case.answerer.as_deref(), promised),
        (0, None) => tr!(ctx.locale, disputes.lead_nothing_open),
        (1, _) => tr!(ctx.locale, disputes.lead_asked_one),
        (asked, _) => tr!(ctx.locale, disputes.lead_asked, count = asked),
    };
    let new = format!("{}/new", paths::DISPUTES);
    view! {
        <p>{sentence}</p>
        <p><a class="button" data-weight="quiet" href=new>{tr!(ctx.locale, disputes.new_link)}</a></p>
    }
    .into_any()
}

fn list(ctx: &Context, cases: Vec<Case>) -> AnyView {
    let locale = ctx.locale;
    if cases.is_empty() {
        let step = (tr!(locale, disputes.empty_step), paths::EARNINGS.to_owned());
        return empty_with(tr!(locale, disputes.empty_title), tr!(locale, disputes.empty_text), Some(step));
    }
    let head = |label, numeric| Head { label, numeric };
    let heads = vec![
        head(tr!(locale, disputes.head_about), false),
        head(tr!(locale, disputes.head_stage), false),
        head(tr!(locale, disputes.head_next), false),
        head(tr!(locale, disputes.head_opened), true),
    ];
    let rows = cases.into_iter().map(|case| row(ctx, &case)).collect();
    view! { <Table caption=tr!(locale, disputes.caption) head=heads rows=rows/> }.into_any()
}

fn row(ctx: &Context, case: &Case) -> Row {
    let about = words::about(ctx, case.kind, &case.subject);
    Row {
        cells: vec![
            about.into_any(),
            stage_badge(ctx, case.stage),
            next(ctx, case).into_any(),
            text::time(ctx, case.opened_at),
        ],
        href: Some(paths::dispute(case.id)),
    }
}

/// What happens next, as a sentence.
pub(super) fn next(ctx: &Context, case: &Case) -> String {
    match rules::running_promise(case.stage, case.next_update_at) {
        Some(promised) => words::promise(ctx, case.answerer.as_deref(), promised),
        None => match case.stage {
            Stage::AnswerNeeded => tr!(ctx.locale, disputes.next_answer),
            Stage::Decided => tr!(ctx.locale, disputes.next_decided),
            _ => tr!(ctx.locale, disputes.next_closed),
        },
    }
}
