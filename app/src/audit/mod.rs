//! The record of changes: who, when, before and after, on whose approval; sealed into a hash chain.
//!
//! Whoever edits, removes or slips in a sealed row breaks the chain at that row. What a chain alone can't show is that
//! its end was cut off together with the rows; so each walk tells the last link, to be noted down elsewhere.

pub mod model;
#[cfg(feature = "ssr")]
pub mod page;
pub mod rules;
#[cfg(feature = "ssr")]
pub mod store;
