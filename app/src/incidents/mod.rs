//! Incidents: something went wrong for many at once, such as a tracking outage or a bank that is late.
//!
//! An incident gathers cases. Each word about it is said once, in both languages, and goes to every case as a signed
//! public message and to every person as a bulletin; closing it closes its cases. What a partner wrote in between and
//! nobody has read is never answered by such a word: that case is left to a person.

pub mod api;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;
