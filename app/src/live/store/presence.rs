//! Who has a case open. Every time is the database's own, since processes share the leases and not their clocks.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PersonId};
use crate::live::model::Present;
use std::collections::HashMap;
use uuid::Uuid;

/// Seconds that somebody counts as looking after they were last heard of.
const LOOKS: i32 = 20;
/// Seconds that somebody counts as writing after their last key.
const WRITES: i32 = 6;

/// A page of somebody's shows a case.
///
/// # Errors
/// When the database is away.
pub async fn look(tx: &mut Tx, page: Uuid, case: CaseId, person: PersonId, name: &str) -> Result<(), AppError> {
    sqlx::query!(
        "WITH here AS (
             INSERT INTO case_presence AS p (page, case_id, person_id, name, here_until)
             VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5::integer))
             ON CONFLICT (page) DO UPDATE SET here_until = excluded.here_until
             WHERE p.person_id = excluded.person_id AND p.case_id = excluded.case_id)
         SELECT pg_notify('live', '')",
        page,
        case.0,
        person.0,
        name,
        LOOKS,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Somebody types in a page that shows a case.
///
/// # Errors
/// When the database is away.
pub async fn write(tx: &mut Tx, page: Uuid, case: CaseId, person: PersonId, name: &str) -> Result<(), AppError> {
    sqlx::query!(
        "WITH here AS (
             INSERT INTO case_presence AS p (page, case_id, person_id, name, here_until, writing_until)
             VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5::integer), clock_timestamp() + make_interval(secs => $6::integer))
             ON CONFLICT (page) DO UPDATE SET here_until = excluded.here_until, writing_until = excluded.writing_until
             WHERE p.person_id = excluded.person_id AND p.case_id = excluded.case_id)
         SELECT pg_notify('live', '')",
        page,
        case.0,
        person.0,
        name,
        LOOKS,
        WRITES,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// These pages are still open.
///
/// # Errors
/// When the database is away.
pub async fn renew(tx: &mut Tx, pages: &[Uuid]) -> Result<(), AppError> {
    sqlx::query!(
        "UPDATE case_presence SET here_until = clock_timestamp() + make_interval(secs => $2::integer) WHERE page = ANY($1)",
        pages,
        LOOKS,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// These pages were closed.
///
/// # Errors
/// When the database is away.
pub async fn leave(tx: &mut Tx, pages: &[Uuid]) -> Result<(), AppError> {
    sqlx::query!("WITH gone AS (DELETE FROM case_presence WHERE page = ANY($1)) SELECT pg_notify('live', '')", pages,)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Who has these cases open now, by name.
///
/// # Errors
/// When the database is away.
pub async fn present(tx: &mut Tx, cases: &[CaseId]) -> Result<HashMap<CaseId, Vec<Present>>, AppError> {
    let cases: Vec<i64> = cases.iter().map(|case| case.0).collect();
    let rows = sqlx::query!(
        r#"SELECT case_id AS "case: CaseId", person_id AS "person: PersonId", name,
                  coalesce(bool_or(writing_until > clock_timestamp()), false) AS "writing!"
           FROM case_presence
           WHERE case_id = ANY($1) AND here_until > clock_timestamp()
           GROUP BY case_id, person_id, name ORDER BY name, person_id"#,
        &cases,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut present: HashMap<CaseId, Vec<Present>> = HashMap::new();
    for row in rows {
        let one = Present { person: row.person, name: row.name, writing: row.writing };
        present.entry(row.case).or_default().push(one);
    }
    Ok(present)
}
