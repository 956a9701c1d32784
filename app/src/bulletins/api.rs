//! What leads say about bulletins: how many mails of them a person may get.

use super::store;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::language::tr;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// Sets how many bulletins a person gets in a day at most.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-bulletin-policy")]
pub async fn set_bulletin_policy(
    /// How many.
    most: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let most = most.unwrap_or_default();
    let end = set(&ctx, &most, &form_key).await;
    let fields = [("form_name", "bulletin-policy"), ("most", most.as_str()), ("form_key", form_key.as_str())];
    forms::finish(&ctx, &fields, end).await
}

async fn set(ctx: &Context, most: &str, form_key: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?;
    if !Who::Leads.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let form_key: Uuid = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let Some(most) = most.trim().parse::<i32>().ok().filter(|most| (1..=20).contains(most)) else {
        let mut errors = Errors::default();
        errors.add("most", tr!(ctx.locale, bulletins.error_most));
        return Ok(End::Refused(paths::INCIDENTS.to_owned(), errors));
    };
    let mut tx = ctx.begin().await?;
    let before = store::most_a_day(&mut tx, ctx.now()).await?;
    if store::set_most_a_day(&mut tx, most, staff.person, form_key, ctx.now()).await? {
        let change = Change {
            action: "bulletin_policy.set",
            subject: "bulletin_policy".to_owned(),
            before: Some(json!({ "most_a_day": before })),
            after: Some(json!({ "most_a_day": most })),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        tx.commit().await?;
    }
    Ok(End::Done(format!("{}?done=policy", paths::INCIDENTS)))
}
