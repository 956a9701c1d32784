//! What we say to many without being asked: that a run is late, that something went wrong.
//!
//! Whoever says it writes one row, and the request is over. Jobs find out in batches whom it concerns, then gather what
//! is to be told to a person into one mail; who got as many such mails as the policy allows waits, and what was held back
//! stands in the next one. A job that dies goes on where it stopped, and one thing is told to one person once.

pub mod api;
pub mod page;
pub mod store;
