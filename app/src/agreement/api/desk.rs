//! The desk declines a request; an owner stops a decrease.

use super::text_of;
use crate::agreement::model::State;
use crate::agreement::store;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::actor::Role;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{PartnerId, ProposalId, TermsVersionId};
use crate::base::language::tr;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;

/// Says no to a request, and why.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "decline-request")]
pub async fn decline_request(
    /// The request.
    request: String,
    /// Why, for the partner.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let reason = reason.unwrap_or_default();
    let end = decline(&ctx, &request, &reason).await;
    forms::finish(&ctx, &[("form_name", "decline-request"), ("reason", reason.as_str())], end).await
}

/// Answers a request with no.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn decline(ctx: &Context, request: &str, reason: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let id: i64 = request.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    let request = store::request(&mut tx, id, ctx.now()).await?;
    let back = paths::terms_request(id);
    let mut errors = Errors::default();
    let reason = text_of(ctx, "reason", reason, &mut errors);
    if request.state != State::Waiting {
        errors.add("", tr!(ctx.locale, agreement.error_request_answered));
    }
    if !errors.is_empty() {
        return Ok(End::Refused(back, errors));
    }
    match store::decline(&mut tx, &request, &reason, staff.person, ctx.now()).await {
        Ok(()) => {}
        Err(AppError::Database(error)) if constraint(&error) == Some("terms_request_answer_pkey") => {
            errors.add("", tr!(ctx.locale, agreement.error_request_answered));
            return Ok(End::Refused(back, errors));
        }
        Err(error) => return Err(error),
    }
    let change = Change {
        action: "terms.request_declined",
        subject: format!("terms_request/{id}"),
        partner: Some(request.partner),
        after: Some(json!({ "reason": reason })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done=declined", paths::TERMS_REQUESTS)))
}

/// Stops a decrease for a partner before it applies.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "stop-change")]
pub async fn stop_change(
    /// The proposal whose page the form stands on.
    proposal: String,
    /// The partner.
    partner: String,
    /// The version.
    version: String,
    /// Why, for the partner.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let reason = reason.unwrap_or_default();
    let end = stop(&ctx, &proposal, &partner, &version, &reason).await;
    let name = format!("stop-change-{partner}");
    forms::finish(&ctx, &[("form_name", name.as_str()), ("reason", &reason)], end).await
}

/// Puts back what a decrease would have changed.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn stop(ctx: &Context, proposal: &str, partner: &str, version: &str, reason: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if staff.role != Role::Owner {
        return Err(AppError::Forbidden);
    }
    let proposal: ProposalId = proposal.parse().map_err(|_| AppError::NotFound)?;
    let partner: PartnerId = partner.parse().map_err(|_| AppError::NotFound)?;
    let version: TermsVersionId = version.parse().map_err(|_| AppError::NotFound)?;
    let (back, done) = (paths::proposal(proposal), format!("{}?done=stopped", paths::proposal(proposal)));
    let mut tx = ctx.begin().await?;
    let notice = store::notice(&mut tx, partner, version).await?;
    if notice.stopped.is_some() {
        return Ok(End::Done(done));
    }
    let mut errors = Errors::default();
    let reason = text_of(ctx, "reason", reason, &mut errors);
    if notice.applies_at <= ctx.now() {
        errors.add("", tr!(ctx.locale, agreement.error_applies));
    }
    if !errors.is_empty() {
        return Ok(End::Refused(back, errors));
    }
    let account = crate::approvals::store::account(&mut tx, partner).await?;
    let restored = match store::stop(&mut tx, &staff, account.programme, &notice, &reason, ctx.now()).await {
        Ok(restored) => restored,
        Err(AppError::Database(error)) => match constraint(&error) {
            Some("stopped_change_pkey") => return Ok(End::Done(done)),
            Some("stopped_change_before_it_applies" | "terms_version_revision_once") => {
                errors.add("", tr!(ctx.locale, agreement.error_applies));
                return Ok(End::Refused(back, errors));
            }
            _ => return Err(error.into()),
        },
        Err(error) => return Err(error),
    };
    let field = notice.field.as_str();
    let change = Change {
        action: "terms.change_stopped",
        subject: format!("terms_version/{version}"),
        partner: Some(partner),
        before: Some(json!({ field: notice.after.1 })),
        after: Some(json!({ field: notice.before.1, "terms_version": restored, "valid_from": notice.applies_at })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(done))
}
