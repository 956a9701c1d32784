//! A case: queue, conversation and facts side by side; on a phone one at a time, with tabs.

use super::text::unseen;
use crate::base::language::tr;
use leptos::prelude::*;

/// The three columns. On a phone the conversation comes first; the tabs are addresses within the page.
pub fn case(queue: AnyView, talk: AnyView, facts: AnyView) -> AnyView {
    let locale = super::locale();
    view! {
        <nav class="case-tabs" aria-label=tr!(locale, ui.case_parts)>
            <a href="#case-talk">{tr!(locale, ui.case_talk)}</a>
            <a href="#case-facts">{tr!(locale, ui.case_facts)}</a>
            <a href="#case-queue">{tr!(locale, ui.case_queue)}</a>
        </nav>
        <div class="case">
            <section class="case-queue" id="case-queue" aria-label=tr!(locale, ui.case_queue)>{queue}</section>
            <div class="case-talk" id="case-talk">{talk}</div>
            <section class="case-facts" id="case-facts" aria-label=tr!(locale, ui.case_facts)>{facts}</section>
        </div>
    }
    .into_any()
}

/// Whose words a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The partner's.
    Partner,
    /// Ours.
    Staff,
}

/// One message, as it was written. `when` comes from `ui::text`.
pub fn message(side: Side, author: String, when: AnyView, body: String) -> AnyView {
    message_with(side, author, when, view! { <p class="prose">{body}</p> }.into_any())
}

/// Text of a mail that is not new, out of the way.
pub fn folded_text(summary: String, body: String, open: bool) -> AnyView {
    view! {
        <details class="folded-text" open=open>
            <summary>{summary}</summary>
            <p class="prose">{body}</p>
        </details>
    }
    .into_any()
}

/// One message with more in it than a text.
pub fn message_with(side: Side, author: String, when: AnyView, body: AnyView) -> AnyView {
    let side = match side {
        Side::Partner => "partner",
        Side::Staff => "staff",
    };
    view! {
        <article class="message" data-side=side>
            <p class="message-head"><span class="message-author">{author}</span>{when}</p>
            {body}
        </article>
    }
    .into_any()
}

/// A note that stays in the house.
pub fn note(author: String, when: AnyView, body: String) -> AnyView {
    view! {
        <article class="note">
            <p class="message-head">
                <span class="message-author">{unseen(tr!(super::locale(), ui.note))}{author}</span>
                {when}
            </p>
            <p class="prose">{body}</p>
        </article>
    }
    .into_any()
}
