//! Where the house stands on the net: its public address, whom mail comes from, and whether any is sent.

use lettre::message::Mailbox;
use std::sync::Arc;

/// Sender and public address of the site. Cheap to clone.
#[derive(Clone, Debug)]
pub struct MailHome {
    url: Arc<str>,
    address: Arc<str>,
    sends: bool,
}

/// Why a sender was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASender {
    /// It is no address.
    #[error("not a sender's address, like desk@example.org")]
    NotAnAddress,
    /// Its domain is not written in ASCII.
    #[error(
        "the domain of the sender's address has other letters than a to z, digits, dots and dashes: write its ASCII form"
    )]
    DomainNotAscii,
    /// Signed addresses are made from it.
    #[error("the sender's address needs a domain of its own, like desk@example.org")]
    NoDomain,
}

impl Default for MailHome {
    fn default() -> Self {
        Self { url: "http://localhost:3000".into(), address: "desk@localhost".into(), sends: false }
    }
}

impl MailHome {
    /// The site at `url`, mailing as `from` (`desk@example.org`, a name before it is left out); `sends` where there is a
    /// mail server.
    ///
    /// # Errors
    /// [`NotASender`].
    pub fn new(url: &str, from: Option<&str>, sends: bool) -> Result<Self, NotASender> {
        let home = Self { url: url.trim_end_matches('/').into(), sends, ..Self::default() };
        let Some(from) = from else { return Ok(home) };
        let mailbox: Mailbox = from.parse().map_err(|_| NotASender::NotAnAddress)?;
        let domain = mailbox.email.domain().to_ascii_lowercase();
        if !domain.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter)) {
            return Err(NotASender::DomainNotAscii);
        }
        if !domain.starts_with(|letter: char| letter.is_ascii_alphanumeric()) {
            return Err(NotASender::NoDomain);
        }
        Ok(Self { address: format!("{}@{domain}", mailbox.email.user()).into(), ..home })
    }

    /// A path of the site as a whole address.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The address that mail comes from.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its domain, in small letters; Message-IDs and signed reply addresses end with it.
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }

    /// Whether there is a mail server to send by.
    pub fn sends(&self) -> bool {
        self.sends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_one_address_with_a_plain_domain() {
        let home = |from| MailHome::new("https://desk.example.org/", Some(from), true);
        let named = home("Garden <Desk@Example.ORG>").expect("sender");
        assert_eq!((named.address(), named.domain()), ("Desk@example.org", "example.org"));
        assert_eq!(named.link("/disputes/7"), "https://desk.example.org/disputes/7");
        for wrong in
            ["", "desk", "desk@", "a@b.org, c@d.org", "desk@exa mple.org", "desk@example.org\r\nBcc: x@example.org"]
        {
            assert!(home(wrong).is_err(), "{wrong}");
        }
        assert!(home("desk@[127.0.0.1]").is_err() && home("desk@exámple.org").is_err());
        assert!(!MailHome::default().sends());
    }
}
