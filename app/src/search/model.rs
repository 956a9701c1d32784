//! What is searched for, and what is found.

use crate::base::ids::{CaseId, PartnerId};
use crate::desk::model::Waiting;

/// A word that is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As it was typed.
    pub word: String,
    /// Words that were written to us and look like it, where it itself never was.
    pub instead: Vec<String>,
}

/// Where a case was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In several texts of its conversation, each with some of the words.
    Conversation,
    /// In something that was said or noted.
    Said,
    /// By its partner's code or name, nearly so.
    Partner,
    /// In its subject, its partner, or by one of its orders.
    Head,
    /// By its number.
    Number,
}

/// Where a text stands of which a part is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// In a message.
    Message(i64),
    /// In a note of the house.
    Note(i64),
}

/// A case that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Whose it is.
    pub partner: PartnerId,
    /// The case.
    pub case: CaseId,
    /// The best place.
    pub place: Place,
    /// How many texts of it have the words.
    pub texts: u32,
    /// The newest of them.
    pub source: Option<Source>,
}

/// A place between two cases that were found; what is ranked higher comes first, of equals the newer case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// The higher the better.
    pub weight: u32,
    /// Of equals, the newer case.
    pub case: CaseId,
}

/// A part of a text, in pieces; those that are hits are marked.
pub type Snippet = Vec<(bool, String)>;

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// What was searched for.
    pub terms: Vec<Term>,
    /// One page, each with the part of the text that was found.
    pub lines: Vec<(Waiting, Place, Snippet)>,
    /// Where the page before this one ends.
    pub previous: Option<Rank>,
    /// Where the next page begins.
    pub next: Option<Rank>,
    /// How many cases were found in all.
    pub cases: usize,
    /// Whether there are older ones that were not looked at.
    pub at_least: bool,
}

/// How a search ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// With this, which may be nothing.
    Found(Box<Found>),
    /// Every word was one that says nothing.
    Nothing,
    /// It took too long.
    TooLong,
}

/// How a partner's search of their own cases ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    /// Nothing was searched for.
    NotAsked,
    /// These have all the words; it may be none.
    Found(Vec<CaseId>),
    /// It took too long.
    TooLong,
}
