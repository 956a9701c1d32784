//! What a partner earned: every commission of a period, summed, drawn and listed, and each one explained line by line.
//! A partner sees their own rows, never what the programme earns on them.

pub mod model;
pub mod rules;

#[cfg(feature = "ssr")]
pub mod filter;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod store;
