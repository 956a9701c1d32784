//! How many cases a view has, without those that its reader gave away. Counting ends after so many, so that it takes no longer where there are more.

use super::keys::{BREACHING, Narrowed, Whose, narrowed};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::desk::filter::With;
use crate::desk::model::View;
use chrono::{DateTime, Utc};

/// So many cases of a view are looked through.
const MOST: usize = 1000;

/// How many cases there are among those looked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub cases: usize,
    /// Those in which nobody answered the partner.
    pub unanswered: usize,
    /// Those of which a deadline is past.
    pub overdue: usize,
    /// Whether there were more to look through: each count is a least one then.
    pub at_least: bool,
}

macro_rules! tallied {
    ($tx:ident, $narrowed:ident, $now:ident, $whose:ident, $limit:ident, $until:ident: $of:tt by $order:tt) => {
        narrowed!(query_as!($tx, $narrowed, $now, $whose; [Row, r#"
            SELECT count(*) FILTER (WHERE fits) AS "cases!", count(*) FILTER (WHERE fits AND unanswered) AS "unanswered!",
                   count(*) FILTER (WHERE fits AND overdue) AS "overdue!", count(*) AS "seen!"
            FROM (SELECT c.unanswered_at IS NOT NULL AS unanswered, coalesce(c.due_at <= $14::timestamptz, false) AS overdue,
                     ($3::text IS NULL OR c.kind = $3) AND ($4::text IS NULL OR c.stage = $4)
                     AND ($5::bigint IS NULL OR c.programme_id = $5)
                     AND ($7::text IS NULL OR EXISTS (SELECT FROM person o WHERE o.person_id = c.opened_by AND o.locale = $7))
                     AND ($8::text IS NULL OR $8 = 'advertiser' OR case_awaits(c.stage, c.unanswered_at) = $8)
                     AND ($8::text IS DISTINCT FROM 'advertiser' OR c.stage <> 'closed' AND (c.partner_id, c.case_id) IN (
                         SELECT k.partner_id, k.case_id FROM enquiry_claim k WHERE k.verdict IS NULL))
                     AND ($9::timestamptz IS NULL OR c.opened_at >= $9) AND ($10::timestamptz IS NULL OR c.opened_at < $10)
                     AND (NOT $11::boolean OR c.assignee_id IS NULL) AND ($12::bigint IS NULL OR c.assignee_id = $12) AS fits
                  FROM support_case c WHERE $1::timestamptz IS NOT NULL AND "# + $of + r#" AND ($6::bigint[] IS NULL OR c.partner_id = ANY ($6))
                    AND c.case_id <> ALL (ARRAY(SELECT g.case_id FROM case_given_away g WHERE g.from_id = $15::bigint))
                  ORDER BY "# + $order + r#" LIMIT $13) looked"#],
            $limit, $until, $narrowed.reader.0))
        .fetch_one(&mut **$tx)
        .await?
    };
}

struct Row {
    cases: i64,
    unanswered: i64,
    overdue: i64,
    seen: i64,
}

/// How many cases a view has, so narrowed.
///
/// # Errors
/// When the database is away.
pub async fn tally(tx: &mut Tx, view: View, narrowed: &Narrowed, now: DateTime<Utc>) -> Result<Tally, AppError> {
    let whose = narrowed.whose(view);
    let limit = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let soon = now + BREACHING;
    let row = match (view, whose) {
        (View::Breaching, _) => {
            tallied!(tx, narrowed, soon, whose, limit, now: "c.stage <> 'closed' AND c.due_at <= $1 AND ($2::bigint IS NULL OR c.assignee_id = $2)" by "c.due_at")
        }
        (View::Appeals, _) => {
            tallied!(tx, narrowed, now, whose, limit, now: "c.stage <> 'closed' AND (c.snoozed_until IS NULL OR c.due_at <= $1) AND ($2::bigint IS NULL OR c.assignee_id = $2) AND (c.partner_id, c.case_id) IN (SELECT a.partner_id, a.case_id FROM case_appeal a LEFT JOIN case_appeal_decision d USING (partner_id, case_id) WHERE d.partner_id IS NULL)" by "c.place_at")
        }
        (View::Snoozed, _) => {
            tallied!(tx, narrowed, now, whose, limit, now: "c.snoozed_until IS NOT NULL AND ($2::bigint IS NULL OR c.assignee_id = $2)" by "c.snoozed_until")
        }
        (View::Closed, Whose::Person(_)) => {
            tallied!(tx, narrowed, now, whose, limit, now: "c.stage = 'closed' AND c.assignee_id = $2::bigint" by "c.closed_at DESC")
        }
        (View::Closed, _) => {
            tallied!(tx, narrowed, now, whose, limit, now: "c.stage = 'closed' AND $2::bigint IS NULL" by "c.closed_at DESC")
        }
        (_, Whose::Person(_)) => {
            tallied!(tx, narrowed, now, whose, limit, now: "c.stage <> 'closed' AND (c.snoozed_until IS NULL OR c.due_at <= $1) AND c.assignee_id = $2::bigint" by "c.place_at")
        }
        (_, Whose::Nobody) => {
            tallied!(tx, narrowed, now, whose, limit, now: "c.stage <> 'closed' AND (c.snoozed_until IS NULL OR c.due_at <= $1) AND $2::bigint IS NULL AND c.assignee_id IS NULL" by "c.place_at")
        }
        (_, Whose::Everybody) => {
            tallied!(tx, narrowed, now, whose, limit, now: "c.stage <> 'closed' AND (c.snoozed_until IS NULL OR c.due_at <= $1) AND $2::bigint IS NULL" by "c.place_at")
        }
    };
    let count = |count: i64| usize::try_from(count).unwrap_or_default();
    Ok(Tally {
        cases: count(row.cases).min(MOST),
        unanswered: count(row.unanswered),
        overdue: count(row.overdue),
        at_least: count(row.seen) > MOST,
    })
}
