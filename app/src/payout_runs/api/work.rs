//! Doing long work with a run: at once, as long as its reader waits, and then by itself. Whoever dies in the middle has
//! done nothing, or everything: it is asked for until it is over.

use crate::base::actor::Actor;
use crate::base::clock::Clock;
use crate::base::context::Context;
use crate::base::db::Db;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::PayoutRunId;
use crate::base::language::{Locale, tr};
use crate::base::money::Money;
use crate::base::secrets::Secrets;
use crate::payout_runs::export::{self, ExportError, Progress};
use crate::payout_runs::page::words;
use crate::payout_runs::store::{self, Asked, Released, Task};
use std::time::Duration;

/// How long a reader waits before the page shows how far the work is.
const PATIENCE: Duration = Duration::from_secs(8);

/// How work ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is done.
    Done,
    /// Nothing was done, and why, in the words of who asked.
    Refused(String),
    /// It goes on by itself.
    GoesOn,
}

/// Asks for work with a run, and has it done.
pub(super) async fn ask(ctx: &Context, run: PayoutRunId, task: Task) -> Result<Ended, AppError> {
    let mut tx = ctx.begin().await?;
    let asked = store::ask(&mut tx, ctx.staff()?, run, task, ctx.locale, &ctx.request_id, ctx.now()).await?;
    tx.commit().await?;
    let (db, secrets, clock) = (ctx.db.clone(), ctx.secrets.clone(), ctx.clock);
    // In a task of its own: the browser may not see the end, and it is done all the same.
    let work = tokio::spawn(async move { work(&db, &secrets, &asked, clock).await });
    match tokio::time::timeout(PATIENCE, work).await {
        Err(_) => Ok(Ended::GoesOn),
        Ok(done) => done.map_err(|error| AppError::Internal(format!("work with run {run}: {error}")))?,
    }
}

/// Does everything that was asked for and that nobody is doing; what a process left that was stopped, too.
///
/// # Errors
/// When something could not be done now; the rest is done all the same.
pub async fn work_all(db: &Db, secrets: &Secrets, clock: Clock) -> Result<(), AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let open = store::open_work(&mut tx).await?;
    drop(tx);
    let mut failed = None;
    for asked in open {
        if store::is_free(db, asked.run).await?
            && let Err(error) = work(db, secrets, &asked, clock).await
        {
            tracing::warn!(run = %asked.run, task = asked.task.as_str(), %error, "can't be done now");
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn work(db: &Db, secrets: &Secrets, asked: &Asked, clock: Clock) -> Result<Ended, AppError> {
    let ended = match asked.task {
        Task::Release => release(db, asked, clock).await,
        Task::Files(format) => {
            let actor = Actor::Staff(asked.by.clone());
            let progress = Progress { db: db.clone(), work: asked.id };
            let made = export::export_with(db, secrets, &actor, asked.run, format, clock.now(), Some(progress)).await;
            match made {
                Ok(_) => Ok(Ended::Done),
                Err(ExportError::App(error)) => Err(error),
                Err(error) => Ok(Ended::Refused(why(asked.locale, &error))),
            }
        }
    };
    let refused = match &ended {
        Ok(Ended::Done) => None,
        Ok(Ended::Refused(why)) => Some(why.clone()),
        Ok(Ended::GoesOn) => return ended,
        // A database that is away is asked again; what can't be done by trying again ends here, and is told.
        Err(AppError::Database(_)) => return ended,
        Err(_) => Some(tr!(asked.locale, run_work.failed)),
    };
    store::end_work(db, asked.id, refused.as_deref(), clock.now()).await?;
    ended
}

async fn release(db: &Db, asked: &Asked, clock: Clock) -> Result<Ended, AppError> {
    let actor = Actor::Staff(asked.by.clone());
    let mut tx = db.begin(&actor).await?;
    let locale = asked.locale;
    Ok(match store::release(&mut tx, &actor, asked.run, &asked.request_id, clock.now()).await? {
        Released::Done { .. } => {
            tx.commit().await?;
            Ended::Done
        }
        Released::Before => Ended::Done,
        Released::NotBuilt => Ended::Refused(tr!(locale, runs.not_built)),
        Released::Cancelled => Ended::Refused(tr!(locale, runs.was_cancelled_already)),
        Released::NeedsAnother => {
            let others = store::other_owners(&mut tx, asked.by.person).await?.join(", ");
            Ended::Refused(tr!(locale, runs.another_releases, names = others))
        }
    })
}

/// Why no file was made.
fn why(locale: Locale, error: &ExportError) -> String {
    match error {
        ExportError::NotReleased => tr!(locale, runs.not_released),
        ExportError::NothingToSend => tr!(locale, runs.nothing_to_send),
        ExportError::NoPayerAccount(currency) => {
            tr!(locale, runs.no_payer_account, currency = currency.code().to_owned())
        }
        ExportError::MethodsChanged(count) => tr!(locale, sending.methods_changed, count = count.to_string()),
        ExportError::FundsMissing(missing, currency) => {
            tr!(locale, funds.missing, missing = format::money(locale, Money::new(*missing, *currency)))
        }
        ExportError::File(error) => words::file_refused(locale, error),
        ExportError::App(_) => tr!(locale, run_work.failed),
    }
}
