//! Setting what silence decides.

use super::store;
use crate::audit::store::{Change, record};
use crate::base::actor::Role;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::language::tr;
use crate::disputes::rules as cases;
use crate::disputes::words;
use crate::paths;
use leptos::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

/// Sets when the silence of the house decides, and up to what, from now on.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-silence-policy")]
pub async fn set_silence_policy(
    /// The programme's code.
    programme: String,
    /// Working days past the resolution clock.
    days: Option<String>,
    /// What may be credited without anybody.
    cap: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let (days, cap) = (days.unwrap_or_default(), cap.unwrap_or_default());
    let end = set(&ctx, &programme, &days, &cap).await;
    let name = format!("silence-{programme}");
    forms::finish(&ctx, &[("form_name", name.as_str()), ("days", &days), ("cap", &cap)], end).await
}

async fn set(ctx: &Context, programme: &str, days: &str, cap: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if staff.role != Role::Owner {
        return Err(AppError::Forbidden);
    }
    let mut tx = ctx.begin().await?;
    let (id, currency) = store::programme(&mut tx, programme).await?;
    let mut errors = Errors::default();
    let days: Option<i32> = days.trim().parse().ok().filter(|days| (1..=60).contains(days));
    if days.is_none() {
        errors.add("days", tr!(ctx.locale, provisional.error_silence_days));
    }
    let cap = match cap.trim() {
        "0" => Some(Decimal::ZERO),
        typed => cases::parse_amount(typed, currency)
            .map_err(|error| errors.add("cap", words::amount_error(ctx.locale, error, currency)))
            .ok(),
    };
    let (Some(days), Some(cap)) = (days, cap) else { return Ok(End::Refused(paths::LIMITS.to_owned(), errors)) };
    let version = store::set_policy(&mut tx, id, days, cap, staff.person, ctx.now()).await?;
    let change = Change {
        action: "policy.silence_set",
        subject: format!("programme/{id}"),
        after: Some(json!({ "policy": version, "days": days, "cap": cap })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done=set", paths::LIMITS)))
}
