//! Confirming a method that was set, having the link mailed again, and stopping the change.

use crate::audit::store::{Change, record};
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::language::tr;
use crate::paths;
use crate::payout_methods::rules::LINKS_A_METHOD;
use crate::payout_methods::store::{self, Link, Resent};
use leptos::prelude::*;
use serde_json::json;

fn context() -> Result<Context, ServerFnError> {
    context::current().map_err(|error| ServerFnError::new(error.to_string()))
}

fn account(done: &str) -> End {
    End::Done(format!("{}?done={done}", paths::ACCOUNT))
}

fn refused(message: String) -> End {
    let mut errors = Errors::default();
    errors.add("", message);
    End::Refused(paths::ACCOUNT.to_owned(), errors)
}

/// Confirms the method that a mailed link is about.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "confirm-payout-method")]
pub async fn confirm_payout_method(
    /// The link's secret.
    token: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = confirm(&ctx, &token).await;
    forms::finish(&ctx, &[], end).await
}

/// The same, in the context of a request. Where the link is good for nothing, its own page says why.
///
/// # Errors
/// Who may not, and a database that is away.
pub async fn confirm(ctx: &Context, token: &str) -> Result<End, AppError> {
    let member = ctx.member()?;
    let mut tx = ctx.begin().await?;
    match store::confirm(&mut tx, member, token, ctx.now(), true).await? {
        Link::Done(method, before) => {
            let change = Change {
                action: "payout_method.confirmed",
                subject: format!("payout_method/{method}"),
                partner: Some(member.partner),
                before: before.map(|id| json!({ "payout_method": id })),
                after: Some(json!({ "payout_method": method })),
                ..Change::default()
            };
            record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
            tx.commit().await?;
            Ok(account("confirmed"))
        }
        Link::Before => Ok(account("confirmed")),
        Link::ServesAnother => Ok(refused(tr!(ctx.locale, confirmation.serves_another))),
        // An address of ours holds nothing but what a token is made of.
        _ if token.bytes().all(|byte| byte.is_ascii_hexdigit()) && !token.is_empty() => {
            Ok(End::Done(paths::confirm_method(token)))
        }
        _ => Err(AppError::NotFound),
    }
}

/// Mails the link once more.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "mail-confirmation-again")]
pub async fn mail_confirmation_again() -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = ask_again(&ctx).await;
    forms::finish(&ctx, &[], end).await
}

/// The same, in the context of a request.
///
/// # Errors
/// Who may not, nothing that waits, and a database that is away.
pub async fn ask_again(ctx: &Context) -> Result<End, AppError> {
    let member = ctx.member()?;
    if !ctx.mail.sends() {
        return Ok(refused(tr!(ctx.locale, confirmation.resend_no_server)));
    }
    let mut tx = ctx.begin().await?;
    match store::ask_again(&mut tx, &ctx.mail, &ctx.secrets, member, ctx.now()).await? {
        Resent::Done => {
            tx.commit().await?;
            Ok(account("resent"))
        }
        Resent::TooMany => Ok(refused(tr!(ctx.locale, confirmation.resend_too_many, most = LINKS_A_METHOD))),
    }
}

/// Stops a change that waits for its confirmation. Every member of the account may.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "cancel-payout-method")]
pub async fn cancel_payout_method(
    /// The method that waits. Not named `method`: a field of that name hides the form's own from scripts.
    waiting: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = cancel(&ctx, &waiting).await;
    forms::finish(&ctx, &[], end).await
}

/// The same, in the context of a request.
///
/// # Errors
/// Who may not, [`AppError::Conflict`] where it does not wait any more, and a database that is away.
pub async fn cancel(ctx: &Context, method: &str) -> Result<End, AppError> {
    let member = ctx.member()?;
    let method: i64 = method.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    store::cancel(&mut tx, member, method, ctx.now()).await?;
    let change = Change {
        action: "payout_method.cancelled",
        subject: format!("payout_method/{method}"),
        partner: Some(member.partner),
        before: Some(json!({ "payout_method": method })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(account("cancelled"))
}
