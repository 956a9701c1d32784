//! Building a run, a batch of partners at a time.

mod candidates;
mod start;
mod write;

pub use start::{Start, start};

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::crash;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::PayoutRunId;
use crate::base::money::Money;
use crate::commissions::store::wait_for_imports;
use crate::payout_runs::model::{Run, Stage};
use crate::payout_runs::rules::{Verdict, decide};
use candidates::{candidates, cutoffs, terms};
use chrono::{DateTime, Utc};
use serde_json::json;
use write::{Pay, write_blocks, write_payouts};

/// Partners in one transaction; bounds what is locked and held in memory at once.
const BATCH: i64 = 1_000;

/// What one batch did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Partners gone through.
    pub partners: usize,
    /// Payouts scheduled.
    pub payouts: usize,
    /// Whether everybody has been gone through now.
    pub finished: bool,
}

/// Goes through the next partners of a run, in a transaction of its own; two builders take turns. `None` where the run is
/// built already, or cancelled.
///
/// # Errors
/// When the database is away; nothing of the batch is done then.
pub async fn build_batch(
    db: &Db,
    actor: &Actor,
    run: PayoutRunId,
    now: DateTime<Utc>,
) -> Result<Option<Batch>, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    wait_for_imports(&mut tx).await?;
    let Some(open) = lock(&mut tx, run).await? else { return Ok(None) };
    let partners: Vec<i64> = sqlx::query_scalar!(
        "SELECT partner_id FROM partner
         WHERE programme_id = $1 AND partner_id > $2 AND ($3::bigint IS NULL OR partner_id = $3)
         ORDER BY partner_id LIMIT $4",
        open.run.programme.0,
        open.built_through,
        open.run.off_cycle.as_ref().map(|(partner, _)| partner.0),
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    // From here to the commit nobody else moves their payable money, so that sums and allocations are of one picture.
    sqlx::query!("SELECT lock_payable($1)", &partners).execute(&mut *tx).await?;
    let terms = terms(&mut tx, &open.run, now).await?;
    let candidates = candidates(&mut tx, &open.run, &terms, &partners, now).await?;
    let mut pay = Vec::new();
    let mut blocked = Vec::new();
    for candidate in candidates {
        match decide(&terms, &candidate) {
            Verdict::Pay(method, warnings) => {
                let worked = candidate.taxed.work_out(Money::new(candidate.payable, candidate.currency));
                let worked = worked.map_err(|error| AppError::Internal(error.to_string()))?;
                pay.push(Pay { candidate, method, warnings, worked });
            }
            Verdict::Blocked(reasons) => blocked.push((candidate, reasons)),
        }
    }
    let payouts = pay.len();
    let cutoffs = cutoffs(&mut tx, &open.run, &terms, &partners, now).await?;
    write_payouts(&mut tx, &open.run, &partners, &cutoffs, pay, now).await?;
    write_blocks(&mut tx, run, blocked).await?;
    crash::point("payouts.build.batch");
    let finished = (partners.len() as u64) < BATCH.unsigned_abs();
    let through = partners.last().copied().unwrap_or(open.built_through);
    sqlx::query!(
        "UPDATE payout_run SET built_through = $2, built_at = CASE WHEN $3 THEN $4::timestamptz END WHERE payout_run_id = $1",
        run.0,
        through,
        finished,
        now,
    )
    .execute(&mut *tx)
    .await?;
    if finished {
        record_built(&mut tx, actor, run, now).await?;
    }
    tx.commit().await?;
    crash::point("payouts.build.committed");
    Ok(Some(Batch { partners: partners.len(), payouts, finished }))
}

struct Open {
    run: Run,
    built_through: i64,
}

async fn lock(tx: &mut Tx, run: PayoutRunId) -> Result<Option<Open>, AppError> {
    let row = sqlx::query!(
        "SELECT programme_id, cutoff, cutoff_at, pay_day, partner_id, reason, built_through, built_at, cancelled_at
         FROM payout_run WHERE payout_run_id = $1 FOR UPDATE",
        run.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    if row.built_at.is_some() || row.cancelled_at.is_some() {
        return Ok(None);
    }
    let off_cycle = row.partner_id.map(|partner| (partner.into(), row.reason));
    let run = Run {
        id: run,
        programme: row.programme_id.into(),
        cutoff: row.cutoff,
        cutoff_at: row.cutoff_at,
        pay_day: row.pay_day,
        off_cycle,
        stage: Stage::Building,
    };
    Ok(Some(Open { run, built_through: row.built_through }))
}

async fn record_built(tx: &mut Tx, actor: &Actor, run: PayoutRunId, now: DateTime<Utc>) -> Result<(), AppError> {
    let totals = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'payouts', payouts, 'amount', amount) ORDER BY currency), '[]')
                  AS "totals!"
           FROM (SELECT currency, count(*) AS payouts, sum(total)::text AS amount FROM payout WHERE payout_run_id = $1 GROUP BY currency) t"#,
        run.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let blocked = sqlx::query_scalar!(
        r#"SELECT count(*) AS "blocked!" FROM payout_block WHERE payout_run_id = $1 AND position = 1"#,
        run.0
    )
    .fetch_one(&mut **tx)
    .await?;
    let change = Change {
        action: "payout_run.built",
        subject: format!("payout_run/{run}"),
        after: Some(json!({ "totals": totals, "blocked": blocked })),
        ..Change::default()
    };
    record(tx, actor, now, &format!("payout-run-{run}"), change).await
}
