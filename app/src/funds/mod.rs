//! Funds: what lies on the account that payouts are paid from, what was put there, and what the bank takes for its work.

pub mod model;

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod store;
