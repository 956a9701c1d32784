//! What somebody typed and has not sent. It is their own: asked for by the sign-in role, by person, and shown to nobody else.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PersonId;
use crate::live::rules::is_field;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The most drafts of one person; the oldest makes room.
const MOST: i64 = 100;

/// Keeps a draft; an empty one is forgotten. What arrives late from a form that was sent already is not kept.
///
/// # Errors
/// When the database refuses it.
pub async fn keep_draft(
    tx: &mut Tx,
    person: PersonId,
    name: &str,
    body: &str,
    form_key: &str,
    at: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO kept_draft AS d (person_id, name, body, kept_at) VALUES ($1, $2, $3, $5)
         ON CONFLICT (person_id, name) DO UPDATE SET body = excluded.body, kept_at = excluded.kept_at
         WHERE d.sent_key = '' OR d.sent_key <> $4",
        person.0,
        name,
        body,
        form_key,
        at,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "DELETE FROM kept_draft WHERE person_id = $1 AND name IN (
             SELECT name FROM kept_draft WHERE person_id = $1 ORDER BY kept_at DESC, name OFFSET $2)",
        person.0,
        MOST,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A form is sent in this transaction, whoever's it is: what was kept of its field is forgotten with it. A name that is no
/// field's had nothing kept.
///
/// # Errors
/// When the database is away.
pub async fn draft_was_sent(
    tx: &mut Tx,
    person: PersonId,
    name: &str,
    form_key: Uuid,
    at: DateTime<Utc>,
) -> Result<(), AppError> {
    if !is_field(name) {
        return Ok(());
    }
    sqlx::query!("SELECT draft_was_sent($1, $2, $3, $4)", person.0, name, form_key.to_string(), at)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What somebody typed and has not sent, by the name of its field.
///
/// # Errors
/// When the database is away.
pub async fn drafts_of(tx: &mut Tx, person: PersonId) -> Result<Vec<(String, String)>, AppError> {
    let rows = sqlx::query!("SELECT name, body FROM kept_draft WHERE person_id = $1 AND body <> ''", person.0)
        .fetch_all(&mut **tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.body)).collect())
}
