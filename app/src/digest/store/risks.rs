//! Partners who may leave, and what is proposed for them.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, ProposalId};
use crate::base::money::{Currency, Money};
use crate::digest::model::{AtRisk, Proposed, Week};
use rust_decimal::Decimal;

/// Partners that are listed; the rest is counted.
const LISTED: i64 = 10;
/// With how many of a partner's own weeks before this one is compared. The SQL says so many times seven days.
const WEEKS: i64 = 4;

/// Partners whose sales earned half or less of what they did in a usual week of their own (the mean of the four before, in three
/// of which at least they sold something; of a week that runs, as much of each), who waited for an answer for more than a day, or
/// whose payout failed or came back in the last four weeks with none paid since. Who has most reasons comes first, then who earned
/// most. Earnings are as booked at the sale, so that a later refund changes no week that is over.
pub(super) async fn at_risk(tx: &mut Tx, week: Week) -> Result<(Vec<AtRisk>, i64), AppError> {
    let rows = sqlx::query!(
        r#"WITH fell AS (
               SELECT DISTINCT ON (a.partner_id) a.partner_id, k.currency, k.late, k.early
               FROM partner a
               CROSS JOIN LATERAL (
                   SELECT c.currency, coalesce(sum(c.amount) FILTER (WHERE c.occurred_at >= $1), 0) AS late,
                          coalesce(sum(c.amount) FILTER (WHERE c.occurred_at < $1), 0) AS early,
                          max((c.occurred_at < $1::timestamptz - interval '21 days')::integer)
                          + max((c.occurred_at >= $1::timestamptz - interval '21 days' AND c.occurred_at < $1::timestamptz - interval '14 days')::integer)
                          + max((c.occurred_at >= $1::timestamptz - interval '14 days' AND c.occurred_at < $1::timestamptz - interval '7 days')::integer)
                          + max((c.occurred_at >= $1::timestamptz - interval '7 days' AND c.occurred_at < $1)::integer) AS weeks
                   FROM commission c
                   WHERE c.partner_id = a.partner_id AND c.occurred_at >= $1::timestamptz - interval '28 days' AND c.occurred_at < $2
                     AND (c.occurred_at >= $1
                          OR mod(extract(epoch FROM c.occurred_at - ($1::timestamptz - interval '28 days')), 604800)
                             < extract(epoch FROM $2::timestamptz - $1::timestamptz))
                   GROUP BY c.currency) k
               WHERE a.status = 'active' AND k.weeks >= 3 AND k.early > 0 AND k.late * 8 <= k.early
               ORDER BY a.partner_id, k.early - k.late * 4 DESC
           ), unanswered AS (
               SELECT DISTINCT ON (o.partner_id) o.partner_id, o.case_id, waits.since
               FROM cases_open_at($2) o
               CROSS JOIN LATERAL (
                   SELECT min(m.sent_at) AS since FROM message m
                   WHERE m.partner_id = o.partner_id AND m.case_id = o.case_id AND m.side = 'partner' AND m.sent_at <= $2
                     AND m.message_id > greatest(
                         (SELECT coalesce(max(r.message_id), 0) FROM message r
                          WHERE r.partner_id = o.partner_id AND r.case_id = o.case_id AND r.side = 'staff' AND r.sent_at <= $2),
                         (SELECT coalesce(max(n.message_id), 0) FROM needs_no_answer n
                          WHERE n.partner_id = o.partner_id AND n.case_id = o.case_id AND n.marked_at <= $2))) waits
               WHERE waits.since <= $2::timestamptz - interval '24 hours'
               ORDER BY o.partner_id, waits.since, o.case_id
           ), failed AS (
               SELECT e.partner_id, max(e.at) AS at FROM payout_event e
               WHERE e.to_state IN ('failed', 'returned') AND e.at >= $2::timestamptz - interval '28 days' AND e.at <= $2
                 AND NOT EXISTS (SELECT FROM payout_event p WHERE p.partner_id = e.partner_id AND p.to_state = 'paid' AND p.at > e.at AND p.at <= $2)
               GROUP BY e.partner_id
           ), listed AS (
               SELECT a.partner_id, a.code, a.name, f.currency, f.late, f.early, u.case_id, u.since, x.at AS failed_at, count(*) OVER () AS in_all,
                      num_nonnulls(f.partner_id, u.partner_id, x.partner_id) AS reasons
               FROM partner a
               LEFT JOIN fell f USING (partner_id) LEFT JOIN unanswered u USING (partner_id) LEFT JOIN failed x USING (partner_id)
               WHERE a.status = 'active' AND num_nonnulls(f.partner_id, u.partner_id, x.partner_id) > 0
               ORDER BY reasons DESC, f.early DESC NULLS LAST, a.partner_id LIMIT $3
           )
           SELECT l.partner_id AS "partner!: PartnerId", l.code AS "code!", l.name AS "name!", l.currency AS "currency?", l.late AS "late?", l.early AS "early?",
                  l.case_id AS "case?: CaseId", l.since AS "since?", l.failed_at, l.in_all AS "in_all!",
                  (SELECT max(p.proposal_id) FROM proposal p
                   WHERE p.partner_scope = l.partner_id AND p.proposer_id IS NOT NULL AND p.proposed_at <= $2
                     AND (p.expires_at IS NULL OR p.expires_at > $2)
                     AND NOT EXISTS (SELECT FROM decision d WHERE d.proposal_id = p.proposal_id AND d.decided_at <= $2)) AS "proposal: ProposalId",
                  (SELECT e.case_id FROM escalation e
                   WHERE e.partner_id = l.partner_id AND e.escalated_at <= $2 AND (e.answered_at IS NULL OR e.answered_at > $2)
                   ORDER BY e.escalated_at, e.case_id LIMIT 1) AS "escalated: CaseId",
                  (SELECT max(r.terms_request_id) FROM terms_request r
                   WHERE r.partner_id = l.partner_id AND r.asked_at <= $2
                     AND NOT EXISTS (SELECT FROM terms_request_answer w WHERE w.terms_request_id = r.terms_request_id AND w.answered_at <= $2)) AS asked
           FROM listed l
           ORDER BY l.reasons DESC, l.early DESC NULLS LAST, l.partner_id"#,
        week.seen.from,
        week.seen.to,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    let in_all = rows.first().map_or(0, |row| row.in_all);
    let listed = rows
        .into_iter()
        .map(|row| {
            let fell = match (row.currency, row.late, row.early) {
                (Some(currency), Some(late), Some(early)) => {
                    let currency = Currency::parse(&currency)?;
                    let usual = currency.round(early / Decimal::from(WEEKS));
                    Some((Money::new(late, currency), Money::new(usual, currency)))
                }
                _ => None,
            };
            let proposed = match (row.proposal, row.escalated, row.asked) {
                (Some(proposal), _, _) => Proposed::Terms(proposal),
                (None, Some(case), _) => Proposed::Escalation(case),
                (None, None, Some(asked)) => Proposed::Asked(asked),
                (None, None, None) => Proposed::Nothing,
            };
            Ok(AtRisk {
                partner: row.partner,
                code: row.code,
                name: row.name,
                fell,
                unanswered: row.case.zip(row.since),
                payout_failed: row.failed_at,
                proposed,
            })
        })
        .collect::<Result<_, AppError>>()?;
    Ok((listed, in_all))
}
