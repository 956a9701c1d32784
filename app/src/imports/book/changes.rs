//! Refunds, approvals and rejections: checked against what was sold, booked as differences.

use crate::base::db::Tx;
use crate::base::ids::{ImportId, ProgrammeId};
use crate::commissions::store::book_releases;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// Checks refunds, approvals and rejections against the conversions, those of this file included.
pub async fn check_changes(tx: &mut Tx, import: ImportId, programme: ProgrammeId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO import_item (import_id, line, event_id, event, order_id, partner_id, conversion_id, occurred_at, amount, currency,
                                  reason, duplicate, reject_column, reject_reason)
         SELECT import_id, line, event_id, event, order_id, owner_id, CASE WHEN fault IS NULL AND NOT duplicate THEN found_id END,
                greatest(occurred_at, sold_at), amount, coalesce(nullif(currency, ''), sold_in, ''), reason,
                duplicate AND fault IS NULL, fault[1], fault[2]
         FROM (
             SELECT r.*, v.partner_id AS owner_id, v.conversion_id AS found_id, v.occurred_at AS sold_at, v.currency AS sold_in,
                    coalesce(known.same, first_event.same, false) AS duplicate,
                    CASE
                        WHEN NOT coalesce(known.same, first_event.same, true)
                            THEN ARRAY['event_id', 'was used before, with other values']
                        WHEN v.conversion_id IS NULL THEN ARRAY['order_id', 'no sale or lead with this order']
                        WHEN p.partner_id IS NULL THEN ARRAY['partner', 'no such partner in this programme']
                        WHEN p.partner_id <> v.partner_id THEN ARRAY['partner', 'the order belongs to another partner']
                        WHEN nullif(r.currency, '') <> v.currency THEN ARRAY['currency', 'the order is in another currency']
                        WHEN r.event = 'refund' AND v.kind = 'lead' THEN ARRAY['event', 'a lead falls only by reject']
                    END AS fault
             FROM (
                 SELECT r.*, first_value(r.line) OVER (PARTITION BY r.event_id ORDER BY r.line) AS event_line
                 FROM import_row r WHERE r.import_id = $1 AND r.event IS NOT NULL
             ) r
             LEFT JOIN conversion v ON v.programme_id = $2 AND v.order_id = r.order_id
             LEFT JOIN partner p ON p.programme_id = $2 AND p.code = r.partner
             LEFT JOIN LATERAL (
                 SELECT e.event = r.event AND e.amount IS NOT DISTINCT FROM r.amount AND e.conversion_id = v.conversion_id
                        AND e.occurred_at = greatest(r.occurred_at, v.occurred_at) AS same
                 FROM conversion_event e
                 WHERE e.programme_id = $2 AND e.event_id = r.event_id AND e.import_id IS DISTINCT FROM $1
             ) known ON true
             LEFT JOIN LATERAL (
                 SELECT (f.event, f.order_id, f.partner, f.occurred_at, f.amount, f.currency)
                        IS NOT DISTINCT FROM (r.event, r.order_id, r.partner, r.occurred_at, r.amount, r.currency) AS same
                 FROM import_row f WHERE f.import_id = $1 AND f.line = r.event_line
             ) first_event ON r.event_line <> r.line
             WHERE r.event IN ('refund', 'approve', 'reject')
         ) checked",
        import.0,
        programme.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Refuses refunds that would give back more than the order, in the order of their lines: a refund that fits after one
/// that does not still goes in.
pub async fn refuse_excess_refunds(tx: &mut Tx, import: ImportId) -> sqlx::Result<()> {
    let rows = sqlx::query!(
        r#"SELECT i.line, i.conversion_id AS "conversion_id!", i.amount AS "amount!", c.order_left AS "left!"
           FROM (SELECT partner_id, conversion_id, line, amount, sum(amount) OVER (PARTITION BY partner_id, conversion_id) AS total
                 FROM import_item WHERE import_id = $1 AND event = 'refund' AND conversion_id IS NOT NULL) i
           CROSS JOIN LATERAL (SELECT order_amount - refunded AS order_left FROM commission
                               WHERE partner_id = i.partner_id AND conversion_id = i.conversion_id OFFSET 0) c
           WHERE i.total > c.order_left
           ORDER BY i.conversion_id, i.line"#,
        import.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut excess = Vec::new();
    let mut current = (0, Decimal::ZERO);
    for row in rows {
        if current.0 != row.conversion_id {
            current = (row.conversion_id, row.left);
        }
        if row.amount > current.1 { excess.push(row.line) } else { current.1 -= row.amount }
    }
    sqlx::query!(
        "UPDATE import_item SET conversion_id = NULL, reject_column = 'amount', reject_reason = 'gives back more than is left of the order'
         WHERE import_id = $1 AND line = ANY($2)",
        import.0,
        &excess,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps the events of refunds, approvals and rejections.
pub async fn book_change_events(
    tx: &mut Tx,
    import: ImportId,
    programme: ProgrammeId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO conversion_event (programme_id, event_id, event, partner_id, conversion_id, occurred_at, amount, reason, import_id, booked_at)
         SELECT $2, event_id, event, partner_id, conversion_id, occurred_at, amount, reason, $1, $3
         FROM import_item WHERE import_id = $1 AND event IN ('refund', 'approve', 'reject') AND conversion_id IS NOT NULL",
        import.0,
        programme.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Locks the commissions that refunds, approvals and rejections are about: nobody releases them between the steps.
pub async fn lock_commissions(tx: &mut Tx, import: ImportId) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT FROM commission c
         WHERE (c.partner_id, c.conversion_id) IN (
             SELECT partner_id, conversion_id FROM import_item
             WHERE import_id = $1 AND event IN ('refund', 'approve', 'reject') AND conversion_id IS NOT NULL)
         ORDER BY c.partner_id, c.conversion_id FOR UPDATE OF c",
        import.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An approval makes payable what is left, from the moment of the approval, or from the end of the hold if that was
/// earlier.
pub async fn book_approvals(tx: &mut Tx, import: ImportId, now: DateTime<Utc>) -> sqlx::Result<()> {
    let approved = sqlx::query!(
        "UPDATE commission c SET released_at = least(approval.at, c.hold_until)
         FROM (SELECT partner_id, conversion_id, min(occurred_at) AS at FROM import_item
               WHERE import_id = $1 AND event = 'approve' AND conversion_id IS NOT NULL
               GROUP BY partner_id, conversion_id) approval
         WHERE c.partner_id = approval.partner_id AND c.conversion_id = approval.conversion_id AND c.released_at IS NULL
           AND (c.state = 'pending' OR EXISTS (
               SELECT FROM transfer t WHERE t.partner_id = c.partner_id AND t.conversion_id = c.conversion_id
                 AND t.kind IN ('refund', 'rejection') AND t.effective_at >= least(approval.at, c.hold_until)))
         RETURNING c.partner_id, c.conversion_id",
        import.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let (partners, conversions): (Vec<i64>, Vec<i64>) =
        approved.into_iter().map(|row| (row.partner_id, row.conversion_id)).unzip();
    book_releases(tx, &partners, &conversions, now).await?;
    Ok(())
}

/// What left its hold before the last of it was reversed was payable in between: no later release will say so, as
/// nothing is left to release.
pub async fn release_before_reversal(tx: &mut Tx, import: ImportId, now: DateTime<Utc>) -> sqlx::Result<()> {
    let released = sqlx::query!(
        "UPDATE commission c SET released_at = c.hold_until
         FROM (SELECT partner_id, conversion_id, coalesce(sum(amount), 0) AS refunded, bool_or(event = 'reject') AS rejected,
                      max(occurred_at) AS last
               FROM import_item WHERE import_id = $1 AND event IN ('refund', 'reject') AND conversion_id IS NOT NULL
               GROUP BY partner_id, conversion_id) change
         WHERE c.partner_id = change.partner_id AND c.conversion_id = change.conversion_id AND c.released_at IS NULL
           AND c.state = 'pending' AND c.hold_until <= change.last
           AND commission_left(c.rate_kind, c.rate_value, c.order_amount, c.refunded + change.refunded, change.rejected, c.currency) = 0
         RETURNING c.partner_id, c.conversion_id",
        import.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let (partners, conversions): (Vec<i64>, Vec<i64>) =
        released.into_iter().map(|row| (row.partner_id, row.conversion_id)).unzip();
    book_releases(tx, &partners, &conversions, now).await?;
    Ok(())
}

/// Refunds and rejections take back the difference they make, in the order of their times. What was released after the
/// event's own time first goes back to pending, so that balances as of any day are right however late a row comes. A row
/// that comes after later ones of its order takes, at its own time, what those left. What was contested since is taken from
/// what was set apart, and each later step of a contest is taken back by as much. Nothing is booked into a closed month.
pub async fn book_reversals(
    tx: &mut Tx,
    import: ImportId,
    programme: ProgrammeId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH step AS (
             SELECT i.partner_id, i.conversion_id, i.event_id, i.event, i.occurred_at, c.currency, c.released_at,
                    commission_left(c.rate_kind, c.rate_value, c.order_amount,
                        c.refunded + coalesce(sum(i.amount) OVER before, 0),
                        c.rejected OR coalesce(bool_or(i.event = 'reject') OVER before, false), c.currency)
                    - commission_left(c.rate_kind, c.rate_value, c.order_amount,
                        c.refunded + coalesce(sum(i.amount) OVER upto, 0),
                        c.rejected OR bool_or(i.event = 'reject') OVER upto, c.currency) AS amount
             FROM import_item i JOIN commission c USING (partner_id, conversion_id)
             WHERE i.import_id = $1 AND i.event IN ('refund', 'reject')
             WINDOW before AS (PARTITION BY i.partner_id, i.conversion_id ORDER BY i.occurred_at, i.line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                    upto AS (PARTITION BY i.partner_id, i.conversion_id ORDER BY i.occurred_at, i.line ROWS UNBOUNDED PRECEDING)
         ), ring AS (
             SELECT s.partner_id, s.conversion_id, s.event_id, s.occurred_at, s.amount, s.currency, t.contest_id, t.kind, t.effective_at, t.transfer_id
             FROM step s JOIN transfer t ON t.partner_id = s.partner_id AND t.conversion_id = s.conversion_id
                 AND t.contest_id IS NOT NULL AND t.kind IN ('ring_fence', 'ring_fence_end')
             WHERE s.amount > 0
         )
         INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id, contest_id, effective_at, booked_at)
         SELECT $2::bigint, partner_id, CASE event WHEN 'refund' THEN 'refund' ELSE 'rejection' END,
                CASE WHEN released_at <= occurred_at THEN coalesce(
                    (SELECT CASE r.kind WHEN 'ring_fence' THEN 'ring_fenced' ELSE 'payable' END FROM ring r
                     WHERE r.partner_id = step.partner_id AND r.event_id = step.event_id AND r.effective_at <= step.occurred_at
                     ORDER BY r.effective_at DESC, r.transfer_id DESC LIMIT 1), 'payable') ELSE 'pending' END, 'commission_cost',
                amount, currency, conversion_id, event_id, NULL::bigint, greatest(occurred_at, (SELECT open_from($2))), $3::timestamptz
         FROM step WHERE amount > 0
         UNION ALL
         SELECT $2, partner_id, 'release_correction', 'payable', 'pending', amount, currency, conversion_id, event_id, NULL,
                greatest(released_at, (SELECT open_from($2))), $3
         FROM step WHERE amount > 0 AND released_at > occurred_at
         UNION ALL
         SELECT $2, partner_id, 'ring_fence_correction', CASE kind WHEN 'ring_fence' THEN 'ring_fenced' ELSE 'payable' END,
                CASE kind WHEN 'ring_fence' THEN 'payable' ELSE 'ring_fenced' END, amount, currency, conversion_id, event_id, contest_id,
                greatest(effective_at, (SELECT open_from($2))), $3
         FROM ring WHERE effective_at > occurred_at",
        import.0,
        programme.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE commission c SET refunded = c.refunded + change.refunded, rejected = c.rejected OR change.rejected
         FROM (SELECT partner_id, conversion_id, coalesce(sum(amount), 0) AS refunded, bool_or(event = 'reject') AS rejected
               FROM import_item WHERE import_id = $1 AND event IN ('refund', 'reject') AND conversion_id IS NOT NULL
               GROUP BY partner_id, conversion_id) change
         WHERE c.partner_id = change.partner_id AND c.conversion_id = change.conversion_id",
        import.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
