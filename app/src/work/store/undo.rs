//! What a step changed, and putting it back.

use super::unknown;
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::desk::model::Hand;
use crate::disputes::model::{Locked, Stage};
use crate::work::model::{Snooze, Undo, What};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A case as it was before a step.
#[derive(Clone, Debug)]
pub struct Before {
    /// Whose.
    pub partner: PartnerId,
    /// Which.
    pub case: CaseId,
    /// Its version once the step was done.
    pub version_after: i32,
    /// With whom it was.
    pub assignee: Option<PersonId>,
    /// Where it stood.
    pub stage: Stage,
    /// When the partner was to hear next.
    pub next_update_at: DateTime<Utc>,
    /// Until when it was put off, and why.
    pub snoozed: Option<(DateTime<Utc>, String)>,
}

/// A locked case as it is before a step that makes one version of it.
pub fn before(case: &Locked, snooze: Option<Snooze>) -> Before {
    Before {
        partner: case.partner,
        case: case.id,
        version_after: case.version + 1,
        assignee: case.assignee,
        stage: case.stage,
        next_update_at: case.next_update_at,
        snoozed: snooze.map(|snooze| (snooze.until, snooze.reason)),
    }
}

/// Begins what one person's step changed, in however many cases.
///
/// # Errors
/// When the database is away.
pub async fn new_undo(tx: &mut Tx, person: PersonId, what: What, now: DateTime<Utc>) -> Result<Uuid, AppError> {
    let id = Uuid::new_v4();
    sqlx::query!(
        "INSERT INTO case_undo (case_undo_id, person_id, what, made_at) VALUES ($1, $2, $3, $4)",
        id,
        person.0,
        what.as_str(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Keeps how one case was.
///
/// # Errors
/// When the database is away.
pub async fn remember(tx: &mut Tx, undo: Uuid, before: &Before) -> Result<(), AppError> {
    let (until, reason) = before.snoozed.clone().unzip();
    sqlx::query!(
        "INSERT INTO case_undo_step (partner_id, case_id, case_undo_id, version_after, assignee_id, stage, next_update_at, snoozed_until, snooze_reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        before.partner.0,
        before.case.0,
        undo,
        before.version_after,
        before.assignee.map(|person| person.0),
        before.stage.as_str(),
        before.next_update_at,
        until,
        reason,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A step that this person may still take back.
///
/// # Errors
/// When the database is away.
pub async fn find_undo(tx: &mut Tx, undo: Uuid, person: PersonId) -> Result<Option<Undo>, AppError> {
    Ok(sqlx::query_as!(
        Undo,
        r#"SELECT u.case_undo_id AS id, count(*) AS "cases!" FROM case_undo u JOIN case_undo_step s USING (case_undo_id)
           WHERE u.case_undo_id = $1 AND u.person_id = $2 AND u.used_at IS NULL GROUP BY u.case_undo_id"#,
        undo,
        person.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Uses a step's undo up, once, and gives what it changed, in the order of the cases' numbers.
///
/// # Errors
/// [`AppError::NotFound`] where there is none of this person's; [`AppError::Conflict`] where it was used.
pub async fn use_undo(tx: &mut Tx, undo: Uuid, person: PersonId, now: DateTime<Utc>) -> Result<Vec<Before>, AppError> {
    let row = sqlx::query!(
        "SELECT used_at FROM case_undo WHERE case_undo_id = $1 AND person_id = $2 FOR UPDATE",
        undo,
        person.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    if row.used_at.is_some() {
        return Err(AppError::Conflict);
    }
    sqlx::query!("UPDATE case_undo SET used_at = greatest($2, made_at) WHERE case_undo_id = $1", undo, now)
        .execute(&mut **tx)
        .await?;
    let rows = sqlx::query!(
        r#"SELECT partner_id AS "partner: PartnerId", case_id AS "case: CaseId", version_after, assignee_id AS "assignee: PersonId",
                  stage, next_update_at, snoozed_until, snooze_reason
           FROM case_undo_step WHERE case_undo_id = $1 ORDER BY partner_id, case_id"#,
        undo,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Before {
                partner: row.partner,
                case: row.case,
                version_after: row.version_after,
                assignee: row.assignee,
                stage: Stage::parse(&row.stage).ok_or_else(|| unknown(&row.stage))?,
                next_update_at: row.next_update_at,
                snoozed: row.snoozed_until.zip(row.snooze_reason),
            })
        })
        .collect()
}

/// Puts back who has a case, where it stood and what was promised.
///
/// # Errors
/// [`AppError::Conflict`] where somebody changed it since; `support_case_assignee_of_the_desk` where that person does not answer
/// cases any more.
pub async fn give_back(tx: &mut Tx, before: &Before) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE support_case SET assignee_id = $4, stage = $5, next_update_at = $6, version = version + 1
         WHERE partner_id = $1 AND case_id = $2 AND version = $3 AND stage <> 'closed'",
        before.partner.0,
        before.case.0,
        before.version_after,
        before.assignee.map(|person| person.0),
        before.stage.as_str(),
        before.next_update_at,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// Keeps how a case was that somebody just took; gives what takes that back.
///
/// # Errors
/// When the database is away.
pub async fn remember_taking(tx: &mut Tx, hand: &Hand, case: &Locked) -> Result<Uuid, AppError> {
    let undo = new_undo(tx, hand.person, What::Taken, hand.at).await?;
    let snooze = super::snooze_of(tx, case.partner, case.id).await?;
    remember(tx, undo, &before(case, snooze)).await?;
    Ok(undo)
}
