//! Programmes and their offers.

pub mod store;
