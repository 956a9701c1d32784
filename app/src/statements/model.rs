//! What stands on a statement, in the reader's words.

use chrono::{DateTime, Utc};

/// A statement without the rows of its table, which are passed beside it and may be many.
#[derive(Clone, Debug)]
pub struct Document {
    /// The language of all its words (BCP 47): "en", "es". Screen readers go by it.
    pub language: String,
    /// What it is: "Payout statement". Must not be blank.
    pub title: String,
    /// Who pays.
    pub programme_name: String,
    /// Who is paid.
    pub partner_name: String,
    /// Under the partner's name: address and tax number, a line each.
    pub partner_lines: Vec<String>,
    /// What is said of the whole: number, day, period, method; label and value.
    pub facts: Vec<(String, String)>,
    /// The columns of the table.
    pub head: Vec<Column>,
    /// What the table sums to, in the order of the sum; label and value. The last is the result and is set as such.
    pub totals: Vec<(String, String)>,
    /// Under the totals, a paragraph each.
    pub notes: Vec<String>,
    /// At the foot of each page, with `{n}` for the page and `{m}` for how many there are: "Page {n} of {m}".
    pub page_words: String,
    /// When it was made; kept in the file's metadata, not printed.
    pub created_at: DateTime<Utc>,
}

/// A column of the table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its heading.
    pub label: String,
    /// Whether it holds figures: aligned on the right and never shortened.
    pub numeric: bool,
}

/// A row of the table: a cell for each column.
#[derive(Clone, Debug)]
pub struct Row {
    /// The cells, from left to right.
    pub cells: Vec<String>,
}

/// More columns than these do not fit on A4 with a figure in each.
pub const MOST_COLUMNS: usize = 12;

/// Why there is no statement.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document has no title.
    #[error("a statement needs a title")]
    NoTitle,
    /// More columns than [`MOST_COLUMNS`].
    #[error("{0} columns do not fit on a page, {MOST_COLUMNS} do")]
    TooManyColumns(usize),
    /// A row has another number of cells than the head has columns.
    #[error("row {row} has {found} cells for {expected} columns")]
    Cells {
        /// Which row, counted from 1.
        row: usize,
        /// How many cells it has.
        found: usize,
        /// How many columns there are.
        expected: usize,
    },
    /// A font that comes with the programme can't be read.
    #[error("the font {0} can't be read")]
    Font(&'static str),
    /// The PDF could not be put together, or would break PDF/A-2a or PDF/UA-1.
    #[error("the PDF can't be written: {0}")]
    Pdf(String),
    /// The CSV could not be put together.
    #[error("the CSV can't be written")]
    Csv(#[from] ::csv::Error),
}

impl Document {
    /// The row as it is, or why it does not fit the head. `index` counts from 0.
    pub(super) fn checked(&self, index: usize, row: Row) -> Result<Row, Error> {
        let (found, expected) = (row.cells.len(), self.head.len());
        if found == expected { Ok(row) } else { Err(Error::Cells { row: index + 1, found, expected }) }
    }
}
