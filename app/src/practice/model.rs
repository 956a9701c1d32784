//! Cases to practise on, and what came of them.

use crate::base::ids::CaseId;
use crate::disputes::model::{Kind, Outcome, Side};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A message without anybody in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// `partner` or `staff`.
    pub side: String,
    /// What it says.
    pub body: String,
}

impl Said {
    /// Whose words these are.
    pub fn side(&self) -> Side {
        Side::parse(&self.side).unwrap_or(Side::Partner)
    }
}

/// How somebody would solve a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A decision.
    Decide(Outcome),
    /// Ask the partner first.
    Ask,
}

impl Answer {
    /// In the order a form lists them.
    pub const ALL: [Self; 4] =
        [Self::Decide(Outcome::InFavour), Self::Decide(Outcome::InPart), Self::Decide(Outcome::Declined), Self::Ask];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decide(Outcome::InFavour) => "in_favour",
            Self::Decide(Outcome::InPart) => "in_part",
            Self::Decide(Outcome::Declined) => "declined",
            Self::Ask => "ask",
        }
    }

    /// From what the database or a form wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.as_str() == text)
    }
}

/// A case to practise on.
#[derive(Clone, Debug)]
pub struct Practice {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub kind: Kind,
    /// The same in a few words.
    pub subject: String,
    /// Up to where the one who practises takes over.
    pub talk: Vec<Said>,
    /// What was said and decided then.
    pub solution: String,
    /// The case that it was made of.
    pub made_of: CaseId,
    /// Whether it is given out no more.
    pub is_withdrawn: bool,
}

/// A case in the list, with how the reader stands to it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub kind: Kind,
    /// The same in a few words.
    pub subject: String,
    /// The reader's solutions of it.
    pub tries: i64,
    /// Those that nobody has marked yet.
    pub unmarked: i64,
    /// Whether one has passed.
    pub passed: bool,
}

/// A solution.
#[derive(Clone, Debug)]
pub struct Try {
    /// Its number.
    pub id: i64,
    /// The case.
    pub practice: i64,
    /// Who solved it.
    pub by: String,
    /// How.
    pub answer: Answer,
    /// What they would write.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What a lead made of it.
    pub mark: Option<Mark>,
}

/// What a lead made of a solution.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Whether it passed.
    pub passed: bool,
    /// Why, or what to do better.
    pub remark: String,
    /// Who marked it.
    pub by: String,
}
