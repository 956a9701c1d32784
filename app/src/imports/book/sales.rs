//! Sales and leads: checked, priced by the terms of their time, booked.

use super::places;
use crate::base::db::Tx;
use crate::base::ids::{ImportId, ProgrammeId};
use chrono::{DateTime, Utc};

/// Checks sales and leads against what is there and against each other.
pub async fn check_sales(tx: &mut Tx, import: ImportId, programme: ProgrammeId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO import_item (import_id, line, event_id, event, order_id, partner_id, offer_id, conversion_id, occurred_at,
                                  amount, currency, reason, sub_id, click_id, revenue, duplicate, reject_column, reject_reason)
         SELECT import_id, line, event_id, event, order_id, partner_id, offer_id,
                CASE WHEN fault IS NULL AND NOT duplicate THEN nextval(pg_get_serial_sequence('conversion', 'conversion_id')) END,
                occurred_at, coalesce(amount, 0), currency, reason, sub_id, click_id, revenue,
                duplicate AND fault IS NULL, fault[1], fault[2]
         FROM (
             SELECT r.*, p.partner_id, o.offer_id,
                    coalesce(known.same, first_event.same, known_order.same, first_order.same, false) AS duplicate,
                    CASE
                        WHEN c.code IS NULL THEN ARRAY['currency', 'no such currency']
                        WHEN p.partner_id IS NULL THEN ARRAY['partner', 'no such partner in this programme']
                        WHEN o.offer_id IS NULL THEN ARRAY['offer', 'no such offer in this programme']
                        WHEN NOT coalesce(known.same, first_event.same, true)
                            THEN ARRAY['event_id', 'was used before, with other values']
                        WHEN known.same IS NULL AND first_event.same IS NULL AND NOT coalesce(known_order.same, first_order.same, true)
                            THEN ARRAY['order_id', 'has a sale already, with other values']
                    END AS fault
             FROM import_row r
             LEFT JOIN partner p ON p.programme_id = $2 AND p.code = r.partner
             LEFT JOIN offer o ON o.programme_id = $2 AND o.code = r.offer
             LEFT JOIN currency c ON c.code = r.currency
             LEFT JOIN (
                 SELECT r.line, (e.event, e.occurred_at, e.amount, v.order_id, v.currency, e.partner_id, v.offer_id)
                        IS NOT DISTINCT FROM (r.event, r.occurred_at, r.amount, r.order_id, r.currency, p.partner_id, o.offer_id) AS same
                 FROM import_row r
                 JOIN conversion_event e ON e.programme_id = $2 AND e.event_id = r.event_id
                 JOIN conversion v USING (partner_id, conversion_id)
                 LEFT JOIN partner p ON p.programme_id = $2 AND p.code = r.partner
                 LEFT JOIN offer o ON o.programme_id = $2 AND o.code = r.offer
                 WHERE r.import_id = $1 AND r.event IN ('sale', 'lead')
             ) known ON known.line = r.line
             LEFT JOIN (
                 SELECT r.line, (f.event, f.order_id, f.partner, f.offer, f.occurred_at, f.amount, f.currency)
                        IS NOT DISTINCT FROM (r.event, r.order_id, r.partner, r.offer, r.occurred_at, r.amount, r.currency) AS same
                 FROM (SELECT event_id, min(line) AS line FROM import_row WHERE import_id = $1 AND event IS NOT NULL
                       GROUP BY event_id HAVING count(*) > 1) twice
                 JOIN import_row f ON f.import_id = $1 AND f.line = twice.line
                 JOIN import_row r ON r.import_id = $1 AND r.event_id = twice.event_id AND r.line > twice.line
             ) first_event ON first_event.line = r.line
             LEFT JOIN (
                 SELECT r.line, (v.partner_id, v.offer_id, v.kind, v.occurred_at, v.amount, v.currency)
                        IS NOT DISTINCT FROM (p.partner_id, o.offer_id, r.event, r.occurred_at, coalesce(r.amount, 0), r.currency) AS same
                 FROM import_row r
                 JOIN conversion v ON v.programme_id = $2 AND v.order_id = r.order_id
                 LEFT JOIN partner p ON p.programme_id = $2 AND p.code = r.partner
                 LEFT JOIN offer o ON o.programme_id = $2 AND o.code = r.offer
                 WHERE r.import_id = $1 AND r.event IN ('sale', 'lead')
             ) known_order ON known_order.line = r.line
             LEFT JOIN (
                 SELECT r.line, (f.event, f.partner, f.offer, f.occurred_at, f.amount, f.currency)
                        IS NOT DISTINCT FROM (r.event, r.partner, r.offer, r.occurred_at, r.amount, r.currency) AS same
                 FROM (SELECT order_id, min(line) AS line FROM import_row WHERE import_id = $1 AND event IN ('sale', 'lead')
                       GROUP BY order_id HAVING count(*) > 1) twice
                 JOIN import_row f ON f.import_id = $1 AND f.line = twice.line
                 JOIN import_row r ON r.import_id = $1 AND r.order_id = twice.order_id AND r.line > twice.line AND r.event IN ('sale', 'lead')
             ) first_order ON first_order.line = r.line
             WHERE r.import_id = $1 AND r.event IN ('sale', 'lead')
         ) checked",
        import.0,
        programme.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Resolves the terms of every pair of partner and offer, from one moment until the next.
pub async fn resolve_terms(tx: &mut Tx, import: ImportId, programme: ProgrammeId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO import_terms (import_id, partner_id, offer_id, valid_from, valid_until, rate_kind, rate_value, rate_rule,
                                   rate_version_id, hold_days, hold_version_id, validation)
         SELECT $1, pair.partner_id, pair.offer_id, start.at,
                coalesce(lead(start.at) OVER (PARTITION BY pair.partner_id, pair.offer_id ORDER BY start.at), 'infinity'),
                terms.rate_kind, terms.rate_value, terms.rate_rule, terms.rate_version_id, terms.hold_days, terms.hold_version_id,
                terms.validation
         FROM (SELECT DISTINCT partner_id, offer_id FROM import_item WHERE import_id = $1 AND conversion_id IS NOT NULL) pair
         CROSS JOIN LATERAL (
             -- What ends gives way to what stood there before.
             SELECT t.valid_from AS at FROM terms_version t
             WHERE t.programme_id = $2 AND t.offer_scope IN (0, pair.offer_id) AND t.partner_scope IN (0, pair.partner_id)
             UNION SELECT t.valid_until FROM terms_version t
             WHERE t.programme_id = $2 AND t.offer_scope IN (0, pair.offer_id) AND t.partner_scope IN (0, pair.partner_id)
               AND t.valid_until < 'infinity'
         ) start
         CROSS JOIN LATERAL (
             SELECT max(t.kind) FILTER (WHERE t.field = 'rate') AS rate_kind,
                    max(t.value) FILTER (WHERE t.field = 'rate') AS rate_value,
                    coalesce((array_agg(t.rule) FILTER (WHERE t.field = 'rate'))[1], '{}') AS rate_rule,
                    max(t.terms_version_id) FILTER (WHERE t.field = 'rate') AS rate_version_id,
                    (max(t.value) FILTER (WHERE t.field = 'hold_days'))::integer AS hold_days,
                    max(t.terms_version_id) FILTER (WHERE t.field = 'hold_days') AS hold_version_id,
                    coalesce(max(t.value) FILTER (WHERE t.field = 'validation'), 0) = 1 AS validation
             FROM terms_at($2, pair.offer_id, pair.partner_id, start.at) t
         ) terms",
        import.0,
        programme.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE import_item i SET conversion_id = NULL, reject_column = 'offer',
             reject_reason = CASE WHEN terms.rate_kind IS NULL OR terms.hold_days IS NULL
                 THEN 'no terms were in force for this partner and offer'
                 ELSE 'this offer pays a percentage; a lead needs a fixed commission' END
         FROM import_terms terms
         WHERE i.import_id = $1 AND i.conversion_id IS NOT NULL AND terms.import_id = $1
           AND terms.partner_id = i.partner_id AND terms.offer_id = i.offer_id
           AND i.occurred_at >= terms.valid_from AND i.occurred_at < terms.valid_until
           AND (terms.rate_kind IS NULL OR terms.hold_days IS NULL OR (i.event = 'lead' AND terms.rate_kind = 'percent'))",
        import.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE import_item i SET conversion_id = NULL, reject_column = 'offer',
             reject_reason = 'no terms were in force for this partner and offer'
         WHERE i.import_id = $1 AND i.conversion_id IS NOT NULL AND NOT EXISTS (
             SELECT FROM import_terms terms WHERE terms.import_id = $1 AND terms.partner_id = i.partner_id
               AND terms.offer_id = i.offer_id AND i.occurred_at >= terms.valid_from)",
        import.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Books the sales and leads of some lines: conversion, event, commission, accrual. What was earned in a month that is
/// closed counts in the first open one.
pub async fn book_sales(
    tx: &mut Tx,
    import: ImportId,
    programme: ProgrammeId,
    lines: (i64, i64),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (first, last) = lines;
    sqlx::query!(
        "INSERT INTO conversion (programme_id, partner_id, conversion_id, offer_id, kind, order_id, occurred_at, amount, currency,
                                 revenue, sub_id, click_id, booked_at)
         SELECT $2, partner_id, conversion_id, offer_id, event, order_id, occurred_at, amount, currency, revenue, sub_id, click_id, $5
         FROM import_item WHERE import_id = $1 AND line BETWEEN $3 AND $4 AND event IN ('sale', 'lead') AND conversion_id IS NOT NULL",
        import.0,
        programme.0,
        first,
        last,
        now,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO conversion_event (programme_id, event_id, event, partner_id, conversion_id, occurred_at, amount, reason, import_id, booked_at)
         SELECT $2, event_id, event, partner_id, conversion_id, occurred_at, nullif(amount, 0), reason, $1, $5
         FROM import_item WHERE import_id = $1 AND line BETWEEN $3 AND $4 AND event IN ('sale', 'lead') AND conversion_id IS NOT NULL",
        import.0,
        programme.0,
        first,
        last,
        now,
    )
    .execute(&mut **tx)
    .await?;
    places::book(tx, import, programme, lines).await?;
    // What a rule gives is looked up where there is one; elsewhere the rate says it all.
    sqlx::query!(
        "INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id,
                                 hold_days, hold_version_id, hold_until, order_amount)
         SELECT i.partner_id, i.conversion_id, i.offer_id, i.occurred_at, i.currency,
                CASE WHEN t.rate_rule = '{}' THEN t.rate_kind ELSE 'priced' END,
                CASE WHEN t.rate_rule = '{}' THEN t.rate_value ELSE (
                    SELECT p.amount FROM commission_place p WHERE p.partner_id = i.partner_id AND p.conversion_id = i.conversion_id) END,
                t.rate_version_id, t.hold_days, t.hold_version_id,
                CASE WHEN NOT t.validation THEN i.occurred_at + make_interval(hours => 24 * t.hold_days) END, i.amount
         FROM import_item i
         JOIN import_terms t ON t.import_id = $1 AND t.partner_id = i.partner_id AND t.offer_id = i.offer_id
             AND i.occurred_at >= t.valid_from AND i.occurred_at < t.valid_until
         WHERE i.import_id = $1 AND i.line BETWEEN $2 AND $3 AND i.event IN ('sale', 'lead') AND i.conversion_id IS NOT NULL",
        import.0,
        first,
        last,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id, effective_at, booked_at)
         SELECT $2, partner_id, 'accrual', 'commission_cost', 'pending', amount, currency, conversion_id, event_id,
                greatest(occurred_at, (SELECT open_from($2))), $5
         FROM (SELECT i.partner_id, i.conversion_id, i.event_id, i.occurred_at, i.currency,
                      CASE WHEN t.rate_rule = '{}' THEN commission_left(t.rate_kind, t.rate_value, i.amount, 0, false, i.currency) ELSE (
                          SELECT p.amount FROM commission_place p
                          WHERE p.partner_id = i.partner_id AND p.conversion_id = i.conversion_id) END AS amount
               FROM import_item i
               JOIN import_terms t ON t.import_id = $1 AND t.partner_id = i.partner_id AND t.offer_id = i.offer_id
                   AND i.occurred_at >= t.valid_from AND i.occurred_at < t.valid_until
               WHERE i.import_id = $1 AND i.line BETWEEN $3 AND $4 AND i.event IN ('sale', 'lead') AND i.conversion_id IS NOT NULL) earned
         WHERE amount > 0",
        import.0,
        programme.0,
        first,
        last,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
