//! Answers as their page shows them: the files that were read, the lines that wait, and what a line may be about.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PayoutId, PayoutRunId};
use crate::base::money::{Currency, Money};
use crate::payout_files::end_to_end_id;
use crate::payout_runs::model::State;
use crate::settlement::model::{Disposition, Waiting, outcome};
use chrono::{DateTime, Utc};

/// A file that was read.
#[derive(Clone, Debug)]
pub struct ReadFile {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: String,
    /// What it was called.
    pub name: String,
    /// Its lines.
    pub lines: i64,
    /// Of these, those that were worked through.
    pub done: i64,
    /// Of these, those that moved a payout.
    pub applied: i64,
    /// Of these, those that still wait for a person.
    pub waiting: i64,
    /// Who read it; `None`: the command line.
    pub by: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Files that were read, the newest first; those before one where its number is given.
///
/// # Errors
/// When the database is away.
pub async fn files(tx: &mut Tx, before: Option<i64>, most: i64) -> Result<Vec<ReadFile>, AppError> {
    Ok(sqlx::query_as!(
        ReadFile,
        r#"SELECT f.settlement_file_id AS id, f.kind, f.file_name AS name, f.lines, least(f.applied_through, f.lines) AS "done!", s.name AS "by?", f.read_at AS at,
                  (SELECT count(*) FROM settlement_line l
                   WHERE l.settlement_file_id = f.settlement_file_id AND l.disposition = 'applied') AS "applied!",
                  (SELECT count(*) FROM settlement_line l
                   WHERE l.settlement_file_id = f.settlement_file_id AND l.disposition IN ('unmatched', 'wrong_amount', 'contradicts')
                     AND NOT EXISTS (SELECT FROM settlement_by_hand h WHERE h.settlement_file_id = l.settlement_file_id AND h.line = l.line))
                  AS "waiting!"
           FROM settlement_file f LEFT JOIN staff s ON s.person_id = f.read_by
           WHERE $1::bigint IS NULL OR f.settlement_file_id < $1
           ORDER BY f.settlement_file_id DESC LIMIT $2"#,
        before,
        most,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// How many lines wait for a person.
///
/// # Errors
/// When the database is away.
pub async fn waiting_count(tx: &mut Tx) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "lines!" FROM settlement_line l WHERE disposition IN ('unmatched', 'wrong_amount', 'contradicts')
             AND NOT EXISTS (SELECT FROM settlement_by_hand h WHERE h.settlement_file_id = l.settlement_file_id AND h.line = l.line)"#,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// A payout as a line names it, or might.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its number.
    pub payout: PayoutId,
    /// How banks and files name it.
    pub reference: String,
    /// Its run.
    pub run: PayoutRunId,
    /// The partner's code.
    pub code: String,
    /// The partner's name.
    pub name: String,
    /// What it pays.
    pub amount: Money,
    /// Where it stands.
    pub state: State,
}

/// A line that waits or waited, with what it names and what a person made of it.
#[derive(Clone, Debug)]
pub struct LineFound {
    /// What it says and why it waits.
    pub waiting: Waiting,
    /// The payout that it names, if it names one of ours.
    pub named: Option<Named>,
    /// Whether it speaks of every payment of a file of ours.
    pub of_file: bool,
    /// What became of it, once a person said.
    pub settled: Option<Settled>,
}

/// What a person made of a line.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The payout it was matched to; `None`: it needs nothing.
    pub matched: Option<PayoutId>,
    /// Whether it settled a whole file.
    pub of_file: bool,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Which lines.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// One, also when it was settled since.
    One(i64, i64),
    /// Those that wait, after this one.
    After(i64, i64),
}

/// Lines that wait, the oldest first.
///
/// # Errors
/// When the database is away.
pub async fn lines(tx: &mut Tx, which: Which, most: i64) -> Result<Vec<LineFound>, AppError> {
    let (one, (file, line)) = match which {
        Which::One(file, line) => (true, (file, line)),
        Which::After(file, line) => (false, (file, line)),
    };
    let rows = sqlx::query!(
        r#"SELECT l.settlement_file_id, f.file_name, l.line, l.kind, l.outcome, l.disposition, l.target, l.amount, l.currency, l.on_day,
                  l.bank_reference, l.code, l.text, f.read_at,
                  p.partner_id AS "partner_id?", p.payout_id AS "payout_id?", p.payout_run_id AS "payout_run_id?", p.total AS "payout_amount?",
                  p.currency AS "payout_currency?", p.state AS "state?", n.code AS "partner_code?", n.name AS "partner_name?",
                  h.payout_id AS "matched?", h.payout_file_id AS "settled_file?", sent.payout_file_id AS "sent_file?", h.reason AS "reason?", h.settled_at AS "settled_at?", s.name AS "settled_by?"
           FROM settlement_line l JOIN settlement_file f USING (settlement_file_id)
           LEFT JOIN payout p ON p.payout_id = coalesce(l.payout_id, l.payout_number)
           LEFT JOIN partner n ON n.partner_id = p.partner_id
           LEFT JOIN settlement_by_hand h ON h.settlement_file_id = l.settlement_file_id AND h.line = l.line
           LEFT JOIN staff s ON s.person_id = h.settled_by
           LEFT JOIN payout_file sent ON l.target_kind = 'batch' AND sent.message_id = l.target
           WHERE l.disposition IN ('unmatched', 'wrong_amount', 'contradicts')
             AND CASE WHEN $1 THEN l.settlement_file_id = $2 AND l.line = $3
                      ELSE h.line IS NULL AND (l.settlement_file_id, l.line) > ($2, $3) END
           ORDER BY l.settlement_file_id, l.line LIMIT $4"#,
        one,
        file,
        line,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let unknown = || AppError::Internal("a settlement line of no known kind".into());
            let partner = row.partner_id.zip(row.payout_id);
            let named = match (row.payout_id, row.payout_run_id, row.payout_amount, row.payout_currency, row.state) {
                (Some(payout), Some(run), Some(amount), Some(currency), Some(state)) => Some(Named {
                    payout: payout.into(),
                    reference: end_to_end_id(payout),
                    run: run.into(),
                    code: row.partner_code.unwrap_or_default(),
                    name: row.partner_name.unwrap_or_default(),
                    amount: Money::new(amount, Currency::parse(&currency)?),
                    state: State::parse(&state).ok_or_else(unknown)?,
                }),
                _ => None,
            };
            let waiting = Waiting {
                file: row.settlement_file_id,
                file_name: row.file_name,
                line: row.line,
                kind: row.kind,
                outcome: outcome(&row.outcome).ok_or_else(unknown)?,
                why: Disposition::parse(&row.disposition).ok_or_else(unknown)?,
                target: row.target,
                amount: match row.amount.zip(row.currency) {
                    Some((amount, currency)) => Some(Money::new(amount, Currency::parse(&currency)?)),
                    None => None,
                },
                on: row.on_day,
                bank_reference: row.bank_reference,
                code: row.code,
                text: row.text,
                payout: partner.map(|(partner, payout)| (partner.into(), payout.into())),
                read_at: row.read_at,
            };
            let settled = row.settled_at.zip(row.settled_by).map(|(at, by)| Settled {
                matched: row.matched.map(PayoutId),
                of_file: row.settled_file.is_some(),
                reason: row.reason.unwrap_or_default(),
                by,
                at,
            });
            Ok(LineFound { waiting, named, of_file: row.sent_file.is_some(), settled })
        })
        .collect()
}

/// Payouts of this amount that wait for the bank, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn candidates(tx: &mut Tx, amount: Money, most: i64) -> Result<Vec<Named>, AppError> {
    let rows = sqlx::query!(
        "SELECT p.payout_id, p.payout_run_id, n.code, n.name, p.total AS \"amount!\", p.currency, p.state
         FROM payout p JOIN partner n USING (partner_id)
         WHERE p.state IN ('submitted', 'unknown') AND p.total = $1 AND p.currency = $2
         ORDER BY p.payout_id DESC LIMIT $3",
        amount.amount,
        amount.currency.code(),
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Named {
                payout: row.payout_id.into(),
                reference: end_to_end_id(row.payout_id),
                run: row.payout_run_id.into(),
                code: row.code,
                name: row.name,
                amount: Money::new(row.amount, Currency::parse(&row.currency)?),
                state: State::parse(&row.state)
                    .ok_or_else(|| AppError::Internal("a payout in no known state".into()))?,
            })
        })
        .collect()
}
