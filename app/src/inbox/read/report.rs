//! Delivery reports: which address failed, and whether for good (RFC 3464, status codes of RFC 3463).

use super::{address, clean, ids, raw_values};
use crate::inbox::model::{Bounce, Failed};
use mail_parser::{HeaderName, Message, MessageParser, MessagePart, MimeHeaders, PartType};

/// The most addresses that one report is believed to name.
const MOST: usize = 50;

/// The delivery report in a message, if there is one and it names a failed address.
pub fn bounce(message: &Message<'_>) -> Option<Bounce> {
    let mut failed: Vec<Failed> = Vec::new();
    for part in
        message.parts.iter().filter(|part| is_kind(part, "message", &["delivery-status", "global-delivery-status"]))
    {
        failed.extend(recipients(&contents(part)));
    }
    if failed.is_empty() {
        // Servers older than the standard name the address in a header of their own.
        failed = raw_values(message, "X-Failed-Recipients")
            .iter()
            .flat_map(|value| value.split(','))
            .filter_map(address)
            .map(|address| Failed { address, permanent: true, status: String::new() })
            .collect();
    }
    failed.truncate(MOST);
    (!failed.is_empty()).then(|| Bounce { failed, returned: returned(message) })
}

/// The blocks of a report, one per address; the first block is about the report itself and names none.
fn recipients(report: &str) -> Vec<Failed> {
    clean::text(report)
        .split("\n\n")
        .filter_map(|block| {
            let field = |name: &str| {
                let value = unfolded(block).into_iter().find_map(|line| {
                    let (key, value) = line.split_once(':')?;
                    key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
                })?;
                (!value.is_empty()).then_some(value)
            };
            if !field("Action")?.to_lowercase().starts_with("failed") {
                return None;
            }
            // What we wrote to counts; where it was forwarded to is somebody else's address.
            let named = field("Original-Recipient").or_else(|| field("Final-Recipient"))?;
            let address = address(named.split_once(';').map_or(named.as_str(), |(_, address)| address))?;
            let status = field("Status").unwrap_or_default();
            let words = field("Diagnostic-Code").unwrap_or_default();
            let permanent = !status.starts_with('4');
            Some(Failed { address, permanent, status: clean::line(&format!("{status} {words}"), 300) })
        })
        .collect()
}

/// Lines, with those that continue one before put back to it.
fn unfolded(block: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in block.lines() {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(line),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// The Message-ID of the mail that came back, whole or only its headers.
fn returned(message: &Message<'_>) -> Option<String> {
    let of = |nested: &Message<'_>| ids(nested.header(HeaderName::MessageId)).into_iter().next();
    message.parts.iter().skip(1).find_map(|part| match &part.body {
        PartType::Message(nested) => of(nested),
        _ if is_kind(part, "text", &["rfc822-headers"]) || is_kind(part, "message", &["rfc822", "global-headers"]) => {
            // A header alone is no message to the parser: an empty body makes it one.
            let whole = format!("{}\r\n\r\n", contents(part).trim_end());
            of(&MessageParser::default().parse(whole.as_bytes())?)
        }
        _ => None,
    })
}

fn contents(part: &MessagePart<'_>) -> String {
    match &part.body {
        PartType::Message(nested) => String::from_utf8_lossy(&nested.raw_message).into_owned(),
        _ => String::from_utf8_lossy(part.contents()).into_owned(),
    }
}

fn is_kind(part: &MessagePart<'_>, kind: &str, subs: &[&str]) -> bool {
    part.content_type().is_some_and(|found| {
        found.ctype().eq_ignore_ascii_case(kind)
            && found.subtype().is_some_and(|sub| subs.iter().any(|wanted| sub.eq_ignore_ascii_case(wanted)))
    })
}
