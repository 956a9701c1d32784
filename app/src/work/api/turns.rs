//! What leads set for giving out in turn.

use super::context;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{PersonId, ProgrammeId};
use crate::base::language::tr;
use crate::paths;
use crate::rota::store::Pen;
use crate::work::store;
use leptos::prelude::*;
use serde_json::json;

/// Switches giving new cases of a programme out in turn on or off.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "set-turns")]
pub async fn set_turns(
    /// The programme.
    programme: String,
    /// `on` or `off`.
    turns: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = switch(&ctx, &programme, turns.as_deref() == Some("on"), &form_key).await;
    forms::finish(&ctx, &[("form_name", &format!("turns-{programme}"))], end).await
}

fn begin(ctx: &Context, form_key: &str) -> Result<(PersonId, Pen), AppError> {
    let by = ctx.staff()?.person;
    if !Who::Leads.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let form_key = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    Ok((by, Pen { by: Some(by), at: ctx.now(), form_key }))
}

async fn switch(ctx: &Context, programme: &str, on: bool, form_key: &str) -> Result<End, AppError> {
    let (by, pen) = begin(ctx, form_key)?;
    let programme: ProgrammeId = programme.parse().map_err(|_| AppError::NotFound)?;
    let done = || End::Done(format!("{}?done=switched", paths::TURNS));
    let mut tx = ctx.begin().await?;
    if !store::policies(&mut tx).await?.iter().any(|each| each.programme == programme) {
        return Err(AppError::NotFound);
    }
    match store::set_policy(&mut tx, programme, on, by, pen).await {
        Err(AppError::Database(error)) if constraint(&error) == Some("turn_policy_form_once") => return Ok(done()),
        other => other?,
    }
    let change = Change {
        action: "turns.switched",
        subject: format!("programme/{programme}"),
        after: Some(json!({ "in_turn": on })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(done())
}

/// Sets how many open cases a person is given at most.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-case-limit")]
pub async fn set_case_limit(
    /// Who.
    person: String,
    /// The number; empty for none.
    most: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let most = most.unwrap_or_default();
    let end = limit(&ctx, &person, &most, &form_key).await;
    forms::finish(&ctx, &[("form_name", &format!("limit-{person}")), ("most", &most)], end).await
}

async fn limit(ctx: &Context, person: &str, most: &str, form_key: &str) -> Result<End, AppError> {
    let (by, pen) = begin(ctx, form_key)?;
    let person: PersonId = person.parse().map_err(|_| AppError::NotFound)?;
    let done = || End::Done(format!("{}?done=limited", paths::TURNS));
    let most: Option<i32> = match most.trim() {
        "" => None,
        text => match text.parse() {
            Ok(most) if (0..=10_000).contains(&most) => Some(most),
            _ => {
                let mut errors = Errors::default();
                errors.add("most", tr!(ctx.locale, work.error_most));
                return Ok(End::Refused(paths::TURNS.to_owned(), errors));
            }
        },
    };
    let mut tx = ctx.begin().await?;
    if !store::limits(&mut tx, ctx.now()).await?.iter().any(|each| each.person == person) {
        return Err(AppError::NotFound);
    }
    match store::set_limit(&mut tx, person, most, by, pen).await {
        Err(AppError::Database(error)) if constraint(&error) == Some("case_limit_form_once") => return Ok(done()),
        other => other?,
    }
    let change = Change {
        action: "staff.case_limit_set",
        subject: format!("person/{person}"),
        after: Some(json!({ "most": most })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(done())
}
