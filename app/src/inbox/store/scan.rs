//! Scanning files that are stored and not given out yet.

use crate::base::actor::Actor;
use crate::base::db::Db;
use crate::base::error::AppError;
use crate::base::ids::AttachmentId;
use crate::inbox::clamd::{Scanner, Verdict};
use chrono::{DateTime, Utc};

/// Files scanned in one go.
const MOST: i64 = 100;

/// Scans every file that waits for it; without a scanner says of each that it was not scanned. Gives their number.
///
/// # Errors
/// When the scanner or the database is away: what was not scanned waits on.
pub async fn scan_waiting(db: &Db, scanner: Option<&Scanner>, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let waiting = sqlx::query_scalar!(
        r#"SELECT attachment_id AS "id: AttachmentId" FROM attachment WHERE scan = 'waiting' ORDER BY attachment_id LIMIT $1"#,
        MOST,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    for &id in &waiting {
        let verdict = match scanner {
            Some(scanner) => ask(db, scanner, id).await?,
            None => None,
        };
        save(db, id, verdict.as_ref(), now).await?;
    }
    Ok(waiting.len())
}

/// `None` where there is nothing to scan: the file was too large to be kept.
async fn ask(db: &Db, scanner: &Scanner, id: AttachmentId) -> Result<Option<Verdict>, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let data =
        sqlx::query_scalar!("SELECT data FROM attachment WHERE attachment_id = $1", id.0).fetch_one(&mut *tx).await?;
    tx.commit().await?;
    let Some(data) = data else { return Ok(None) };
    scanner.scan(&data).await.map(Some).map_err(|error| AppError::Internal(error.to_string()))
}

async fn save(db: &Db, id: AttachmentId, verdict: Option<&Verdict>, now: DateTime<Utc>) -> Result<(), AppError> {
    let (scan, finding, at) = match verdict {
        Some(Verdict::Clean) => ("clean", "", Some(now)),
        Some(Verdict::Infected(name)) => ("infected", name.as_str(), Some(now)),
        None => ("not_scanned", "", None),
    };
    let mut tx = db.begin(&Actor::Job).await?;
    sqlx::query!(
        "UPDATE attachment SET scan = $2, finding = $3, scanned_at = $4 WHERE attachment_id = $1 AND scan = 'waiting'",
        id.0,
        scan,
        finding,
        at,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}
