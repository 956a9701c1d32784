//! Which columns a programme's Wise files have: the header row of its own template, in versions.

use crate::audit::store::{Change, record};
use crate::base::actor::{Actor, Staff};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::{PayoutRunId, ProgrammeId};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

/// A header row, and who set it.
#[derive(Clone, Debug)]
pub struct WiseHeader {
    /// Its number.
    pub id: i64,
    /// The row; empty: the usual columns.
    pub header: String,
    /// Who set it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The header row that counts; `None` where none was ever set.
///
/// # Errors
/// When the database is away.
pub async fn wise_header(tx: &mut Tx, programme: ProgrammeId) -> Result<Option<WiseHeader>, AppError> {
    Ok(sqlx::query_as!(
        WiseHeader,
        r#"SELECT h.wise_header_id AS id, h.header, s.name AS by, h.set_at AS at
           FROM wise_header h JOIN staff s ON s.person_id = h.set_by
           WHERE h.programme_id = $1 ORDER BY h.wise_header_id DESC LIMIT 1"#,
        programme.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Sets the header row of a run's programme; sent twice, it is set once. The caller commits.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such run, [`AppError::Forbidden`] for anybody but an owner.
pub async fn set_wise_header(
    tx: &mut Tx,
    staff: &Staff,
    run: PayoutRunId,
    header: &str,
    form_key: Uuid,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let programme = sqlx::query_scalar!("SELECT programme_id FROM payout_run WHERE payout_run_id = $1", run.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let before = wise_header(tx, programme.into()).await?;
    let written = sqlx::query_scalar!(
        "INSERT INTO wise_header (programme_id, header, set_by, set_at, form_key) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (form_key) DO NOTHING RETURNING wise_header_id",
        programme,
        header,
        staff.person.0,
        now,
        form_key,
    )
    .fetch_optional(&mut **tx)
    .await;
    let id = match written {
        Ok(Some(id)) => id,
        Ok(None) => return Ok(()),
        Err(error) if constraint(&error) == Some("wise_header_by_an_owner") => return Err(AppError::Forbidden),
        Err(error) => return Err(error.into()),
    };
    let change = Change {
        action: "wise_header.set",
        subject: format!("programme/{programme}"),
        before: before.map(|before| json!({ "header": before.header })),
        after: Some(json!({ "wise_header": id, "header": header })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await
}
