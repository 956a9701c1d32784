//! What a partner and the house agree on between them: counter-offers and their answers, decreases that were announced and what
//! the partner says to them, and what partners ask for.
//!
//! Silence never takes anything: an offer lapses and the old terms stay. Silence to a decrease acknowledges it once it applies;
//! an objection opens a case, and only an owner stops the change.

pub mod api;
pub mod model;
pub mod page;
pub mod store;
