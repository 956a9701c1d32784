//! The places of cases in the queue, moved on as time goes by.

use crate::base::actor::Actor;
use crate::base::db::Db;
use crate::base::error::AppError;
use chrono::{DateTime, Utc};

/// How many cases are moved in one transaction.
const BATCH: i64 = 1000;

/// Moves every case on whose next step has come, and marks those on which a payout began to press, or does no more, to be
/// read again; gives how many moved. Several processes may do this at once: each takes other cases.
///
/// # Errors
/// When the database is away.
pub async fn move_on(db: &Db, now: DateTime<Utc>) -> Result<u64, AppError> {
    mark_pressed(db, now).await?;
    let mut all = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let moved = sqlx::query!(
            "UPDATE support_case c
             SET (place_at, step_at) = (case_place(c.standing_at, c.due_at, c.pay_by, $1), case_step(c.standing_at, c.due_at, c.pay_by, $1))
             FROM (SELECT partner_id, case_id FROM support_case WHERE stage <> 'closed' AND step_at <= $1
                   ORDER BY step_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) due
             WHERE (c.partner_id, c.case_id) = (due.partner_id, due.case_id)",
            now,
            BATCH,
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        all += moved;
        if moved < BATCH.unsigned_abs() {
            return Ok(all);
        }
    }
}

/// Late payouts are few, so this begins with them and not with the cases.
async fn mark_pressed(db: &Db, now: DateTime<Utc>) -> Result<(), AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    sqlx::query!(
        "WITH late AS MATERIALIZED (
             SELECT DISTINCT p.partner_id FROM payout p JOIN programme g USING (programme_id)
             WHERE p.state IN ('scheduled', 'approved') AND p.pay_day < ($1::timestamptz AT TIME ZONE g.time_zone)::date)
         INSERT INTO clock_renewal (partner_id, case_id)
         SELECT partner_id, case_id FROM (
             SELECT c.partner_id, c.case_id FROM support_case c JOIN late USING (partner_id)
             WHERE c.stage <> 'closed' AND c.pay_by IS NULL
             UNION ALL
             SELECT c.partner_id, c.case_id FROM support_case c
             WHERE c.stage <> 'closed' AND c.pay_by IS NOT NULL AND c.partner_id NOT IN (SELECT partner_id FROM late)) pressed
         ORDER BY partner_id, case_id ON CONFLICT DO NOTHING",
        now,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}
