//! Reading runs.

use super::super::model::{Listed, Run, State, Total};
use super::RunRow;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PayoutRunId, PersonId};
use crate::base::money::Currency;
use crate::payout_files::end_to_end_id;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

/// One run.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn find(tx: &mut Tx, run: PayoutRunId) -> Result<Run, AppError> {
    sqlx::query_as!(
        RunRow,
        r#"SELECT r.payout_run_id, programme_id, cutoff, cutoff_at, pay_day, partner_id, reason, built_at, cancelled_at, released_at AS "released_at?"
           FROM payout_run r LEFT JOIN payout_release USING (payout_run_id) WHERE r.payout_run_id = $1"#,
        run.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?
    .run()
}

/// Runs that were started and not finished, the oldest first.
///
/// # Errors
/// When the database is away.
pub async fn unbuilt(tx: &mut Tx) -> Result<Vec<PayoutRunId>, AppError> {
    let rows = sqlx::query_scalar!(
        "SELECT payout_run_id FROM payout_run WHERE built_at IS NULL AND cancelled_at IS NULL ORDER BY payout_run_id"
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(PayoutRunId).collect())
}

/// Runs, the newest first, with what is in them; one run where its number is given.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, only: Option<PayoutRunId>, most: i64) -> Result<Vec<Listed>, AppError> {
    listed(tx, only, None, most).await
}

/// Runs, the newest first, with what is in them; those before one where its number is given.
///
/// # Errors
/// When the database is away.
pub async fn list_before(tx: &mut Tx, before: Option<PayoutRunId>, most: i64) -> Result<Vec<Listed>, AppError> {
    listed(tx, None, before, most).await
}

async fn listed(
    tx: &mut Tx,
    only: Option<PayoutRunId>,
    before: Option<PayoutRunId>,
    most: i64,
) -> Result<Vec<Listed>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT r.payout_run_id, r.programme_id, r.cutoff, r.cutoff_at, r.pay_day, r.partner_id, r.reason, r.built_at, r.cancelled_at,
                  l.released_at AS "released_at?", r.builder_id AS "builder_id: PersonId", h.code AS programme,
                  (SELECT count(*) FROM payout_block b WHERE b.payout_run_id = r.payout_run_id AND b.position = 1) AS "blocked!",
                  CASE WHEN r.built_at IS NOT NULL THEN 100
                       ELSE coalesce((SELECT 100 * count(*) FILTER (WHERE p.partner_id <= r.built_through) / nullif(count(*), 0)
                                      FROM partner p WHERE p.programme_id = r.programme_id), 0) END AS "progress!"
           FROM payout_run r JOIN programme h USING (programme_id) LEFT JOIN payout_release l USING (payout_run_id)
           WHERE ($1::bigint IS NULL OR r.payout_run_id = $1) AND ($3::bigint IS NULL OR r.payout_run_id < $3)
           ORDER BY r.payout_run_id DESC LIMIT $2"#,
        only.map(|run| run.0),
        most,
        before.map(|run| run.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.payout_run_id).collect();
    let totals = sqlx::query!(
        r#"SELECT payout_run_id, currency, state, count(*) AS "payouts!", sum(total) AS "amount!"
           FROM payout WHERE payout_run_id = ANY($1) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"#,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let totals = totals
                .iter()
                .filter(|total| total.payout_run_id == row.payout_run_id)
                .map(|total| {
                    Ok(Total {
                        currency: Currency::parse(&total.currency)?,
                        state: State::parse(&total.state)
                            .ok_or_else(|| AppError::Internal("a payout in no known state".into()))?,
                        payouts: total.payouts,
                        amount: total.amount,
                    })
                })
                .collect::<Result<_, AppError>>()?;
            let run = RunRow {
                payout_run_id: row.payout_run_id,
                programme_id: row.programme_id,
                cutoff: row.cutoff,
                cutoff_at: row.cutoff_at,
                pay_day: row.pay_day,
                partner_id: row.partner_id,
                reason: row.reason,
                built_at: row.built_at,
                cancelled_at: row.cancelled_at,
                released_at: row.released_at,
            };
            Ok(Listed {
                run: run.run()?,
                programme: row.programme,
                builder: row.builder_id,
                totals,
                blocked: row.blocked,
                progress: row.progress,
            })
        })
        .collect()
}

/// A payout as the command line lists it.
#[derive(Clone, Debug, Serialize)]
pub struct PayoutRow {
    /// How banks and files name it.
    pub reference: String,
    /// The partner's code.
    pub partner: String,
    /// The currency.
    pub currency: String,
    /// What it pays.
    pub amount: Decimal,
    /// Where it stands.
    pub state: String,
    /// By which kind of method.
    pub method: String,
    /// When it is to be sent at the latest.
    pub pay_day: NaiveDate,
    /// What to look at.
    pub warnings: Vec<String>,
}

/// Every payout of a run, in the order of the partners' codes.
///
/// # Errors
/// When the database is away.
pub async fn payouts_of(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<PayoutRow>, AppError> {
    let rows = sqlx::query!(
        "SELECT p.payout_id, n.code, p.currency, p.total AS \"amount!\", p.state, m.kind, p.pay_day, p.warnings
         FROM payout p JOIN partner n USING (partner_id) JOIN payout_method m USING (partner_id, payout_method_id)
         WHERE p.payout_run_id = $1 ORDER BY n.code, p.currency",
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PayoutRow {
            reference: end_to_end_id(row.payout_id),
            partner: row.code,
            currency: row.currency,
            amount: row.amount,
            state: row.state,
            method: row.kind,
            pay_day: row.pay_day,
            warnings: row.warnings,
        })
        .collect())
}

/// Somebody with a balance who is not paid.
#[derive(Clone, Debug, Serialize)]
pub struct BlockedRow {
    /// The partner's code.
    pub partner: String,
    /// The currency.
    pub currency: String,
    /// What would have been paid.
    pub payable: Decimal,
    /// Why not, the weightiest first.
    pub reasons: Vec<String>,
}

/// Everybody with a balance whom a run does not pay, in the order of the partners' codes.
///
/// # Errors
/// When the database is away.
pub async fn blocked_of(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<BlockedRow>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT n.code, b.currency, b.payable, array_agg(b.reason ORDER BY b.position) AS "reasons!"
           FROM payout_block b JOIN partner n USING (partner_id)
           WHERE b.payout_run_id = $1 GROUP BY n.code, b.currency, b.payable ORDER BY n.code, b.currency"#,
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| BlockedRow { partner: row.code, currency: row.currency, payable: row.payable, reasons: row.reasons })
        .collect())
}
