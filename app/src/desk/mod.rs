//! The desk: one queue of everything partners wait for, each case with the numbers beside the words, and what staff
//! can do about it.

pub mod api;
pub mod filter;
pub mod model;
pub mod order;
pub mod page;
pub mod rules;
pub mod store;
