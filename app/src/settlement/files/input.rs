//! Reading with limits: how much a file may hold unpacked, and how much of it has to be held in memory at once.

use super::error::{FileError, Place};
use std::cell::Cell;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// No tag, text or row of ours is longer; a longer one would have to be held in memory.
const LONGEST_PIECE: u64 = 1024 * 1024;

/// A limit that was met, on its way through the `io::Error` of a library.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Met {
    #[error("more than {0} bytes")]
    Size(u64),
    #[error("a piece that is too long")]
    Piece,
    #[error("a quotation mark out of place in line {0}")]
    Quote(u64),
}

/// Bytes that may still be read, over all members of an archive.
#[derive(Debug)]
pub(super) struct Budget {
    limit: u64,
    left: Cell<u64>,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, left: Cell::new(limit) }
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }
}

/// Reads until the budget is used up, or until a piece is too long.
#[derive(Debug)]
pub(super) struct Limited<'a, R> {
    inner: R,
    budget: &'a Budget,
    piece: u64,
}

impl<'a, R> Limited<'a, R> {
    pub(super) fn new(inner: R, budget: &'a Budget) -> Self {
        Self { inner, budget, piece: 0 }
    }

    /// A piece has ended; the next may be as long again.
    pub(super) fn piece_ends(&mut self) {
        self.piece = 0;
    }
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let bytes = read as u64;
        let left = self.budget.left.get();
        if bytes > left {
            return Err(io::Error::other(Met::Size(self.budget.limit)));
        }
        self.budget.left.set(left - bytes);
        self.piece += bytes;
        if self.piece > LONGEST_PIECE {
            return Err(io::Error::other(Met::Piece));
        }
        Ok(read)
    }
}

/// What stopped a reader, in the words of this folder.
pub(super) fn refusal(error: io::Error, place: Place) -> FileError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Met>()).copied() {
        Some(met) => met.told(place),
        None => FileError::Io(error),
    }
}

/// The same, where a library only lends its error.
pub(super) fn refusal_of(error: &io::Error, place: Place) -> FileError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Met>()).copied() {
        Some(met) => met.told(place),
        None => FileError::Io(io::Error::new(error.kind(), error.to_string())),
    }
}

impl Met {
    fn told(self, place: Place) -> FileError {
        match self {
            Self::Size(limit) => FileError::TooLarge { limit },
            Self::Piece => FileError::TooLong { place },
            Self::Quote(line) => FileError::Malformed {
                reason: "a quotation mark out of place, or one that is never closed".to_owned(),
                place: Place { line, byte: place.byte },
            },
        }
    }
}

/// Counts the lines that have been used up.
#[derive(Debug)]
pub(super) struct Lines<R> {
    inner: R,
    line: u64,
}

impl<R> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, line: 1 }
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn inner_mut(&mut self) -> &mut R {
        &mut self.inner
    }
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let taken = available.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&available[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

impl<R: BufRead> BufRead for Lines<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is used up has just been given out, so this reads nothing.
        if let Ok(available) = self.inner.fill_buf() {
            let used = &available[..amount.min(available.len())];
            self.line += used.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.inner.consume(amount);
    }
}

/// Lets CSV through as long as its quotation marks are where RFC 4180 wants them. A parser that forgives a mark that is
/// never closed takes all rows after it for one cell, and they would be lost without a word.
#[derive(Debug)]
pub(super) struct Quotes<R> {
    inner: R,
    state: Quoting,
    line: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    CellBegins,
    Bare,
    Quoted,
    /// The cell has ended, or the mark is doubled.
    AfterMark,
}

impl<R> Quotes<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, state: Quoting::CellBegins, line: 1 }
    }

    pub(super) fn inner_mut(&mut self) -> &mut R {
        &mut self.inner
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use Quoting::{AfterMark, Bare, CellBegins, Quoted};
        let read = self.inner.read(buffer)?;
        if read == 0 && self.state == Quoted && !buffer.is_empty() {
            return Err(io::Error::other(Met::Quote(self.line)));
        }
        for byte in &buffer[..read] {
            self.state = match (self.state, *byte) {
                (CellBegins | AfterMark, b'"') => Quoted,
                (Quoted, b'"') => AfterMark,
                (Quoted, _) => Quoted,
                (Bare, b'"') => return Err(io::Error::other(Met::Quote(self.line))),
                (_, b',' | b'\n' | b'\r') => CellBegins,
                (AfterMark, _) => return Err(io::Error::other(Met::Quote(self.line))),
                (CellBegins | Bare, _) => Bare,
            };
            self.line += u64::from(*byte == b'\n');
        }
        Ok(read)
    }
}

/// Reads and seeks until so many bytes have been read; the limit can be lifted from outside.
#[derive(Debug)]
pub(super) struct Opening<'a, R> {
    inner: R,
    left: &'a Cell<u64>,
}

impl<'a, R> Opening<'a, R> {
    pub(super) fn new(inner: R, left: &'a Cell<u64>) -> Self {
        Self { inner, left }
    }
}

impl<R: Read> Read for Opening<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(io::Error::other(Met::Piece)),
        }
        Ok(read)
    }
}

impl<R: Seek> Seek for Opening<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotes(text: &str) -> bool {
        let mut all = String::new();
        Quotes::new(text.as_bytes()).read_to_string(&mut all).is_ok()
    }

    #[test]
    fn quotation_marks_have_to_be_where_they_belong() {
        for text in ["", "a,b\n", "\"a\",\"b\"\r\n", "\"a\"\"b\",c", "\"a\nb\",c\n", "\"\",\"\"", ",,\n\"a,b\""] {
            assert!(quotes(text), "{text}");
        }
        for text in ["\"a", "a\"b", "\"a\"b", "a,\"b\nc,d\n", "\"a\" ,b", "a,b\n\"x\ny\"z\"\n"] {
            assert!(!quotes(text), "{text}");
        }
    }

    #[test]
    fn a_budget_is_shared_and_exact() {
        let budget = Budget::new(5);
        let mut all = Vec::new();
        assert!(Limited::new(&b"abc"[..], &budget).read_to_end(&mut all).is_ok());
        assert!(Limited::new(&b"de"[..], &budget).read_to_end(&mut all).is_ok());
        let error = Limited::new(&b"f"[..], &budget).read_to_end(&mut all).expect_err("over");
        assert!(matches!(refusal(error, Place::default()), FileError::TooLarge { limit: 5 }));
    }
}
