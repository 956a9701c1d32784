//! Giving a case away.

use super::{rules, store};
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, PersonId};
use crate::base::language::tr;
use crate::clocks::store as clocks;
use crate::desk::model::Hand;
use crate::desk::store as desk;
use crate::disputes::model::{Event, Stage};
use crate::disputes::{rules as cases, store as case_store};
use crate::paths;
use leptos::prelude::*;
use serde_json::json;

/// The longest reason.
const LONGEST_REASON: usize = 2000;

/// Gives a case whose partner abuses its agent to who leads the desk.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "give-away")]
pub async fn give_away(
    /// The case.
    case: String,
    /// The case's version that was read.
    version: String,
    /// Why; for the house alone.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let reason = reason.unwrap_or_default();
    let end = give(&ctx, &case, &version, &reason).await;
    forms::finish(&ctx, &[("form_name", "give-away"), ("reason", &reason)], end).await
}

async fn give(ctx: &Context, case: &str, version: &str, reason: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let id: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let version: i32 = version.parse().map_err(|_| AppError::BadRequest("version"))?;
    let hand = Hand { person: staff.person, name: staff.name, at: ctx.now() };
    let mut tx = ctx.begin().await?;
    let partner = desk::partner_of(&mut tx, id).await?;
    let locked = case_store::lock(&mut tx, partner, id).await?;
    let refused = |field: &str, message: String| {
        let mut errors = Errors::default();
        errors.add(field, message);
        Ok(End::Refused(paths::case(id), errors))
    };
    let done = || End::Done(format!("{}?done=given-away", paths::DESK));
    let givers: Vec<PersonId> =
        store::givers(&mut tx, partner, id).await?.into_iter().map(|given| given.from).collect();
    if givers.contains(&hand.person) {
        return Ok(done());
    }
    let reason = reason.replace('\0', "").trim().to_owned();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return refused("reason", tr!(ctx.locale, given_away.error_reason));
    }
    if locked.stage == Stage::Closed {
        return refused("", tr!(ctx.locale, given_away.error_closed));
    }
    let not_to = [givers.as_slice(), &[hand.person]].concat();
    let Some(heir) = rules::heir(&store::leads(&mut tx, hand.at).await?, &not_to) else {
        return refused("", tr!(ctx.locale, given_away.error_nobody));
    };
    let stage = if locked.stage == Stage::Received { Stage::InReview } else { locked.stage };
    match desk::save(&mut tx, &locked, version, stage, Some(heir.person), locked.next_update_at, hand.at).await {
        Ok(()) => {}
        Err(AppError::Conflict) => return refused("", tr!(ctx.locale, desk.error_changed)),
        Err(error) => return Err(error),
    }
    store::give(&mut tx, (partner, id), heir.person, &reason, &hand).await?;
    // What the partner sees: who answers from now on, and that what was promised stands. Never why.
    let promised_at = cases::running_promise(stage, locked.next_update_at);
    let event = Event { stage, at: hand.at, by: heir.name.clone(), promised_at };
    case_store::add_event(&mut tx, partner, id, &event).await?;
    let change = Change {
        action: "case.given_away",
        subject: format!("case/{id}"),
        partner: Some(partner),
        before: Some(json!({ "assignee": locked.assignee.map(|person| person.0), "stage": locked.stage.as_str() })),
        after: Some(json!({ "assignee": heir.person.0, "stage": stage.as_str(), "reason": reason })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    clocks::renew(&mut tx, partner, id, hand.at).await?;
    tx.commit().await?;
    Ok(done())
}
