//! Reading the clocks of a case anew and keeping what they show, in the transaction of whatever changed it.

use super::{AHEAD, history, policies, size, unknown};
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{self, Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId};
use crate::clocks::model::{Clock, Period, Policy, Reading, Size, State};
use crate::clocks::rules;
use crate::desk::order::{self, FirstMoney, Pressure, Waits};
use crate::disputes::model::{Kind, Stage};
use crate::disputes::rules::running_promise;
use crate::rota::model::Rota;
use crate::rota::rules::desk_spans;
use crate::rota::spans::Span;
use crate::rota::store::rota;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

/// How many cases are read in one transaction.
const BATCH: i64 = 200;

/// What reading clocks takes, read once for many cases.
#[derive(Clone, Debug)]
pub struct Renewal {
    rota: Rota,
    policies: Vec<Policy>,
    now: DateTime<Utc>,
}

/// What a run of a clock may take, and by which policy.
#[derive(Clone, Copy)]
struct Limit {
    policy: i64,
    minutes: i32,
    size: Size,
}

/// Reads the clocks of a case and keeps what they show, whoever's transaction this is.
///
/// # Errors
/// When the database is away.
pub async fn renew(tx: &mut Tx, partner: PartnerId, case: CaseId, now: DateTime<Utc>) -> Result<(), AppError> {
    let former = db::become_system(tx).await?;
    let renewal = Renewal::load(tx, now).await?;
    renewal.renew(tx, partner, case).await?;
    db::become_again(tx, former).await?;
    Ok(())
}

impl Renewal {
    /// The rota and the limits as they are now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn load(tx: &mut Tx, now: DateTime<Utc>) -> Result<Self, AppError> {
        Ok(Self { rota: rota(tx, now).await?, policies: policies(tx).await?, now })
    }

    /// Reads and keeps the clocks of one case; needs the role of commands and jobs.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn renew(&self, tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<(), AppError> {
        let row = sqlx::query!(
            "SELECT programme_id, kind, stage, next_update_at FROM support_case WHERE partner_id = $1 AND case_id = $2 FOR NO KEY UPDATE",
            partner.0,
            case.0,
        )
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
        let kind = Kind::parse(&row.kind).ok_or_else(|| unknown(&row.kind))?;
        let stage = Stage::parse(&row.stage).ok_or_else(|| unknown(&row.stage))?;
        let promised = running_promise(stage, row.next_update_at).map(|at| (Clock::NextUpdate, at));
        let due = if self.rota.is_empty() {
            // Without a rota no clock runs: promises alone count, every hour.
            sqlx::query!(
                "DELETE FROM case_clock WHERE partner_id = $1 AND case_id = $2 AND ended_at IS NULL",
                partner.0,
                case.0,
            )
            .execute(&mut **tx)
            .await?;
            promised
        } else {
            self.keep_clocks(tx, partner, case, kind).await?.filter(|_| stage != Stage::Closed).or(promised)
        };
        self.keep_standing(tx, row.programme_id, partner, case, stage, due).await?;
        sqlx::query!("DELETE FROM clock_renewal WHERE partner_id = $1 AND case_id = $2", partner.0, case.0)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// Keeps every run of every clock; gives the one that runs out first.
    async fn keep_clocks(
        &self,
        tx: &mut Tx,
        partner: PartnerId,
        case: CaseId,
        kind: Kind,
    ) -> Result<Option<(Clock, DateTime<Utc>)>, AppError> {
        let periods = rules::periods(&history(tx, partner, case).await?);
        let Some(first) = periods.first() else { return Ok(None) };
        let working = desk_spans(&self.rota, Span { from: first.started_at, to: self.now + AHEAD });
        let size = size(tx, partner, self.now).await?;
        let (mut due, mut runs) = (None, [0_i32; 3]);
        for period in &periods {
            let run = &mut runs[period.clock as usize];
            let limit = self.limit(tx, partner, case, period, *run + 1, kind, size).await?;
            let Some(limit) = limit else { continue };
            *run += 1;
            let reading = rules::read(period, TimeDelta::minutes(i64::from(limit.minutes)), &working, self.now);
            self.keep(tx, partner, case, *run, period, limit, &reading).await?;
            self.record_breach(tx, partner, case, *run, period, &reading).await?;
            if matches!(reading.state, State::Running | State::Breached) && period.ended_at.is_none() {
                let at = reading.deadline.map(|at| (period.clock, at));
                due = [due, at].into_iter().flatten().min_by_key(|(_, at)| *at);
            }
        }
        Ok(due)
    }

    /// The limit a run started with stays; a new one takes the policy of its start.
    #[allow(clippy::too_many_arguments)]
    async fn limit(
        &self,
        tx: &mut Tx,
        partner: PartnerId,
        case: CaseId,
        period: &Period,
        run: i32,
        kind: Kind,
        size: Size,
    ) -> Result<Option<Limit>, AppError> {
        let kept = sqlx::query!(
            "SELECT clock_policy_id, minutes, size FROM case_clock
             WHERE partner_id = $1 AND case_id = $2 AND clock = $3 AND run = $4 AND started_at = $5",
            partner.0,
            case.0,
            period.clock.as_str(),
            run,
            period.started_at,
        )
        .fetch_optional(&mut **tx)
        .await?;
        Ok(match kept {
            Some(kept) => {
                let size = Size::parse(&kept.size).ok_or_else(|| unknown(&kept.size))?;
                Some(Limit { policy: kept.clock_policy_id, minutes: kept.minutes, size })
            }
            None => rules::policy_for(&self.policies, period.clock, kind, size, period.started_at).and_then(|policy| {
                Some(Limit { policy: policy.id, minutes: i32::try_from(policy.minutes?).ok()?, size })
            }),
        })
    }

    #[allow(clippy::too_many_arguments)]
    async fn keep(
        &self,
        tx: &mut Tx,
        partner: PartnerId,
        case: CaseId,
        run: i32,
        period: &Period,
        limit: Limit,
        reading: &Reading,
    ) -> Result<(), AppError> {
        sqlx::query!(
            "INSERT INTO case_clock (partner_id, case_id, clock, run, clock_policy_id, minutes, size, state, started_at, paused_since,
                                     ended_at, deadline, twice_at, counted_minutes, read_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT (partner_id, case_id, clock, run) DO UPDATE
             SET (clock_policy_id, minutes, size, state, started_at, paused_since, ended_at, deadline, twice_at, counted_minutes, read_at)
               = (EXCLUDED.clock_policy_id, EXCLUDED.minutes, EXCLUDED.size, EXCLUDED.state, EXCLUDED.started_at, EXCLUDED.paused_since,
                  EXCLUDED.ended_at, EXCLUDED.deadline, EXCLUDED.twice_at, EXCLUDED.counted_minutes, EXCLUDED.read_at)",
            partner.0,
            case.0,
            period.clock.as_str(),
            run,
            limit.policy,
            limit.minutes,
            limit.size.as_str(),
            reading.state.as_str(),
            period.started_at,
            period.paused_since,
            period.ended_at,
            reading.deadline,
            reading.twice,
            i32::try_from(reading.minutes()).unwrap_or(i32::MAX),
            self.now,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Records that a clock ran out, and that it has run twice as long, each at its own moment.
    async fn record_breach(
        &self,
        tx: &mut Tx,
        partner: PartnerId,
        case: CaseId,
        run: i32,
        period: &Period,
        reading: &Reading,
    ) -> Result<(), AppError> {
        if reading.state != State::Breached {
            return Ok(());
        }
        let until = period.ended_at.unwrap_or(self.now);
        for (told, at) in [("lead", reading.deadline), ("owner", reading.twice)] {
            let Some(at) = at.filter(|at| *at < until) else { continue };
            let written = sqlx::query!(
                "INSERT INTO clock_breach (partner_id, case_id, clock, run, told, at, recorded_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                partner.0,
                case.0,
                period.clock.as_str(),
                run,
                told,
                at,
                self.now,
            )
            .execute(&mut **tx)
            .await?;
            if written.rows_affected() == 0 {
                continue;
            }
            let change = Change {
                action: "case.clock_ran_out",
                subject: format!("case/{case}"),
                partner: Some(partner),
                after: Some(json!({ "clock": period.clock.as_str(), "ran_out_at": at, "told": told })),
                ..Change::default()
            };
            record(tx, &Actor::Job, self.now, "clocks", change).await?;
        }
        Ok(())
    }

    /// Where the case stands in the queue.
    async fn keep_standing(
        &self,
        tx: &mut Tx,
        programme: i64,
        partner: PartnerId,
        case: CaseId,
        stage: Stage,
        due: Option<(Clock, DateTime<Utc>)>,
    ) -> Result<(), AppError> {
        let row = sqlx::query!(
            r#"SELECT unanswered_since, answered_at, paid AS "paid!", owed AS "owed!", minimum, stake, late_since
               FROM case_pressure($4, $1, $2, $3)"#,
            partner.0,
            case.0,
            self.now,
            programme,
        )
        .fetch_one(&mut **tx)
        .await?;
        let waits = order::waits(stage, row.unanswered_since, row.answered_at);
        let pressure = Pressure {
            waits,
            due,
            payout_late: None,
            stake: order::stake_of(row.stake, row.minimum),
            first_money: FirstMoney::of(row.paid, row.owed, row.minimum)
                .filter(|_| matches!(waits, Some(Waits::Unanswered(_)))),
        };
        sqlx::query!(
            "UPDATE support_case c
             SET (due_clock, due_at, standing_at, pay_by, unanswered_at, place_at, step_at) = (n.due_clock, n.due_at, n.standing_at, n.pay_by,
                 n.unanswered_at, n.place_at, n.step_at)
             FROM (SELECT $3::text AS due_clock, $4::timestamptz AS due_at, $5::timestamptz AS standing_at, $6::timestamptz AS pay_by,
                          $7::timestamptz AS unanswered_at, case_place($5, $4, $6, $8) AS place_at, case_step($5, $4, $6, $8) AS step_at) n
             WHERE c.partner_id = $1 AND c.case_id = $2
               AND (c.due_clock, c.due_at, c.standing_at, c.pay_by, c.unanswered_at, c.place_at, c.step_at)
                   IS DISTINCT FROM (n.due_clock, n.due_at, n.standing_at, n.pay_by, n.unanswered_at, n.place_at, n.step_at)",
            partner.0,
            case.0,
            due.map(|(clock, _)| clock.as_str()),
            due.map(|(_, at)| at),
            order::standing(&pressure),
            row.late_since,
            row.unanswered_since.filter(|_| stage != Stage::Closed),
            self.now,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Reads the clocks of every case in which one ran out, or that waits for it; gives how many. Several processes may do
/// this at once: each takes other cases.
///
/// # Errors
/// When the database is away.
pub async fn renew_waiting(db: &Db, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut renewed = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let cases = waiting(&mut tx, now).await?;
        let mut done = 0;
        if !cases.is_empty() {
            let renewal = Renewal::load(&mut tx, now).await?;
            for (partner, case) in &cases {
                db::begin_part(&mut tx).await?;
                let part = renewal.renew(&mut tx, *partner, *case).await;
                match db::end_part(&mut tx, part).await? {
                    Ok(_) => done += 1,
                    // One case does not stop the clocks of the others.
                    Err(error) => tracing::warn!(%case, %error, "its clocks can't be read now"),
                }
            }
        }
        tx.commit().await?;
        renewed += done;
        if done == 0 || i64::try_from(cases.len()).unwrap_or(i64::MAX) < BATCH {
            return Ok(renewed);
        }
    }
}

/// Cases whose clocks ran out, or have to be read again; not those that another process has in hand.
async fn waiting(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<(PartnerId, CaseId)>, AppError> {
    Ok(sqlx::query!(
        r#"SELECT c.partner_id AS "partner: PartnerId", c.case_id AS "case: CaseId"
           FROM support_case c
           WHERE (c.partner_id, c.case_id) IN (
               (SELECT partner_id, case_id FROM clock_renewal LIMIT $1)
               UNION ALL
               (SELECT partner_id, case_id FROM case_clock WHERE state = 'running' AND deadline < $2 ORDER BY deadline LIMIT $1)
               UNION ALL
               (SELECT k.partner_id, k.case_id FROM case_clock k
                WHERE k.state = 'breached' AND k.ended_at IS NULL AND k.twice_at < $2
                  AND NOT EXISTS (SELECT FROM clock_breach b
                                  WHERE (b.partner_id, b.case_id, b.clock, b.run, b.told) = (k.partner_id, k.case_id, k.clock, k.run, 'owner'))
                ORDER BY k.twice_at LIMIT $1))
           ORDER BY c.partner_id, c.case_id LIMIT $1
           FOR NO KEY UPDATE OF c SKIP LOCKED"#,
        BATCH,
        now,
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(|row| (row.partner, row.case))
    .collect())
}
