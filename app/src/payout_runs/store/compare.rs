//! A run beside the one before it.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PayoutRunId;
use crate::base::money::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// The run of the same programme that was built to the cut-off before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Previous {
    /// Its number.
    pub run: PayoutRunId,
    /// Its cut-off.
    pub cutoff: NaiveDate,
}

/// One currency in both runs; what was cancelled counts in neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The currency.
    pub currency: Currency,
    /// Partners paid before, and how much.
    pub before: (i64, Decimal),
    /// Partners paid now, and how much.
    pub now: (i64, Decimal),
    /// Partners paid now and not before.
    pub new: i64,
    /// Partners paid before and not now.
    pub missing: i64,
}

/// One partner in both runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The partner's code.
    pub code: String,
    /// The partner's name.
    pub name: String,
    /// The currency.
    pub currency: Currency,
    /// What was paid before.
    pub before: Option<Decimal>,
    /// What is paid now.
    pub now: Option<Decimal>,
}

/// The regular run before this one.
///
/// # Errors
/// When the database is away.
pub async fn previous(tx: &mut Tx, run: PayoutRunId) -> Result<Option<Previous>, AppError> {
    Ok(sqlx::query_as!(
        Previous,
        r#"SELECT b.payout_run_id AS "run: PayoutRunId", b.cutoff FROM payout_run r
           JOIN payout_run b ON b.programme_id = r.programme_id AND b.kind = 'regular' AND b.cancelled_at IS NULL
                AND b.built_at IS NOT NULL AND b.cutoff < r.cutoff
           WHERE r.payout_run_id = $1 AND r.kind = 'regular' ORDER BY b.cutoff DESC LIMIT 1"#,
        run.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Both runs, a currency after the other.
///
/// # Errors
/// When the database is away.
pub async fn compare(tx: &mut Tx, before: PayoutRunId, now: PayoutRunId) -> Result<Vec<Comparison>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT currency AS "currency!", count(b.amount) AS "payouts_before!", coalesce(sum(b.amount), 0) AS "amount_before!",
                  count(n.amount) AS "payouts_now!", coalesce(sum(n.amount), 0) AS "amount_now!",
                  count(*) FILTER (WHERE b.amount IS NULL) AS "new!", count(*) FILTER (WHERE n.amount IS NULL) AS "missing!"
           FROM (SELECT partner_id, currency, total AS amount FROM payout WHERE payout_run_id = $1 AND state <> 'cancelled') b
           FULL JOIN (SELECT partner_id, currency, total AS amount FROM payout WHERE payout_run_id = $2 AND state <> 'cancelled') n
                USING (partner_id, currency)
           GROUP BY currency ORDER BY currency"#,
        before.0,
        now.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Comparison {
                currency: Currency::parse(&row.currency)?,
                before: (row.payouts_before, row.amount_before),
                now: (row.payouts_now, row.amount_now),
                new: row.new,
                missing: row.missing,
            })
        })
        .collect()
}

/// The partners for whom most has changed, the largest difference first.
///
/// # Errors
/// When the database is away.
pub async fn biggest(tx: &mut Tx, before: PayoutRunId, now: PayoutRunId, most: i64) -> Result<Vec<Changed>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT p.code, p.name, d.currency AS "currency!", d.before AS "before?", d.now AS "now?"
           FROM (SELECT partner_id, currency, b.amount AS before, n.amount AS now
                 FROM (SELECT partner_id, currency, total AS amount FROM payout WHERE payout_run_id = $1 AND state <> 'cancelled') b
                 FULL JOIN (SELECT partner_id, currency, total AS amount FROM payout WHERE payout_run_id = $2 AND state <> 'cancelled') n
                      USING (partner_id, currency)
                 WHERE b.amount IS DISTINCT FROM n.amount
                 ORDER BY abs(coalesce(n.amount, 0) - coalesce(b.amount, 0)) DESC, partner_id LIMIT $3) d
           JOIN partner p USING (partner_id)
           ORDER BY abs(coalesce(d.now, 0) - coalesce(d.before, 0)) DESC, partner_id"#,
        before.0,
        now.0,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Changed {
                code: row.code,
                name: row.name,
                currency: Currency::parse(&row.currency)?,
                before: row.before,
                now: row.now,
            })
        })
        .collect()
}
