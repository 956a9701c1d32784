//! `/practice`, and one case to practise on.

mod list;
mod one;

pub use list::PracticeList;
pub use one::PracticePage;

use super::model::Answer;
use crate::base::language::{Locale, tr};
use crate::disputes::model::Outcome;

/// A way to solve a case, in the reader's words.
fn answer(locale: Locale, answer: Answer) -> String {
    match answer {
        Answer::Decide(Outcome::InFavour) => tr!(locale, desk.outcome_in_favour),
        Answer::Decide(Outcome::InPart) => tr!(locale, desk.outcome_in_part),
        Answer::Decide(Outcome::Declined) => tr!(locale, desk.outcome_declined),
        Answer::Ask => tr!(locale, practice.ask),
    }
}
