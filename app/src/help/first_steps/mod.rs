//! First steps: what a partner who was never paid has to do, with where they stand from their own figures.

pub mod api;
pub mod page;
pub mod rules;
pub mod store;
