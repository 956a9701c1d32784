//! What a proposal rests on, and the partner's request that it takes up.

use crate::approvals::model::Evidence;
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, PartnerId, PersonId, ProposalId};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Of each kind, at most so many things are offered as evidence.
const OFFERED: i64 = 20;

/// Something that can be pinned to a proposal.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What a form sends to choose it.
    pub key: String,
    /// What it says.
    pub evidence: Evidence,
    /// As the proposal keeps it.
    pub row: Value,
}

/// What can be shown for a partner: their cases, what they wrote, the files they sent, and figures of the last two quarters.
///
/// # Errors
/// When the database is away.
pub async fn candidates(tx: &mut Tx, partner: PartnerId, now: DateTime<Utc>) -> Result<Vec<Candidate>, AppError> {
    let rows = sqlx::query!(
        r#"(SELECT 'case' AS "kind!", c.case_id AS "case?", NULL::bigint AS "message?", NULL::bigint AS "file?",
                   c.subject AS "label!", ''::text AS "text!"
            FROM support_case c WHERE c.partner_id = $1 ORDER BY c.case_id DESC LIMIT $2)
           UNION ALL
           (SELECT 'message', m.case_id, m.message_id, NULL, m.author_name, left(m.body, 2000)
            FROM message m WHERE m.partner_id = $1 AND m.side = 'partner' ORDER BY m.message_id DESC LIMIT $2)
           UNION ALL
           (SELECT 'file', f.case_id, NULL, f.attachment_id, f.name, encode(f.sha256, 'hex')
            FROM attachment f WHERE f.partner_id = $1 AND f.scan <> 'infected' ORDER BY f.attachment_id DESC LIMIT $2)
           UNION ALL
           (SELECT 'figure', NULL, NULL, NULL, 'conversions_' || days || '_' || c.currency, count(*)::text
            FROM unnest(ARRAY[90, 180]) days
            JOIN commission c ON c.partner_id = $1 AND c.occurred_at < $3 AND c.occurred_at >= $3 - make_interval(days => days)
            GROUP BY days, c.currency ORDER BY days, c.currency)
           UNION ALL
           (SELECT 'figure', NULL, NULL, NULL, 'earned_' || days || '_' || c.currency, trim_scale(sum(c.amount_left))::text
            FROM unnest(ARRAY[90, 180]) days
            JOIN commission c ON c.partner_id = $1 AND c.occurred_at < $3 AND c.occurred_at >= $3 - make_interval(days => days)
            GROUP BY days, c.currency ORDER BY days, c.currency)"#,
        partner.0,
        OFFERED,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut one = json!({ "kind": row.kind, "snapshot": { "label": row.label, "text": row.text } });
            for (name, id) in [("case", row.case), ("message", row.message), ("file", row.file)] {
                if let (Some(id), Some(object)) = (id, one.as_object_mut()) {
                    object.insert(name.to_owned(), json!(id));
                }
            }
            let key = match (row.message.or(row.file), row.case) {
                (Some(inner), _) => format!("{}:{inner}", row.kind),
                (None, Some(case)) => format!("{}:{case}", row.kind),
                (None, None) => format!("{}:{}", row.kind, row.label),
            };
            let evidence = Evidence { kind: row.kind, case: row.case.map(CaseId), label: row.label, text: row.text };
            Candidate { key, evidence, row: one }
        })
        .collect())
}

/// The chosen ones, as a proposal keeps them; what is not to be chosen is left out.
///
/// # Errors
/// When the database is away.
pub async fn evidence(
    tx: &mut Tx,
    partner: PartnerId,
    chosen: &[String],
    now: DateTime<Utc>,
) -> Result<Value, AppError> {
    if chosen.is_empty() {
        return Ok(Value::Array(Vec::new()));
    }
    let all = candidates(tx, partner, now).await?;
    Ok(all.into_iter().filter(|one| chosen.contains(&one.key)).map(|one| one.row).collect())
}

/// Answers a partner's request with the proposal that takes it up.
///
/// # Errors
/// The constraint that refused it, inside [`AppError::Database`].
pub async fn take_up(
    tx: &mut Tx,
    request: i64,
    proposal: ProposalId,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let done = sqlx::query!(
        "INSERT INTO terms_request_answer (terms_request_id, partner_id, answer, proposal_id, decide_by, answered_by, answered_at)
         SELECT r.terms_request_id, r.partner_id, 'taken_up', p.proposal_id, p.expires_at, $3, $4
         FROM terms_request r, proposal p WHERE r.terms_request_id = $1 AND p.proposal_id = $2",
        request,
        proposal.0,
        by.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}
