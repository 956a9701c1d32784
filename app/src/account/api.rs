//! Changing where money goes.

use super::model::Refusal;
use crate::audit;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, Errors};
use crate::base::language::tr;
use crate::paths;
use crate::payout_methods::address::Given;
use crate::payout_methods::model::{Fault, MethodKind};
use crate::payout_methods::secrets::seal;
use crate::payout_methods::store;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// Makes an address the one where the partner's money goes.
#[server(prefix = "/do", endpoint = "set-payout-method")]
pub async fn set_payout_method(
    /// `paypal`.
    kind: String,
    /// The PayPal account's e-mail address.
    address: String,
    /// Tells one form from another.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    match set(&ctx, &kind, &address, &form_key).await {
        Ok(Ok(())) => forms::redirect(&format!("{}?done=method", paths::ACCOUNT)),
        Ok(Err(refusal)) => {
            let mut errors = Errors::default();
            errors.add("address", message(&ctx, refusal));
            forms::refuse(&ctx, paths::ACCOUNT, &[("kind", &kind), ("address", &address)], errors).await?;
        }
        Err(error) => return Err(forms::failed(&ctx, &error)),
    }
    Ok(())
}

/// The change and its record, in one transaction.
///
/// # Errors
/// When the actor may not, the form is none of ours, or the database is away.
pub async fn set(ctx: &Context, kind: &str, address: &str, form_key: &str) -> Result<Result<(), Refusal>, AppError> {
    let member = ctx.member()?;
    let kind = MethodKind::parse(kind).ok_or(AppError::BadRequest("no such payout method"))?;
    let form_key: Uuid = form_key.parse().map_err(|_| AppError::BadRequest("no form key"))?;
    let given = Given { holder: &member.partner_name, email: address, ..Given::default() };
    let (holder, address) = match given.parse(kind) {
        Ok(parsed) => parsed,
        Err(faults) if faults.contains(&Fault::EmailEmpty) => return Ok(Err(Refusal::Empty)),
        Err(_) => return Ok(Err(Refusal::NotAnAddress)),
    };
    let masked = address.masked();
    let sealed = seal(&ctx.secrets, member.partner, &address)?;
    let new = store::New { kind, holder, masked, sealed, says_more: false, form_key };
    let mut tx = ctx.begin().await?;
    let (before, after) = match store::set_method(&mut tx, member, &new, ctx.now()).await? {
        store::Set::Done { before, after, .. } => (before, after),
        store::Set::Unchanged => return Ok(Ok(())),
        store::Set::ServesAnother => return Ok(Err(Refusal::ServesAnother)),
    };
    let change = audit::store::Change {
        action: "payout_method.set",
        subject: format!("payout_method/{after}"),
        partner: Some(member.partner),
        before: before.map(|id| json!({ "payout_method": id })),
        after: Some(json!({ "payout_method": after, "kind": kind.as_str() })),
        ..audit::store::Change::default()
    };
    audit::store::record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

fn message(ctx: &Context, refusal: Refusal) -> String {
    match refusal {
        Refusal::Empty => tr!(ctx.locale, account.address_empty),
        Refusal::NotAnAddress => tr!(ctx.locale, account.address_not_email),
        Refusal::ServesAnother => tr!(ctx.locale, account.address_serves_another),
    }
}
