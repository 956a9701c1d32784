//! What can be chosen from in the queue's filter.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PersonId;

/// More programmes than this are asked for by code.
const MOST: i64 = 100;

/// Programmes, and people at the desk.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Code and name.
    pub programmes: Vec<(String, String)>,
    /// Whoever may have a case, by name.
    pub people: Vec<(PersonId, String)>,
}

/// What can be chosen from.
///
/// # Errors
/// When the database is away.
pub async fn choices(tx: &mut Tx) -> Result<Choices, AppError> {
    let programmes = sqlx::query!("SELECT code, name FROM programme ORDER BY name, code LIMIT $1", MOST)
        .fetch_all(&mut **tx)
        .await?
        .into_iter()
        .map(|row| (row.code, row.name))
        .collect();
    let people = sqlx::query!(
        r#"SELECT person_id AS "person: PersonId", name FROM staff WHERE role IN ('agent', 'lead', 'owner') AND disabled_at IS NULL
           ORDER BY name, person_id"#
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(|row| (row.person, row.name))
    .collect();
    Ok(Choices { programmes, people })
}
