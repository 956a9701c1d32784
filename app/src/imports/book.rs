//! Checking and booking what was read, as sets. Each function is one step; [`super::run`] has their order.

use super::parse::{Reject, Row};
use crate::base::db::Tx;
use crate::base::ids::{ImportId, ProgrammeId};
use crate::commissions::store::book_releases;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::fmt::Write;

/// One line as `COPY import_row` takes it (text format).
pub fn copy_line(out: &mut String, import: ImportId, line: i64, row: &Result<Row, Reject>, raw: &str) {
    let _ = write!(out, "{import}\t{line}");
    match row {
        Ok(row) => {
            let texts = [&row.event_id, &row.event, &row.order_id, &row.partner, &row.offer];
            texts.into_iter().for_each(|text| copy_text(out, text));
            let _ = write!(out, "\t{}", row.occurred_at.to_rfc3339());
            copy_number(out, row.amount);
            [&row.currency, &row.reason].into_iter().for_each(|text| copy_text(out, text));
            [&row.sub_id, &row.click_id].into_iter().for_each(|text| copy_optional(out, text));
            copy_number(out, row.revenue);
            out.push_str("\t\\N\t\\N\t\\N\n");
        }
        Err(reject) => {
            out.push_str(&"\t\\N".repeat(12));
            [reject.column, reject.reason.as_str(), raw].into_iter().for_each(|text| copy_text(out, text));
            out.push('\n');
        }
    }
}

fn copy_text(out: &mut String, text: &str) {
    out.push('\t');
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            letter => out.push(letter),
        }
    }
}

fn copy_optional(out: &mut String, text: &str) {
    if text.is_empty() { out.push_str("\t\\N") } else { copy_text(out, text) }
}

fn copy_number(out: &mut String, number: Option<Decimal>) {
    match number {
        Some(number) => {
            let _ = write!(out, "\t{number}");
        }
        None => out.push_str("\t\\N"),
    }
}

/// Two imports of one programme wait for each other; keys keep them correct, this keeps them from failing.
pub async fn take_turns(tx: &mut Tx, programme: ProgrammeId) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('import', $1))", programme.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Opens an import.
pub async fn start(tx: &mut Tx, programme: ProgrammeId, file_name: &str, now: DateTime<Utc>) -> sqlx::Result<ImportId> {
    sqlx::query_scalar!(
        "INSERT INTO import (programme_id, file_name, started_at) VALUES ($1, $2, $3) RETURNING import_id",
        programme.0,
        file_name,
        now,
    )
    .fetch_one(&mut **tx)
    .await
    .map(ImportId)
}

/// The staging tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staged {
    /// As read.
    Rows,
    /// As checked.
    Items,
}

/// Fresh statistics, so that the planner does not take the staged rows for none.
pub async fn analyze(tx: &mut Tx, staged: Staged) -> sqlx::Result<()> {
    sqlx::query!("SELECT analyze_import($1)", staged == Staged::Items).execute(&mut **tx).await?;
    Ok(())
}

/// The same for the tables that were booked into: a first import fills them from nothing.
pub async fn analyze_booked(tx: &mut Tx) -> sqlx::Result<()> {
    sqlx::query!("SELECT analyze_booked()").execute(&mut **tx).await?;
    Ok(())
}

/// Makes the partners that sales and leads name and that are not there.
pub async fn create_partners(
    tx: &mut Tx,
    import: ImportId,
    programme: ProgrammeId,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let made = sqlx::query!(
        "INSERT INTO partner (programme_id, code, name, created_at)
         SELECT $2::bigint, partner, partner, $3::timestamptz
         FROM (SELECT DISTINCT partner FROM import_row WHERE import_id = $1 AND event IN ('sale', 'lead')) named
         WHERE partner ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
         ON CONFLICT (programme_id, code) DO NOTHING",
        import.0,
        programme.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(made.rows_affected())
}

/// Makes the offers that sales and leads name and that are not there.
pub async fn create_offers(
    tx: &mut Tx,
    import: ImportId,
    programme: ProgrammeId,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let made = sqlx::query!(
        "INSERT INTO offer (programme_id, code, name, created_at)
         SELECT $2::bigint, offer, offer, $3::timestamptz
         FROM (SELECT DISTINCT offer FROM import_row WHERE import_id = $1 AND event IN ('sale', 'lead')) named
         WHERE offer ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
         ON CONFLICT (programme_id, code) DO NOTHING",
        import.0,
        programme.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(made.rows_affected())
}

/// Opens the accounts of every pair of partner and currency in the file.
pub async fn open_accounts(tx: &mut Tx, import: ImportId, programme: ProgrammeId) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT count(open_accounts($2, pair.partner_id, pair.currency)) FROM (
             SELECT DISTINCT p.partner_id, r.currency FROM import_row r
             JOIN partner p ON p.programme_id = $2 AND p.code = r.partner
             JOIN currency c ON c.code = r.currency
             WHERE r.import_id = $1 AND r.event IN ('sale', 'lead')
               AND NOT EXISTS (SELECT FROM account a WHERE a.programme_id = $2 AND a.holder_id = p.partner_id
                               AND a.currency = r.currency AND a.kind = 'paid')) pair",
        import.0,
        programme.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

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
        "INSERT INTO import_terms (import_id, partner_id, offer_id, valid_from, valid_until, rate_kind, rate_value, rate_version_id,
                                   hold_days, hold_version_id, validation)
         SELECT $1, pair.partner_id, pair.offer_id, start.at,
                coalesce(lead(start.at) OVER (PARTITION BY pair.partner_id, pair.offer_id ORDER BY start.at), 'infinity'),
                terms.rate_kind, terms.rate_value, terms.rate_version_id, terms.hold_days, terms.hold_version_id, terms.validation
         FROM (SELECT DISTINCT partner_id, offer_id FROM import_item WHERE import_id = $1 AND conversion_id IS NOT NULL) pair
         CROSS JOIN LATERAL (
             SELECT DISTINCT t.valid_from AS at FROM terms_version t
             WHERE t.programme_id = $2 AND t.offer_scope IN (0, pair.offer_id) AND t.partner_scope IN (0, pair.partner_id)
         ) start
         CROSS JOIN LATERAL (
             SELECT max(t.kind) FILTER (WHERE t.field = 'rate') AS rate_kind,
                    max(t.value) FILTER (WHERE t.field = 'rate') AS rate_value,
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

/// Books the sales and leads of some lines: conversion, event, commission, accrual.
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
    sqlx::query!(
        "INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id,
                                 hold_days, hold_version_id, hold_until, order_amount)
         SELECT i.partner_id, i.conversion_id, i.offer_id, i.occurred_at, i.currency, t.rate_kind, t.rate_value, t.rate_version_id,
                t.hold_days, t.hold_version_id,
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
         SELECT $2, partner_id, 'accrual', 'commission_cost', 'pending', amount, currency, conversion_id, event_id, occurred_at, $5
         FROM (SELECT i.partner_id, i.conversion_id, i.event_id, i.occurred_at, i.currency,
                      commission_left(t.rate_kind, t.rate_value, i.amount, 0, false, i.currency) AS amount
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

/// What left its hold before it was reversed as a whole was payable in between: no later release will say so, as
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
           AND (change.rejected OR c.refunded + change.refunded = c.order_amount)
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
/// that comes after later ones of its order takes, at its own time, what those left.
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
         )
         INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id, effective_at, booked_at)
         SELECT $2::bigint, partner_id, CASE event WHEN 'refund' THEN 'refund' ELSE 'rejection' END,
                CASE WHEN released_at <= occurred_at THEN 'payable' ELSE 'pending' END, 'commission_cost',
                amount, currency, conversion_id, event_id, occurred_at, $3::timestamptz
         FROM step WHERE amount > 0
         UNION ALL
         SELECT $2, partner_id, 'release_correction', 'payable', 'pending', amount, currency, conversion_id, event_id, released_at, $3
         FROM step WHERE amount > 0 AND released_at > occurred_at",
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

/// A refused row, for the rejects file.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Line of the file, the header being 1.
    pub line: i64,
    /// The column at fault; empty where it is the row as a whole.
    pub column: String,
    /// What is wrong.
    pub reason: String,
    /// The text of a row that could not be read, cut where it is long.
    pub raw: Option<String>,
    /// The cells of a row that could be read, in the order of [`super::parse::REQUIRED`].
    pub cells: Vec<String>,
}

/// Some refused rows after a line, in their order.
pub async fn refused(tx: &mut Tx, import: ImportId, after: i64, most: i64) -> sqlx::Result<Vec<Refused>> {
    sqlx::query_as!(
        Refused,
        r#"SELECT r.line AS "line!", coalesce(i.reject_column, r.reject_column, '') AS "column!",
                  coalesce(i.reject_reason, r.reject_reason, '') AS "reason!",
                  r.raw, ARRAY[coalesce(r.event_id, ''), coalesce(r.event, ''), coalesce(r.order_id, ''), coalesce(r.partner, ''),
                      coalesce(r.offer, ''), coalesce(to_char(r.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), ''),
                      coalesce(r.amount::text, ''), coalesce(r.currency, ''), coalesce(r.reason, '')] AS "cells!"
           FROM import_row r LEFT JOIN import_item i ON i.import_id = r.import_id AND i.line = r.line
           WHERE r.import_id = $1 AND r.line > $2 AND coalesce(i.reject_column, r.reject_column) IS NOT NULL
           ORDER BY r.line LIMIT $3"#,
        import.0,
        after,
        most,
    )
    .fetch_all(&mut **tx)
    .await
}

/// What became of the rows: accepted, duplicates, rejected.
pub async fn count(tx: &mut Tx, import: ImportId) -> sqlx::Result<(i64, i64, i64)> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE i.conversion_id IS NOT NULL AND NOT i.duplicate) AS "accepted!",
                  count(*) FILTER (WHERE i.duplicate) AS "duplicates!",
                  count(*) FILTER (WHERE coalesce(i.reject_column, r.reject_column) IS NOT NULL) AS "rejected!"
           FROM import_row r LEFT JOIN import_item i ON i.import_id = r.import_id AND i.line = r.line
           WHERE r.import_id = $1"#,
        import.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.accepted, row.duplicates, row.rejected))
}

/// Closes the import and clears what was staged for it.
pub async fn finish(
    tx: &mut Tx,
    import: ImportId,
    report: &super::model::Report,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE import SET finished_at = $2, rows = $3, accepted = $4, duplicates = $5, rejected = $6 WHERE import_id = $1",
        import.0,
        now,
        report.rows,
        report.accepted,
        report.duplicates,
        report.rejected,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("DELETE FROM import_row WHERE import_id = $1", import.0).execute(&mut **tx).await?;
    sqlx::query!("DELETE FROM import_item WHERE import_id = $1", import.0).execute(&mut **tx).await?;
    sqlx::query!("DELETE FROM import_terms WHERE import_id = $1", import.0).execute(&mut **tx).await?;
    Ok(())
}
