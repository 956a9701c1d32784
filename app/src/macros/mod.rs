//! Macros: texts that staff send often, in each language and form of address, with what is done besides.
//!
//! A chosen macro lies in the reply's form, filled in from the case's facts, and is the agent's to change; what could not be
//! filled in keeps the reply from being sent. A reply that speaks otherwise than its reader is spoken to is held back once
//! and said so; sent again, it goes and is counted.

pub mod api;
pub mod model;
pub mod page;
pub mod rules;
pub mod send;
pub mod spoken;
pub mod store;
