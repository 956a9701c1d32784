//! Scanning files that are stored and not given out yet.

use crate::base::actor::Actor;
use crate::base::db::Db;
use crate::base::error::AppError;
use crate::base::ids::AttachmentId;
use crate::inbox::clamd::{Scanner, Verdict};
use chrono::{DateTime, Utc};

/// Files scanned in one go.
const MOST: i64 = 100;

/// What came of one file.
enum Found {
    /// The scanner's verdict.
    Said(Verdict),
    /// Nobody was asked: there is no scanner, or nothing to scan, as the file was too large to be kept.
    NotAsked,
    /// The scanner works, and can't judge this file.
    Unscannable,
}

/// Scans every file that waits for it; without a scanner says of each that it was not scanned. Gives their number. A file
/// that the scanner breaks over stands in nobody's way.
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
        let found = match scanner {
            Some(scanner) => ask(db, scanner, id).await?,
            None => Found::NotAsked,
        };
        save(db, id, &found, now).await?;
    }
    Ok(waiting.len())
}

async fn ask(db: &Db, scanner: &Scanner, id: AttachmentId) -> Result<Found, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let data =
        sqlx::query_scalar!("SELECT data FROM attachment WHERE attachment_id = $1", id.0).fetch_one(&mut *tx).await?;
    tx.commit().await?;
    let Some(data) = data else { return Ok(Found::NotAsked) };
    let why = match scanner.scan(&data).await {
        Ok(verdict) => return Ok(Found::Said(verdict)),
        Err(why) => why,
    };
    // Is it the scanner, or is it this file? One that is larger than it takes may end the line instead of an answer.
    match scanner.scan(b"").await {
        Ok(_) => {
            tracing::warn!(attachment = %id, %why, "a file can't be scanned");
            Ok(Found::Unscannable)
        }
        Err(_) => Err(AppError::Internal(why.to_string())),
    }
}

async fn save(db: &Db, id: AttachmentId, found: &Found, now: DateTime<Utc>) -> Result<(), AppError> {
    let (scan, finding, at) = match found {
        Found::Said(Verdict::Clean) => ("clean", "", Some(now)),
        Found::Said(Verdict::Infected(name)) => ("infected", name.as_str(), Some(now)),
        Found::NotAsked => ("not_scanned", "", None),
        Found::Unscannable => ("unscannable", "", None),
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
