//! Disputes: a conversation about money, pinned to the very thing it is about, answered by a person by a promised time.
//!
//! Holds the partner's side and what both sides share; the staff's side is `desk`.

pub mod api;
pub mod ends;
pub mod facts;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;
pub mod words;
