//! Tax data in the account of a partner and beside a case, and the programme's policy.

mod desk;
mod form;
mod own;
mod policy;

pub use desk::{Desk, reveal};
pub use form::TaxData;
pub use own::own;
pub use policy::TaxPolicy;
