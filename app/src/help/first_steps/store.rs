//! What first steps ask the database.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PersonId};
use crate::base::money::Currency;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// What is left of the commissions since a moment, and when the first of them was.
///
/// # Errors
/// When the database is away.
pub async fn lately(
    tx: &mut Tx,
    partner: PartnerId,
    currency: Currency,
    since: DateTime<Utc>,
) -> Result<(Decimal, Option<DateTime<Utc>>), AppError> {
    let row = sqlx::query!(
        r#"SELECT coalesce(sum(amount_left), 0) AS "left!", min(occurred_at) AS first FROM commission
           WHERE partner_id = $1 AND currency = $2 AND occurred_at >= $3"#,
        partner.0,
        currency.code(),
        since,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.left, row.first))
}

/// Whether a person does not want to see first steps of an account any more.
///
/// # Errors
/// When the database is away.
pub async fn is_dismissed(tx: &mut Tx, partner: PartnerId, person: PersonId) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM first_steps_dismissal WHERE partner_id = $1 AND person_id = $2) AS "there!""#,
        partner.0,
        person.0,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Remembers that; `false` where it was so already.
///
/// # Errors
/// When the database refuses it.
pub async fn dismiss(tx: &mut Tx, partner: PartnerId, person: PersonId, at: DateTime<Utc>) -> Result<bool, AppError> {
    let done = sqlx::query!(
        "INSERT INTO first_steps_dismissal (partner_id, person_id, dismissed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        partner.0,
        person.0,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
