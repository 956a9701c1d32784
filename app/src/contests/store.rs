//! Writing and reading contests. The database moves the money itself, when a contest begins and when it ends.

use super::model::{Contest, Outcome, Told};
use crate::audit::store::{Change, record};
use crate::base::actor::{Actor, Staff};
use crate::base::db::{Db, Tx};
use crate::base::error::{AppError, constraint, exactly_one};
use crate::base::ids::{ContestId, ConversionId, PartnerId, ProgrammeId};
use crate::base::money::{Currency, Money};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::json;
use uuid::Uuid;

/// Contests on one page.
pub const PAGE: i64 = 50;
/// Contests that ran out, ended in one transaction.
const BATCH: i64 = 500;

/// A conversion to be contested.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its programme.
    pub programme: ProgrammeId,
    /// The programme's time zone.
    pub zone: Tz,
    /// Whose it is.
    pub partner: PartnerId,
    /// It.
    pub conversion: ConversionId,
}

/// Finds a programme's conversion by its order; `None` where no sale or lead has it.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such programme.
pub async fn target(tx: &mut Tx, programme: &str, order: &str) -> Result<Option<Target>, AppError> {
    let home = sqlx::query!("SELECT programme_id, time_zone FROM programme WHERE code = $1", programme)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let row = sqlx::query!(
        "SELECT partner_id, conversion_id FROM conversion WHERE programme_id = $1 AND order_id = $2",
        home.programme_id,
        order,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Target {
        programme: home.programme_id.into(),
        zone: home.time_zone.parse().unwrap_or(Tz::UTC),
        partner: row.partner_id.into(),
        conversion: row.conversion_id.into(),
    }))
}

/// A contest to begin.
#[derive(Clone, Debug)]
pub struct NewContest<'a> {
    /// What is contested.
    pub target: &'a Target,
    /// What the partner reads.
    pub reason_partner: &'a str,
    /// What only the house reads.
    pub reason_house: &'a str,
    /// The first moment after its last day.
    pub ends_at: DateTime<Utc>,
    /// The form's key.
    pub form_key: Uuid,
}

/// How beginning a contest went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It runs.
    Runs(ContestId),
    /// One runs already.
    Already,
    /// Its commission is in a payout, or paid.
    InPayout,
    /// Nothing is left of its commission.
    NothingLeft,
}

/// Contests a conversion; the same form twice is one contest. After anything but [`Begun::Runs`] the transaction can only
/// be rolled back.
///
/// # Errors
/// When the database is away.
pub async fn begin(
    tx: &mut Tx,
    staff: &Staff,
    new: &NewContest<'_>,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<Begun, AppError> {
    let known = sqlx::query_scalar!("SELECT contest_id FROM contest WHERE form_key = $1", new.form_key)
        .fetch_optional(&mut **tx)
        .await?;
    if let Some(id) = known {
        return Ok(Begun::Runs(id.into()));
    }
    let made = sqlx::query_scalar!(
        "INSERT INTO contest (programme_id, partner_id, conversion_id, reason_partner, reason_house, reviewer_id, reviewer_name,
                              contested_at, ends_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING contest_id",
        new.target.programme.0,
        new.target.partner.0,
        new.target.conversion.0,
        new.reason_partner,
        new.reason_house,
        staff.person.0,
        staff.name,
        now,
        new.ends_at,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await;
    let id = match made {
        Ok(id) => id,
        Err(error) => {
            return match constraint(&error) {
                Some("contest_one_live" | "contest_form_once") => Ok(Begun::Already),
                Some("contest_of_what_is_not_in_a_payout") => Ok(Begun::InPayout),
                Some("contest_of_what_is_left") => Ok(Begun::NothingLeft),
                _ => Err(error.into()),
            };
        }
    };
    let change = Change {
        action: "contest.begun",
        subject: format!("contest/{id}"),
        partner: Some(new.target.partner),
        after: Some(json!({ "conversion": new.target.conversion, "ends_at": new.ends_at })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await?;
    Ok(Begun::Runs(id.into()))
}

/// Ends a contest that runs.
///
/// # Errors
/// [`AppError::Conflict`] where it has ended; `contest_rejected_by_a_lead` where this person may not reject.
pub async fn end(
    tx: &mut Tx,
    staff: &Staff,
    contest: &Contest,
    outcome: Outcome,
    reason: &str,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE contest SET ended_at = $3, end_written_at = $3, outcome = $4, end_reason = $5, ended_by = $6
         WHERE partner_id = $1 AND contest_id = $2 AND ended_at IS NULL",
        contest.partner.0,
        contest.id.0,
        now,
        outcome.as_str(),
        reason,
        staff.person.0,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())?;
    let change = Change {
        action: match outcome {
            Outcome::LetGo => "contest.let_go",
            Outcome::Rejected => "contest.rejected",
        },
        subject: format!("contest/{}", contest.id),
        partner: Some(contest.partner),
        after: Some(
            json!({ "conversion": contest.conversion, "amount": contest.left.amount.to_string(), "currency": contest.left.currency.code() }),
        ),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await
}

/// Lets go of every contest whose last day is over, each from the end of that day on. Gives their number; safe to run
/// twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn end_due(db: &Db, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut total = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let ended = sqlx::query!(
            "UPDATE contest k SET ended_at = k.ends_at, end_written_at = $1, outcome = 'let_go'
             FROM (SELECT partner_id, contest_id FROM contest WHERE ended_at IS NULL AND ends_at <= $1
                   ORDER BY partner_id, contest_id LIMIT $2 FOR UPDATE SKIP LOCKED) due
             WHERE k.partner_id = due.partner_id AND k.contest_id = due.contest_id
             RETURNING k.partner_id, k.contest_id, k.conversion_id",
            now,
            BATCH,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &ended {
            let change = Change {
                action: "contest.ran_out",
                subject: format!("contest/{}", row.contest_id),
                partner: Some(row.partner_id.into()),
                after: Some(json!({ "conversion": row.conversion_id })),
                ..Change::default()
            };
            record(&mut tx, &Actor::Job, now, "contests", change).await?;
        }
        tx.commit().await?;
        total += ended.len();
        if (ended.len() as u64) < BATCH.unsigned_abs() {
            return Ok(total);
        }
    }
}

/// One contest.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn find(tx: &mut Tx, id: ContestId) -> Result<Contest, AppError> {
    let found = list(tx, Which::One(id)).await?;
    found.into_iter().next().ok_or(AppError::NotFound)
}

/// Which contests are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// This one.
    One(ContestId),
    /// Those that run, the next to end first, after this many.
    Live(i64),
    /// Those that ended, the last first, after this many.
    Ended(i64),
}

/// Contests, one more than [`PAGE`] where there are more.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, which: Which) -> Result<Vec<Contest>, AppError> {
    let (one, live, after) = match which {
        Which::One(id) => (Some(id.0), false, 0),
        Which::Live(after) => (None, true, after),
        Which::Ended(after) => (None, false, after),
    };
    let rows = sqlx::query!(
        r#"SELECT k.contest_id, k.partner_id, p.code AS partner_code, p.name AS partner_name, g.time_zone, k.conversion_id, v.order_id,
                  c.currency, c.amount_left AS "left!", c.released_at IS NOT NULL AND c.amount_left > 0 AS "is_apart!",
                  k.reason_partner, k.reason_house, k.reviewer_name, k.contested_at, k.ends_at, k.ended_at, k.outcome, k.end_reason,
                  s.name AS "ended_by?"
           FROM contest k
           JOIN partner p USING (partner_id)
           JOIN programme g ON g.programme_id = k.programme_id
           JOIN conversion v USING (partner_id, conversion_id)
           JOIN commission c USING (partner_id, conversion_id)
           LEFT JOIN staff s ON s.person_id = k.ended_by
           WHERE CASE WHEN $1::bigint IS NULL THEN (k.ended_at IS NULL) = $2 ELSE k.contest_id = $1 END
           ORDER BY k.ended_at DESC, k.ends_at, k.contest_id
           OFFSET $3 LIMIT $4"#,
        one,
        live,
        after,
        PAGE + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let outcome = row.outcome.as_deref().and_then(Outcome::parse);
            Ok(Contest {
                id: row.contest_id.into(),
                partner: row.partner_id.into(),
                partner_names: (row.partner_code, row.partner_name),
                conversion: row.conversion_id.into(),
                order_id: row.order_id,
                zone: row.time_zone.parse().unwrap_or(Tz::UTC),
                left: Money::new(row.left, Currency::parse(&row.currency)?),
                is_apart: row.is_apart,
                told: Told {
                    reason: row.reason_partner,
                    contested_at: row.contested_at,
                    ends_at: row.ends_at,
                    ended: row.ended_at.zip(outcome).map(|(at, outcome)| (at, outcome, row.end_reason)),
                },
                reason_house: row.reason_house,
                reviewer: row.reviewer_name,
                ended_by: row.ended_by,
            })
        })
        .collect()
}

/// How many contests run, and what lies apart for them, by currency.
///
/// # Errors
/// When the database is away.
pub async fn totals(tx: &mut Tx) -> Result<(i64, Vec<Money>), AppError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM contest WHERE ended_at IS NULL"#)
        .fetch_one(&mut **tx)
        .await?;
    let rows = sqlx::query!(
        r#"SELECT c.currency, sum(c.amount_left) AS "amount!" FROM contest k JOIN commission c USING (partner_id, conversion_id)
           WHERE k.ended_at IS NULL GROUP BY c.currency HAVING sum(c.amount_left) > 0 ORDER BY c.currency"#
    )
    .fetch_all(&mut **tx)
    .await?;
    let sums = rows.into_iter().map(|row| Ok(Money::new(row.amount, Currency::parse(&row.currency)?)));
    Ok((count, sums.collect::<Result<_, AppError>>()?))
}

/// What a partner is told of a conversion's contests, in the order they began.
///
/// # Errors
/// When the database is away.
pub async fn told(tx: &mut Tx, partner: PartnerId, conversion: ConversionId) -> Result<Vec<Told>, AppError> {
    let rows = sqlx::query!(
        "SELECT reason_partner, contested_at, ends_at, ended_at, outcome, end_reason FROM contest
         WHERE partner_id = $1 AND conversion_id = $2 ORDER BY contest_id",
        partner.0,
        conversion.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Told {
            reason: row.reason_partner,
            contested_at: row.contested_at,
            ends_at: row.ends_at,
            ended: row
                .ended_at
                .zip(row.outcome.as_deref().and_then(Outcome::parse))
                .map(|(at, outcome)| (at, outcome, row.end_reason)),
        })
        .collect())
}
