//! What banks and payment services answer: read, matched to payouts, and what can't be matched kept for a person.
//!
//! A file is read once, all of it or nothing. A line changes a payout only where it names it and agrees with it: what is
//! accepted is not settled, a wrong amount never settles, and what contradicts waits in a list.

pub mod api;
pub mod files;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;
