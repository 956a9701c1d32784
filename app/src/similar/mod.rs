//! Decided cases like an open one, shown beside it: what was decided, why, with how much, and what was said.

pub mod page;
pub mod store;
