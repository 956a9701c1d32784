//! Putting a case off, and the way back.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::work::model::Snooze;
use chrono::{DateTime, Utc};
use serde_json::json;

/// How a case is put off now, if it is.
///
/// # Errors
/// When the database is away.
pub async fn snooze_of(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<Snooze>, AppError> {
    Ok(sqlx::query_as!(
        Snooze,
        "SELECT z.until, z.reason, s.name AS by FROM case_snooze z JOIN staff s ON s.person_id = z.snoozed_by
         WHERE z.partner_id = $1 AND z.case_id = $2 AND z.ended_at IS NULL",
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Puts a case off; a former date ends with it.
///
/// # Errors
/// `case_snooze_of_an_open_case`, `case_snooze_until_later`, `case_snooze_reason_not_blank` by name.
pub async fn snooze(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    until: DateTime<Utc>,
    reason: &str,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    end_snooze(tx, partner, case, now).await?;
    sqlx::query!(
        "INSERT INTO case_snooze (partner_id, case_id, until, reason, snoozed_by, snoozed_at) VALUES ($1, $2, $3, $4, $5, $6)",
        partner.0,
        case.0,
        until,
        reason,
        by.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Brings a case back by a person's hand; says whether it was put off.
///
/// # Errors
/// When the database is away.
pub async fn end_snooze(tx: &mut Tx, partner: PartnerId, case: CaseId, now: DateTime<Utc>) -> Result<bool, AppError> {
    let done = sqlx::query!(
        "UPDATE case_snooze SET ended_at = greatest($3, snoozed_at), ended_by = 'staff'
         WHERE partner_id = $1 AND case_id = $2 AND ended_at IS NULL",
        partner.0,
        case.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Marks a case as changed, so that who looks at an older one is told.
///
/// # Errors
/// [`AppError::Conflict`] where the case is not at `version` any more.
pub async fn touch(tx: &mut Tx, partner: PartnerId, case: CaseId, version: i32) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE support_case SET version = version + 1 WHERE partner_id = $1 AND case_id = $2 AND version = $3",
        partner.0,
        case.0,
        version,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// Brings every case back whose time has come; gives how many.
///
/// # Errors
/// When the database is away.
pub async fn wake_due(db: &Db, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let woken = sqlx::query!(
        r#"WITH due AS (
               SELECT z.partner_id, z.case_id, z.case_snooze_id FROM case_snooze z JOIN support_case c USING (partner_id, case_id)
               WHERE z.ended_at IS NULL AND z.until <= $1
               ORDER BY z.until LIMIT 1000 FOR UPDATE OF z, c SKIP LOCKED)
           UPDATE case_snooze z SET ended_at = $1, ended_by = 'time' FROM due
           WHERE (z.partner_id, z.case_id, z.case_snooze_id) = (due.partner_id, due.case_id, due.case_snooze_id)
           RETURNING z.partner_id AS "partner: PartnerId", z.case_id AS "case: CaseId", z.until"#,
        now,
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in &woken {
        let change = Change {
            action: "case.woken",
            subject: format!("case/{}", row.case),
            partner: Some(row.partner),
            before: Some(json!({ "snoozed_until": row.until })),
            after: Some(json!({ "snoozed_until": null })),
            ..Change::default()
        };
        record(&mut tx, &Actor::Job, now, "", change).await?;
    }
    tx.commit().await?;
    Ok(woken.len())
}
