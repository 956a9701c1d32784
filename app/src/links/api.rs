//! Having a link checked.

use super::store;
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End};
use crate::paths;
use leptos::prelude::*;

/// Has a link checked at once and not in its turn. It changes when the program looks, nothing else, so the record does not
/// hold it.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "check-link")]
pub async fn check_link(
    /// The link.
    link: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let end = check(&ctx, &link).await;
    forms::finish(&ctx, &[], end).await
}

async fn check(ctx: &Context, link: &str) -> Result<End, AppError> {
    ctx.staff()?;
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let mut tx = ctx.begin().await?;
    store::check_soon(&mut tx, link.parse().map_err(|_| AppError::NotFound)?, ctx.now()).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done=soon", paths::LINKS)))
}
