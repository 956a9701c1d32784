//! Looking at a mention.

use super::store;
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End};
use crate::paths;
use leptos::prelude::*;

/// Opens the case of a note that names the reader; it counts as looked at from then on. It is the reader's own mark and
/// changes nothing of the case, so the record does not hold it.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "open-mention")]
pub async fn open_mention(
    /// The note.
    note: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let end = open(&ctx, &note).await;
    forms::finish(&ctx, &[], end).await
}

async fn open(ctx: &Context, note: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?;
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let note = note.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    let case = store::see(&mut tx, staff.person, note, ctx.now()).await?;
    tx.commit().await?;
    Ok(End::Done(paths::case(case)))
}
