//! What the worker does with the queue. Times are the database's own, which all processes share.

use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::{AppError, constraint};
use crate::base::secrets::Secrets;
use crate::mail::model::{Outcome, Text};
use crate::mail::rules::{GIVEN_UP_AFTER, LEASE, said};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

/// A mail that is one worker's for now.
#[derive(Clone, Copy, Debug)]
pub struct Claimed {
    /// Its number.
    pub id: i64,
    /// Whether it has waited so long that it is given up.
    pub too_old: bool,
}

/// Whether there is anything to be sent now.
///
/// # Errors
/// When the database is away.
pub async fn something_is_due(db: &Db) -> Result<bool, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM mail_queue WHERE due_at <= clock_timestamp()
                          AND (leased_until IS NULL OR leased_until < clock_timestamp()) AND NOT mail_awaits_scan(mail_id)) AS "due!""#
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// Takes the next mail that is due, what goes to many people at once after everything else; nobody else gets it before
/// the lease is over.
///
/// # Errors
/// When the database is away.
pub async fn claim(db: &Db, worker: Uuid) -> Result<Option<Claimed>, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let claimed = sqlx::query_as!(
        Claimed,
        r#"UPDATE mail_queue SET worker = $1, leased_until = clock_timestamp() + $2::interval
           WHERE mail_id = (
               SELECT mail_id FROM mail_queue
               WHERE due_at <= clock_timestamp() AND (leased_until IS NULL OR leased_until < clock_timestamp())
                 AND NOT mail_awaits_scan(mail_id)
               ORDER BY bulk, due_at, mail_id LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING mail_id AS id, queued_at < clock_timestamp() - $3::interval AS "too_old!""#,
        worker,
        interval(LEASE),
        interval(GIVEN_UP_AFTER),
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Keeps what a mail says, before it is tried for the first time; what was kept before stays. Gives what is kept.
///
/// # Errors
/// When the database is away, or was written with another key.
pub async fn keep_text(
    db: &Db,
    secrets: &Secrets,
    mail: i64,
    text: Text,
    now: DateTime<Utc>,
) -> Result<Text, AppError> {
    let plain = serde_json::to_string(&text).map_err(|error| AppError::Internal(error.to_string()))?;
    let sealed = secrets.seal(&belongs_to(mail), &plain)?;
    let mut tx = db.begin(&Actor::Job).await?;
    let kept = sqlx::query!(
        "INSERT INTO mail_text (mail_id, key_id, sealed, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        mail,
        secrets.key().0,
        sealed,
        now,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    if kept.rows_affected() == 1 {
        return Ok(text);
    }
    let mut tx = db.begin(&Actor::Job).await?;
    self::text(&mut tx, secrets, mail).await?.ok_or(AppError::NotFound)
}

/// What a mail says, once it was tried.
///
/// # Errors
/// When the database is away, or was written with another key.
pub async fn text(tx: &mut Tx, secrets: &Secrets, mail: i64) -> Result<Option<Text>, AppError> {
    let row = sqlx::query!(
        r#"SELECT sealed, key_id AS "key: crate::base::secrets::KeyId" FROM mail_text WHERE mail_id = $1"#,
        mail
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let plain = secrets.open(&belongs_to(mail), row.key, &row.sealed)?;
    serde_json::from_str(&plain).map(Some).map_err(|error| AppError::Internal(format!("the text of a mail: {error}")))
}

fn belongs_to(mail: i64) -> String {
    format!("mail/{mail}")
}

/// Writes down what a try came to; the mail leaves the queue, or waits for so long. Only whoever holds the lease says
/// that it failed; that it was sent counts from whoever sent it. Where it was said already, nothing is done.
///
/// # Errors
/// When the database is away.
pub async fn note_try(
    db: &Db,
    worker: Uuid,
    mail: i64,
    (outcome, answer): (Outcome, &str),
    pause: TimeDelta,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let noted = sqlx::query!(
            "INSERT INTO mail_try (mail_id, nth, after, outcome, answer, next_at, at)
             SELECT $1, coalesce(l.nth, 0) + 1, coalesce(l.outcome, ''), $3, $4,
                    CASE $3 WHEN 'put_off' THEN clock_timestamp() + $5::interval END, $6
             FROM (VALUES (true)) AS one (row)
             LEFT JOIN LATERAL (SELECT t.nth, t.outcome FROM mail_try t WHERE t.mail_id = $1 ORDER BY t.nth DESC LIMIT 1) l ON true
             WHERE l.outcome IS DISTINCT FROM 'sent'
               AND ($3 = 'sent' OR EXISTS (SELECT FROM mail_queue q WHERE q.mail_id = $1 AND q.worker = $2))",
            mail,
            worker,
            outcome.as_str(),
            said(answer),
            interval(pause),
            now,
        )
        .execute(&mut *tx)
        .await;
        match noted {
            Ok(noted) => {
                tx.commit().await?;
                return Ok(noted.rows_affected() == 1);
            }
            // Another worker said something at the same moment: look again.
            Err(error) if constraint(&error) == Some("mail_try_pkey") => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes down how the mail server is doing: `Err` with what it said where it does not work.
///
/// # Errors
/// When the database is away.
pub async fn note_server(db: &Db, works: Result<(), &str>, now: DateTime<Utc>) -> Result<(), AppError> {
    let said = works.err().map(said).map(|said| if said.is_empty() { "?".to_owned() } else { said });
    let mut tx = db.begin(&Actor::Job).await?;
    sqlx::query!(
        "UPDATE mail_server SET last_ok_at = CASE WHEN $1::text IS NULL THEN $2 ELSE last_ok_at END,
                failing_since = CASE WHEN $1 IS NOT NULL THEN coalesce(failing_since, $2) END, said = coalesce($1, '')",
        said,
        now,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

fn interval(delta: TimeDelta) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: delta.num_microseconds().unwrap_or(i64::MAX) }
}
