//! Proposing a correction. What each commission gets is computed and stored now: what is read is what is booked.

use super::refusal;
use crate::approvals::api::{bad_percent, reason_of, typed_rule};
use crate::approvals::rules::{self, TypedRule};
use crate::approvals::store as approvals;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::actor::Role;
use crate::base::clock::start_of_day;
use crate::base::context::Context;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{End, Errors};
use crate::base::ids::{CaseId, CorrectionId, OfferId, PartnerId};
use crate::base::language::tr;
use crate::commissions::model::{Rate, Rule};
use crate::corrections::store;
use crate::paths;
use crate::terms::model::Scope;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::json;
use uuid::Uuid;

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct CorrectionForm {
    /// The case it comes from; empty: none.
    pub case: String,
    /// The partner's id.
    pub partner: String,
    /// The offer's id; empty: all of them.
    pub offer: String,
    /// The rate, in percent of the order.
    pub percent: String,
    /// What its steps go by; empty: it has none.
    pub steps_by: String,
    /// The steps after the first, one a line.
    pub steps: String,
    /// The cap for each commission; empty: none.
    pub most_each: String,
    /// The cap for a month; empty: none.
    pub most_month: String,
    /// The first day.
    pub since: String,
    /// The last day.
    pub until: String,
    /// Why, as the partner may read it.
    pub reason: String,
    /// The form's key.
    pub form_key: String,
}

/// Proposes a correction; an owner who isn't its author decides.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn propose(ctx: &Context, form: &CorrectionForm) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let key: Uuid = form.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let partner: PartnerId = form.partner.parse().map_err(|_| AppError::BadRequest("partner"))?;
    let case = match form.case.trim() {
        "" => None,
        text => Some(text.parse::<CaseId>().map_err(|_| AppError::BadRequest("case"))?),
    };
    let done = |id: CorrectionId| {
        End::Done(match case {
            _ if staff.role == Role::Owner => format!("{}?done=proposed", paths::correction(id)),
            Some(case) => format!("{}?done=proposed", paths::case(case)),
            None => format!("{}?done=proposed", paths::DESK),
        })
    };
    let back = case.map_or_else(|| paths::CORRECTIONS.to_owned(), paths::case);
    let mut tx = ctx.begin().await?;
    if let Some(id) = store::by_form_key(&mut tx, key, staff.person).await? {
        return Ok(done(id));
    }
    let account = approvals::account(&mut tx, partner).await?;
    if let Some(case) = case
        && !approvals::is_case_of(&mut tx, case, partner).await?
    {
        return Err(AppError::BadRequest("case"));
    }
    let offer = match form.offer.trim() {
        "" => None,
        text => Some(text.parse::<OfferId>().map_err(|_| AppError::BadRequest("offer"))?),
    };
    if let Some(offer) = offer
        && !approvals::is_offer_of(&mut tx, offer, account.programme).await?
    {
        return Err(AppError::BadRequest("offer"));
    }

    let now = ctx.now();
    let mut errors = Errors::default();
    let percent = rules::parse_percent(&form.percent);
    if let Err(bad) = percent {
        errors.add("percent", bad_percent(ctx, bad));
    }
    let typed = TypedRule {
        by: form.steps_by.trim(),
        steps: &form.steps,
        most_each: &form.most_each,
        most_month: &form.most_month,
    };
    let rule = match percent {
        Ok(percent) => typed_rule(ctx, &typed, percent, account.currency, &mut errors),
        Err(_) => Rule::default(),
    };
    let time = time_of(ctx, form, account.time_zone, &mut errors);
    let reason = reason_of(ctx, "reason", &form.reason, &mut errors);
    let (true, Ok(percent), Some(time)) = (errors.is_empty(), percent, time) else {
        return Ok(End::Refused(back, errors));
    };
    let rate = Rate::Percent(percent);
    let of = store::Propose {
        scope: Scope { programme: account.programme, offer, partner: Some(partner) },
        rate: (rate.kind(), rate.value()),
        rule: serde_json::to_value(&rule).map_err(|error| AppError::Internal(format!("rule: {error}")))?,
        time,
        reason,
        proposer: staff.person,
        at: now,
        expires_at: now + TimeDelta::days(rules::EXPIRES_AFTER_DAYS),
        form_key: key,
    };
    let outlook = store::outlook(&mut tx, &of).await?;
    if outlook.less > 0 {
        errors.add("percent", tr!(ctx.locale, corrections.never_takes, count = outlook.less));
    } else if outlook.items == 0 {
        errors.add("percent", tr!(ctx.locale, corrections.changes_nothing));
    }
    if !errors.is_empty() {
        return Ok(End::Refused(back, errors));
    }
    let id = match store::propose(&mut tx, &of).await {
        Ok(id) => id,
        Err(AppError::Database(error)) if constraint(&error) == Some("correction_form_once") => {
            drop(tx);
            let mut tx = ctx.begin().await?;
            let id = store::by_form_key(&mut tx, key, staff.person).await?;
            return id.map(done).ok_or(AppError::BadRequest("form_key"));
        }
        Err(error) => {
            errors.add("", refusal(ctx, error)?);
            return Ok(End::Refused(back, errors));
        }
    };
    let change = Change {
        action: "correction.proposed",
        subject: format!("correction/{id}"),
        partner: Some(partner),
        on_behalf_of: Some(partner),
        after: Some(json!({
            "rate": rate.value(), "kind": rate.kind(), "rule": (!rule.is_plain()).then_some(&rule), "offer": offer,
            "since": time.0, "until": time.1, "items": outlook.items, "case": case,
        })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, now, &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(done(id))
}

/// The days of a form, both over; their first moment and their end.
fn time_of(
    ctx: &Context,
    form: &CorrectionForm,
    zone: Tz,
    errors: &mut Errors,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let today = ctx.now().with_timezone(&zone).date_naive();
    let mut day = |field: &str, text: &str| match text.trim().parse::<NaiveDate>() {
        Ok(day) if day < today => Some(day),
        Ok(_) => {
            errors.add(field, tr!(ctx.locale, corrections.day_not_over));
            None
        }
        Err(_) => {
            errors.add(field, tr!(ctx.locale, approvals.bad_date));
            None
        }
    };
    let (first, last) = (day("since", &form.since), day("until", &form.until));
    let (first, last) = first.zip(last)?;
    if last < first {
        errors.add("until", tr!(ctx.locale, corrections.days_reversed));
        return None;
    }
    Some((start_of_day(first, zone), start_of_day(last.succ_opt()?, zone)))
}
