//! The silence of the house: some working days past the resolution clock, what is at stake is the partner's where it is known
//! and under a cap; above it an owner is asked. By a policy with versions, recorded as such and listed for owners.

pub mod api;
pub mod page;
pub mod rules;
pub mod store;
