//! Articles.

use crate::base::ids::ArticleId;
use crate::disputes::model::Kind;
use chrono::{DateTime, Utc};

/// Who an article is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Partners, and staff who help them.
    Partner,
    /// Staff alone.
    Staff,
}

impl Audience {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Partner, Self::Staff];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Partner => "partner",
            Self::Staff => "staff",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|audience| audience.as_str() == text)
    }
}

/// An article in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in addresses.
    pub slug: String,
    /// The language of what follows.
    pub language: String,
    /// Its title.
    pub title: String,
    /// Its first words.
    pub summary: String,
    /// Who it is for.
    pub audience: Audience,
}

/// A version of an article, whole.
#[derive(Clone, Debug)]
pub struct Article {
    /// Its id.
    pub id: ArticleId,
    /// Its name in addresses.
    pub slug: String,
    /// Who it is for.
    pub audience: Audience,
    /// `en`, `es`.
    pub language: String,
    /// The version.
    pub version: i32,
    /// Its title.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// The kinds of case it may spare.
    pub kinds: Vec<Kind>,
    /// When this version was written.
    pub written_at: DateTime<Utc>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// Whether the article is not shown any more.
    pub retired: bool,
}

/// Where an article stands in a language, for whoever keeps it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its name in addresses.
    pub slug: String,
    /// `en`, `es`.
    pub language: String,
    /// The newest title.
    pub title: String,
    /// Who it is for.
    pub audience: Audience,
    /// The newest version, and whether it is only a draft.
    pub version: i32,
    /// Whether that one is published.
    pub published: bool,
    /// Whether an older one is read meanwhile.
    pub is_live: bool,
    /// Whether the article is not shown any more.
    pub retired: bool,
    /// Who keeps it right.
    pub owner: Option<String>,
    /// When somebody wrote on it last.
    pub touched_at: DateTime<Utc>,
    /// How often the version that is read helped, and did not.
    pub helped: (i64, i64),
}
