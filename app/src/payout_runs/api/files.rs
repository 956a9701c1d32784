//! Making files for banks, giving them out, and withdrawing one that was never sent.

use super::work::{Ended, ask};
use super::{owner, paying, reason_of, refused, sending_done};
use crate::audit::store::{Change, record};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{End, Errors};
use crate::base::ids::{PayoutFileId, PayoutRunId};
use crate::base::language::tr;
use crate::paths;
use crate::payout_runs::export::Format;
use crate::payout_runs::outgoing::{self, Outgoing};
use crate::payout_runs::store::{self, Task, Withdrawn};

/// Puts what is approved into files of a format. Sent twice, the same files are there; what takes longer than a reader
/// waits goes on by itself.
///
/// # Errors
/// Who may not, and a database that is away.
pub async fn make_files(ctx: &Context, run: PayoutRunId, format: Format) -> Result<End, AppError> {
    paying(ctx)?;
    Ok(match ask(ctx, run, Task::Files(format)).await? {
        Ended::Done => sending_done(run, "made"),
        Ended::GoesOn => sending_done(run, "working"),
        Ended::Refused(why) => refused(paths::run_view(run, "sending"), why),
    })
}

/// A file that may be given out, already recorded.
pub struct Download {
    /// The file.
    pub file: Outgoing,
    /// What kind of text it is.
    pub content_type: &'static str,
}

/// Begins to give a file out, once the record says who took it.
///
/// # Errors
/// Who may not, a file that is not there or was withdrawn, and a database that is away.
pub async fn download(ctx: &Context, file: PayoutFileId) -> Result<Download, AppError> {
    paying(ctx)?;
    let outgoing = outgoing::open(&ctx.db, &ctx.secrets, &ctx.actor, file).await?;
    let mut tx = ctx.begin().await?;
    let change =
        Change { action: "payout_file.downloaded", subject: format!("payout_file/{file}"), ..Change::default() };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    let content_type = match outgoing.format {
        Format::Pain001 => "text/xml; charset=utf-8",
        _ => "text/csv; charset=utf-8",
    };
    Ok(Download { file: outgoing, content_type })
}

/// Withdraws a file that was never sent.
///
/// # Errors
/// Who may not, a file that is not there, and a database that is away.
pub async fn withdraw(ctx: &Context, run: PayoutRunId, file: PayoutFileId, reason: &str) -> Result<End, AppError> {
    let staff = owner(ctx)?;
    let here = paths::run_view(run, "sending");
    let mut errors = Errors::default();
    let reason = reason_of(ctx, "reason", reason, &mut errors);
    if !errors.is_empty() {
        return Ok(End::Refused(here, errors));
    }
    let mut tx = ctx.begin().await?;
    match store::withdraw(&mut tx, staff, file, reason, &ctx.request_id, ctx.now()).await {
        Ok(Withdrawn::Done { .. }) => {
            tx.commit().await?;
            Ok(sending_done(run, "withdrawn"))
        }
        Ok(Withdrawn::Before) => Ok(sending_done(run, "withdrawn")),
        Ok(Withdrawn::Answered) => Ok(refused(here, tr!(ctx.locale, runs.file_was_answered))),
        Err(AppError::Conflict) => Ok(refused(here, tr!(ctx.locale, runs.changed_meanwhile))),
        Err(error) => Err(error),
    }
}
