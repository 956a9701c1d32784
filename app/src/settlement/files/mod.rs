//! Answer files of banks and payment services, read into one form.
//!
//! What a file says is trusted only as far as it goes: *accepted* is never taken for *settled*, a status that is not
//! known is `Unknown`, and nothing is guessed where a value can be read in two ways. The kind of a file is known by its
//! content; the name is only repeated.
//!
//! **All or nothing.** Lines are handed on while the file is read, so that a large one is never held in memory; they
//! count only once `read` has returned `Ok`. After an error throw away every line of that file: the bytes that are
//! wrong or missing may have been the ones that matter.
//!
//! Files come from outside and may be hostile: document types and entities, deep nesting, long pieces, archives that
//! unpack without end and elements that are there twice are refused (`FileError`), and nothing panics.
//!
//! Nothing is looked up or decided here. Lines may repeat what an earlier file said (camt.054 and camt.053 tell of the
//! same booking), and one file may hold a line for a whole message or batch beside lines for its payments; of these the
//! one that names the payment says more.

mod camt;
pub mod codes;
mod decode;
mod error;
mod input;
mod model;
mod pain002;
mod paypal;
mod plain;
mod table;
#[cfg(test)]
mod tests;
mod unzip;
mod value;
mod wise;
mod xml;

pub use error::{FileError, Flaw, Place};
pub use model::{Kind, Line, Outcome, Summary, Target};

use input::{Budget, Limited, refusal};
use std::io::{Cursor, Read, Seek, SeekFrom};
use table::Table;
use xml::Elements;

/// How large a file may be, unpacked and with all members of an archive together, where nobody asks for more.
pub const LARGEST: u64 = 50 * 1024 * 1024;

/// As much of a file as its kind is known by.
const HEAD: usize = 1024;

/// Reads a file, or every file in a zip archive, and hands each line to `sink`; in return what the files say about
/// themselves, in the order they were read. `file_name` is repeated in the summaries. `limit` is in bytes, counted
/// after decompression; see `LARGEST`.
///
/// Memory does not grow with the file. It blocks: call it where that is allowed.
///
/// # Errors
/// When the file is of no kind that is read here, malformed, cut off, too large, or says something that cannot be.
/// Lines that were handed on until then are void.
pub fn read(
    mut input: impl Read + Seek,
    file_name: &str,
    limit: u64,
    sink: &mut dyn FnMut(Line),
) -> Result<Vec<Summary>, FileError> {
    let budget = Budget::new(limit);
    let mut lines = 0;
    let mut summaries = Vec::new();
    let mut head = Vec::new();
    input.by_ref().take(4).read_to_end(&mut head).map_err(FileError::Io)?;
    input.seek(SeekFrom::Start(0)).map_err(FileError::Io)?;
    if unzip::is_it(&head) {
        unzip::each(input, &budget, |member, name| {
            let name = format!("{file_name}/{name}");
            summaries.push(one(member, &name, &budget, &mut lines, sink)?);
            Ok(())
        })?;
    } else {
        summaries.push(one(Box::new(input), file_name, &budget, &mut lines, sink)?);
    }
    Ok(summaries)
}

/// Reads one file that is no archive.
fn one<'a>(
    mut input: Box<dyn Read + 'a>,
    name: &str,
    budget: &'a Budget,
    lines: &mut u64,
    sink: &mut dyn FnMut(Line),
) -> Result<Summary, FileError> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| refusal(error, Place::default()))?;
    let form = form_of(&head)?;
    // The decoder of XML wants the byte order mark, a table does not.
    let begins = if matches!(form, Form::Csv) { without_mark(&head) } else { &head };
    let whole: Box<dyn Read + 'a> = Box::new(Cursor::new(begins.to_vec()).chain(input));
    let input = Limited::new(whole, budget);
    match form {
        Form::Xml => {
            let (mut xml, message) = Elements::open(input, &head)?;
            let (kind, version) = message_of(&message, xml.namespace())?;
            let mut out = Handed { summary: Summary::new(name, kind), lines, sink };
            out.summary.version = Some(version);
            match kind {
                Kind::Pain002 => pain002::read(&mut xml, &mut out)?,
                _ => camt::read(&mut xml, &mut out)?,
            }
            if out.summary.message_id.is_none() {
                return Err(xml.missing("GrpHdr/MsgId"));
            }
            Ok(out.summary)
        }
        Form::Csv => {
            let mut table = Table::open(input)?;
            let (kind, read): (_, fn(&mut Table<'_>, &mut Handed<'_>) -> _) = if plain::is_it(&table) {
                (Kind::Plain, plain::read)
            } else if wise::is_it(&table) {
                (Kind::Wise, wise::read)
            } else if paypal::is_it(&table) {
                (Kind::PayPal, paypal::read)
            } else {
                return Err(FileError::UnknownColumns { found: table.header() });
            };
            let mut out = Handed { summary: Summary::new(name, kind), lines, sink };
            read(&mut table, &mut out)?;
            Ok(out.summary)
        }
    }
}

/// Where lines go, and what is known of their file.
struct Handed<'a> {
    summary: Summary,
    lines: &'a mut u64,
    sink: &'a mut dyn FnMut(Line),
}

impl Handed<'_> {
    fn hand(&mut self, line: Line) {
        *self.lines += 1;
        self.summary.lines += 1;
        (self.sink)(Line { number: *self.lines, ..line });
    }

    /// What all messages say of themselves.
    fn take_header(&mut self, path: &str, xml: &Elements<'_>) -> Result<(), FileError> {
        match path {
            "GrpHdr/MsgId" => {
                let name = xml.value(value::name)?.ok_or_else(|| xml.flaw(Flaw::Empty))?;
                xml.once(&mut self.summary.message_id, name, "GrpHdr/MsgId")
            }
            "GrpHdr/CreDtTm" => xml.once(&mut self.summary.created_at, xml.value(value::date_time)?, "GrpHdr/CreDtTm"),
            _ => Ok(()),
        }
    }
}

enum Form {
    Xml,
    Csv,
}

/// The form of a file that begins so.
fn form_of(head: &[u8]) -> Result<Form, FileError> {
    if unzip::is_it(head) {
        return Err(FileError::NestedZip);
    }
    let text = without_mark(head);
    let is_utf16 = matches!(text, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, b'<', ..] | [b'<', 0, ..]);
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None if head.len() < HEAD => Err(FileError::Empty),
        None => Err(FileError::UnknownKind),
        Some(b'<') => Ok(Form::Xml),
        Some(_) if is_utf16 => Ok(Form::Xml),
        Some(_) if text.iter().any(|byte| *byte < b' ' && !byte.is_ascii_whitespace()) => Err(FileError::UnknownKind),
        Some(_) => Ok(Form::Csv),
    }
}

/// A file without the byte order mark of UTF-8.
fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

/// The kind and version of a message, by its element and its namespace, which have to agree. The namespace ends with
/// the name of the message, in ISO's own form (`urn:iso:std:iso:20022:tech:xsd:camt.053.001.08`) and in national ones
/// (`…:pain.002.003.03`, `http://www.six-interbank-clearing.com/de/pain.002.001.03.ch.02.xsd`).
fn message_of(element: &str, namespace: &str) -> Result<(Kind, String), FileError> {
    let (kind, prefix) = match element {
        "CstmrPmtStsRpt" => (Kind::Pain002, "pain.002."),
        "BkToCstmrStmt" => (Kind::Camt053, "camt.053."),
        "BkToCstmrDbtCdtNtfctn" => (Kind::Camt054, "camt.054."),
        _ => return Err(FileError::WrongRoot { found: value::shown(element) }),
    };
    let last = namespace.rsplit([':', '/']).next().unwrap_or("");
    let version = last.get(..15).filter(|name| {
        name.strip_prefix(prefix).is_some_and(|numbers| {
            numbers.bytes().enumerate().all(|(at, byte)| if at == 3 { byte == b'.' } else { byte.is_ascii_digit() })
        }) && matches!(last.as_bytes().get(15), None | Some(b'.'))
    });
    match version {
        Some(version) => Ok((kind, version.to_owned())),
        None => Err(FileError::UnknownNamespace { found: value::shortened(namespace, 120) }),
    }
}
