//! Mail in against a real PostgreSQL: where messages go, what a person makes of those that wait, and that none is lost.

#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "../house/mod.rs"]
mod house;

mod corpus;
mod letters;
