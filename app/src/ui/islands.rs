//! The few parts that come alive in the browser. Each is better with JavaScript and whole without it.
//!
//! They take no properties, since those would bring a JSON parser into the browser; what they need to know, finished
//! words included, stands in `data-` attributes of what they belong to.

use leptos::prelude::*;

#[cfg(feature = "hydrate")]
mod awake;
#[cfg(feature = "hydrate")]
pub(crate) use awake::send;

/// Keeps what is typed into the text area before it until it is sent: with the server every few seconds and on leaving,
/// and in this browser what the server does not have yet, which is brought back into the area. The area says under which
/// name (`data-keep`), what to say then (`data-kept`), and whether the server brought something back (`data-restored`).
#[island]
pub fn DraftKeeper() -> impl IntoView {
    let place = NodeRef::<leptos::html::Span>::new();
    #[cfg(feature = "hydrate")]
    place.on_load(|place| awake::keep_draft(&place));
    view! { <span class="kept" role="status" node_ref=place></span> }
}

/// Shows label and value of the bar under the pointer or, after a click or Tab, of the one the arrow keys lead to.
#[island]
pub fn ChartReadout() -> impl IntoView {
    let place = NodeRef::<leptos::html::Output>::new();
    #[cfg(feature = "hydrate")]
    place.on_load(|place| awake::read_chart(&place));
    view! { <output class="chart-readout" node_ref=place></output> }
}

/// Stands once on a page: a form that is on its way is not sent again, and what was typed does not outlive the session.
#[island]
pub fn SubmitOnce() -> impl IntoView {
    let place = NodeRef::<leptos::html::Span>::new();
    #[cfg(feature = "hydrate")]
    place.on_load(|_| awake::submit_once());
    view! { <span hidden node_ref=place></span> }
}

/// Loads the page again in a moment, while work goes on that it tells of.
#[island]
pub fn ReloadSoon() -> impl IntoView {
    let place = NodeRef::<leptos::html::Span>::new();
    #[cfg(feature = "hydrate")]
    place.on_load(|_| awake::reload_soon());
    view! { <span hidden node_ref=place></span> }
}
