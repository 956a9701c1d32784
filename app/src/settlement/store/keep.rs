//! Reading a file into the database, once.

use super::apply;
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::crash;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::commissions::store::wait_for_imports;
use crate::payout_files::payout_of;
use crate::settlement::files::{self, FileError, Kind, Line, Target};
use crate::settlement::model::{Report, outcome_str};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io::Cursor;

/// Bytes of the largest answer, packed and unpacked: more than 100 000 bookings of a statement, and less than 100 MB.
pub const LARGEST: u64 = 100_000_000 - 1;
/// Lines of the longest answer; a small file can hold millions of empty ones.
const MOST_LINES: usize = 500_000;
/// Lines written by one statement.
const BATCH: usize = 2_000;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The file as a whole is refused; nothing changed.
    #[error("the file is refused: {0}")]
    File(#[from] FileError),
    /// It says more than any run has payouts.
    #[error("the file is refused: it has more than {MOST_LINES} lines")]
    TooManyLines,
    /// The database said no, or is away.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<sqlx::Error> for SettleError {
    fn from(error: sqlx::Error) -> Self {
        Self::App(error.into())
    }
}

/// Reads an answer and does what follows from it. The same file again changes nothing and gives the first report.
///
/// What the file says is kept first, all of it or nothing; then it is worked through in steps. Whoever is interrupted there
/// goes on when the file is sent again, or by [`finish`].
///
/// # Errors
/// When the file is refused, nothing is changed; when the database is away, what was kept stays, and is gone on with.
pub async fn settle(
    db: &Db,
    actor: &Actor,
    file_name: &str,
    bytes: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<Report, SettleError> {
    settle_with(db, actor, file_name, bytes, now, &mut |_, _| {}).await
}

/// The same, and tells how many lines are done of how many.
///
/// # Errors
/// As [`settle`].
pub async fn settle_with(
    db: &Db,
    actor: &Actor,
    file_name: &str,
    bytes: Vec<u8>,
    now: DateTime<Utc>,
    progress: &mut (dyn FnMut(i64, i64) + Send),
) -> Result<Report, SettleError> {
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(FileError::TooLarge { limit: LARGEST }.into());
    }
    let sha256 = Sha256::digest(&bytes).to_vec();
    let mut tx = db.begin(&Actor::Job).await?;
    wait_for_imports(&mut tx).await?;
    let file = match known(&mut tx, &sha256).await? {
        Some((file, true)) => return Ok(Report { known_file: true, ..report(&mut tx, file).await? }),
        Some((file, false)) => file,
        None => {
            let (kind, message, lines) = read(file_name, bytes).await?;
            let file = keep_file(&mut tx, actor, file_name, (kind, message), &sha256, lines, now).await?;
            crash::point("payouts.settle.kept");
            tx.commit().await?;
            return Ok(work_through(db, actor, file, now, progress).await?);
        }
    };
    tx.rollback().await?;
    Ok(work_through(db, actor, file, now, progress).await?)
}

/// Goes on with answers that were kept and not worked through to their end; gives how many.
///
/// # Errors
/// When the database is away.
pub async fn finish(db: &Db, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let open = sqlx::query_scalar!(
        "SELECT settlement_file_id FROM settlement_file WHERE applied_at IS NULL ORDER BY settlement_file_id"
    )
    .fetch_all(&mut *tx)
    .await?;
    drop(tx);
    for file in &open {
        work_through(db, &Actor::Job, *file, now, &mut |_, _| {}).await?;
    }
    Ok(open.len())
}

type Lines = Vec<(Kind, Line)>;

async fn read(file_name: &str, bytes: Vec<u8>) -> Result<(Kind, Option<String>, Lines), SettleError> {
    let name = file_name.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut lines = Vec::new();
        let summaries = files::read(Cursor::new(bytes), &name, LARGEST, &mut |line| {
            if lines.len() <= MOST_LINES {
                lines.push(line);
            }
        })?;
        Ok::<_, FileError>((summaries, lines))
    })
    .await
    .map_err(|error| AppError::Internal(format!("reading an answer: {error}")))?;
    let (summaries, lines) = read?;
    if lines.len() > MOST_LINES {
        return Err(SettleError::TooManyLines);
    }
    // Lines are counted on through the members of an archive.
    let kinds = summaries.iter().flat_map(|summary| (0..summary.lines).map(|_| summary.kind));
    let lines = kinds.zip(lines).collect();
    let first = summaries.into_iter().next();
    let kind = first.as_ref().map_or(Kind::Plain, |summary| summary.kind);
    Ok((kind, first.and_then(|summary| summary.message_id), lines))
}

async fn keep_file(
    tx: &mut Tx,
    actor: &Actor,
    file_name: &str,
    (kind, message): (Kind, Option<String>),
    sha256: &[u8],
    lines: Lines,
    now: DateTime<Utc>,
) -> Result<i64, AppError> {
    let file = sqlx::query_scalar!(
        "INSERT INTO settlement_file (kind, file_name, message_id, sha256, lines, read_by, read_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (sha256) DO NOTHING RETURNING settlement_file_id",
        kind.as_str(),
        file_name,
        message,
        sha256,
        i64::try_from(lines.len()).unwrap_or(i64::MAX),
        actor.staff().map(|staff| staff.person.0),
        now,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::Conflict)?;
    for batch in lines.chunks(BATCH) {
        keep(tx, file, batch).await?;
    }
    Ok(file)
}

/// Does what follows from a file's lines, a transaction for each batch; two at once take turns.
async fn work_through(
    db: &Db,
    actor: &Actor,
    file: i64,
    now: DateTime<Utc>,
    progress: &mut (dyn FnMut(i64, i64) + Send),
) -> Result<Report, AppError> {
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        wait_for_imports(&mut tx).await?;
        let row = sqlx::query!(
            r#"SELECT lines, applied_through, applied_at IS NOT NULL AS "done!" FROM settlement_file WHERE settlement_file_id = $1 FOR NO KEY UPDATE"#,
            file,
        )
        .fetch_one(&mut *tx)
        .await?;
        if row.done {
            return report(&mut tx, file).await;
        }
        if let Some(through) = apply::apply(&mut tx, file, row.applied_through, now).await? {
            sqlx::query!(
                "UPDATE settlement_file SET applied_through = $2 WHERE settlement_file_id = $1",
                file,
                through
            )
            .execute(&mut *tx)
            .await?;
            crash::point("payouts.settle.batch");
            tx.commit().await?;
            progress(through, row.lines);
            continue;
        }
        sqlx::query!(
            "UPDATE settlement_file SET applied_at = $2, applied_through = greatest(applied_through, lines) WHERE settlement_file_id = $1",
            file,
            now,
        )
        .execute(&mut *tx)
        .await?;
        let report = report(&mut tx, file).await?;
        let change = Change {
            action: "settlement.read",
            subject: format!("settlement_file/{file}"),
            after: Some(json!(report)),
            ..Change::default()
        };
        record(&mut tx, actor, now, &format!("settlement-{file}"), change).await?;
        crash::point("payouts.settle.applied");
        tx.commit().await?;
        crash::point("payouts.settle.committed");
        return Ok(report);
    }
}

/// A file that was kept before, and whether it was worked through.
async fn known(tx: &mut Tx, sha256: &[u8]) -> Result<Option<(i64, bool)>, AppError> {
    let row = sqlx::query!(
        r#"SELECT settlement_file_id, applied_at IS NOT NULL AS "done!" FROM settlement_file WHERE sha256 = $1"#,
        sha256
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.settlement_file_id, row.done)))
}

/// What reading a file did.
///
/// # Errors
/// [`AppError::NotFound`] where no such file was read.
pub async fn report(tx: &mut Tx, file: i64) -> Result<Report, AppError> {
    let row = sqlx::query!(
        r#"SELECT f.kind, f.lines, count(*) FILTER (WHERE disposition = 'applied') AS "applied!",
                  count(*) FILTER (WHERE disposition = 'known') AS "known!", count(*) FILTER (WHERE disposition = 'noted') AS "noted!",
                  count(*) FILTER (WHERE disposition IN ('unmatched', 'wrong_amount', 'contradicts')) AS "waiting!"
           FROM settlement_file f LEFT JOIN settlement_line USING (settlement_file_id)
           WHERE settlement_file_id = $1 GROUP BY f.kind, f.lines"#,
        file,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(Report {
        file,
        kind: row.kind,
        known_file: false,
        lines: row.lines,
        applied: row.applied,
        known: row.known,
        noted: row.noted,
        waiting: row.waiting,
    })
}

/// Writes lines as they are; what becomes of them follows.
async fn keep(tx: &mut Tx, file: i64, lines: &[(Kind, Line)]) -> Result<(), AppError> {
    let target = |line: &Line| match &line.target {
        Target::Payment(name) => ("payment", name.clone()),
        Target::Batch(name) | Target::Message(name) => ("batch", name.clone()),
        Target::Unnamed => ("unnamed", String::new()),
    };
    let text = |value: &Option<String>| value.as_ref().map(|text| text.replace('\0', ""));
    let numbers: Vec<i64> = lines.iter().map(|(_, line)| i64::try_from(line.number).unwrap_or(i64::MAX)).collect();
    let kinds: Vec<String> = lines.iter().map(|(kind, _)| kind.as_str().to_owned()).collect();
    let outcomes: Vec<String> = lines.iter().map(|(_, line)| outcome_str(line.outcome).to_owned()).collect();
    let (target_kinds, targets): (Vec<String>, Vec<String>) = lines
        .iter()
        .map(|(_, line)| target(line))
        .map(|(kind, name)| (kind.to_owned(), name.replace('\0', "")))
        .unzip();
    let payouts: Vec<Option<i64>> = lines
        .iter()
        .map(|(_, line)| match &line.target {
            Target::Payment(name) => payout_of(name),
            _ => None,
        })
        .collect();
    let payments: Vec<Option<i64>> =
        lines.iter().map(|(_, line)| line.payments.and_then(|count| i64::try_from(count).ok())).collect();
    let amounts: Vec<Option<Decimal>> =
        lines.iter().map(|(_, line)| line.amount.map(|money| money.amount).or(line.control_sum)).collect();
    let currencies: Vec<Option<String>> =
        lines.iter().map(|(_, line)| line.amount.map(|money| money.currency.code().to_owned())).collect();
    let days: Vec<Option<NaiveDate>> = lines.iter().map(|(_, line)| line.on).collect();
    let references: Vec<Option<String>> = lines.iter().map(|(_, line)| text(&line.bank_reference)).collect();
    let codes: Vec<Option<String>> = lines.iter().map(|(_, line)| text(&line.code)).collect();
    let texts: Vec<Option<String>> = lines.iter().map(|(_, line)| text(&line.text)).collect();
    sqlx::query!(
        "INSERT INTO settlement_line (settlement_file_id, line, kind, outcome, target_kind, target, payout_number, payments, amount, currency,
                                      on_day, bank_reference, code, text, disposition)
         SELECT $1, *, 'pending' FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::numeric[],
                                  $10::text[], $11::date[], $12::text[], $13::text[], $14::text[])",
        file,
        &numbers,
        &kinds,
        &outcomes,
        &target_kinds,
        &targets,
        &payouts as &[Option<i64>],
        &payments as &[Option<i64>],
        &amounts as &[Option<Decimal>],
        &currencies as &[Option<String>],
        &days as &[Option<NaiveDate>],
        &references as &[Option<String>],
        &codes as &[Option<String>],
        &texts as &[Option<String>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
