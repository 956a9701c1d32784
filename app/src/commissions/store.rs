//! Releasing commissions.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
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
        wait_for_imports(&mut tx).await?;
        let due = sqlx::query!(
            r#"WITH due AS (
                   SELECT partner_id, conversion_id FROM commission
                   WHERE hold_until <= $1 AND released_at IS NULL AND state = 'pending'
                   ORDER BY partner_id, conversion_id LIMIT $2 FOR UPDATE SKIP LOCKED
               )
               UPDATE commission c SET released_at = c.hold_until FROM due
               WHERE c.partner_id = due.partner_id AND c.conversion_id = due.conversion_id
               RETURNING c.partner_id, c.conversion_id"#,
            as_of,
            BATCH,
        )
        .fetch_all(&mut *tx)
        .await?;
        let commissions = i64::try_from(due.len()).unwrap_or(i64::MAX);
        if commissions > 0 {
            let (partners, conversions): (Vec<i64>, Vec<i64>) =
                due.into_iter().map(|row| (row.partner_id, row.conversion_id)).unzip();
            let (transfers, amount) = book_releases(&mut tx, &partners, &conversions, now).await?;
            let change = Change {
                action: "commissions.released",
                subject: "commissions".into(),
                after: Some(
                    json!({ "as_of": as_of, "commissions": commissions, "transfers": transfers, "amount": amount }),
                ),
                ..Change::default()
            };
            record(&mut tx, actor, now, "release", change).await?;
            total.commissions += commissions;
            total.transfers += transfers;
        }
        tx.commit().await?;
        if commissions < BATCH {
            return Ok(total);
        }
    }
}

/// Imports hold their locks until the whole file is in; keys keep both correct, this keeps them from failing.
///
/// # Errors
/// When the database is away.
pub async fn wait_for_imports(tx: &mut Tx) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('import', programme_id))
         FROM (SELECT programme_id FROM programme ORDER BY programme_id) one"
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// Books the transfers of commissions whose `released_at` was set in this transaction: everything that was left at that
/// moment leaves `pending`, and what a refund or rejection of a later time has already taken from `pending` goes back
/// there at that time. So balances as of any moment are right, whichever came first. What would fall into a closed month
/// counts in the first open one. What the programme contests is set apart. Gives the number of commissions that moved money, and how much of it is payable now.
///
/// # Errors
/// When the database is away or a release was booked before (`transfer_once`).
pub async fn book_releases(
    tx: &mut Tx,
    partners: &[i64],
    conversions: &[i64],
    now: DateTime<Utc>,
) -> sqlx::Result<(i64, Decimal)> {
    let row = sqlx::query!(
        r#"WITH released AS (
               SELECT c.partner_id, c.conversion_id, p.programme_id, c.currency, c.amount_left, c.released_at
               FROM unnest($1::bigint[], $2::bigint[]) AS one (partner_id, conversion_id)
               JOIN commission c ON c.partner_id = one.partner_id AND c.conversion_id = one.conversion_id
               JOIN partner p ON p.partner_id = one.partner_id
           ), taken AS (
               SELECT r.programme_id, r.currency, t.partner_id, t.conversion_id, t.event_id, t.amount, t.effective_at
               FROM released r JOIN transfer t ON t.partner_id = r.partner_id AND t.conversion_id = r.conversion_id
               WHERE t.kind IN ('refund', 'rejection') AND t.debit_kind = 'pending' AND t.effective_at >= r.released_at
           ), books AS MATERIALIZED (
               SELECT one.programme_id, open_from(one.programme_id) AS open_from
               FROM (SELECT DISTINCT programme_id FROM released ORDER BY programme_id) one
           ), written AS (
               INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id, effective_at, booked_at)
               SELECT programme_id, partner_id, 'release', 'pending', 'payable', amount, currency, conversion_id, NULL,
                      greatest(released_at, b.open_from), $3::timestamptz
               FROM (SELECT r.*, r.amount_left + coalesce(later.amount, 0) AS amount
                     FROM released r LEFT JOIN (SELECT partner_id, conversion_id, sum(amount) AS amount FROM taken
                                                GROUP BY partner_id, conversion_id) later USING (partner_id, conversion_id)) whole
               JOIN books b USING (programme_id)
               WHERE amount > 0
               UNION ALL
               SELECT programme_id, partner_id, 'release_correction', 'payable', 'pending', amount, currency, conversion_id, event_id,
                      greatest(effective_at, b.open_from), $3
               FROM taken JOIN books b USING (programme_id)
               RETURNING kind, amount
           )
           SELECT count(*) FILTER (WHERE kind = 'release') AS "transfers!",
                  coalesce(sum(CASE kind WHEN 'release' THEN amount ELSE -amount END), 0) AS "amount!: Decimal"
           FROM written"#,
        partners,
        conversions,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!("SELECT ring_fence($1, $2, $3)", partners, conversions, now).execute(&mut **tx).await?;
    Ok((row.transfers, row.amount))
}
