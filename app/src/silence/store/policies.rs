//! What silence decides, by version.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PersonId, ProgrammeId};
use crate::base::money::Currency;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// A policy in force.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Its id.
    pub id: i64,
    /// Working days past the resolution clock.
    pub days: i32,
    /// What may be credited without anybody.
    pub cap: Decimal,
}

/// A programme by its code, with its currency.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn programme(tx: &mut Tx, code: &str) -> Result<(ProgrammeId, Currency), AppError> {
    let row =
        sqlx::query!(r#"SELECT programme_id AS "id: ProgrammeId", currency FROM programme WHERE code = $1"#, code)
            .fetch_optional(&mut **tx)
            .await?
            .ok_or(AppError::NotFound)?;
    Ok((row.id, Currency::parse(&row.currency)?))
}

/// Each programme with its currency and the policy in force, if it has one.
///
/// # Errors
/// When the database is away.
pub async fn policies(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<(String, Currency, Option<Policy>)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT g.code, g.currency, y.silence_policy_id AS "id?", y.days AS "days?", y.cap AS "cap?"
           FROM programme g
           LEFT JOIN LATERAL (SELECT * FROM silence_policy y WHERE y.programme_id = g.programme_id AND y.valid_from <= $1
                              ORDER BY y.valid_from DESC LIMIT 1) y ON true
           ORDER BY g.code"#,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let policy = match (row.id, row.days, row.cap) {
                (Some(id), Some(days), Some(cap)) => Some(Policy { id, days, cap }),
                _ => None,
            };
            Ok((row.code, Currency::parse(&row.currency)?, policy))
        })
        .collect()
}

/// Writes a new version of a programme's policy, from now on.
///
/// # Errors
/// `policy_by_an_owner`, `silence_policy_in_bounds` by name.
pub async fn set_policy(
    tx: &mut Tx,
    programme: ProgrammeId,
    days: i32,
    cap: Decimal,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO silence_policy (programme_id, days, cap, valid_from, written_by, written_at)
         VALUES ($1, $2, $3, $4, $5, $4) RETURNING silence_policy_id",
        programme.0,
        days,
        cap,
        now,
        by.0,
    )
    .fetch_one(&mut **tx)
    .await?)
}
