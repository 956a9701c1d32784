//! Putting first steps away.

use super::store;
use crate::audit::store::{Change, record};
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End};
use crate::paths;
use leptos::prelude::*;

/// Shows first steps no more to whoever asks, in this account.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "dismiss-first-steps")]
pub async fn dismiss_first_steps() -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let end = dismiss(&ctx).await;
    forms::finish(&ctx, &[], end).await
}

async fn dismiss(ctx: &Context) -> Result<End, AppError> {
    let member = ctx.member()?;
    let mut tx = ctx.begin().await?;
    if store::dismiss(&mut tx, member.partner, member.person, ctx.now()).await? {
        let change = Change {
            action: "first_steps.dismissed",
            subject: format!("person/{}", member.person),
            partner: Some(member.partner),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        tx.commit().await?;
    }
    Ok(End::Done(paths::PAYOUTS.to_owned()))
}
