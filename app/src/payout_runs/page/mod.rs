//! Payout runs on screen: what is asked of the reader, each run with what is in it and what is not, and its files.

mod changed;
mod list;
mod one;
mod overview;
mod payouts;
mod run;
mod sending;
mod unpaid;
pub(crate) mod words;

pub use list::Runs;
pub use one::RunPayout;
pub use run::RunPage;

use crate::base::access::Who;
use crate::base::actor::Staff;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::Draft;

/// Finance, owners and auditors. The guard in front of the pages asks the same; this is the second lock.
pub(crate) fn reader(ctx: &Context) -> Result<Staff, AppError> {
    let staff = ctx.staff()?;
    if Who::Counting.includes(&ctx.actor) { Ok(staff.clone()) } else { Err(AppError::Forbidden) }
}

/// Whether the reader builds, sends and settles.
pub(crate) fn pays(ctx: &Context) -> bool {
    ctx.staff().is_ok() && Who::Paying.includes(&ctx.actor)
}

/// What was typed into one form of a page that has several, and the form's id: a refused one is shown at `#form`.
pub(crate) fn form_of(draft: &Draft, name: &str) -> (Draft, String) {
    if draft.value("form_name") == name && draft.is_refused() {
        (draft.clone(), "form".to_owned())
    } else {
        (Draft::default(), name.replace('_', "-"))
    }
}
