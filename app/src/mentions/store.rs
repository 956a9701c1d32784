//! Mentions in SQL.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::macros::store::colleagues;
use crate::mentions::rules;
use chrono::{DateTime, Utc};

/// A note that names the reader.
#[derive(Clone, Debug)]
pub struct Mention {
    /// Its number.
    pub note: i64,
    /// Its case.
    pub case: CaseId,
    /// The partner's name.
    pub partner: String,
    /// Who wrote it.
    pub author: String,
    /// What it says.
    pub body: String,
    /// When.
    pub at: DateTime<Utc>,
    /// When the reader looked.
    pub seen_at: Option<DateTime<Utc>>,
}

/// Mentions people in a note; who wrote it needs no telling.
///
/// # Errors
/// When the database refuses it.
pub async fn add(
    tx: &mut Tx,
    (partner, case, note): (PartnerId, CaseId, i64),
    people: &[PersonId],
    at: DateTime<Utc>,
) -> Result<(), AppError> {
    let people: Vec<i64> = people.iter().map(|person| person.0).collect();
    sqlx::query!(
        "INSERT INTO mention (partner_id, case_id, note_id, person_id, mentioned_at)
         SELECT $1, $2, $3, person, $5 FROM unnest($4::bigint[]) person",
        partner.0,
        case.0,
        note,
        &people,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Mentions whoever a note names and works here, except its writer.
///
/// # Errors
/// When the database refuses it.
pub async fn add_named(
    tx: &mut Tx,
    note: (PartnerId, CaseId, i64),
    body: &str,
    writer: PersonId,
    at: DateTime<Utc>,
) -> Result<(), AppError> {
    let mut people = rules::named(body, &colleagues(tx).await?);
    people.retain(|person| *person != writer);
    add(tx, note, &people, at).await
}

/// How many of a person's mentions were not looked at.
///
/// # Errors
/// When the database is away.
pub async fn unseen(tx: &mut Tx, person: PersonId) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM mention WHERE person_id = $1 AND seen_at IS NULL"#,
        person.0,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// A person's mentions, those not looked at first, the newest first; `most` of them.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, person: PersonId, most: i64) -> Result<Vec<Mention>, AppError> {
    Ok(sqlx::query_as!(
        Mention,
        r#"SELECT m.note_id AS note, m.case_id AS "case: CaseId", p.name AS partner, n.author_name AS author, n.body,
                  m.mentioned_at AS at, m.seen_at
           FROM mention m JOIN note n USING (partner_id, case_id, note_id) JOIN partner p USING (partner_id)
           WHERE m.person_id = $1
           ORDER BY m.seen_at IS NOT NULL, m.mentioned_at DESC, m.note_id DESC LIMIT $2"#,
        person.0,
        most,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Marks a person's mention in a note as looked at; gives its case.
///
/// # Errors
/// [`AppError::NotFound`] where the note does not mention them.
pub async fn see(tx: &mut Tx, person: PersonId, note: i64, at: DateTime<Utc>) -> Result<CaseId, AppError> {
    sqlx::query!(
        "UPDATE mention SET seen_at = greatest($3, mentioned_at) WHERE person_id = $1 AND note_id = $2 AND seen_at IS NULL",
        person.0,
        note,
        at,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query_scalar!(
        r#"SELECT case_id AS "case: CaseId" FROM mention WHERE person_id = $1 AND note_id = $2"#,
        person.0,
        note,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)
}
