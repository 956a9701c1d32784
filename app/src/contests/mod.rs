//! What the programme contests: a conversion under review. Its commission is set apart until somebody decides or time
//! does, with a reason the partner reads; the rest of the partner's money goes on its way.

pub mod api;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;
