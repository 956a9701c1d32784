//! The clocks' SQL.

use super::model::{Clock, Policy, Size, State};
use super::rules;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::disputes::model::Kind;
use crate::rota::store::Pen;
use chrono::{DateTime, Utc};

mod places;
mod promise;
mod ran_out;
mod renew;

pub use places::move_on;
pub use promise::{Promises, promises};
pub use ran_out::{LISTED, RanOut, count_ran_out, know, ran_out};
pub use renew::{Renewal, renew, renew_waiting};

/// How far ahead the rota is laid out: no limit is longer.
pub(crate) const AHEAD: chrono::TimeDelta = chrono::TimeDelta::days(90);

fn unknown(word: &str) -> AppError {
    AppError::Internal(format!("unknown word of a clock: {word}"))
}

/// Every version of every limit.
///
/// # Errors
/// When the database is away.
pub async fn policies(tx: &mut Tx) -> Result<Vec<Policy>, AppError> {
    let rows = sqlx::query!(
        "SELECT clock_policy_id, clock, kind, size, minutes, valid_from FROM clock_policy ORDER BY valid_from, clock_policy_id",
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = row.kind.map(|kind| Kind::parse(&kind).ok_or_else(|| unknown(&kind))).transpose()?;
            let size = row.size.map(|size| Size::parse(&size).ok_or_else(|| unknown(&size))).transpose()?;
            Ok(Policy {
                id: row.clock_policy_id,
                clock: Clock::parse(&row.clock).ok_or_else(|| unknown(&row.clock))?,
                kind,
                size,
                minutes: row.minutes.map(i64::from),
                valid_from: row.valid_from,
            })
        })
        .collect()
}

/// Writes a new version of a limit, for clocks that start from now on.
///
/// # Errors
/// `clock_policy_form_once`, `clock_policy_minutes_in_bounds`, `clock_policy_general_has_limit` by name.
pub async fn add_policy(
    tx: &mut Tx,
    clock: Clock,
    kind: Option<Kind>,
    size: Option<Size>,
    minutes: Option<i32>,
    pen: Pen,
) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO clock_policy (clock, kind, size, minutes, valid_from, written_by, written_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $5, $7) RETURNING clock_policy_id",
        clock.as_str(),
        kind.map(|kind| kind.as_str()),
        size.map(|size| size.as_str()),
        minutes,
        pen.at,
        pen.by.map(|person| person.0),
        pen.form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// A run of a clock as it is kept, with whom its running out was told.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Which clock.
    pub clock: Clock,
    /// How it stood.
    pub state: State,
    /// What it may take, in working minutes.
    pub limit: i64,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When what was waited for came.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it runs out, or would have.
    pub deadline: Option<DateTime<Utc>>,
    /// Since when a lead knows.
    pub lead_knows: Option<DateTime<Utc>>,
    /// Since when an owner knows.
    pub owner_knows: Option<DateTime<Utc>>,
}

impl Kept {
    /// How it stands at a moment: a clock that runs out is breached from then on, whether anybody looked or not.
    pub fn state_at(&self, now: DateTime<Utc>) -> State {
        match (self.state, self.deadline) {
            (State::Running, Some(deadline)) if deadline < now => State::Breached,
            (state, _) => state,
        }
    }
}

/// Every run of every clock of a case, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn of_case(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Kept>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.clock, c.state, c.minutes, c.started_at, c.ended_at, c.deadline,
                  lead.at AS "lead_knows?", owner.at AS "owner_knows?"
           FROM case_clock c
           LEFT JOIN clock_breach lead
               ON (lead.partner_id, lead.case_id, lead.clock, lead.run, lead.told) = (c.partner_id, c.case_id, c.clock, c.run, 'lead')
           LEFT JOIN clock_breach owner
               ON (owner.partner_id, owner.case_id, owner.clock, owner.run, owner.told) = (c.partner_id, c.case_id, c.clock, c.run, 'owner')
           WHERE c.partner_id = $1 AND c.case_id = $2
           ORDER BY c.ended_at IS NOT NULL, c.started_at DESC, c.clock, c.run"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Kept {
                clock: Clock::parse(&row.clock).ok_or_else(|| unknown(&row.clock))?,
                state: State::parse(&row.state).ok_or_else(|| unknown(&row.state))?,
                limit: i64::from(row.minutes),
                started_at: row.started_at,
                ended_at: row.ended_at,
                deadline: row.deadline,
                lead_knows: row.lead_knows,
                owner_knows: row.owner_knows,
            })
        })
        .collect()
}

/// What happened in a case, for its clocks.
///
/// # Errors
/// When the database is away.
pub async fn history(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<super::model::CaseEvent>, AppError> {
    use super::model::{CaseEvent, Happened};
    use crate::disputes::model::Stage;
    let rows = sqlx::query!(
        r#"SELECT at AS "at!", what AS "what!" FROM (
               SELECT sent_at AS at, CASE side WHEN 'partner' THEN 'partner' ELSE 'staff' END AS what, 0 AS place, message_id AS id
               FROM message WHERE partner_id = $1 AND case_id = $2
               UNION ALL SELECT g.merged_at, 'partner', 0, last.message_id
               FROM case_merge g CROSS JOIN LATERAL (
                   SELECT m.message_id, m.side FROM message m WHERE m.partner_id = $1 AND m.case_id = g.case_id
                   ORDER BY m.message_id DESC LIMIT 1) last
               WHERE g.partner_id = $1 AND g.into_case_id = $2 AND last.side = 'partner'
                 AND NOT EXISTS (SELECT FROM needs_no_answer n WHERE n.partner_id = $1 AND n.case_id = g.case_id
                                   AND n.message_id = last.message_id AND n.marked_at < g.merged_at)
               UNION ALL SELECT marked_at, 'marked', 1, message_id FROM needs_no_answer n
               WHERE partner_id = $1 AND case_id = ANY (case_family($1, $2))
                 AND (case_id = $2 OR EXISTS (SELECT FROM case_merge g WHERE g.partner_id = $1 AND g.case_id = n.case_id
                                                AND g.merged_at <= n.marked_at))
               UNION ALL SELECT at, stage, 2, case_event_id FROM case_event WHERE partner_id = $1 AND case_id = $2) happened
           ORDER BY at, place, id"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let what = match row.what.as_str() {
                "partner" => Happened::PartnerWrote,
                "staff" => Happened::StaffWrote,
                "marked" => Happened::NeedsNoAnswer,
                stage => Happened::Reached(Stage::parse(stage).ok_or_else(|| unknown(stage))?),
            };
            Ok(CaseEvent { at: row.at, what })
        })
        .collect()
}

/// How a partner's size counts at a moment.
///
/// # Errors
/// When the database is away.
pub(crate) async fn size(tx: &mut Tx, partner: PartnerId, now: DateTime<Utc>) -> Result<Size, AppError> {
    let row = sqlx::query!(
        r#"SELECT coalesce((SELECT sum(a.balance) FROM account a
                            WHERE a.programme_id = p.programme_id AND a.holder_id = p.partner_id AND a.kind = 'paid'
                              AND a.currency = g.currency), 0) AS "paid!",
                  (SELECT t.value FROM terms_at(p.programme_id, 0, p.partner_id, $2) t WHERE t.field = 'minimum') AS minimum
           FROM partner p JOIN programme g USING (programme_id) WHERE p.partner_id = $1"#,
        partner.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(rules::size_of(row.paid, row.minimum))
}

/// Who is told when a clock runs out: leads, and owners; owners where there is no lead.
///
/// # Errors
/// When the database is away.
pub async fn told(tx: &mut Tx, role: &str) -> Result<Vec<(PersonId, String)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT s.person_id AS "person: PersonId", s.name FROM staff s JOIN person p USING (person_id)
           WHERE s.disabled_at IS NULL AND p.disabled_at IS NULL
             AND s.role = CASE WHEN $1 = 'lead' AND EXISTS (SELECT FROM staff l JOIN person q USING (person_id)
                                   WHERE l.role = 'lead' AND l.disabled_at IS NULL AND q.disabled_at IS NULL)
                               THEN 'lead' ELSE 'owner' END
           ORDER BY s.name"#,
        role,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.name)).collect())
}
