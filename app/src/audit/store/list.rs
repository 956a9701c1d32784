//! Reading the record.

use crate::audit::model::{Line, Who};
use crate::audit::rules::differences;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PersonId, ProposalId};
use chrono::{DateTime, Utc};

/// By whom, as a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByWhom {
    /// This member of staff.
    Staff(PersonId),
    /// Any partner's member.
    Members,
    /// The command line.
    Command,
    /// Background work.
    Job,
}

/// Which lines are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// This action alone.
    pub action: Option<String>,
    /// The partner with this code, in whatever programme.
    pub partner: Option<String>,
    /// By them alone.
    pub by: Option<ByWhom>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// Older than this line.
    pub before: Option<i64>,
    /// At most so many.
    pub most: i64,
}

/// Lines of the record, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, wanted: &Wanted) -> Result<Vec<Line>, AppError> {
    let partners = match &wanted.partner {
        Some(code) => Some(
            sqlx::query_scalar!("SELECT partner_id FROM partner WHERE lower(code) = lower($1)", code)
                .fetch_all(&mut **tx)
                .await?,
        ),
        None => None,
    };
    let kind = wanted.by.map(|by| match by {
        ByWhom::Staff(_) => "staff",
        ByWhom::Members => "partner",
        ByWhom::Command => "command",
        ByWhom::Job => "job",
    });
    let person = match wanted.by {
        Some(ByWhom::Staff(person)) => Some(person.0),
        _ => None,
    };
    let rows = sqlx::query!(
        r#"SELECT a.audit_id, a.at, a.actor_kind, a.actor_id, s.name AS "staff?", a.partner_id, p.code AS "partner?",
                  a.action, a.subject, a.before, a.after, a.approval_id, l.seq AS "seq?"
           FROM audit a
           LEFT JOIN staff s ON a.actor_kind = 'staff' AND s.person_id = a.actor_id
           LEFT JOIN partner p ON p.partner_id = a.partner_id
           LEFT JOIN audit_seal l ON l.audit_id = a.audit_id
           WHERE ($1::text IS NULL OR a.action = $1)
             AND ($2::bigint[] IS NULL OR a.partner_id = ANY ($2))
             AND ($3::text IS NULL OR a.actor_kind = $3)
             AND ($4::bigint IS NULL OR a.actor_id = $4)
             AND ($5::timestamptz IS NULL OR a.at >= $5)
             AND ($6::timestamptz IS NULL OR a.at < $6)
             AND ($7::bigint IS NULL OR a.audit_id < $7)
           ORDER BY a.audit_id DESC LIMIT $8"#,
        wanted.action,
        partners as Option<Vec<i64>>,
        kind,
        person,
        wanted.from,
        wanted.until,
        wanted.before,
        wanted.most,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Line {
            id: row.audit_id,
            at: row.at,
            who: who(&row.actor_kind, row.actor_id, row.staff),
            action: row.action,
            subject: row.subject,
            partner: row.partner_id.map(Into::into).zip(row.partner),
            approval: row.approval_id.map(ProposalId),
            sealed: row.seq,
            changes: differences(row.before.as_ref(), row.after.as_ref()),
        })
        .collect())
}

fn who(kind: &str, id: Option<i64>, staff: Option<String>) -> Who {
    match (kind, id) {
        ("staff", Some(id)) => Who::Staff(id.into(), staff.unwrap_or_default()),
        ("partner", Some(id)) => Who::Member(id.into()),
        ("command", _) => Who::Command,
        _ => Who::Job,
    }
}

/// Every action the record holds, for the filter. Hops from one to the next along the index, however long the record.
///
/// # Errors
/// When the database is away.
pub async fn actions(tx: &mut Tx) -> Result<Vec<String>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE one AS (
               (SELECT action FROM audit ORDER BY action LIMIT 1)
               UNION ALL
               SELECT (SELECT a.action FROM audit a WHERE a.action > one.action ORDER BY a.action LIMIT 1)
               FROM one WHERE one.action IS NOT NULL
           )
           SELECT action AS "action!" FROM one WHERE action IS NOT NULL"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Everybody on the staff, for the filter: those who left have lines as well.
///
/// # Errors
/// When the database is away.
pub async fn staff(tx: &mut Tx) -> Result<Vec<(PersonId, String)>, AppError> {
    let rows = sqlx::query!("SELECT person_id, name FROM staff ORDER BY name, person_id").fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(|row| (row.person_id.into(), row.name)).collect())
}
