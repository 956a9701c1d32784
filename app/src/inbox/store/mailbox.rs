//! How far a mailbox was read, and whether it can be.

use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use chrono::{DateTime, TimeDelta, Utc};

/// For how long a mailbox that nobody asks any more is spoken of.
const SPOKEN_OF: TimeDelta = TimeDelta::hours(24);

/// The highest number that was taken, where the server still counts as it did then (UIDVALIDITY, RFC 9051, 2.3.1.1).
///
/// # Errors
/// When the database is away.
pub async fn position(db: &Db, address: &str, uid_validity: u32) -> Result<Option<u32>, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let last = sqlx::query_scalar!(
        "SELECT last_uid FROM mailbox WHERE address = $1 AND uid_validity = $2 AND uid_validity > 0",
        address,
        i64::from(uid_validity),
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(last.and_then(|last| u32::try_from(last).ok()))
}

/// Writes down how far a mailbox was read.
///
/// # Errors
/// When the database is away.
pub async fn note_position(
    db: &Db,
    address: &str,
    uid_validity: u32,
    last_uid: u32,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    sqlx::query!(
        "INSERT INTO mailbox (address, uid_validity, last_uid, checked_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (address) DO UPDATE SET uid_validity = excluded.uid_validity, checked_at = excluded.checked_at,
             last_uid = CASE WHEN mailbox.uid_validity = excluded.uid_validity
                             THEN greatest(mailbox.last_uid, excluded.last_uid) ELSE excluded.last_uid END",
        address,
        i64::from(uid_validity),
        i64::from(last_uid),
        now,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Writes down whether a mailbox can be read, and if not, why.
///
/// # Errors
/// When the database is away.
pub async fn note_state(db: &Db, address: &str, trouble: Option<&str>, now: DateTime<Utc>) -> Result<(), AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    sqlx::query!(
        "INSERT INTO mailbox (address, checked_at, trouble, trouble_since)
         VALUES ($1, $2, coalesce($3, ''), CASE WHEN $3::text IS NOT NULL THEN $2::timestamptz END)
         ON CONFLICT (address) DO UPDATE SET checked_at = excluded.checked_at, trouble = excluded.trouble,
             trouble_since = CASE WHEN excluded.trouble <> '' THEN coalesce(mailbox.trouble_since, excluded.checked_at) END",
        address,
        now,
        trouble,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// A mailbox that can't be read.
#[derive(Clone, Debug)]
pub struct Troubled {
    /// Who opens which folder where.
    pub address: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// What its server says, or why it was not reached.
    pub said: String,
}

/// Mailboxes that can't be read and were asked not long ago.
///
/// # Errors
/// When the database is away.
pub async fn troubled(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Troubled>, AppError> {
    Ok(sqlx::query_as!(
        Troubled,
        r#"SELECT address, trouble_since AS "since!", trouble AS said FROM mailbox
           WHERE trouble <> '' AND checked_at > $1 ORDER BY address"#,
        now - SPOKEN_OF,
    )
    .fetch_all(&mut **tx)
    .await?)
}
