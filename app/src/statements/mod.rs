//! What a partner keeps of a payout: a statement on paper (PDF) and for a spreadsheet (CSV). An invoice is one too.
//!
//! Pure: the caller brings every word and figure as the reader writes it, and the bytes depend on nothing else.

pub mod csv;
pub mod model;
pub mod pdf;
