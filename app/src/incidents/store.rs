//! The SQL of incidents.

mod read;
mod tell;
mod write;

pub use read::{banners, cases, find, list, offers, open_ones, programmes, runs, suggested, taken_out, updates};
pub use tell::{tell, tell_all};
pub use write::{New, NotTaken, Text, Word, close, open, put, say, take_out, version_of};
