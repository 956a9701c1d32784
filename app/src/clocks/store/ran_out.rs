//! Who is told that a clock ran out, and who said that they know.

use super::unknown;
use crate::base::actor::Role;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::clocks::model::Clock;
use chrono::{DateTime, Utc};

/// Cases that are listed and counted at most.
pub const LISTED: i64 = 100;

/// A case with a clock that ran out, which nobody who was told of it said they know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RanOut {
    /// The case.
    pub case: CaseId,
    /// Whose it is.
    pub partner_name: String,
    /// What it is about.
    pub subject: String,
    /// Who has it.
    pub assignee: Option<String>,
    /// Which clock, the one that ran out first.
    pub clock: Clock,
    /// When it did.
    pub at: DateTime<Utc>,
}

/// How many cases somebody of a role is told of; at most [`LISTED`].
///
/// # Errors
/// When the database is away.
pub async fn count_ran_out(tx: &mut Tx, role: Role) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (SELECT DISTINCT partner_id, case_id FROM breaches_told($1) LIMIT $2) told"#,
        role.as_str(),
        LISTED,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// The cases somebody of a role is told of, the longest overdue first.
///
/// # Errors
/// When the database is away.
pub async fn ran_out(tx: &mut Tx, role: Role) -> Result<Vec<RanOut>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.case_id AS "case: CaseId", p.name AS partner_name, c.subject, s.name AS "assignee?", t.clock AS "clock!", t.at AS "at!"
           FROM (SELECT DISTINCT ON (partner_id, case_id) partner_id, case_id, clock, at FROM breaches_told($1)
                 ORDER BY partner_id, case_id, at, clock) t
           JOIN support_case c USING (partner_id, case_id) JOIN partner p USING (partner_id)
           LEFT JOIN staff s ON s.person_id = c.assignee_id
           ORDER BY t.at, c.case_id LIMIT $2"#,
        role.as_str(),
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RanOut {
                case: row.case,
                partner_name: row.partner_name,
                subject: row.subject,
                assignee: row.assignee,
                clock: Clock::parse(&row.clock).ok_or_else(|| unknown(&row.clock))?,
                at: row.at,
            })
        })
        .collect()
}

/// Somebody says that they know of everything that ran out in a case, of what their role is told. Gives how much that was.
///
/// # Errors
/// `clock_breach_seen_by_who_was_told`.
pub async fn know(
    tx: &mut Tx,
    (partner, case): (PartnerId, CaseId),
    (person, role): (PersonId, Role),
    now: DateTime<Utc>,
) -> Result<u64, AppError> {
    let written = sqlx::query!(
        "INSERT INTO clock_breach_seen (partner_id, case_id, clock, run, told, seen_by, seen_at)
         SELECT partner_id, case_id, clock, run, told, $4, $5 FROM breaches_told($3) WHERE partner_id = $1 AND case_id = $2
         ON CONFLICT DO NOTHING",
        partner.0,
        case.0,
        role.as_str(),
        person.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}
