//! Giving a case to somebody.

use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::rota::rules::on_duty;
use crate::rota::store::{colleagues, rota};
use crate::work::model::{Candidate, Why};
use crate::work::rules;
use chrono::{DateTime, Utc};

/// Gives a case to a person, or to nobody; stage and promise stay.
///
/// # Errors
/// [`AppError::Conflict`] where the case is not at `version` any more; `support_case_assignee_of_the_desk` where that person
/// does not answer cases.
pub async fn assign(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    version: i32,
    to: Option<PersonId>,
) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE support_case SET assignee_id = $4, version = version + 1
         WHERE partner_id = $1 AND case_id = $2 AND version = $3",
        partner.0,
        case.0,
        version,
        to.map(|person| person.0),
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// Whose turn it is to be given a case of a partner. Until this transaction ends, nobody else gives one out in turn: call it
/// before any case is locked.
///
/// # Errors
/// When the database is away.
pub async fn who_is_next(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    now: DateTime<Utc>,
) -> Result<Option<(PersonId, Why)>, AppError> {
    sqlx::query!("SELECT turns_one_by_one()").execute(&mut **tx).await?;
    let on_shift = on_shift(tx, now).await?;
    Ok(rules::pick(&on_shift, former(tx, partner, case).await?))
}

/// Those on shift by the rota who answer cases, with what they have; nobody in a break.
pub(super) async fn on_shift(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Candidate>, AppError> {
    let rota = rota(tx, now).await?;
    let active: Vec<_> = colleagues(tx).await?.into_iter().filter(|each| each.active).map(|each| each.person).collect();
    let there: Vec<i64> = on_duty(&rota, now)
        .into_iter()
        .map(|each| each.person)
        .filter(|each| active.contains(each))
        .map(|each| each.0)
        .collect();
    Ok(sqlx::query_as!(
        Candidate,
        r#"SELECT who AS "person!: PersonId",
                  (SELECT count(*) FROM support_case c WHERE c.assignee_id = who AND c.stage <> 'closed') AS "open!",
                  (SELECT l.most FROM case_limit l WHERE l.person_id = who ORDER BY l.case_limit_id DESC LIMIT 1)::bigint AS most,
                  (SELECT max(t.case_turn_id) FROM case_turn t WHERE t.person_id = who AND t.why = 'turn') AS last_turn
           FROM unnest($1::bigint[]) who"#,
        &there,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Who had the partner's last case before this one.
pub(super) async fn former(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<PersonId>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT assignee_id AS "person!: PersonId" FROM support_case
           WHERE partner_id = $1 AND case_id <> $2 AND assignee_id IS NOT NULL ORDER BY case_id DESC LIMIT 1"#,
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Writes down that a case was given out, once its new person has it.
///
/// # Errors
/// `case_turn_within_limit` where that person has more open cases than their limit with it.
pub async fn note_turn(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    person: PersonId,
    why: Why,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO case_turn (partner_id, case_id, person_id, why, at) VALUES ($1, $2, $3, $4, $5)",
        partner.0,
        case.0,
        person.0,
        why.as_str(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
