//! Grants that end: the goal is reached and the bonus booked, or the time is over and the money given back.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::Db;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PromoGrantId};
use crate::mail;
use crate::mail::home::MailHome;
use crate::promo::model::End;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;

/// Grants looked at together; each ends in a transaction of its own.
const BATCH: i64 = 200;

/// A grant that is to end.
struct Due {
    partner: PartnerId,
    grant: PromoGrantId,
    end: End,
    at: DateTime<Utc>,
}

/// Ends every grant that has reached its goal by now, or whose time is over without it. Gives how many; safe to run twice, at once,
/// or to kill: each is one transaction, and its key is the grant.
///
/// # Errors
/// When the database is away.
pub async fn work(db: &Db, home: &MailHome, now: DateTime<Utc>) -> Result<usize, AppError> {
    let (mut ended, mut last) = (0, (0, 0));
    loop {
        let due = due(db, last, now).await?;
        for one in &due {
            match end(db, home, one, now).await {
                Ok(true) => ended += 1,
                Ok(false) => {}
                // One that can't end now does not stand in the way of the others.
                Err(error) => tracing::warn!(grant = %one.grant, %error, "a promotion can't end now"),
            }
        }
        let Some(one) = due.last().filter(|_| i64::try_from(due.len()).unwrap_or(i64::MAX) >= BATCH) else {
            return Ok(ended);
        };
        last = (one.partner.0, one.grant.0);
    }
}

async fn due(db: &Db, last: (i64, i64), now: DateTime<Utc>) -> Result<Vec<Due>, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let rows = sqlx::query!(
        r#"SELECT s.partner_id AS "partner: PartnerId", s.promo_grant_id AS "grant: PromoGrantId", s.at, k.counts_until, far.reached_at
           FROM promo_step s
           JOIN promo_package k USING (promo_package_id)
           CROSS JOIN LATERAL promo_progress(s.partner_id, k.goal, k.target, k.currency, k.starts_at, k.ends_at, k.counts_until) far
           WHERE s.step = 'reserved' AND (s.partner_id, s.promo_grant_id) > ($1, $2)
             AND NOT EXISTS (SELECT FROM promo_step x WHERE x.partner_id = s.partner_id AND x.promo_grant_id = s.promo_grant_id AND x.step <> 'reserved')
             AND CASE WHEN far.reached_at IS NOT NULL THEN far.reached_at <= $3
                      ELSE k.counts_until <= $3 AND far.counted + far.settles < k.target END
           ORDER BY s.partner_id, s.promo_grant_id LIMIT $4"#,
        last.0,
        last.1,
        now,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Due {
            partner: row.partner,
            grant: row.grant,
            end: if row.reached_at.is_some() { End::Reached } else { End::Over },
            // What was reached before it was granted counts from the grant on.
            at: row.reached_at.unwrap_or(row.counts_until).max(row.at),
        })
        .collect())
}

/// Ends one; `false` where somebody else did.
async fn end(db: &Db, home: &MailHome, due: &Due, now: DateTime<Utc>) -> Result<bool, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let row = sqlx::query!(
        r#"INSERT INTO promo_step (programme_id, partner_id, promo_grant_id, promo_package_id, bonus, currency, step, at, written_at)
           SELECT d.programme_id, d.partner_id, d.promo_grant_id, d.promo_package_id, d.bonus, d.currency, $3, $4, $5
           FROM promo_decision d WHERE d.partner_id = $1 AND d.promo_grant_id = $2
           ON CONFLICT DO NOTHING
           RETURNING bonus AS "bonus: Decimal", currency, counted AS "counted: Decimal""#,
        due.partner.0,
        due.grant.0,
        due.end.step(),
        due.at,
        now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    mail::store::promo(&mut tx, home, due.partner, due.grant, due.end.step(), now).await?;
    let change = Change {
        action: match due.end {
            End::Reached => "promo.reached",
            End::Over => "promo.given_back",
        },
        subject: format!("promo_grant/{}", due.grant),
        partner: Some(due.partner),
        after: Some(json!({ "bonus": row.bonus, "currency": row.currency, "counted": row.counted, "at": due.at })),
        ..Change::default()
    };
    record(&mut tx, &Actor::Job, now, "promo", change).await?;
    tx.commit().await?;
    Ok(true)
}
