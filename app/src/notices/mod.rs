//! What the house tells a partner of a case by itself, each once: reminders of a question, that the case was closed over
//! their silence, that silence of the house decided for them, that somebody else answers from now on, and the question how it was.
//!
//! A notice and its mails are one transaction, and its key is the case, the notice and the question: whatever dies in
//! between, it is told once.

pub mod page;
pub mod rules;
pub mod store;
