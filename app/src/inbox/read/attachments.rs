//! Files in a message. What a file is, its first bytes say; the sender's word is only kept.

use super::clean;
use crate::inbox::model::Attachment;
use mail_parser::{Message, MimeHeaders, PartType};

/// The most files that are taken out of one message; the raw message has them all.
const MOST: usize = 50;

/// Every file of a message, those in forwarded messages as part of these.
pub fn all(message: &Message<'_>) -> Vec<Attachment> {
    message
        .attachments()
        .filter(|part| !is_report(part.content_type()))
        .take(MOST)
        .enumerate()
        .map(|(index, part)| {
            let bytes = match &part.body {
                PartType::Message(nested) => nested.raw_message.to_vec(),
                _ => part.contents().to_vec(),
            };
            let kind = if matches!(part.body, PartType::Message(_)) { "message/rfc822" } else { sniff(&bytes) };
            let declared = part.content_type().map_or_else(String::new, |kind| {
                clean::line(&format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("*")), 100).to_lowercase()
            });
            Attachment { name: file_name(part.attachment_name(), kind, index), kind, declared, bytes }
        })
        .collect()
}

fn is_report(kind: Option<&mail_parser::ContentType<'_>>) -> bool {
    kind.is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case("message")
            && kind.subtype().is_some_and(|sub| sub.to_ascii_lowercase().contains("delivery-status"))
    })
}

/// What the first bytes say a file is: a media type; `application/octet-stream` where nobody knows.
pub fn sniff(bytes: &[u8]) -> &'static str {
    if let Some(kind) = infer::get(bytes) {
        return kind.mime_type();
    }
    let plain = |text: &str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'));
    match std::str::from_utf8(bytes) {
        Ok(text) if plain(text) => "text/plain",
        _ => "application/octet-stream",
    }
}

/// A name that is safe to save under: no folder, no leading dot, nothing hidden, at most 120 characters.
pub fn file_name(given: Option<&str>, kind: &str, index: usize) -> String {
    let given = clean::line(given.unwrap_or_default(), 1000);
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last
        .chars()
        .map(|c| if matches!(c, '"' | '<' | '>' | ':' | '|' | '?' | '*' | ';') { '_' } else { c })
        .collect();
    let name = name.trim_matches(['.', ' ', '_']);
    if !name.is_empty() {
        return shortened(name);
    }
    let ending = match kind {
        "message/rfc822" => "eml",
        "text/plain" => "txt",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        _ => "bin",
    };
    format!("file-{}.{ending}", index + 1)
}

/// At most 120 characters, the ending kept.
fn shortened(name: &str) -> String {
    let long = name.chars().count();
    if long <= 120 {
        return name.to_owned();
    }
    let ending: String = match name.rsplit_once('.') {
        Some((_, ending)) if ending.chars().count() <= 10 => format!(".{ending}"),
        _ => String::new(),
    };
    name.chars().take(120 - ending.chars().count()).chain(ending.chars()).collect()
}
