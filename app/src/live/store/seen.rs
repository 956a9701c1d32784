//! How far somebody read a case, and what came after.

use super::unknown;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId};
use crate::live::model::{Seen, Unseen, What};

/// The newest of everything in a case and in what was merged into it, as the case's page shows it. A page asks for it before it reads the rest, so that what it shows is never older.
///
/// # Errors
/// When the database is away.
pub async fn seen(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Seen, AppError> {
    let row = sqlx::query!(
        r#"SELECT (SELECT coalesce(max(message_id), 0) FROM message WHERE partner_id = $1 AND case_id = ANY (family.cases)) AS "message!",
                  (SELECT coalesce(max(note_id), 0) FROM note WHERE partner_id = $1 AND case_id = ANY (family.cases)) AS "note!",
                  (SELECT coalesce(max(case_event_id), 0) FROM case_event WHERE partner_id = $1 AND case_id = $2) AS "step!",
                  cardinality(family.cases)::bigint - 1 AS "merged!"
           FROM (SELECT case_family($1, $2) AS cases) family"#,
        partner.0,
        case.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Seen { message: Some(row.message), note: Some(row.note), step: Some(row.step), merged: Some(row.merged) })
}

/// What came into a case after that, in the order in which it was written: what was merged into it since came with all of its
/// messages and notes, however old they are.
///
/// # Errors
/// When the database is away.
pub async fn unseen(tx: &mut Tx, partner: PartnerId, case: CaseId, seen: &Seen) -> Result<Vec<Unseen>, AppError> {
    let rows = sqlx::query!(
        r#"WITH joined AS MATERIALIZED (SELECT case_id, nth > $6 AS since FROM case_joined($1, $2))
           SELECT what AS "what!", by AS "by!", text AS "text!", at AS "at!" FROM (
               SELECT 'message' AS what, author_name AS by, body AS text, sent_at AS at, message_id AS number
               FROM joined JOIN message USING (case_id) WHERE partner_id = $1 AND (since OR message_id > $3)
               UNION ALL
               SELECT 'note', author_name, body, written_at, note_id
               FROM joined JOIN note USING (case_id) WHERE partner_id = $1 AND (since OR note_id > $4)
               UNION ALL
               SELECT 'step', by_name, stage, at, case_event_id FROM case_event
               WHERE partner_id = $1 AND case_id = $2 AND case_event_id > $5) came
           ORDER BY at, what, number"#,
        partner.0,
        case.0,
        seen.message.unwrap_or(i64::MAX),
        seen.note.unwrap_or(i64::MAX),
        seen.step.unwrap_or(i64::MAX),
        seen.merged.unwrap_or(i64::MAX),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let what = match row.what.as_str() {
                "message" => What::Message,
                "note" => What::Note,
                "step" => What::Step,
                other => return Err(unknown(other)),
            };
            Ok(Unseen { what, by: row.by, text: row.text, at: row.at })
        })
        .collect()
}
