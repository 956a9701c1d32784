//! The ledger: balances of every partner, as of any moment, the proof that they are right, and journals for an
//! accountant's own tools; and months that are closed.

pub mod api;
pub mod close;
pub mod journal;
pub mod page;
pub mod store;
mod words;
