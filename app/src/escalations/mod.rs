//! Escalations: the facts, what was tried, what is proposed; to a lead or an owner, who decides the case or sends it back
//! with words.

pub mod api;
pub mod page;
pub mod store;
