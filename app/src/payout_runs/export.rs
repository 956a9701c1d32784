//! Files for banks and payment services: made once, kept sealed, given out with the same bytes for ever.
//!
//! A payout is submitted in the transaction that keeps its file, before the first byte leaves the house. Whoever dies
//! afterwards finds the file again; nothing is sent under another name.

mod files;
mod format;
mod orders;
mod taking;
mod writer;

pub use files::{files, write};
pub use format::Format;

use crate::base::actor::Actor;
use crate::base::crash;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{PayoutFileId, PayoutRunId, ProgrammeId};
use crate::base::money::Currency;
use crate::base::secrets::Secrets;
use crate::payout_files::FileError;
use crate::payout_files::wise::Columns;
use crate::payout_runs::store::wise_header;
use crate::payout_runs::wise_header::columns;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// A file that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its number.
    pub id: PayoutFileId,
    /// Its format.
    pub format: Format,
    /// What to call it.
    pub name: String,
    /// Its currency.
    pub currency: Currency,
    /// How many payments it holds.
    pub payments: i64,
    /// What they come to.
    pub total: Decimal,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// Why no file was made. Nothing changed then.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The run waits for its release, or was cancelled.
    #[error("the run is not released")]
    NotReleased,
    /// Nobody in the run is paid this way.
    #[error("no payout of this run goes out in a file of this kind")]
    NothingToSend,
    /// Everybody in the run who is paid this way has another payout method since.
    #[error(
        "{0} payouts of this run go to a payout method that their partner has changed since; given up, their money goes into the next run"
    )]
    MethodsChanged(i64),
    /// The programme's own account is missing.
    #[error("the programme has no account to pay {0} from; `partnerdesk programme account` names one")]
    NoPayerAccount(Currency),
    /// The payout account does not cover it.
    #[error("{0} {1} is missing on the payout account; `partnerdesk ledger fund` records what was put there")]
    FundsMissing(Decimal, Currency),
    /// A payment, or the payer, does not fit into the file.
    #[error("{0}; a payout that can't be written can be held, then the rest goes out")]
    File(#[from] FileError),
    /// The database said no, or is away.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<sqlx::Error> for ExportError {
    fn from(error: sqlx::Error) -> Self {
        Self::App(error.into())
    }
}

/// Puts every approved payout of a run that is paid this way into files, and gives all files of the run and format, those
/// made before included. A payout to a method that its partner has changed since stays behind.
///
/// # Errors
/// When the run is not released, there is nothing to send, or a payment can't be written.
pub async fn export(
    db: &Db,
    secrets: &Secrets,
    actor: &Actor,
    run: PayoutRunId,
    format: Format,
    now: DateTime<Utc>,
) -> Result<Vec<Made>, ExportError> {
    export_with(db, secrets, actor, run, format, now, None).await
}

/// Work that somebody looks on at.
#[derive(Clone)]
pub struct Progress {
    /// Where it is noted.
    pub db: Db,
    /// The number of the work.
    pub work: i64,
}

/// The same, and tells how far it is.
///
/// # Errors
/// As [`export`].
pub async fn export_with(
    db: &Db,
    secrets: &Secrets,
    actor: &Actor,
    run: PayoutRunId,
    format: Format,
    now: DateTime<Utc>,
    progress: Option<Progress>,
) -> Result<Vec<Made>, ExportError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let row = sqlx::query!(
        r#"SELECT r.programme_id, p.name, p.currency, p.time_zone, r.pay_day,
                  r.cancelled_at IS NULL AND EXISTS (SELECT FROM payout_release l WHERE l.payout_run_id = r.payout_run_id) AS "released!"
           FROM payout_run r JOIN programme p USING (programme_id) WHERE r.payout_run_id = $1 FOR UPDATE OF r"#,
        run.0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    if !row.released {
        return Err(ExportError::NotReleased);
    }
    let mut sending = Sending {
        programme: row.programme_id.into(),
        programme_name: row.name,
        programme_currency: Currency::parse(&row.currency).map_err(AppError::from)?,
        run,
        pay_day: row.pay_day,
        today: now.with_timezone(&row.time_zone.parse().unwrap_or(Tz::UTC)).date_naive(),
        format,
        wise: wise_columns(&mut tx, row.programme_id.into()).await?,
        actor,
        now,
        progress,
        written: 0,
    };
    let currencies = sqlx::query_scalar!(
        r#"SELECT DISTINCT currency AS "currency!" FROM payout_way
           WHERE payout_run_id = $1 AND state = 'approved' AND kind = ANY($2) AND stands ORDER BY 1"#,
        run.0,
        &format.kinds(),
    )
    .fetch_all(&mut *tx)
    .await?;
    for currency in currencies {
        let currency = Currency::parse(&currency).map_err(AppError::from)?;
        sending.check_funds(&mut tx, currency).await?;
        while sending.make(&mut tx, secrets, currency).await? {}
    }
    crash::point("payouts.export.written");
    tx.commit().await?;
    crash::point("payouts.export.committed");
    let mut tx = db.begin(&Actor::Job).await?;
    let made: Vec<Made> = files(&mut tx, run).await?.into_iter().filter(|made| made.format == format).collect();
    if !made.is_empty() {
        return Ok(made);
    }
    let changed = sqlx::query_scalar!(
        r#"SELECT count(*) AS "changed!" FROM payout_way
           WHERE payout_run_id = $1 AND state = 'approved' AND kind = ANY($2) AND NOT stands"#,
        run.0,
        &format.kinds(),
    )
    .fetch_one(&mut *tx)
    .await?;
    Err(if changed > 0 { ExportError::MethodsChanged(changed) } else { ExportError::NothingToSend })
}

async fn wise_columns(tx: &mut Tx, programme: ProgrammeId) -> Result<(Columns, Option<i64>), AppError> {
    let Some(set) = wise_header(tx, programme).await? else { return Ok((Columns::email(), None)) };
    let columns =
        columns(&set.header).map_err(|error| AppError::Internal(format!("wise header {}: {error}", set.id)))?;
    Ok((columns, Some(set.id)))
}

/// What all files of one export share.
struct Sending<'a> {
    programme: ProgrammeId,
    programme_name: String,
    programme_currency: Currency,
    run: PayoutRunId,
    pay_day: NaiveDate,
    /// The accounting day on which the file is made.
    today: NaiveDate,
    format: Format,
    /// The columns of a Wise file, and the number of the setting that says so.
    wise: (Columns, Option<i64>),
    actor: &'a Actor,
    now: DateTime<Utc>,
    progress: Option<Progress>,
    /// Payments written into files so far.
    written: i64,
}
