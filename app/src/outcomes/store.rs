//! The SQL of outcomes.

use super::rules::{Came, Held, hold, is_raise};
use crate::approvals::model::Impact;
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::ProposalId;
use crate::base::money::Currency;
use crate::terms::model::Field;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

/// Decisions on the page.
const LISTED: i64 = 100;
/// Similar proposals beside an open one.
const SIMILAR: i64 = 5;

/// Counts what is due: each rate that an owner decided with a replay, 30 and 90 days after it began. Gives how many rows that were;
/// safe to run twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn count_due(db: &Db, now: DateTime<Utc>) -> Result<u64, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let done = sqlx::query!(
        "INSERT INTO decision_outcome (proposal_id, days, currency, orders, order_left, cost, revenue, counted_at)
         SELECT due.proposal_id, due.days, each.currency, coalesce(c.orders, 0), coalesce(c.order_left, 0), coalesce(c.cost, 0),
                CASE WHEN c.currency IS NULL THEN 0 ELSE c.revenue END, $1
         FROM (SELECT d.*, p.impact, n AS days, least(d.valid_from + make_interval(days => n), d.valid_until) AS until FROM decision d JOIN proposal p USING (proposal_id) CROSS JOIN unnest(ARRAY[30, 90]) n
               WHERE d.verdict = 'approved' AND d.field = 'rate' AND d.by IN ('owner', 'counter') AND p.impact IS NOT NULL
                 AND d.valid_from + make_interval(days => n) <= $1
                 AND NOT EXISTS (SELECT FROM decision_outcome x WHERE x.proposal_id = d.proposal_id AND x.days = n)
               ORDER BY d.valid_from LIMIT 200) due
         CROSS JOIN LATERAL (
             SELECT jsonb_array_elements(due.impact -> 'currencies') ->> 'currency' AS currency
             UNION SELECT t.currency FROM came_to(due.programme_id, due.offer_scope, due.partner_scope, due.valid_from, due.until) t
             UNION SELECT g.currency FROM programme g WHERE g.programme_id = due.programme_id) each
         LEFT JOIN LATERAL came_to(due.programme_id, due.offer_scope, due.partner_scope, due.valid_from, due.until) c ON c.currency = each.currency
         ON CONFLICT DO NOTHING",
        now,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}

/// A decision and what came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its proposal.
    pub proposal: ProposalId,
    /// The partner's name; `None`: everybody.
    pub partner: Option<String>,
    /// The offer's name; `None`: all of them.
    pub offer: Option<String>,
    /// What it changes.
    pub field: Field,
    /// Kind, value before and value.
    pub value: (String, Option<Decimal>, Decimal),
    /// The programme's currency.
    pub currency: Currency,
    /// What was decided: `approved`, `rejected`, `countered`.
    pub verdict: String,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// From when on it holds.
    pub valid_from: Option<DateTime<Utc>>,
    /// When it ends; `None`: it has no end.
    pub valid_until: Option<DateTime<Utc>>,
    /// Whether it costs more than before.
    pub raise: bool,
    /// Forecast against outcome, by days and currency.
    pub held: Vec<(Currency, Held)>,
}

/// The rates that owners decided and that are in force long enough to look back, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn outcomes(tx: &mut Tx) -> Result<Vec<Outcome>, AppError> {
    select(tx, None, None).await
}

/// What came of one decision.
///
/// # Errors
/// When the database is away.
pub async fn outcome(tx: &mut Tx, proposal: ProposalId) -> Result<Option<Outcome>, AppError> {
    Ok(select(tx, Some(proposal), None).await?.pop())
}

/// Past proposals like one: the same field in the same programme, those of the same partner and offer first.
///
/// # Errors
/// When the database is away.
pub async fn similar(tx: &mut Tx, proposal: ProposalId) -> Result<Vec<Outcome>, AppError> {
    select(tx, None, Some(proposal)).await
}

async fn select(tx: &mut Tx, one: Option<ProposalId>, like: Option<ProposalId>) -> Result<Vec<Outcome>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT p.proposal_id AS "id: ProposalId", a.name AS "partner?", o.name AS "offer?", p.field, p.kind, p.value, p.value_before,
                  g.currency, d.verdict, d.decided_at, d.valid_from, nullif(d.valid_until, 'infinity') AS valid_until, p.impact,
                  (SELECT jsonb_agg(jsonb_build_object('days', x.days, 'currency', x.currency, 'orders', x.orders, 'order_left', x.order_left::text,
                                                       'cost', x.cost::text, 'revenue', x.revenue::text) ORDER BY x.days, x.currency)
                   FROM decision_outcome x WHERE x.proposal_id = p.proposal_id) AS came
           FROM decision d
           JOIN proposal p USING (proposal_id)
           JOIN programme g ON g.programme_id = p.programme_id
           LEFT JOIN partner a ON a.partner_id = p.partner_id
           LEFT JOIN offer o ON o.programme_id = p.programme_id AND o.offer_id = p.offer_id
           LEFT JOIN proposal l ON l.proposal_id = $2
           WHERE CASE WHEN $1::bigint IS NOT NULL THEN p.proposal_id = $1
                      WHEN $2::bigint IS NOT NULL THEN l.programme_id = p.programme_id AND l.field = p.field AND l.proposal_id <> p.proposal_id
                           AND d.by IN ('owner', 'counter') AND d.decided_at <= l.proposed_at + interval '1 year'
                      ELSE EXISTS (SELECT FROM decision_outcome x WHERE x.proposal_id = p.proposal_id) END
           ORDER BY (p.partner_scope = l.partner_scope) DESC NULLS LAST, (p.offer_scope = l.offer_scope) DESC NULLS LAST, d.decided_at DESC
           LIMIT $3"#,
        one.map(|id| id.0),
        like.map(|id| id.0),
        if like.is_some() { SIMILAR } else { LISTED },
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let impact: Option<Impact> = row.impact.and_then(|impact| serde_json::from_value(impact).ok());
            // For how long it holds, where it has an end.
            let lasts = row.valid_from.zip(row.valid_until).map(|(from, until)| until - from);
            let held = impact.as_ref().map(|impact| held(impact, row.came.as_ref(), lasts)).unwrap_or_default();
            Ok(Outcome {
                proposal: row.id,
                partner: row.partner,
                offer: row.offer,
                field: Field::parse(&row.field).ok_or_else(|| AppError::Internal("terms of no known field".into()))?,
                value: (row.kind, row.value_before, row.value),
                currency: Currency::parse(&row.currency)?,
                verdict: row.verdict,
                decided_at: row.decided_at,
                valid_from: row.valid_from,
                valid_until: row.valid_until,
                raise: impact.as_ref().is_some_and(is_raise),
                held,
            })
        })
        .collect()
}

/// Each row that was counted beside the forecast in its currency.
fn held(impact: &Impact, came: Option<&serde_json::Value>, lasts: Option<TimeDelta>) -> Vec<(Currency, Held)> {
    let number = |one: &serde_json::Value, key: &str| one.get(key)?.as_str()?.parse::<Decimal>().ok();
    let each = |one: &serde_json::Value| {
        let currency = Currency::parse(one.get("currency")?.as_str()?).ok()?;
        let forecast = impact.currencies.iter().find(|forecast| forecast.currency == currency)?;
        let days = i32::try_from(one.get("days")?.as_i64()?).ok()?;
        let whole = TimeDelta::days(days.into());
        let came = Came {
            days,
            in_force: lasts.map_or(whole, |lasts| lasts.min(whole)),
            orders: one.get("orders")?.as_i64()?,
            order_left: number(one, "order_left")?,
            cost: number(one, "cost")?,
            revenue: number(one, "revenue"),
        };
        Some((currency, hold(forecast, impact.days, came)))
    };
    came.and_then(|came| came.as_array()).into_iter().flatten().filter_map(each).collect()
}
