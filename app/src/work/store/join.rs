//! Joining two conversations in one case, and naming cases that have to do with each other.

use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, PartnerId, PersonId};
use chrono::{DateTime, Utc};

/// The case in which a conversation goes on: itself, where it was not merged.
///
/// # Errors
/// When the database is away.
pub async fn home(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<CaseId, AppError> {
    Ok(sqlx::query_scalar!(r#"SELECT case_home($1, $2) AS "case!: CaseId""#, partner.0, case.0)
        .fetch_one(&mut **tx)
        .await?)
}

/// Writes down that a case goes on in another one of its partner; it has to be closed in the same transaction.
///
/// # Errors
/// `case_merge_once`, `case_merge_no_circle`, `case_merge_not_decided`, `case_merge_into_an_open_case`,
/// `case_merge_into_another`, `case_merge_same_partner` by name.
pub async fn merge(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    into: CaseId,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO case_merge (partner_id, case_id, into_case_id, merged_by, merged_at) VALUES ($1, $2, $3, $4, $5)",
        partner.0,
        case.0,
        into.0,
        by.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Names two cases as having to do with each other.
///
/// # Errors
/// `case_link_once` where they are already; `case_link_in_order` where it is one case.
pub async fn add_link(
    tx: &mut Tx,
    one: (PartnerId, CaseId),
    other: (PartnerId, CaseId),
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let (first, second) = if one.1 < other.1 { (one, other) } else { (other, one) };
    sqlx::query!(
        "INSERT INTO case_link (partner_id, case_id, other_partner_id, other_case_id, linked_by, linked_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        first.0.0,
        first.1.0,
        second.0.0,
        second.1.0,
        by.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends that.
///
/// # Errors
/// [`AppError::Conflict`] where they are not linked.
pub async fn remove_link(tx: &mut Tx, one: CaseId, other: CaseId) -> Result<(), AppError> {
    let done = sqlx::query!(
        "DELETE FROM case_link WHERE case_id = least($1::bigint, $2) AND other_case_id = greatest($1::bigint, $2)",
        one.0,
        other.0,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}
