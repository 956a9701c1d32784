//! Before and after, side by side; as it was and as it is now.

use super::text::unseen;
use crate::base::language::tr;
use leptos::prelude::*;

/// The two sides of a proposal; `decided` says whether `before` is still today. Lines that belong together have the same label and stand in the same order.
pub fn before_after(decided: bool, before: Vec<(String, AnyView)>, after: Vec<(String, AnyView)>) -> AnyView {
    let locale = super::locale();
    let today = if decided { tr!(locale, ui.before_decided) } else { tr!(locale, ui.before) };
    view! {
        <div class="before-after">
            <section class="before">
                <h2>{today}</h2>
                {super::layout::facts(before)}
            </section>
            <section class="after">
                <h2>{tr!(locale, ui.after)}</h2>
                {super::layout::facts(after)}
            </section>
        </div>
    }
    .into_any()
}

/// A fact as it was when it was pinned and as it is now; a difference is marked. What was never known takes no line.
pub fn differ(label: String, was: String, now: String) -> AnyView {
    let locale = super::locale();
    if was.is_empty() && now.is_empty() {
        return ().into_any();
    }
    if was == now {
        return view! {
            <p class="differ"><span class="differ-label">{label}</span><span class="differ-value">{now}</span></p>
        }
        .into_any();
    }
    view! {
        <p class="differ" data-changed="">
            <span class="differ-label">{label}</span>
            <span class="differ-value">
                <del>{unseen(tr!(locale, ui.was))}{was}</del>
                " "
                <ins>{unseen(tr!(locale, ui.now))}{now}</ins>
            </span>
        </p>
    }
    .into_any()
}
