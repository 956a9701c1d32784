//! Articles in SQL. What a partner may read is told apart by policies, so that one question serves both.

mod keep;
mod read;

pub use keep::{NewVersion, kept, of_form, publish, rate, rated, retire, untouched, write};
pub use read::{find, list, newest, search, suited};

use super::model::Audience;
use crate::base::error::AppError;
use crate::disputes::model::Kind;

fn audience(word: &str) -> Result<Audience, AppError> {
    Audience::parse(word).ok_or_else(|| AppError::Internal(format!("unknown audience: {word}")))
}

fn kinds(words: &[String]) -> Vec<Kind> {
    words.iter().filter_map(|word| Kind::parse(word)).collect()
}
