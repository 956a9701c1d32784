//! `/help`: the articles there are, and a search over both languages.

use super::entries;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::{code, tr};
use crate::help::model::{Audience, Entry, Kept};
use crate::help::store;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::field::{Field, Submit, Weight};
use crate::ui::form::Filter;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// The most that a search finds.
const MOST: i64 = 30;

/// The page.
#[component]
pub fn Help() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    let words = query.get("q").unwrap_or_default().trim().chars().take(200).collect::<String>();
    let keeps = Who::Leads.includes(&ctx.actor) || Who::Record.includes(&ctx.actor);
    let mut tx = ctx.begin().await?;
    let found = match words.as_str() {
        "" => store::list(&mut tx, code(locale)).await?,
        words => store::search(&mut tx, code(locale), words, MOST).await?,
    };
    let kept = if keeps && words.is_empty() { store::kept(&mut tx).await? } else { Vec::new() };
    drop(tx);
    let title = tr!(locale, help.title);
    let lead = match (words.is_empty(), found.len()) {
        (true, _) if ctx.actor.staff().is_some() => tr!(locale, help.lead_staff),
        (true, _) => tr!(locale, help.lead),
        (false, 0) => tr!(locale, help.found_none, words = words.as_str()),
        (false, 1) => tr!(locale, help.found_one, words = words.as_str()),
        (false, count) => tr!(locale, help.found, words = words.as_str(), count = format::count(locale, count as i64)),
    };
    let typed = words.clone();
    let said = (query.get("done") == Some("retired")).then(|| tr!(locale, help.done_retired));
    let write = Who::Leads
        .includes(&ctx.actor)
        .then(|| view! { <p>{text::link(paths::write_article(None, code(locale)), tr!(locale, help.write_new))}</p> });
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{lead}</p>{write} }.into_any()))}
        {done(ctx, said)}
        <Filter action=paths::HELP>
            <Field name="q" kind="search" label=tr!(locale, help.search) hint=Some(tr!(locale, help.search_hint)) value=typed maxlength=200/>
            <Submit text=tr!(locale, help.search_button) tone=Weight::Quiet/>
        </Filter>
        {listed(ctx, &found, &words)}
        {(!kept.is_empty()).then(|| section(tr!(locale, help.kept_title), table(ctx, &kept)))}
    };
    Ok((title, body.into_any()))
}

fn listed(ctx: &Context, found: &[Entry], words: &str) -> AnyView {
    let locale = ctx.locale;
    if !found.is_empty() {
        return entries(ctx, found);
    }
    match (words, ctx.actor.member().is_some()) {
        ("", _) => empty(tr!(locale, help.empty_title), tr!(locale, help.empty_text)),
        (_, true) => view! {
            <p>{text::link(format!("{}/new", paths::DISPUTES), tr!(locale, help.ask_us))}</p>
        }
        .into_any(),
        (_, false) => ().into_any(),
    }
}

/// What is kept, for whoever keeps it.
fn table(ctx: &Context, kept: &[Kept]) -> AnyView {
    let locale = ctx.locale;
    let head = [
        (tr!(locale, help.head_title), false),
        (tr!(locale, help.head_language), false),
        (tr!(locale, help.head_audience), false),
        (tr!(locale, help.head_state), false),
        (tr!(locale, help.head_touched), false),
        (tr!(locale, help.head_owner), false),
        (tr!(locale, help.head_helped), true),
        (tr!(locale, help.head_did_not), true),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = kept
        .iter()
        .map(|each| {
            let draft = if each.published && !each.retired { "" } else { "&draft=yes" };
            Row {
                href: Some(format!("{}?language={}{draft}", paths::article(&each.slug), each.language)),
                cells: vec![
                    each.title.clone().into_any(),
                    each.language.clone().into_any(),
                    audience(ctx, each.audience).into_any(),
                    state(ctx, each),
                    text::time(ctx, each.touched_at),
                    each.owner.clone().unwrap_or_default().into_any(),
                    text::count(ctx, each.helped.0),
                    text::count(ctx, each.helped.1),
                ],
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, help.kept_caption) head=head rows=rows/> }.into_any()
}

fn audience(ctx: &Context, audience: Audience) -> String {
    match audience {
        Audience::Partner => tr!(ctx.locale, help.for_partners),
        Audience::Staff => tr!(ctx.locale, help.for_staff),
    }
}

fn state(ctx: &Context, each: &Kept) -> AnyView {
    let locale = ctx.locale;
    match (each.retired, each.published, each.is_live) {
        (true, ..) => badge(Tone::Neutral, tr!(locale, help.state_retired)),
        (_, true, _) => badge(Tone::Good, tr!(locale, help.state_published)),
        (_, false, true) => badge(Tone::Waiting, tr!(locale, help.state_newer_draft)),
        (_, false, false) => badge(Tone::Waiting, tr!(locale, help.state_draft)),
    }
}
