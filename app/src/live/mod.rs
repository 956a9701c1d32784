//! What open pages are told without being loaded again, who is looking at a case, what was typed and not sent.
//!
//! Triggers write one row for each thing that happens to a case, in the transaction of the thing itself. A NOTIFY wakes one
//! reader in every process, which tells all pages that are open there; each page knows its place, so that nothing is lost
//! over a reconnect, a restart or a NOTIFY that never came. What a page shows anew it asks of the server as any reader
//! would, so that being told gives nobody a right. Without scripts pages are as they were when they were loaded, and a send
//! is stopped all the same where something came that its writer has not seen.

pub mod islands;

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "hydrate")]
mod awake;
#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
pub mod snapshot;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod words;

/// The place in what happened at which a request began; a page finds it in its context.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct Place(pub String);

/// How many cases wait for the reader; a page of staff finds it in its context.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting(pub i64);

/// What the reader typed and has not sent, by the name of its field; a page finds it in its context.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default)]
pub struct Drafts(pub std::sync::Arc<std::collections::HashMap<String, String>>);

#[cfg(feature = "ssr")]
impl Drafts {
    /// What was typed into a field.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}
