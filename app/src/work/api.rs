//! What staff do with one case: hand it on, put it off, join it with another, take a step back; and the keys' switch.

use super::act::{Stop, Work};
use super::model::{Refusal, To, What};
use super::{rules, store, words};
use crate::audit::store::{Change, record};
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::desk::store as desk;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

mod bulk;
mod turns;

pub use bulk::{BulkCases, bulk_cases};
pub use turns::{SetCaseLimit, SetTurns, set_case_limit, set_turns};

/// What was done is told on the page under codes that begin so.
pub(super) const DONE: &str = "work-";

fn context() -> Result<Context, ServerFnError> {
    context::current().map_err(|error| ServerFnError::new(error.to_string()))
}

fn parse_case(case: &str) -> Result<CaseId, AppError> {
    case.trim().parse().map_err(|_| AppError::NotFound)
}

fn parse_version(version: &str) -> Result<i32, AppError> {
    version.parse().map_err(|_| AppError::BadRequest("version"))
}

/// A step that was refused goes back to its form; beside a field, or on top.
fn refused(ctx: &Context, back: String, field: &str, refusal: Refusal) -> End {
    let mut errors = Errors::default();
    errors.add(field, words::refusal(ctx.locale, refusal));
    End::Refused(back, errors)
}

/// Ends a step: what it gives, or what the page says instead.
fn ended(ctx: &Context, back: String, field: &str, done: Result<End, Stop>) -> Result<End, AppError> {
    match done {
        Ok(end) => Ok(end),
        Err(Stop::Refused(refusal)) => Ok(refused(ctx, back, field, refusal)),
        Err(Stop::Failed(error)) => Err(error),
    }
}

fn done(case: CaseId, what: &str, undo: Uuid) -> End {
    End::Done(format!("{}?done={DONE}{what}&undo={undo}", paths::case(case)))
}

/// Gives a case to a person, to whoever's turn it is, or back to nobody.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "assign-case")]
pub async fn assign_case(
    /// The case.
    case: String,
    /// The case's version that was read.
    version: String,
    /// A person's number, `turn` or `nobody`.
    to: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let to = to.unwrap_or_default();
    let end = assign(&ctx, &case, &version, &to).await;
    forms::finish(&ctx, &[("form_name", "assign-case"), ("to", &to)], end).await
}

async fn assign(ctx: &Context, case: &str, version: &str, to: &str) -> Result<End, AppError> {
    let (case, version) = (parse_case(case)?, parse_version(version)?);
    let back = paths::case(case);
    let Some(to) = To::parse(to) else {
        let mut errors = Errors::default();
        errors.add("to", tr!(ctx.locale, work.error_to));
        return Ok(End::Refused(back, errors));
    };
    ended(ctx, back, "to", try_assign(ctx, case, version, to).await)
}

async fn try_assign(ctx: &Context, case: CaseId, version: i32, to: To) -> Result<End, Stop> {
    let mut work = Work::begin(ctx).await?;
    if to == To::InTurn {
        // Turns come before cases in the order of locks.
        let partner = desk::partner_of(&mut work.tx, case).await?;
        store::who_is_next(&mut work.tx, partner, case, ctx.now()).await?;
    }
    let locked = work.lock(case, Some(version)).await?;
    let undo = work.new_undo(What::Assigned).await?;
    let person = work.assign(&locked, to, undo).await?;
    work.tx.commit().await.map_err(AppError::from)?;
    Ok(done(case, if person.is_some() { "assigned" } else { "given-back" }, undo))
}

/// Puts a case off until a moment, with a reason. Its clocks run on.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "snooze-case")]
pub async fn snooze_case(
    /// The case.
    case: String,
    /// The case's version that was read.
    version: String,
    /// A day and time of the writer's clock.
    until: Option<String>,
    /// Why, for the house.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let (until, reason) = (until.unwrap_or_default(), reason.unwrap_or_default());
    let end = snooze(&ctx, &case, &version, &until, &reason).await;
    let fields = [("form_name", "snooze-case"), ("until", until.as_str()), ("reason", reason.as_str())];
    forms::finish(&ctx, &fields, end).await
}

async fn snooze(ctx: &Context, case: &str, version: &str, until: &str, reason: &str) -> Result<End, AppError> {
    let (case, version) = (parse_case(case)?, parse_version(version)?);
    let back = paths::case(case);
    let mut errors = Errors::default();
    let until = rules::parse_until(until, ctx.time_zone, ctx.now())
        .map_err(|error| errors.add("until", words::until(ctx.locale, error)));
    let reason = rules::parse_reason(reason).map_err(|error| errors.add("reason", words::reason(ctx.locale, error)));
    let (Ok(until), Ok(reason)) = (until, reason) else { return Ok(End::Refused(back, errors)) };
    let step = async {
        let mut work = Work::begin(ctx).await?;
        let locked = work.lock(case, Some(version)).await?;
        let undo = work.new_undo(What::Snoozed).await?;
        work.snooze(&locked, until, &reason, undo).await?;
        work.tx.commit().await.map_err(AppError::from)?;
        Ok(done(case, "snoozed", undo))
    };
    ended(ctx, back, "", step.await)
}

/// Brings a case back before its time.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "wake-case")]
pub async fn wake_case(
    /// The case.
    case: String,
    /// The case's version that was read.
    version: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = wake(&ctx, &case, &version).await;
    forms::finish(&ctx, &[("form_name", "wake-case")], end).await
}

async fn wake(ctx: &Context, case: &str, version: &str) -> Result<End, AppError> {
    let (case, version) = (parse_case(case)?, parse_version(version)?);
    let step = async {
        let mut work = Work::begin(ctx).await?;
        let locked = work.lock(case, Some(version)).await?;
        let undo = work.new_undo(What::Woken).await?;
        work.wake(&locked, undo).await?;
        work.tx.commit().await.map_err(AppError::from)?;
        Ok(done(case, "woken", undo))
    };
    ended(ctx, paths::case(case), "", step.await)
}

/// Takes a step back: every case of it that nobody changed since is as it was.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "undo-step")]
pub async fn undo_step(
    /// The step.
    undo: String,
    /// The page to go back to.
    back: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = take_back(&ctx, &undo, back.as_deref().unwrap_or_default()).await;
    forms::finish(&ctx, &[("form_name", "undo-step")], end).await
}

async fn take_back(ctx: &Context, undo: &str, back: &str) -> Result<End, AppError> {
    let undo: Uuid = undo.parse().map_err(|_| AppError::BadRequest("undo"))?;
    let back = bulk::own_page(back);
    let mut work = Work::begin(ctx).await?;
    let steps = match store::use_undo(&mut work.tx, undo, work.hand.person, ctx.now()).await {
        Err(AppError::Conflict) => return Ok(End::Done(bulk::with_done(&back, "work-undone"))),
        other => other?,
    };
    let mut outcome = bulk::Outcome::default();
    for before in &steps {
        bulk::savepoint(&mut work).await?;
        let done = work.undo(before).await;
        outcome.note(&mut work, before.case, done).await?;
    }
    if steps.len() == 1
        && let Some((_, refusal)) = outcome.refused.first()
    {
        // Nothing was put back, so the step may be tried again.
        return Ok(refused(ctx, back, "", *refusal));
    }
    work.tx.commit().await?;
    outcome.end(ctx, &back, "undo", None).await
}

/// Merges a case into another one of the same partner.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "merge-case")]
pub async fn merge_case(
    /// The case that is closed.
    case: String,
    /// Its version that was read.
    version: String,
    /// The number of the case in which its conversation goes on.
    into: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let into = into.unwrap_or_default();
    let end = merge(&ctx, &case, &version, &into).await;
    forms::finish(&ctx, &[("form_name", "merge-case"), ("into", &into)], end).await
}

async fn merge(ctx: &Context, case: &str, version: &str, into: &str) -> Result<End, AppError> {
    let (case, version) = (parse_case(case)?, parse_version(version)?);
    let back = paths::case(case);
    let Ok(into) = parse_case(into) else { return Ok(refused(ctx, back, "into", Refusal::NotFound)) };
    let step = async {
        let mut work = Work::begin(ctx).await?;
        work.merge(case, version, into).await?;
        work.tx.commit().await.map_err(AppError::from)?;
        Ok(End::Done(format!("{}?done=work-merged", paths::case(into))))
    };
    ended(ctx, back, "into", step.await)
}

/// Names another case as having to do with one, or ends that.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "link-case")]
pub async fn link_case(
    /// The case.
    case: String,
    /// The number of the other one.
    other: Option<String>,
    /// `yes`: they have nothing to do with each other after all.
    remove: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let other = other.unwrap_or_default();
    let end = link(&ctx, &case, &other, remove.is_some()).await;
    forms::finish(&ctx, &[("form_name", "link-case"), ("other", &other)], end).await
}

async fn link(ctx: &Context, case: &str, other: &str, remove: bool) -> Result<End, AppError> {
    let case = parse_case(case)?;
    let back = paths::case(case);
    let Ok(other) = parse_case(other) else { return Ok(refused(ctx, back, "other", Refusal::NotFound)) };
    let step = async {
        let mut work = Work::begin(ctx).await?;
        let partner = desk::partner_of(&mut work.tx, case).await?;
        let of_other = desk::partner_of(&mut work.tx, other).await?;
        let (action, what) = if remove {
            store::remove_link(&mut work.tx, case, other).await?;
            ("case.unlinked", "work-unlinked")
        } else {
            let (me, now) = (work.hand.person, work.hand.at);
            store::add_link(&mut work.tx, (partner, case), (of_other, other), me, now).await?;
            ("case.linked", "work-linked")
        };
        let change = Change {
            action,
            subject: format!("case/{case}"),
            partner: Some(partner),
            after: Some(json!({ "other": other.0 })),
            ..Change::default()
        };
        record(&mut work.tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        work.tx.commit().await.map_err(AppError::from)?;
        Ok(End::Done(format!("{}?done={what}", paths::case(case))))
    };
    ended(ctx, back, "other", step.await)
}

/// Switches the reader's keys off or on.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "set-keys")]
pub async fn set_keys(
    /// `off` or `on`.
    keys: Option<String>,
    /// The page to go back to.
    back: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = switch(&ctx, keys.as_deref() == Some("off"), back.as_deref().unwrap_or_default()).await;
    forms::finish(&ctx, &[], end).await
}

async fn switch(ctx: &Context, off: bool, back: &str) -> Result<End, AppError> {
    let person = ctx.staff()?.person;
    let mut tx = ctx.begin().await?;
    store::set_keys(&mut tx, person, off, ctx.now()).await?;
    let change = Change {
        action: "staff.keys_set",
        subject: format!("person/{person}"),
        after: Some(json!({ "keys": if off { "off" } else { "on" } })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(bulk::own_page(back)))
}
