//! Whom a case can be given to, what it is put off for, and why a step was not done.

use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::disputes::model::{Kind, Stage};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// To whom a case is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// This person.
    Person(PersonId),
    /// Whoever's turn it is.
    InTurn,
    /// Nobody: it waits for somebody to take it.
    Nobody,
}

impl To {
    /// From a form.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "turn" => Some(Self::InTurn),
            "nobody" => Some(Self::Nobody),
            person => person.parse().ok().map(Self::Person),
        }
    }
}

/// Somebody who is on shift, as far as turns go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// How many open cases they have.
    pub open: i64,
    /// How many they may be given at most; `None`: any number.
    pub most: Option<i64>,
    /// Their last turn, counted over everybody; `None`: never yet.
    pub last_turn: Option<i64>,
}

impl Candidate {
    /// Whether they can be given one more.
    pub fn is_free(&self) -> bool {
        self.most.is_none_or(|most| self.open < most)
    }
}

/// Why somebody was given a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was their turn.
    Turn,
    /// They had the partner's last case.
    SamePerson,
}

impl Why {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::SamePerson => "same_person",
        }
    }
}

/// A case that is put off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snooze {
    /// Until when.
    pub until: DateTime<Utc>,
    /// Why, for the house.
    pub reason: String,
    /// The name of who did it.
    pub by: String,
}

/// A step that can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Given to somebody, or to nobody.
    Assigned,
    /// Taken.
    Taken,
    /// Put off.
    Snoozed,
    /// Brought back.
    Woken,
}

impl What {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Taken => "taken",
            Self::Snoozed => "snoozed",
            Self::Woken => "woken",
        }
    }
}

/// Why a step was not done; nothing changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such case.
    #[error("not_found")]
    NotFound,
    /// Somebody changed it in between.
    #[error("changed")]
    Changed,
    /// It is closed.
    #[error("closed")]
    Closed,
    /// It is with that person already, or with nobody.
    #[error("same")]
    Same,
    /// Nobody is on shift who has room.
    #[error("nobody_free")]
    NobodyFree,
    /// That person does not answer cases any more.
    #[error("not_of_the_desk")]
    NotOfTheDesk,
    /// The partner's last message is neither answered nor marked.
    #[error("unanswered")]
    Unanswered,
    /// Nothing waits for an answer.
    #[error("nothing_to_mark")]
    NothingToMark,
    /// It is not put off.
    #[error("not_snoozed")]
    NotSnoozed,
    /// It is the same case.
    #[error("itself")]
    Itself,
    /// It is another partner's.
    #[error("other_partner")]
    OtherPartner,
    /// It was merged before.
    #[error("merged")]
    Merged,
    /// It is decided, and stays a case of its own.
    #[error("decided")]
    Decided,
    /// An appeal waits for its decision.
    #[error("appeal_waits")]
    AppealWaits,
    /// A provisional credit waits for its decision.
    #[error("provisional")]
    Provisional,
    /// The advertiser was asked about it and has not answered.
    #[error("asked")]
    Asked,
    /// It was escalated, and nobody has answered.
    #[error("escalated")]
    Escalated,
    /// They are linked already.
    #[error("linked")]
    Linked,
    /// It is another programme's than the incident.
    #[error("other_programme")]
    OtherProgramme,
    /// It is in an incident that runs.
    #[error("in_incident")]
    InIncident,
    /// A rule of the database that has no words here.
    #[error("refused")]
    Refused,
}

impl Refusal {
    /// Every one.
    pub const ALL: [Self; 21] = [
        Self::NotFound,
        Self::Changed,
        Self::Closed,
        Self::Same,
        Self::NobodyFree,
        Self::NotOfTheDesk,
        Self::Unanswered,
        Self::NothingToMark,
        Self::NotSnoozed,
        Self::Itself,
        Self::OtherPartner,
        Self::Merged,
        Self::Decided,
        Self::AppealWaits,
        Self::Provisional,
        Self::Asked,
        Self::Escalated,
        Self::Linked,
        Self::OtherProgramme,
        Self::InIncident,
        Self::Refused,
    ];

    /// From its code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.to_string() == code)
    }
}

/// What can be done to many cases at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bulk {
    /// Given to somebody.
    Assign,
    /// Put off.
    Snooze,
    /// Closed.
    Close,
    /// Marked as needing no answer.
    Mark,
    /// Gathered into an incident.
    Gather,
}

impl Bulk {
    /// As the form sends it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::Snooze => "snooze",
            Self::Close => "close",
            Self::Mark => "mark",
            Self::Gather => "gather",
        }
    }

    /// From a form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Assign, Self::Snooze, Self::Close, Self::Mark, Self::Gather]
            .into_iter()
            .find(|each| each.as_str() == text)
    }
}

/// Another case, as it is named beside one.
#[derive(Clone, Debug)]
pub struct Other {
    /// Its number.
    pub id: CaseId,
    /// Whose.
    pub partner: PartnerId,
    /// The partner's code and name.
    pub partner_name: String,
    /// What it is about.
    pub kind: Kind,
    /// The same in a few words.
    pub subject: String,
    /// Where it stands.
    pub stage: Stage,
}

/// A step that its reader may take back.
#[derive(Clone, Copy, Debug)]
pub struct Undo {
    /// Which.
    pub id: Uuid,
    /// How many cases it changed.
    pub cases: i64,
}
