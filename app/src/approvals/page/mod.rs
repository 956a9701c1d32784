//! What waits for an owner, what was decided, and each proposal on one screen.

mod impact;
mod list;
mod proposal;
pub(crate) mod schedule;
mod words;

pub use list::Approvals;
pub use proposal::ProposalPage;
pub use words::evidence_words;

use crate::base::access::Who;
use crate::base::actor::Staff;
use crate::base::context::Context;
use crate::base::error::AppError;

/// Owners and auditors. The guard in front of the pages asks the same; this is the second lock.
fn reader(ctx: &Context) -> Result<Staff, AppError> {
    let staff = ctx.staff()?;
    if Who::Record.includes(&ctx.actor) { Ok(staff.clone()) } else { Err(AppError::Forbidden) }
}
