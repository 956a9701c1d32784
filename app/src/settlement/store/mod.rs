//! Keeping answers and what became of them; each question in a room of its own.

mod apply;
mod keep;
mod list;

pub use keep::{LARGEST, SettleError, settle};
pub use list::{ByHand, by_hand, waiting};
