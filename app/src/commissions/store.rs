//! Releasing commissions.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::Db;
use crate::base::error::AppError;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;

/// Commissions released by one statement; bounds what is locked at once.
const BATCH: i64 = 20_000;

/// What a release did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Released {
    /// Commissions that became payable.
    pub commissions: i64,
    /// How many of them moved money (one of which nothing is left moves none).
    pub transfers: i64,
}

/// Makes payable what left its hold by `as_of`, each from the moment its hold ended. One transaction a batch; safe to
/// run twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn release(db: &Db, actor: &Actor, as_of: DateTime<Utc>, now: DateTime<Utc>) -> Result<Released, AppError> {
    let mut total = Released::default();
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let row = sqlx::query!(
            r#"WITH due AS (
                   SELECT partner_id, conversion_id FROM commission
                   WHERE hold_until <= $1 AND released_at IS NULL AND state = 'pending'
                   ORDER BY partner_id, conversion_id LIMIT $3 FOR UPDATE SKIP LOCKED
               ), released AS (
                   UPDATE commission c SET released_at = c.hold_until FROM due
                   WHERE c.partner_id = due.partner_id AND c.conversion_id = due.conversion_id
                   RETURNING c.partner_id, c.conversion_id, c.currency, c.amount_left, c.hold_until
               ), written AS (
                   INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, effective_at, booked_at)
                   SELECT p.programme_id, r.partner_id, 'release', 'pending', 'payable', r.amount_left, r.currency, r.conversion_id, r.hold_until, $2
                   FROM released r JOIN partner p USING (partner_id) WHERE r.amount_left > 0
                   RETURNING amount
               )
               SELECT (SELECT count(*) FROM released) AS "commissions!", (SELECT count(*) FROM written) AS "transfers!",
                      (SELECT coalesce(sum(amount), 0) FROM written) AS "amount!: Decimal""#,
            as_of,
            now,
            BATCH,
        )
        .fetch_one(&mut *tx)
        .await?;
        if row.commissions > 0 {
            let change = Change {
                action: "commissions.released",
                subject: "commissions".into(),
                after: Some(
                    json!({ "as_of": as_of, "commissions": row.commissions, "transfers": row.transfers, "amount": row.amount }),
                ),
                ..Change::default()
            };
            record(&mut tx, actor, now, "release", change).await?;
        }
        tx.commit().await?;
        total.commissions += row.commissions;
        total.transfers += row.transfers;
        if row.commissions < BATCH {
            return Ok(total);
        }
    }
}
