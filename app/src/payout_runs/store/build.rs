//! Building a run, a batch of partners at a time.

use super::super::model::{Run, Stage, Warning};
use super::super::rules::{Before, Candidate, Method, Terms, Verdict, decide};
use super::RunRow;
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::clock::{last_day, start_of_day};
use crate::base::crash;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PayoutRunId, ProgrammeId};
use crate::base::money::{Currency, Money};
use crate::commissions::store::wait_for_imports;
use crate::invoices;
use crate::payout_methods::model::MethodKind;
use crate::payouts::model::Review;
use crate::payouts::rules::{cutoff_for, next_pay_day};
use crate::tax;
use crate::tax::model::{Taxed, Worked};
use crate::terms::model::Schedule;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Partners in one transaction; bounds what is locked and held in memory at once.
const BATCH: i64 = 1_000;
/// Earlier payouts that say what a partner is used to.
const CUSTOM: i64 = 6;

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
        return Ok((super::find(tx, run).await?, false));
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

/// What one batch did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Partners gone through.
    pub partners: usize,
    /// Payouts scheduled.
    pub payouts: usize,
    /// Whether everybody has been gone through now.
    pub finished: bool,
}

/// Goes through the next partners of a run, in a transaction of its own; two builders take turns. `None` where the run is
/// built already, or cancelled.
///
/// # Errors
/// When the database is away; nothing of the batch is done then.
pub async fn build_batch(
    db: &Db,
    actor: &Actor,
    run: PayoutRunId,
    now: DateTime<Utc>,
) -> Result<Option<Batch>, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    wait_for_imports(&mut tx).await?;
    let Some(open) = lock(&mut tx, run).await? else { return Ok(None) };
    let partners: Vec<i64> = sqlx::query_scalar!(
        "SELECT partner_id FROM partner
         WHERE programme_id = $1 AND partner_id > $2 AND ($3::bigint IS NULL OR partner_id = $3) AND status <> 'closed'
         ORDER BY partner_id LIMIT $4",
        open.run.programme.0,
        open.built_through,
        open.run.off_cycle.as_ref().map(|(partner, _)| partner.0),
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    // From here to the commit nobody else moves their payable money, so that sums and allocations are of one picture.
    sqlx::query!("SELECT lock_payable($1)", &partners).execute(&mut *tx).await?;
    let terms = terms(&mut tx, &open.run, now).await?;
    let candidates = candidates(&mut tx, &open.run, &terms, &partners, now).await?;
    let mut pay = Vec::new();
    let mut blocked = Vec::new();
    for candidate in candidates {
        match decide(&terms, &candidate) {
            Verdict::Pay(method, warnings) => {
                let worked = candidate.taxed.work_out(Money::new(candidate.payable, candidate.currency));
                let worked = worked.map_err(|error| AppError::Internal(error.to_string()))?;
                pay.push(Pay { candidate, method, warnings, worked });
            }
            Verdict::Blocked(reasons) => blocked.push((candidate, reasons)),
        }
    }
    let payouts = pay.len();
    let cutoffs = cutoffs(&mut tx, &open.run, &terms, &partners, now).await?;
    write_payouts(&mut tx, &open.run, &partners, &cutoffs, pay, now).await?;
    write_blocks(&mut tx, run, blocked).await?;
    crash::point("payouts.build.batch");
    let finished = (partners.len() as u64) < BATCH.unsigned_abs();
    let through = partners.last().copied().unwrap_or(open.built_through);
    sqlx::query!(
        "UPDATE payout_run SET built_through = $2, built_at = CASE WHEN $3 THEN $4::timestamptz END WHERE payout_run_id = $1",
        run.0,
        through,
        finished,
        now,
    )
    .execute(&mut *tx)
    .await?;
    if finished {
        record_built(&mut tx, actor, run, now).await?;
    }
    tx.commit().await?;
    crash::point("payouts.build.committed");
    Ok(Some(Batch { partners: partners.len(), payouts, finished }))
}

struct Open {
    run: Run,
    built_through: i64,
}

async fn lock(tx: &mut Tx, run: PayoutRunId) -> Result<Option<Open>, AppError> {
    let row = sqlx::query!(
        "SELECT programme_id, cutoff, cutoff_at, pay_day, partner_id, reason, built_through, built_at, cancelled_at
         FROM payout_run WHERE payout_run_id = $1 FOR UPDATE",
        run.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    if row.built_at.is_some() || row.cancelled_at.is_some() {
        return Ok(None);
    }
    let off_cycle = row.partner_id.map(|partner| (partner.into(), row.reason));
    let run = Run {
        id: run,
        programme: row.programme_id.into(),
        cutoff: row.cutoff,
        cutoff_at: row.cutoff_at,
        pay_day: row.pay_day,
        off_cycle,
        stage: Stage::Building,
    };
    Ok(Some(Open { run, built_through: row.built_through }))
}

async fn terms(tx: &mut Tx, run: &Run, now: DateTime<Utc>) -> Result<Terms, AppError> {
    let home = sqlx::query!("SELECT currency, time_zone FROM programme WHERE programme_id = $1", run.programme.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok(Terms {
        currency: Currency::parse(&home.currency)?,
        zone: home.time_zone.parse().unwrap_or(Tz::UTC),
        cutoff: run.cutoff,
        pay_day: run.pay_day,
        off_cycle: run.off_cycle.is_some(),
        now,
    })
}

/// Each partner's own cut-off: the run's, or an earlier one where the schedule lets money wait.
async fn cutoffs(
    tx: &mut Tx,
    run: &Run,
    terms: &Terms,
    partners: &[i64],
    now: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT p.partner_id AS "partner!", s.kind AS "kind?", s.value AS "value?"
           FROM unnest($2::bigint[]) WITH ORDINALITY AS p (partner_id, position)
           LEFT JOIN LATERAL (SELECT kind, value FROM terms_at($1, 0, p.partner_id, $3) WHERE field = 'schedule') s ON true
           ORDER BY p.position"#,
        run.programme.0,
        partners,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let schedule = row.kind.zip(row.value).and_then(|(kind, value)| Schedule::from_parts(&kind, value));
            match schedule.and_then(|schedule| cutoff_for(schedule, run.cutoff, run.pay_day)) {
                Some(day) if run.off_cycle.is_none() && day < run.cutoff => {
                    start_of_day(day + Days::new(1), terms.zone)
                }
                _ => run.cutoff_at,
            }
        })
        .collect())
}

async fn candidates(
    tx: &mut Tx,
    run: &Run,
    terms: &Terms,
    partners: &[i64],
    now: DateTime<Utc>,
) -> Result<Vec<Candidate>, AppError> {
    let cutoffs = cutoffs(tx, run, terms, partners, now).await?;
    let before = before(tx, partners).await?;
    let taxes = taxes(tx, run.programme, partners, now).await?;
    let rows = sqlx::query!(
        r#"WITH item AS MATERIALIZED (
               SELECT partner_id, currency, sum(amount) AS amount FROM payable_items($2, $3) GROUP BY partner_id, currency)
           SELECT a.holder_id AS "partner!", a.currency AS "currency!", coalesce(item.amount, 0) AS "payable!",
                  coalesce(f.balance, 0) AS "ring_fenced!", t.minimum AS "minimum?", t.schedule_kind AS "schedule_kind?",
                  t.schedule_value AS "schedule_value?", m.payout_method_id AS "method?", m.kind AS "method_kind?", m.usable_from AS "usable_from?",
                  v.ends_at AS "review_ends?", EXISTS (SELECT FROM payout_method w WHERE w.partner_id = a.holder_id AND w.ended_at IS NULL AND w.waiting) AS "unconfirmed!"
           FROM account a
           LEFT JOIN item ON item.partner_id = a.holder_id AND item.currency = a.currency
           LEFT JOIN account f ON f.programme_id = a.programme_id AND f.holder_id = a.holder_id AND f.currency = a.currency AND f.kind = 'ring_fenced'
           LEFT JOIN payout_method m ON m.partner_id = a.holder_id AND m.ended_at IS NULL AND NOT m.waiting
           LEFT JOIN partner_review v ON v.partner_id = a.holder_id AND v.ended_at IS NULL AND v.ends_at > $4
           LEFT JOIN LATERAL (
               SELECT max(value) FILTER (WHERE field = 'minimum') AS minimum, max(kind) FILTER (WHERE field = 'schedule') AS schedule_kind,
                      max(value) FILTER (WHERE field = 'schedule') AS schedule_value
               FROM terms_at(a.programme_id, 0, a.holder_id, $4) WHERE field IN ('minimum', 'schedule')) t ON true
           WHERE a.programme_id = $1 AND a.holder_id = ANY($2) AND a.kind = 'payable' AND (item.amount <> 0 OR f.balance > 0)
           ORDER BY a.holder_id, a.currency"#,
        run.programme.0,
        partners,
        &cutoffs,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = Currency::parse(&row.currency)?;
            let method = match (row.method, row.method_kind, row.usable_from) {
                (Some(id), Some(kind), Some(usable_from)) => {
                    let kind = MethodKind::parse(&kind)
                        .ok_or_else(|| AppError::Internal("a payout method of no known kind".into()))?;
                    Some(Method { id, kind, usable_from })
                }
                _ => None,
            };
            let schedule = row.schedule_kind.zip(row.schedule_value);
            let taxed = taxes.of(row.partner, method.map(|method| method.kind));
            Ok(Candidate {
                partner: row.partner.into(),
                currency,
                payable: row.payable,
                ring_fenced: row.ring_fenced,
                minimum: row.minimum,
                schedule: schedule.and_then(|(kind, value)| Schedule::from_parts(&kind, value)),
                method,
                unconfirmed: row.unconfirmed,
                review: row.review_ends.map(|until| Review {
                    until,
                    day: last_day(until, terms.zone),
                    reason: String::new(),
                }),
                taxed,
                before: before.get(&(row.partner, row.currency)).cloned().unwrap_or_default(),
            })
        })
        .collect()
}

/// What the tax office wants of these partners.
struct Taxes {
    policy: Option<Arc<tax::model::Policy>>,
    profiles: HashMap<i64, tax::model::Profile>,
    awaited: HashSet<i64>,
}

impl Taxes {
    fn of(&self, partner: i64, method: Option<MethodKind>) -> Taxed {
        Taxed {
            policy: self.policy.clone(),
            profile: self.profiles.get(&partner).cloned(),
            method,
            awaits_invoice: self.awaited.contains(&partner),
        }
    }
}

async fn taxes(tx: &mut Tx, programme: ProgrammeId, partners: &[i64], now: DateTime<Utc>) -> Result<Taxes, AppError> {
    let Some(policy) = tax::store::in_force(tx, programme, now).await? else {
        return Ok(Taxes { policy: None, profiles: HashMap::new(), awaited: HashSet::new() });
    };
    let awaited = match policy.terms.waits_for_invoice {
        true => invoices::store::awaited(tx, partners).await?.into_iter().map(|key| key.partner.0).collect(),
        false => HashSet::new(),
    };
    Ok(Taxes { policy: Some(Arc::new(policy)), profiles: tax::store::newest_of(tx, partners, now).await?, awaited })
}

/// Earlier payouts that were sent, by partner and currency.
async fn before(tx: &mut Tx, partners: &[i64]) -> Result<HashMap<(i64, String), Before>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT p.partner_id, p.currency, p.amount, p.payout_method_id
           FROM unnest($1::bigint[]) AS one (partner_id)
           CROSS JOIN LATERAL (
               SELECT x.*, row_number() OVER (PARTITION BY x.currency ORDER BY x.payout_id DESC) AS age
               FROM payout x WHERE x.partner_id = one.partner_id AND x.state <> 'cancelled') p
           WHERE p.age <= $2
           ORDER BY p.partner_id, p.currency, p.age"#,
        partners,
        CUSTOM,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: HashMap<(i64, String), Before> = HashMap::new();
    for row in rows {
        let before = found.entry((row.partner_id, row.currency)).or_default();
        before.amounts.push(row.amount);
        before.method.get_or_insert(row.payout_method_id);
    }
    Ok(found)
}

/// Somebody who is paid.
struct Pay {
    candidate: Candidate,
    method: i64,
    warnings: Vec<Warning>,
    worked: Worked,
}

async fn write_payouts(
    tx: &mut Tx,
    run: &Run,
    partners: &[i64],
    cutoffs: &[DateTime<Utc>],
    pay: Vec<Pay>,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let paid: Vec<i64> = pay.iter().map(|one| one.candidate.partner.0).collect();
    let currencies: Vec<String> = pay.iter().map(|one| one.candidate.currency.code().to_owned()).collect();
    let methods: Vec<i64> = pay.iter().map(|one| one.method).collect();
    let warnings: Vec<String> = pay
        .iter()
        .map(|one| one.warnings.iter().map(|warning| warning.as_str()).collect::<Vec<_>>().join(","))
        .collect();
    let amounts = |of: fn(&Worked) -> Decimal| -> Vec<Decimal> { pay.iter().map(|one| of(&one.worked)).collect() };
    // Of tax data that no policy asks for, nothing is cited.
    let policies: Vec<Option<i64>> = pay.iter().map(|one| Some(one.candidate.taxed.policy.as_ref()?.id)).collect();
    let profiles: Vec<Option<i64>> = pay
        .iter()
        .map(|one| {
            one.candidate.taxed.policy.as_ref().and(one.candidate.taxed.profile.as_ref()).map(|profile| profile.id)
        })
        .collect();
    let treatments: Vec<String> = pay.iter().map(|one| one.worked.treatment.as_str().to_owned()).collect();
    sqlx::query!(
        "INSERT INTO payout (programme_id, partner_id, payout_run_id, currency, amount, payout_method_id, pay_day, warnings, created_at,
                             tax_policy_id, tax_profile_id, vat_treatment, vat_percent, withheld_percent, vat, withheld, fee)
         SELECT $1, partner_id, $2, currency, amount, method, $3, coalesce(string_to_array(nullif(warnings, ''), ','), '{}'), $4,
                policy, profile, treatment, vat_percent, withheld_percent, vat, withheld, fee
         FROM unnest($5::bigint[], $6::text[], $7::numeric[], $8::bigint[], $9::text[], $10::bigint[], $11::bigint[], $12::text[], $13::numeric[],
                     $14::numeric[], $15::numeric[], $16::numeric[], $17::numeric[])
              AS one (partner_id, currency, amount, method, warnings, policy, profile, treatment, vat_percent, withheld_percent, vat, withheld, fee)",
        run.programme.0,
        run.id.0,
        run.pay_day,
        now,
        &paid,
        &currencies,
        &amounts(|worked| worked.net),
        &methods,
        &warnings,
        &policies as &[Option<i64>],
        &profiles as &[Option<i64>],
        &treatments,
        &amounts(|worked| worked.vat_percent),
        &amounts(|worked| worked.withheld_percent),
        &amounts(|worked| worked.vat),
        &amounts(|worked| worked.withheld),
        &amounts(|worked| worked.fee),
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO payout_allocation (partner_id, payout_id, transfer_id, conversion_id, kind, amount)
         SELECT i.partner_id, p.payout_id, i.transfer_id, i.conversion_id, i.kind, i.amount
         FROM payable_items($2, $3) i
         JOIN payout p ON p.payout_run_id = $1 AND p.partner_id = i.partner_id AND p.currency = i.currency",
        run.id.0,
        partners,
        cutoffs,
    )
    .execute(&mut **tx)
    .await?;
    crash::point("payouts.build.allocated");
    sqlx::query!(
        "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at)
         SELECT partner_id, payout_id, 1, '', 'scheduled', 'command', $3, $3
         FROM payout WHERE payout_run_id = $1 AND partner_id = ANY($2)",
        run.id.0,
        partners,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn write_blocks(
    tx: &mut Tx,
    run: PayoutRunId,
    blocked: Vec<(Candidate, Vec<super::super::model::Blocked>)>,
) -> Result<(), AppError> {
    let rows = || {
        blocked.iter().flat_map(|(candidate, reasons)| {
            (1..).zip(reasons).map(move |(position, reason)| (candidate, position, reason))
        })
    };
    let partners: Vec<i64> = rows().map(|(candidate, ..)| candidate.partner.0).collect();
    let currencies: Vec<String> = rows().map(|(candidate, ..)| candidate.currency.code().to_owned()).collect();
    let positions: Vec<i32> = rows().map(|(_, position, _)| position).collect();
    let payable: Vec<Decimal> = rows().map(|(candidate, ..)| candidate.payable).collect();
    let reasons: Vec<String> = rows().map(|(.., blocked)| blocked.reason.as_str().to_owned()).collect();
    let amounts: Vec<Option<Decimal>> = rows().map(|(.., blocked)| blocked.amount).collect();
    let until: Vec<Option<DateTime<Utc>>> = rows().map(|(.., blocked)| blocked.until).collect();
    sqlx::query!(
        "INSERT INTO payout_block (partner_id, payout_run_id, currency, position, payable, reason, amount, until)
         SELECT partner_id, $1, currency, position, payable, reason, amount, until
         FROM unnest($2::bigint[], $3::text[], $4::integer[], $5::numeric[], $6::text[], $7::numeric[], $8::timestamptz[])
              AS one (partner_id, currency, position, payable, reason, amount, until)",
        run.0,
        &partners,
        &currencies,
        &positions,
        &payable,
        &reasons,
        &amounts as &[Option<Decimal>],
        &until as &[Option<DateTime<Utc>>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn record_built(tx: &mut Tx, actor: &Actor, run: PayoutRunId, now: DateTime<Utc>) -> Result<(), AppError> {
    let totals = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'payouts', payouts, 'amount', amount) ORDER BY currency), '[]')
                  AS "totals!"
           FROM (SELECT currency, count(*) AS payouts, sum(total)::text AS amount FROM payout WHERE payout_run_id = $1 GROUP BY currency) t"#,
        run.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let blocked = sqlx::query_scalar!(
        r#"SELECT count(*) AS "blocked!" FROM payout_block WHERE payout_run_id = $1 AND position = 1"#,
        run.0
    )
    .fetch_one(&mut **tx)
    .await?;
    let change = Change {
        action: "payout_run.built",
        subject: format!("payout_run/{run}"),
        after: Some(json!({ "totals": totals, "blocked": blocked })),
        ..Change::default()
    };
    record(tx, actor, now, &format!("payout-run-{run}"), change).await
}
