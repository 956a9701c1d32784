//! Proposing when payouts are made, for a partner or for all of a programme.

use super::propose::{sent_before, write};
use super::{Answer, case_of, desk, reason_of, refusal};
use crate::approvals::rules::EXPIRES_AFTER_DAYS;
use crate::approvals::store;
use crate::base::access::Who;
use crate::base::actor::{Role, Staff};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::Errors;
use crate::base::ids::{CaseId, PartnerId, ProgrammeId, ProposalId};
use crate::base::language::tr;
use crate::paths;
use crate::payout_runs::store::programmes;
use crate::terms;
use crate::terms::model::{Field, Schedule, Scope};
use chrono::TimeDelta;
use rust_decimal::Decimal;
use uuid::Uuid;

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct ScheduleForm {
    /// The case it comes from; empty: none.
    pub case: String,
    /// The partner's id; empty: all of the programme.
    pub partner: String,
    /// The programme's code, where it is for all.
    pub programme: String,
    /// `weekly`, `twice_monthly`, `monthly` or `net`.
    pub kind: String,
    /// The day of the week or of the month, or the days after the month's end.
    pub day: String,
    /// Why.
    pub reason: String,
    /// The form's key.
    pub form_key: String,
}

/// Proposes a payout schedule; an owner decides.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn propose(ctx: &Context, form: &ScheduleForm) -> Result<Answer, AppError> {
    let staff = desk(ctx)?;
    let key: Uuid = form.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let case = case_of(&form.case)?;
    let mut tx = ctx.begin().await?;
    if let Some((id, _)) = store::by_form_key(&mut tx, key, staff.person).await? {
        return Ok(done(staff, case, id));
    }
    let (programme, partner) = whom(ctx, &mut tx, form).await?;
    if let Some(case) = case
        && !store::is_case_of(&mut tx, case, partner.ok_or(AppError::BadRequest("case"))?).await?
    {
        return Err(AppError::BadRequest("case"));
    }

    let now = ctx.now();
    let mut errors = Errors::default();
    let kind = match form.kind.as_str() {
        kind @ ("weekly" | "twice_monthly" | "monthly" | "net") => kind,
        _ => return Err(AppError::BadRequest("kind")),
    };
    let value = form.day.trim().parse::<u32>().ok().map(Decimal::from);
    let schedule = value.and_then(|value| Schedule::from_parts(kind, value));
    if schedule.is_none() {
        let bad = match kind {
            "weekly" => tr!(ctx.locale, approvals.schedule_weekly_bad),
            "twice_monthly" => tr!(ctx.locale, approvals.schedule_twice_monthly_bad),
            "monthly" => tr!(ctx.locale, approvals.schedule_monthly_bad),
            _ => tr!(ctx.locale, approvals.schedule_net_bad),
        };
        errors.add("day", bad);
    }
    let everyone = PartnerId(0);
    let in_force =
        terms::store::field_in_force(&mut tx, Field::Schedule, programme, None, partner.unwrap_or(everyone), now)
            .await?;
    let scope = Scope { programme, offer: None, partner };
    if let (Some(value), Some(version)) = (value, &in_force)
        && version.scope == scope
        && version.kind == kind
        && version.value == value
    {
        errors.add("day", tr!(ctx.locale, approvals.schedule_as_now));
    }
    let reason = reason_of(ctx, "reason", &form.reason, &mut errors);
    let (true, Some(value)) = (errors.is_empty(), value) else {
        return Ok(Answer::Refused(errors));
    };

    let proposal = store::Propose {
        scope,
        field: Field::Schedule,
        kind,
        value,
        rule: None,
        value_before: in_force.map(|version| version.value),
        valid_from: now,
        valid_until: None,
        reason,
        impact: None,
        case,
        proposer: Some(staff.person),
        at: now,
        expires_at: Some(now + TimeDelta::days(EXPIRES_AFTER_DAYS)),
        form_key: Some(key),
        evidence: serde_json::Value::Array(Vec::new()),
    };
    match write(&mut tx, ctx, proposal).await {
        Ok(id) => {
            tx.commit().await?;
            Ok(done(staff, case, id))
        }
        Err(error) => {
            let refusal = refusal(error)?;
            drop(tx);
            sent_before(ctx, staff, key, refusal, |id, _| done(staff, case, id)).await
        }
    }
}

/// For one partner whoever works at the desk may ask; for all of a programme an owner.
async fn whom(ctx: &Context, tx: &mut Tx, form: &ScheduleForm) -> Result<(ProgrammeId, Option<PartnerId>), AppError> {
    if form.partner.is_empty() {
        if !Who::Owners.includes(&ctx.actor) {
            return Err(AppError::Forbidden);
        }
        let all = programmes(tx).await?;
        let home = all.into_iter().find(|home| home.code == form.programme).ok_or(AppError::BadRequest("programme"))?;
        return Ok((home.id.into(), None));
    }
    let partner = form.partner.parse().map_err(|_| AppError::BadRequest("partner"))?;
    Ok((store::account(tx, partner).await?.programme, Some(partner)))
}

fn done(staff: &Staff, case: Option<CaseId>, id: ProposalId) -> Answer {
    Answer::Done(match case {
        Some(case) => format!("{}?done=proposed", paths::case(case)),
        None if staff.role == Role::Owner => format!("{}?done=proposed", paths::proposal(id)),
        None => format!("{}?done=proposed", paths::DESK),
    })
}
