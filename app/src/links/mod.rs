//! The link register: every address that an article or a macro leads to, where it stands, and whether it still answers.
//!
//! Our own pages are looked up in the table of routes; others are asked by a job of `serve`, which reaches public
//! addresses alone.

pub mod api;
pub mod check;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;
