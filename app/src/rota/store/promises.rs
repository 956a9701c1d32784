//! What somebody has promised, and giving it to somebody else.

use super::unknown;
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::disputes::model::Kind;
use chrono::{DateTime, Utc};

/// An open case of somebody, with what its partner was promised.
#[derive(Clone, Debug)]
pub struct OpenPromise {
    /// The case.
    pub case: CaseId,
    /// Whose it is.
    pub partner: PartnerId,
    /// That partner's code and name.
    pub partner_name: String,
    /// What it is about.
    pub kind: Kind,
    /// When the partner hears next.
    pub promised_at: DateTime<Utc>,
}

/// What a person has promised up to a moment, the earliest first.
///
/// # Errors
/// When the database is away.
pub async fn open_promises(
    tx: &mut Tx,
    person: PersonId,
    until: Option<DateTime<Utc>>,
) -> Result<Vec<OpenPromise>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.case_id, c.partner_id, c.kind, c.next_update_at, p.code || ' ' || p.name AS "partner_name!"
           FROM support_case c JOIN partner p USING (partner_id)
           WHERE c.assignee_id = $1 AND c.stage IN ('received', 'in_review') AND ($2::timestamptz IS NULL OR c.next_update_at < $2)
           ORDER BY c.next_update_at, c.case_id"#,
        person.0,
        until,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(OpenPromise {
                case: CaseId(row.case_id),
                partner: PartnerId(row.partner_id),
                partner_name: row.partner_name,
                kind: Kind::parse(&row.kind).ok_or_else(|| unknown(&row.kind))?,
                promised_at: row.next_update_at,
            })
        })
        .collect()
}

/// The same cases, locked in the order of their numbers for handing them over, with stage and version.
///
/// # Errors
/// When the database is away.
pub async fn promised_until(
    tx: &mut Tx,
    person: PersonId,
    until: Option<DateTime<Utc>>,
) -> Result<Vec<(PartnerId, CaseId)>, AppError> {
    Ok(sqlx::query!(
        r#"SELECT partner_id AS "partner: PartnerId", case_id AS "case: CaseId" FROM support_case
           WHERE assignee_id = $1 AND stage IN ('received', 'in_review') AND ($2::timestamptz IS NULL OR next_update_at < $2)
           ORDER BY partner_id, case_id FOR UPDATE"#,
        person.0,
        until,
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(|row| (row.partner, row.case))
    .collect())
}

/// Gives a case of one person to another.
///
/// # Errors
/// [`AppError::Conflict`] where it is not that person's any more.
pub async fn assign(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    from: PersonId,
    to: PersonId,
) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE support_case SET assignee_id = $4, version = version + 1
         WHERE partner_id = $1 AND case_id = $2 AND assignee_id = $3",
        partner.0,
        case.0,
        from.0,
        to.0,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}
