//! What people do to single payouts, files and promises of a run.

use super::lines::events;
use crate::audit::store::{Change, record};
use crate::base::actor::{Actor, Staff};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::{PartnerId, PayoutFileId, PayoutId, PayoutRunId, PersonId};
use crate::bulletins::store as bulletins;
use crate::payout_runs::model::State;
use crate::payout_runs::steps::{Standing, Step};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

/// What a step of this payout depends on, and whose it is.
///
/// # Errors
/// [`AppError::NotFound`] where the run has no such payout.
pub async fn standing(tx: &mut Tx, run: PayoutRunId, payout: PayoutId) -> Result<(PartnerId, Standing), AppError> {
    let row = sqlx::query!(
        r#"SELECT p.partner_id AS "partner_id: PartnerId", p.state, r.builder_id AS "builder_id: PersonId",
                  l.payout_run_id IS NOT NULL AS "released!", l.releaser_id AS "releaser_id?: PersonId"
           FROM payout p JOIN payout_run r USING (payout_run_id) LEFT JOIN payout_release l USING (payout_run_id)
           WHERE p.payout_run_id = $1 AND p.payout_id = $2"#,
        run.0,
        payout.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let steps = events(tx, row.partner_id, payout).await?;
    let standing = Standing {
        state: State::parse(&row.state).ok_or_else(|| AppError::Internal("a payout in no known state".into()))?,
        released: row.released.then_some(row.releaser_id),
        approved_before: steps.iter().any(|step| step.to == State::Approved),
        builder: row.builder_id,
    };
    Ok((row.partner_id, standing))
}

/// Takes a payout through these states. The caller commits.
///
/// # Errors
/// [`AppError::Conflict`] where it moved in between.
#[allow(clippy::too_many_arguments, reason = "a step is all of these")]
pub async fn step(
    tx: &mut Tx,
    staff: &Staff,
    (partner, payout): (PartnerId, PayoutId),
    step: Step,
    from: State,
    states: &[State],
    reason: &str,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let mut before = from;
    for state in states {
        let written = sqlx::query!(
            "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, by_id, reason, at, booked_at)
             SELECT partner_id, payout_id, seq + 1, state, $4, 'staff', $5, $6, $7, $7
             FROM payout WHERE partner_id = $1 AND payout_id = $2 AND state = $3",
            partner.0,
            payout.0,
            before.as_str(),
            state.as_str(),
            staff.person.0,
            reason,
            now,
        )
        .execute(&mut **tx)
        .await;
        match written {
            Ok(done) if done.rows_affected() == 1 => before = *state,
            Ok(_) => return Err(AppError::Conflict),
            Err(error) => {
                return Err(match constraint(&error) {
                    Some("payout_event_pkey" | "payout_event_follows" | "payout_event_of_a_standing_run") => {
                        AppError::Conflict
                    }
                    Some("payout_event_approved_by_an_owner") => AppError::Forbidden,
                    _ => error.into(),
                });
            }
        }
    }
    let change = Change {
        action: match step {
            Step::Hold => "payout.held",
            Step::LetGo => "payout.let_go",
            Step::Cancel => "payout.cancelled",
        },
        subject: format!("payout/{payout}"),
        partner: Some(partner),
        before: Some(json!({ "state": from.as_str() })),
        after: Some(json!({ "state": before.as_str(), "reason": Some(reason).filter(|reason| !reason.is_empty()) })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await
}

/// How withdrawing a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// Its payouts are approved again.
    Done {
        /// How many.
        payouts: u64,
    },
    /// It was withdrawn before.
    Before,
    /// A bank has answered on something in it, so it was sent.
    Answered,
}

/// Withdraws a file that was never sent: its payouts are approved again and go into the next one. The caller commits, and
/// gives the transaction up on anything but [`Withdrawn::Done`].
///
/// # Errors
/// [`AppError::NotFound`] where there is no such file, [`AppError::Forbidden`] for anybody but an owner.
pub async fn withdraw(
    tx: &mut Tx,
    staff: &Staff,
    file: PayoutFileId,
    reason: &str,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<Withdrawn, AppError> {
    let payments = sqlx::query_scalar!("SELECT payments FROM payout_file WHERE payout_file_id = $1", file.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let written = sqlx::query!(
        "INSERT INTO payout_file_withdrawn (payout_file_id, reason, withdrawn_by, withdrawn_at) VALUES ($1, $2, $3, $4)",
        file.0,
        reason,
        staff.person.0,
        now,
    )
    .execute(&mut **tx)
    .await;
    if let Err(error) = written {
        return match constraint(&error) {
            Some("payout_file_withdrawn_pkey") => Ok(Withdrawn::Before),
            Some("payout_file_withdrawn_without_answer") => Ok(Withdrawn::Answered),
            Some("payout_file_withdrawn_by_an_owner") => Err(AppError::Forbidden),
            _ => Err(error.into()),
        };
    }
    let moved = sqlx::query!(
        "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, by_id, reason, at, booked_at)
         SELECT p.partner_id, p.payout_id, p.seq + 1, p.state, 'approved', 'staff', $2, $3, $4, $4
         FROM payout_in_file i JOIN payout p USING (partner_id, payout_id) WHERE i.payout_file_id = $1 AND p.state = 'submitted'",
        file.0,
        staff.person.0,
        reason,
        now,
    )
    .execute(&mut **tx)
    .await;
    let payouts = match moved {
        Ok(moved) => moved.rows_affected(),
        Err(error) => {
            return match constraint(&error) {
                Some("payout_event_never_sent_without_answer") => Ok(Withdrawn::Answered),
                Some("payout_event_never_sent_by_an_owner") => Err(AppError::Forbidden),
                Some("payout_event_pkey") => Err(AppError::Conflict),
                _ => Err(error.into()),
            };
        }
    };
    // One of them is further on, so the file was sent.
    if i64::try_from(payouts) != Ok(payments) {
        return Ok(Withdrawn::Answered);
    }
    let change = Change {
        action: "payout_file.withdrawn",
        subject: format!("payout_file/{file}"),
        after: Some(json!({ "payouts": payouts, "reason": reason })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await?;
    Ok(Withdrawn::Done { payouts })
}

/// A later pay day for everybody in a run.
#[derive(Clone, Copy, Debug)]
pub struct NewDelay<'a> {
    /// The run.
    pub run: PayoutRunId,
    /// The day that was promised until now.
    pub promised: NaiveDate,
    /// The new one.
    pub day: NaiveDate,
    /// What partners read.
    pub message: &'a str,
    /// The form's key: sent twice, it is told once.
    pub form_key: Uuid,
}

/// Writes a later pay day of a run down, to be told to everybody in it, by mail too; `false` where this form had told it before. The caller commits.
///
/// # Errors
/// When the database is away.
pub async fn tell_delay(
    tx: &mut Tx,
    staff: &Staff,
    new: NewDelay<'_>,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    let written = sqlx::query_scalar!(
        "INSERT INTO payout_delay (payout_run_id, new_pay_day, message, told_by, told_by_name, told_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (form_key) DO NOTHING RETURNING payout_delay_id",
        new.run.0,
        new.day,
        new.message,
        staff.person.0,
        staff.name,
        now,
        new.form_key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(delay) = written else { return Ok(false) };
    bulletins::tell_delay(tx, (new.run, delay), &staff.name, now).await?;
    let change = Change {
        action: "payout_run.delayed",
        subject: format!("payout_run/{}", new.run),
        before: Some(json!({ "pay_day": new.promised })),
        after: Some(json!({ "pay_day": new.day })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await?;
    Ok(true)
}

/// Whether this form was done before.
///
/// # Errors
/// When the database is away.
pub async fn delay_was_told(tx: &mut Tx, form_key: Uuid) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM payout_delay WHERE form_key = $1) AS "told!""#, form_key)
        .fetch_one(&mut **tx)
        .await?)
}

/// The off-cycle run of a partner that waits for its release, if there is one.
///
/// # Errors
/// When the database is away.
pub async fn open_off_cycle(tx: &mut Tx, partner: PartnerId) -> Result<Option<PayoutRunId>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT payout_run_id AS "run: PayoutRunId" FROM payout_run r
           WHERE partner_id = $1 AND kind = 'off_cycle' AND cancelled_at IS NULL
             AND NOT EXISTS (SELECT FROM payout_release l WHERE l.payout_run_id = r.payout_run_id)
           ORDER BY payout_run_id DESC LIMIT 1"#,
        partner.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// The programmes there are: number, code, zone.
///
/// # Errors
/// When the database is away.
pub async fn programmes(tx: &mut Tx) -> Result<Vec<Home>, AppError> {
    Ok(sqlx::query_as!(Home, "SELECT programme_id AS id, code, name, time_zone FROM programme ORDER BY code")
        .fetch_all(&mut **tx)
        .await?)
}

/// A programme that runs are built for.
#[derive(Clone, Debug)]
pub struct Home {
    /// Its number.
    pub id: i64,
    /// Its short name.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The zone of its accounting days.
    pub time_zone: String,
}
