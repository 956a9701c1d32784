//! The journal in an accountant's own tools: hledger and Beancount come to the balances that the ledger has.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "accounting/close.rs"]
mod close;
#[path = "accounting/real.rs"]
mod real;
#[path = "accounting/story.rs"]
mod story;
mod support;
#[path = "accounting/tax.rs"]
mod tax;
#[path = "accounting/tools.rs"]
mod tools;
