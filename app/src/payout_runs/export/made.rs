//! Files that were made: which there are, and giving one out.

use super::Format;
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{PayoutFileId, PayoutRunId};
use crate::base::money::Currency;
use crate::base::secrets::Secrets;
use crate::payout_runs::outgoing;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::io::Write;

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

/// The files of a run that still stand, in the order they were made; what was withdrawn is not among them.
///
/// # Errors
/// When the database is away.
pub async fn files(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<Made>, AppError> {
    let rows = sqlx::query!(
        "SELECT payout_file_id, format, file_name, currency, payments, total, made_at FROM payout_file f
         WHERE payout_run_id = $1 AND NOT EXISTS (SELECT FROM payout_file_withdrawn d WHERE d.payout_file_id = f.payout_file_id)
         ORDER BY payout_file_id",
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Made {
                id: row.payout_file_id.into(),
                format: Format::parse(&row.format)
                    .ok_or_else(|| AppError::Internal("a payout file of no known format".into()))?,
                name: row.file_name,
                currency: Currency::parse(&row.currency)?,
                payments: row.payments,
                total: row.total,
                made_at: row.made_at,
            })
        })
        .collect()
}

/// Writes a file out, byte for byte as it was made, a piece at a time.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such file, [`AppError::Conflict`] where it was withdrawn; otherwise when a piece
/// can't be read or is not what was kept.
pub async fn write(
    db: &Db,
    secrets: &Secrets,
    actor: &Actor,
    file: PayoutFileId,
    out: &mut (dyn Write + Send),
) -> Result<(), AppError> {
    let mut outgoing = outgoing::open(db, secrets, actor, file).await?;
    while let Some(part) = outgoing.next().await? {
        out.write_all(&part).map_err(|error| AppError::Internal(format!("payout file {file}: {error}")))?;
    }
    Ok(())
}
