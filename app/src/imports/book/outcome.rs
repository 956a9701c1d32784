//! What became of the rows of an import.

use crate::base::db::Tx;
use crate::base::ids::ImportId;
use chrono::{DateTime, Utc};

/// A refused row, for the rejects file.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Line of the file, the header being 1.
    pub line: i64,
    /// The column at fault; empty where it is the row as a whole.
    pub column: String,
    /// What is wrong.
    pub reason: String,
    /// The text of a row that could not be read, cut where it is long.
    pub raw: Option<String>,
    /// The cells of a row that could be read, in the order of [`super::parse::REQUIRED`].
    pub cells: Vec<String>,
}

/// Some refused rows after a line, in their order.
pub async fn refused(tx: &mut Tx, import: ImportId, after: i64, most: i64) -> sqlx::Result<Vec<Refused>> {
    sqlx::query_as!(
        Refused,
        r#"SELECT r.line AS "line!", coalesce(i.reject_column, r.reject_column, '') AS "column!",
                  coalesce(i.reject_reason, r.reject_reason, '') AS "reason!",
                  r.raw, ARRAY[coalesce(r.event_id, ''), coalesce(r.event, ''), coalesce(r.order_id, ''), coalesce(r.partner, ''),
                      coalesce(r.offer, ''), coalesce(to_char(r.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), ''),
                      coalesce(r.amount::text, ''), coalesce(r.currency, ''), coalesce(r.reason, '')] AS "cells!"
           FROM import_row r LEFT JOIN import_item i ON i.import_id = r.import_id AND i.line = r.line
           WHERE r.import_id = $1 AND r.line > $2 AND coalesce(i.reject_column, r.reject_column) IS NOT NULL
           ORDER BY r.line LIMIT $3"#,
        import.0,
        after,
        most,
    )
    .fetch_all(&mut **tx)
    .await
}

/// What became of the rows: accepted, duplicates, rejected.
pub async fn count(tx: &mut Tx, import: ImportId) -> sqlx::Result<(i64, i64, i64)> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE i.conversion_id IS NOT NULL AND NOT i.duplicate) AS "accepted!",
                  count(*) FILTER (WHERE i.duplicate) AS "duplicates!",
                  count(*) FILTER (WHERE coalesce(i.reject_column, r.reject_column) IS NOT NULL) AS "rejected!"
           FROM import_row r LEFT JOIN import_item i ON i.import_id = r.import_id AND i.line = r.line
           WHERE r.import_id = $1"#,
        import.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.accepted, row.duplicates, row.rejected))
}

/// Closes the import and clears what was staged for it.
pub async fn finish(
    tx: &mut Tx,
    import: ImportId,
    report: &crate::imports::model::Report,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE import SET finished_at = $2, rows = $3, accepted = $4, duplicates = $5, rejected = $6 WHERE import_id = $1",
        import.0,
        now,
        report.rows,
        report.accepted,
        report.duplicates,
        report.rejected,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("DELETE FROM import_row WHERE import_id = $1", import.0).execute(&mut **tx).await?;
    sqlx::query!("DELETE FROM import_item WHERE import_id = $1", import.0).execute(&mut **tx).await?;
    sqlx::query!("DELETE FROM import_terms WHERE import_id = $1", import.0).execute(&mut **tx).await?;
    Ok(())
}
