//! Lowering a minimum: at once where the person's authority reaches, otherwise a proposal.

use super::propose::{request_of, sent_before, taken_up, write};
use super::{Answer, bad_amount, case_of, desk, reason_of, refusal};
use crate::approvals::model::{Authority, By, Verdict};
use crate::approvals::{rules, store};
use crate::audit;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::Errors;
use crate::base::ids::{CaseId, PartnerId, ProposalId};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::paths;
use crate::terms;
use crate::terms::model::{Field, Scope};
use chrono::TimeDelta;
use uuid::Uuid;

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct MinimumForm {
    /// The case it comes from; empty: none.
    pub case: String,
    /// The partner's id.
    pub partner: String,
    /// The new minimum, in the programme's currency.
    pub value: String,
    /// Why, as the partner may read it.
    pub reason: String,
    /// The form's key.
    pub form_key: String,
    /// What it rests on.
    pub evidence: Vec<String>,
    /// The partner's request that it takes up; empty: none.
    pub request: String,
}

/// Lowers a partner's minimum payout, or proposes to.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn lower(ctx: &Context, form: &MinimumForm) -> Result<Answer, AppError> {
    let staff = desk(ctx)?;
    let key: Uuid = form.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let partner: PartnerId = form.partner.parse().map_err(|_| AppError::BadRequest("partner"))?;
    let case = case_of(&form.case)?;
    let request = request_of(&form.request)?;
    let mut tx = ctx.begin().await?;
    if let Some((_, decided)) = store::by_form_key(&mut tx, key, staff.person).await? {
        return Ok(done(case, request, decided));
    }
    let account = store::account(&mut tx, partner).await?;
    if let Some(case) = case
        && !store::is_case_of(&mut tx, case, partner).await?
    {
        return Err(AppError::BadRequest("case"));
    }

    let now = ctx.now();
    let mut errors = Errors::default();
    let decimal_mark = tr!(ctx.locale, format.decimal_mark).chars().next().unwrap_or('.');
    let value = rules::parse_amount(&form.value, decimal_mark, account.currency);
    if let Err(bad) = value {
        errors.add("value", bad_amount(ctx, bad));
    }
    let in_force = terms::store::field_in_force(&mut tx, Field::Minimum, account.programme, None, partner, now).await?;
    let value_before = in_force.map(|version| version.value);
    if let (Ok(value), Some(before)) = (value, value_before)
        && value >= before
    {
        let amount = format::money(ctx.locale, Money::new(before, account.currency));
        errors.add("value", tr!(ctx.locale, approvals.not_lower_than, amount = amount));
    }
    if value_before.is_none() {
        errors.add("value", tr!(ctx.locale, approvals.no_minimum));
    }
    let reason = reason_of(ctx, "reason", &form.reason, &mut errors);
    let (true, Ok(value)) = (errors.is_empty(), value) else {
        return Ok(Answer::Refused(errors));
    };

    let authority = store::authority_of(&mut tx, account.programme, staff.person, now)
        .await?
        .filter(|authority| value >= authority.lowest_minimum);
    let evidence = store::evidence(&mut tx, partner, &form.evidence, now).await?;
    let proposal = store::Propose {
        scope: Scope { programme: account.programme, offer: None, partner: Some(partner) },
        field: Field::Minimum,
        kind: "amount",
        value,
        rule: None,
        value_before,
        valid_from: now,
        valid_until: None,
        reason,
        impact: None,
        case,
        proposer: Some(staff.person),
        at: now,
        expires_at: Some(now + TimeDelta::days(rules::EXPIRES_AFTER_DAYS)),
        form_key: Some(key),
        evidence,
    };
    let written = match authority {
        Some(authority) => at_once(&mut tx, ctx, proposal, authority).await,
        None => write(&mut tx, ctx, proposal).await,
    };
    let written = match written {
        Ok(id) => taken_up(&mut tx, request, id, staff, now).await,
        Err(error) => Err(error),
    };
    match written {
        Ok(()) => {
            tx.commit().await?;
            Ok(done(case, request, authority.is_some()))
        }
        Err(error) => {
            let refusal = refusal(error)?;
            drop(tx);
            sent_before(ctx, staff, key, refusal, |_, decided| done(case, request, decided)).await
        }
    }
}

/// Proposal, decision by policy and version, in one transaction.
async fn at_once(
    tx: &mut Tx,
    ctx: &Context,
    proposal: store::Propose<'_>,
    authority: Authority,
) -> Result<ProposalId, AppError> {
    let now = proposal.at;
    let (id, content_hash) = store::propose(tx, proposal.clone()).await?;
    let decision = store::Decide {
        proposal: id,
        content_hash: &content_hash,
        verdict: Verdict::Approved,
        by: By::Policy,
        decider: proposal.proposer,
        sole_control: false,
        authority: Some(authority),
        reason_partner: proposal.reason,
        reason_house: "",
        floor_reason: None,
        earliest: now,
        until: None,
        at: now,
    };
    store::decide(tx, decision).await?;
    store::append_version(tx, id, now).await?;
    record(tx, ctx, &proposal, id, authority).await?;
    Ok(id)
}

async fn record(
    tx: &mut Tx,
    ctx: &Context,
    proposal: &store::Propose<'_>,
    id: ProposalId,
    authority: Authority,
) -> Result<(), AppError> {
    let partner = proposal.scope.partner;
    let change = audit::store::Change {
        action: "terms.minimum_lowered",
        subject: format!("proposal/{id}"),
        partner,
        on_behalf_of: partner,
        approval: Some(id),
        before: Some(serde_json::json!({ "minimum": proposal.value_before })),
        after: Some(serde_json::json!({
            "minimum": proposal.value, "authority": authority.id, "lowest_minimum": authority.lowest_minimum,
            "case": proposal.case,
        })),
    };
    audit::store::record(tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await
}

fn done(case: Option<CaseId>, request: Option<i64>, at_once: bool) -> Answer {
    let elsewhere = if request.is_some() { paths::TERMS_REQUESTS } else { paths::DESK };
    let path = case.map_or_else(|| elsewhere.to_owned(), paths::case);
    Answer::Done(format!("{path}?done={}", if at_once { "minimum_lowered" } else { "minimum_proposed" }))
}
