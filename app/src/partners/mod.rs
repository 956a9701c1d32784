//! Partner accounts: made, found, invited.

pub mod store;
