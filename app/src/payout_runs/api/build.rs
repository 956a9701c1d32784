//! Asking for a run. It is built by the job that goes through the partners; the page shows how far it is.

use super::{paying, reason_of, refused};
use crate::base::actor::{Actor, Staff};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{End, Errors};
use crate::base::language::tr;
use crate::partners::store as partners;
use crate::paths;
use crate::payout_runs::steps::{self, BadDay};
use crate::payout_runs::store::{self, Home, Start};
use chrono::NaiveDate;

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct BuildForm {
    /// The programme's code; empty where there is only one.
    pub programme: String,
    /// The last day whose money is in it.
    pub cutoff: String,
    /// When it pays.
    pub pay_day: String,
}

/// Starts a run, or leads to the one that has this cut-off already.
///
/// # Errors
/// Who may not, and a database that is away.
pub async fn build(ctx: &Context, form: &BuildForm) -> Result<End, AppError> {
    let staff = paying(ctx)?;
    let mut tx = ctx.begin().await?;
    let mut errors = Errors::default();
    let home = home(ctx, store::programmes(&mut tx).await?, &form.programme, &mut errors);
    let cutoff = day_of(ctx, "cutoff", &form.cutoff, &mut errors);
    let pay_day = match form.pay_day.trim() {
        "" => None,
        text => day_of(ctx, "pay_day", text, &mut errors),
    };
    if cutoff.is_none() && form.cutoff.trim().is_empty() {
        errors.add("cutoff", tr!(ctx.locale, runs.cutoff_missing));
    }
    if let (Some(home), Some(cutoff)) = (&home, cutoff) {
        match steps::days(cutoff, pay_day, today(ctx, home)) {
            Ok(()) => {}
            Err(BadDay::CutoffNotOver) => errors.add("cutoff", tr!(ctx.locale, runs.cutoff_not_over)),
            Err(BadDay::PaysBeforeCutoff) => errors.add("pay_day", tr!(ctx.locale, runs.pays_before_cutoff)),
            Err(BadDay::PayDayPast) => errors.add("pay_day", tr!(ctx.locale, runs.pay_day_past)),
        }
    }
    let (true, Some(home), Some(cutoff)) = (errors.is_empty(), home, cutoff) else {
        return Ok(End::Refused(paths::RUNS.to_owned(), errors));
    };
    let what = Start { programme: home.id.into(), cutoff, pay_day, off_cycle: None };
    let (run, is_new) = store::start(&mut tx, &Actor::Staff(staff.clone()), &what, ctx.now()).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done={}", paths::run(run.id), if is_new { "started" } else { "known" })))
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct OffCycleForm {
    /// The programme's code; empty where there is only one.
    pub programme: String,
    /// The partner's code.
    pub partner: String,
    /// Why now.
    pub reason: String,
}

/// Starts a run that pays one partner everything that is payable today, or leads to the one that waits for its release.
///
/// # Errors
/// Who may not, and a database that is away.
pub async fn pay_off_cycle(ctx: &Context, form: &OffCycleForm) -> Result<End, AppError> {
    let staff: &Staff = paying(ctx)?;
    let mut tx = ctx.begin().await?;
    let mut errors = Errors::default();
    let home = home(ctx, store::programmes(&mut tx).await?, &form.programme, &mut errors);
    let code = form.partner.trim();
    let partner = match &home {
        _ if code.is_empty() => {
            errors.add("partner", tr!(ctx.locale, runs.partner_missing));
            None
        }
        Some(home) => partners::find(&mut tx, home.id.into(), code).await?,
        None => None,
    };
    if partner.is_none() && home.is_some() {
        errors.add("partner", tr!(ctx.locale, runs.partner_unknown));
    }
    let reason = reason_of(ctx, "reason", &form.reason, &mut errors);
    let (true, Some(home), Some(partner)) = (errors.is_empty(), home, partner) else {
        return Ok(End::Refused(paths::RUNS.to_owned(), errors));
    };
    if let Some(run) = store::open_off_cycle(&mut tx, partner).await? {
        return Ok(End::Done(format!("{}?done=known", paths::run(run))));
    }
    let cutoff = today(ctx, &home);
    let off_cycle = Some((partner, reason.to_owned()));
    let what = Start { programme: home.id.into(), cutoff, pay_day: None, off_cycle };
    match store::start(&mut tx, &Actor::Staff(staff.clone()), &what, ctx.now()).await {
        Ok((run, _)) => {
            tx.commit().await?;
            Ok(End::Done(format!("{}?done=started", paths::run(run.id))))
        }
        Err(AppError::Conflict) => Ok(refused(paths::RUNS.to_owned(), tr!(ctx.locale, runs.changed_meanwhile))),
        Err(error) => Err(error),
    }
}

/// The programme a form names; where there is only one, that.
fn home(ctx: &Context, mut homes: Vec<Home>, code: &str, errors: &mut Errors) -> Option<Home> {
    if code.trim().is_empty() && homes.len() == 1 {
        return homes.pop();
    }
    let found = homes.into_iter().find(|home| home.code == code.trim());
    if found.is_none() {
        errors.add("programme", tr!(ctx.locale, runs.programme_missing));
    }
    found
}

fn today(ctx: &Context, home: &Home) -> NaiveDate {
    let zone: chrono_tz::Tz = home.time_zone.parse().unwrap_or(chrono_tz::UTC);
    ctx.now().with_timezone(&zone).date_naive()
}

pub(super) fn day_of(ctx: &Context, field: &str, text: &str, errors: &mut Errors) -> Option<NaiveDate> {
    let text = text.trim();
    let day = text.parse().ok();
    if day.is_none() && !text.is_empty() {
        errors.add(field, tr!(ctx.locale, runs.bad_day));
    }
    day
}
