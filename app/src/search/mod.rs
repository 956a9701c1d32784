//! Search: cases by what was said and noted in them, their subject, partner, number and orders; in both languages, with
//! accents and typing mistakes forgiven. What it finds is bounded, and so is its time, however much there is.

pub mod model;
pub mod page;
pub mod rules;
pub mod store;
