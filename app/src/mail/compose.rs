//! A mail as it goes over the wire: plain text and HTML beside each other, the same bytes on every try.

use super::home::MailHome;
use super::letter::one_line;
use super::model::{Attached, Envelope, Kind, Text};
use super::reply_address;
use crate::base::secrets::Secrets;
use crate::inbox::read::OUR_MARK;
use lettre::address::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart};
use sha2::{Digest, Sha256};
use std::time::SystemTime;

/// Why a mail can't be put together. Never names an address.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Nobody can be written to there.
    #[error("the address of the recipient is none")]
    Recipient,
    /// The house's own address is none.
    #[error("the address of the sender is none")]
    Sender,
    /// A file can't go along.
    #[error("a file in it has no media type")]
    File,
    /// The library refused it.
    #[error("not a mail: {0}")]
    Message(#[from] lettre::error::Error),
}

/// Ready to be sent.
pub struct Composed {
    /// From whom and to whom, for the mail server.
    pub envelope: lettre::address::Envelope,
    /// Headers and body.
    pub bytes: Vec<u8>,
}

/// Puts a mail together.
///
/// # Errors
/// [`ComposeError`].
pub fn compose(home: &MailHome, secrets: &Secrets, mail: &Envelope, text: &Text) -> Result<Composed, ComposeError> {
    let from: Address = home.address().parse().map_err(|_| ComposeError::Sender)?;
    let (name, to) = &mail.to;
    let to: Address = to.parse().map_err(|_| ComposeError::Recipient)?;
    let mut message = Message::builder()
        .from(Mailbox::new(Some(sender(mail)), from))
        .to(Mailbox::new(name.as_deref().map(one_line), to))
        .subject(one_line(&text.subject))
        .date(SystemTime::from(mail.written_at))
        .message_id(Some(mail.message_uid.clone()))
        // So that one that comes back to us is known for what it is; see `inbox::rules`.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(OUR_MARK), home.domain().to_owned()));
    if let Some(case) = mail.case {
        let answers = reply_address::sign(secrets, case, mail.person, home.domain());
        message = message.reply_to(Mailbox::new(None, answers.parse().map_err(|_| ComposeError::Sender)?));
    }
    if !mail.refs.is_empty() {
        message = message.references(mail.refs.join(" "));
    }
    // The first reference names the case itself and was never sent.
    if let [_, .., answered] = mail.refs.as_slice() {
        message = message.in_reply_to(answered.clone());
    }
    if mail.kind != Kind::Reply {
        // So that no holiday notice answers a notice (RFC 3834, section 5).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        message = message.raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
    }
    let both = MultiPart::alternative()
        .boundary(boundary(&mail.message_uid))
        .singlepart(lettre::message::SinglePart::plain(text.plain.clone()))
        .singlepart(lettre::message::SinglePart::html(text.html.clone()));
    let message = match mail.files.as_slice() {
        [] => message.multipart(both)?,
        files => message.multipart(with_files(mail, both, files)?)?,
    };
    Ok(Composed { envelope: message.envelope().clone(), bytes: message.formatted() })
}

/// The texts first, then each file.
fn with_files(mail: &Envelope, texts: MultiPart, files: &[Attached]) -> Result<MultiPart, ComposeError> {
    let outer = MultiPart::mixed().boundary(boundary(&format!("{} files", mail.message_uid))).multipart(texts);
    files.iter().try_fold(outer, |whole, file| {
        let kind = ContentType::parse(&file.kind).or_else(|_| ContentType::parse("application/octet-stream"));
        let kind = kind.map_err(|_| ComposeError::File)?;
        Ok(whole.singlepart(Attachment::new(one_line(&file.name)).body(file.bytes.clone(), kind)))
    })
}

/// The person first, so that an inbox shows who writes. A dash, since brackets would have to be encoded.
fn sender(mail: &Envelope) -> String {
    let (name, house) = (one_line(&mail.signed_by), one_line(&mail.programme));
    if name == house { name } else { format!("{name} - {house}") }
}

/// What parts the two texts: nothing that anybody could have written into one of them.
fn boundary(message_uid: &str) -> String {
    hex::encode(Sha256::digest(message_uid.as_bytes()).as_slice().get(..20).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{CaseId, PersonId};
    use crate::base::secrets::{KeyId, MasterKey};

    fn composed(change: impl FnOnce(&mut Envelope, &mut Text)) -> Result<String, ComposeError> {
        let home = MailHome::new("https://desk.example.org", Some("desk@example.org"), true).expect("home");
        let secrets = Secrets::new(&MasterKey::from([7; 32]), KeyId(1));
        let mut mail = Envelope {
            id: 1,
            kind: Kind::Reply,
            to: (Some("Ana Peña".into()), "ana@example.net".into()),
            signed_by: "Nora Vidal".into(),
            programme: "Garden".into(),
            message_uid: "<2@example.org>".into(),
            refs: vec!["<case-7@example.org>".into(), "<1@example.org>".into()],
            files: Vec::new(),
            case: Some(CaseId(7)),
            person: Some(PersonId(3)),
            written_at: "2026-03-01T12:00:00Z".parse().expect("time"),
            tries: 0,
        };
        let mut text =
            Text { subject: "Re: pedido".into(), plain: "Hecho. €5\n".into(), html: "<p>Hecho. €5</p>".into() };
        change(&mut mail, &mut text);
        let composed = compose(&home, &secrets, &mail, &text)?;
        Ok(String::from_utf8(composed.bytes).expect("7 bits"))
    }

    fn headers(mail: &str) -> Vec<&str> {
        mail.split_once("\r\n\r\n").expect("headers").0.split("\r\n").collect()
    }

    #[test]
    fn it_is_threaded_signed_and_the_same_every_time() {
        let mail = composed(|_, _| {}).expect("mail");
        let secrets = Secrets::new(&MasterKey::from([7; 32]), KeyId(1));
        let answers = reply_address::sign(&secrets, CaseId(7), Some(PersonId(3)), "example.org");
        for wanted in [
            "Message-ID: <2@example.org>",
            "In-Reply-To: <1@example.org>",
            "References: <case-7@example.org> <1@example.org>",
            &format!("Reply-To: {answers}"),
            "From: \"Nora Vidal - Garden\" <desk@example.org>",
            "Subject: Re: pedido",
            "Date: Sun, 01 Mar 2026 12:00:00 +0000",
            "X-Partnerdesk: example.org",
        ] {
            assert!(headers(&mail).contains(&wanted), "{wanted} in {mail}");
        }
        assert!(mail.is_ascii() && !mail.contains("Auto-Submitted"));
        assert_eq!(mail, composed(|_, _| {}).expect("again"));
        let first = composed(|mail, _| mail.refs.truncate(1)).expect("mail");
        assert!(!first.contains("In-Reply-To") && first.contains("References: <case-7@example.org>\r\n"));
        let notice = composed(|mail, _| {
            mail.kind = Kind::Delay;
            mail.case = None;
        });
        let notice = notice.expect("mail");
        assert!(notice.contains("Auto-Submitted: auto-generated\r\n") && !notice.contains("\r\nReply-To"));
    }

    #[test]
    fn nothing_written_becomes_a_header() {
        let evil = "x\r\nBcc: everybody@example.org\r\n\r\n<script>\u{0}\u{2028}\nX: y";
        let count = headers(&composed(|_, _| {}).expect("mail")).iter().filter(|line| !line.starts_with(' ')).count();
        let mail = composed(|mail, text| {
            mail.signed_by = evil.into();
            mail.programme = evil.into();
            mail.to.0 = Some(format!("{evil}\"<all@example.org>"));
            text.subject = evil.into();
        })
        .expect("mail");
        let found: Vec<_> = headers(&mail).into_iter().filter(|line| !line.starts_with(' ')).collect();
        assert_eq!(found.len(), count, "{mail}");
        assert!(!found.iter().any(|line| line.starts_with("Bcc") || line.starts_with("X:")), "{mail}");
        // An address that is more than one goes nowhere.
        for wrong in ["a@example.net, b@example.net", "a@example.net>\r\nRCPT TO:<b@example.net", "a b@example.net", ""]
        {
            assert!(matches!(composed(|mail, _| mail.to.1 = wrong.into()), Err(ComposeError::Recipient)), "{wrong}");
        }
    }

    #[test]
    fn files_go_along_under_their_names() {
        let file =
            |name: &str, kind: &str| Attached { name: name.into(), kind: kind.into(), bytes: vec![0, 1, 2, 250] };
        let with = |mail: &mut Envelope, _: &mut Text| {
            mail.files = vec![file("factura.pdf", "application/pdf"), file("a\r\nBcc: x.png", "no type")];
        };
        let mail = composed(with).expect("mail");
        assert_eq!(mail, composed(with).expect("again"), "the same bytes every time");
        assert!(
            mail.contains("multipart/mixed")
                && mail.contains("Content-Disposition: attachment; filename=\"factura.pdf\""),
            "{mail}"
        );
        assert!(mail.contains("Content-Type: application/octet-stream") && !mail.contains("\r\nBcc"), "{mail}");
        let read = crate::inbox::read::read(mail.as_bytes()).expect("read");
        assert_eq!(read.attachments.iter().map(|file| file.bytes.len()).collect::<Vec<_>>(), [4, 4]);
        assert_eq!(read.text.trim(), "Hecho. €5");
        assert_eq!(read.marks, ["example.org"]);
    }

    #[test]
    fn a_text_can_not_end_its_part() {
        let boundary = boundary("<2@example.org>");
        let mail = composed(|_, text| text.plain = "one\r\n.\r\nQUIT\r\nfrom\r\n--guess--\r\n".into()).expect("mail");
        assert_eq!(mail.matches(&format!("--{boundary}\r\n")).count(), 2);
        assert_eq!(mail.matches(&format!("--{boundary}--")).count(), 1);
    }
}
