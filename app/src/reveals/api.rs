//! Asking to look, from the page of a case.

use super::model::{LONGEST_REASON, MOST_A_DAY, Noted, What};
use super::store;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, PartnerId};
use crate::base::language::tr;
use crate::desk::store::partner_of;
use crate::paths;
use crate::payout_methods::store as methods;
use crate::tax::store as tax;
use leptos::prelude::ServerFnError;
use serde_json::json;
use uuid::Uuid;

/// Shows what the partner of a case has, whole, to whoever asks, for two minutes; tells beside the form why not.
///
/// # Errors
/// A status without details.
pub async fn reveal(ctx: &Context, what: What, case: &str, reason: &str, form_key: &str) -> Result<(), ServerFnError> {
    let end = try_reveal(ctx, what, case, reason, form_key).await;
    forms::finish(ctx, &[("form_name", what.endpoint()), ("reason", reason)], end).await
}

async fn try_reveal(ctx: &Context, what: What, case: &str, reason: &str, form_key: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?;
    if !Who::Reveals.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let case: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let form_key: Uuid = form_key.parse().map_err(|_| AppError::BadRequest("no form key"))?;
    let shown = format!("{}#{}", paths::case(case), what.anchor());
    let refused = |field: &str, message: String| {
        let mut errors = Errors::default();
        errors.add(field, message);
        Ok(End::Refused(paths::case(case), errors))
    };
    let mut tx = ctx.begin().await?;
    let partner = partner_of(&mut tx, case).await?;
    let reason = reason.trim();
    if reason.is_empty() {
        return refused("reason", tr!(ctx.locale, payout_methods.reveal_reason_empty));
    }
    if reason.chars().count() > LONGEST_REASON || reason.contains('\0') {
        return refused("reason", tr!(ctx.locale, payout_methods.reveal_reason_long, most = LONGEST_REASON));
    }
    let Some(id) = now_there(ctx, &mut tx, partner, what).await? else {
        return refused("", nothing(ctx, what));
    };
    let noted = store::note(&mut tx, partner, (what, id), staff.person, reason, form_key, ctx.now()).await?;
    let reveal = match noted {
        Noted::Now(reveal) => reveal,
        Noted::Before => return Ok(End::Done(shown)),
        Noted::TooMany => return refused("", tr!(ctx.locale, payout_methods.reveal_too_many, most = MOST_A_DAY)),
    };
    // The reason stays beside the reveal: people write names into it, and the record holds none.
    let change = Change {
        action: what.action(),
        subject: format!("{}/{id}", what.as_str()),
        partner: Some(partner),
        after: Some(json!({ what.as_str(): id, "case": case, "reveal": reveal })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(shown))
}

/// The number of what there is to look at now.
async fn now_there(ctx: &Context, tx: &mut Tx, partner: PartnerId, what: What) -> Result<Option<i64>, AppError> {
    Ok(match what {
        What::PayoutMethod => methods::live_method(tx, partner).await?.map(|method| method.id),
        What::TaxProfile => tax::newest(tx, partner, ctx.now()).await?.map(|profile| profile.id),
    })
}

fn nothing(ctx: &Context, what: What) -> String {
    match what {
        What::PayoutMethod => tr!(ctx.locale, payout_methods.reveal_nothing),
        What::TaxProfile => tr!(ctx.locale, tax.reveal_nothing),
    }
}
