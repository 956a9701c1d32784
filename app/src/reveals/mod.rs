//! Looks of the house at what is masked, whole accounts and whole tax numbers alike: each says why first, is written down, is
//! shown for two minutes to whoever asked, and counts with the others of the day.

pub mod api;
pub mod model;
pub mod page;
pub mod store;
