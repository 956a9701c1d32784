//! Help on screen: the list with its search, an article, its form, and the parts that other pages show.

mod beside;
mod list;
mod one;
mod write;

pub use beside::{Beside, before_sending, beside};
pub use list::Help;
pub use one::HelpArticle;
pub use write::WriteArticle;

use super::model::{Audience, Entry};
use crate::base::context::Context;
use crate::base::language::{code, tr};
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::text;
use leptos::prelude::*;

/// Articles as a list of links with their first words.
fn entries(ctx: &Context, found: &[Entry]) -> AnyView {
    let items = found.iter().map(|entry| {
        let lang = (entry.language != code(ctx.locale)).then(|| entry.language.clone());
        let staff = (entry.audience == Audience::Staff).then(|| badge(Tone::Neutral, tr!(ctx.locale, help.for_staff)));
        view! {
            <li lang=lang>
                <p>{text::link(link(entry), entry.title.clone())}" "{staff}</p>
                <p class="hint">{entry.summary.clone()}</p>
            </li>
        }
    });
    view! { <ul class="articles">{items.collect_view()}</ul> }.into_any()
}

fn link(entry: &Entry) -> String {
    format!("{}?language={}", paths::article(&entry.slug), entry.language)
}
