//! Terms that end: told to their partner once, some days before.

use super::offers::field;
use crate::agreement::model::Ending;
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, TermsVersionId};
use crate::mail;
use crate::mail::home::MailHome;
use crate::terms::store::rule_of;
use chrono::{DateTime, Utc};
use serde_json::json;

/// So many days before they end; what holds for less time is told as soon as it begins.
pub const TOLD_DAYS_BEFORE: i32 = 7;
/// Told in one transaction.
const BATCH: i64 = 200;

/// Tells partners of terms that end soon, where something else counts then. Gives how many; safe to run twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn tell_endings(db: &Db, home: &MailHome, now: DateTime<Utc>) -> Result<u64, AppError> {
    let mut all = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let told = sqlx::query!(
            r#"INSERT INTO terms_ending (partner_id, terms_version_id, programme_id, ends_at, kind_after, value_after, rule_after, told_at)
               SELECT a.partner_id, t.terms_version_id, t.programme_id, t.valid_until, b.kind, b.value, coalesce(b.rule, '{}'), $1
               FROM terms_version t
               JOIN partner a ON a.programme_id = t.programme_id AND t.partner_scope IN (0, a.partner_id) AND a.status <> 'closed'
               LEFT JOIN LATERAL terms_at(t.programme_id, t.offer_scope, a.partner_id, t.valid_until) b ON b.field = t.field
               WHERE t.valid_until > $1 AND t.valid_until <= $1 + make_interval(days => $2) AND t.valid_from <= $1
                 AND NOT EXISTS (SELECT FROM terms_ending e WHERE e.partner_id = a.partner_id AND e.terms_version_id = t.terms_version_id)
                 -- Only what counts for the partner until then, and gives way to something else.
                 AND EXISTS (SELECT FROM terms_at(t.programme_id, t.offer_scope, a.partner_id, t.valid_until - interval '1 microsecond') n
                             WHERE n.terms_version_id = t.terms_version_id)
                 AND (b.kind, b.value, b.rule) IS DISTINCT FROM (t.kind, t.value, t.rule)
               ORDER BY t.valid_until, t.terms_version_id, a.partner_id LIMIT $3 ON CONFLICT DO NOTHING
               RETURNING terms_version_id AS "version: TermsVersionId", partner_id AS "partner: PartnerId", ends_at"#,
            now,
            TOLD_DAYS_BEFORE,
            BATCH,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &told {
            mail::store::ending(&mut tx, home, row.version, row.partner, now).await?;
            let change = Change {
                action: "terms.ending_told",
                subject: format!("terms_version/{}", row.version),
                partner: Some(row.partner),
                after: Some(json!({ "valid_until": row.ends_at })),
                ..Change::default()
            };
            record(&mut tx, &Actor::Job, now, "agreement", change).await?;
        }
        tx.commit().await?;
        let done = u64::try_from(told.len()).unwrap_or(u64::MAX);
        all += done;
        if done == 0 {
            return Ok(all);
        }
    }
}

/// What a partner was told ends, and has not ended yet.
///
/// # Errors
/// When the database is away.
pub async fn endings_of(tx: &mut Tx, partner: PartnerId, now: DateTime<Utc>) -> Result<Vec<Ending>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT e.terms_version_id AS "version: TermsVersionId", t.field, o.name AS "offer?", t.kind, t.value, t.rule, e.kind_after, e.value_after,
                  e.rule_after, e.ends_at, e.told_at
           FROM terms_ending e JOIN terms_version t USING (terms_version_id)
           LEFT JOIN offer o ON o.programme_id = t.programme_id AND o.offer_id = t.offer_scope
           WHERE e.partner_id = $1 AND e.ends_at > $2 ORDER BY e.ends_at, e.terms_version_id LIMIT 50"#,
        partner.0,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let rule_after = rule_of(row.rule_after)?;
            Ok(Ending {
                version: row.version,
                field: field(&row.field)?,
                offer: row.offer,
                now: ((row.kind, row.value), rule_of(row.rule)?),
                then: row.kind_after.zip(row.value_after).map(|value| (value, rule_after)),
                ends_at: row.ends_at,
                told_at: row.told_at,
            })
        })
        .collect()
}
