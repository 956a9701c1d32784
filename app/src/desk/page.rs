//! The desk's screens: the queue, and a case with everything one needs to solve it.

mod act;
mod case;
mod facts;
mod queue;
mod recalculate;
mod talk;

pub use case::DeskCase;
pub use queue::Desk;

use crate::base::context::Context;
use crate::disputes::model::Stage;
use crate::disputes::words;
use crate::ui::Tone;
use crate::ui::badge::badge;
use leptos::prelude::AnyView;

/// A stage as staff should feel about it: amber where somebody waits for us.
fn stage_badge(ctx: &Context, stage: Stage) -> AnyView {
    let tone = match stage {
        Stage::Received | Stage::InReview => Tone::Waiting,
        Stage::AnswerNeeded => Tone::Info,
        Stage::Decided => Tone::Good,
        Stage::Closed => Tone::Neutral,
    };
    badge(tone, words::stage(ctx.locale, stage))
}
