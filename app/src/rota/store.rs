//! The rota's SQL.

use super::model::{Exception, ExceptionKind, Holiday, Hours, Rota, Shift, Times};
use super::spans::Span;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PersonId;
use chrono::{DateTime, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use std::collections::BTreeMap;
use uuid::Uuid;

mod promises;

pub use promises::{OpenPromise, assign, open_promises, promised_until};

fn unknown(word: &str) -> AppError {
    AppError::Internal(format!("unknown word in the rota: {word}"))
}

fn zone(name: &str) -> Result<Tz, AppError> {
    name.parse().map_err(|_| unknown(name))
}

fn weekday(day: i16) -> Result<Weekday, AppError> {
    u8::try_from(day - 1).ok().and_then(|day| Weekday::try_from(day).ok()).ok_or_else(|| unknown("weekday"))
}

fn number(day: Weekday) -> i16 {
    i16::try_from(day.number_from_monday()).unwrap_or_default()
}

/// The rota as it was known at a moment.
///
/// # Errors
/// When the database is away.
pub async fn rota(tx: &mut Tx, as_of: DateTime<Utc>) -> Result<Rota, AppError> {
    Ok(Rota {
        shifts: shifts(tx, as_of).await?,
        holidays: holidays(tx, as_of).await?,
        exceptions: exceptions(tx, as_of).await?,
        hours: hours(tx, as_of).await?,
    })
}

async fn shifts(tx: &mut Tx, as_of: DateTime<Utc>) -> Result<Vec<Shift>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT s.shift_id, s.person_id, s.weekday, s.starts, s.ends, s.time_zone, s.valid_from, e.last_day AS "last_day?",
                  ARRAY(SELECT b.starts FROM shift_break b WHERE b.shift_id = s.shift_id ORDER BY b.starts) AS "break_starts!",
                  ARRAY(SELECT b.ends FROM shift_break b WHERE b.shift_id = s.shift_id ORDER BY b.starts) AS "break_ends!"
           FROM shift s LEFT JOIN shift_end e ON e.shift_id = s.shift_id AND e.written_at <= $1
           WHERE s.written_at <= $1 AND (e.last_day IS NULL OR e.last_day >= s.valid_from)
           ORDER BY s.person_id, s.weekday, s.starts, s.shift_id"#,
        as_of,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let breaks = row.break_starts.into_iter().zip(row.break_ends).map(|(starts, ends)| Times { starts, ends });
            Ok(Shift {
                id: row.shift_id,
                person: PersonId(row.person_id),
                weekday: weekday(row.weekday)?,
                times: Times { starts: row.starts, ends: row.ends },
                zone: zone(&row.time_zone)?,
                breaks: breaks.collect(),
                from: row.valid_from,
                until: row.last_day,
            })
        })
        .collect()
}

async fn holidays(tx: &mut Tx, as_of: DateTime<Utc>) -> Result<Vec<Holiday>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT h.holiday_id, h.day, h.person_id, h.name FROM holiday h
           LEFT JOIN rota_withdrawal w ON w.holiday_id = h.holiday_id AND w.written_at <= $1
           WHERE h.written_at <= $1 AND w.rota_withdrawal_id IS NULL
           ORDER BY h.day, h.holiday_id"#,
        as_of,
    )
    .fetch_all(&mut **tx)
    .await?;
    let read = |row: (i64, NaiveDate, Option<i64>, String)| Holiday {
        id: row.0,
        day: row.1,
        person: row.2.map(PersonId),
        name: row.3,
    };
    Ok(rows.into_iter().map(|row| read((row.holiday_id, row.day, row.person_id, row.name))).collect())
}

async fn exceptions(tx: &mut Tx, as_of: DateTime<Utc>) -> Result<Vec<Exception>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT e.rota_exception_id, e.person_id, e.kind, e.starts_at, e.ends_at, e.reason FROM rota_exception e
           LEFT JOIN rota_withdrawal w ON w.rota_exception_id = e.rota_exception_id AND w.written_at <= $1
           WHERE e.written_at <= $1 AND w.rota_withdrawal_id IS NULL
           ORDER BY e.starts_at, e.rota_exception_id"#,
        as_of,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Exception {
                id: row.rota_exception_id,
                person: PersonId(row.person_id),
                kind: ExceptionKind::parse(&row.kind).ok_or_else(|| unknown(&row.kind))?,
                span: Span { from: row.starts_at, to: row.ends_at },
                reason: row.reason,
            })
        })
        .collect()
}

async fn hours(tx: &mut Tx, as_of: DateTime<Utc>) -> Result<Vec<Hours>, AppError> {
    let rows = sqlx::query!(
        "SELECT time_zone, days, opens, closes, valid_from FROM desk_hours
         WHERE written_at <= $1 ORDER BY valid_from, desk_hours_id",
        as_of,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Hours {
                zone: zone(&row.time_zone)?,
                days: row.days.into_iter().map(weekday).collect::<Result<_, _>>()?,
                times: Times { starts: row.opens, ends: row.closes },
                from: row.valid_from,
            })
        })
        .collect()
}

/// A person who may be on the rota.
#[derive(Clone, Debug)]
pub struct Colleague {
    /// Who.
    pub person: PersonId,
    /// The name they sign with.
    pub name: String,
    /// Their own time zone.
    pub time_zone: String,
    /// Whether they still sign in.
    pub active: bool,
}

/// Everybody who answers cases, by name; also who did once, since the rota remembers them.
///
/// # Errors
/// When the database is away.
pub async fn colleagues(tx: &mut Tx) -> Result<Vec<Colleague>, AppError> {
    Ok(sqlx::query_as!(
        Colleague,
        r#"SELECT s.person_id AS "person: PersonId", s.name, p.time_zone,
                  (s.disabled_at IS NULL AND p.disabled_at IS NULL) AS "active!"
           FROM staff s JOIN person p USING (person_id)
           WHERE s.role IN ('agent', 'lead', 'owner') ORDER BY s.name, s.person_id"#,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Their names.
///
/// # Errors
/// When the database is away.
pub async fn names(tx: &mut Tx) -> Result<BTreeMap<PersonId, String>, AppError> {
    Ok(colleagues(tx).await?.into_iter().map(|each| (each.person, each.name)).collect())
}

/// Who writes, when, and the form it came from.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    /// Who; `None`: the command line.
    pub by: Option<PersonId>,
    /// When.
    pub at: DateTime<Utc>,
    /// The same form, sent twice, is written once.
    pub form_key: Uuid,
}

impl Pen {
    fn by(&self) -> Option<i64> {
        self.by.map(|person| person.0)
    }
}

/// Shifts on their way in: the same on several weekdays.
#[derive(Clone, Debug)]
pub struct NewShifts {
    /// Whose.
    pub person: PersonId,
    /// On which days they begin.
    pub weekdays: Vec<Weekday>,
    /// From when to when.
    pub times: Times,
    /// By the clock of this zone.
    pub zone: Tz,
    /// The breaks in each.
    pub breaks: Vec<Times>,
    /// The first day.
    pub from: NaiveDate,
}

/// Puts somebody on the rota; gives the shifts.
///
/// # Errors
/// `shift_form_once`, `shift_not_in_the_past`, `shift_break_inside`, `shift_by_a_lead`, `shift_of_the_desk` by name.
pub async fn add_shifts(tx: &mut Tx, new: &NewShifts, pen: Pen) -> Result<Vec<i64>, AppError> {
    let weekdays: Vec<i16> = new.weekdays.iter().map(|day| number(*day)).collect();
    let shifts = sqlx::query_scalar!(
        "INSERT INTO shift (person_id, weekday, starts, ends, time_zone, valid_from, written_by, written_at, form_key)
         SELECT $1, weekday, $3, $4, $5, $6, $7, $8, $9 FROM unnest($2::smallint[]) weekday RETURNING shift_id",
        new.person.0,
        &weekdays,
        new.times.starts,
        new.times.ends,
        new.zone.name(),
        new.from,
        pen.by(),
        pen.at,
        pen.form_key,
    )
    .fetch_all(&mut **tx)
    .await?;
    for pause in &new.breaks {
        sqlx::query!(
            "INSERT INTO shift_break (shift_id, shift_starts, shift_ends, starts, ends)
             SELECT shift_id, $2, $3, $4, $5 FROM unnest($1::bigint[]) shift_id",
            &shifts,
            new.times.starts,
            new.times.ends,
            pause.starts,
            pause.ends,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(shifts)
}

/// Ends a shift after a day.
///
/// # Errors
/// `shift_end_pkey` where it was ended before; `shift_end_not_in_the_past`.
pub async fn end_shift(tx: &mut Tx, shift: i64, last_day: NaiveDate, pen: Pen) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO shift_end (shift_id, last_day, written_by, written_at) VALUES ($1, $2, $3, $4)",
        shift,
        last_day,
        pen.by(),
        pen.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives everybody, or one person, a day off.
///
/// # Errors
/// `holiday_form_once`, `holiday_not_in_the_past`, `holiday_by_a_lead` by name.
pub async fn add_holiday(
    tx: &mut Tx,
    day: NaiveDate,
    person: Option<PersonId>,
    name: &str,
    pen: Pen,
) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO holiday (day, person_id, name, written_by, written_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING holiday_id",
        day,
        person.map(|person| person.0),
        name,
        pen.by(),
        pen.at,
        pen.form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Writes down that somebody is away, or there, for once.
///
/// # Errors
/// `rota_exception_form_once`, `rota_exception_ends_later`, `rota_exception_not_in_the_past` by name.
pub async fn add_exception(
    tx: &mut Tx,
    person: PersonId,
    kind: ExceptionKind,
    span: Span,
    reason: &str,
    pen: Pen,
) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO rota_exception (person_id, kind, starts_at, ends_at, reason, written_by, written_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING rota_exception_id",
        person.0,
        kind.as_str(),
        span.from,
        span.to,
        reason,
        pen.by(),
        pen.at,
        pen.form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Something of the rota that can be withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// A day off.
    Holiday(i64),
    /// An exception.
    Exception(i64),
}

/// Withdraws a day off or an exception.
///
/// # Errors
/// `rota_withdrawal_holiday_once`, `rota_withdrawal_exception_once`, `rota_withdrawal_not_in_the_past` by name.
pub async fn withdraw(tx: &mut Tx, what: Withdrawn, pen: Pen) -> Result<(), AppError> {
    let (holiday, exception) = match what {
        Withdrawn::Holiday(id) => (Some(id), None),
        Withdrawn::Exception(id) => (None, Some(id)),
    };
    sqlx::query!(
        "INSERT INTO rota_withdrawal (holiday_id, rota_exception_id, written_by, written_at) VALUES ($1, $2, $3, $4)",
        holiday,
        exception,
        pen.by(),
        pen.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Sets the hours in which somebody means to be there, from a day on.
///
/// # Errors
/// `desk_hours_form_once`, `desk_hours_not_in_the_past`, `desk_hours_days_known` by name.
pub async fn set_hours(tx: &mut Tx, hours: &Hours, pen: Pen) -> Result<i64, AppError> {
    let days: Vec<i16> = hours.days.iter().map(|day| number(*day)).collect();
    Ok(sqlx::query_scalar!(
        "INSERT INTO desk_hours (time_zone, days, opens, closes, valid_from, written_by, written_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING desk_hours_id",
        hours.zone.name(),
        &days,
        hours.times.starts,
        hours.times.ends,
        hours.from,
        pen.by(),
        pen.at,
        pen.form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}
