//! What a message that came in says, and what becomes of it.

use chrono::{DateTime, Utc};

/// A message as it was read; all text is free of control characters and line ends are `\n`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incoming {
    /// Its Message-ID, without the angle brackets.
    pub message_id: Option<String>,
    /// What it answers: In-Reply-To first, then References from the newest to the oldest. No id twice.
    pub answers: Vec<String>,
    /// Who wrote it, in lower case; `None` where From names nobody or several people.
    pub from: Option<String>,
    /// The name beside that address; may be empty.
    pub from_name: String,
    /// Every address it was sent or delivered to, in lower case: To, Cc, Delivered-To, X-Original-To, Envelope-To.
    pub to: Vec<String>,
    /// The subject; may be empty.
    pub subject: String,
    /// When it was written, by the sender's own clock.
    pub written_at: Option<DateTime<Utc>>,
    /// The text; made from HTML where the message has no other.
    pub text: String,
    /// Whether the text was longer than is kept.
    pub cut: bool,
    /// What was attached.
    pub attachments: Vec<Attachment>,
    /// Why no person wrote it, if none did.
    pub machine: Option<Machine>,
    /// The delivery report it is, if it is one.
    pub bounce: Option<Bounce>,
    /// How many servers passed it on.
    pub hops: usize,
    /// The marks of houses like this one that it carries.
    pub marks: Vec<String>,
    /// What mail servers on the way found out about who sent it, the nearest first.
    pub verdicts: Vec<Verdict>,
}

/// What a mail server found out about who sent a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The name that the server gives itself (authserv-id of RFC 8601), in lower case.
    pub server: String,
    /// Each thing it looked at.
    pub proofs: Vec<Proof>,
}

/// One thing that a mail server looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// `dmarc`, `spf`, `dkim` and others.
    pub method: String,
    /// `pass`, `fail`, `none` and others.
    pub result: String,
    /// The domain that it is about, where it is named.
    pub domain: Option<String>,
}

/// A file in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The name the sender gave it, without any folder; never empty.
    pub name: String,
    /// What its first bytes say it is: a media type.
    pub kind: &'static str,
    /// What the sender says it is.
    pub declared: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What shows that no person wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// RFC 3834: Auto-Submitted says something else than `no`, or an older header says the same.
    Automatic,
    /// A mailing list or newsletter: List-* of RFC 2369 and 2919, Precedence.
    List,
    /// A report of a mail system that is no failed delivery: a delay, a receipt, a complaint.
    Report,
}

/// A delivery report (RFC 3464) about a mail that did not arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounce {
    /// The addresses that failed.
    pub failed: Vec<Failed>,
    /// The Message-ID of the mail that came back, where the report holds it.
    pub returned: Option<String>,
}

/// One address that could not be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The address, in lower case.
    pub address: String,
    /// Whether it will fail again: status 5.x.x.
    pub permanent: bool,
    /// The status code (RFC 3463) or the server's own words; may be empty.
    pub status: String,
}

/// Why a message waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody known wrote it, or somebody known into a case that is not theirs.
    Stranger,
    /// Its writer belongs to several partner accounts and it names no case.
    SeveralAccounts,
    /// No person wrote it.
    Machine,
    /// We wrote it, or it goes round in circles.
    Loop,
    /// A mail of ours came back.
    Bounce,
    /// It can't be read.
    Broken,
    /// Our own mail server found that it is not from whom it says.
    Forged,
    /// It is larger than is taken: its head is here, the whole of it in the mailbox.
    TooLarge,
    /// It is in a member's name, and our own mail server did not find that it is from there.
    Unproven,
}

impl Reason {
    /// Every one, in the order a screen lists them.
    pub const ALL: [Self; 9] = [
        Self::Stranger,
        Self::SeveralAccounts,
        Self::Unproven,
        Self::Forged,
        Self::Bounce,
        Self::Machine,
        Self::Loop,
        Self::Broken,
        Self::TooLarge,
    ];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::SeveralAccounts => "several_accounts",
            Self::Machine => "machine",
            Self::Loop => "loop",
            Self::Bounce => "bounce",
            Self::Broken => "broken",
            Self::Forged => "forged",
            Self::TooLarge => "too_large",
            Self::Unproven => "unproven",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}
