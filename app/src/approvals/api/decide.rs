//! Deciding a proposal: decision, version of terms or counter-offer, mails and the line in the record, in one transaction.

use super::counter::{self, Instead};
use super::{Answer, reason_of, refusal, refusal_text, short_enough, start_of};
use crate::approvals::model::{By, Impact, Proposal, Standing, Verdict};
use crate::approvals::rules::{Refusal, first_day_after};
use crate::approvals::store;
use crate::audit;
use crate::base::actor::{Role, Staff};
use crate::base::clock::start_of_day;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::Errors;
use crate::base::ids::{PersonId, ProposalId};
use crate::base::language::tr;
use crate::mail;
use crate::paths;
use chrono::{DateTime, Utc};

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct DecisionForm {
    /// The proposal's id.
    pub proposal: String,
    /// `approved`, `rejected` or `countered`.
    pub verdict: String,
    /// What the partner reads.
    pub reason_partner: String,
    /// What only the house reads.
    pub reason_house: String,
    /// Why it goes under the floor.
    pub floor_reason: String,
    /// The first day; empty: at once, or when the proposal says.
    pub valid_from: String,
    /// The last day; empty: as it was proposed, and without an end where something else is offered.
    pub valid_until: String,
    /// Until which day nothing leaves the partner less; empty: nothing is promised.
    pub promise: String,
    /// What is offered instead, in the proposal's unit.
    pub counter: String,
    /// The last day on which that can be accepted.
    pub counter_until: String,
    /// The digests of what was read, in hexadecimal.
    pub content_hash: String,
}

/// What the form says, once it says enough.
struct Said<'a> {
    verdict: Verdict,
    reason_partner: &'a str,
    reason_house: &'a str,
    floor_reason: Option<&'a str>,
    earliest: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    promise: Option<DateTime<Utc>>,
    instead: Option<Instead>,
}

/// Approves or rejects a proposal, or offers something else. Of two owners at once, one decides and the other is told.
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
        floor_reason: said.floor_reason,
        earliest: said.earliest,
        until: said.until,
        at: ctx.now(),
    };
    match write(&mut tx, ctx, staff, &proposal, decision, &said).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(done(id, said.verdict))
        }
        Err(error) => {
            let refusal = refusal(error)?;
            drop(tx);
            if refusal != Refusal::AlreadyDecided {
                return refused(ctx, &proposal, refusal).await;
            }
            let mut tx = ctx.begin().await?;
            let by = store::decided_by(&mut tx, id).await?;
            Ok(already(ctx, staff, form, id, by))
        }
    }
}

/// A refusal, beside the field that mends it where there is one.
async fn refused(ctx: &Context, proposal: &Proposal, refusal: Refusal) -> Result<Answer, AppError> {
    let mut errors = Errors::default();
    match refusal {
        Refusal::NoticeTooShort | Refusal::StepTooLarge => {
            let mut tx = ctx.begin().await?;
            let (days, step) = store::decrease_policy(&mut tx, proposal.programme, ctx.now()).await?;
            if refusal == Refusal::NoticeTooShort {
                errors.add("valid_from", tr!(ctx.locale, agreement.notice_too_short, days = days));
            } else {
                let step = format::percent(ctx.locale, step);
                errors.add("", tr!(ctx.locale, agreement.step_too_large, step = step, days = days));
            }
        }
        Refusal::UnderTheFloor => errors.add("floor_reason", refusal_text(ctx, refusal)),
        Refusal::SameValue => errors.add("counter", refusal_text(ctx, refusal)),
        Refusal::EndsTooEarly | Refusal::EndsTooLate | Refusal::OfferOutlivesIt => {
            errors.add("valid_until", refusal_text(ctx, refusal));
        }
        Refusal::PromiseOutlivesIt => errors.add("promise", refusal_text(ctx, refusal)),
        _ => errors.add("", refusal_text(ctx, refusal)),
    }
    Ok(Answer::Refused(errors))
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
    let floor_reason = Some(form.floor_reason.trim()).filter(|reason| !reason.is_empty());
    short_enough(ctx, "floor_reason", floor_reason.unwrap_or_default(), &mut errors);
    let now = ctx.now();
    let zone = store::time_zone(tx, proposal.programme).await?;
    let (mut earliest, mut until, mut promise, mut instead) = (now, None, None, None);
    match verdict {
        Some(Verdict::Approved) => {
            let (possible, notice) = store::earliest_start(tx, proposal.id, now).await?;
            // A decrease that names no day begins on the first one that it may.
            let first = notice.map_or(now, |_| start_of_day(first_day_after(possible, zone), zone));
            earliest = start_of(ctx, &form.valid_from, zone, &mut errors).map_or(first, |start| start.max(now));
            if let Some(days) = notice.filter(|_| earliest < possible) {
                errors.add("valid_from", tr!(ctx.locale, agreement.notice_too_short, days = days));
            }
            until = counter::end_of(ctx, &form.valid_until, zone, earliest.max(proposal.valid_from), &mut errors);
            if proposal.valid_until.zip(until).is_some_and(|(proposed, until)| until > proposed) {
                errors.add("valid_until", tr!(ctx.locale, ending.beyond_proposed));
            }
            promise =
                counter::last_day(ctx, "promise", &form.promise, zone, counter::LONGEST_PROMISE_DAYS, &mut errors);
            if promise.is_some() && proposal.partner.is_none() {
                errors.add("promise", tr!(ctx.locale, agreement.promise_to_one));
            }
            // Going under the floor is an owner's right, but not without their name to it.
            if floor_reason.is_none() && proposal.impact.as_ref().is_some_and(Impact::crosses_floor) {
                errors.add("floor_reason", tr!(ctx.locale, approvals.floor_needs_reason));
            }
        }
        Some(Verdict::Countered) => instead = counter::read(ctx, form, tx, proposal, zone, &mut errors).await?,
        _ => {}
    }
    Ok(match verdict {
        Some(verdict) if errors.is_empty() => {
            Ok(Said { verdict, reason_partner, reason_house, floor_reason, earliest, until, promise, instead })
        }
        _ => Err(errors),
    })
}

async fn write(
    tx: &mut Tx,
    ctx: &Context,
    staff: &Staff,
    proposal: &Proposal,
    decision: store::Decide<'_>,
    said: &Said<'_>,
) -> Result<(), AppError> {
    let sole_control = decision.sole_control;
    let valid_from = store::decide(tx, decision).await?;
    let mut version = None;
    let mut offer = None;
    match said.verdict {
        Verdict::Approved => {
            let id = store::append_version(tx, proposal.id, ctx.now()).await?;
            if let Some(until) = said.promise {
                store::promise(tx, id, until, staff.person, ctx.now()).await?;
            }
            mail::store::decrease(tx, &ctx.mail, id, &staff.name, ctx.now()).await?;
            version = Some(id);
        }
        Verdict::Countered => {
            let instead = said.instead.as_ref().ok_or(AppError::BadRequest("counter"))?;
            offer = Some(counter::make(tx, ctx, staff, proposal, instead, said.reason_partner).await?);
        }
        Verdict::Rejected => {}
    }
    let field = proposal.field.as_str();
    let change = audit::store::Change {
        action: match said.verdict {
            Verdict::Approved => "proposal.approved",
            Verdict::Rejected => "proposal.rejected",
            Verdict::Countered => "proposal.countered",
        },
        subject: format!("proposal/{}", proposal.id),
        partner: proposal.partner.as_ref().map(|partner| partner.id),
        approval: Some(proposal.id),
        before: proposal.value_before.map(|value| serde_json::json!({ field: value })),
        after: Some(serde_json::json!({
            field: said.instead.as_ref().map_or(proposal.value, |instead| instead.value),
            "kind": proposal.kind,
            "offer": proposal.offer.as_ref().map(|offer| offer.id),
            "verdict": said.verdict.as_str(),
            "valid_from": valid_from,
            "valid_until": match &said.instead {
                Some(instead) => instead.valid_until,
                None => valid_from.and(said.until.or(proposal.valid_until)),
            },
            "terms_version": version,
            "counter_offer": offer,
            "expires_at": said.instead.as_ref().map(|instead| instead.expires_at),
            "floor_reason": said.floor_reason,
            "promised_until": said.promise,
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
        Some((_, name, Verdict::Countered)) => {
            Answer::refused(tr!(ctx.locale, agreement.already_countered_by, name = name))
        }
        None => Answer::refused(refusal_text(ctx, Refusal::AlreadyDecided)),
    }
}

fn done(id: ProposalId, verdict: Verdict) -> Answer {
    Answer::Done(format!("{}?done={}", paths::proposal(id), verdict.as_str()))
}
