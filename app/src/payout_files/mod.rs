//! The files by which a released payout run leaves the house: ISO 20022 pain.001 for euro, a bank CSV for other
//! currencies, PayPal and Wise. Pure: bytes out, nothing else.
//!
//! What all four promise:
//! - **Streaming.** `Writer::new(w, &header, …)`, `push(&order)` for each payment, `finish()`. One payment is in memory
//!   at a time. `finish` gives the writer back after flushing it; a file that was not finished must not be kept (a CSV
//!   without its end cannot be told from a whole one), so write beside the final name and rename.
//! - **The sums agree.** The header says how many payments there are and what they add up to; `finish` refuses a file
//!   that holds anything else.
//! - **Deterministic.** The same header and orders give the same bytes; the creation time is part of the header.
//! - **A refused payment leaves no trace.** An order is checked as a whole before its first byte is written.
//! - **Errors carry no personal data.** A refusal names the payment by its end-to-end id, never an account or a name.
//! - **No formula reaches a spreadsheet.** See `cells`.

pub mod account;
mod amount;
pub mod bank_csv;
mod cells;
pub mod error;
mod greek;
pub mod model;
pub mod pain001;
pub mod paypal;
pub mod reference;
mod tally;
pub mod text;
pub mod wise;
mod wise_columns;

#[cfg(test)]
mod pain001_tests;
#[cfg(test)]
mod samples;

pub use error::{FileError, Refusal};
pub use reference::{end_to_end_id, payout_of};
