//! Claims put to the advertiser: the open claims of an offer go out as one file, and its answers come back line by line.
//!
//! The partner sees who is awaited since when, and what was answered; the clocks of their case go on meanwhile, and the
//! enquiry has a promise of its own.

pub mod api;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;
