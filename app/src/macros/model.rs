//! A macro, its variants, and the facts it is filled in from.

use crate::base::ids::{MacroId, PersonId};
use crate::base::language::Locale;
use chrono::{DateTime, Utc};

/// A language and form of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// English.
    En,
    /// Spanish with tú.
    EsTu,
    /// Spanish with usted.
    EsUsted,
}

impl Variant {
    /// Every one, in the order of forms.
    pub const ALL: [Self; 3] = [Self::En, Self::EsTu, Self::EsUsted];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::EsTu => "es_tu",
            Self::EsUsted => "es_usted",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variant| variant.as_str() == text)
    }

    /// How a person is spoken to, by the language and form of address on their account.
    pub fn of(locale: &str, address_form: &str) -> Self {
        match (locale.get(..2), address_form) {
            (Some("es"), "usted") => Self::EsUsted,
            (Some("es"), _) => Self::EsTu,
            _ => Self::En,
        }
    }

    /// The language that its figures and dates are written in.
    pub fn locale(self) -> Locale {
        match self {
            Self::En => Locale::en,
            Self::EsTu | Self::EsUsted => Locale::es,
        }
    }
}

/// How a text speaks, as far as it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// As a variant does.
    As(Variant),
    /// Spanish, to nobody in particular.
    Spanish,
}

impl Spoken {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::As(variant) => variant.as_str(),
            Self::Spanish => "es",
        }
    }

    /// Whether a reader who is spoken to in this way is spoken to rightly.
    pub fn suits(self, wanted: Variant) -> bool {
        match self {
            Self::As(variant) => variant == wanted,
            Self::Spanish => wanted != Variant::En,
        }
    }
}

/// What a macro does besides its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// An answer is asked for.
    pub asks: bool,
    /// The case is closed.
    pub closes: bool,
    /// The case goes to whoever sends it.
    pub takes: bool,
    /// The case goes to this person.
    pub assignee: Option<PersonId>,
    /// The case is put off for so many days.
    pub put_off_days: Option<i32>,
}

/// A macro, at its newest version.
#[derive(Clone, Debug)]
pub struct Macro {
    /// Its id.
    pub id: MacroId,
    /// The version.
    pub version: i32,
    /// What staff call it.
    pub name: String,
    /// What it does besides.
    pub actions: Actions,
    /// The name of the person it assigns to.
    pub assignee_name: Option<String>,
    /// Its texts, in the order of [`Variant::ALL`].
    pub texts: Vec<(Variant, String)>,
    /// How often it was sent in the last ninety days.
    pub uses: i64,
    /// When this version was written, and by whom where that was a person.
    pub written: (DateTime<Utc>, Option<String>),
    /// Whether it is not offered any more.
    pub retired: bool,
}

/// Who reads what is written in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Their whole name.
    pub name: String,
    /// How they are spoken to.
    pub variant: Variant,
}
