//! The SQL of agreements.

mod endings;
mod notices;
mod offers;
mod requests;

pub use endings::{TOLD_DAYS_BEFORE, endings_of, tell_endings};
pub use notices::{answer_notice, notice, notices_of, notices_to, stop};
pub use offers::{answer_offer, offers_to};
pub use requests::{NewRequest, ask, decline, request, requests, requests_of};

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::Db;
use crate::base::error::AppError;
use crate::base::ids::PartnerId;
use chrono::{DateTime, Utc};
use serde_json::json;

/// What is written down in one transaction.
const BATCH: i64 = 500;

/// Writes down what silence says: offers that lapsed, decreases that apply and nobody said a word to. Gives how many; safe to run
/// twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn let_time_answer(db: &Db, now: DateTime<Utc>) -> Result<u64, AppError> {
    let mut all = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let lapsed = sqlx::query!(
            r#"INSERT INTO counter_answer (proposal_id, partner_id, answer, answered_at)
               SELECT c.proposal_id, c.partner_id, 'lapsed', $1 FROM counter_offer c
               WHERE c.expires_at <= $1 AND NOT EXISTS (SELECT FROM counter_answer x WHERE x.proposal_id = c.proposal_id)
               ORDER BY c.proposal_id LIMIT $2 ON CONFLICT DO NOTHING
               RETURNING proposal_id, partner_id AS "partner: PartnerId""#,
            now,
            BATCH,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &lapsed {
            let change = Change {
                action: "counter.lapsed",
                subject: format!("proposal/{}", row.proposal_id),
                partner: Some(row.partner),
                after: Some(json!({ "answer": "lapsed" })),
                ..Change::default()
            };
            record(&mut tx, &Actor::Job, now, "agreement", change).await?;
        }
        let silent = sqlx::query!(
            r#"INSERT INTO terms_answer (partner_id, terms_version_id, answer, answered_at)
               SELECT n.partner_id, n.terms_version_id, 'silent', $1 FROM terms_notice n
               WHERE n.applies_at <= $1
                 AND NOT EXISTS (SELECT FROM terms_answer x WHERE x.partner_id = n.partner_id AND x.terms_version_id = n.terms_version_id)
                 AND NOT EXISTS (SELECT FROM stopped_change s WHERE s.partner_id = n.partner_id AND s.terms_version_id = n.terms_version_id)
               ORDER BY n.applies_at, n.partner_id LIMIT $2 ON CONFLICT DO NOTHING
               RETURNING terms_version_id, partner_id AS "partner: PartnerId""#,
            now,
            BATCH,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &silent {
            let change = Change {
                action: "terms.acknowledged_by_silence",
                subject: format!("terms_version/{}", row.terms_version_id),
                partner: Some(row.partner),
                after: Some(json!({ "answer": "silent" })),
                ..Change::default()
            };
            record(&mut tx, &Actor::Job, now, "agreement", change).await?;
        }
        tx.commit().await?;
        let done = u64::try_from(lapsed.len() + silent.len()).unwrap_or(u64::MAX);
        all += done;
        if done == 0 {
            return Ok(all);
        }
    }
}
