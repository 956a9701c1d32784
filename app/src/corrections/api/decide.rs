//! Deciding a correction. What was read is what is booked, or nothing is.

use super::refusal;
use crate::approvals::api::{reason_of, short_enough};
use crate::approvals::model::Verdict;
use crate::approvals::store as approvals;
use crate::audit::store::{Change, record};
use crate::base::actor::Role;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{End, Errors};
use crate::base::ids::CorrectionId;
use crate::base::language::tr;
use crate::corrections::store;
use crate::paths;
use serde_json::json;

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct DecideForm {
    /// The correction's id.
    pub correction: String,
    /// `approved` or `rejected`.
    pub verdict: String,
    /// What the partner reads.
    pub reason_partner: String,
    /// What only the house reads.
    pub reason_house: String,
    /// The digest of what was read, in hexadecimal.
    pub content_hash: String,
}

/// Approves or rejects a correction. A job books what was approved.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn decide(ctx: &Context, form: &DecideForm) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if staff.role != Role::Owner {
        return Err(AppError::Forbidden);
    }
    let id: CorrectionId = form.correction.parse().map_err(|_| AppError::NotFound)?;
    let read = hex::decode(&form.content_hash).map_err(|_| AppError::BadRequest("content_hash"))?;
    let back = paths::correction(id);
    let mut tx = ctx.begin().await?;
    let correction = store::find(&mut tx, id).await?;
    let mut errors = Errors::default();
    let verdict = Verdict::parse(&form.verdict).filter(|verdict| *verdict != Verdict::Countered);
    if let Some(decision) = &correction.decision {
        // The same, sent twice, is done.
        if decision.by == staff.name && Some(decision.verdict) == verdict {
            return Ok(End::Done(format!("{back}?done={}", form.verdict)));
        }
        errors.add("", tr!(ctx.locale, corrections.already_decided));
        return Ok(End::Refused(back, errors));
    }
    if verdict.is_none() {
        errors.add("verdict", tr!(ctx.locale, approvals.verdict_missing));
    }
    let reason_partner = reason_of(ctx, "reason_partner", &form.reason_partner, &mut errors);
    let reason_house = form.reason_house.trim();
    short_enough(ctx, "reason_house", reason_house, &mut errors);
    let own = correction.proposer.0 == staff.person;
    let sole_control = own && approvals::sole_owner(&mut tx, staff.person).await?;
    if own && !sole_control {
        errors.add("", tr!(ctx.locale, approvals.another_owner_decides));
    }
    let (true, Some(verdict)) = (errors.is_empty(), verdict) else {
        return Ok(End::Refused(back, errors));
    };
    let decision = store::Decide {
        correction: id,
        content_hash: &read,
        verdict,
        decider: staff.person,
        sole_control,
        reason_partner,
        reason_house,
        at: ctx.now(),
    };
    if let Err(error) = store::decide(&mut tx, &decision).await {
        errors.add("", refusal(ctx, error)?);
        return Ok(End::Refused(back, errors));
    }
    let change = Change {
        action: match verdict {
            Verdict::Approved => "correction.approved",
            _ => "correction.rejected",
        },
        subject: format!("correction/{id}"),
        partner: Some(correction.partner.id),
        after: Some(json!({
            "verdict": verdict.as_str(), "items": correction.items, "sole_control": sole_control,
            "amounts": correction.sums.iter().map(|sum| json!({ "currency": sum.currency, "amount": sum.amount })).collect::<Vec<_>>(),
        })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{back}?done={}", verdict.as_str())))
}
