//! Saved views of the queue: what narrows it, under a name, for oneself or for the whole desk.

pub mod api;
pub mod model;
pub mod page;
pub mod store;
