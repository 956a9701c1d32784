//! What applies to a partner: rate, hold days, validation, minimum payout, payout schedule; today, before, announced.

pub mod model;
pub mod rules;

#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod plain;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod words;
