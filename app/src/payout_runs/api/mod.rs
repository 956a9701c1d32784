//! Building a run, letting it go or giving it up, and what is done with its payouts and files: plain forms, each sent to
//! a server function of its own.

mod build;
mod files;
mod run;
mod wise_header;
mod work;

pub use build::{BuildForm, OffCycleForm, build, pay_off_cycle};
pub use files::{Download, download, make_files, withdraw};
pub use run::{DelayForm, StepForm, cancel, delay, release, step};
pub use wise_header::set_wise_header;
pub use work::{Ended, work_all};

use super::export::Format;
use crate::base::access::Who;
use crate::base::actor::Staff;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{End, Errors, finish};
use crate::base::ids::{PayoutFileId, PayoutRunId};
use crate::base::language::tr;
use crate::paths;
use leptos::prelude::*;

/// The longest reason anybody may write.
const LONGEST_REASON: usize = 2_000;

/// Has a run built in the background.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "build-run")]
pub async fn build_run(
    /// The programme's code.
    programme: Option<String>,
    /// The last day whose money is in it.
    cutoff: Option<String>,
    /// When it pays; none: the programme's schedule says it.
    pay_day: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = BuildForm {
        programme: programme.unwrap_or_default(),
        cutoff: cutoff.unwrap_or_default(),
        pay_day: pay_day.unwrap_or_default(),
    };
    let end = build(&ctx, &form).await;
    let fields = [
        ("form_name", "build-run"),
        ("programme", &form.programme),
        ("cutoff", &form.cutoff),
        ("pay_day", &form.pay_day),
    ];
    finish(&ctx, &fields, end).await
}

/// Has a run built that pays one partner now.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "pay-off-cycle")]
pub async fn pay_off_cycle_run(
    /// The programme's code.
    programme: Option<String>,
    /// The partner's code.
    partner: Option<String>,
    /// Why now.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = OffCycleForm {
        programme: programme.unwrap_or_default(),
        partner: partner.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
    };
    let end = pay_off_cycle(&ctx, &form).await;
    let fields = [
        ("form_name", "pay-off-cycle"),
        ("programme", &form.programme),
        ("partner", &form.partner),
        ("reason", &form.reason),
    ];
    finish(&ctx, &fields, end).await
}

/// Releases a run.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "release-run")]
pub async fn release_run(
    /// The run's number.
    run: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let end = match run.parse() {
        Ok(run) => release(&ctx, run).await,
        Err(_) => Err(AppError::NotFound),
    };
    finish(&ctx, &[("form_name", "release-run")], end).await
}

/// Gives a run up.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "cancel-run")]
pub async fn cancel_run(
    /// The run's number.
    run: String,
    /// Why.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let reason = reason.unwrap_or_default();
    let end = match run.parse() {
        Ok(run) => cancel(&ctx, run, &reason).await,
        Err(_) => Err(AppError::NotFound),
    };
    finish(&ctx, &[("form_name", "cancel-run"), ("reason", &reason)], end).await
}

/// Keeps a payout back, lets it go, or gives it up.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "step-payout")]
pub async fn step_payout(
    /// The run's number.
    run: String,
    /// The payout's number.
    payout: String,
    /// `hold`, `let_go` or `cancel`.
    step: String,
    /// Why.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = StepForm { run, payout, step, reason: reason.unwrap_or_default() };
    let end = self::step(&ctx, &form).await;
    finish(&ctx, &[("form_name", &form.step), ("reason", &form.reason)], end).await
}

/// Tells everybody in a run a later pay day.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "delay-run")]
pub async fn delay_run(
    /// The run's number.
    run: String,
    /// The new pay day.
    day: Option<String>,
    /// What partners read.
    message: Option<String>,
    /// The form's key: sent twice, it is told once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = DelayForm { run, day: day.unwrap_or_default(), message: message.unwrap_or_default(), form_key };
    let end = delay(&ctx, &form).await;
    finish(&ctx, &[("form_name", "delay-run"), ("day", &form.day), ("message", &form.message)], end).await
}

/// Makes the files of a format for what is approved and in no file yet.
///
/// # Errors
/// A status without details; what a reader can mend is told above the form instead.
#[server(prefix = "/do", endpoint = "make-files")]
pub async fn make_files_of_run(
    /// The run's number.
    run: String,
    /// `pain.001`, `bank`, `paypal` or `wise`.
    format: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let end = match (run.parse(), Format::parse(&format)) {
        (Ok(run), Some(format)) => make_files(&ctx, run, format).await,
        _ => Err(AppError::NotFound),
    };
    finish(&ctx, &[("form_name", "make-files")], end).await
}

/// Says which columns the Wise files of a run's programme have.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the field instead.
#[server(prefix = "/do", endpoint = "set-wise-header")]
pub async fn set_wise_header_of_programme(
    /// The run on whose page it is set.
    run: String,
    /// The header row of Wise's template; empty: the usual columns.
    header: Option<String>,
    /// The form's key: sent twice, it is set once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let header = header.unwrap_or_default();
    let end = match run.parse() {
        Ok(run) => set_wise_header(&ctx, run, &header, &form_key).await,
        Err(_) => Err(AppError::NotFound),
    };
    finish(&ctx, &[("form_name", "set-wise-header"), ("header", &header)], end).await
}

/// Withdraws a file that was never sent.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "withdraw-file")]
pub async fn withdraw_file(
    /// The run's number.
    run: String,
    /// The file's number.
    file: String,
    /// Why.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let reason = reason.unwrap_or_default();
    let end = match (run.parse::<PayoutRunId>(), file.parse::<PayoutFileId>()) {
        (Ok(run), Ok(file)) => withdraw(&ctx, run, file, &reason).await,
        _ => Err(AppError::NotFound),
    };
    let name = format!("withdraw-{file}");
    finish(&ctx, &[("form_name", &name), ("reason", &reason)], end).await
}

/// Finance and owners. The guard before the server functions asks the same; this is the second lock.
fn paying(ctx: &Context) -> Result<&Staff, AppError> {
    let staff = ctx.staff()?;
    if Who::Paying.includes(&ctx.actor) { Ok(staff) } else { Err(AppError::Forbidden) }
}

/// Owners alone.
fn owner(ctx: &Context) -> Result<&Staff, AppError> {
    let staff = ctx.staff()?;
    if Who::Owners.includes(&ctx.actor) { Ok(staff) } else { Err(AppError::Forbidden) }
}

/// A reason as it was written, without blanks around it.
fn reason_of<'a>(ctx: &Context, field: &str, text: &'a str, errors: &mut Errors) -> &'a str {
    let text = text.trim();
    if text.is_empty() {
        errors.add(field, tr!(ctx.locale, runs.reason_missing));
    }
    if text.chars().count() > LONGEST_REASON {
        errors.add(field, tr!(ctx.locale, runs.reason_too_long, most = LONGEST_REASON));
    }
    text
}

/// One reason about the form as a whole.
fn refused(back: String, message: String) -> End {
    let mut errors = Errors::default();
    errors.add("", message);
    End::Refused(back, errors)
}

/// A run's page, saying what was just done.
fn run_done(run: PayoutRunId, code: &str) -> End {
    End::Done(format!("{}?done={code}", paths::run(run)))
}

/// The same, on the page of its files.
fn sending_done(run: PayoutRunId, code: &str) -> End {
    End::Done(format!("{}&done={code}", paths::run_view(run, "sending")))
}
