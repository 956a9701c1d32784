//! Help: articles for partners and for staff, shown where they spare a question, and first steps for beginners.
//!
//! Articles are Markdown, written by leads and owners in versions per language. What a version says is made into HTML when
//! it is read, and cleaned by a list of what is allowed; pictures and markup of one's own are not.

pub mod api;
pub mod figures;
pub mod first_steps;
pub mod markdown;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;
