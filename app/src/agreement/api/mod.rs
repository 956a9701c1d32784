//! What partners answer and ask, and what the desk and the owners say to it.

mod desk;
mod partner;

pub use desk::{DeclineRequest, StopChange, decline, decline_request, stop, stop_change};
pub use partner::{
    AnswerChange, AnswerCounter, AskTerms, answer_change, answer_counter, ask, ask_terms, change, counter,
};

use crate::base::context::Context;
use crate::base::forms::Errors;
use crate::base::language::tr;

/// The longest text of a form here.
const LONGEST: usize = 4_000;

/// A text without blanks around it; what is wrong with it stands beside its field.
fn text_of(ctx: &Context, field: &str, typed: &str, errors: &mut Errors) -> String {
    let text = typed.replace("\r\n", "\n").replace('\0', "").trim().to_owned();
    if text.is_empty() {
        errors.add(field, tr!(ctx.locale, approvals.reason_missing));
    } else if text.chars().count() > LONGEST {
        errors.add(field, tr!(ctx.locale, approvals.reason_too_long, most = LONGEST));
    }
    text
}
