//! Text in the encoding that a message declares.

use super::error::{FileError, Place};
use super::input::Limited;
use super::value::shown;
use quick_xml::encoding::DecodingReader;
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use std::io::{BufReader, Read};

/// A file under its limits.
pub(super) type Source<'a> = Limited<'a, Box<dyn Read + 'a>>;
/// The same, in UTF-8.
pub(super) type Decoded<'a> = DecodingReader<BufReader<Source<'a>>>;

/// Decodes what `head` declares, which is how the file begins; gives the name of the encoding too. UTF-16 the decoder
/// finds out by itself. The declaration is read ahead, because it takes an encoding only before it has begun.
pub(super) fn decode<'a>(input: Source<'a>, head: &[u8]) -> Result<(Decoded<'a>, &'static str), FileError> {
    let mut decoded = DecodingReader::new(BufReader::new(input));
    match head {
        [0xFE, 0xFF, ..] | [0, b'<', 0, b'?', ..] => return Ok((decoded, "UTF-16BE")),
        [0xFF, 0xFE, ..] | [b'<', 0, b'?', 0, ..] => return Ok((decoded, "UTF-16LE")),
        _ => {}
    }
    let mut reader = Reader::from_reader(head);
    let Ok(Event::Decl(declaration)) = reader.read_event() else { return Ok((decoded, "UTF-8")) };
    let Some(label) = declaration.encoding() else { return Ok((decoded, "UTF-8")) };
    let has_mark = head.starts_with(b"\xef\xbb\xbf");
    // ISO-8859-1 and ASCII are read as windows-1252, which holds them (WHATWG Encoding, section 4.2).
    let known = declaration.encoder().filter(|encoding| match encoding.name() {
        "UTF-8" => true,
        "windows-1252" | "ISO-8859-15" => !has_mark,
        _ => false,
    });
    let Some(encoding) = known else {
        let label = label.map(|label| shown(&label)).unwrap_or_default();
        return Err(FileError::Encoding { label, place: Place { line: 1, byte: 0 } });
    };
    decoded.set_encoding(encoding);
    Ok((decoded, encoding.name()))
}
