//! From a file into the staging tables, and what has to be there before rows can be checked.

use super::super::parse::{Reject, Row};
use crate::base::db::Tx;
use crate::base::ids::{ImportId, ProgrammeId};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::fmt::Write;

/// One line as `COPY import_row` takes it (text format).
pub fn copy_line(out: &mut String, import: ImportId, line: i64, row: &Result<Row, Reject>, raw: &str) {
    let _ = write!(out, "{import}\t{line}");
    match row {
        Ok(row) => {
            let texts = [&row.event_id, &row.event, &row.order_id, &row.partner, &row.offer];
            texts.into_iter().for_each(|text| copy_text(out, text));
            let _ = write!(out, "\t{}", row.occurred_at.to_rfc3339());
            copy_number(out, row.amount);
            [&row.currency, &row.reason].into_iter().for_each(|text| copy_text(out, text));
            [&row.sub_id, &row.click_id].into_iter().for_each(|text| copy_optional(out, text));
            copy_number(out, row.revenue);
            out.push_str("\t\\N\t\\N\t\\N\n");
        }
        Err(reject) => {
            out.push_str(&"\t\\N".repeat(12));
            [reject.column, reject.reason.as_str(), raw].into_iter().for_each(|text| copy_text(out, text));
            out.push('\n');
        }
    }
}

fn copy_text(out: &mut String, text: &str) {
    out.push('\t');
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            letter => out.push(letter),
        }
    }
}

fn copy_optional(out: &mut String, text: &str) {
    if text.is_empty() { out.push_str("\t\\N") } else { copy_text(out, text) }
}

fn copy_number(out: &mut String, number: Option<Decimal>) {
    match number {
        Some(number) => {
            let _ = write!(out, "\t{number}");
        }
        None => out.push_str("\t\\N"),
    }
}

/// Two imports of one programme wait for each other; keys keep them correct, this keeps them from failing.
pub async fn take_turns(tx: &mut Tx, programme: ProgrammeId) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('import', $1))", programme.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Opens an import.
pub async fn start(tx: &mut Tx, programme: ProgrammeId, file_name: &str, now: DateTime<Utc>) -> sqlx::Result<ImportId> {
    sqlx::query_scalar!(
        "INSERT INTO import (programme_id, file_name, started_at) VALUES ($1, $2, $3) RETURNING import_id",
        programme.0,
        file_name,
        now,
    )
    .fetch_one(&mut **tx)
    .await
    .map(ImportId)
}

/// The staging tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staged {
    /// As read.
    Rows,
    /// As checked.
    Items,
}

/// Fresh statistics, so that the planner does not take the staged rows for none.
pub async fn analyze(tx: &mut Tx, staged: Staged) -> sqlx::Result<()> {
    sqlx::query!("SELECT analyze_import($1)", staged == Staged::Items).execute(&mut **tx).await?;
    Ok(())
}

/// The same for the tables that were booked into: a first import fills them from nothing.
pub async fn analyze_booked(tx: &mut Tx) -> sqlx::Result<()> {
    sqlx::query!("SELECT analyze_booked()").execute(&mut **tx).await?;
    Ok(())
}

/// Makes the partners that sales and leads name and that are not there.
pub async fn create_partners(
    tx: &mut Tx,
    import: ImportId,
    programme: ProgrammeId,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let made = sqlx::query!(
        "INSERT INTO partner (programme_id, code, name, created_at)
         SELECT $2::bigint, partner, partner, $3::timestamptz
         FROM (SELECT DISTINCT partner FROM import_row WHERE import_id = $1 AND event IN ('sale', 'lead')) named
         WHERE partner ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
         ON CONFLICT (programme_id, code) DO NOTHING",
        import.0,
        programme.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(made.rows_affected())
}

/// Makes the offers that sales and leads name and that are not there.
pub async fn create_offers(
    tx: &mut Tx,
    import: ImportId,
    programme: ProgrammeId,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let made = sqlx::query!(
        "INSERT INTO offer (programme_id, code, name, created_at)
         SELECT $2::bigint, offer, offer, $3::timestamptz
         FROM (SELECT DISTINCT offer FROM import_row WHERE import_id = $1 AND event IN ('sale', 'lead')) named
         WHERE offer ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
         ON CONFLICT (programme_id, code) DO NOTHING",
        import.0,
        programme.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(made.rows_affected())
}

/// Opens the accounts of every pair of partner and currency in the file.
pub async fn open_accounts(tx: &mut Tx, import: ImportId, programme: ProgrammeId) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT count(open_accounts($2, pair.partner_id, pair.currency)) FROM (
             SELECT DISTINCT p.partner_id, r.currency FROM import_row r
             JOIN partner p ON p.programme_id = $2 AND p.code = r.partner
             JOIN currency c ON c.code = r.currency
             WHERE r.import_id = $1 AND r.event IN ('sale', 'lead')
               AND NOT EXISTS (SELECT FROM account a WHERE a.programme_id = $2 AND a.holder_id = p.partner_id
                               AND a.currency = r.currency AND a.kind = 'paid')) pair",
        import.0,
        programme.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}
