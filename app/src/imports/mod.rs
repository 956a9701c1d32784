//! Conversions from a CSV file: read row by row, checked as a set, booked in one transaction.
//!
//! A file is refused as a whole only where its header is wrong; otherwise each bad row gets line, column and reason
//! and the good ones go in. The same file twice changes nothing. Killed at any moment, the import leaves nothing
//! behind and is simply started again.

pub mod book;
pub mod model;
pub mod parse;
pub mod run;
