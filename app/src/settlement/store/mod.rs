//! Keeping answers and what became of them; each question in a room of its own.

mod apply;
mod keep;
mod list;
mod page;

pub use keep::{LARGEST, SettleError, report, settle};
pub use list::{ByHand, by_hand, waiting};
pub use page::{LineFound, Named, ReadFile, Settled, Which, candidates, files, lines, waiting_count};
