//! Proposing a rate. The replay is computed now and stored: what a decider reads is what they approve.

use super::counter::{end_of, last_day};
use super::{Answer, bad_amount, bad_percent, case_of, desk, reason_of, refusal, refusal_text, start_of};
use crate::approvals::model::{Impact, Neighbours, REPLAY_DAYS};
use crate::approvals::rules::{self, BadRule, Refusal, Terms, TypedRule};
use crate::approvals::store::{self, Account};
use crate::audit;
use crate::base::actor::{Role, Staff};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::Errors;
use crate::base::ids::{CaseId, OfferId, PartnerId, ProposalId};
use crate::base::language::tr;
use crate::base::money::Currency;
use crate::commissions::model::{Rate, Rule};
use crate::paths;
use crate::terms;
use crate::terms::model::{Field, Scope, Version};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct RateForm {
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
    /// How many days are replayed; empty: 90.
    pub days: String,
    /// The first day; empty: from the decision on.
    pub valid_from: String,
    /// The last day; empty: it has no end.
    pub valid_until: String,
    /// Why.
    pub reason: String,
    /// The form's key.
    pub form_key: String,
    /// The last day to decide it; empty: as long as proposals wait.
    pub expires: String,
    /// What it rests on.
    pub evidence: Vec<String>,
    /// The partner's request that it takes up; empty: none.
    pub request: String,
}

/// Proposes a rate; an owner decides.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn propose(ctx: &Context, form: &RateForm) -> Result<Answer, AppError> {
    let staff = desk(ctx)?;
    let key: Uuid = form.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let partner: PartnerId = form.partner.parse().map_err(|_| AppError::BadRequest("partner"))?;
    let case = case_of(&form.case)?;
    let request = request_of(&form.request)?;
    let mut tx = ctx.begin().await?;
    if let Some((id, _)) = store::by_form_key(&mut tx, key, staff.person).await? {
        return Ok(done(staff, case, request, id));
    }
    let account = store::account(&mut tx, partner).await?;
    let offer = offer_of(&mut tx, &form.offer, &account).await?;
    if let Some(case) = case
        && !store::is_case_of(&mut tx, case, partner).await?
    {
        return Err(AppError::BadRequest("case"));
    }

    let now = ctx.now();
    let mut errors = Errors::default();
    let percent = rules::parse_percent(&form.percent);
    if let Err(bad) = percent {
        errors.add("percent", bad_percent(ctx, bad));
    }
    let rule = match percent {
        Ok(percent) => {
            let typed = TypedRule {
                by: form.steps_by.trim(),
                steps: &form.steps,
                most_each: &form.most_each,
                most_month: &form.most_month,
            };
            typed_rule(ctx, &typed, percent, account.currency, &mut errors)
        }
        Err(_) => Rule::default(),
    };
    let days = days_of(ctx, &form.days, &mut errors);
    let start = start_of(ctx, &form.valid_from, account.time_zone, &mut errors);
    let valid_from = start.map_or(now, |start| start.max(now));
    let valid_until = end_of(ctx, &form.valid_until, account.time_zone, valid_from, &mut errors);
    let reason = reason_of(ctx, "reason", &form.reason, &mut errors);
    let most_days = u64::try_from(rules::EXPIRES_AFTER_DAYS).unwrap_or_default();
    let expires = last_day(ctx, "expires", &form.expires, account.time_zone, most_days, &mut errors);
    let scope = Scope { programme: account.programme, offer, partner: Some(partner) };
    let in_force = terms::store::field_in_force(&mut tx, Field::Rate, account.programme, offer, partner, now).await?;
    let rate_before = in_force.as_ref().and_then(|version| Rate::from_parts(&version.kind, version.value));
    if let (Ok(percent), Some(version)) = (percent, &in_force)
        && version.scope == scope
        && rate_before == Some(Rate::Percent(percent))
        && version.rule == rule
        && version.valid_until == valid_until
    {
        errors.add("percent", tr!(ctx.locale, approvals.percent_as_now));
    }
    let (true, Ok(percent)) = (errors.is_empty(), percent) else {
        return Ok(Answer::Refused(errors));
    };

    let rate = Rate::Percent(percent);
    let proposed = Terms { rate, rule: rule.clone() };
    let impact = impact_of(&mut tx, scope, proposed, in_force.as_ref(), valid_from, now, days).await?;
    // What it came from is evidence for it.
    let from_case = case.map(|case| format!("case:{case}"));
    let chosen: Vec<String> = form.evidence.iter().cloned().chain(from_case).collect();
    let evidence = store::evidence(&mut tx, partner, &chosen, now).await?;
    let proposal = store::Propose {
        scope,
        field: Field::Rate,
        kind: rate.kind(),
        value: rate.value(),
        rule: Some(&rule),
        value_before: rate_before.map(|rate| rate.value()),
        valid_from,
        valid_until,
        reason,
        impact: Some(&impact),
        case,
        proposer: Some(staff.person),
        at: now,
        expires_at: Some(expires.unwrap_or(now + TimeDelta::days(rules::EXPIRES_AFTER_DAYS))),
        form_key: Some(key),
        evidence,
    };
    let written = match write(&mut tx, ctx, proposal).await {
        Ok(id) => taken_up(&mut tx, request, id, staff, now).await.map(|()| id),
        Err(error) => Err(error),
    };
    match written {
        Ok(id) => {
            tx.commit().await?;
            Ok(done(staff, case, request, id))
        }
        Err(error) => {
            let refusal = refusal(error)?;
            drop(tx);
            sent_before(ctx, staff, key, refusal, |id, _| done(staff, case, request, id)).await
        }
    }
}

/// A request's number, empty for none.
pub(super) fn request_of(text: &str) -> Result<Option<i64>, AppError> {
    Ok(match text.trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| AppError::BadRequest("request"))?),
    })
}

/// Answers the request that a proposal takes up, if it does.
pub(super) async fn taken_up(
    tx: &mut Tx,
    request: Option<i64>,
    proposal: ProposalId,
    staff: &Staff,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    match request {
        Some(request) => store::take_up(tx, request, proposal, staff.person, now).await,
        None => Ok(()),
    }
}

async fn offer_of(tx: &mut Tx, text: &str, account: &Account) -> Result<Option<OfferId>, AppError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let offer: OfferId = text.trim().parse().map_err(|_| AppError::BadRequest("offer"))?;
    if store::is_offer_of(tx, offer, account.programme).await? {
        Ok(Some(offer))
    } else {
        Err(AppError::BadRequest("offer"))
    }
}

/// The steps and caps of a form; what is wrong stands beside its field.
pub(crate) fn typed_rule(
    ctx: &Context,
    typed: &TypedRule<'_>,
    first: Decimal,
    currency: Currency,
    errors: &mut Errors,
) -> Rule {
    let locale = ctx.locale;
    let decimal_mark = tr!(locale, format.decimal_mark).chars().next().unwrap_or('.');
    rules::parse_rule(typed, first, decimal_mark, currency).unwrap_or_else(|bad| {
        for (field, why) in bad {
            let words = match why {
                BadRule::Unknown | BadRule::Unasked => tr!(locale, steps.steps_unasked),
                BadRule::Missing => tr!(locale, steps.steps_missing),
                BadRule::Line(line) => tr!(locale, steps.steps_bad_line, line = line),
                BadRule::NotRising(line) => tr!(locale, steps.steps_not_rising, line = line),
                BadRule::Falling(line) => tr!(locale, steps.steps_falling, line = line),
                BadRule::NotWhole(line) => tr!(locale, steps.steps_whole_orders, line = line),
                BadRule::TooMany => tr!(locale, steps.steps_too_many, most = rules::MOST_STEPS),
                BadRule::EachBesideSteps => tr!(locale, steps.each_beside_steps),
                BadRule::Cap(bad) => bad_amount(ctx, bad),
                BadRule::CapZero => tr!(locale, steps.cap_zero),
            };
            errors.add(field, words);
        }
        Rule::default()
    })
}

fn days_of(ctx: &Context, text: &str, errors: &mut Errors) -> i64 {
    let days = match text.trim() {
        "" => Some(REPLAY_DAYS),
        text => text.parse().ok().filter(|days| rules::REPLAY_SPANS.contains(days)),
    };
    days.unwrap_or_else(|| {
        errors.add("days", tr!(ctx.locale, steps.bad_days));
        REPLAY_DAYS
    })
}

/// Replays the last days of the scope under a rate, for its partner and for the others under the same terms.
///
/// # Errors
/// When the database is away.
pub(super) async fn impact_of(
    tx: &mut Tx,
    scope: Scope,
    proposed: Terms,
    in_force: Option<&Version>,
    valid_from: DateTime<Utc>,
    now: DateTime<Utc>,
    days: i64,
) -> Result<Impact, AppError> {
    let margin_floor = store::floor(tx, scope.programme, scope.offer, scope.partner, now).await?;
    let from = rules::replay_from(now, days);
    let replaying = store::Replaying { scope, terms: &proposed, valid_from, from, until: now };
    let months = store::replay(tx, &replaying).await?;
    // What is the partner's own holds for nobody else.
    let neighbours = match in_force.filter(|version| version.scope.partner.is_none()) {
        Some(version) => {
            let (partners, months) = store::neighbours(tx, &replaying, version.id).await?;
            Some(Neighbours { partners, currencies: rules::neighbour_costs(&months, days) })
        }
        None => None,
    };
    let before = in_force.and_then(|version| {
        Some(Terms { rate: Rate::from_parts(&version.kind, version.value)?, rule: version.rule.clone() })
    });
    Ok(Impact { neighbours, ..rules::impact(now, days, before, proposed, margin_floor, months) })
}

/// Writes a proposal and its line in the record.
///
/// # Errors
/// The constraint that refused it, inside [`AppError::Database`].
pub(super) async fn write(tx: &mut Tx, ctx: &Context, proposal: store::Propose<'_>) -> Result<ProposalId, AppError> {
    let field = proposal.field.as_str();
    let partner = proposal.scope.partner;
    let before = proposal.value_before.map(|value| serde_json::json!({ field: value }));
    let after = serde_json::json!({
        field: proposal.value,
        "kind": proposal.kind,
        "rule": proposal.rule.filter(|rule| !rule.is_plain()),
        "offer": proposal.scope.offer,
        "valid_from": proposal.valid_from,
        "valid_until": proposal.valid_until,
        "expires_at": proposal.expires_at,
        "case": proposal.case,
    });
    let (id, _) = store::propose(tx, proposal).await?;
    let change = audit::store::Change {
        action: "proposal.made",
        subject: format!("proposal/{id}"),
        partner,
        on_behalf_of: partner,
        before,
        after: Some(after),
        ..audit::store::Change::default()
    };
    audit::store::record(tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    Ok(id)
}

/// After the database refused: the same form, sent twice at once, is done; anything else is told.
pub(super) async fn sent_before(
    ctx: &Context,
    staff: &Staff,
    key: Uuid,
    refusal: Refusal,
    done: impl FnOnce(ProposalId, bool) -> Answer,
) -> Result<Answer, AppError> {
    if refusal == Refusal::SentBefore {
        let mut tx = ctx.begin().await?;
        if let Some((id, decided)) = store::by_form_key(&mut tx, key, staff.person).await? {
            return Ok(done(id, decided));
        }
    }
    Ok(Answer::refused(refusal_text(ctx, refusal)))
}

/// Back to the case; without one, to the proposal where the person may read it, else to the queue.
fn done(staff: &Staff, case: Option<CaseId>, request: Option<i64>, id: ProposalId) -> Answer {
    Answer::Done(match case {
        None if request.is_some() => format!("{}?done=proposed", paths::TERMS_REQUESTS),
        Some(case) => format!("{}?done=proposed", paths::case(case)),
        None if staff.role == Role::Owner => format!("{}?done=proposed", paths::proposal(id)),
        None => format!("{}?done=proposed", paths::DESK),
    })
}
