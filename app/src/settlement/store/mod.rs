//! Keeping answers and what became of them; each question in a room of its own.

mod apply;
mod by_hand;
mod keep;
mod list;
mod page;

pub use by_hand::{About, ByHand, by_hand};
pub use keep::{LARGEST, SettleError, finish, report, settle, settle_with};
pub use list::waiting;
pub use page::{LineFound, Named, ReadFile, Settled, Which, candidates, files, lines, waiting_count};
