//! A sentence that stands out: what happened, what was kept, what to do.

use super::badge::{Tone, mark};
use crate::base::context::Context;
use leptos::prelude::*;

/// A notice. A bad one is read out at once, the others when the reader is ready.
pub fn notice(tone: Tone, text: String) -> AnyView {
    notice_with(tone, text.into_any())
}

/// A notice with a link or a figure inside.
pub fn notice_with(tone: Tone, body: AnyView) -> AnyView {
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    view! { <div class="notice" data-tone=tone.as_str() role=role>{mark(tone)}<div>{body}</div></div> }.into_any()
}

/// What a form just did, in the page's own finished words; nothing where there is none.
///
/// Never hand the text of `?done=` itself in: match its codes to sentences, so that an address can't speak for us.
pub fn done(_ctx: &Context, message: Option<String>) -> AnyView {
    message.map(|text| notice(Tone::Good, text)).into_any()
}
