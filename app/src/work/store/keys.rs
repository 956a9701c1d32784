//! Who switched the keys of the desk off.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PersonId;
use chrono::{DateTime, Utc};

/// Whether a person switched the keys off.
///
/// # Errors
/// When the database is away.
pub async fn keys_are_off(tx: &mut Tx, person: PersonId) -> Result<bool, AppError> {
    let off = sqlx::query_scalar!("SELECT off FROM desk_keys WHERE person_id = $1", person.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(off.unwrap_or(false))
}

/// Switches a person's keys off or on.
///
/// # Errors
/// When the database is away.
pub async fn set_keys(tx: &mut Tx, person: PersonId, off: bool, now: DateTime<Utc>) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO desk_keys (person_id, off, set_at) VALUES ($1, $2, $3)
         ON CONFLICT (person_id) DO UPDATE SET off = excluded.off, set_at = excluded.set_at",
        person.0,
        off,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
