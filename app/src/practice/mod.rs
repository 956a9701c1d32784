//! Practice: closed cases without anybody in them, for agents who are new.
//!
//! A lead makes one of a real case; the rules take out whatever says whose it was. An agent who has to practise solves it,
//! a lead marks the solution. How many have to pass is policy, by the day on which the agent began; until then the
//! database refuses a credit of theirs.

pub mod anonymise;
pub mod api;
pub mod model;
pub mod page;
pub mod store;
