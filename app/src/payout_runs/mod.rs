//! Payout runs: who is paid how much at a cut-off and who is not and why; released by an owner, then sent.
//!
//! A run is built partner by partner in batches, each a transaction of its own, so that it goes on where it stopped.
//! Building the same cut-off twice gives the one run. What a payout takes is allocated transfer by transfer: nothing is
//! in two live payouts. Each step of a payout is an event that the database checks against the table of transitions, and
//! that moves state and money in the same statement.

pub mod api;
pub mod asks;
pub mod export;
pub mod model;
pub mod outgoing;
pub mod page;
pub mod rules;
mod sealed;
pub mod steps;
pub mod store;
pub mod wise_header;
