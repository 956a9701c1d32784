//! Lowering a minimum: at once where the person's authority reaches, otherwise a proposal.

use super::propose::{sent_before, write};
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
    let mut tx = ctx.begin().await?;
    if let Some((_, decided)) = store::by_form_key(&mut tx, key, staff.person).await? {
        return Ok(done(case, decided));
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

    let authority = store::authority(&mut tx, account.programme, staff.role, now)
        .await?
        .filter(|authority| value >= authority.lowest_minimum);
    let proposal = store::Propose {
        scope: Scope { programme: account.programme, offer: None, partner: Some(partner) },
        field: Field::Minimum,
        kind: "amount",
        value,
        value_before,
        valid_from: now,
        reason,
        impact: None,
        case,
        proposer: Some(staff.person),
        at: now,
        expires_at: Some(now + TimeDelta::days(rules::EXPIRES_AFTER_DAYS)),
        form_key: Some(key),
    };
    let written = match authority {
        Some(authority) => at_once(&mut tx, ctx, proposal, authority).await,
        None => write(&mut tx, ctx, proposal).await.map(|_| ()),
    };
    match written {
        Ok(()) => {
            tx.commit().await?;
            Ok(done(case, authority.is_some()))
        }
        Err(error) => {
            let refusal = refusal(error)?;
            drop(tx);
            sent_before(ctx, staff, key, refusal, |_, decided| done(case, decided)).await
        }
    }
}

/// Proposal, decision by policy and version, in one transaction.
async fn at_once(
    tx: &mut Tx,
    ctx: &Context,
    proposal: store::Propose<'_>,
    authority: Authority,
) -> Result<(), AppError> {
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
        earliest: now,
        at: now,
    };
    store::decide(tx, decision).await?;
    store::append_version(tx, id, now).await?;
    record(tx, ctx, &proposal, id, authority).await
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

fn done(case: Option<CaseId>, at_once: bool) -> Answer {
    let path = case.map_or_else(|| paths::DESK.to_owned(), paths::case);
    Answer::Done(format!("{path}?done={}", if at_once { "minimum_lowered" } else { "minimum_proposed" }))
}
