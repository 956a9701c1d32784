//! Files of conversions, from the first sale to what is owed.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod shop;

#[path = "import/as_of.rs"]
mod as_of;
#[path = "import/story.rs"]
mod story;
#[path = "import/twice.rs"]
mod twice;
