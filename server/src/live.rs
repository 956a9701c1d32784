//! Pages that are open, and what they are told: one reader of the database for all of them in this process.
//!
//! `GET /live` is a stream of server-sent events, `GET /live/since` the same as one short answer, for pages that can't keep
//! a stream. Every page has a place (a snapshot); what lies after it is read in the database when the page comes, and
//! whenever the reader here was somewhere else. NOTIFY only wakes: without it, everything is a second later.

mod hub;
mod pages;

pub use hub::Hub;
pub use pages::{open, since};
