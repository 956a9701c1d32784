//! What the tax office wants to know: who a partner is, what the programme's policy makes of it, and so what a payout
//! comes to.

pub mod api;
pub mod countries;
pub mod model;
pub mod numbers;
pub mod page;
pub mod rules;
pub mod secrets;
pub mod store;
pub mod typed;
pub mod words;
