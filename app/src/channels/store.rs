//! The SQL of what was spoken.

use super::model::{Channel, Speaker, Spoken};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId, ProgrammeId};
use crate::desk::model::Hand;
use crate::disputes::model::Stage;
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// The members of a partner who may sign in, by name.
///
/// # Errors
/// When the database is away.
pub async fn members(tx: &mut Tx, partner: PartnerId) -> Result<Vec<(PersonId, String)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT p.person_id AS "person: PersonId", p.name FROM partner_member m JOIN person p USING (person_id)
           WHERE m.partner_id = $1 AND p.disabled_at IS NULL ORDER BY p.name, p.person_id"#,
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.name)).collect())
}

/// Who wrote down what was spoken in a case, by message.
///
/// # Errors
/// When the database is away.
pub async fn loggers(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<HashMap<i64, String>, AppError> {
    let rows = sqlx::query!(
        "SELECT m.message_id, s.name FROM message m JOIN staff s ON s.person_id = m.logged_by
         WHERE m.partner_id = $1 AND m.case_id = $2",
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.message_id, row.name)).collect())
}

/// The partner of a case opened here, with what its page says of it.
#[derive(Clone, Debug)]
pub struct Called {
    /// The partner.
    pub id: PartnerId,
    /// Its programme.
    pub programme: ProgrammeId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A partner by its number.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn partner(tx: &mut Tx, id: PartnerId) -> Result<Called, AppError> {
    sqlx::query_as!(
        Called,
        r#"SELECT partner_id AS "id: PartnerId", programme_id AS "programme: ProgrammeId", code, name FROM partner WHERE partner_id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)
}

/// When the newest message of a case was said.
///
/// # Errors
/// When the database is away.
pub async fn newest(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<DateTime<Utc>>, AppError> {
    Ok(sqlx::query_scalar!(
        "SELECT max(sent_at) FROM message WHERE partner_id = $1 AND case_id = $2",
        partner.0,
        case.0,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Opens a case with nothing in it yet: what was spoken follows in the same transaction.
///
/// # Errors
/// When the database refuses it.
pub async fn open(
    tx: &mut Tx,
    called: &Called,
    subject: &str,
    (stage, assignee): (Stage, Option<PersonId>),
    hand: &Hand,
    (at, promised_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<CaseId, AppError> {
    let case = sqlx::query_scalar!(
        r#"INSERT INTO support_case (programme_id, partner_id, kind, subject, stage, opened_by, opened_at, next_update_at)
           VALUES ($1, $2, 'other', $3, $4, $5, $6, $7) RETURNING case_id AS "case: CaseId""#,
        called.programme.0,
        called.id.0,
        subject,
        stage.as_str(),
        hand.person.0,
        at,
        promised_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    if let Some(person) = assignee {
        sqlx::query!(
            "UPDATE support_case SET assignee_id = $3 WHERE partner_id = $1 AND case_id = $2",
            called.id.0,
            case.0,
            person.0,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(case)
}

/// Writes down what was spoken; gives the message.
///
/// # Errors
/// `message_form_once` where the same form wrote one already; `message_spoken_in_its_order` where the conversation went
/// on since then; `message_spoken_by_a_member`, `message_logged_by_the_desk` where that is not so.
pub async fn add(tx: &mut Tx, partner: PartnerId, case: CaseId, spoken: &Spoken, hand: &Hand) -> Result<i64, AppError> {
    let (side, author, name) = match &spoken.speaker {
        Speaker::Us => ("staff", Some(hand.person.0), &hand.name),
        Speaker::Member(person, name) => ("partner", Some(person.0), name),
        Speaker::Named(name) => ("partner", None, name),
    };
    Ok(sqlx::query_scalar!(
        "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key, channel, logged_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING message_id",
        partner.0,
        case.0,
        side,
        author,
        name,
        spoken.body,
        spoken.at,
        spoken.form_key,
        spoken.channel.as_str(),
        hand.person.0,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// The channel that the database wrote.
///
/// # Errors
/// Where schema and program differ.
pub fn channel(word: &str) -> Result<Channel, AppError> {
    Channel::parse(word).ok_or_else(|| AppError::Internal(format!("unknown channel: {word}")))
}
