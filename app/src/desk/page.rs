//! The desk's screens: the queue, and a case with everything one needs to solve it.

mod act;
mod case;
mod facts;
mod filter;
mod queue;
mod recalculate;
mod steps;
mod talk;

pub use case::DeskCase;
pub use queue::{Desk, tab};

use crate::base::context::Context;
use crate::base::language::tr;
use crate::disputes::model::{Outcome, Stage};
use crate::disputes::words;
use crate::ui::Tone;
use crate::ui::badge::badge;
use leptos::prelude::AnyView;

/// A stage as staff say it; the partner's words speak to the partner.
fn stage_words(ctx: &Context, stage: Stage) -> String {
    match stage {
        Stage::AnswerNeeded => tr!(ctx.locale, desk.stage_answer_needed),
        other => words::stage(ctx.locale, other),
    }
}

/// An outcome as staff say it.
fn outcome_words(ctx: &Context, outcome: Outcome) -> String {
    match outcome {
        Outcome::InFavour => tr!(ctx.locale, desk.outcome_in_favour),
        Outcome::InPart => tr!(ctx.locale, desk.outcome_in_part),
        Outcome::Declined => tr!(ctx.locale, desk.outcome_declined),
    }
}

/// A stage as staff should feel about it: amber where somebody waits for us.
pub fn stage_badge(ctx: &Context, stage: Stage) -> AnyView {
    let tone = match stage {
        Stage::Received | Stage::InReview => Tone::Waiting,
        Stage::AnswerNeeded => Tone::Info,
        Stage::Decided => Tone::Good,
        Stage::Closed => Tone::Neutral,
    };
    badge(tone, stage_words(ctx, stage))
}
