//! The queue: what partners wait for.

use super::unknown;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PersonId};
use crate::desk::model::{Pressure, View, Waiting};
use crate::desk::rules;
use crate::disputes::model::{Kind, Stage};
use crate::disputes::rules::running_promise;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;

/// The most lines that are shown.
pub const MOST: usize = 200;

/// The cases of a view, the most urgent first; closed ones by when they were closed. At most [`MOST`]: those whose
/// promise runs come in before those that wait for the partner, the earliest promise first.
///
/// # Errors
/// When the database is away.
pub async fn queue(tx: &mut Tx, view: View, reader: PersonId, now: DateTime<Utc>) -> Result<Vec<Waiting>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.case_id AS "id: CaseId", c.kind, c.subject, c.stage, c.next_update_at, c.closed_at,
                  p.code, p.name, s.name AS "assignee?",
                  waiting.since AS "waiting_since?", money.paid AS "paid!", money.owed AS "owed!",
                  minimum.value AS "minimum?"
           FROM (SELECT * FROM support_case
                 WHERE CASE $1 WHEN 'mine' THEN stage <> 'closed' AND assignee_id = $2
                               WHEN 'unassigned' THEN stage <> 'closed' AND assignee_id IS NULL
                               WHEN 'closed' THEN stage = 'closed'
                               ELSE stage <> 'closed' END
                 ORDER BY closed_at DESC NULLS FIRST, stage NOT IN ('received', 'in_review'), next_update_at, case_id
                 LIMIT 200) c
           JOIN partner p USING (programme_id, partner_id)
           JOIN programme g USING (programme_id)
           LEFT JOIN staff s ON s.person_id = c.assignee_id
           LEFT JOIN LATERAL (
               SELECT min(m.sent_at) AS since FROM message m
               WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id AND m.side = 'partner'
                 AND m.message_id > greatest(
                     (SELECT coalesce(max(r.message_id), 0) FROM message r
                      WHERE r.partner_id = c.partner_id AND r.case_id = c.case_id AND r.side = 'staff'),
                     (SELECT coalesce(max(n.message_id), 0) FROM needs_no_answer n
                      WHERE n.partner_id = c.partner_id AND n.case_id = c.case_id))) waiting ON true
           LEFT JOIN LATERAL (
               SELECT coalesce(sum(a.balance) FILTER (WHERE a.kind = 'paid'), 0) AS paid,
                      coalesce(sum(a.balance) FILTER (WHERE a.kind <> 'paid'), 0) AS owed
               FROM account a
               WHERE a.programme_id = c.programme_id AND a.holder_id = c.partner_id AND a.currency = g.currency) money ON true
           LEFT JOIN LATERAL (
               SELECT t.value FROM terms_at(c.programme_id, 0, c.partner_id, $3) t WHERE t.field = 'minimum') minimum ON true"#,
        view.as_str(),
        reader.0,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut waiting = Vec::with_capacity(rows.len());
    for row in rows {
        let stage = Stage::parse(&row.stage).ok_or_else(|| unknown(&row.stage))?;
        let pressure = Pressure {
            waiting_since: row.waiting_since.filter(|_| stage != Stage::Closed),
            promised_at: running_promise(stage, row.next_update_at),
            first_money: rules::is_first_money(row.paid, row.owed, row.minimum),
        };
        waiting.push(Waiting {
            id: row.id,
            partner_code: row.code,
            partner_name: row.name,
            kind: Kind::parse(&row.kind).ok_or_else(|| unknown(&row.kind))?,
            subject: row.subject,
            stage,
            assignee: row.assignee,
            urgency: rules::urgency(&pressure, now),
            pressure,
            closed_at: row.closed_at,
        });
    }
    waiting
        .sort_by_key(|line| (Reverse(line.closed_at), Reverse(line.urgency.score), line.pressure.promised_at, line.id));
    Ok(waiting)
}
