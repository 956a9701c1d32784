//! Invoices: those that a programme writes in its partners' names, and those that partners send.

pub mod api;
pub mod document;
pub mod model;
pub mod page;
pub mod store;
pub mod words;
