//! What staff do with a mail.

use super::store;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End};
use crate::paths;
use leptos::prelude::*;
use serde_json::json;

/// Sends a mail on its way once more: one that failed waits again, one that waits comes first.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "send-mail-again")]
pub async fn send_mail_again(
    /// The mail.
    mail: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let end = again(&ctx, &mail).await;
    forms::finish(&ctx, &[], end).await
}

/// The same, in the context of a request.
///
/// # Errors
/// Who may not, and a database that is away.
pub async fn again(ctx: &Context, mail: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?;
    if !Who::Leads.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let mail: i64 = mail.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    if !store::send_again(&mut tx, mail, staff.person).await? {
        return Ok(End::Done(format!("{}?done=sent", paths::MAIL)));
    }
    let change = Change {
        action: "mail.sent_again",
        subject: format!("mail/{mail}"),
        after: Some(json!({ "state": "waiting" })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done=again", paths::MAIL)))
}
