//! What is shown of payout methods: a part of `/account`, a form for each kind, and the desk's reveal.

mod confirm;
mod form;
mod own;
mod reveal;

pub use confirm::ConfirmMethod;
pub use form::PayoutMethodForm;
pub use own::{Own, own};
pub use reveal::{Desk, reveal};
