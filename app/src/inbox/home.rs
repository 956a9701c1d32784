//! What is ours on the net: the address that we write from, and the reply addresses that only we can have signed.

use crate::base::secrets::Secrets;
use crate::inbox::model::Incoming;
use crate::inbox::trust::{Finding, finding};
use crate::mail::home::MailHome;
use crate::mail::reply_address::{self, Signed};

/// Where the house stands on the net.
#[derive(Clone, Debug)]
pub struct Home {
    address: String,
    mark: String,
    secrets: Secrets,
    trusted: Option<String>,
}

impl Home {
    /// The house that sends as `mail` and signs with `secrets`.
    pub fn new(mail: &MailHome, secrets: &Secrets) -> Self {
        let mark = mail.domain().to_owned();
        Self { address: mail.address().to_lowercase(), mark, secrets: secrets.clone(), trusted: None }
    }

    /// The same house, whose own mail server gives itself this name (authserv-id of RFC 8601): what that server found out
    /// about who sent a mail counts.
    pub fn trusting(self, server: Option<&str>) -> Self {
        let server = server.map(str::trim).filter(|server| !server.is_empty());
        Self { trusted: server.map(str::to_owned), ..self }
    }

    /// What our own mail server found out about whom a mail is from; `None` where no server is trusted.
    pub fn finding(&self, message: &Incoming) -> Option<Finding> {
        self.trusted.as_deref().map(|server| finding(message, server))
    }

    /// Whether a mail carries the mark that [`crate::mail::compose`] sets.
    pub fn marked(&self, message: &Incoming) -> bool {
        message.marks.iter().any(|mark| mark.trim().eq_ignore_ascii_case(&self.mark))
    }

    /// Whether a mail from this address, in lower case, would be from ourselves.
    pub fn is_ours(&self, address: &str) -> bool {
        self.address == address || self.signed(address).is_some()
    }

    /// What this address was signed for, where it is a reply address of ours.
    pub fn signed(&self, address: &str) -> Option<Signed> {
        reply_address::verify(&self.secrets, address)
    }
}
