//! Asking an advertiser again, about what still waits.

use super::answers::wait_for_turn;
use super::lines;
use crate::advertiser::model::{Line, Reminder};
use crate::advertiser::rules;
use crate::audit::store::{Change, record};
use crate::base::actor::{Actor, Staff};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::EnquiryId;
use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Asks again about the claims of an enquiry that wait, with a file of them alone under the names they have; the same form twice
/// is one. Claims whose case was closed or decided, or whose conversion came, are not asked about.
///
/// # Errors
/// [`AppError::Conflict`] where nothing waits; `enquiry_reminder_a_day_apart` by name.
pub async fn remind(
    tx: &mut Tx,
    staff: &Staff,
    id: EnquiryId,
    next_update_at: DateTime<Utc>,
    form_key: Uuid,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    wait_for_turn(tx, id).await?;
    let known = sqlx::query_scalar!("SELECT nth FROM enquiry_reminder WHERE form_key = $1", form_key);
    if known.fetch_optional(&mut **tx).await?.is_some() {
        return Ok(());
    }
    let open = sqlx::query_scalar!(
        "SELECT k.line FROM enquiry_claim k JOIN support_case c USING (partner_id, case_id) JOIN claim m USING (partner_id, claim_id)
         WHERE k.enquiry_id = $1 AND k.verdict IS NULL AND c.stage <> 'closed' AND m.conversion_id IS NULL
           AND NOT EXISTS (SELECT FROM conversion v WHERE v.programme_id = c.programme_id AND v.order_id = m.order_id)
           AND NOT EXISTS (SELECT FROM case_decision d WHERE d.partner_id = c.partner_id AND d.case_id = c.case_id)
         ORDER BY k.line",
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    if open.is_empty() {
        return Err(AppError::Conflict);
    }
    let waiting: Vec<Line> = lines(tx, id).await?.into_iter().filter(|line| open.contains(&line.line)).collect();
    let bytes = rules::file(id, &waiting).map_err(|error| AppError::Internal(error.to_string()))?;
    let hash = Sha256::digest(&bytes).to_vec();
    let nth = sqlx::query_scalar!(
        "INSERT INTO enquiry_reminder (enquiry_id, nth, reminded_by, by_name, at, next_update_at, bytes, sha256, form_key)
         SELECT $1, coalesce(max(nth), 0) + 1, $2, $3, $4, $5, $6, $7, $8 FROM enquiry_reminder WHERE enquiry_id = $1 RETURNING nth",
        id.0,
        staff.person.0,
        staff.name,
        now,
        next_update_at,
        bytes,
        hash,
        form_key,
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO enquiry_claim_reminder (enquiry_id, line, nth) SELECT $1, line, $2 FROM unnest($3::integer[]) AS waiting (line)",
        id.0,
        nth,
        &open,
    )
    .execute(&mut **tx)
    .await?;
    let change = Change {
        action: "enquiry.reminded",
        subject: format!("enquiry/{id}"),
        after: Some(json!({ "reminder": nth, "claims": open.len(), "promised_at": next_update_at })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await
}

/// When an enquiry was asked about again, in that order.
///
/// # Errors
/// When the database is away.
pub async fn reminders(tx: &mut Tx, id: EnquiryId) -> Result<Vec<Reminder>, AppError> {
    Ok(sqlx::query_as!(
        Reminder,
        r#"SELECT r.nth, r.by_name AS by, r.at,
                  (SELECT count(*) FROM enquiry_claim_reminder k WHERE k.enquiry_id = r.enquiry_id AND k.nth = r.nth) AS "claims!"
           FROM enquiry_reminder r WHERE r.enquiry_id = $1 ORDER BY r.nth"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// The file of a reminder.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn reminder_file(tx: &mut Tx, id: EnquiryId, nth: i32) -> Result<Vec<u8>, AppError> {
    sqlx::query_scalar!("SELECT bytes FROM enquiry_reminder WHERE enquiry_id = $1 AND nth = $2", id.0, nth)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)
}
