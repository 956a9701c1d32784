//! Where the mailbox is: `imaps://NAME:PASSWORD@HOST[:PORT][/FOLDER]`.

use std::fmt;
use zeroize::Zeroizing;

/// A mailbox, and who opens it.
#[derive(Clone)]
pub struct Mailbox {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the line is encrypted from the first byte on (RFC 8314).
    pub tls: bool,
    /// The name to sign in with.
    pub user: String,
    /// Its password.
    pub password: Zeroizing<String>,
    /// The folder that is emptied.
    pub folder: String,
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mailbox {} at {}:{}", self.folder, self.host, self.port)
    }
}

/// Why a setting is no mailbox. Never repeats it: there is a password in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAMailbox {
    /// It has another form.
    #[error("not a mailbox: write imaps://NAME:PASSWORD@HOST, signs in name and password as %XX")]
    Form,
    /// The password would go over the net for everybody to read.
    #[error("a mailbox on another machine is opened by imaps:// only, so that nobody reads its password on the way")]
    NotSecret,
}

impl Mailbox {
    /// Who opens which folder where: under this name it is remembered how far it was read.
    pub fn address(&self) -> String {
        format!("{}@{}:{}/{}", self.user, self.host, self.port, self.folder)
    }

    /// From a setting.
    ///
    /// # Errors
    /// [`NotAMailbox`].
    pub fn parse(text: &str) -> Result<Self, NotAMailbox> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(NotAMailbox::Form)?;
        let tls = match scheme {
            "imaps" => true,
            "imap" => false,
            _ => return Err(NotAMailbox::Form),
        };
        let (who, place) = rest.rsplit_once('@').ok_or(NotAMailbox::Form)?;
        let (user, password) = who.split_once(':').ok_or(NotAMailbox::Form)?;
        let (server, folder) = place.split_once('/').unwrap_or((place, ""));
        let (host, port) = match server.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| NotAMailbox::Form)?),
            None => (server, if tls { 993 } else { 143 }),
        };
        let (user, password, folder) = (decoded(user)?, decoded(password)?, decoded(folder)?);
        if host.is_empty() || user.is_empty() {
            return Err(NotAMailbox::Form);
        }
        if !tls && !matches!(host, "localhost" | "127.0.0.1") {
            return Err(NotAMailbox::NotSecret);
        }
        let folder = if folder.is_empty() { "INBOX".to_owned() } else { folder };
        Ok(Self { host: host.to_owned(), port, tls, user, password: Zeroizing::new(password), folder })
    }
}

/// `%40` is an at sign.
fn decoded(text: &str) -> Result<String, NotAMailbox> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = rest else { return Err(NotAMailbox::Form) };
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (Some(high), Some(low)) = (digit(high), digit(low)) else { return Err(NotAMailbox::Form) };
        bytes.push(high * 16 + low);
        rest = tail;
    }
    // No line can be slipped into what is said to the server.
    String::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control)).ok_or(NotAMailbox::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_names_a_mailbox() {
        let mailbox = Mailbox::parse("imaps://desk%40example.org:p%3Aa%2fss@mail.example.org").expect("mailbox");
        assert_eq!((mailbox.host.as_str(), mailbox.port, mailbox.tls), ("mail.example.org", 993, true));
        assert_eq!((mailbox.user.as_str(), mailbox.password.as_str()), ("desk@example.org", "p:a/ss"));
        assert_eq!(mailbox.folder, "INBOX");
        let mailbox = Mailbox::parse("imap://desk:x@localhost:1143/Desk/New").expect("mailbox");
        assert_eq!((mailbox.port, mailbox.tls, mailbox.folder.as_str()), (1143, false, "Desk/New"));
        assert_eq!(format!("{mailbox:?}"), "mailbox Desk/New at localhost:1143", "without the password");
    }

    #[test]
    fn what_is_none_is_refused_without_being_repeated() {
        for wrong in [
            "",
            "desk",
            "imaps://",
            "imaps://host",
            "imaps://desk@host",
            "pop://a:b@c",
            "imaps://a:b@c:port",
            "imaps://a:%zz@c",
            "imaps://a:%0d%0a@c",
        ] {
            assert_eq!(Mailbox::parse(wrong).err(), Some(NotAMailbox::Form), "{wrong}");
        }
        assert_eq!(Mailbox::parse("imap://a:b@mail.example.org").err(), Some(NotAMailbox::NotSecret));
    }
}
