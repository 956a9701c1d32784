//! The order of an import's steps.

use super::book::{self, Staged};
use super::model::{ImportError, Progress, Report, Request};
use super::parse::Lines;
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::clock::Clock;
use crate::base::db::{Db, Tx};
use crate::base::ids::ImportId;
use serde_json::json;
use std::io::{BufRead, Write};
use tokio::sync::mpsc;

/// Lines booked by one statement; bounds what the database holds for its checks.
const BATCH: i64 = 50_000;
/// Bytes handed to COPY at once.
const CHUNK: usize = 256 * 1024;

/// Reads, checks and books a file in one transaction. Rejects are written to `rejects` as CSV
/// (`line,column,reason,row`), also in a dry run.
///
/// # Errors
/// When the file as a whole is refused or the database is away; nothing is changed then.
pub async fn run(
    db: &Db,
    clock: Clock,
    request: &Request,
    input: Box<dyn BufRead + Send>,
    rejects: Option<&mut (dyn Write + Send)>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, ImportError> {
    let lines = Lines::new(input)?;
    let programme = request.programme;
    let now = clock.now();
    let mut tx = db.begin(&Actor::Command).await?;
    book::take_turns(&mut tx, programme).await?;
    let import = book::start(&mut tx, programme, &request.file_name, now).await?;
    let (rows, last_line) = stage(&mut tx, import, lines, progress).await?;
    book::analyze(&mut tx, Staged::Rows).await?;

    progress(Progress::Checking);
    let partners =
        if request.create_partners { book::create_partners(&mut tx, import, programme, now).await? } else { 0 };
    let offers = if request.create_offers { book::create_offers(&mut tx, import, programme, now).await? } else { 0 };
    book::open_accounts(&mut tx, import, programme).await?;
    book::check_sales(&mut tx, import, programme).await?;
    book::analyze(&mut tx, Staged::Items).await?;
    book::resolve_terms(&mut tx, import, programme).await?;

    let mut first = 1;
    while first <= last_line {
        let last = first + BATCH - 1;
        book::book_sales(&mut tx, import, programme, (first, last), now).await?;
        progress(Progress::Booked(last.min(last_line), last_line));
        first = last + 1;
    }
    book::analyze_booked(&mut tx).await?;
    book::check_changes(&mut tx, import, programme).await?;
    book::lock_commissions(&mut tx, import).await?;
    book::refuse_excess_refunds(&mut tx, import).await?;
    book::book_change_events(&mut tx, import, programme, now).await?;
    book::book_approvals(&mut tx, import, now).await?;
    book::release_before_reversal(&mut tx, import, now).await?;
    book::book_reversals(&mut tx, import, programme, now).await?;

    let (accepted, duplicates, rejected) = book::count(&mut tx, import).await?;
    let report = Report { rows, accepted, duplicates, rejected };
    if let Some(out) = rejects {
        write_rejects(&mut tx, import, out).await?;
    }
    if request.dry_run {
        tx.rollback().await?;
        return Ok(report);
    }
    book::finish(&mut tx, import, &report, now).await?;
    let change = Change {
        action: "conversions.imported",
        subject: format!("import/{import}"),
        after: Some(
            json!({ "programme": programme, "report": report, "partners_created": partners, "offers_created": offers }),
        ),
        ..Change::default()
    };
    record(&mut tx, &Actor::Command, now, &format!("import-{import}"), change).await?;
    tx.commit().await?;
    Ok(report)
}

/// Streams the rows into the staging table; gives their number and the last line's.
async fn stage(
    tx: &mut Tx,
    import: ImportId,
    lines: Lines<Box<dyn BufRead + Send>>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(i64, i64), ImportError> {
    let (chunks, mut arriving) = mpsc::channel::<(String, i64, i64)>(4);
    let reader = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        let (mut chunk, mut rows, mut last) = (String::with_capacity(CHUNK + 4096), 0, 0);
        for line in lines {
            let line = line?;
            book::copy_line(&mut chunk, import, line.number, &line.row, &line.raw);
            (rows, last) = (rows + 1, line.number);
            if chunk.len() >= CHUNK && chunks.blocking_send((std::mem::take(&mut chunk), rows, last)).is_err() {
                return Ok(());
            }
        }
        let _ = chunks.blocking_send((chunk, rows, last));
        Ok(())
    });
    let mut copy = tx.copy_in_raw("COPY import_row FROM STDIN").await?;
    let mut counted = (0, 0);
    while let Some((chunk, rows, last)) = arriving.recv().await {
        copy.send(chunk.as_bytes()).await?;
        counted = (rows, last);
        progress(Progress::Read(rows));
    }
    let read = reader.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    if let Err(error) = read {
        copy.abort("the file could not be read").await?;
        return Err(error.into());
    }
    copy.finish().await?;
    Ok(counted)
}

async fn write_rejects(tx: &mut Tx, import: ImportId, out: &mut (dyn Write + Send)) -> Result<(), ImportError> {
    let mut file = csv::Writer::from_writer(out);
    let io = |error: csv::Error| ImportError::Unreadable(std::io::Error::other(error));
    file.write_record(["line", "column", "reason", "row"]).map_err(io)?;
    let mut after = 0;
    loop {
        let refused = book::refused(tx, import, after, 1000).await?;
        for row in &refused {
            let raw = harmless(&match &row.raw {
                Some(raw) => raw.clone(),
                None => one_row(&row.cells).map_err(io)?,
            });
            file.write_record([row.line.to_string().as_str(), &row.column, &row.reason, &raw]).map_err(io)?;
            after = row.line;
        }
        if refused.len() < 1000 {
            file.flush()?;
            return Ok(());
        }
    }
}

/// Cells as a row of CSV, to be corrected and sent again.
fn one_row(cells: &[String]) -> Result<String, csv::Error> {
    let mut row = csv::WriterBuilder::new().from_writer(Vec::new());
    row.write_record(cells)?;
    let row = row.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&row).trim_end().to_owned())
}

/// A spreadsheet takes a cell that begins with one of these for a formula (OWASP ASVS 1.2.10).
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}
