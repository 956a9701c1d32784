//! The quarantine, and what mail adds to a conversation.

mod list;
mod message;
mod one;
mod words;

pub use list::Quarantine;
pub use message::body;
pub use one::QuarantinedMail;
pub use words::{room, size};
