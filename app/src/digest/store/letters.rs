//! The weekly mail: who wants it, and writing it.

use super::zone;
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::PersonId;
use crate::digest::rules;
use crate::mail::home::MailHome;
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

/// Whether an owner wants the mail.
///
/// # Errors
/// When the database is away.
pub async fn wants(tx: &mut Tx, person: PersonId, now: DateTime<Utc>) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(r#"SELECT wants_digest($1, $2) AS "wants!""#, person.0, now).fetch_one(&mut **tx).await?)
}

/// Writes down whether an owner wants it; `false` where the same form did.
///
/// # Errors
/// `digest_wish_by_an_owner` where they are none.
pub async fn wish(
    tx: &mut Tx,
    person: PersonId,
    wanted: bool,
    form_key: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    let done = sqlx::query!(
        "INSERT INTO digest_wish (person_id, wanted, wished_at, form_key) VALUES ($1, $2, $3, $4) ON CONFLICT (form_key) DO NOTHING",
        person.0,
        wanted,
        now,
        form_key,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes the mail of the week before to every owner who wants it and has none yet, once that is due; gives how many. Nothing is
/// written where no mail is sent. Safe to run twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn write_due(db: &Db, home: &MailHome, now: DateTime<Utc>) -> Result<u64, AppError> {
    if !home.sends() {
        return Ok(0);
    }
    let mut tx = db.begin(&Actor::Job).await?;
    let Some(week) = rules::due(now, zone(&mut tx).await?) else { return Ok(0) };
    let written = sqlx::query!(
        r#"INSERT INTO mail_out (kind, person_id, digest_week, locale, signed_by, message_uid, written_at)
           SELECT 'digest', s.person_id, $1, left(p.locale, 2), g.name, '<' || gen_random_uuid() || '@' || $2 || '>', $3
           FROM (SELECT name FROM programme WHERE created_at < $4 ORDER BY programme_id LIMIT 1) g
           CROSS JOIN staff s JOIN person p USING (person_id)
           WHERE s.role = 'owner' AND s.disabled_at IS NULL AND p.disabled_at IS NULL AND wants_digest(s.person_id, $3)
             AND NOT EXISTS (SELECT FROM mail_out o WHERE o.kind = 'digest' AND o.person_id = s.person_id AND o.digest_week = $1)
           ORDER BY s.person_id ON CONFLICT DO NOTHING"#,
        week.monday,
        home.domain(),
        now,
        week.whole.to,
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if written == 0 {
        return Ok(0);
    }
    let change = Change {
        action: "digest.mailed",
        subject: format!("digest/{}", week.monday),
        after: Some(json!({ "mails": written })),
        ..Change::default()
    };
    record(&mut tx, &Actor::Job, now, "", change).await?;
    tx.commit().await?;
    Ok(written)
}
