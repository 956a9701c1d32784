//! CSV files: columns by their names in any order, every row whole, every cell with its place.

use super::error::{FileError, Flaw, Place};
use super::input::{Limited, Quotes, refusal};
use super::value::shown;
use csv::{ErrorKind, Position, ReaderBuilder, StringRecord, Trim};
use std::io::Read;

/// A column that a kind of file has, by all the names it may go by, without case, spaces and marks
/// (`transactionstatus`).
pub(super) type Names = &'static [&'static str];

/// Where a column stands; `None` where the file has none.
pub(super) type Column = Option<usize>;

/// The rows of a file.
pub(super) struct Table<'a> {
    reader: csv::Reader<Quotes<Limited<'a, Box<dyn Read + 'a>>>>,
    /// The first line, simplified.
    columns: Vec<String>,
    /// The first line as written.
    header: StringRecord,
    row: StringRecord,
}

impl<'a> Table<'a> {
    /// Reads the first line.
    pub(super) fn open(input: Limited<'a, Box<dyn Read + 'a>>) -> Result<Self, FileError> {
        let reader = ReaderBuilder::new().has_headers(false).trim(Trim::All).from_reader(Quotes::new(input));
        let mut table = Self { reader, columns: Vec::new(), header: StringRecord::new(), row: StringRecord::new() };
        if !table.next()? {
            return Err(FileError::Empty);
        }
        table.header = table.row.clone();
        table.columns = table.header.iter().map(simplified).collect();
        Ok(table)
    }

    /// Takes the next row; false at the end of the file.
    pub(super) fn next(&mut self) -> Result<bool, FileError> {
        self.reader.get_mut().inner_mut().piece_ends();
        self.reader.read_record(&mut self.row).map_err(|error| {
            let place = place(error.position().unwrap_or(self.reader.position()));
            match error.into_kind() {
                ErrorKind::Io(error) => refusal(error, place),
                ErrorKind::Utf8 { .. } => FileError::Encoding { label: "UTF-8".to_owned(), place },
                ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    FileError::RowWidth { place, cells: len, columns: expected_len }
                }
                kind => FileError::Malformed { reason: shown(&format!("{kind:?}")), place },
            }
        })
    }

    /// Whether the first line has one of the names.
    pub(super) fn has(&self, names: Names) -> bool {
        names.iter().any(|name| self.columns.iter().any(|column| column == name))
    }

    /// The first of the names that the first line has.
    pub(super) fn column(&self, names: Names) -> Result<Column, FileError> {
        let Some(name) = names.iter().find(|name| self.columns.iter().any(|column| column == *name)) else {
            return Ok(None);
        };
        let mut places = (0..self.columns.len()).filter(|place| self.columns[*place] == **name);
        let (first, second) = (places.next(), places.next());
        match second {
            Some(place) => Err(FileError::ColumnTwice(shown(&self.header[place]))),
            None => Ok(first),
        }
    }

    /// A column that has to be there; named in the refusal by the first of its names.
    pub(super) fn required(&self, names: Names) -> Result<Column, FileError> {
        let missing = names.first().copied().unwrap_or("");
        self.column(names)?.map_or(Err(FileError::MissingColumn(missing)), |place| Ok(Some(place)))
    }

    /// The first column that is none of these.
    pub(super) fn stray(&self, known: Names) -> Option<String> {
        let place = self.columns.iter().position(|column| !known.contains(&column.as_str()))?;
        Some(shown(&self.header[place]))
    }

    /// The first line, to be shown.
    pub(super) fn header(&self) -> String {
        shown(&self.header.iter().collect::<Vec<_>>().join(","))
    }

    /// A cell of the row; empty where the file has no such column.
    pub(super) fn cell(&self, column: Column) -> &str {
        column.and_then(|place| self.row.get(place)).unwrap_or("")
    }

    /// A cell of the row, read by one of the functions of `value`.
    pub(super) fn value<T>(&self, column: Column, read: impl Fn(&str) -> Result<T, Flaw>) -> Result<T, FileError> {
        read(self.cell(column)).map_err(|flaw| self.flaw(column, flaw))
    }

    /// The same, where the cell may be empty.
    pub(super) fn maybe<T>(
        &self,
        column: Column,
        read: impl Fn(&str) -> Result<T, Flaw>,
    ) -> Result<Option<T>, FileError> {
        if self.cell(column).is_empty() { Ok(None) } else { self.value(column, read).map(Some) }
    }

    /// What is wrong with a cell of the row.
    pub(super) fn flaw(&self, column: Column, flaw: Flaw) -> FileError {
        let field = shown(column.and_then(|place| self.header.get(place)).unwrap_or(""));
        let place = self.row.position().map(place).unwrap_or_default();
        FileError::Value { flaw, field, found: shown(self.cell(column)), place }
    }
}

/// A name of a column or a status without case, spaces and marks: `Transaction Status`, `transaction_status` and
/// `transactionStatus` are one.
pub(super) fn simplified(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn place(position: &Position) -> Place {
    Place { line: position.line(), byte: position.byte() }
}
