//! The record of changes: who, when, before and after, on whose approval; sealed into a hash chain.

#[cfg(feature = "ssr")]
pub mod store;
