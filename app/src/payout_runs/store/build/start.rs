//! The beginning of a run: its days, or the one that has them already.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::clock::start_of_day;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PayoutRunId, ProgrammeId};
use crate::payout_runs::model::Run;
use crate::payout_runs::store::find;
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
         -- Whichever of the two keys stands against it, the run that has it is the one that was asked for.
         ON CONFLICT DO NOTHING
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
    let run = match made {
        Some(made) => PayoutRunId(made),
        None => known(tx, start, partner, reason).await?.ok_or(AppError::Conflict)?,
    };
    Ok((find(tx, run).await?, made.is_some()))
}

/// The run that stands where another was to begin.
async fn known(
    tx: &mut Tx,
    start: &Start,
    partner: Option<i64>,
    reason: &str,
) -> Result<Option<PayoutRunId>, AppError> {
    let found = sqlx::query_scalar!(
        "SELECT payout_run_id FROM payout_run
         WHERE programme_id = $1 AND cutoff = $2 AND cancelled_at IS NULL
           AND CASE WHEN $3::bigint IS NULL THEN kind = 'regular'
                    ELSE kind = 'off_cycle' AND partner_id = $3 AND reason = $4 AND let_go_at IS NULL END",
        start.programme.0,
        start.cutoff,
        partner,
        reason,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(PayoutRunId))
}

/// The first pay day of the programme's schedule after the cut-off that is still to come; without a schedule, today.
async fn pay_day(tx: &mut Tx, start: &Start, today: NaiveDate, now: DateTime<Utc>) -> Result<NaiveDate, AppError> {
    let after = today.max(start.cutoff + Days::new(1));
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
        None => after,
    })
}
