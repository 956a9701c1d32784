//! Doing what follows from the lines of a file.

use crate::base::crash;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::money::{Currency, Money};
use crate::payout_runs::model::State;
use crate::settlement::files::Outcome;
use crate::settlement::model::{Disposition, kind, outcome};
use crate::settlement::rules::{Evidence, Part, Parts, Said, SaidOfAll, Standing, Verdict, judge, judge_all};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::collections::HashSet;

/// Lines done by one transaction; bounds memory.
const BATCH: i64 = 5_000;

/// Goes through the next lines of a file in their order; gives the last of them, or `None` where there are no more. A payout
/// that several lines name goes on with each. Files that are answered can't be withdrawn meanwhile.
///
/// # Errors
/// When the database is away.
pub async fn apply(tx: &mut Tx, file: i64, after: i64, now: DateTime<Utc>) -> Result<Option<i64>, AppError> {
    let through = sqlx::query_scalar!(
        "SELECT max(line) FROM (SELECT line FROM settlement_line WHERE settlement_file_id = $1 AND line > $2 ORDER BY line LIMIT $3) next",
        file,
        after,
        BATCH,
    )
    .fetch_one(&mut **tx)
    .await?;
    let Some(through) = through else { return Ok(None) };
    sqlx::query!("SELECT lock_answered_files($1, $2, $3)", file, after, through).fetch_all(&mut **tx).await?;
    let mut decided = Decided::default();
    let mut touched = HashSet::new();
    for line in next(tx, file, after, through).await? {
        // What an earlier line of this batch did is not in what was read of the payout: write it first, read again.
        let again = line.payout.is_some_and(|payout| touched.contains(&payout));
        if again || line.is_batch {
            write(tx, file, std::mem::take(&mut decided), now).await?;
            touched.clear();
        }
        if line.is_batch {
            batch(tx, file, &line, now).await?;
            continue;
        }
        let line = if again { read_again(tx, file, line.line).await? } else { line };
        touched.extend(line.payout);
        decided.add(&line);
    }
    write(tx, file, decided, now).await?;
    Ok(Some(through))
}

/// A line beside the payout it names.
struct Beside {
    line: i64,
    is_batch: bool,
    target: String,
    payments: Option<i64>,
    total: Option<(Decimal, Option<String>)>,
    said: Said,
    payout: Option<(i64, i64)>,
    standing: Option<Standing>,
}

async fn next(tx: &mut Tx, file: i64, after: i64, through: i64) -> Result<Vec<Beside>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT l.line, l.target_kind, l.target, l.kind, l.outcome, l.payments, l.amount, l.currency, l.bank_reference, l.on_day,
                  p.partner_id AS "partner_id?", p.payout_id AS "payout_id?", p.state AS "state?", p.total AS "payout_amount?",
                  p.currency AS "payout_currency?", paid.kind AS "paid_kind?", paid.bank_reference AS "paid_reference?",
                  back.on_day AS "given_back_on?", coalesce(back.refused, false) AS "was_refused!"
           FROM settlement_line l
           LEFT JOIN payout p ON p.payout_id = l.payout_number
           LEFT JOIN programme g ON g.programme_id = p.programme_id
           LEFT JOIN LATERAL (
               SELECT b.kind, e.bank_reference FROM payout_event e
               JOIN settlement_line b ON b.settlement_file_id = e.settlement_file_id AND b.line = e.settlement_line
               WHERE e.partner_id = p.partner_id AND e.payout_id = p.payout_id AND e.to_state = 'paid'
               ORDER BY e.seq DESC LIMIT 1) paid ON true
           LEFT JOIN LATERAL (
               SELECT max(coalesce(b.on_day, (e.at AT TIME ZONE g.time_zone)::date)) AS on_day, bool_or(e.to_state = 'failed') AS refused
               FROM payout_event e
               JOIN settlement_line b ON b.settlement_file_id = e.settlement_file_id AND b.line = e.settlement_line
               WHERE e.partner_id = p.partner_id AND e.payout_id = p.payout_id AND e.to_state IN ('failed', 'returned')) back ON true
           WHERE l.settlement_file_id = $1 AND l.line > $2 AND l.line <= $3
           ORDER BY l.line"#,
        file,
        after,
        through,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Row::beside).collect()
}

async fn read_again(tx: &mut Tx, file: i64, line: i64) -> Result<Beside, AppError> {
    let found = next(tx, file, line - 1, line).await?;
    found.into_iter().next().ok_or(AppError::NotFound)
}

struct Row {
    line: i64,
    target_kind: String,
    target: String,
    kind: String,
    outcome: String,
    payments: Option<i64>,
    amount: Option<Decimal>,
    currency: Option<String>,
    bank_reference: Option<String>,
    on_day: Option<NaiveDate>,
    partner_id: Option<i64>,
    payout_id: Option<i64>,
    state: Option<String>,
    payout_amount: Option<Decimal>,
    payout_currency: Option<String>,
    paid_kind: Option<String>,
    paid_reference: Option<String>,
    given_back_on: Option<NaiveDate>,
    was_refused: bool,
}

impl Row {
    fn beside(self) -> Result<Beside, AppError> {
        let unknown = || AppError::Internal("a settlement line of no known kind".into());
        let said = Said {
            kind: kind(&self.kind).ok_or_else(unknown)?,
            outcome: outcome(&self.outcome).ok_or_else(unknown)?,
            amount: money(self.amount, self.currency.as_deref())?,
            bank_reference: self.bank_reference,
            on: self.on_day,
        };
        let state = self.state.map(|state| State::parse(&state).ok_or_else(unknown)).transpose()?;
        let amount = money(self.payout_amount, self.payout_currency.as_deref())?;
        let paid = match self.paid_kind {
            Some(paid) => {
                Some(Evidence { kind: kind(&paid).ok_or_else(unknown)?, bank_reference: self.paid_reference })
            }
            None => None,
        };
        Ok(Beside {
            line: self.line,
            is_batch: self.target_kind == "batch",
            target: self.target,
            payments: self.payments,
            // A sum without a currency is of the currency of what it sums up.
            total: self.amount.map(|total| (total, self.currency)),
            said,
            payout: self.partner_id.zip(self.payout_id),
            standing: state.zip(amount).map(|(state, amount)| Standing {
                state,
                amount,
                paid,
                given_back_on: self.given_back_on,
                was_refused: self.was_refused,
            }),
        })
    }
}

fn money(amount: Option<Decimal>, currency: Option<&str>) -> Result<Option<Money>, AppError> {
    match amount.zip(currency) {
        Some((amount, currency)) => Ok(Some(Money::new(amount, Currency::parse(currency)?))),
        None => Ok(None),
    }
}

/// What was decided of lines, one payout once.
#[derive(Default)]
struct Decided {
    lines: Vec<i64>,
    dispositions: Vec<String>,
    partners: Vec<Option<i64>>,
    payouts: Vec<Option<i64>>,
    /// Empty where nothing moves.
    states: Vec<String>,
}

impl Decided {
    fn add(&mut self, line: &Beside) {
        let verdict = match &line.standing {
            Some(standing) => judge(&line.said, standing),
            None if line.said.outcome == Outcome::Accepted => Verdict::Keep(Disposition::Noted),
            None => Verdict::Keep(Disposition::Unmatched),
        };
        let (disposition, state) = match verdict {
            Verdict::Apply(state) => (Disposition::Applied, state.as_str()),
            Verdict::Keep(disposition) => (disposition, ""),
        };
        self.lines.push(line.line);
        self.dispositions.push(disposition.as_str().to_owned());
        self.partners.push(line.payout.map(|(partner, _)| partner));
        self.payouts.push(line.payout.map(|(_, payout)| payout));
        self.states.push(state.to_owned());
    }
}

async fn write(tx: &mut Tx, file: i64, decided: Decided, now: DateTime<Utc>) -> Result<(), AppError> {
    // Bounds as well as the lines themselves: what was just kept has no statistics yet, and without bounds each batch would
    // go through the whole file.
    let (Some(first), Some(last)) = (decided.lines.first(), decided.lines.last()) else { return Ok(()) };
    sqlx::query!(
        "UPDATE settlement_line l SET disposition = d.disposition, partner_id = d.partner_id, payout_id = d.payout_id
         FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[]) AS d (line, disposition, partner_id, payout_id)
         WHERE l.settlement_file_id = $1 AND l.line = d.line AND l.line BETWEEN $6 AND $7",
        file,
        &decided.lines,
        &decided.dispositions,
        &decided.partners as &[Option<i64>],
        &decided.payouts as &[Option<i64>],
        first,
        last,
    )
    .execute(&mut **tx)
    .await?;
    // The day of the bank's booking, but neither before the payout was sent nor after now.
    sqlx::query!(
        "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, code, bank_reference, amount, currency,
                                   settlement_file_id, settlement_line, at, booked_at)
         SELECT p.partner_id, p.payout_id, p.seq + 1, p.state, d.state, 'bank', l.code, l.bank_reference,
                CASE WHEN d.state = 'paid' THEN p.total END, CASE WHEN d.state = 'paid' THEN p.currency END, $1, l.line,
                greatest(before.at, least($4, l.on_day::timestamp AT TIME ZONE g.time_zone)), $4
         FROM unnest($2::bigint[], $3::text[]) AS d (line, state)
         JOIN settlement_line l ON l.settlement_file_id = $1 AND l.line = d.line AND l.line BETWEEN $5 AND $6
         JOIN payout p ON p.partner_id = l.partner_id AND p.payout_id = l.payout_id
         JOIN programme g ON g.programme_id = p.programme_id
         JOIN payout_event before ON before.partner_id = p.partner_id AND before.payout_id = p.payout_id AND before.seq = p.seq
         WHERE d.state <> ''",
        file,
        &decided.lines,
        &decided.states,
        now,
        first,
        last,
    )
    .execute(&mut **tx)
    .await?;
    crash::point("payouts.settle.moved");
    Ok(())
}

/// A line about every payment of a file: see [`judge_all`].
async fn batch(tx: &mut Tx, file: i64, line: &Beside, now: DateTime<Utc>) -> Result<(), AppError> {
    let sent = sqlx::query!(
        r#"SELECT f.payout_file_id, f.currency, d.payout_file_id IS NOT NULL AS "withdrawn!",
                  EXISTS (SELECT FROM settlement_line k
                          WHERE k.target_kind = 'batch' AND k.target = $1 AND k.disposition = 'applied' AND k.outcome = l.outcome AND k.kind = l.kind
                            AND (k.payments, k.amount, k.bank_reference) IS NOT DISTINCT FROM (l.payments, l.amount, l.bank_reference)) AS "known!"
           FROM payout_file f JOIN settlement_line l ON l.settlement_file_id = $2 AND l.line = $3
           LEFT JOIN payout_file_withdrawn d USING (payout_file_id) WHERE f.message_id = $1"#,
        line.target,
        file,
        line.line,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let verdict = match &sent {
        // It was sent after all, and its payments may have gone out twice.
        Some(sent) if sent.withdrawn => Verdict::Keep(Disposition::Contradicts),
        None if line.said.outcome == Outcome::Accepted => Verdict::Keep(Disposition::Noted),
        None => Verdict::Keep(Disposition::Unmatched),
        Some(sent) if sent.known => Verdict::Keep(Disposition::Known),
        Some(sent) => match &line.total {
            Some((_, Some(currency))) if *currency != sent.currency => Verdict::Keep(Disposition::WrongAmount),
            total => {
                let total = total.as_ref().map(|(total, _)| *total);
                let said = SaidOfAll { outcome: line.said.outcome, payments: line.payments, total };
                judge_all(&said, &parts(tx, sent.payout_file_id).await?)
            }
        },
    };
    let disposition = match (verdict, sent) {
        (Verdict::Apply(state), Some(sent)) => {
            move_all(tx, file, line.line, sent.payout_file_id, state, now).await?;
            Disposition::Applied
        }
        (Verdict::Apply(_), None) => Disposition::Unmatched,
        (Verdict::Keep(disposition), _) => disposition,
    };
    sqlx::query!(
        "UPDATE settlement_line SET disposition = $3 WHERE settlement_file_id = $1 AND line = $2",
        file,
        line.line,
        disposition.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How the payments of a file that was sent stand.
async fn parts(tx: &mut Tx, sent: i64) -> Result<Parts, AppError> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE p.state IN ('submitted', 'unknown')) AS "out!",
                  coalesce(sum(p.total) FILTER (WHERE p.state IN ('submitted', 'unknown')), 0) AS "out_total!",
                  count(*) FILTER (WHERE p.state IN ('paid', 'returned')) AS "gone!",
                  coalesce(sum(p.total) FILTER (WHERE p.state IN ('paid', 'returned')), 0) AS "gone_total!",
                  count(*) FILTER (WHERE p.state = 'failed') AS "refused!",
                  coalesce(sum(p.total) FILTER (WHERE p.state = 'failed'), 0) AS "refused_total!"
           FROM payout_in_file i JOIN payout p USING (partner_id, payout_id) WHERE i.payout_file_id = $1"#,
        sent,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Parts {
        out: Part { payments: row.out, total: row.out_total },
        gone: Part { payments: row.gone, total: row.gone_total },
        refused: Part { payments: row.refused, total: row.refused_total },
    })
}

async fn move_all(
    tx: &mut Tx,
    file: i64,
    line: i64,
    sent: i64,
    state: State,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, code, bank_reference, amount, currency,
                                   settlement_file_id, settlement_line, at, booked_at)
         SELECT p.partner_id, p.payout_id, p.seq + 1, p.state, $4, 'bank', l.code, l.bank_reference,
                CASE WHEN $4 = 'paid' THEN p.total END, CASE WHEN $4 = 'paid' THEN p.currency END, $1, l.line,
                greatest(before.at, least($5, l.on_day::timestamp AT TIME ZONE g.time_zone)), $5
         FROM payout_in_file i
         JOIN payout p USING (partner_id, payout_id)
         JOIN settlement_line l ON l.settlement_file_id = $1 AND l.line = $2
         JOIN programme g ON g.programme_id = p.programme_id
         JOIN payout_event before ON before.partner_id = p.partner_id AND before.payout_id = p.payout_id AND before.seq = p.seq
         WHERE i.payout_file_id = $3 AND p.state IN ('submitted', 'unknown')",
        file,
        line,
        sent,
        state.as_str(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    crash::point("payouts.settle.moved");
    Ok(())
}
