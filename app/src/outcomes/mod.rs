//! Afterwards: 30 and 90 days after a rate began, its forecast is held against what happened; similar past proposals stand beside an
//! open one, and a raise that did not pay is brought up again.

pub mod page;
pub mod rules;
pub mod store;
