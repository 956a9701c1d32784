//! Why a file was refused.

use std::fmt;

/// Where in a file: as near as it can be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub line: u64,
    /// Bytes before it, counted in UTF-8 and without a byte order mark.
    pub byte: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} (byte {})", self.line, self.byte)
    }
}

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// Not digits with at most one decimal point.
    #[error("is not an amount")]
    NotAnAmount,
    /// Thousands or decimals: `1,234` can be read both ways.
    #[error("can be read as thousands or as decimals")]
    AmbiguousAmount,
    /// Below zero, where the direction is told by another element.
    #[error("is below zero")]
    NegativeAmount,
    /// More than five digits after the point (ISO 20022, ActiveOrHistoricCurrencyAndAmount).
    #[error("has more than 5 digits after the point")]
    TooManyDecimals,
    /// More than 18 digits (ISO 20022, ActiveOrHistoricCurrencyAndAmount).
    #[error("has more than 18 digits")]
    TooManyDigits,
    /// An amount without a currency.
    #[error("has no currency")]
    NoCurrency,
    /// A currency without an amount.
    #[error("has no amount")]
    NoAmount,
    /// Not three capital letters.
    #[error("is not a currency code")]
    NotACurrency,
    /// Not a day that exists, or not written as the format wants it.
    #[error("is not a date")]
    NotADate,
    /// Not a whole number.
    #[error("is not a number")]
    NotANumber,
    /// Not a word this place may have.
    #[error("is not a known word here")]
    UnknownWord,
    /// A control character, or a line break where none belongs.
    #[error("has a control character")]
    ControlCharacter,
    /// Too long for what it names; shortened it could name something else.
    #[error("is too long")]
    TooLong,
}

/// Why a file was refused. All of it: what was handed on before counts for nothing.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read, or a compressed member is damaged.
    #[error("the file could not be read: {0}")]
    Io(std::io::Error),
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Neither XML, CSV nor zip.
    #[error("the file is not of a kind that is read here (XML, CSV, or a zip archive of these)")]
    UnknownKind,
    /// More bytes than allowed, counted after decompression and over all members.
    #[error("the file is larger than {limit} bytes, unpacked")]
    TooLarge {
        /// What is allowed.
        limit: u64,
    },
    /// A single tag, text, or row is longer than any of ours.
    #[error("something in the file is too long, near {place}")]
    TooLong {
        /// Where.
        place: Place,
    },
    /// Not in the encoding it declares, or in one that is not read.
    #[error("the file is not {label} text, or {label} is not read here, near {place}")]
    Encoding {
        /// As declared or found; shortened.
        label: String,
        /// Where.
        place: Place,
    },
    /// A document type declaration: the way to entity bombs and to reading other files. None of these messages has one.
    #[error("the file has a document type declaration (DOCTYPE), at {place}")]
    Doctype {
        /// Where.
        place: Place,
    },
    /// An entity that XML itself does not define.
    #[error("the file refers to the entity «{name}», at {place}")]
    Entity {
        /// Its name, shortened.
        name: String,
        /// Where.
        place: Place,
    },
    /// More elements inside each other than any message has.
    #[error("elements are nested too deep, at {place}")]
    TooDeep {
        /// Where.
        place: Place,
    },
    /// It ends before its end.
    #[error("the file is cut off at {place}")]
    Truncated {
        /// Where it ends.
        place: Place,
    },
    /// Not well-formed.
    #[error("the file is malformed, at {place}: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
        /// Where.
        place: Place,
    },
    /// XML, but not one of these messages.
    #[error("the file is not a message that is read here: its root is «{found}»")]
    WrongRoot {
        /// The root element, or the first in it; shortened.
        found: String,
    },
    /// The root is right, the namespace is not that of pain.002, camt.053 or camt.054.
    #[error("the file is not a message that is read here: its namespace is «{found}»")]
    UnknownNamespace {
        /// Shortened.
        found: String,
    },
    /// An element that has to be there is not.
    #[error("{element} is missing, before {place}")]
    Missing {
        /// Which.
        element: &'static str,
        /// Where it was missed.
        place: Place,
    },
    /// An element that may be there once is there twice: two readers could read two things.
    #[error("{element} is there twice, at {place}")]
    Twice {
        /// Which.
        element: &'static str,
        /// The second one.
        place: Place,
    },
    /// An element comes after those that depend on it.
    #[error("{element} comes too late, at {place}")]
    OutOfOrder {
        /// Which.
        element: &'static str,
        /// Where.
        place: Place,
    },
    /// More accounts than one customer has.
    #[error("the statement is about more than {limit} accounts")]
    TooManyAccounts {
        /// What is allowed.
        limit: usize,
    },
    /// A value that cannot be.
    #[error("{field} «{found}» {flaw}, at {place}")]
    Value {
        /// What is wrong with it.
        flaw: Flaw,
        /// The element, or the column of a CSV file.
        field: String,
        /// As written; shortened.
        found: String,
        /// Where.
        place: Place,
    },
    /// A CSV file whose columns are not those of a kind that is read here.
    #[error("the columns are not those of a file that is read here: «{found}»")]
    UnknownColumns {
        /// The first line, shortened.
        found: String,
    },
    /// A column that has to be there is not.
    #[error("the column «{0}» is missing")]
    MissingColumn(&'static str),
    /// A column is there twice.
    #[error("the column «{0}» is there twice")]
    ColumnTwice(String),
    /// A column that does not belong; refused so that a misspelt one is not passed over.
    #[error("the column «{0}» does not belong here")]
    StrayColumn(String),
    /// A row with more or fewer cells than the first line.
    #[error("the row at {place} has {cells} cells, the first line {columns}")]
    RowWidth {
        /// Where.
        place: Place,
        /// Of the row.
        cells: u64,
        /// Of the first line.
        columns: u64,
    },
    /// Not a zip archive that can be read.
    #[error("the zip archive cannot be read: {0}")]
    Zip(String),
    /// More members than allowed.
    #[error("the zip archive has more than {limit} members")]
    TooManyMembers {
        /// What is allowed.
        limit: usize,
    },
    /// An archive in an archive.
    #[error("the zip archive holds another one")]
    NestedZip,
    /// A member was refused, and so the archive.
    #[error("«{name}»: {source}")]
    Member {
        /// Its name, shortened.
        name: String,
        /// Why.
        source: Box<FileError>,
    },
}
