//! Mails in the database: written by features, worked on by the worker, listed for staff.

mod list;
mod promo;
mod queue;
mod read;
mod terms;
mod write;

pub use list::{COUNTED, PAGE, counts, list, send_again, server};
pub use promo::promo;
pub use queue::{Claimed, claim, keep_text, note_server, note_try, something_is_due};
pub use read::{Loaded, load};
pub use terms::{counter_offer, decrease, ending};
pub use write::{invitation, notice, reply, seal_token};
