//! Appeals: once, in its time, by the partner with a reason; decided by somebody else than who decided first, by a decision
//! with a transfer of its own.

pub mod api;
pub mod page;
pub mod store;
