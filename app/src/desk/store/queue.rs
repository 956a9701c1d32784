//! The queue: what partners wait for.

use super::unknown;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PersonId};
use crate::base::money::Currency;
use crate::clocks::model::Clock;
use crate::desk::filter::{Begin, Cursor};
use crate::desk::model::{View, Waiting};
use crate::desk::order::{self, FirstMoney, Pressure, Waits};
use crate::disputes::model::{Kind, Stage};
use crate::disputes::rules::running_promise;
use chrono::{DateTime, Utc};

mod keys;
mod tally;

pub use keys::{Key, Narrowed};
pub use tally::{Tally, tally};

/// How many lines a page has.
pub const PAGE: usize = 50;

/// One page of a view.
#[derive(Clone, Debug)]
pub struct Page {
    /// In their order.
    pub lines: Vec<Waiting>,
    /// Where the page before this one ends, if there is one.
    pub previous: Option<Begin>,
    /// Where the next page begins, if there is one.
    pub next: Option<Begin>,
}

/// A page of a view, so narrowed. The most urgent come first; of what runs out, what did so first; of what is closed, the
/// last that was. A case that changes may move to a page before or after; every other one stands on exactly one page.
///
/// # Errors
/// When the database is away.
pub async fn page(
    tx: &mut Tx,
    view: View,
    narrowed: &Narrowed,
    begin: Begin,
    now: DateTime<Utc>,
) -> Result<Page, AppError> {
    let (mut keys, more) = keys::keys(tx, view, narrowed, begin, now).await?;
    let cursor = |key: Option<&Key>| key.map(|key| Cursor { at: key.at, case: key.case });
    let (first, last);
    match begin {
        Begin::Before(_) => {
            keys.reverse();
            first = cursor(keys.first()).filter(|_| more);
            last = cursor(keys.last());
        }
        _ => {
            first = cursor(keys.first()).filter(|_| begin != Begin::Start);
            last = cursor(keys.last()).filter(|_| more);
        }
    }
    Ok(Page { lines: lines(tx, &keys, now).await?, previous: first.map(Begin::Before), next: last.map(Begin::After) })
}

/// The first page of a view that nothing narrows.
///
/// # Errors
/// When the database is away.
pub async fn queue(tx: &mut Tx, view: View, reader: PersonId, now: DateTime<Utc>) -> Result<Vec<Waiting>, AppError> {
    Ok(page(tx, view, &Narrowed::to(reader), Begin::Start, now).await?.lines)
}

/// What a list shows of these cases, in the order given.
///
/// # Errors
/// When the database is away.
pub async fn lines(tx: &mut Tx, keys: &[Key], now: DateTime<Utc>) -> Result<Vec<Waiting>, AppError> {
    let (partners, cases): (Vec<i64>, Vec<i64>) = keys.iter().map(|key| (key.partner.0, key.case.0)).unzip();
    let rows = sqlx::query!(
        r#"SELECT c.case_id AS "id: CaseId", c.version, c.kind, c.subject, c.stage, c.next_update_at, c.closed_at, c.snoozed_until, c.due_clock, c.due_at,
                  p.code, p.name, g.currency, s.name AS "assignee?",
                  x.unanswered_since AS "unanswered_since?", x.answered_at AS "answered_at?", x.paid AS "paid!", x.owed AS "owed!",
                  x.minimum AS "minimum?", x.stake AS "stake?", x.late_since AS "late_since?", b.told AS "told?"
           FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS picked (partner_id, case_id, n)
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
           ORDER BY picked.n"#,
        &partners,
        &cases,
        now,
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
            version: row.version,
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
            put_off_until: row.snoozed_until,
        });
    }
    Ok(lines)
}
