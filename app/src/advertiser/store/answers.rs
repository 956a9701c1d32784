//! Answers of advertisers: kept as they came, read, and taken over once.

use super::lines;
use crate::advertiser::model::AnswerFile;
use crate::advertiser::rules;
use crate::audit::store::{Change, record};
use crate::base::actor::{Actor, Staff};
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::EnquiryId;
use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Two who read or take over answers of one enquiry take turns, at its first claim.
pub(super) async fn wait_for_turn(tx: &mut Tx, id: EnquiryId) -> Result<(), AppError> {
    sqlx::query!("SELECT line FROM enquiry_claim WHERE enquiry_id = $1 AND line = 1 FOR UPDATE", id.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    Ok(())
}

/// Keeps an answer as it came; gives its number, the former one where the same bytes came before.
///
/// # Errors
/// When the database is away.
pub async fn keep_answer(
    tx: &mut Tx,
    staff: &Staff,
    id: EnquiryId,
    name: &str,
    bytes: &[u8],
    now: DateTime<Utc>,
) -> Result<i32, AppError> {
    wait_for_turn(tx, id).await?;
    let hash = Sha256::digest(bytes).to_vec();
    let known = sqlx::query_scalar!("SELECT nth FROM enquiry_answer WHERE enquiry_id = $1 AND sha256 = $2", id.0, hash)
        .fetch_optional(&mut **tx)
        .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    Ok(sqlx::query_scalar!(
        "INSERT INTO enquiry_answer (enquiry_id, nth, file_name, bytes, sha256, read_by, read_at)
         SELECT $1, coalesce(max(nth), 0) + 1, $2, $3, $4, $5, $6 FROM enquiry_answer WHERE enquiry_id = $1 RETURNING nth",
        id.0,
        name,
        bytes,
        hash,
        staff.person.0,
        now,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// An answer as it came.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn answer(tx: &mut Tx, id: EnquiryId, nth: i32) -> Result<AnswerFile, AppError> {
    let row = sqlx::query!(
        "SELECT nth, file_name, bytes, read_at, taken_at, settled FROM enquiry_answer WHERE enquiry_id = $1 AND nth = $2",
        id.0,
        nth,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(AnswerFile {
        nth: row.nth,
        name: row.file_name,
        bytes: row.bytes,
        read_at: row.read_at,
        taken: row.taken_at.zip(row.settled),
    })
}

/// Takes an answer over: every line of it that says something new. Gives how many claims it settled; once it was taken
/// over, that is all it ever does.
///
/// # Errors
/// [`AppError::BadRequest`] where it can't be read as a file.
pub async fn take_over(
    tx: &mut Tx,
    staff: &Staff,
    id: EnquiryId,
    nth: i32,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<i32, AppError> {
    wait_for_turn(tx, id).await?;
    let file = answer(tx, id, nth).await?;
    if let Some((_, settled)) = file.taken {
        return Ok(settled);
    }
    let lines = lines(tx, id).await?;
    let read = rules::read(id, &lines, &file.bytes).map_err(|_| AppError::BadRequest("answer"))?;
    let mut settled = 0;
    for (line, answer) in read.into_iter().filter_map(|read| read.result.ok()) {
        let done = sqlx::query!(
            "UPDATE enquiry_claim SET verdict = $3, amount = $4, note = $5, nth = $6, answered_at = $7
             WHERE enquiry_id = $1 AND line = $2 AND verdict IS NULL",
            id.0,
            line,
            answer.verdict.as_str(),
            answer.amount,
            answer.note,
            nth,
            now,
        )
        .execute(&mut **tx)
        .await?;
        settled += i32::try_from(done.rows_affected()).unwrap_or_default();
    }
    let done = sqlx::query!(
        "UPDATE enquiry_answer SET taken_by = $3, taken_at = $4, settled = $5 WHERE enquiry_id = $1 AND nth = $2",
        id.0,
        nth,
        staff.person.0,
        now,
        settled,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())?;
    let change = Change {
        action: "enquiry.answered",
        subject: format!("enquiry/{id}"),
        after: Some(json!({ "answer": nth, "claims": settled })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await?;
    Ok(settled)
}
