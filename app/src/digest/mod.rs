//! The digest for owners, a week at a time: what waits for them, what partners complain about, what is late, how the desk does,
//! and who may leave.
//!
//! Everything is read from what happened, as of the end of the week, or of now where the week still runs; so a week that is
//! over says the same whenever it is read, and what was decided later is not seen in it. The mail of a week is written once per
//! owner, in the statement that finds who is to get it: a job that dies, or two of them, write none twice.

pub mod api;
pub mod letter;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;
pub mod words;
