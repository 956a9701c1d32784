//! What is ours on the net: the address that we write from, and the reply addresses that only we can have signed.

use crate::base::ids::CaseId;
use crate::base::secrets::Secrets;
use crate::mail::home::MailHome;
use crate::mail::reply_address;

/// Where the house stands on the net.
#[derive(Clone, Debug)]
pub struct Home {
    address: String,
    secrets: Secrets,
}

impl Home {
    /// The house that sends as `mail` and signs with `secrets`.
    pub fn new(mail: &MailHome, secrets: &Secrets) -> Self {
        Self { address: mail.address().to_lowercase(), secrets: secrets.clone() }
    }

    /// Whether a mail from this address, in lower case, would be from ourselves.
    pub fn is_ours(&self, address: &str) -> bool {
        self.address == address || self.case_of(address).is_some()
    }

    /// The case whose signed reply address this is.
    pub fn case_of(&self, address: &str) -> Option<CaseId> {
        reply_address::verify(&self.secrets, address)
    }
}
