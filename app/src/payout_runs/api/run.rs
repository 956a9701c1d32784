//! What is done with a run as a whole, and with one payout in it.

use super::build::day_of;
use super::work::{Ended, ask};
use super::{owner, paying, reason_of, refused, run_done, sending_done};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{End, Errors};
use crate::base::ids::{PayoutId, PayoutRunId};
use crate::base::language::tr;
use crate::paths;
use crate::payout_runs::model::Stage;
use crate::payout_runs::steps::{self, BadDelay, By, Refused, Step};
use crate::payout_runs::store::{self, NewDelay, Task};
use uuid::Uuid;

/// Releases a run; done before, it is done. What takes longer than a reader waits goes on by itself.
///
/// # Errors
/// Who may not, and a database that is away.
pub async fn release(ctx: &Context, run: PayoutRunId) -> Result<End, AppError> {
    owner(ctx)?;
    Ok(match ask(ctx, run, Task::Release).await? {
        Ended::Done => run_done(run, "released"),
        Ended::GoesOn => run_done(run, "working"),
        Ended::Refused(why) => refused(paths::run(run), why),
    })
}

/// Gives a run up before anything of it was sent.
///
/// # Errors
/// Who may not, and a database that is away.
pub async fn cancel(ctx: &Context, run: PayoutRunId, reason: &str) -> Result<End, AppError> {
    paying(ctx)?;
    let mut errors = Errors::default();
    let reason = reason_of(ctx, "reason", reason, &mut errors);
    if !errors.is_empty() {
        return Ok(End::Refused(paths::run(run), errors));
    }
    let mut tx = ctx.begin().await?;
    if store::find(&mut tx, run).await?.stage == Stage::Cancelled {
        return Ok(run_done(run, "cancelled"));
    }
    match store::cancel(&mut tx, &ctx.actor, run, reason, &ctx.request_id, ctx.now()).await? {
        Some(_) => {
            tx.commit().await?;
            Ok(run_done(run, "cancelled"))
        }
        None => Ok(refused(paths::run(run), tr!(ctx.locale, runs.sent_not_cancelled))),
    }
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct StepForm {
    /// The run's number.
    pub run: String,
    /// The payout's number.
    pub payout: String,
    /// `hold`, `let_go` or `cancel`.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// Keeps a payout back, lets it go, or gives it up.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn step(ctx: &Context, form: &StepForm) -> Result<End, AppError> {
    let staff = paying(ctx)?;
    let run: PayoutRunId = form.run.parse().map_err(|_| AppError::NotFound)?;
    let payout: PayoutId = form.payout.parse().map_err(|_| AppError::NotFound)?;
    let wanted = Step::parse(&form.step).ok_or(AppError::BadRequest("step"))?;
    let here = paths::run_payout(run, payout);
    let mut errors = Errors::default();
    let reason = if wanted.needs_reason() { reason_of(ctx, "reason", &form.reason, &mut errors) } else { "" };
    if !errors.is_empty() {
        return Ok(End::Refused(here, errors));
    }
    let mut tx = ctx.begin().await?;
    let (partner, standing) = store::standing(&mut tx, run, payout).await?;
    let alone = store::other_owners(&mut tx, staff.person).await?.is_empty();
    let states = match steps::take(wanted, &standing, By::new(staff, alone)) {
        Ok(states) => states,
        Err(Refused::NotTheirs) => return Err(AppError::Forbidden),
        Err(Refused::NotNow) => return Ok(refused(here, tr!(ctx.locale, runs.moved_on))),
        Err(Refused::AnotherOwner) => return Ok(refused(here, tr!(ctx.locale, runs.owner_lets_go))),
    };
    let of = (partner, payout);
    let done =
        store::step(&mut tx, staff, of, wanted, standing.state, states, reason, &ctx.request_id, ctx.now()).await;
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(End::Done(format!("{here}?done={}", wanted.as_str())))
        }
        Err(AppError::Conflict) => Ok(refused(here, tr!(ctx.locale, runs.moved_on))),
        Err(error) => Err(error),
    }
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct DelayForm {
    /// The run's number.
    pub run: String,
    /// The new pay day.
    pub day: String,
    /// What partners read.
    pub message: String,
    /// The form's key.
    pub form_key: String,
}

/// Tells everybody in a run a later pay day.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn delay(ctx: &Context, form: &DelayForm) -> Result<End, AppError> {
    let staff = paying(ctx)?;
    let run: PayoutRunId = form.run.parse().map_err(|_| AppError::NotFound)?;
    let form_key: Uuid = form.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut tx = ctx.begin().await?;
    if store::delay_was_told(&mut tx, form_key).await? {
        return Ok(sending_done(run, "delayed"));
    }
    let head = store::head(&mut tx, run).await?;
    let mut errors = Errors::default();
    let message = reason_of(ctx, "message", &form.message, &mut errors);
    let day = day_of(ctx, "day", &form.day, &mut errors);
    let today = ctx.now().with_timezone(&head.zone).date_naive();
    match day.map(|day| steps::delay(&head.listed.totals, head.promised(), day, today)) {
        Some(Ok(())) => {}
        Some(Err(bad)) => errors.add(
            "day",
            match bad {
                BadDelay::NobodyWaits => tr!(ctx.locale, runs.nobody_waits),
                BadDelay::NotLater => tr!(ctx.locale, runs.delay_not_later),
                BadDelay::Past => tr!(ctx.locale, runs.pay_day_past),
                BadDelay::TooFar => tr!(ctx.locale, runs.delay_too_far),
            },
        ),
        None => errors.add("day", tr!(ctx.locale, runs.delay_missing)),
    }
    let (true, Some(day)) = (errors.is_empty(), day) else {
        return Ok(End::Refused(paths::run_view(run, "sending"), errors));
    };
    let new = NewDelay { run, promised: head.promised(), day, message, form_key };
    store::tell_delay(&mut tx, staff, new, &ctx.request_id, ctx.now()).await?;
    tx.commit().await?;
    Ok(sending_done(run, "delayed"))
}
