//! The people who answer and decide.

pub mod store;
