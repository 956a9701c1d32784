//! What partners complain about, how much money that is about, and how they rate what became of it.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::money::{Currency, Money};
use crate::digest::model::{Rated, Theme, Week};
use crate::digest::rules::{self, Counted};
use crate::disputes::model::{Kind, Reason};
use crate::rota::spans::Span;
use chrono::{DateTime, Utc};

/// What the disputes that were open at a moment are about: commissions and payouts that are pinned, and of a sale that is missing
/// the commission that it would earn; each once, however many cases pin it.
pub(super) async fn in_dispute(tx: &mut Tx, at: DateTime<Utc>) -> Result<Vec<Money>, AppError> {
    let rows = sqlx::query!(
        r#"WITH pinned AS MATERIALIZED (
               SELECT DISTINCT o.programme_id, p.partner_id, p.conversion_id, p.payout_id, p.claim_id
               FROM cases_open_at($1) o
               CROSS JOIN LATERAL unnest(CASE WHEN EXISTS (SELECT FROM case_merge m WHERE m.partner_id = o.partner_id AND m.into_case_id = o.case_id)
                                              THEN case_family(o.partner_id, o.case_id) ELSE ARRAY[o.case_id] END) AS each (case_id)
               CROSS JOIN LATERAL (SELECT n.* FROM case_pin n WHERE n.partner_id = o.partner_id AND n.case_id = each.case_id AND n.pinned_at <= $1 OFFSET 0) p
           )
           SELECT currency AS "currency!", sum(amount) AS "amount!" FROM (
               SELECT k.currency, k.amount FROM pinned p JOIN commission k USING (partner_id, conversion_id)
               UNION ALL
               SELECT o.currency, o.total FROM pinned p JOIN payout o USING (partner_id, payout_id)
               UNION ALL
               SELECT m.currency, commission_left(t.kind, t.value, m.amount, 0, false, m.currency)
               FROM pinned p JOIN claim m USING (partner_id, claim_id)
               CROSS JOIN LATERAL (
                   SELECT r.kind, r.value FROM terms_at(p.programme_id, m.offer_id, p.partner_id, m.occurred_at, $1) r WHERE r.field = 'rate') t
           ) each
           GROUP BY currency HAVING sum(amount) > 0 ORDER BY currency"#,
        at,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| Ok(Money::new(row.amount, Currency::parse(&row.currency)?))).collect()
}

/// The themes of a week, held against as much of the week before. What was merged into another case is the same complaint.
pub(super) async fn themes(tx: &mut Tx, week: Week) -> Result<Vec<Theme>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.kind, o.name AS "offer?", d.reason AS "reason?",
                  count(*) FILTER (WHERE c.opened_at >= $1) AS "now!", count(*) FILTER (WHERE c.opened_at < $1) AS "before!"
           FROM support_case c
           LEFT JOIN LATERAL (SELECT coalesce(k.offer_id, m.offer_id) AS offer_id FROM case_pin p
                              LEFT JOIN commission k USING (partner_id, conversion_id) LEFT JOIN claim m USING (partner_id, claim_id)
                              WHERE p.partner_id = c.partner_id AND p.case_id = c.case_id ORDER BY p.pin LIMIT 1) about ON true
           LEFT JOIN offer o ON o.offer_id = about.offer_id
           LEFT JOIN case_decision d ON d.partner_id = c.partner_id AND d.case_id = c.case_id AND d.decided_at <= $2
           WHERE (c.opened_at >= $1 AND c.opened_at < $2 OR c.opened_at >= $3 AND c.opened_at < $4)
             AND NOT EXISTS (SELECT FROM case_merge m WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id AND m.merged_at <= $2)
           GROUP BY c.kind, o.name, d.reason ORDER BY c.kind, o.name, d.reason"#,
        week.seen.from,
        week.seen.to,
        week.before.from,
        week.before.to,
    )
    .fetch_all(&mut **tx)
    .await?;
    let counted = rows.into_iter().filter_map(|row| {
        Some(Counted {
            kind: Kind::parse(&row.kind)?,
            offer: row.offer,
            reason: row.reason.as_deref().and_then(Reason::parse),
            now: row.now,
            before: row.before,
        })
    });
    Ok(rules::themes(counted.collect()))
}

/// What was said of us elsewhere and logged in the week, and in as much of the week before.
pub(super) async fn public(tx: &mut Tx, week: Week) -> Result<(i64, i64), AppError> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE logged_at >= $1) AS "now!", count(*) FILTER (WHERE logged_at < $1) AS "before!" FROM public_complaint
           WHERE logged_at >= $1 AND logged_at < $2 OR logged_at >= $3 AND logged_at < $4"#,
        week.seen.from,
        week.seen.to,
        week.before.from,
        week.before.to,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.now, row.before))
}

/// How cases were rated in a time.
pub(super) async fn rated(tx: &mut Tx, window: Span) -> Result<Option<Rated>, AppError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!", round(avg(stars), 1) AS mean, count(*) FILTER (WHERE stars <= 2) AS "low!"
           FROM case_rating WHERE rated_at >= $1 AND rated_at < $2"#,
        window.from,
        window.to,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.mean.map(|mean| Rated { count: row.count, mean, low: row.low }))
}
