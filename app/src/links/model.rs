//! A link and what became of it.

use crate::base::ids::LinkId;
use chrono::{DateTime, Utc};

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It answers, with this status of HTTP; one of our own pages, without.
    Answers(Option<u16>),
    /// It answers that there is nothing, or that something is wrong.
    Status(u16),
    /// There is no such page of ours.
    NoPage,
    /// The page is ours, and partners may not see it, though they read the link.
    NotForPartners,
    /// Nobody has that name.
    NoSuchHost,
    /// It leads into somebody's own network.
    PrivateAddress,
    /// Nothing came in time.
    NoAnswer,
    /// The connection was not taken, or no secure one could be made.
    Refused,
    /// It leads on and on.
    Redirects,
    /// What came is not HTTP, or it leads on to no address.
    Broken,
}

impl Finding {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answers(_) => "answers",
            Self::Status(_) => "status",
            Self::NoPage => "no_page",
            Self::NotForPartners => "not_for_partners",
            Self::NoSuchHost => "no_such_host",
            Self::PrivateAddress => "private_address",
            Self::NoAnswer => "no_answer",
            Self::Refused => "refused",
            Self::Redirects => "redirects",
            Self::Broken => "broken",
        }
    }

    /// From what the database wrote; `None` where nothing was checked yet.
    pub fn parse(word: &str, status: Option<u16>) -> Option<Self> {
        Some(match (word, status) {
            ("answers", status) => Self::Answers(status),
            ("status", Some(status)) => Self::Status(status),
            ("no_page", _) => Self::NoPage,
            ("not_for_partners", _) => Self::NotForPartners,
            ("no_such_host", _) => Self::NoSuchHost,
            ("private_address", _) => Self::PrivateAddress,
            ("no_answer", _) => Self::NoAnswer,
            ("refused", _) => Self::Refused,
            ("redirects", _) => Self::Redirects,
            ("broken", _) => Self::Broken,
            _ => return None,
        })
    }

    /// The status of HTTP that it has.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Answers(status) => status,
            Self::Status(status) => Some(status),
            _ => None,
        }
    }
}

/// Whether a link can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody looked yet.
    Unchecked,
    /// It answers.
    Works,
    /// It failed, perhaps for a moment.
    Doubtful,
    /// It leads nowhere.
    Dead,
}

impl State {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Works => "works",
            Self::Doubtful => "doubtful",
            Self::Dead => "dead",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Unchecked, Self::Works, Self::Doubtful, Self::Dead].into_iter().find(|state| state.as_str() == text)
    }
}

/// Where a link stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The article's name in addresses; `None` in a macro.
    pub slug: Option<String>,
    /// The macro, in one.
    pub r#macro: Option<i64>,
    /// The article's title or the macro's name.
    pub name: String,
    /// The language, or the variant.
    pub language: String,
}

/// A link of the register.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub id: LinkId,
    /// Where it leads.
    pub address: String,
    /// Whether it can be followed.
    pub state: State,
    /// What the last check found.
    pub finding: Option<Finding>,
    /// When that was.
    pub checked_at: Option<DateTime<Utc>>,
    /// Where it stands.
    pub used: Vec<Used>,
}
