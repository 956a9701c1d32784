//! The ways a conversation takes: portal, mail, and what was spoken by phone or in a chat and is written down by staff.
//!
//! What was spoken is a message like any other: a partner's words start clocks and have to be answered, ours are signed
//! by whoever spoke them. It stands in the conversation at the time at which it was said, with its channel and the name
//! of who wrote it down.

pub mod api;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;
