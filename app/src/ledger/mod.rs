//! The ledger: balances of every partner, as of any moment, the proof that they are right, and journals for an
//! accountant's own tools.

pub mod journal;
pub mod store;
