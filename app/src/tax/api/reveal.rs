//! Showing whole tax and VAT numbers to staff who say why.

use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::desk::store::partner_of;
use crate::paths;
use crate::payout_methods::rules::{LONGEST_REASON, REVEALS_A_DAY};
use crate::payout_methods::store::Revealed;
use crate::tax::store;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// Shows the tax and VAT number of a case's partner, whole, to whoever asks, for two minutes.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "reveal-tax-number")]
pub async fn reveal_tax_number(
    /// The case.
    case: String,
    /// Why.
    reason: Option<String>,
    /// Tells one form from another.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let reason = reason.unwrap_or_default();
    let end = reveal(&ctx, &case, &reason, &form_key).await;
    forms::finish(&ctx, &[("form_name", "reveal-tax-number"), ("reason", &reason)], end).await
}

async fn reveal(ctx: &Context, case: &str, reason: &str, form_key: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?;
    if !Who::Reveals.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let case: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let form_key: Uuid = form_key.parse().map_err(|_| AppError::BadRequest("no form key"))?;
    let shown = format!("{}#tax-data", paths::case(case));
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
    let Some(profile) = store::newest(&mut tx, partner, ctx.now()).await? else {
        return refused("", tr!(ctx.locale, tax.reveal_nothing));
    };
    let noted = store::note_reveal(&mut tx, partner, profile.id, staff.person, reason, form_key, ctx.now()).await?;
    let id = match noted {
        Revealed::Now(id) => id,
        Revealed::Before => return Ok(End::Done(shown)),
        Revealed::TooMany => {
            return refused("", tr!(ctx.locale, payout_methods.reveal_too_many, most = REVEALS_A_DAY));
        }
    };
    // The reason stays beside the reveal: people write names into it, and the record holds none.
    let change = Change {
        action: "tax_profile.revealed",
        subject: format!("tax_profile/{}", profile.id),
        partner: Some(partner),
        after: Some(json!({ "tax_profile": profile.id, "case": case, "reveal": id })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(shown))
}
