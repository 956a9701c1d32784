//! The nouns of what open pages are told.

use crate::base::actor::Role;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use chrono::{DateTime, Utc};
use std::fmt;
use std::str::FromStr;

/// What happened to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It was opened.
    Opened,
    /// A message came, of the partner or of the house.
    Message,
    /// A note was written.
    Note,
    /// It is at another stage, or something else of it changed that its partner sees as well.
    Stage,
    /// It is with somebody else.
    Assigned,
    /// A message was marked as needing no answer.
    Marked,
    /// Something else of it changed that the house alone sees: it was put off, escalated, put into an incident.
    Changed,
    /// A clock ran out; the name is the role that is told.
    Breach,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Opened,
        Self::Message,
        Self::Note,
        Self::Stage,
        Self::Assigned,
        Self::Marked,
        Self::Changed,
        Self::Breach,
    ];

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "opened" => Self::Opened,
            "message" => Self::Message,
            "note" => Self::Note,
            "stage" => Self::Stage,
            "assigned" => Self::Assigned,
            "marked" => Self::Marked,
            "changed" => Self::Changed,
            "breach" => Self::Breach,
            _ => return None,
        })
    }
}

/// Something that happened to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The transaction it happened in.
    pub xid: u64,
    /// What.
    pub kind: Kind,
    /// Whose case.
    pub partner: PartnerId,
    /// Which.
    pub case: CaseId,
    /// Of a message: whether the partner wrote it.
    pub by_partner: bool,
    /// Who did it, where that is known.
    pub person: Option<PersonId>,
    /// The name it is signed with; empty where there is none.
    pub name: String,
    /// With whom the case is; not known to partners.
    pub assignee: Option<PersonId>,
}

/// For which messages of partners there is a sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Knock {
    /// For none.
    #[default]
    Off,
    /// In one's own cases and in those that nobody has.
    Mine,
    /// In every case.
    All,
}

impl Knock {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Off, Self::Mine, Self::All];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Mine => "mine",
            Self::All => "all",
        }
    }

    /// From what the database or a form wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|knock| knock.as_str() == text)
    }
}

/// On which side of the desk a page is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// With staff, who want to hear a sound for these.
    House(Knock),
    /// With a member of this partner account.
    Partner(PartnerId),
}

/// Whoever has a page open, and what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Who.
    pub person: PersonId,
    /// On which side.
    pub side: Side,
    /// Their role, of staff.
    pub role: Option<Role>,
    /// The case that the page shows.
    pub case: Option<CaseId>,
    /// Whether it shows a list of cases.
    pub list: bool,
}

/// What a page is told of one case: what happened to it at once is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which case.
    pub case: CaseId,
    /// What is worth a sentence; nothing where the reader did it.
    pub say: Option<Say>,
    /// Whether there is a sound.
    pub knock: bool,
}

/// What is worth a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// Somebody wrote.
    Wrote(String),
    /// Somebody left a note.
    Noted(String),
    /// It changed.
    Changed,
    /// A clock of it ran out.
    RanOut,
}

/// Somebody who has a case open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Whether they are writing.
    pub writing: bool,
}

/// The newest of everything that a page showed of a case: what came after it, its reader has not seen. What is not
/// given was not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The last message; 0 for none.
    pub message: Option<i64>,
    /// The last note.
    pub note: Option<i64>,
    /// The last step of the time line.
    pub step: Option<i64>,
    /// How many cases were merged into it.
    pub merged: Option<i64>,
}

impl Seen {
    /// Whether there is now something newer.
    pub fn misses(&self, now: &Self) -> bool {
        let newer = |seen: Option<i64>, now: Option<i64>| seen.is_some_and(|seen| now.unwrap_or_default() > seen);
        [(self.message, now.message), (self.note, now.note), (self.step, now.step), (self.merged, now.merged)]
            .into_iter()
            .any(|(seen, now)| newer(seen, now))
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        write!(f, "{}.{}.{}.{}", text(self.message), text(self.note), text(self.step), text(self.merged))
    }
}

impl FromStr for Seen {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.');
        let mut next = || match parts.next() {
            None | Some("") => Ok(None),
            Some(part) => part.parse().map(Some),
        };
        Ok(Self { message: next()?, note: next()?, step: next()?, merged: next()? })
    }
}

/// What came into a case after its reader looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// What.
    pub what: What,
    /// By whom; empty for the partner's steps.
    pub by: String,
    /// What it says, or the stage.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What is unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A message.
    Message,
    /// A note.
    Note,
    /// A step of the time line.
    Step,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Seen {
        text.parse().expect("what was seen")
    }

    #[test]
    fn what_came_later_was_not_seen() {
        assert!(!seen("12.3.7").misses(&seen("12.3.7")));
        assert!(seen("12.3.7").misses(&seen("13.3.7")));
        assert!(seen("12.3.7").misses(&seen("12.4.7")));
        assert!(seen("12.3.7").misses(&seen("12.3.8")));
        // A page that says nothing of notes showed none to miss.
        assert!(!seen("12").misses(&seen("12.4.8")));
        assert!(!seen("12..").misses(&seen("12.4.8")));
        assert!(seen("12.0.7").misses(&seen("12.1.7")));
        assert!(seen("12.3.7.0").misses(&seen("12.3.7.1")));
        assert!(!seen("12.3.7").misses(&seen("12.3.7.1")));
        assert_eq!(seen("12.3.7.1").to_string(), "12.3.7.1");
        assert_eq!(seen("12..7").to_string(), "12..7.");
        assert!("x.1.2".parse::<Seen>().is_err());
    }
}
