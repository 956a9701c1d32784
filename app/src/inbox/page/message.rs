//! A message's text, with what a mail repeats folded away, and its files.

use super::words;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::language::tr;
use crate::disputes::model::Message;
use crate::inbox::files::{Named, Standing};
use crate::inbox::fold::{Part, Segment, fold};
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::case::folded_text;
use crate::ui::text;
use leptos::prelude::*;

/// What stands below a message's head.
pub fn body(ctx: &Context, message: &Message, files: Option<&Vec<Named>>) -> AnyView {
    let said = match &message.whole {
        Some(whole) => folded(ctx, whole),
        None if message.body.trim().is_empty() => {
            view! { <p class="quiet">{tr!(ctx.locale, inbox.no_text)}</p> }.into_any()
        }
        None => text::prose(message.body.clone()),
    };
    let files = files.filter(|files| !files.is_empty()).map(|files| list(ctx, files));
    // The desk can look at the mail itself; its partner has it.
    let original = message.mail.filter(|_| Who::Desk.includes(&ctx.actor)).map(|mail| {
        view! { <p class="quiet">{text::link(paths::original(mail), tr!(ctx.locale, inbox.original))}</p> }
    });
    view! { {said}{files}{original} }.into_any()
}

/// A whole text: what is new as it is, the rest to be unfolded.
pub(super) fn folded(ctx: &Context, whole: &str) -> AnyView {
    let folded = fold(whole);
    if !folded.hides() {
        return text::prose(whole.to_owned());
    }
    let last_new = folded.segments.iter().rposition(|segment| segment.part == Part::New).unwrap_or_default();
    let parts = folded.segments.iter().enumerate().filter(|(_, segment)| !segment.text.trim().is_empty());
    parts.map(|(at, segment)| part(ctx, segment, at < last_new && at > 0)).collect_view().into_any()
}

/// A question that is answered line by line stays open; what only stands below is folded.
fn part(ctx: &Context, segment: &Segment, answered: bool) -> AnyView {
    let said = segment.text.trim_matches('\n').trim_end().to_owned();
    match segment.part {
        Part::New => text::prose(said),
        Part::Quoted => folded_text(tr!(ctx.locale, inbox.quoted), said, answered),
        Part::Signature => folded_text(tr!(ctx.locale, inbox.signature), said, false),
    }
}

fn list(ctx: &Context, files: &[Named]) -> AnyView {
    let locale = ctx.locale;
    let files = files
        .iter()
        .map(|file| {
            let size = words::size(locale, usize::try_from(file.bytes).unwrap_or_default());
            let name = match &file.standing {
                Standing::Ready => text::link(paths::file(file.id), file.name.clone()),
                Standing::Waiting => {
                    view! { {file.name.clone()}" "{badge(Tone::Waiting, tr!(locale, inbox.file_waiting))} }.into_any()
                }
                Standing::Infected(found) => {
                    let found = tr!(locale, inbox.file_infected, found = found.as_str());
                    view! { {file.name.clone()}" "{badge(Tone::Bad, found)} }.into_any()
                }
                Standing::Unscannable => {
                    let link = text::link(paths::file(file.id), file.name.clone());
                    view! { {link}" "{badge(Tone::Waiting, tr!(locale, inbox.file_unscannable))} }.into_any()
                }
                Standing::TooLarge => {
                    view! { {file.name.clone()}" "{badge(Tone::Neutral, tr!(locale, inbox.file_too_large))} }.into_any()
                }
            };
            view! { <li>{name}" "<span class="quiet">{size}</span></li> }
        })
        .collect_view();
    view! { <ul class="files" aria-label=tr!(locale, inbox.files)>{files}</ul> }.into_any()
}
