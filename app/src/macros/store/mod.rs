//! Macros in SQL.

mod facts;
mod sent;

pub use facts::{contact, values};
pub use sent::{Pick, Sent, mismatch, pick, picked, used, warn, was_warned};

use super::model::{Actions, Macro, Variant};
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{MacroId, PersonId};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Uses of so long a time put macros in order.
const LATELY: TimeDelta = TimeDelta::days(90);

/// Macros at their newest version, the most used first; one of them, or those that are offered, or those that are not.
///
/// # Errors
/// When the database is away.
pub async fn list(
    tx: &mut Tx,
    only: Option<MacroId>,
    retired: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Macro>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT v.macro_id, v.version, v.name, v.asks, v.closes, v.takes, v.assignee_id, v.put_off_days, v.written_at,
                  m.retired_at IS NOT NULL AS "retired!", a.name AS "assignee_name?", w.name AS "writer?",
                  (SELECT count(*) FROM macro_use u WHERE u.macro_id = v.macro_id AND u.used_at > $3 AND u.used_at <= $4) AS "uses!"
           FROM macro m
           JOIN LATERAL (SELECT * FROM macro_version v WHERE v.macro_id = m.macro_id ORDER BY v.version DESC LIMIT 1) v ON true
           LEFT JOIN staff a ON a.person_id = v.assignee_id
           LEFT JOIN staff w ON w.person_id = v.written_by
           WHERE CASE WHEN $1::bigint IS NULL THEN (m.retired_at IS NOT NULL) = $2 ELSE m.macro_id = $1 END
           ORDER BY "uses!" DESC, v.name, v.macro_id LIMIT 500"#,
        only.map(|id| id.0),
        retired,
        now - LATELY,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.macro_id).collect();
    let mut texts = texts(tx, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| Macro {
            id: row.macro_id.into(),
            version: row.version,
            name: row.name,
            actions: Actions {
                asks: row.asks,
                closes: row.closes,
                takes: row.takes,
                assignee: row.assignee_id.map(PersonId),
                put_off_days: row.put_off_days,
            },
            assignee_name: row.assignee_name,
            texts: texts.remove(&row.macro_id).unwrap_or_default(),
            uses: row.uses,
            written: (row.written_at, row.writer),
            retired: row.retired,
        })
        .collect())
}

/// The texts of the newest versions, by macro.
async fn texts(tx: &mut Tx, ids: &[i64]) -> Result<BTreeMap<i64, Vec<(Variant, String)>>, AppError> {
    let rows = sqlx::query!(
        "SELECT t.macro_id, t.variant, t.body FROM macro_text t
         WHERE t.macro_id = ANY ($1) AND t.version = (SELECT max(v.version) FROM macro_version v WHERE v.macro_id = t.macro_id)
         ORDER BY t.macro_id, t.variant",
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: BTreeMap<i64, Vec<(Variant, String)>> = BTreeMap::new();
    for row in rows {
        let variant = Variant::parse(&row.variant).ok_or_else(|| AppError::Internal("unknown variant".into()))?;
        found.entry(row.macro_id).or_default().push((variant, row.body));
    }
    Ok(found)
}

/// One macro.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn find(tx: &mut Tx, id: MacroId, now: DateTime<Utc>) -> Result<Macro, AppError> {
    list(tx, Some(id), false, now).await?.pop().ok_or(AppError::NotFound)
}

/// Id and name of those that are offered, the most used first, without their texts: every case page asks for them.
///
/// # Errors
/// When the database is away.
pub async fn names(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<(MacroId, String)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT m.macro_id, v.name
           FROM macro m
           JOIN LATERAL (SELECT name FROM macro_version v WHERE v.macro_id = m.macro_id ORDER BY v.version DESC LIMIT 1) v ON true
           LEFT JOIN (SELECT macro_id, count(*) AS uses FROM macro_use WHERE used_at > $1 AND used_at <= $2 GROUP BY macro_id) u
             ON u.macro_id = m.macro_id
           WHERE m.retired_at IS NULL
           ORDER BY u.uses DESC NULLS LAST, v.name, m.macro_id LIMIT 500"#,
        now - LATELY,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.macro_id.into(), row.name)).collect())
}

/// A version on its way in.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Of which macro, and after which version; `None`: the first of a new one.
    pub of: Option<(MacroId, i32)>,
    /// What staff call it.
    pub name: String,
    /// What it does besides.
    pub actions: Actions,
    /// Its texts.
    pub texts: Vec<(Variant, String)>,
    /// Who writes it; `None`: the command line.
    pub by: Option<PersonId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Makes the same form, sent twice, one version.
    pub form_key: Uuid,
}

/// Writes a version; gives the macro's id.
///
/// # Errors
/// `macro_version_pkey` where somebody else wrote the next version meanwhile; what the database refuses by name.
pub async fn write(tx: &mut Tx, new: &NewVersion) -> Result<MacroId, AppError> {
    let (id, after) = match new.of {
        Some(of) => of,
        None => {
            let id = sqlx::query_scalar!("INSERT INTO macro (created_at) VALUES ($1) RETURNING macro_id", new.at)
                .fetch_one(&mut **tx)
                .await?;
            (id.into(), 0)
        }
    };
    let version = after + 1;
    sqlx::query!(
        "INSERT INTO macro_version (macro_id, version, name, asks, closes, takes, assignee_id, put_off_days, written_by, written_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id.0,
        version,
        new.name,
        new.actions.asks,
        new.actions.closes,
        new.actions.takes,
        new.actions.assignee.map(|person| person.0),
        new.actions.put_off_days,
        new.by.map(|person| person.0),
        new.at,
        new.form_key,
    )
    .execute(&mut **tx)
    .await?;
    for (variant, body) in &new.texts {
        sqlx::query!(
            "INSERT INTO macro_text (macro_id, version, variant, body) VALUES ($1, $2, $3, $4)",
            id.0,
            version,
            variant.as_str(),
            body,
        )
        .execute(&mut **tx)
        .await?;
        let place = crate::links::store::Place::Macro { id, version, variant: *variant };
        crate::links::store::collect(tx, place, &crate::links::rules::addresses(body), new.at).await?;
    }
    Ok(id)
}

/// The macro that a form wrote already.
///
/// # Errors
/// When the database is away.
pub async fn of_form(tx: &mut Tx, form_key: Uuid) -> Result<Option<MacroId>, AppError> {
    let id = sqlx::query_scalar!("SELECT macro_id FROM macro_version WHERE form_key = $1", form_key)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(id.map(MacroId))
}

/// Offers a macro no more.
///
/// # Errors
/// [`AppError::Conflict`] where it is not offered already.
pub async fn retire(tx: &mut Tx, id: MacroId, by: PersonId, at: DateTime<Utc>) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE macro SET retired_at = $3, retired_by = $2 WHERE macro_id = $1 AND retired_at IS NULL",
        id.0,
        by.0,
        at,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// Every version of a macro, the newest first: number, name, when, by whom.
///
/// # Errors
/// When the database is away.
pub async fn history(tx: &mut Tx, id: MacroId) -> Result<Vec<(i32, String, DateTime<Utc>, Option<String>)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT v.version, v.name, v.written_at, s.name AS "writer?"
           FROM macro_version v LEFT JOIN staff s ON s.person_id = v.written_by
           WHERE v.macro_id = $1 ORDER BY v.version DESC LIMIT 50"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.version, row.name, row.written_at, row.writer)).collect())
}

/// Staff who solve cases, by name.
///
/// # Errors
/// When the database is away.
pub async fn colleagues(tx: &mut Tx) -> Result<Vec<(PersonId, String)>, AppError> {
    let rows = sqlx::query!(
        "SELECT person_id, name FROM staff WHERE role IN ('agent', 'lead', 'owner') AND disabled_at IS NULL ORDER BY name",
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (PersonId(row.person_id), row.name)).collect())
}
