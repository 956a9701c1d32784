//! Deciding a proposal: decision, version of terms and the line in the record, in one transaction.

use super::{Answer, reason_of, refusal, refusal_text, short_enough, start_of};
use crate::approvals::model::{By, Impact, Proposal, Standing, Verdict};
use crate::approvals::rules::Refusal;
use crate::approvals::store;
use crate::audit;
use crate::base::actor::{Role, Staff};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::Errors;
use crate::base::ids::{PersonId, ProposalId};
use crate::base::language::tr;
use crate::paths;
use chrono::{DateTime, Utc};

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct DecisionForm {
    /// The proposal's id.
    pub proposal: String,
    /// `approved` or `rejected`.
    pub verdict: String,
    /// What the partner reads.
    pub reason_partner: String,
    /// What only the house reads.
    pub reason_house: String,
    /// The first day; empty: at once, or when the proposal says.
    pub valid_from: String,
    /// The digest of what was read, in hexadecimal.
    pub content_hash: String,
}

/// What the form says, once it says enough.
struct Said<'a> {
    verdict: Verdict,
    reason_partner: &'a str,
    reason_house: &'a str,
    earliest: DateTime<Utc>,
}

/// Approves or rejects a proposal. Of two owners at once, one decides and the other is told.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn decide(ctx: &Context, form: &DecisionForm) -> Result<Answer, AppError> {
    let staff = ctx.staff()?;
    if staff.role != Role::Owner {
        return Err(AppError::Forbidden);
    }
    let id: ProposalId = form.proposal.parse().map_err(|_| AppError::NotFound)?;
    let read = hex::decode(&form.content_hash).map_err(|_| AppError::BadRequest("content_hash"))?;
    let mut tx = ctx.begin().await?;
    let proposal = store::find(&mut tx, id, ctx.now()).await?;
    match &proposal.standing {
        Standing::Waiting(_) => {}
        Standing::Expired(_) => return Ok(Answer::refused(refusal_text(ctx, Refusal::Expired))),
        Standing::Decided(decision) => {
            let by = decision.decider.clone().map(|(person, name)| (person, name, decision.verdict));
            return Ok(already(ctx, staff, form, id, by));
        }
    }
    let said = match read_form(ctx, form, &mut tx, &proposal).await? {
        Ok(said) => said,
        Err(errors) => return Ok(Answer::Refused(errors)),
    };
    let own = proposal.proposer.as_ref().is_some_and(|(author, _)| *author == staff.person);
    let sole_control = own && store::sole_owner(&mut tx, staff.person).await?;
    if own && !sole_control {
        return Ok(Answer::refused(refusal_text(ctx, Refusal::ByItsAuthor)));
    }
    let decision = store::Decide {
        proposal: id,
        content_hash: &read,
        verdict: said.verdict,
        by: By::Owner,
        decider: Some(staff.person),
        sole_control,
        authority: None,
        reason_partner: said.reason_partner,
        reason_house: said.reason_house,
        earliest: said.earliest,
        at: ctx.now(),
    };
    match write(&mut tx, ctx, &proposal, decision).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(done(id, said.verdict))
        }
        Err(error) => {
            let refusal = refusal(error)?;
            drop(tx);
            if refusal != Refusal::AlreadyDecided {
                return Ok(Answer::refused(refusal_text(ctx, refusal)));
            }
            let mut tx = ctx.begin().await?;
            let by = store::decided_by(&mut tx, id).await?;
            Ok(already(ctx, staff, form, id, by))
        }
    }
}

async fn read_form<'a>(
    ctx: &Context,
    form: &'a DecisionForm,
    tx: &mut Tx,
    proposal: &Proposal,
) -> Result<Result<Said<'a>, Errors>, AppError> {
    let mut errors = Errors::default();
    let verdict = Verdict::parse(&form.verdict);
    if verdict.is_none() {
        errors.add("verdict", tr!(ctx.locale, approvals.verdict_missing));
    }
    let reason_partner = reason_of(ctx, "reason_partner", &form.reason_partner, &mut errors);
    let reason_house = form.reason_house.trim();
    short_enough(ctx, "reason_house", reason_house, &mut errors);
    let now = ctx.now();
    let mut earliest = now;
    if verdict == Some(Verdict::Approved) {
        let zone = store::time_zone(tx, proposal.programme).await?;
        earliest = start_of(ctx, &form.valid_from, zone, &mut errors).map_or(now, |start| start.max(now));
        // Going under the floor is an owner's right, but not without a word to the house.
        if reason_house.is_empty() && proposal.impact.as_ref().is_some_and(Impact::below_floor) {
            errors.add("reason_house", tr!(ctx.locale, approvals.floor_needs_reason));
        }
    }
    Ok(match verdict {
        Some(verdict) if errors.is_empty() => Ok(Said { verdict, reason_partner, reason_house, earliest }),
        _ => Err(errors),
    })
}

async fn write(tx: &mut Tx, ctx: &Context, proposal: &Proposal, decision: store::Decide<'_>) -> Result<(), AppError> {
    let (verdict, sole_control) = (decision.verdict, decision.sole_control);
    let valid_from = store::decide(tx, decision).await?;
    let version = match verdict {
        Verdict::Approved => Some(store::append_version(tx, proposal.id, ctx.now()).await?),
        Verdict::Rejected => None,
    };
    let field = proposal.field.as_str();
    let change = audit::store::Change {
        action: match verdict {
            Verdict::Approved => "proposal.approved",
            Verdict::Rejected => "proposal.rejected",
        },
        subject: format!("proposal/{}", proposal.id),
        partner: proposal.partner.as_ref().map(|partner| partner.id),
        approval: Some(proposal.id),
        before: proposal.value_before.map(|value| serde_json::json!({ field: value })),
        after: Some(serde_json::json!({
            field: proposal.value,
            "kind": proposal.kind,
            "offer": proposal.offer.as_ref().map(|offer| offer.id),
            "verdict": verdict.as_str(),
            "valid_from": valid_from,
            "terms_version": version,
            "sole_control": sole_control,
        })),
        ..audit::store::Change::default()
    };
    audit::store::record(tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await
}

/// The same decision of the same person, sent twice, is done; another one is told who was faster.
fn already(
    ctx: &Context,
    staff: &Staff,
    form: &DecisionForm,
    id: ProposalId,
    by: Option<(PersonId, String, Verdict)>,
) -> Answer {
    match by {
        Some((person, _, verdict)) if person == staff.person && form.verdict == verdict.as_str() => done(id, verdict),
        Some((_, name, Verdict::Approved)) => {
            Answer::refused(tr!(ctx.locale, approvals.already_approved_by, name = name))
        }
        Some((_, name, Verdict::Rejected)) => {
            Answer::refused(tr!(ctx.locale, approvals.already_rejected_by, name = name))
        }
        None => Answer::refused(refusal_text(ctx, Refusal::AlreadyDecided)),
    }
}

fn done(id: ProposalId, verdict: Verdict) -> Answer {
    Answer::Done(format!("{}?done={}", paths::proposal(id), verdict.as_str()))
}
