//! What stands where nothing stands yet.

use leptos::prelude::*;

/// An empty list: what will stand here, and how it gets here.
pub fn empty(title: String, text: String) -> AnyView {
    empty_with(title, text, None)
}

/// An empty list with a first step: words and address of a link.
pub fn empty_with(title: String, text: String, step: Option<(String, String)>) -> AnyView {
    view! {
        <div class="empty">
            <svg class="empty-picture" viewBox="13 2.5 38 40" width="38" height="40" aria-hidden="true">
                <path d="M14 3.5h36v38l-4.5-3-4.5 3-4.5-3-4.5 3-4.5-3-4.5 3-4.5-3-4.5 3z" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"/>
                <path d="M21 13h14M21 20h9M21 27h12" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-dasharray="1 4"/>
                <path d="M40 13h3M40 20h3M40 27h3" stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/>
            </svg>
            <p class="empty-title">{title}</p>
            <p class="empty-text">{text}</p>
            {step.map(|(text, href)| view! { <p>{super::text::link(href, text)}</p> })}
        </div>
    }
    .into_any()
}
