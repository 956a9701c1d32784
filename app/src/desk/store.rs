//! The desk's SQL.

mod act;
mod case;
mod choices;
mod partner;
mod queue;

pub(crate) use act::book;
pub use act::{
    Credit, NewDecision, add_note, authority, decide, end_review, mark_no_answer, note_of_form, partner_of, save,
    start_review,
};
pub use case::{HouseSide, assignee, booked, commission, credited_so_far, house_side, notes, taken_back, unanswered};
pub use choices::{Choices, choices};
pub use partner::{former, partner, term_history};
pub use queue::{Key, Narrowed, PAGE, Page, Tally, lines, page, queue, tally};

use crate::base::error::AppError;

/// A word of the database that has no counterpart here: schema and program differ.
fn unknown(word: &str) -> AppError {
    AppError::Internal(format!("unknown word at the desk: {word}"))
}
