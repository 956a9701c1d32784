//! What banks answered: sending an answer in, what it did, and the lines that wait for a person.

mod line;
mod list;
pub(crate) mod words;

pub use line::AnswerLine;
pub use list::Answers;
