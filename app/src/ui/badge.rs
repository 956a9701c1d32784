//! A state in a word, with a shape and a colour that say the same.

use leptos::prelude::*;

/// What a state means to its reader. Pages choose a tone, never a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Neutral,
    /// Somebody or something is awaited.
    Waiting,
    /// Done, and well.
    Good,
    /// Overdue or refused, and nothing else.
    Bad,
    /// Worth knowing.
    Info,
}

impl Tone {
    /// The name in `data-tone`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Waiting => "waiting",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Info => "info",
        }
    }
}

/// A state: shape, word and colour.
pub fn badge(tone: Tone, text: String) -> AnyView {
    view! { <span class="badge" data-tone=tone.as_str()>{mark(tone)}<span>{text}</span></span> }.into_any()
}

/// The shape of a tone: a ring, a half-filled dial, a tick in a disc, a warning diamond, a square.
pub(crate) fn mark(tone: Tone) -> AnyView {
    let shape = match tone {
        Tone::Neutral => view! { <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2"/> }.into_any(),
        Tone::Waiting => view! {
            <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"/>
            <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/>
        }
        .into_any(),
        Tone::Good => view! {
            <circle cx="8" cy="8" r="7" fill="currentColor"/>
            <path class="knockout" d="m4.8 8.2 2.3 2.3 4.2-4.8" fill="none" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"/>
        }
        .into_any(),
        Tone::Bad => view! {
            <path d="M8 .8 15.2 8 8 15.2.8 8z" fill="currentColor"/>
            <path class="knockout" d="M8 4.4v4M8 10.6v.9" fill="none" stroke-width="1.9" stroke-linecap="round"/>
        }
        .into_any(),
        Tone::Info => view! {
            <rect x="1.5" y="1.5" width="13" height="13" rx="2.5" fill="currentColor"/>
            <path class="knockout" d="M8 7.4v4M8 4.5v.6" fill="none" stroke-width="1.9" stroke-linecap="round"/>
        }
        .into_any(),
    };
    view! { <svg class="mark" data-tone=tone.as_str() viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{shape}</svg> }
        .into_any()
}
