//! The elements of a message, one after the other, with the guards that a file from outside needs: no document type, no
//! entities, no depth, no long pieces, nothing twice, nothing cut off.

use super::decode::{Decoded, Source, decode};
use super::error::{FileError, Flaw, Place};
use super::input::{Lines, refusal_of};
use super::value::shown;
use crate::base::money::{Currency, Money};
use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

/// No message nests deeper than about 20.
const DEEPEST: usize = 64;
/// No text of a message is longer.
const LONGEST_TEXT: usize = 64 * 1024;
/// No element of a message has more than two.
const MOST_ATTRIBUTES: usize = 64;
/// No name of an element, and no namespace, is longer. Both are kept and compared again and again.
const LONGEST_NAME: usize = 200;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// An element begins: its path is in `path`.
    Begins,
    /// An element ends: its path is in `path`, its text, if it holds no elements, in `text`.
    Ends,
}

/// The elements of a message.
pub(super) struct Elements<'a> {
    reader: NsReader<Lines<Decoded<'a>>>,
    encoding: &'static str,
    buffer: Vec<u8>,
    namespace: String,
    /// Names joined by strokes; what is left of `base` belongs to the envelope.
    path: String,
    base: usize,
    /// Where each open element's name begins in the path.
    open: Vec<usize>,
    /// Elements of another namespace that are open; they are passed over.
    strange: usize,
    text: String,
    /// The open element holds other elements, so it must not hold text.
    holds_elements: bool,
    /// `Ccy` of the element that began last.
    currency: Option<String>,
    /// An element without content has begun and ends with the next step.
    ends_at_once: bool,
    /// The path gets shorter before the next step.
    ended: bool,
}

impl<'a> Elements<'a> {
    /// Reads as far as the message inside `Document`; gives its name too. `head` is how the file begins, enough of it
    /// to hold the XML declaration.
    pub(super) fn open(input: Source<'a>, head: &[u8]) -> Result<(Self, String), FileError> {
        let (decoded, encoding) = decode(input, head)?;
        let mut reader = NsReader::from_reader(Lines::new(decoded));
        reader.config_mut().check_comments = true;
        let mut elements = Self {
            reader,
            encoding,
            buffer: Vec::new(),
            namespace: String::new(),
            path: String::new(),
            base: 0,
            open: Vec::new(),
            strange: 0,
            text: String::new(),
            holds_elements: false,
            currency: None,
            ends_at_once: false,
            ended: false,
        };
        elements.step()?;
        if elements.step()? != Some(Step::Begins) {
            return Err(FileError::WrongRoot { found: "Document".to_owned() });
        }
        let message = elements.path["Document/".len()..].to_owned();
        elements.base = elements.path.len() + 1;
        Ok((elements, message))
    }

    /// The namespace of the root.
    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The path of the element that has begun or ended, below the message element.
    pub(super) fn path(&self) -> &str {
        self.path.get(self.base..).unwrap_or("")
    }

    /// The text of the element that has ended, without the white space around it.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// Where reading has come to.
    pub(super) fn place(&self) -> Place {
        Place { line: self.reader.get_ref().line(), byte: self.reader.buffer_position() }
    }

    /// The next begin or end of an element of the message; `None` once, at the end of the file.
    pub(super) fn step(&mut self) -> Result<Option<Step>, FileError> {
        if self.ended {
            self.ended = false;
            self.close();
        }
        if self.ends_at_once {
            self.ends_at_once = false;
            self.ended = true;
            return Ok(Some(Step::Ends));
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let step = loop {
            buffer.clear();
            if let Some(step) = self.event(&mut buffer)? {
                break step;
            }
        };
        self.buffer = buffer;
        Ok(match step {
            Found::Step(step) => Some(step),
            Found::Nothing => None,
        })
    }

    /// Takes the next event in; `None` where it is of no account.
    fn event(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Found>, FileError> {
        self.reader.get_mut().inner_mut().get_mut().get_mut().piece_ends();
        let (resolved, event) = match self.reader.read_resolved_event_into(buffer) {
            Ok(found) => found,
            Err(error) => return Err(self.refused(error)),
        };
        let namespace = match resolved {
            ResolveResult::Bound(Namespace(name)) if name == self.namespace => Some(None),
            ResolveResult::Bound(Namespace(name)) if self.namespace.is_empty() => Some(Some(name.to_owned())),
            _ => None,
        };
        match event {
            Event::Start(tag) => self.begins(&tag, namespace, false),
            Event::Empty(tag) => self.begins(&tag, namespace, true),
            Event::End(_) => Ok(self.ends()),
            Event::Text(text) => self.take(&text.xml10_content()),
            Event::CData(text) => self.take(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => self.take(character.encode_utf8(&mut [0; 4])),
                Ok(None) => match &*reference {
                    "amp" => self.take("&"),
                    "lt" => self.take("<"),
                    "gt" => self.take(">"),
                    "quot" => self.take("\""),
                    "apos" => self.take("'"),
                    name => Err(FileError::Entity { name: shown(name), place: self.place() }),
                },
                Err(error) => Err(self.malformed(error.to_string())),
            },
            Event::DocType(_) => Err(FileError::Doctype { place: self.place() }),
            Event::Decl(declaration) => {
                let known = declaration.encoder().map(|encoding| encoding.name());
                match declaration.encoding() {
                    None => Ok(None),
                    Some(Ok(_)) if known == Some(self.encoding) || self.encoding.starts_with("UTF-16") => Ok(None),
                    Some(label) => {
                        let label = label.map(|label| shown(&label)).unwrap_or_default();
                        Err(FileError::Encoding { label, place: self.place() })
                    }
                }
            }
            Event::Comment(_) | Event::PI(_) => Ok(None),
            Event::Eof if self.open.is_empty() && !self.namespace.is_empty() => Ok(Some(Found::Nothing)),
            Event::Eof => Err(FileError::Truncated { place: self.place() }),
        }
    }

    /// An element begins. Of `namespace` the outer part says whether it belongs to the message, the inner one is the
    /// namespace where this is the first element.
    fn begins(
        &mut self,
        tag: &BytesStart<'_>,
        namespace: Option<Option<String>>,
        empty: bool,
    ) -> Result<Option<Found>, FileError> {
        let mut currency = None;
        for (number, attribute) in tag.attributes().with_checks(false).enumerate() {
            let attribute = attribute.map_err(|error| self.malformed(error.to_string()))?;
            let doubled = attribute.key.as_ref() == "Ccy" && currency.replace(attribute.value.into_owned()).is_some();
            if doubled || number >= MOST_ATTRIBUTES {
                return Err(self.malformed("an attribute twice, or too many".to_owned()));
            }
        }
        if tag.name().as_ref().len() > LONGEST_NAME {
            return Err(FileError::TooLong { place: self.place() });
        }
        if self.open.len() + self.strange >= DEEPEST {
            return Err(FileError::TooDeep { place: self.place() });
        }
        if !self.text().is_empty() {
            return Err(self.malformed("text beside elements".to_owned()));
        }
        if self.open.is_empty() {
            if !self.namespace.is_empty() {
                return Err(self.malformed("a second root".to_owned()));
            }
            if tag.local_name().as_ref() != "Document" {
                return Err(FileError::WrongRoot { found: shown(tag.local_name().as_ref()) });
            }
            let Some(Some(name)) = namespace else { return Err(FileError::UnknownNamespace { found: String::new() }) };
            if name.is_empty() || name.len() > LONGEST_NAME {
                return Err(FileError::UnknownNamespace { found: shown(&name) });
            }
            self.namespace = name;
        } else if self.strange > 0 || namespace.is_none() {
            self.strange += usize::from(!empty);
            self.text.clear();
            self.holds_elements = true;
            return Ok(None);
        }
        self.open.push(self.path.len());
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(tag.local_name().as_ref());
        self.text.clear();
        self.holds_elements = false;
        self.currency = currency;
        self.ends_at_once = empty;
        Ok(Some(Found::Step(Step::Begins)))
    }

    fn ends(&mut self) -> Option<Found> {
        if self.strange > 0 {
            self.strange -= 1;
            self.text.clear();
            return None;
        }
        self.ended = true;
        Some(Found::Step(Step::Ends))
    }

    fn close(&mut self) {
        if let Some(start) = self.open.pop() {
            self.path.truncate(start);
        }
        self.text.clear();
        self.holds_elements = true;
    }

    /// Adds to the text of the open element.
    fn take(&mut self, text: &str) -> Result<Option<Found>, FileError> {
        if self.strange > 0 {
            return Ok(None);
        }
        if self.text.len() + text.len() > LONGEST_TEXT {
            return Err(FileError::TooLong { place: self.place() });
        }
        if (self.holds_elements || self.open.is_empty()) && !text.trim().is_empty() {
            return Err(self.malformed("text beside elements".to_owned()));
        }
        if text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
            return Err(self.malformed("a control character".to_owned()));
        }
        self.text.push_str(text);
        Ok(None)
    }

    /// The text of the element that has ended, as an amount in the currency of its `Ccy`.
    pub(super) fn money(&self) -> Result<Money, FileError> {
        let amount = self.value(super::value::amount)?;
        let currency = match self.currency.as_deref() {
            None => return Err(self.flaw(Flaw::NoCurrency)),
            Some(code) => Currency::parse(code).map_err(|_| self.flaw_of(Flaw::NotACurrency, code))?,
        };
        Ok(Money::new(amount, currency))
    }

    /// The text of the element that has ended, read by one of the functions of `value`.
    pub(super) fn value<T>(&self, read: impl Fn(&str) -> Result<T, Flaw>) -> Result<T, FileError> {
        read(self.text()).map_err(|flaw| self.flaw(flaw))
    }

    /// Keeps a value that may be there once.
    pub(super) fn once<T>(&self, slot: &mut Option<T>, value: T, element: &'static str) -> Result<(), FileError> {
        match slot.replace(value) {
            None => Ok(()),
            Some(_) => Err(FileError::Twice { element, place: self.place() }),
        }
    }

    /// What is wrong with the text of the element that has ended.
    pub(super) fn flaw(&self, flaw: Flaw) -> FileError {
        self.flaw_of(flaw, self.text())
    }

    fn flaw_of(&self, flaw: Flaw, found: &str) -> FileError {
        FileError::Value { flaw, field: shown(self.path()), found: shown(found), place: self.place() }
    }

    /// An element was missed.
    pub(super) fn missing(&self, element: &'static str) -> FileError {
        FileError::Missing { element, place: self.place() }
    }

    fn malformed(&self, reason: String) -> FileError {
        FileError::Malformed { reason: shown(&reason), place: self.place() }
    }

    fn refused(&self, error: Error) -> FileError {
        let place = self.place();
        let at = Place { line: place.line, byte: self.reader.error_position() };
        match error {
            Error::Io(error) => refusal_of(&error, place),
            Error::Encoding(_) => FileError::Encoding { label: self.encoding.to_owned(), place },
            Error::Syntax(SyntaxError::UnclosedDoctype) => FileError::Doctype { place: at },
            Error::IllFormed(IllFormedError::MissingDoctypeName) => FileError::Doctype { place: at },
            Error::Syntax(SyntaxError::InvalidBangMarkup) => {
                FileError::Malformed { reason: "markup that XML does not have".to_owned(), place: at }
            }
            Error::Syntax(_) => FileError::Truncated { place: at },
            error => FileError::Malformed { reason: shown(&error.to_string()), place: at },
        }
    }
}

/// What an event comes to.
enum Found {
    Step(Step),
    Nothing,
}
