//! What owners say about their digest: whether it comes by mail.

use super::store;
use crate::audit::store::{Change, record};
use crate::base::actor::Role;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End};
use crate::paths;
use chrono::NaiveDate;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// Turns the weekly mail on or off for whoever asks.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "set-digest-mail")]
pub async fn set_digest_mail(
    /// `yes` or `no`.
    wanted: String,
    /// The week that was being read.
    week: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let end = set(&ctx, &wanted, week.as_deref(), &form_key).await;
    forms::finish(&ctx, &[], end).await
}

async fn set(ctx: &Context, wanted: &str, week: Option<&str>, form_key: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?;
    if staff.role != Role::Owner {
        return Err(AppError::Forbidden);
    }
    let wanted = match wanted {
        "yes" => true,
        "no" => false,
        _ => return Err(AppError::BadRequest("wanted")),
    };
    let form_key: Uuid = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let now = ctx.now();
    let mut tx = ctx.begin().await?;
    let before = store::wants(&mut tx, staff.person, now).await?;
    if store::wish(&mut tx, staff.person, wanted, form_key, now).await? {
        let change = Change {
            action: "digest.mail_set",
            subject: format!("person/{}", staff.person),
            before: Some(json!({ "wanted": before })),
            after: Some(json!({ "wanted": wanted })),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, now, &ctx.request_id, change).await?;
        tx.commit().await?;
    }
    let done = if wanted { "done=on" } else { "done=off" };
    Ok(End::Done(match week.and_then(|text| text.parse::<NaiveDate>().ok()) {
        Some(monday) => format!("{}&{done}", paths::digest(monday)),
        None => format!("{}?{done}", paths::DIGEST),
    }))
}
