//! The SQL of incidents.

mod read;
mod tell;
mod write;

pub use read::{banners, cases, find, list, offers, programmes, suggested, updates};
pub use tell::{tell, tell_all};
pub use write::{New, NotTaken, Text, Word, close, open, put, say, version_of};
