//! Notes that name somebody of the house: they find them in a list of their own, the unseen ones first.

pub mod api;
pub mod page;
pub mod rules;
pub mod store;

/// How many mentions the reader has not looked at; a page of staff finds it in its context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unseen(pub i64);
