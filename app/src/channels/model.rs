//! The ways a message takes, and what was spoken.

use crate::base::ids::PersonId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The way a message came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// Written here; ours go out by mail as well.
    #[default]
    Portal,
    /// A mail that came in.
    Mail,
    /// Spoken on the phone, written down by staff.
    Phone,
    /// Said in a chat elsewhere, written down by staff.
    Chat,
}

impl Channel {
    /// Those that staff write down by hand.
    pub const SPOKEN: [Self; 2] = [Self::Phone, Self::Chat];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Mail => "mail",
            Self::Phone => "phone",
            Self::Chat => "chat",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Portal, Self::Mail, Self::Phone, Self::Chat].into_iter().find(|channel| channel.as_str() == text)
    }
}

/// Who spoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// Whoever writes it down.
    Us,
    /// A member of the partner.
    Member(PersonId, String),
    /// Somebody who spoke for the partner and is no member.
    Named(String),
}

/// What was spoken, on its way in.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// How.
    pub channel: Channel,
    /// By whom.
    pub speaker: Speaker,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub body: String,
    /// Whether an answer is wanted of the partner.
    pub asks: bool,
    /// The form it came from.
    pub form_key: Uuid,
}
