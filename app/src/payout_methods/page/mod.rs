//! What is shown of payout methods: a part of `/account`, a form for each kind, and the desk's reveal.

mod form;
mod own;
mod reveal;

pub use form::PayoutMethodForm;
pub use own::own;
pub use reveal::{Desk, reveal};
