//! Reading a raw message. Whatever the bytes are, it ends without a panic: mail is written by everybody.

mod attachments;
mod clean;
mod html;
mod report;
mod signs;
#[cfg(test)]
mod tests;
mod verdicts;

use crate::inbox::model::Incoming;
use chrono::{DateTime, Utc};
use mail_parser::{Address, HeaderName, HeaderValue, Message, MessageParser};

pub use attachments::{file_name, sniff};
pub use clean::{line as clean_line, text as clean_text};

/// The longest text that is kept of a message, in bytes; the raw message has the rest.
pub const TEXT_LIMIT: usize = 200_000;

/// The most ids that are looked up: real threads name the last few, forged ones could name thousands.
const MOST_IDS: usize = 50;

/// The most addresses of To, Cc and delivery headers that are looked at.
const MOST_ADDRESSES: usize = 100;

/// The header that every mail of this house carries; one that comes in with it goes round in a circle.
pub const OUR_MARK: &str = "X-Partnerdesk";

/// Why a message can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It has neither a header nor text.
    #[error("no message can be made out")]
    Nothing,
    /// The parser gave up on it.
    #[error("the message breaks the parser")]
    Parser,
}

/// Reads a raw message.
///
/// # Errors
/// [`Broken`] where nothing can be made of it; it is kept and shown to a person all the same.
pub fn read(raw: &[u8]) -> Result<Incoming, Broken> {
    // The parser is somebody else's code and meets bytes that nobody has foreseen.
    std::panic::catch_unwind(|| {
        let message = MessageParser::default().parse(raw).ok_or(Broken::Nothing)?;
        let incoming = incoming(&message);
        let known = incoming.from.is_some() || incoming.message_id.is_some() || !incoming.to.is_empty();
        if known || !incoming.subject.is_empty() { Ok(incoming) } else { Err(Broken::Nothing) }
    })
    .unwrap_or(Err(Broken::Parser))
}

fn incoming(message: &Message<'_>) -> Incoming {
    let (text, cut) = body(message);
    let (from, from_name) = author(message);
    let bounce = report::bounce(message);
    Incoming {
        message_id: ids(message.header(HeaderName::MessageId)).into_iter().next(),
        answers: answers(message),
        machine: signs::machine(message, from.as_deref()),
        from,
        from_name,
        to: recipients(message),
        subject: clean::line(message.subject().unwrap_or_default(), 500),
        written_at: written_at(message),
        text,
        cut,
        attachments: attachments::all(message),
        bounce,
        hops: raw_values(message, "Received").len(),
        marks: raw_values(message, OUR_MARK),
        verdicts: verdicts::all(message),
    }
}

/// The parts of the body, one after the other, and whether the end was left out.
fn body(message: &Message<'_>) -> (String, bool) {
    let mut whole = String::new();
    for part in message.text_bodies() {
        let text = match &part.body {
            mail_parser::PartType::Text(text) => clean::text(text),
            mail_parser::PartType::Html(html) => clean::text(&html::to_text(html)),
            _ => continue,
        };
        if !whole.is_empty() && !text.is_empty() {
            whole.push_str("\n\n");
        }
        whole.push_str(&text);
        if whole.len() > TEXT_LIMIT {
            break;
        }
    }
    let end = whole.floor_char_boundary(TEXT_LIMIT);
    let cut = end < whole.len();
    whole.truncate(end);
    (whole, cut)
}

/// The one person who wrote it. Several in From: nobody can say which.
fn author(message: &Message<'_>) -> (Option<String>, String) {
    let Some(from) = message.from() else { return (None, String::new()) };
    let mut all = from.iter().filter_map(|one| Some((address(one.address()?)?, one.name().unwrap_or_default())));
    match (all.next(), all.next()) {
        (Some((address, name)), None) => (Some(address), clean::line(name, 200)),
        _ => (None, String::new()),
    }
}

fn recipients(message: &Message<'_>) -> Vec<String> {
    let named = [HeaderName::To, HeaderName::Cc]
        .into_iter()
        .flat_map(|name| message.header_values(name))
        .filter_map(HeaderValue::as_address)
        .flat_map(Address::iter)
        .filter_map(|one| address(one.address()?));
    let delivered = ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To"]
        .into_iter()
        .flat_map(|name| raw_values(message, name))
        .filter_map(|value| address(&value));
    let mut all: Vec<String> = Vec::new();
    for one in delivered.chain(named) {
        if all.len() < MOST_ADDRESSES && !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// An address in lower case, if it is one.
pub(crate) fn address(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let (local, domain) = text.rsplit_once('@')?;
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    (plain(local) && plain(domain) && !local.contains('@') && text.len() <= 320).then(|| text.to_lowercase())
}

fn answers(message: &Message<'_>) -> Vec<String> {
    let mut all = ids(message.header(HeaderName::InReplyTo));
    // The newest reference stands last.
    for one in ids(message.header(HeaderName::References)).into_iter().rev() {
        if !all.contains(&one) {
            all.push(one);
        }
        if all.len() >= MOST_IDS {
            break;
        }
    }
    all.truncate(MOST_IDS);
    all
}

fn ids(value: Option<&HeaderValue<'_>>) -> Vec<String> {
    let found: Vec<&str> = match value {
        Some(HeaderValue::Text(one)) => vec![one],
        Some(HeaderValue::TextList(many)) => many.iter().map(AsRef::as_ref).collect(),
        _ => return Vec::new(),
    };
    found
        .into_iter()
        .map(|id| clean::line(id, 998).trim_matches(['<', '>', ' ']).to_owned())
        .filter(|id| !id.is_empty() && !id.contains(char::is_whitespace))
        .collect()
}

fn written_at(message: &Message<'_>) -> Option<DateTime<Utc>> {
    let date = message.date().filter(|date| date.is_valid())?;
    DateTime::from_timestamp(date.to_timestamp(), 0)
}

/// The values of a header of the message itself, unfolded, as they stand there.
pub(crate) fn raw_values(message: &Message<'_>, name: &str) -> Vec<String> {
    message
        .headers()
        .iter()
        .filter(|header| header.name().eq_ignore_ascii_case(name))
        .filter_map(|header| message.raw_message.get(header.offset_start as usize..header.offset_end as usize))
        .map(|bytes| clean::line(&String::from_utf8_lossy(bytes), 4000))
        .collect()
}
