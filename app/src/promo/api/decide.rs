//! An owner grants a package, or says no.

use super::{refusal, text_of};
use crate::approvals;
use crate::audit::store::{Change, record};
use crate::base::actor::{Role, Staff};
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::PromoGrantId;
use crate::base::language::tr;
use crate::mail;
use crate::paths;
use crate::promo::model::Grant;
use crate::promo::store::{self, Decide};
use leptos::prelude::*;
use serde_json::json;

/// Grants what was proposed, or says no.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "decide-promo")]
pub async fn decide_promo(
    /// The grant.
    grant: String,
    /// `approved` or `rejected`.
    verdict: Option<String>,
    /// Why, for the partner.
    reason_partner: Option<String>,
    /// Why, for the house.
    reason_house: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = DecisionForm {
        grant,
        verdict: verdict.unwrap_or_default(),
        reason_partner: reason_partner.unwrap_or_default(),
        reason_house: reason_house.unwrap_or_default(),
    };
    let end = decide(&ctx, &form).await;
    let fields = [
        ("form_name", "decide-promo"),
        ("verdict", form.verdict.as_str()),
        ("reason_partner", &form.reason_partner),
        ("reason_house", &form.reason_house),
    ];
    forms::finish(&ctx, &fields, end).await
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct DecisionForm {
    /// The grant.
    pub grant: String,
    /// `approved` or `rejected`.
    pub verdict: String,
    /// Why, for the partner.
    pub reason_partner: String,
    /// Why, for the house.
    pub reason_house: String,
}

/// Decides. Of two owners at once, one decides and the other is told.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn decide(ctx: &Context, form: &DecisionForm) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if staff.role != Role::Owner {
        return Err(AppError::Forbidden);
    }
    let id: PromoGrantId = form.grant.parse().map_err(|_| AppError::NotFound)?;
    let back = paths::promotion(id);
    let mut tx = ctx.begin().await?;
    let grant = store::find(&mut tx, id).await?;
    if let Some(decision) = &grant.decision {
        return Ok(already(ctx, &staff, form, back, (decision.by.0, decision.by.1.clone(), decision.approved)));
    }
    let mut errors = Errors::default();
    let approved = match form.verdict.as_str() {
        "approved" => Some(true),
        "rejected" => Some(false),
        _ => None,
    };
    if approved.is_none() {
        errors.add("verdict", tr!(ctx.locale, approvals.verdict_missing));
    }
    let reason_partner = text_of(ctx, "reason_partner", &form.reason_partner, true, &mut errors);
    let reason_house = text_of(ctx, "reason_house", &form.reason_house, false, &mut errors);
    let own = grant.proposer.0 == staff.person;
    let sole_control = own && approvals::store::sole_owner(&mut tx, staff.person).await?;
    if own && !sole_control {
        errors.add("", tr!(ctx.locale, promo.error_own));
    }
    let (Some(approved), true) = (approved, errors.is_empty()) else { return Ok(End::Refused(back, errors)) };
    let decision = Decide {
        approved,
        authority: None,
        sole_control,
        reason_partner: &reason_partner,
        reason_house: &reason_house,
    };
    match write(&mut tx, ctx, &staff, &grant, &decision).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(done(&back, approved))
        }
        Err(AppError::Database(error)) => match constraint(&error) {
            Some("promo_decision_pkey") => {
                drop(tx);
                let mut tx = ctx.begin().await?;
                let by = store::decided_by(&mut tx, id).await?.ok_or(AppError::Conflict)?;
                Ok(already(ctx, &staff, form, back, by))
            }
            name => {
                errors.add("", name.and_then(|name| refusal(ctx, name)).ok_or(AppError::Database(error))?);
                Ok(End::Refused(back, errors))
            }
        },
        Err(error) => Err(error),
    }
}

async fn write(
    tx: &mut crate::base::db::Tx,
    ctx: &Context,
    staff: &Staff,
    grant: &Grant,
    decision: &Decide<'_>,
) -> Result<(), AppError> {
    store::decide(tx, grant, decision, staff, ctx.now()).await?;
    if decision.approved {
        mail::store::promo(tx, &ctx.mail, grant.partner, grant.id, "reserved", ctx.now()).await?;
    }
    let bonus = grant.package.bonus;
    let change = Change {
        action: if decision.approved { "promo.granted" } else { "promo.rejected" },
        subject: format!("promo_grant/{}", grant.id),
        partner: Some(grant.partner),
        after: Some(json!({
            "package": grant.package.id, "bonus": bonus.amount, "currency": bonus.currency.code(),
            "sole_control": decision.sole_control,
        })),
        ..Change::default()
    };
    record(tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await
}

/// The same decision of the same person, sent twice, is done; another one is told who was faster.
fn already(
    ctx: &Context,
    staff: &Staff,
    form: &DecisionForm,
    back: String,
    (person, name, approved): (crate::base::ids::PersonId, String, bool),
) -> End {
    if person == staff.person && (form.verdict == "approved") == approved {
        return done(&back, approved);
    }
    let mut errors = Errors::default();
    let words = if approved {
        tr!(ctx.locale, approvals.already_approved_by, name = name)
    } else {
        tr!(ctx.locale, approvals.already_rejected_by, name = name)
    };
    errors.add("", words);
    End::Refused(back, errors)
}

fn done(back: &str, approved: bool) -> End {
    End::Done(format!("{back}?done={}", if approved { "approved" } else { "rejected" }))
}
