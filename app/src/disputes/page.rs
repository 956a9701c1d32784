//! The partner's screens: their disputes, a new one, one with its conversation.

mod list;
mod new;
mod one;

pub use list::Disputes;
pub use new::NewDispute;
pub use one::Dispute;

use super::model::Stage;
use crate::base::context::Context;
use crate::ui::Tone;
use crate::ui::badge::badge;
use leptos::prelude::AnyView;

/// A stage as the partner should feel about it: amber where it is theirs to act.
fn stage_badge(ctx: &Context, stage: Stage) -> AnyView {
    let tone = match stage {
        Stage::Received | Stage::InReview => Tone::Info,
        Stage::AnswerNeeded => Tone::Waiting,
        Stage::Decided => Tone::Good,
        Stage::Closed => Tone::Neutral,
    };
    badge(tone, super::words::stage(ctx.locale, stage))
}
