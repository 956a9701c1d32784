//! How it was: asked once after a case was resolved, from one to five with words, in the portal and by a signed link in a
//! mail. Staff see their own, owners all, by language.

pub mod api;
pub mod link;
pub mod page;
pub mod store;
