//! The macros' screens, and their part of a reply's form.

mod composer;
mod list;
mod one;

pub use composer::{Composer, composer};
pub use list::Macros;
pub use one::MacroPage;

use super::model::{Actions, Spoken, Variant};
use crate::base::language::{Locale, tr};

/// A way of speaking, in a word: `Spanish (usted)`.
pub fn variant_words(locale: Locale, spoken: Spoken) -> String {
    match spoken {
        Spoken::As(Variant::En) => tr!(locale, macros.variant_en),
        Spoken::As(Variant::EsTu) => tr!(locale, macros.variant_es_tu),
        Spoken::As(Variant::EsUsted) => tr!(locale, macros.variant_es_usted),
        Spoken::Spanish => tr!(locale, macros.variant_es),
    }
}

/// What is done besides, one sentence each.
fn actions(locale: Locale, actions: &Actions, assignee: Option<&str>) -> Vec<String> {
    let mut said = Vec::new();
    if actions.asks {
        said.push(tr!(locale, macros.does_ask));
    }
    if actions.closes {
        said.push(tr!(locale, macros.does_close));
    }
    if actions.takes {
        said.push(tr!(locale, macros.does_take));
    }
    if let Some(name) = assignee.filter(|_| actions.assignee.is_some()) {
        said.push(tr!(locale, macros.does_assign, name = name));
    }
    match actions.put_off_days {
        Some(1) => said.push(tr!(locale, macros.does_put_off_one)),
        Some(days) => said.push(tr!(locale, macros.does_put_off, days = days)),
        None => {}
    }
    said
}
