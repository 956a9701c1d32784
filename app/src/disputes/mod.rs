//! Disputes: a conversation about money, pinned to the very thing it is about, answered by a person by a promised time.
//!
//! Holds the partner's side and what both sides share; the staff's side is `desk`.

pub mod model;
pub mod rules;

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod facts;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod words;
