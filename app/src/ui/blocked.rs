//! Why money is not on its way: each reason on one line, with who has to act and what comes next.

use super::badge::{Tone, mark};
use super::text;
use crate::base::language::tr;
use leptos::prelude::*;

/// One reason.
pub struct Block {
    /// What holds the money up: "In hold until 14 December".
    pub what: String,
    /// Who has to act: "You", "Marta Soler", "Your bank".
    pub who: String,
    /// The next step: words and address.
    pub next: Option<(String, String)>,
    /// By when, or until when, from `ui::text`.
    pub when: Option<AnyView>,
}

/// The list of reasons.
pub fn blocked_by(items: Vec<Block>) -> AnyView {
    let locale = super::locale();
    let items = items
        .into_iter()
        .map(|item| {
            view! {
                <li class="block">
                    {mark(Tone::Waiting)}
                    <span class="block-what">{item.what}</span>
                    <span class="block-rest">
                        <span class="block-who">{text::unseen(tr!(locale, ui.who_acts))}{item.who}</span>
                        <span class="block-next">{item.next.map(|(words, href)| text::link(href, words))}</span>
                        <span class="block-when">{item.when}</span>
                    </span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="blocked">{items}</ul> }.into_any()
}
