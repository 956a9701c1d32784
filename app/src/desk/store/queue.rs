//! The queue: what partners wait for.

use super::unknown;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PersonId};
use crate::base::money::Currency;
use crate::clocks::model::Clock;
use crate::desk::model::{View, Waiting};
use crate::desk::order::{self, FirstMoney, Pressure, Waits};
use crate::disputes::model::{Kind, Stage};
use crate::disputes::rules::running_promise;
use chrono::{DateTime, TimeDelta, Utc};
use std::cmp::Reverse;

/// The most lines that are shown.
pub const MOST: usize = 200;

/// What runs out within this time is breaching already.
const BREACHING: TimeDelta = TimeDelta::hours(1);

/// The cases of a view, the most urgent first; closed ones by when they were closed. At most [`MOST`] of them: those that
/// stand first by how long their partner waits and what does not change with time, and those that ran out first.
///
/// # Errors
/// When the database is away.
pub async fn queue(tx: &mut Tx, view: View, reader: PersonId, now: DateTime<Utc>) -> Result<Vec<Waiting>, AppError> {
    // One branch per view and order, each along its own index; a branch of another view is not even begun.
    let rows = sqlx::query!(
        r#"SELECT c.case_id AS "id: CaseId", c.kind, c.subject, c.stage, c.next_update_at, c.closed_at, c.due_clock, c.due_at,
                  p.code, p.name, g.currency, s.name AS "assignee?",
                  x.unanswered_since AS "unanswered_since?", x.answered_at AS "answered_at?", x.paid AS "paid!", x.owed AS "owed!",
                  x.minimum AS "minimum?", x.stake AS "stake?", x.late_since AS "late_since?", b.told AS "told?"
           FROM (
               (SELECT partner_id, case_id FROM support_case WHERE $1 = 'mine' AND assignee_id = $2 AND stage <> 'closed'
                ORDER BY standing_at, case_id LIMIT 200)
               UNION
               (SELECT partner_id, case_id FROM support_case WHERE $1 = 'mine' AND assignee_id = $2 AND stage <> 'closed' AND due_at <= $3
                ORDER BY due_at, case_id LIMIT 200)
               UNION
               (SELECT partner_id, case_id FROM support_case WHERE $1 = 'unassigned' AND assignee_id IS NULL AND stage <> 'closed'
                ORDER BY standing_at, case_id LIMIT 200)
               UNION
               (SELECT partner_id, case_id FROM support_case WHERE $1 = 'unassigned' AND assignee_id IS NULL AND stage <> 'closed' AND due_at <= $3
                ORDER BY due_at, case_id LIMIT 200)
               UNION
               (SELECT partner_id, case_id FROM support_case WHERE $1 = 'all' AND stage <> 'closed'
                ORDER BY standing_at, case_id LIMIT 200)
               UNION
               (SELECT partner_id, case_id FROM support_case WHERE $1 IN ('all', 'breaching') AND stage <> 'closed'
                  AND due_at <= CASE $1 WHEN 'breaching' THEN $4 ELSE $3::timestamptz END
                ORDER BY due_at, case_id LIMIT 200)
               UNION
               (SELECT partner_id, case_id FROM support_case WHERE $1 = 'closed' AND stage = 'closed'
                ORDER BY closed_at DESC, case_id DESC LIMIT 200)
           ) picked
           JOIN support_case c USING (partner_id, case_id)
           JOIN partner p USING (partner_id)
           JOIN programme g ON g.programme_id = c.programme_id
           LEFT JOIN staff s ON s.person_id = c.assignee_id
           CROSS JOIN LATERAL case_pressure(c.programme_id, c.partner_id, c.case_id, $3) x
           LEFT JOIN LATERAL (
               SELECT CASE WHEN bool_or(b.told = 'owner') THEN 'owner' ELSE 'lead' END AS told
               FROM clock_breach b JOIN case_clock k USING (partner_id, case_id, clock, run)
               WHERE b.partner_id = c.partner_id AND b.case_id = c.case_id AND k.ended_at IS NULL
               HAVING count(*) > 0) b ON true
           WHERE NOT EXISTS (SELECT FROM case_given_away v WHERE v.from_id = $2 AND v.case_id = c.case_id)"#,
        view.as_str(),
        reader.0,
        now,
        now + BREACHING,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let stage = Stage::parse(&row.stage).ok_or_else(|| unknown(&row.stage))?;
        let promised_at = running_promise(stage, row.next_update_at);
        let due = match (row.due_clock, row.due_at) {
            (Some(clock), Some(at)) => Some((Clock::parse(&clock).ok_or_else(|| unknown(&clock))?, at)),
            _ => promised_at.map(|at| (Clock::NextUpdate, at)),
        };
        let waits = order::waits(stage, row.unanswered_since, row.answered_at);
        let unanswered = matches!(waits, Some(Waits::Unanswered(_)));
        let pressure = Pressure {
            waits,
            due,
            payout_late: row.late_since,
            stake: order::stake_of(row.stake, row.minimum),
            first_money: FirstMoney::of(row.paid, row.owed, row.minimum).filter(|_| unanswered),
        };
        lines.push(Waiting {
            id: row.id,
            partner_code: row.code,
            partner_name: row.name,
            kind: Kind::parse(&row.kind).ok_or_else(|| unknown(&row.kind))?,
            subject: row.subject,
            stage,
            assignee: row.assignee,
            currency: Currency::parse(&row.currency).map_err(|_| unknown(&row.currency))?,
            waiting_since: row.unanswered_since.filter(|_| stage != Stage::Closed),
            promised_at,
            urgency: order::urgency(&pressure, now),
            told: row.told,
            closed_at: row.closed_at,
        });
    }
    lines.sort_by_key(|line| (Reverse(line.closed_at), order::key(&line.urgency, line.id)));
    lines.truncate(MOST);
    Ok(lines)
}
