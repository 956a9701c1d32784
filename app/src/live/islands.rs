//! The parts that come alive: the page that is told what happened, and the button that lets one hear the knock.
//!
//! As everywhere they take no properties; what they need to know stands in `data-` attributes around them.

use leptos::prelude::*;

/// Listens to what happens while the page is open, and shows it.
#[island]
pub fn Live() -> impl IntoView {
    let place = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    place.on_load(|place| super::awake::listen(&place));
    view! { <div class="live-news" role="status" node_ref=place></div> }
}

/// Plays the knock once.
#[island]
pub fn KnockTry() -> impl IntoView {
    let place = NodeRef::<leptos::html::Button>::new();
    #[cfg(feature = "hydrate")]
    place.on_load(|place| super::awake::offer_knock(&place));
    view! { <button type="button" class="button" data-weight="quiet" hidden=true node_ref=place></button> }
}
