//! One payout as its partner sees it: when it was scheduled, sent and paid, what it was made of, and a statement of it on
//! paper (PDF) and for a spreadsheet (CSV).
//!
//! `pdf` and `csv` are pure: the caller brings every word and figure as the reader writes it, and the bytes depend on
//! nothing else.

pub mod csv;
pub mod document;
pub mod model;
pub mod page;
pub mod payout;
pub mod pdf;
pub mod rules;
pub mod store;
pub mod words;
