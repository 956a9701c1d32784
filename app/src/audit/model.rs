//! Lines of the record, and what a walk along its chain finds.

use crate::base::ids::{PartnerId, PersonId, ProposalId};
use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use std::fmt;

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Staff, with the name they sign with.
    Staff(PersonId, String),
    /// A partner's member; the record keeps no name.
    Member(PersonId),
    /// The command line.
    Command,
    /// Background work.
    Job,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub who: Who,
    /// `case.decided`: noun, dot, verb.
    pub action: String,
    /// `case/12`.
    pub subject: String,
    /// Whose data it is about: id and code.
    pub partner: Option<(PartnerId, String)>,
    /// The decision that allowed it.
    pub approval: Option<ProposalId>,
    /// Its place in the chain; `None`: not sealed yet.
    pub sealed: Option<i64>,
    /// What changed: name, as it was, as it is now.
    pub changes: Vec<Difference>,
}

/// One fact of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its name in the record.
    pub name: String,
    /// As it was; `None`: there was none.
    pub was: Option<String>,
    /// As it is now; `None`: there is none any more.
    pub now: Option<String>,
}

/// What a walk along the chain found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Links walked; where the chain is broken, those before the break.
    pub sealed: i64,
    /// Rows that wait to be sealed.
    pub waiting: i64,
    /// The last good link. Noted down elsewhere, it shows later that nothing was cut off.
    pub last: Option<Link>,
    /// The first broken link; `None`: unbroken.
    pub broken: Option<Broken>,
}

/// One link: its place and hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its place, counted from one.
    pub seq: i64,
    /// SHA-256 over its predecessor's hash and its row.
    #[serde(serialize_with = "hexadecimal")]
    pub hash: Vec<u8>,
}

fn hexadecimal<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Hex(bytes))
}

/// Bytes as hexadecimal digits.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {} {}", self.seq, Hex(&self.hash))
    }
}

/// Where the chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The place of the first broken link.
    pub seq: i64,
    /// The row it seals, or sealed; `None` where the link itself is gone.
    pub audit_id: Option<i64>,
    /// How.
    pub what: Break,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, audit_id, what } = self;
        match (what, audit_id) {
            (Break::LinkMissing, _) => write!(f, "link {seq}: the link is gone"),
            (Break::NotLinked, _) => write!(f, "link {seq}: it does not follow from the link before it"),
            (Break::RowMissing, Some(row)) => write!(f, "link {seq}: row {row} is gone"),
            (Break::Edited, Some(row)) => write!(f, "link {seq}: row {row} is not what was sealed"),
            (Break::RowMissing | Break::Edited, None) => write!(f, "link {seq}: its row is not what was sealed"),
        }
    }
}

/// How a link is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Break {
    /// The link is gone.
    LinkMissing,
    /// The link does not follow from the one before it.
    NotLinked,
    /// The sealed row is gone.
    RowMissing,
    /// The row, or its seal, was edited.
    Edited,
}
