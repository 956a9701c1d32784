//! The SQL of promo packages.

mod change;
mod ends;
mod read;

pub use change::{Decide, Propose, add_package, by_form_key, decide, decided_by, propose, set_budget};
pub use ends::work;
pub use read::{available, find, grants, homes, of_partner, own, packages, progress, purse, purses, waiting};
