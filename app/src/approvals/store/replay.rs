//! The real conversions behind a replay, priced and summed by the database: one query, one row a currency and month.

use crate::approvals::model::{Month, Replayed};
use crate::approvals::rules::Terms;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::TermsVersionId;
use crate::base::money::Currency;
use crate::terms::model::Scope;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// Which conversions are replayed, and for which proposal.
#[derive(Clone, Copy, Debug)]
pub struct Replaying<'a> {
    /// The proposal's scope.
    pub scope: Scope,
    /// What it proposes.
    pub terms: &'a Terms,
    /// When the proposal would take effect: who has a more specific rate then, keeps it.
    pub valid_from: DateTime<Utc>,
    /// The first moment.
    pub from: DateTime<Utc>,
    /// The end, itself left out.
    pub until: DateTime<Utc>,
}

/// Replays the conversions of the scope's partner.
///
/// A month is priced from its own beginning, in the order of time, also where the replay begins in its midst; only what
/// lies in the replay is summed. A conversion of which refunds left a part keeps that part of what its place gives.
///
/// # Errors
/// When the database is away.
pub async fn replay(tx: &mut Tx, what: &Replaying<'_>) -> Result<Vec<Replayed>, AppError> {
    replayed(tx, what, &[what.scope.partner_key()], None).await
}

/// Replays the conversions of others that one version priced: what the proposed terms would cost for them too. Gives how
/// many partners they are.
///
/// # Errors
/// When the database is away.
pub async fn neighbours(
    tx: &mut Tx,
    what: &Replaying<'_>,
    version: TermsVersionId,
) -> Result<(u64, Vec<Replayed>), AppError> {
    // Who has any such conversion: asked of each partner's own range of the index.
    let others = sqlx::query_scalar!(
        "SELECT p.partner_id FROM partner p
         WHERE p.programme_id = $1 AND p.partner_id <> $2 AND EXISTS (
             SELECT FROM commission c WHERE c.partner_id = p.partner_id AND c.occurred_at >= $3 AND c.occurred_at < $4
               AND c.rate_version_id = $5)
         ORDER BY p.partner_id",
        what.scope.programme.0,
        what.scope.partner_key(),
        what.from,
        what.until,
        version.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let months = replayed(tx, what, &others, Some(version)).await?;
    Ok((u64::try_from(others.len()).unwrap_or_default(), months))
}

/// The sums of one currency and month, as the database gives them.
struct Row {
    currency: String,
    first: NaiveDate,
    orders: i64,
    kept: i64,
    order_left: Decimal,
    cost_before: Decimal,
    cost_after: Decimal,
    revenue: Option<Decimal>,
}

async fn replayed(
    tx: &mut Tx,
    what: &Replaying<'_>,
    partners: &[i64],
    version: Option<TermsVersionId>,
) -> Result<Vec<Replayed>, AppError> {
    // A long history is joined and sorted in memory rather than on disk; compiling the sums takes longer than they do.
    sqlx::query!("SELECT set_config('work_mem', '64MB', true) AS memory, set_config('jit', 'off', true) AS jit")
        .fetch_one(&mut **tx)
        .await?;
    let rows = match what.terms.rule.is_plain() {
        true => plain(tx, what, partners, version).await?,
        false => ruled(tx, what, partners, version).await?,
    };
    rows.into_iter()
        .map(|row| {
            Ok(Replayed {
                currency: Currency::parse(&row.currency)?,
                month: Month {
                    first: row.first,
                    orders: u64::try_from(row.orders).unwrap_or_default(),
                    order_left: row.order_left,
                    cost_before: row.cost_before,
                    cost_after: row.cost_after,
                },
                revenue: row.revenue,
                keep_their_rate: u64::try_from(row.kept).unwrap_or_default(),
            })
        })
        .collect()
}

/// Each conversion by itself.
async fn plain(
    tx: &mut Tx,
    what: &Replaying<'_>,
    partners: &[i64],
    version: Option<TermsVersionId>,
) -> Result<Vec<Row>, AppError> {
    Ok(sqlx::query_as!(
        Row,
        r#"WITH own AS MATERIALIZED (
               SELECT DISTINCT t.partner_scope, t.offer_scope FROM terms_version t
               WHERE $3::bigint = 0 AND t.programme_id = $1 AND t.partner_scope = ANY($2) AND t.offer_scope <> 0
                 AND t.field = 'rate' AND t.valid_from <= $4 AND t.valid_until > $4
           ), sold AS (
               SELECT c.currency, date_trunc('month', c.occurred_at AT TIME ZONE g.time_zone)::date AS first, c.amount_left,
                      own.offer_scope IS NOT NULL AS kept, CASE WHEN c.rejected THEN 0 ELSE c.order_amount - c.refunded END AS order_left,
                      CASE WHEN own.offer_scope IS NOT NULL THEN c.amount_left
                           ELSE commission_left($7, $8, c.order_amount, c.refunded, c.rejected, c.currency) END AS cost,
                      CASE WHEN c.rejected OR (c.order_amount > 0 AND c.refunded = c.order_amount) THEN 0
                           WHEN v.revenue IS NULL AND o.revenue_kind IS NULL THEN NULL
                           WHEN v.revenue IS NOT NULL THEN commission_left('fixed', v.revenue, c.order_amount, c.refunded, false, c.currency)
                           ELSE commission_left(o.revenue_kind, o.revenue_value, c.order_amount, c.refunded, false, c.currency) END AS revenue
               FROM commission c
               JOIN conversion v ON v.partner_id = c.partner_id AND v.conversion_id = c.conversion_id
               JOIN programme g ON g.programme_id = v.programme_id
               JOIN offer o ON o.programme_id = v.programme_id AND o.offer_id = c.offer_id
               LEFT JOIN own ON own.partner_scope = c.partner_id AND own.offer_scope = c.offer_id
               WHERE c.partner_id = ANY($2::bigint[]) AND v.programme_id = $1 AND $3 IN (0, c.offer_id)
                 AND c.occurred_at >= $5 AND c.occurred_at < $6 AND ($9::bigint IS NULL OR c.rate_version_id = $9)
           )
           SELECT currency AS "currency!", first AS "first!", count(*) AS "orders!", count(*) FILTER (WHERE kept) AS "kept!",
                  sum(order_left) AS "order_left!", sum(amount_left) AS "cost_before!", sum(cost) AS "cost_after!",
                  CASE WHEN count(revenue) = count(*) THEN sum(revenue) END AS revenue
           FROM sold GROUP BY 1, 2 ORDER BY 1, 2"#,
        what.scope.programme.0,
        partners,
        what.scope.offer_key(),
        what.valid_from,
        what.from,
        what.until,
        what.terms.rate.kind(),
        what.terms.rate.value(),
        version.map(|version| version.0),
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Each conversion at its place of its month: what the month comes to with it less what it came to without it.
async fn ruled(
    tx: &mut Tx,
    what: &Replaying<'_>,
    partners: &[i64],
    version: Option<TermsVersionId>,
) -> Result<Vec<Row>, AppError> {
    let rule = serde_json::to_value(&what.terms.rule).map_err(|error| AppError::Internal(format!("rule: {error}")))?;
    Ok(sqlx::query_as!(
        Row,
        r#"WITH rule AS MATERIALIZED (
               SELECT $7::text AS kind, $8::numeric AS value, $10::jsonb ->> 'by' AS by, $10::jsonb ->> 'how' AS how,
                      coalesce(($10::jsonb ->> 'most_each')::numeric, 'Infinity') AS most_each,
                      coalesce(($10::jsonb ->> 'most_month')::numeric, 'Infinity') AS most_month,
                      date_trunc('month', $5::timestamptz AT TIME ZONE g.time_zone) AT TIME ZONE g.time_zone AS first, g.time_zone
               FROM programme g WHERE g.programme_id = $1
           ), step AS MATERIALIZED (
               SELECT * FROM rate_steps($10)
           ), own AS MATERIALIZED (
               SELECT DISTINCT t.partner_scope, t.offer_scope FROM terms_version t
               WHERE $3::bigint = 0 AND t.programme_id = $1 AND t.partner_scope = ANY($2) AND t.offer_scope <> 0
                 AND t.field = 'rate' AND t.valid_from <= $4 AND t.valid_until > $4
           ), sold AS (
               SELECT c.partner_id, v.order_id, c.occurred_at, c.currency, date_trunc('month', c.occurred_at AT TIME ZONE r.time_zone)::date AS first,
                      c.order_amount, c.refunded, c.rejected, c.amount_left, own.offer_scope IS NOT NULL AS kept, m.minor_units AS minor,
                      (r.kind = 'fixed' OR c.order_amount > 0)::integer AS counted,
                      CASE WHEN r.by IS NULL THEN least(commission_left(r.kind, r.value, c.order_amount, 0, false, c.currency),
                                                        round(r.most_each, m.minor_units)) ELSE 0 END AS flat,
                      CASE WHEN c.rejected OR (c.order_amount > 0 AND c.refunded = c.order_amount) THEN 0
                           WHEN v.revenue IS NULL AND o.revenue_kind IS NULL THEN NULL
                           WHEN v.revenue IS NOT NULL THEN commission_left('fixed', v.revenue, c.order_amount, c.refunded, false, c.currency)
                           ELSE commission_left(o.revenue_kind, o.revenue_value, c.order_amount, c.refunded, false, c.currency) END AS revenue
               FROM rule r CROSS JOIN commission c
               JOIN conversion v ON v.partner_id = c.partner_id AND v.conversion_id = c.conversion_id
               JOIN offer o ON o.programme_id = v.programme_id AND o.offer_id = c.offer_id
               JOIN currency m ON m.code = c.currency
               LEFT JOIN own ON own.partner_scope = c.partner_id AND own.offer_scope = c.offer_id
               WHERE c.partner_id = ANY($2::bigint[]) AND v.programme_id = $1 AND $3 IN (0, c.offer_id)
                 AND c.occurred_at >= r.first AND c.occurred_at < $6 AND ($9::bigint IS NULL OR c.rate_version_id = $9)
           ), placed AS (
               SELECT s.*, sum(counted) OVER upto AS place, sum(order_amount) OVER upto AS volume, sum(flat) OVER upto AS flat_upto
               FROM sold s
               WINDOW upto AS (PARTITION BY partner_id, kept, currency, first ORDER BY occurred_at, order_id COLLATE "C"
                               ROWS UNBOUNDED PRECEDING)
           ), earned AS (
               SELECT p.currency, p.first, p.kept, p.revenue, p.amount_left, p.order_amount, p.refunded, p.rejected,
                      CASE WHEN r.by IS NULL THEN p.flat_upto
                           ELSE step_earned(r.kind, r.how, upto.from_at, upto.rate, upto.base,
                                            CASE r.by WHEN 'volume' THEN p.volume ELSE p.place END, p.volume, p.place, p.minor) END AS upto,
                      CASE WHEN r.by IS NULL THEN p.flat_upto - p.flat
                           ELSE step_earned(r.kind, r.how, before.from_at, before.rate, before.base,
                                            CASE r.by WHEN 'volume' THEN p.volume - p.order_amount ELSE p.place - p.counted END,
                                            p.volume - p.order_amount, p.place - p.counted, p.minor) END AS before,
                      round(r.most_month, p.minor) AS most
               FROM placed p CROSS JOIN rule r
               LEFT JOIN step upto ON upto.from_at <= CASE r.by WHEN 'volume' THEN p.volume ELSE p.place END
                   AND upto.until_at > CASE r.by WHEN 'volume' THEN p.volume ELSE p.place END
               LEFT JOIN step before ON before.from_at <= CASE r.by WHEN 'volume' THEN p.volume - p.order_amount ELSE p.place - p.counted END
                   AND before.until_at > CASE r.by WHEN 'volume' THEN p.volume - p.order_amount ELSE p.place - p.counted END
               WHERE p.occurred_at >= $5
           )
           SELECT currency AS "currency!", first AS "first!", count(*) AS "orders!", count(*) FILTER (WHERE kept) AS "kept!",
                  sum(CASE WHEN rejected THEN 0 ELSE order_amount - refunded END) AS "order_left!", sum(amount_left) AS "cost_before!",
                  sum(CASE WHEN kept THEN amount_left
                           WHEN rejected THEN 0
                           WHEN refunded = 0 THEN least(upto, most) - least(before, most)
                           ELSE commission_left('priced', least(upto, most) - least(before, most), order_amount, refunded, rejected, currency)
                      END) AS "cost_after!",
                  CASE WHEN count(revenue) = count(*) THEN sum(revenue) END AS revenue
           FROM earned GROUP BY 1, 2 ORDER BY 1, 2"#,
        what.scope.programme.0,
        partners,
        what.scope.offer_key(),
        what.valid_from,
        what.from,
        what.until,
        what.terms.rate.kind(),
        what.terms.rate.value(),
        version.map(|version| version.0),
        rule,
    )
    .fetch_all(&mut **tx)
    .await?)
}
