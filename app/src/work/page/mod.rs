//! What work adds to the queue and to a case, the page of the turns, and the list of the keys.

mod case;
mod keys;
mod queue;
mod turns;

pub use case::Desk;
pub use keys::keys;
pub use queue::{Marked, check, head};
pub use turns::Turns;

use super::model::{Refusal, Undo};
use super::words;
use crate::base::context::Context;
use crate::base::forms::Draft;
use crate::base::language::tr;
use crate::paths;
use crate::ui::Tone;
use crate::ui::field::{Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::notice::notice_with;
use crate::ui::text;
use leptos::prelude::*;

/// A form behind its title; open where it was refused.
fn folded(title: String, open: bool, body: AnyView) -> AnyView {
    view! { <details class="work-form" open=open><summary>{title}</summary>{body}</details> }.into_any()
}

/// The form that takes a step back.
fn undo_form(ctx: &Context, undo: Undo, back: String) -> AnyView {
    let text = match undo.cases {
        1 => tr!(ctx.locale, work.undo_button),
        count => tr!(ctx.locale, work.undo_button_many, count = count),
    };
    view! {
        <Form action="/do/undo-step" id="form-undo-step" class="inline">
            <Hidden name="undo" value=undo.id.to_string()/>
            <Hidden name="back" value=back/>
            <Submit text=text tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

/// What became of each case of a form of many, or of a step taken back; with the form that takes it back.
fn outcome(ctx: &Context, draft: &Draft, undo: Option<Undo>, back: &str) -> Option<AnyView> {
    if draft.value("form_name") != "bulk-done" {
        return None;
    }
    let locale = ctx.locale;
    let done = draft.value("done");
    let mut done: Vec<_> = done.split(';').filter_map(|case| case.parse::<i64>().ok()).collect();
    done.sort_unstable();
    let refused = draft.value("refused");
    let refused: Vec<_> = refused
        .split(';')
        .filter_map(|line| {
            let (case, code) = line.split_once(':')?;
            Some((case.parse::<i64>().ok()?, Refusal::parse(code)?))
        })
        .collect();
    let said = (!done.is_empty()).then(|| {
        let numbers = done.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let sentence = match draft.value("what").as_str() {
            "assign" => tr!(locale, work.done_bulk_assigned, cases = numbers),
            "snooze" => tr!(locale, work.done_bulk_snoozed, cases = numbers),
            "close" => tr!(locale, work.done_bulk_closed, cases = numbers),
            "mark" => tr!(locale, work.done_bulk_marked, cases = numbers),
            "gather" => tr!(locale, work.done_bulk_gathered, cases = numbers),
            _ => tr!(locale, work.done_bulk_undone, cases = numbers),
        };
        let undo = undo.map(|undo| undo_form(ctx, undo, back.to_owned()));
        notice_with(Tone::Good, view! { <p>{sentence}</p>{undo} }.into_any())
    });
    let not_done = (!refused.is_empty()).then(|| {
        let lines = refused
            .into_iter()
            .map(|(case, refusal)| {
                let link = text::link(paths::case(case.into()), tr!(locale, work.case_number, number = case));
                view! { <li>{link}": "{words::refusal(locale, refusal)}</li> }
            })
            .collect_view();
        notice_with(Tone::Bad, view! { <p>{tr!(locale, work.not_done)}</p><ul>{lines}</ul> }.into_any())
    });
    Some(view! { <div id="form" class="work-outcome">{said}{not_done}</div> }.into_any())
}
