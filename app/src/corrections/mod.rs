//! Rates of the past put right: what a partner's commissions of a time would have been at another rate, and the difference of
//! each booked as an adjustment with a transfer of its own. An owner who isn't its author approves what was read; nothing that
//! was booked before is touched, and a correction never takes.

pub mod api;
pub mod model;
pub mod page;
pub mod store;
