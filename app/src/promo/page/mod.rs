//! Packages and budgets for owners, a grant to decide, what the desk proposes, and what a partner was granted.

mod desk;
mod forms;
mod grant;
mod owner;
mod partner;

pub use desk::Desk;
pub use grant::GrantPage;
pub use owner::{Promotions, waiting};
pub use partner::Granted;

use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;

/// Owners and auditors. The guard in front of the pages asks the same; this is the second lock.
fn reader(ctx: &Context) -> Result<(), AppError> {
    ctx.staff()?;
    if Who::Record.includes(&ctx.actor) { Ok(()) } else { Err(AppError::Forbidden) }
}
