//! Clocks, what they may take, and how they stand.

use crate::disputes::model::{Kind, Stage};
use crate::rota::spans::Span;
use chrono::{DateTime, Utc};

/// What a partner waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    /// The first word of a person, or a person's word that none is needed.
    FirstReply,
    /// The next word, while the case is with the house.
    NextUpdate,
    /// The decision, or the end.
    Resolution,
}

impl Clock {
    /// In the order in which they run out.
    pub const ALL: [Self; 3] = [Self::FirstReply, Self::NextUpdate, Self::Resolution];

    /// As the database writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::FirstReply => "first_reply",
            Self::NextUpdate => "next_update",
            Self::Resolution => "resolution",
        }
    }

    /// From what the database wrote or a form sent.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|clock| clock.as_str() == text)
    }
}

/// How much a partner was ever paid, as far as a policy tells partners apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /// Little or nothing so far.
    Small,
    /// More.
    Large,
}

impl Size {
    /// As the database writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }

    /// From what the database wrote or a form sent.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Small, Self::Large].into_iter().find(|size| size.as_str() == text)
    }
}

/// How long a clock may take, for some cases or for all, in force until the next version of the same scope.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its id.
    pub id: i64,
    /// Which clock.
    pub clock: Clock,
    /// For cases of this kind; `None`: of every kind.
    pub kind: Option<Kind>,
    /// For partners of this size; `None`: of every size.
    pub size: Option<Size>,
    /// Working minutes; `None`: this scope has no limit of its own any more.
    pub minutes: Option<i64>,
    /// For clocks that start from here on.
    pub valid_from: DateTime<Utc>,
}

/// Something that happened in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The partner wrote.
    PartnerWrote,
    /// Staff wrote to the partner.
    StaffWrote,
    /// A person said that the last message needs no answer.
    NeedsNoAnswer,
    /// The case came to a stage.
    Reached(Stage),
}

/// When it happened. What happened at one moment counts together, the last stage of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub what: Happened,
}

/// One run of a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Which clock.
    pub clock: Clock,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When the partner's answer was awaited.
    pub paused: Vec<Span>,
    /// Since when it is awaited.
    pub paused_since: Option<DateTime<Utc>>,
    /// When what was waited for came.
    pub ended_at: Option<DateTime<Utc>>,
}

/// How a clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It counts, whenever somebody is there.
    Running,
    /// It waits for the partner.
    Paused,
    /// What was waited for came in time.
    Met,
    /// It ran out before that.
    Breached,
}

impl State {
    /// As the database writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Met => "met",
            Self::Breached => "breached",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Paused, Self::Met, Self::Breached].into_iter().find(|state| state.as_str() == text)
    }
}

/// A clock, read; it explains itself by what it counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How it stands.
    pub state: State,
    /// When it runs out, or would have; `None` while it waits for the partner, and where the rota does not reach so far.
    pub deadline: Option<DateTime<Utc>>,
    /// When it has run twice its time: by then an owner knows.
    pub twice: Option<DateTime<Utc>>,
    /// The working hours that were counted, up to the end or the moment of reading.
    pub counted: Vec<Span>,
}

impl Reading {
    /// Whole minutes that were counted.
    pub fn minutes(&self) -> i64 {
        crate::rota::spans::length(&self.counted).num_minutes()
    }
}
