//! The keys of the desk in the browser. What each does stands in the list that the page shows of them.

use leptos::prelude::*;

#[cfg(feature = "hydrate")]
mod awake;

/// Listens for the keys; stands once on a page, beside their list.
#[island]
pub fn DeskKeys() -> impl IntoView {
    let place = NodeRef::<leptos::html::Span>::new();
    #[cfg(feature = "hydrate")]
    place.on_load(|place| awake::listen(&place));
    view! { <span hidden node_ref=place></span> }
}
