//! Giving tax data, setting the policy, and looking at whole numbers.

mod policy;
mod profile;
mod reveal;

pub use policy::{PolicyForm, SetTaxPolicy, said, set_policy, set_tax_policy};
pub use profile::{SetTaxProfile, Typed, set, set_tax_profile};
pub use reveal::{RevealTaxNumber, reveal_tax_number};
