//! The saved views' SQL.

use super::model::SavedView;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PersonId, SavedViewId};
use crate::desk::filter::{Awaited, Filter, With};
use crate::desk::model::View;
use crate::disputes::model::{Kind, Stage};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A view to be saved.
#[derive(Clone, Debug)]
pub struct NewView {
    /// Who saves it.
    pub person: PersonId,
    /// Whether it is for the whole desk.
    pub shared: bool,
    /// Its name.
    pub name: String,
    /// The view of the queue.
    pub view: View,
    /// What narrows it.
    pub filter: Filter,
    /// When.
    pub at: DateTime<Utc>,
    /// The form's key.
    pub form_key: Uuid,
}

/// The views somebody sees: the desk's, then their own, each in their order.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, reader: PersonId) -> Result<Vec<SavedView>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT v.saved_view_id AS "id: SavedViewId", v.person_id AS "person: PersonId", v.shared, v.name, v.position, v.view,
                  v.kind, v.stage, v.with_nobody, v.with_id AS "with_id: PersonId", g.code AS "programme?", v.partner_code, v.language,
                  v.awaited, v.opened_from, v.opened_to
           FROM saved_view v LEFT JOIN programme g USING (programme_id)
           WHERE v.shelf IN (0, $1) ORDER BY v.shelf, v.position"#,
        reader.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let unknown = |word: &str| AppError::Internal(format!("unknown word of a saved view: {word}"));
    rows.into_iter()
        .map(|row| {
            let with = row.with_id.map(With::Person).or(row.with_nobody.then_some(With::Nobody));
            let filter = Filter {
                kind: row.kind.as_deref().and_then(Kind::parse),
                stage: row.stage.as_deref().and_then(Stage::parse),
                with,
                programme: row.programme,
                partner: row.partner_code,
                language: row.language.map(|language| if language == "es" { "es" } else { "en" }),
                awaited: row.awaited.as_deref().and_then(Awaited::parse),
                from: row.opened_from,
                to: row.opened_to,
            };
            Ok(SavedView {
                id: row.id,
                person: row.person,
                shared: row.shared,
                name: row.name,
                position: row.position,
                view: View::parse(&row.view).ok_or_else(|| unknown(&row.view))?,
                filter,
            })
        })
        .collect()
}

/// Saves a view behind the others of its shelf. The same form twice is one view.
///
/// # Errors
/// When the database is away, or refuses.
pub async fn add(tx: &mut Tx, new: &NewView) -> Result<Option<SavedViewId>, AppError> {
    let filter = &new.filter;
    let (nobody, person) = match filter.with {
        Some(With::Nobody) => (true, None),
        Some(With::Person(person)) => (false, Some(person.0)),
        None => (false, None),
    };
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO saved_view (person_id, shared, name, position, view, kind, stage, with_nobody, with_id, programme_id, partner_code,
                                   language, awaited, opened_from, opened_to, created_at, form_key)
           SELECT $1::bigint, $2::boolean, $3, (SELECT coalesce(max(position), 0) + 1 FROM saved_view WHERE shelf = CASE WHEN $2 THEN 0 ELSE $1 END),
                  $4, $5, $6, $7::boolean, $8::bigint, (SELECT programme_id FROM programme WHERE code = $9), $10, $11, $12, $13::date, $14::date,
                  $15::timestamptz, $16::uuid
           ON CONFLICT ON CONSTRAINT saved_view_form_once DO NOTHING
           RETURNING saved_view_id AS "id: SavedViewId""#,
        new.person.0,
        new.shared,
        new.name,
        new.view.as_str(),
        filter.kind.map(|kind| kind.as_str()),
        filter.stage.map(|stage| stage.as_str()),
        nobody,
        person,
        filter.programme,
        filter.partner,
        filter.language,
        filter.awaited.map(Awaited::as_str),
        filter.from,
        filter.to,
        new.at,
        new.form_key,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Gives a view another name.
///
/// # Errors
/// When the database is away, or refuses.
pub async fn rename(tx: &mut Tx, view: &SavedView, name: &str) -> Result<(), AppError> {
    let done = sqlx::query!("UPDATE saved_view SET name = $2 WHERE saved_view_id = $1", view.id.0, name)
        .execute(&mut **tx)
        .await?;
    exactly_one(done.rows_affected())
}

/// Two views of one shelf change places.
///
/// # Errors
/// When the database is away, or one of them was moved meanwhile.
pub async fn swap(tx: &mut Tx, one: &SavedView, other: &SavedView) -> Result<(), AppError> {
    for (view, position) in [(one, other.position), (other, one.position)] {
        let done = sqlx::query!(
            "UPDATE saved_view SET position = $2 WHERE saved_view_id = $1 AND position = $3",
            view.id.0,
            position,
            view.position,
        )
        .execute(&mut **tx)
        .await?;
        exactly_one(done.rows_affected())?;
    }
    Ok(())
}

/// Deletes a view, and closes the gap it leaves.
///
/// # Errors
/// When the database is away, or it is gone already.
pub async fn delete(tx: &mut Tx, view: &SavedView) -> Result<(), AppError> {
    let done = sqlx::query!("DELETE FROM saved_view WHERE saved_view_id = $1", view.id.0).execute(&mut **tx).await?;
    exactly_one(done.rows_affected())?;
    sqlx::query!(
        "UPDATE saved_view SET position = position - 1 WHERE shelf = CASE WHEN $1 THEN 0 ELSE $2::bigint END AND position > $3",
        view.shared,
        view.person.0,
        view.position,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn exactly_one(rows: u64) -> Result<(), AppError> {
    if rows == 1 { Ok(()) } else { Err(AppError::Conflict) }
}
