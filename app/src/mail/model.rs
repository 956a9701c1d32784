//! Mails and what becomes of them.

use crate::base::ids::{CaseId, PersonId};
use chrono::{DateTime, Utc};

/// Why a mail is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Staff answered in a case.
    Reply,
    /// Somebody is invited to a partner account.
    Invitation,
    /// A payout comes later than promised.
    Delay,
    /// What we say to many, gathered for one person.
    Bulletin,
    /// A payout method waits for the confirmation of whoever set it.
    MethodConfirm,
    /// Another member set a payout method.
    MethodChanged,
    /// What the house tells of a case by itself.
    Notice,
    /// Terms change to a partner's loss, or another change is offered to them.
    Terms,
    /// What a week brought, for an owner.
    Digest,
    /// A promotion was granted, reached or is over.
    Promo,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Reply,
        Self::Invitation,
        Self::Delay,
        Self::Bulletin,
        Self::MethodConfirm,
        Self::MethodChanged,
        Self::Notice,
        Self::Terms,
        Self::Digest,
        Self::Promo,
    ];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Invitation => "invitation",
            Self::Delay => "delay",
            Self::Bulletin => "bulletin",
            Self::MethodConfirm => "method_confirm",
            Self::MethodChanged => "method_changed",
            Self::Notice => "notice",
            Self::Terms => "terms",
            Self::Digest => "digest",
            Self::Promo => "promo",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// To be sent, for the first time or again.
    Waiting,
    /// The mail server took it.
    Sent,
    /// Refused for good, or given up.
    Failed,
}

impl State {
    /// Every state, in the order staff look at them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Failed, Self::Sent];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What a try came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server took it.
    Sent,
    /// Not now: it is tried again.
    PutOff,
    /// The server will never take it.
    Refused,
    /// It was tried for days, or nobody could try.
    GivenUp,
}

impl Outcome {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::PutOff => "put_off",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
        }
    }
}

/// Why a mail was not sent where no mail server said so; stands in the place of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// Mails to its reader come back.
    Bounced,
    /// A file in it is still to be scanned.
    Scanning,
    /// It waited for days.
    TooOld,
    /// Its reader may not sign in any more.
    Disabled,
    /// It has an address that is none.
    Address,
    /// It could not be written; the log says why.
    Unwritten,
}

impl Unsent {
    const ALL: [Self; 6] =
        [Self::Bounced, Self::Scanning, Self::TooOld, Self::Disabled, Self::Address, Self::Unwritten];

    /// As it is kept, unlike anything that a mail server says.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bounced => "partnerdesk:bounced",
            Self::Scanning => "partnerdesk:scanning",
            Self::TooOld => "partnerdesk:too_old",
            Self::Disabled => "partnerdesk:disabled",
            Self::Address => "partnerdesk:address",
            Self::Unwritten => "partnerdesk:unwritten",
        }
    }

    /// From what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// What a mail says, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Text {
    /// The subject, one line.
    pub subject: String,
    /// As plain text.
    pub plain: String,
    /// As HTML.
    pub html: String,
}

/// A file that goes along.
#[derive(Clone)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// What its first bytes say it is.
    pub kind: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Everything of a mail but what it says. Prints no address.
#[derive(Clone)]
pub struct Envelope {
    /// Its number.
    pub id: i64,
    /// Why it was written.
    pub kind: Kind,
    /// To whom, and their name where it is known.
    pub to: (Option<String>, String),
    /// Whom it comes from, by name.
    pub signed_by: String,
    /// The programme it is about.
    pub programme: String,
    /// Its Message-ID.
    pub message_uid: String,
    /// References, the oldest first.
    pub refs: Vec<String>,
    /// The files that go along.
    pub files: Vec<Attached>,
    /// The case that an answer goes to.
    pub case: Option<CaseId>,
    /// Who is written to, where the house knows them: an answer by the address they are given is believed to be theirs.
    pub person: Option<PersonId>,
    /// When it was written.
    pub written_at: DateTime<Utc>,
    /// Tries before this one.
    pub tries: i32,
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({} {})", self.id, self.kind.as_str())
    }
}

/// A mail as a list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its number.
    pub id: i64,
    /// Why it was written.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// The name of the account that it is about; `None`: it is about the house.
    pub partner_name: Option<String>,
    /// To whom, by name; `None` for somebody who is only invited yet.
    pub person: Option<String>,
    /// The case, where it is about one.
    pub case: Option<CaseId>,
    /// When it was written.
    pub written_at: DateTime<Utc>,
    /// How often it was tried.
    pub tries: i32,
    /// What the mail server said last, and when.
    pub last: Option<(String, DateTime<Utc>)>,
    /// When it is tried next.
    pub next_at: Option<DateTime<Utc>>,
}

/// How the mail server is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// When it last took our word.
    pub last_ok_at: Option<DateTime<Utc>>,
    /// Since when it does not, and what it says.
    pub failing: Option<(DateTime<Utc>, String)>,
}
