//! Work on the queue: who is given a case, putting one off, joining two that are one, the same for many at once, taking a
//! step back, and the keys for all of it.

pub mod islands;

#[cfg(feature = "ssr")]
mod act;
#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
mod words;
