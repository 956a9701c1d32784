//! Making files for banks, giving them out, and withdrawing one that was never sent.

use super::{owner, paying, reason_of, refused, sending_done};
use crate::audit::store::{Change, record};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{End, Errors};
use crate::base::ids::{PayoutFileId, PayoutRunId};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::paths;
use crate::payout_runs::export::{self, ExportError, Format};
use crate::payout_runs::outgoing::{self, Outgoing};
use crate::payout_runs::page::words;
use crate::payout_runs::store::{self, Withdrawn};

/// Puts what is approved into files of a format. Sent twice, the same files are there.
///
/// # Errors
/// Who may not, and a database that is away.
pub async fn make_files(ctx: &Context, run: PayoutRunId, format: Format) -> Result<End, AppError> {
    paying(ctx)?;
    let (db, secrets, actor, now) = (ctx.db.clone(), ctx.secrets.clone(), ctx.actor.clone(), ctx.now());
    // In a task of its own: of a large run the browser may not see the end, and the files are made all the same.
    let work = tokio::spawn(async move { export::export(&db, &secrets, &actor, run, format, now).await });
    let made = work.await.map_err(|error| AppError::Internal(format!("making files: {error}")))?;
    let here = paths::run_view(run, "sending");
    match made {
        Ok(_) => Ok(sending_done(run, "made")),
        Err(ExportError::App(error)) => Err(error),
        Err(ExportError::NotReleased) => Ok(refused(here, tr!(ctx.locale, runs.not_released))),
        Err(ExportError::NothingToSend) => Ok(refused(here, tr!(ctx.locale, runs.nothing_to_send))),
        Err(ExportError::NoPayerAccount(currency)) => {
            Ok(refused(here, tr!(ctx.locale, runs.no_payer_account, currency = currency.code().to_owned())))
        }
        Err(ExportError::FundsMissing(missing, currency)) => {
            let missing = format::money(ctx.locale, Money::new(missing, currency));
            Ok(refused(here, tr!(ctx.locale, funds.missing, missing = missing)))
        }
        Err(ExportError::File(error)) => Ok(refused(here, words::file_refused(ctx.locale, &error))),
    }
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
