//! The ledger: balances of every partner, as of any moment, and the proof that they are right.

pub mod store;
