//! Proposals to change terms and the decisions on them: who asks, what it would have cost, who said yes.
//!
//! No version of terms without a decision, no decision without its proposal. The decider is not the author; a change
//! within an agent's authority is a decision by policy; a command sets the first terms of a scope.

pub mod model;

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
pub mod store;
