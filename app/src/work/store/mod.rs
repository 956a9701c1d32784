//! The SQL of work on the queue.

mod give;
mod join;
mod keys;
mod look;
mod snooze;
mod turns;
mod undo;

pub use give::{assign, note_turn, who_is_next};
pub use join::{add_link, home, merge, remove_link};
pub use keys::{keys_are_off, set_keys};
pub use look::{Named, Placed, colleagues_on, look, others_of};
pub use snooze::{end_snooze, snooze, snooze_of, touch, wake_due};
pub use turns::{Limit, Policy, give_out, limits, policies, set_limit, set_policy};
pub use undo::{Before, before, find_undo, give_back, new_undo, remember, remember_taking, use_undo};

use crate::base::error::AppError;

/// A word of the database that has no counterpart here: schema and program differ.
fn unknown(word: &str) -> AppError {
    AppError::Internal(format!("unknown word of work on a case: {word}"))
}
