//! `/search`, and the line to type into that stands above other pages of the desk.

use super::model::{Found, Outcome, Own, Place, Snippet};
use super::rules::{self, Begin};
use super::store;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::PartnerId;
use crate::base::language::tr;
use crate::desk::model::Waiting;
use crate::desk::page::stage_badge;
use crate::disputes::words;
use crate::paths;
use crate::ui::Tone;
use crate::ui::empty::empty;
use crate::ui::layout::{page_head, pages};
use crate::ui::notice::notice;
use crate::ui::query::encode;
use crate::ui::screen::screen;
use crate::ui::table::{Head, Row, Table};
use leptos::prelude::*;

/// The line to type into.
pub fn bar(ctx: &Context, typed: &str) -> AnyView {
    line(ctx, paths::SEARCH, tr!(ctx.locale, search.label), typed)
}

/// The same for a partner's own disputes.
pub fn bar_of_own(ctx: &Context, typed: &str) -> AnyView {
    line(ctx, paths::DISPUTES, tr!(ctx.locale, search.label_own), typed)
}

/// A partner's own cases that have the words which an address asks for.
///
/// # Errors
/// When the database is away.
pub async fn own(tx: &mut Tx, partner: PartnerId, typed: Option<&str>) -> Result<Own, AppError> {
    let words = rules::words(typed.unwrap_or_default());
    if words.is_empty() {
        return Ok(Own::NotAsked);
    }
    Ok(store::own(tx, partner, &words).await?.map_or(Own::TooLong, Own::Found))
}

/// What stands where looking through one's own cases took too long.
pub fn too_long(ctx: &Context) -> AnyView {
    notice(Tone::Waiting, tr!(ctx.locale, search.too_long))
}

fn line(ctx: &Context, action: &'static str, label: String, typed: &str) -> AnyView {
    let button = tr!(ctx.locale, search.button);
    let (name, words) = (label.clone(), label.clone());
    view! {
        <form class="search-bar" method="get" action=action role="search" aria-label=name>
            <label class="unseen" for="search-q">{words}</label>
            <input id="search-q" type="search" name="q" value=typed.to_owned() placeholder=label maxlength=rules::LONGEST.to_string()/>
            <button class="button" data-weight="quiet" type="submit">{button}</button>
        </form>
    }
    .into_any()
}

/// `/search`
#[component]
pub fn Search() -> impl IntoView {
    screen(|ctx, query| async move {
        let reader = ctx.staff()?.person;
        let typed = query.get("q").unwrap_or_default().to_owned();
        let asked = rules::words(&typed);
        let outcome = if asked.is_empty() {
            None
        } else {
            let mut tx = ctx.begin().await?;
            let begin = Begin::parse(|name| query.get(name));
            Some(store::search(&mut tx, reader, &asked, begin, ctx.now()).await?)
        };
        let title = tr!(ctx.locale, search.title);
        let cut = (typed.chars().count() > rules::LONGEST)
            .then(|| notice(Tone::Waiting, tr!(ctx.locale, search.cut, most = rules::LONGEST)));
        let shown: String = typed.chars().take(rules::LONGEST).collect();
        let body = view! {
            {page_head(title.clone(), outcome.as_ref().map(|outcome| lead(&ctx, outcome)))}
            {bar(&ctx, &shown)}
            {cut}
            {found(&ctx, &typed, outcome)}
        };
        Ok((title, body.into_any()))
    })
}

fn lead(ctx: &Context, outcome: &Outcome) -> AnyView {
    let locale = ctx.locale;
    let sentence = match outcome {
        Outcome::Nothing => tr!(locale, search.says_nothing),
        Outcome::TooLong => tr!(locale, search.too_long),
        Outcome::Found(found) => {
            let count = format::count(locale, i64::try_from(found.cases).unwrap_or(i64::MAX));
            match (found.cases, found.at_least) {
                (0, _) => tr!(locale, search.none),
                (1, false) => tr!(locale, search.one),
                (_, false) => tr!(locale, search.many, count = count),
                (_, true) => tr!(locale, search.at_least, count = count),
            }
        }
    };
    let instead = match outcome {
        Outcome::Found(found) => instead(ctx, found),
        _ => Vec::new(),
    };
    let instead = instead.into_iter().map(|words| view! { <p>{words}</p> }).collect_view();
    view! { <p>{sentence}</p>{instead} }.into_any()
}

/// Which other words were looked for.
fn instead(ctx: &Context, found: &Found) -> Vec<String> {
    let mistyped = found.terms.iter().filter(|term| !term.instead.is_empty());
    mistyped
        .map(|term| {
            let others = term.instead.iter().map(|word| tr!(ctx.locale, search.quoted, word = word.as_str()));
            let others = others.collect::<Vec<_>>().join(", ");
            tr!(ctx.locale, search.instead, word = term.word.as_str(), others = others)
        })
        .collect()
}

fn found(ctx: &Context, typed: &str, outcome: Option<Outcome>) -> AnyView {
    let locale = ctx.locale;
    let found = match outcome {
        None => return empty(tr!(locale, search.empty_title), tr!(locale, search.empty_text)),
        Some(Outcome::Found(found)) => found,
        Some(_) => return ().into_any(),
    };
    if found.lines.is_empty() {
        return empty(tr!(locale, search.none), tr!(locale, search.none_text));
    }
    let head = |label, numeric| Head { label, numeric };
    let heads = vec![
        head(tr!(locale, desk.head_number), true),
        head(tr!(locale, desk.head_partner), false),
        head(tr!(locale, desk.head_kind), false),
        head(tr!(locale, desk.head_stage), false),
        head(tr!(locale, search.head_found), false),
    ];
    let at = |begin: Begin| format!("{}?q={}{}", paths::SEARCH, encode(typed), begin.to_query());
    let previous = found.previous.map(|rank| at(Begin::Before(rank)));
    let next = found.next.map(|rank| at(Begin::After(rank)));
    let rows = found.lines.into_iter().map(|(line, place, snippet)| row(ctx, line, place, snippet)).collect();
    view! { <Table caption=tr!(locale, search.caption) head=heads rows=rows/>{pages(previous, next)} }.into_any()
}

fn row(ctx: &Context, line: Waiting, place: Place, snippet: Snippet) -> Row {
    let locale = ctx.locale;
    let whence = match place {
        Place::Said => None,
        Place::Conversation => Some(tr!(locale, search.by_conversation)),
        Place::Partner => Some(tr!(locale, search.by_partner)),
        Place::Head => Some(tr!(locale, search.by_head)),
        Place::Number => Some(tr!(locale, search.by_number)),
    };
    let whence = whence.map(|words| view! { <span class="search-whence">{words}</span>" " });
    let partner = view! { <strong>{line.partner_code}</strong>" "{line.partner_name} };
    Row {
        cells: vec![
            line.id.to_string().into_any(),
            partner.into_any(),
            words::kind(locale, line.kind).into_any(),
            stage_badge(ctx, line.stage),
            view! { {whence}<span class="search-found">{marked(snippet)}</span> }.into_any(),
        ],
        href: Some(paths::case(line.id)),
    }
}

/// A part of a text with its hits marked. Text is text: what a person wrote is never markup.
fn marked(snippet: Snippet) -> AnyView {
    snippet
        .into_iter()
        .map(|(hit, text)| match hit {
            true => view! { <mark>{text}</mark> }.into_any(),
            false => text.into_any(),
        })
        .collect_view()
        .into_any()
}
