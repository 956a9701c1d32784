//! The beginning of a run: its days, or the one that has them already.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::clock::start_of_day;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PayoutRunId, ProgrammeId};
use crate::payout_runs::model::Run;
use crate::payout_runs::store::{RunRow, find};
use crate::payouts::rules::next_pay_day;
use crate::terms::model::Schedule;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use serde_json::json;

/// What to build.
#[derive(Clone, Debug)]
pub struct Start {
    /// Who pays.
    pub programme: ProgrammeId,
    /// The last accounting day whose money is in it.
    pub cutoff: NaiveDate,
    /// When it pays; the programme's schedule says it where nobody does.
    pub pay_day: Option<NaiveDate>,
    /// One partner off-cycle, and why.
    pub off_cycle: Option<(PartnerId, String)>,
}

/// Starts a run, or finds the one that has this cut-off already; off-cycle, the one that was asked for in the same words
/// and is not released. Whether it was started now comes with it.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such programme; [`AppError::BadRequest`] for a pay day before the cut-off.
pub async fn start(tx: &mut Tx, actor: &Actor, start: &Start, now: DateTime<Utc>) -> Result<(Run, bool), AppError> {
    let home = sqlx::query!("SELECT time_zone FROM programme WHERE programme_id = $1", start.programme.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    if let Some((partner, reason)) = &start.off_cycle
        && let Some(run) = open_off_cycle(tx, start.cutoff, *partner, reason).await?
    {
        return Ok((find(tx, run).await?, false));
    }
    let zone: Tz = home.time_zone.parse().unwrap_or(Tz::UTC);
    let pay_day = match start.pay_day {
        Some(day) => day,
        None => pay_day(tx, start, now.with_timezone(&zone).date_naive(), now).await?,
    };
    if pay_day <= start.cutoff && start.off_cycle.is_none() {
        return Err(AppError::BadRequest("a run pays after its cut-off"));
    }
    let (partner, reason) = match &start.off_cycle {
        Some((partner, reason)) => (Some(partner.0), reason.as_str()),
        None => (None, ""),
    };
    let made = sqlx::query_scalar!(
        "INSERT INTO payout_run (programme_id, kind, cutoff, cutoff_at, pay_day, partner_id, reason, builder_id, started_at)
         VALUES ($1, CASE WHEN $2::bigint IS NULL THEN 'regular' ELSE 'off_cycle' END, $3, $4, $5, $2, $6, $7, $8)
         ON CONFLICT (programme_id, cutoff) WHERE kind = 'regular' AND cancelled_at IS NULL DO NOTHING
         RETURNING payout_run_id",
        start.programme.0,
        partner,
        start.cutoff,
        start_of_day(start.cutoff + Days::new(1), zone),
        pay_day,
        reason,
        actor.staff().map(|staff| staff.person.0),
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(id) = made {
        let change = Change {
            action: "payout_run.started",
            subject: format!("payout_run/{id}"),
            partner: start.off_cycle.as_ref().map(|(partner, _)| *partner),
            after: Some(
                json!({ "programme": start.programme, "cutoff": start.cutoff, "pay_day": pay_day, "off_cycle": partner.is_some() }),
            ),
            ..Change::default()
        };
        record(tx, actor, now, &format!("payout-run-{id}"), change).await?;
    }
    let run = sqlx::query_as!(
        RunRow,
        r#"SELECT r.payout_run_id, programme_id, cutoff, cutoff_at, pay_day, partner_id, reason, built_at, cancelled_at, released_at AS "released_at?"
           FROM payout_run r LEFT JOIN payout_release USING (payout_run_id)
           WHERE r.payout_run_id = $1 OR ($1::bigint IS NULL AND programme_id = $2 AND cutoff = $3 AND kind = 'regular' AND cancelled_at IS NULL)"#,
        made,
        start.programme.0,
        start.cutoff,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::Conflict)?;
    Ok((run.run()?, made.is_some()))
}

/// The run that pays a partner off-cycle, where it is still open: whoever asks again, after a command that was cut off or
/// by a second click, goes on with it. Of two at one moment the second waits for the first.
async fn open_off_cycle(
    tx: &mut Tx,
    cutoff: NaiveDate,
    partner: PartnerId,
    reason: &str,
) -> Result<Option<PayoutRunId>, AppError> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('off_cycle', $1))", partner.0)
        .execute(&mut **tx)
        .await?;
    let found = sqlx::query_scalar!(
        "SELECT payout_run_id FROM payout_run r WHERE partner_id = $1 AND cutoff = $2 AND reason = $3 AND cancelled_at IS NULL
           AND NOT EXISTS (SELECT FROM payout_release l WHERE l.payout_run_id = r.payout_run_id)
         ORDER BY payout_run_id LIMIT 1",
        partner.0,
        cutoff,
        reason,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(PayoutRunId))
}

/// The first pay day of the programme's schedule after the cut-off that is still to come; without a schedule, today.
async fn pay_day(tx: &mut Tx, start: &Start, today: NaiveDate, now: DateTime<Utc>) -> Result<NaiveDate, AppError> {
    let after = start.cutoff + Days::new(1);
    if start.off_cycle.is_some() {
        return Ok(today);
    }
    let row = sqlx::query!(
        r#"SELECT kind AS "kind!", value AS "value!" FROM terms_at($1, 0, 0, $2) WHERE field = 'schedule'"#,
        start.programme.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let schedule = row.and_then(|row| Schedule::from_parts(&row.kind, row.value));
    Ok(match schedule {
        Some(schedule) => next_pay_day(schedule, after),
        None => today.max(after),
    })
}
