//! What waits for an owner at a moment.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, ProposalId};
use crate::base::money::Currency;
use crate::digest::model::{Escalated, Waits};
use crate::disputes::model::Kind;
use crate::rota::spans::Span;
use crate::terms::model::Field;
use chrono::{DateTime, Utc};

/// Lines that are listed; the rest is counted.
const LISTED: i64 = 10;

/// Proposals that waited at a moment. What an owner offers a partner waits for the partner.
pub(super) async fn proposals(tx: &mut Tx, at: DateTime<Utc>) -> Result<(Vec<Waits>, i64), AppError> {
    let rows = sqlx::query!(
        r#"WITH waits AS (
               SELECT p.*, count(*) OVER () AS in_all FROM proposal p
               WHERE p.proposer_id IS NOT NULL AND p.proposed_at <= $1 AND (p.expires_at IS NULL OR p.expires_at > $1)
                 AND NOT EXISTS (SELECT FROM decision d WHERE d.proposal_id = p.proposal_id AND d.decided_at <= $1)
                 AND NOT EXISTS (SELECT FROM counter_offer c WHERE c.proposal_id = p.proposal_id)
               ORDER BY p.proposed_at, p.proposal_id LIMIT $2
           )
           SELECT w.proposal_id AS "id!: ProposalId", a.name AS "partner?", o.name AS "offer?", w.field AS "field!", w.kind AS "kind!",
                  w.value AS "value!", w.value_before, w.rule = '{}' AS "is_plain!", g.currency, s.name AS by, w.proposed_at AS "since!",
                  w.in_all AS "in_all!",
                  (SELECT t.kind FROM terms_at(w.programme_id, w.offer_scope, w.partner_scope, w.proposed_at) t WHERE t.field = w.field) AS kind_before
           FROM waits w
           JOIN programme g ON g.programme_id = w.programme_id
           JOIN staff s ON s.person_id = w.proposer_id
           LEFT JOIN partner a ON a.partner_id = w.partner_id
           LEFT JOIN offer o ON o.programme_id = w.programme_id AND o.offer_id = w.offer_id
           ORDER BY w.proposed_at, w.proposal_id"#,
        at,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    let in_all = rows.first().map_or(0, |row| row.in_all);
    let listed = rows
        .into_iter()
        .map(|row| {
            let kind_before = row.kind_before.unwrap_or_else(|| row.kind.clone());
            let before = row.value_before.map(|value| (kind_before, value));
            Ok(Waits {
                proposal: row.id,
                partner: row.partner,
                offer: row.offer,
                field: Field::parse(&row.field).ok_or_else(|| AppError::Internal("terms of no known field".into()))?,
                change: row.is_plain.then_some((before, (row.kind, row.value))),
                currency: Currency::parse(&row.currency)?,
                by: row.by,
                since: row.since,
            })
        })
        .collect::<Result<_, AppError>>()?;
    Ok((listed, in_all))
}

/// Cases that were put to owners and waited at a moment.
pub(super) async fn escalated(tx: &mut Tx, at: DateTime<Utc>) -> Result<(Vec<Escalated>, i64), AppError> {
    let rows = sqlx::query!(
        r#"WITH waits AS (
               SELECT e.partner_id, e.case_id, e.by_name, e.escalated_at FROM escalation e
               WHERE e.verdict IS NULL AND e.to_role = 'owner' AND e.escalated_at <= $1
               UNION ALL
               SELECT e.partner_id, e.case_id, e.by_name, e.escalated_at FROM escalation e
               WHERE e.verdict IS NOT NULL AND e.answered_at > $1 AND e.to_role = 'owner' AND e.escalated_at <= $1
           )
           SELECT w.case_id AS "case!: CaseId", c.kind, a.name AS partner, w.by_name AS "by!", w.escalated_at AS "since!",
                  count(*) OVER () AS "in_all!"
           FROM waits w JOIN support_case c USING (partner_id, case_id) JOIN partner a USING (partner_id)
           ORDER BY w.escalated_at, w.case_id LIMIT $2"#,
        at,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    let in_all = rows.first().map_or(0, |row| row.in_all);
    let listed = rows
        .into_iter()
        .map(|row| Escalated {
            case: row.case,
            kind: Kind::parse(&row.kind).unwrap_or(Kind::Other),
            partner: row.partner,
            by: row.by,
            since: row.since,
        })
        .collect();
    Ok((listed, in_all))
}

/// How many cases were put to owners in a time.
pub(super) async fn newly_escalated(tx: &mut Tx, window: Span) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM escalation WHERE to_role = 'owner' AND escalated_at >= $1 AND escalated_at < $2"#,
        window.from,
        window.to,
    )
    .fetch_one(&mut **tx)
    .await?)
}
