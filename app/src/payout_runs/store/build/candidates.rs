//! What a run has to know of the partners of a batch.

use crate::base::clock::{last_day, start_of_day};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PayoutId, ProgrammeId};
use crate::base::money::Currency;
use crate::invoices;
use crate::payout_methods::model::MethodKind;
use crate::payout_runs::model::Run;
use crate::payout_runs::rules::{Before, Candidate, Method, Terms};
use crate::payouts::model::Review;
use crate::payouts::rules::cutoff_for;
use crate::tax;
use crate::tax::model::Taxed;
use crate::terms::model::Schedule;
use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use std::collections::HashMap;
use std::sync::Arc;

/// Earlier payouts that say what a partner is used to.
const CUSTOM: i64 = 6;

pub(super) async fn terms(tx: &mut Tx, run: &Run, now: DateTime<Utc>) -> Result<Terms, AppError> {
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
pub(super) async fn cutoffs(
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

pub(super) async fn candidates(
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
                  v.ends_at AS "review_ends?", n.status = 'closed' AS "closed!", h.held AS "held?", h.leaves AS "leaves?", h.awaits AS "awaits?",
                  k.ends_at AS "contest_ends?", e.code AS "refused?", EXISTS (SELECT FROM payout_method w WHERE w.partner_id = a.holder_id AND w.ended_at IS NULL AND w.waiting) AS "unconfirmed!",
                  (a.holder_id, a.currency) IN (SELECT d.partner_id, d.currency FROM partners_in_doubt() d) AS "in_doubt!"
           FROM (SELECT DISTINCT programme_id, holder_id, currency FROM account
                 WHERE programme_id = $1 AND holder_id = ANY($2) AND kind IN ('payable', 'pending', 'ring_fenced')) a
           JOIN partner n ON n.partner_id = a.holder_id
           LEFT JOIN item ON item.partner_id = a.holder_id AND item.currency = a.currency
           LEFT JOIN account f ON f.programme_id = a.programme_id AND f.holder_id = a.holder_id AND f.currency = a.currency AND f.kind = 'ring_fenced'
           LEFT JOIN account g ON g.programme_id = a.programme_id AND g.holder_id = a.holder_id AND g.currency = a.currency AND g.kind = 'pending'
           -- Of what is in hold, only those are told who have nothing else; of them, when the first of it leaves.
           LEFT JOIN LATERAL (
               SELECT sum(c.amount_left) FILTER (WHERE c.hold_until IS NOT NULL) AS held, min(c.hold_until) AS leaves,
                      sum(c.amount_left) FILTER (WHERE c.hold_until IS NULL) AS awaits
               FROM commission c WHERE c.partner_id = a.holder_id AND c.currency = a.currency AND c.released_at IS NULL AND c.amount_left > 0
           ) h ON coalesce(item.amount, 0) = 0 AND g.balance > 0
           LEFT JOIN LATERAL (
               SELECT min(x.ends_at) AS ends_at FROM contest x JOIN commission c USING (partner_id, conversion_id)
               WHERE x.partner_id = a.holder_id AND x.ended_at IS NULL AND c.currency = a.currency) k ON f.balance > 0
           LEFT JOIN payout_method m ON m.partner_id = a.holder_id AND m.ended_at IS NULL AND NOT m.waiting
           LEFT JOIN partner_review v ON v.partner_id = a.holder_id AND v.ended_at IS NULL AND v.ends_at > $4
           -- What a bank said of the last payout, while it would go to the same method again.
           LEFT JOIN LATERAL (
               SELECT p.payout_id, p.seq, p.state, p.payout_method_id FROM payout p
               WHERE p.partner_id = a.holder_id AND p.currency = a.currency AND p.state <> 'cancelled' ORDER BY p.payout_id DESC LIMIT 1
           ) l ON l.payout_method_id = m.payout_method_id
           LEFT JOIN payout_event e ON e.partner_id = a.holder_id AND e.payout_id = l.payout_id AND e.seq = l.seq
                                   AND l.state IN ('failed', 'returned')
           LEFT JOIN LATERAL (
               SELECT max(value) FILTER (WHERE field = 'minimum') AS minimum, max(kind) FILTER (WHERE field = 'schedule') AS schedule_kind,
                      max(value) FILTER (WHERE field = 'schedule') AS schedule_value
               FROM terms_at(a.programme_id, 0, a.holder_id, $4) WHERE field IN ('minimum', 'schedule')) t ON true
           WHERE (item.amount <> 0 OR f.balance > 0 OR g.balance > 0)
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
                refused: row.refused,
                closed: row.closed,
                contest_ends: row.contest_ends,
                in_hold: row.held.zip(row.leaves),
                awaits_approval: row.awaits.unwrap_or_default(),
                in_doubt: row.in_doubt,
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
    awaited: HashMap<i64, PayoutId>,
}

impl Taxes {
    fn of(&self, partner: i64, method: Option<MethodKind>) -> Taxed {
        Taxed {
            policy: self.policy.clone(),
            profile: self.profiles.get(&partner).cloned(),
            method,
            awaits_invoice: self.awaited.get(&partner).copied(),
        }
    }
}

async fn taxes(tx: &mut Tx, programme: ProgrammeId, partners: &[i64], now: DateTime<Utc>) -> Result<Taxes, AppError> {
    let Some(policy) = tax::store::in_force(tx, programme, now).await? else {
        return Ok(Taxes { policy: None, profiles: HashMap::new(), awaited: HashMap::new() });
    };
    let awaited = match policy.terms.waits_for_invoice {
        // The earliest of each comes last, and stays.
        true => {
            let awaited = invoices::store::awaited(tx, partners).await?;
            awaited.into_iter().rev().map(|key| (key.partner.0, key.payout)).collect()
        }
        false => HashMap::new(),
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
