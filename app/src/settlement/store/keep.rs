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

/// Bytes of the largest answer, unpacked: more than 100 000 bookings of a statement.
pub const LARGEST: u64 = 200_000_000;
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

/// Reads an answer and does what follows from it, in one transaction. The same file again changes nothing and gives the
/// first report.
///
/// # Errors
/// When the file is refused or the database is away; nothing is changed then.
pub async fn settle(
    db: &Db,
    actor: &Actor,
    file_name: &str,
    bytes: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<Report, SettleError> {
    let sha256 = Sha256::digest(&bytes).to_vec();
    let mut tx = db.begin(&Actor::Job).await?;
    wait_for_imports(&mut tx).await?;
    if let Some(file) = known(&mut tx, &sha256).await? {
        return Ok(Report { known_file: true, ..report(&mut tx, file).await? });
    }
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
    let first = summaries.first();
    // Lines are counted on through the members of an archive.
    let kinds = summaries.iter().flat_map(|summary| (0..summary.lines).map(|_| summary.kind));
    let lines: Vec<(Kind, Line)> = kinds.zip(lines).collect();
    let file = sqlx::query_scalar!(
        "INSERT INTO settlement_file (kind, file_name, message_id, sha256, lines, read_by, read_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (sha256) DO NOTHING RETURNING settlement_file_id",
        first.map_or(Kind::Plain, |summary| summary.kind).as_str(),
        file_name,
        first.and_then(|summary| summary.message_id.as_deref()),
        &sha256,
        i64::try_from(lines.len()).unwrap_or(i64::MAX),
        actor.staff().map(|staff| staff.person.0),
        now,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::Conflict)?;
    for batch in lines.chunks(BATCH) {
        keep(&mut tx, file, batch).await?;
    }
    crash::point("payouts.settle.kept");
    apply::apply(&mut tx, file, now).await?;
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
    Ok(report)
}

async fn known(tx: &mut Tx, sha256: &[u8]) -> Result<Option<i64>, AppError> {
    Ok(sqlx::query_scalar!("SELECT settlement_file_id FROM settlement_file WHERE sha256 = $1", sha256)
        .fetch_optional(&mut **tx)
        .await?)
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
    let amounts: Vec<Option<Decimal>> = lines.iter().map(|(_, line)| line.amount.map(|money| money.amount)).collect();
    let currencies: Vec<Option<String>> =
        lines.iter().map(|(_, line)| line.amount.map(|money| money.currency.code().to_owned())).collect();
    let days: Vec<Option<NaiveDate>> = lines.iter().map(|(_, line)| line.on).collect();
    let references: Vec<Option<String>> = lines.iter().map(|(_, line)| text(&line.bank_reference)).collect();
    let codes: Vec<Option<String>> = lines.iter().map(|(_, line)| text(&line.code)).collect();
    let texts: Vec<Option<String>> = lines.iter().map(|(_, line)| text(&line.text)).collect();
    sqlx::query!(
        "INSERT INTO settlement_line (settlement_file_id, line, kind, outcome, target_kind, target, payout_number, payments, amount, currency,
                                      on_day, bank_reference, code, text)
         SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::numeric[],
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
