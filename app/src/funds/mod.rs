//! Funds: what lies on the account that payouts are paid from, what was put there, and what the bank takes for its work.

pub mod api;
pub mod model;
pub mod page;
pub mod store;
