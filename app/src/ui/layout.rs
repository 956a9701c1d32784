//! How a page is laid out: its head, its sections, facts, columns and tabs.

use super::escape;
use crate::base::language::tr;
use leptos::prelude::*;

/// The head of a page: its title, and the answer to why one came here, as a sentence.
pub fn page_head(title: String, lead: Option<AnyView>) -> AnyView {
    view! {
        <div class="page-head">
            <h1>{title}</h1>
            {lead.map(|lead| view! { <div class="lead">{lead}</div> })}
        </div>
    }
    .into_any()
}

/// Equals side by side, one below the other where it is narrow.
pub fn columns(columns: Vec<AnyView>) -> AnyView {
    let columns = columns.into_iter().map(|column| view! { <div class="column">{column}</div> }).collect_view();
    view! { <div class="columns">{columns}</div> }.into_any()
}

/// A part of a page with its own heading.
pub fn section(title: String, body: AnyView) -> AnyView {
    view! { <section class="section"><h2>{title}</h2>{body}</section> }.into_any()
}

/// Labels and values.
pub fn facts(facts: Vec<(String, AnyView)>) -> AnyView {
    let facts = facts
        .into_iter()
        .map(|(label, value)| view! { <div class="fact"><dt>{label}</dt><dd>{value}</dd></div> })
        .collect_view();
    view! { <dl class="facts">{facts}</dl> }.into_any()
}

/// Views of the same thing: words, address, and whether it is the one shown.
pub fn tabs(tabs: Vec<(String, String, bool)>) -> AnyView {
    let tabs = tabs
        .into_iter()
        .map(|(words, href, current)| {
            let href = escape::href(&href).map(str::to_owned);
            view! { <li><a href=href aria-current=current.then_some("page")>{words}</a></li> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label=tr!(super::locale(), ui.tabs)><ul>{tabs}</ul></nav> }.into_any()
}

/// Links to the pages before and after this one of a list; nothing where there is neither.
pub fn pages(previous: Option<String>, next: Option<String>) -> AnyView {
    if previous.is_none() && next.is_none() {
        return ().into_any();
    }
    let locale = super::locale();
    let link = |href: Option<String>, rel: &'static str, words: String| {
        href.and_then(|href| escape::href(&href).map(str::to_owned))
            .map(|href| view! { <a class="button" data-weight="quiet" href=href rel=rel>{words}</a> })
    };
    view! {
        <nav class="pages" aria-label=tr!(locale, ui.pages)>
            {link(previous, "prev", tr!(locale, ui.previous))}
            {link(next, "next", tr!(locale, ui.next))}
        </nav>
    }
    .into_any()
}

/// A sheet in the middle of the page, for the few screens that ask one thing: signing in, joining.
pub fn sheet(title: String, lead: Option<String>, body: AnyView) -> AnyView {
    view! {
        <div class="sign-in">
            <h1>{title}</h1>
            {lead.map(|lead| view! { <p class="sign-in-lead">{lead}</p> })}
            {body}
        </div>
    }
    .into_any()
}
