//! The desk: one queue of everything partners wait for, each case with the numbers beside the words, and what staff
//! can do about it.

pub mod model;
pub mod rules;

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod store;
