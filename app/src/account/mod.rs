//! A person's page: where their partner account's money goes, and how the portal speaks to them.

pub mod model;

#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod store;
