//! Mail in: a partner's mail becomes a message in its case; what can't be placed waits in a visible quarantine.
//!
//! A message is stored as it arrived before anything reads it, so that no fault in reading loses one; the same bytes are
//! one row, and so is the same message by another way. It is placed by the signed address it was sent to, or by the
//! Message-ID it answers, and only where its writer is a member of the case's partner. A number quoted in its subject
//! counts for nothing. What no person wrote is parked, never answered. A report that a mail of ours did not arrive marks
//! the address. Files are scanned after they are stored and given out only once that is done.

pub mod api;
pub mod clamd;
pub mod files;
pub mod fold;
mod home;
pub mod model;
pub mod page;
pub mod read;
pub mod rules;
pub mod store;
pub mod trust;
pub mod uploads;

pub use home::Home;

/// How many mails wait for a person; a page of staff finds it in its context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting(pub i64);
