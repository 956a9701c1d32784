//! Long work with a run that somebody asked for: what it is, how far it is, how it ended.

use crate::audit::store::{Change, record};
use crate::base::actor::{Actor, Role, Staff};
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{PayoutRunId, PersonId};
use crate::base::language::{self, Locale};
use crate::payout_runs::export::Format;
use chrono::{DateTime, Utc};
use serde_json::json;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The run is released.
    Release,
    /// Files of a format are made.
    Files(Format),
}

impl Task {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Files(format) => format.as_str(),
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "release" { Some(Self::Release) } else { Format::parse(text).map(Self::Files) }
    }
}

/// Work that was asked for and is not done.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its number.
    pub id: i64,
    /// Of which run.
    pub run: PayoutRunId,
    /// What.
    pub task: Task,
    /// Who asked, as what they are now.
    pub by: Staff,
    /// Their language.
    pub locale: Locale,
    /// The request they asked by.
    pub request_id: String,
}

/// Asks for work; where the same is open, it is that. The caller commits.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such run.
pub async fn ask(
    tx: &mut Tx,
    staff: &Staff,
    run: PayoutRunId,
    task: Task,
    locale: Locale,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<Asked, AppError> {
    let programme = sqlx::query_scalar!("SELECT programme_id FROM payout_run WHERE payout_run_id = $1", run.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let written = sqlx::query_scalar!(
        "INSERT INTO run_work (programme_id, payout_run_id, task, asked_by, asked_at, locale, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (payout_run_id, task) WHERE done_at IS NULL DO NOTHING RETURNING run_work_id",
        programme,
        run.0,
        task.as_str(),
        staff.person.0,
        now,
        language::code(locale),
        request_id,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(id) = written {
        let change = Change {
            action: "payout_run.work_asked",
            subject: format!("payout_run/{run}"),
            after: Some(json!({ "work": id, "task": task.as_str() })),
            ..Change::default()
        };
        record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await?;
    }
    let open = open_work(tx).await?.into_iter().find(|asked| asked.run == run && asked.task == task);
    open.ok_or(AppError::Conflict)
}

/// Everything that was asked for and is not done, the oldest first.
///
/// # Errors
/// When the database is away.
pub async fn open_work(tx: &mut Tx) -> Result<Vec<Asked>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT w.run_work_id, w.payout_run_id, w.task, w.asked_by AS "asked_by: PersonId", s.name, s.role, w.locale, w.request_id
           FROM run_work w JOIN staff s ON s.person_id = w.asked_by WHERE w.done_at IS NULL ORDER BY w.run_work_id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let unknown = || AppError::Internal("work of no known kind, or of nobody".into());
            Ok(Asked {
                id: row.run_work_id,
                run: row.payout_run_id.into(),
                task: Task::parse(&row.task).ok_or_else(unknown)?,
                by: Staff { person: row.asked_by, name: row.name, role: Role::parse(&row.role).ok_or_else(unknown)? },
                locale: language::parse(&row.locale),
                request_id: row.request_id,
            })
        })
        .collect()
}

/// Whether nobody works with this run at the moment. Two who do would only wait for each other.
///
/// # Errors
/// When the database is away.
pub async fn is_free(db: &Db, run: PayoutRunId) -> Result<bool, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    Ok(sqlx::query_scalar!(
        r#"SELECT payout_run_id AS "run!" FROM payout_run WHERE payout_run_id = $1 FOR UPDATE SKIP LOCKED"#,
        run.0
    )
    .fetch_optional(&mut *tx)
    .await?
    .is_some())
}

/// Notes how many payments were written, in a transaction of its own: the files' own is not over yet.
///
/// # Errors
/// When the database is away.
pub async fn note_written(db: &Db, work: i64, written: i64) -> Result<(), AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    sqlx::query!("UPDATE run_work SET written = $2 WHERE run_work_id = $1 AND done_at IS NULL", work, written)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

/// Ends work; done before, it is done.
///
/// # Errors
/// When the database is away.
pub async fn end_work(db: &Db, work: i64, refused: Option<&str>, now: DateTime<Utc>) -> Result<(), AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    sqlx::query!(
        "UPDATE run_work SET done_at = greatest(asked_at, $2), refused = $3 WHERE run_work_id = $1 AND done_at IS NULL",
        work,
        now,
        refused,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// The last work of each kind with a run, as its page shows it.
#[derive(Clone, Debug)]
pub struct WorkLine {
    /// What it is.
    pub task: Task,
    /// Payments written so far.
    pub written: i64,
    /// Whether it is over.
    pub is_done: bool,
    /// Why nothing was done, in the words of who asked.
    pub refused: Option<String>,
}

/// The last work of each kind with a run.
///
/// # Errors
/// When the database is away.
pub async fn last_work(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<WorkLine>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT ON (task) task, written, done_at IS NOT NULL AS "is_done!", refused FROM run_work
           WHERE payout_run_id = $1 ORDER BY task, run_work_id DESC"#,
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let task = Task::parse(&row.task)?;
            Some(WorkLine { task, written: row.written, is_done: row.is_done, refused: row.refused })
        })
        .collect())
}
