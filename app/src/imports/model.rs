//! What an import is asked for, and what it answers.

use crate::base::ids::ProgrammeId;
use serde::Serialize;

/// What to do with a file.
#[derive(Clone, Debug)]
pub struct Request {
    /// The programme whose conversions these are.
    pub programme: ProgrammeId,
    /// The file's name, for the record.
    pub file_name: String,
    /// Check everything, change nothing.
    pub dry_run: bool,
    /// Make partners that are not there.
    pub create_partners: bool,
    /// Make offers that are not there.
    pub create_offers: bool,
}

/// How many rows there were, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rows below the header.
    pub rows: i64,
    /// Booked (in a dry run: would be).
    pub accepted: i64,
    /// There already.
    pub duplicates: i64,
    /// Refused, each with line, column and reason.
    pub rejected: i64,
}

/// A step of an import, for whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Rows read so far.
    Read(i64),
    /// Everything is read; it is checked against what is there.
    Checking,
    /// Lines booked so far, of how many.
    Booked(i64, i64),
}

/// Why a file as a whole was refused. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Empty, or its first line lacks columns.
    #[error("the first line has to name the columns; missing: {0}")]
    MissingColumns(String),
    /// A column that means nothing here.
    #[error("column `{0}` is not one of: {1}")]
    UnknownColumn(String, String),
    /// The same column twice.
    #[error("column `{0}` is there twice")]
    ColumnTwice(String),
    /// The header is not UTF-8.
    #[error("the first line is not UTF-8 text")]
    HeaderNotUtf8,
    /// The file can't be read to its end.
    #[error("the file can't be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// The database is away or refused the rows.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The record refused.
    #[error(transparent)]
    Record(#[from] crate::base::error::AppError),
}
