//! Closing a month: what it began with, what moved, what is owed at its end; then it takes no more bookings.
//!
//! Months close in order, once they are over, and stay closed. What comes later for a closed month counts from the first
//! moment of the first open one: writers take the later of their own moment and the database's `open_from(programme)`,
//! and the constraint `transfer_in_an_open_month` refuses whoever does not.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::ProgrammeId;
use crate::base::money::Currency;
use chrono::{DateTime, Datelike as _, Months, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use std::fmt;

/// A calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

impl Month {
    /// From `2011-03`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1).map(Self)
    }

    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        self.0
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        self.next().0.pred_opt().unwrap_or(self.0)
    }

    /// The month after.
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }

    /// The month before.
    pub fn previous(self) -> Self {
        Self(self.0.checked_sub_months(Months::new(1)).unwrap_or(self.0))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

/// What one kind of transfer moved, or what there was before or after: by the partners' accounts, all partners together.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Line {
    /// ISO 4217.
    pub currency: String,
    /// `opening`, the kind of transfer, `closing`.
    pub line: String,
    /// How many transfers.
    pub transfers: i64,
    /// In hold, or waiting for approval.
    pub pending: Decimal,
    /// To be paid.
    pub payable: Decimal,
    /// Contested by the programme.
    pub ring_fenced: Decimal,
    /// On its way.
    pub in_payout: Decimal,
    /// What is owed to partners: the four before.
    pub liability: Decimal,
    /// Paid so far.
    pub paid: Decimal,
}

/// A month's figures; for each currency the opening and the movements add up to the closing.
///
/// # Errors
/// When the database is away.
pub async fn figures(tx: &mut Tx, programme: ProgrammeId, month: Month) -> Result<Vec<Line>, AppError> {
    let moved = sqlx::query_as!(
        Line,
        r#"SELECT t.currency, CASE WHEN t.effective_at < month.starts_at THEN 'opening' ELSE t.kind END AS "line!", count(*) AS "transfers!",
                  sum(CASE 'pending' WHEN t.credit_kind THEN t.amount WHEN t.debit_kind THEN -t.amount ELSE 0 END) AS "pending!",
                  sum(CASE 'payable' WHEN t.credit_kind THEN t.amount WHEN t.debit_kind THEN -t.amount ELSE 0 END) AS "payable!",
                  sum(CASE 'ring_fenced' WHEN t.credit_kind THEN t.amount WHEN t.debit_kind THEN -t.amount ELSE 0 END) AS "ring_fenced!",
                  sum(CASE 'in_payout' WHEN t.credit_kind THEN t.amount WHEN t.debit_kind THEN -t.amount ELSE 0 END) AS "in_payout!",
                  0::numeric AS "liability!",
                  sum(CASE 'paid' WHEN t.credit_kind THEN t.amount WHEN t.debit_kind THEN -t.amount ELSE 0 END) AS "paid!"
           FROM (SELECT $2::date::timestamp AT TIME ZONE time_zone AS starts_at, ($2::date + interval '1 month') AT TIME ZONE time_zone AS ends_at
                 FROM programme WHERE programme_id = $1) month
           JOIN transfer t ON t.programme_id = $1 AND t.effective_at < month.ends_at
           GROUP BY 1, 2
           ORDER BY t.currency COLLATE "C", array_position(ARRAY['opening', 'accrual', 'refund', 'rejection', 'release', 'release_correction',
               'adjustment', 'reversal', 'provisional', 'clawback', 'bonus', 'ring_fence', 'ring_fence_end', 'ring_fence_correction', 'payout', 'vat', 'withholding', 'payout_fee', 'settlement', 'settlement_return', 'vat_return',
               'withholding_return', 'payout_fee_return', 'payout_return', 'late_payment', 'late_payment_return', 'fee'],
               CASE WHEN t.effective_at < month.starts_at THEN 'opening' ELSE t.kind END)"#,
        programme.0,
        month.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut lines: Vec<Line> = Vec::new();
    for of_currency in moved.chunk_by(|one, other| one.currency == other.currency) {
        let Some(first) = of_currency.first() else { continue };
        let code = first.currency.clone();
        let mut closing = Line::nothing(&code, "closing");
        if first.line != "opening" {
            lines.push(Line::nothing(&code, "opening"));
        }
        for line in of_currency {
            closing.add(line);
            lines.push(line.clone());
        }
        lines.push(closing);
    }
    for line in &mut lines {
        line.finish(Currency::parse(&line.currency)?);
    }
    Ok(lines)
}

impl Line {
    fn nothing(currency: &str, line: &str) -> Self {
        Self {
            currency: currency.to_owned(),
            line: line.to_owned(),
            transfers: 0,
            pending: Decimal::ZERO,
            payable: Decimal::ZERO,
            ring_fenced: Decimal::ZERO,
            in_payout: Decimal::ZERO,
            liability: Decimal::ZERO,
            paid: Decimal::ZERO,
        }
    }

    fn add(&mut self, other: &Self) {
        self.transfers += other.transfers;
        self.pending += other.pending;
        self.payable += other.payable;
        self.ring_fenced += other.ring_fenced;
        self.in_payout += other.in_payout;
        self.paid += other.paid;
    }

    fn finish(&mut self, currency: Currency) {
        self.liability = self.pending + self.payable + self.ring_fenced + self.in_payout;
        let amounts = [
            &mut self.pending,
            &mut self.payable,
            &mut self.ring_fenced,
            &mut self.in_payout,
            &mut self.liability,
            &mut self.paid,
        ];
        for amount in amounts {
            amount.rescale(currency.minor_units());
        }
    }
}

/// Commissions whose hold ended in a month or before, and that are not released yet: once the month is closed, they
/// become payable in the next one.
///
/// # Errors
/// When the database is away.
pub async fn not_released(tx: &mut Tx, programme: ProgrammeId, month: Month) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM commission c JOIN partner p USING (partner_id) JOIN programme g USING (programme_id)
           WHERE g.programme_id = $1 AND c.released_at IS NULL AND c.state = 'pending'
             AND c.hold_until < ($2::date + interval '1 month') AT TIME ZONE g.time_zone"#,
        programme.0,
        month.0,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Why a month was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// It was closed before.
    #[error("{0} is closed already")]
    Before(Month),
    /// Another one comes first.
    #[error("months close in order; the next one is {0}")]
    NotNext(Month),
    /// It goes on.
    #[error("{0} is not over yet")]
    NotOver(Month),
    /// The database said no, or is away.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<sqlx::Error> for CloseError {
    fn from(error: sqlx::Error) -> Self {
        Self::App(error.into())
    }
}

/// Closes a month and gives its figures. Waits for bookings that are on their way.
///
/// # Errors
/// When it is not the next one, is not over, or was closed before; the caller rolls back then.
pub async fn close(
    tx: &mut Tx,
    actor: &Actor,
    programme: ProgrammeId,
    month: Month,
    request: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Line>, CloseError> {
    let next = match last_closed(tx, programme).await? {
        Some(last) if month <= last => return Err(CloseError::Before(month)),
        Some(last) => Some(last.next()),
        None => first(tx, programme).await?,
    };
    if let Some(next) = next.filter(|next| *next != month) {
        return Err(CloseError::NotNext(next));
    }
    sqlx::query!(
        "INSERT INTO month_close (programme_id, month, follows, ends_at, closed_by, closed_at)
         SELECT g.programme_id, $2::date,
                (SELECT c.month FROM month_close c WHERE c.programme_id = g.programme_id AND c.month = ($2::date - interval '1 month')::date),
                ($2::date + interval '1 month') AT TIME ZONE g.time_zone, $4, $3::timestamptz
         FROM programme g WHERE g.programme_id = $1",
        programme.0,
        month.0,
        now,
        actor.person().map(|person| person.0),
    )
    .execute(&mut **tx)
    .await
    .map_err(|error| match constraint(&error) {
        Some("month_close_of_the_past") => CloseError::NotOver(month),
        // Somebody else was faster.
        Some("month_close_pkey" | "programme_month_stays_closed") => CloseError::Before(month),
        _ => error.into(),
    })?;
    let lines = figures(tx, programme, month).await?;
    let change = Change {
        action: "month.closed",
        subject: format!("programme/{programme}"),
        after: Some(json!({ "month": month.to_string(), "lines": lines })),
        ..Change::default()
    };
    record(tx, actor, now, request, change).await?;
    Ok(lines)
}

/// The month that was closed last, if one was.
///
/// # Errors
/// When the database is away.
pub async fn last_closed(tx: &mut Tx, programme: ProgrammeId) -> sqlx::Result<Option<Month>> {
    let last = sqlx::query_scalar!("SELECT max(month) FROM month_close WHERE programme_id = $1", programme.0);
    Ok(last.fetch_one(&mut **tx).await?.map(Month))
}

/// A month that was closed.
#[derive(Clone, Debug)]
pub struct Closed {
    /// Which.
    pub month: Month,
    /// When.
    pub at: DateTime<Utc>,
    /// Who did; `None` for the command line.
    pub by: Option<String>,
}

/// The months that were closed, the newest first, at most `most` of them.
///
/// # Errors
/// When the database is away.
pub async fn closed(tx: &mut Tx, programme: ProgrammeId, most: i64) -> sqlx::Result<Vec<Closed>> {
    let rows = sqlx::query!(
        r#"SELECT c.month, c.closed_at, s.name AS "name?" FROM month_close c LEFT JOIN staff s ON s.person_id = c.closed_by
           WHERE c.programme_id = $1 ORDER BY c.month DESC LIMIT $2"#,
        programme.0,
        most,
    );
    let rows = rows.fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(|row| Closed { month: Month(row.month), at: row.closed_at, by: row.name }).collect())
}

/// The month of the first booking, if there is one.
///
/// # Errors
/// When the database is away.
pub async fn first(tx: &mut Tx, programme: ProgrammeId) -> sqlx::Result<Option<Month>> {
    let first = sqlx::query_scalar!(
        "SELECT (min(t.effective_at) AT TIME ZONE g.time_zone)::date FROM transfer t JOIN programme g USING (programme_id)
         WHERE t.programme_id = $1 GROUP BY g.time_zone",
        programme.0,
    );
    Ok(first.fetch_optional(&mut **tx).await?.flatten().map(Month::of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_four_digits_and_two() {
        assert_eq!(Month::parse("2011-03").map(|month| month.to_string()), Some("2011-03".to_owned()));
        assert_eq!(Month::parse("2011-12").map(|month| month.next().to_string()), Some("2012-01".to_owned()));
        for text in ["2011", "2011-3", "2011-13", "2011-00", "2011-03-01", "11-03", "+011-03", "2011-+3", ""] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }
}
