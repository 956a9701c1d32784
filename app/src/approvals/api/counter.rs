//! What an owner offers instead: read from the form of a decision, then written as a proposal of theirs with its own replay.

use super::decide::DecisionForm;
use super::propose::{impact_of, write};
use super::{bad_amount, bad_percent};
use crate::approvals::model::{Impact, Proposal, REPLAY_DAYS};
use crate::approvals::rules::{self, BadNumber, Terms};
use crate::approvals::store;
use crate::base::actor::Staff;
use crate::base::clock::start_of_day;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::Errors;
use crate::base::ids::ProposalId;
use crate::base::language::tr;
use crate::commissions::model::{Rate, Rule};
use crate::mail;
use crate::terms;
use crate::terms::model::Scope;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// How long a counter-offer may stand.
const LONGEST_OFFER_DAYS: u64 = 92;
/// How long a promise may hold.
pub(super) const LONGEST_PROMISE_DAYS: u64 = 3_660;

/// A counter-offer that the form says whole.
pub(super) struct Instead {
    pub(super) value: Decimal,
    pub(super) expires_at: DateTime<Utc>,
    value_before: Option<Decimal>,
    valid_from: DateTime<Utc>,
    pub(super) valid_until: Option<DateTime<Utc>>,
    impact: Option<Impact>,
}

/// Reads what is offered, and replays it where it is a rate.
///
/// # Errors
/// When the database is away.
pub(super) async fn read(
    ctx: &Context,
    form: &DecisionForm,
    tx: &mut Tx,
    proposal: &Proposal,
    zone: Tz,
    errors: &mut Errors,
) -> Result<Option<Instead>, AppError> {
    let Some(partner) = &proposal.partner else {
        errors.add("verdict", tr!(ctx.locale, agreement.counter_to_one));
        return Ok(None);
    };
    let value = match value_of(ctx, proposal, &form.counter) {
        Ok(value) if value == proposal.value => {
            errors.add("counter", tr!(ctx.locale, agreement.counter_same));
            None
        }
        Ok(value) => Some(value),
        Err(message) => {
            errors.add("counter", message);
            None
        }
    };
    let expires_at = last_day(ctx, "counter_until", &form.counter_until, zone, LONGEST_OFFER_DAYS, errors);
    if form.counter_until.trim().is_empty() {
        errors.add("counter_until", tr!(ctx.locale, agreement.counter_until_missing));
    }
    // Whenever it is accepted, it has not ended yet.
    let latest = expires_at.unwrap_or(ctx.now()).max(proposal.valid_from);
    let valid_until = last_day(ctx, "valid_until", &form.valid_until, zone, LONGEST_PROMISE_DAYS, errors);
    if valid_until.is_some_and(|until| until <= latest) {
        errors.add("valid_until", tr!(ctx.locale, ending.before_expiry));
    }
    let (Some(value), Some(expires_at)) = (value, expires_at) else { return Ok(None) };

    let (now, offer) = (ctx.now(), proposal.offer.as_ref().map(|offer| offer.id));
    let in_force = terms::store::field_in_force(tx, proposal.field, proposal.programme, offer, partner.id, now).await?;
    let scope = Scope { programme: proposal.programme, offer, partner: Some(partner.id) };
    let valid_from = proposal.valid_from.max(now);
    let impact = match Rate::from_parts(&proposal.kind, value).filter(|_| proposal.impact.is_some()) {
        Some(rate) => {
            // An offer is a plain rate, also in place of one with steps.
            let offered = Terms { rate, rule: Rule::default() };
            let days = proposal.impact.as_ref().map_or(REPLAY_DAYS, |impact| impact.days);
            Some(impact_of(tx, scope, offered, in_force.as_ref(), valid_from, now, days).await?)
        }
        None => None,
    };
    if form.floor_reason.trim().is_empty() && impact.as_ref().is_some_and(Impact::crosses_floor) {
        errors.add("floor_reason", tr!(ctx.locale, approvals.floor_needs_reason));
    }
    let value_before = in_force.map(|version| version.value);
    Ok(Some(Instead { value, expires_at, value_before, valid_from, valid_until, impact }))
}

/// Writes the offer and its mails; gives its id.
///
/// # Errors
/// The constraint that refused it, inside [`AppError::Database`].
pub(super) async fn make(
    tx: &mut Tx,
    ctx: &Context,
    staff: &Staff,
    countered: &Proposal,
    instead: &Instead,
    reason: &str,
) -> Result<ProposalId, AppError> {
    let offer = store::Propose {
        scope: Scope {
            programme: countered.programme,
            offer: countered.offer.as_ref().map(|offer| offer.id),
            partner: countered.partner.as_ref().map(|partner| partner.id),
        },
        field: countered.field,
        kind: &countered.kind,
        value: instead.value,
        rule: None,
        value_before: instead.value_before,
        valid_from: instead.valid_from,
        valid_until: instead.valid_until,
        reason,
        impact: instead.impact.as_ref(),
        case: countered.case,
        proposer: Some(staff.person),
        at: ctx.now(),
        expires_at: Some(instead.expires_at),
        form_key: None,
        evidence: serde_json::Value::Array(Vec::new()),
    };
    let id = write(tx, ctx, offer).await?;
    store::offer_instead(tx, countered.id, id).await?;
    mail::store::counter_offer(tx, &ctx.mail, id, &staff.name, ctx.now()).await?;
    Ok(id)
}

/// The value that a form offers, in the unit of the proposal.
fn value_of(ctx: &Context, proposal: &Proposal, text: &str) -> Result<Decimal, String> {
    let decimal_mark = tr!(ctx.locale, format.decimal_mark).chars().next().unwrap_or('.');
    let amount = || rules::parse_amount(text, decimal_mark, proposal.currency).map_err(|bad| bad_amount(ctx, bad));
    match proposal.kind.as_str() {
        "percent" => rules::parse_percent(text).map_err(|bad| bad_percent(ctx, bad)),
        "fixed" | "amount" => amount(),
        "days" => match text.trim().parse::<u32>() {
            Ok(days) if days <= 3_650 => Ok(Decimal::from(days)),
            _ => Err(tr!(ctx.locale, agreement.bad_days)),
        },
        _ => Err(bad_amount(ctx, BadNumber::NotANumber)),
    }
}

/// When terms end of which a form names the last day, after they begin; nothing where it names none.
pub(super) fn end_of(
    ctx: &Context,
    text: &str,
    zone: Tz,
    start: DateTime<Utc>,
    errors: &mut Errors,
) -> Option<DateTime<Utc>> {
    let end = last_day(ctx, "valid_until", text, zone, LONGEST_PROMISE_DAYS, errors);
    if end.is_some_and(|end| end <= start) {
        errors.add("valid_until", tr!(ctx.locale, ending.before_start));
    }
    end
}

/// The end of the last day that a form names, not before today; nothing where it names none.
pub(super) fn last_day(
    ctx: &Context,
    field: &str,
    text: &str,
    zone: Tz,
    most_days: u64,
    errors: &mut Errors,
) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let Ok(day) = text.parse::<NaiveDate>() else {
        errors.add(field, tr!(ctx.locale, approvals.bad_date));
        return None;
    };
    let today = ctx.now().with_timezone(&zone).date_naive();
    if day < today {
        errors.add(field, tr!(ctx.locale, approvals.date_past));
    } else if today.checked_add_days(Days::new(most_days)).is_none_or(|furthest| day > furthest) {
        errors.add(field, tr!(ctx.locale, agreement.day_too_far, days = most_days));
    }
    Some(start_of_day(day.succ_opt()?, zone))
}
