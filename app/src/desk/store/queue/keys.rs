//! Which cases a page of a view has: each view and direction along an index of its own.

use super::PAGE;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::desk::filter::{Begin, Cursor, Filter, With};
use crate::desk::model::View;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// What runs out within this time is breaching already.
pub(super) const BREACHING: TimeDelta = TimeDelta::hours(1);

/// A case of a page, and what the page is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose it is.
    pub partner: PartnerId,
    /// The case.
    pub case: CaseId,
    /// Its place in the view's order.
    pub at: DateTime<Utc>,
}

/// A filter as the database reads it: with ids for codes and moments for days.
#[derive(Clone, Debug)]
pub struct Narrowed {
    /// Who asks: whose cases are theirs.
    pub(super) reader: PersonId,
    pub(super) kind: Option<&'static str>,
    pub(super) stage: Option<&'static str>,
    pub(super) with: Option<With>,
    /// The programme's id; of a code that is none, one that no programme has.
    pub(super) programme: Option<i64>,
    /// Partners of that code, in any programme.
    pub(super) partners: Option<Vec<i64>>,
    pub(super) language: Option<&'static str>,
    pub(super) awaited: Option<&'static str>,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) to: Option<DateTime<Utc>>,
}

impl Narrowed {
    /// By nothing but who asks.
    pub fn to(reader: PersonId) -> Self {
        Self {
            reader,
            kind: None,
            stage: None,
            with: None,
            programme: None,
            partners: None,
            language: None,
            awaited: None,
            from: None,
            to: None,
        }
    }

    /// Looks the filter's codes up.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn by(tx: &mut Tx, filter: &Filter, reader: PersonId, zone: Tz) -> Result<Self, AppError> {
        if !filter.is_empty() {
            // A plan for whatever may be asked can't know that a partner's cases are few; one for what is asked does.
            sqlx::query("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)").execute(&mut **tx).await?;
        }
        let programme = match &filter.programme {
            Some(code) => Some(
                sqlx::query_scalar!("SELECT programme_id FROM programme WHERE code = $1", code)
                    .fetch_optional(&mut **tx)
                    .await?
                    .unwrap_or(0),
            ),
            None => None,
        };
        let partners = match &filter.partner {
            // By programme, since that is how the key begins.
            Some(code) => Some(
                sqlx::query_scalar!(
                    "SELECT p.partner_id FROM programme g JOIN partner p USING (programme_id) WHERE p.code = $1",
                    code
                )
                .fetch_all(&mut **tx)
                .await?,
            ),
            None => None,
        };
        let (from, to) = filter.moments(zone);
        Ok(Self {
            kind: filter.kind.map(|kind| kind.as_str()),
            stage: filter.stage.map(|stage| stage.as_str()),
            with: filter.with,
            programme,
            partners,
            language: filter.language,
            awaited: filter.awaited.map(|awaited| awaited.as_str()),
            from,
            to,
            ..Self::to(reader)
        })
    }

    /// Whose cases are looked through, since that decides the index.
    pub(super) fn whose(&self, view: View) -> Whose {
        match (view, self.with) {
            (View::Mine, _) => Whose::Person(self.reader),
            (View::Unassigned, _) => Whose::Nobody,
            _ if self.partners.is_some() => Whose::Everybody,
            (_, Some(With::Nobody)) => Whose::Nobody,
            (_, Some(With::Person(person))) => Whose::Person(person),
            _ => Whose::Everybody,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Whose {
    Everybody,
    Nobody,
    Person(PersonId),
}

/// What narrows, in every query alike: each condition holds where its parameter is absent.
macro_rules! narrowed {
    ($query:ident!($tx:ident, $narrowed:ident, $now:ident, $whose:ident; [$($sql:tt)+], $($more:expr),*)) => {
        sqlx::$query!(
            $($sql)+,
            $now,
            match $whose { Whose::Person(person) => Some(person.0), _ => None },
            $narrowed.kind,
            $narrowed.stage,
            $narrowed.programme,
            $narrowed.partners.as_deref(),
            $narrowed.language,
            $narrowed.awaited,
            $narrowed.from,
            $narrowed.to,
            matches!($narrowed.with, Some(With::Nobody)),
            match $narrowed.with { Some(With::Person(person)) => Some(person.0), _ => None },
            $($more),*
        )
    };
}
pub(super) use narrowed;

/// One page's keys and one more. `$place` is what it is sorted by, `$open` which cases there are, `$beyond` and `$order` the
/// direction. Cases whose next step has come, and was not made yet, are few: they are asked for apart, by where they
/// stand now. What is put off is out of the way until it runs out; what its reader gave away is out of their sight for good.
macro_rules! keys {
    ($tx:ident, $narrowed:ident, $now:ident, $whose:ident, $cursor:ident, $limit:ident: by place $of:tt $beyond:tt $order:tt) => {
        narrowed!(query_as!($tx, $narrowed, $now, $whose; [Row, r#"
            SELECT partner_id AS "partner_id!", case_id AS "case_id!", at AS "at!" FROM (
                (SELECT c.partner_id, c.case_id, c.place_at AS at FROM support_case c
                 WHERE c.stage <> 'closed' AND (c.step_at IS NULL OR c.step_at > $1::timestamptz)
                   AND (c.snoozed_until IS NULL OR c.due_at <= $1) AND "# + $of + r#"
                   AND (c.place_at, c.case_id) "# + $beyond + r#" ($13, $14)
                   AND ($3::text IS NULL OR c.kind = $3) AND ($4::text IS NULL OR c.stage = $4)
                   AND ($5::bigint IS NULL OR c.programme_id = $5) AND ($6::bigint[] IS NULL OR c.partner_id = ANY ($6))
                   AND ($7::text IS NULL OR EXISTS (SELECT FROM person o WHERE o.person_id = c.opened_by AND o.locale = $7))
                   AND ($8::text IS NULL OR $8 = 'advertiser' OR case_awaits(c.stage, c.unanswered_at) = $8)
                   AND ($8::text IS DISTINCT FROM 'advertiser' OR c.stage <> 'closed' AND (c.partner_id, c.case_id) IN (
                       SELECT k.partner_id, k.case_id FROM enquiry_claim k WHERE k.verdict IS NULL))
                   AND ($9::timestamptz IS NULL OR c.opened_at >= $9) AND ($10::timestamptz IS NULL OR c.opened_at < $10)
                   AND (NOT $11::boolean OR c.assignee_id IS NULL) AND ($12::bigint IS NULL OR c.assignee_id = $12)
                   AND c.case_id <> ALL (ARRAY(SELECT g.case_id FROM case_given_away g WHERE g.from_id = $16::bigint))
                 ORDER BY c.place_at "# + $order + r#", c.case_id "# + $order + r#" LIMIT $15)
                UNION ALL
                (SELECT c.partner_id, c.case_id, s.at FROM support_case c
                 CROSS JOIN LATERAL (SELECT case_place(c.standing_at, c.due_at, c.pay_by, $1) AS at) s
                 WHERE c.stage <> 'closed' AND c.step_at <= $1 AND (c.snoozed_until IS NULL OR c.due_at <= $1) AND "# + $of + r#"
                   AND (s.at, c.case_id) "# + $beyond + r#" ($13, $14)
                   AND ($3::text IS NULL OR c.kind = $3) AND ($4::text IS NULL OR c.stage = $4)
                   AND ($5::bigint IS NULL OR c.programme_id = $5) AND ($6::bigint[] IS NULL OR c.partner_id = ANY ($6))
                   AND ($7::text IS NULL OR EXISTS (SELECT FROM person o WHERE o.person_id = c.opened_by AND o.locale = $7))
                   AND ($8::text IS NULL OR $8 = 'advertiser' OR case_awaits(c.stage, c.unanswered_at) = $8)
                   AND ($8::text IS DISTINCT FROM 'advertiser' OR c.stage <> 'closed' AND (c.partner_id, c.case_id) IN (
                       SELECT k.partner_id, k.case_id FROM enquiry_claim k WHERE k.verdict IS NULL))
                   AND ($9::timestamptz IS NULL OR c.opened_at >= $9) AND ($10::timestamptz IS NULL OR c.opened_at < $10)
                   AND (NOT $11::boolean OR c.assignee_id IS NULL) AND ($12::bigint IS NULL OR c.assignee_id = $12)
                   AND c.case_id <> ALL (ARRAY(SELECT g.case_id FROM case_given_away g WHERE g.from_id = $16::bigint)))) page
            ORDER BY at "# + $order + r#", case_id "# + $order + r#" LIMIT $15"#],
            $cursor.at, $cursor.case.0, $limit, $narrowed.reader.0))
        .fetch_all(&mut **$tx)
        .await?
    };
    ($tx:ident, $narrowed:ident, $now:ident, $whose:ident, $cursor:ident, $limit:ident: by $column:tt $of:tt $beyond:tt $order:tt) => {
        narrowed!(query_as!($tx, $narrowed, $now, $whose; [Row, r#"
            SELECT c.partner_id AS "partner_id!", c.case_id AS "case_id!", "# + $column + r#" AS "at!" FROM support_case c
            WHERE $1::timestamptz IS NOT NULL AND "# + $of + r#" AND ("# + $column + ", c.case_id) " + $beyond + r#" ($13, $14)
              AND ($3::text IS NULL OR c.kind = $3) AND ($4::text IS NULL OR c.stage = $4)
              AND ($5::bigint IS NULL OR c.programme_id = $5) AND ($6::bigint[] IS NULL OR c.partner_id = ANY ($6))
              AND ($7::text IS NULL OR EXISTS (SELECT FROM person o WHERE o.person_id = c.opened_by AND o.locale = $7))
              AND ($8::text IS NULL OR $8 = 'advertiser' OR case_awaits(c.stage, c.unanswered_at) = $8)
              AND ($8::text IS DISTINCT FROM 'advertiser' OR c.stage <> 'closed' AND (c.partner_id, c.case_id) IN (
                  SELECT k.partner_id, k.case_id FROM enquiry_claim k WHERE k.verdict IS NULL))
              AND ($9::timestamptz IS NULL OR c.opened_at >= $9) AND ($10::timestamptz IS NULL OR c.opened_at < $10)
              AND (NOT $11::boolean OR c.assignee_id IS NULL) AND ($12::bigint IS NULL OR c.assignee_id = $12)
              AND c.case_id <> ALL (ARRAY(SELECT g.case_id FROM case_given_away g WHERE g.from_id = $16::bigint))
            ORDER BY "# + $column + " " + $order + ", c.case_id " + $order + " LIMIT $15"],
            $cursor.at, $cursor.case.0, $limit, $narrowed.reader.0))
        .fetch_all(&mut **$tx)
        .await?
    };
}

struct Row {
    partner_id: i64,
    case_id: i64,
    at: DateTime<Utc>,
}

/// The keys of one page in the direction of its reading, and whether there are more in that direction.
pub(super) async fn keys(
    tx: &mut Tx,
    view: View,
    narrowed: &Narrowed,
    begin: Begin,
    now: DateTime<Utc>,
) -> Result<(Vec<Key>, bool), AppError> {
    let whose = narrowed.whose(view);
    // What is closed is read from the last to the first, so the directions change places.
    let forward = matches!(begin, Begin::Before(_)) == (view == View::Closed);
    let cursor = match begin {
        Begin::After(cursor) | Begin::Before(cursor) => cursor,
        Begin::Start if forward => Cursor { at: DateTime::UNIX_EPOCH - TimeDelta::days(1_000_000), case: CaseId(0) },
        Begin::Start => Cursor { at: DateTime::UNIX_EPOCH + TimeDelta::days(2_700_000), case: CaseId(i64::MAX) },
    };
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let soon = now + BREACHING;
    let mut rows = match (view, whose, forward) {
        (View::Breaching, _, true) => {
            keys!(tx, narrowed, soon, whose, cursor, limit: by "c.due_at" "c.stage <> 'closed' AND c.due_at <= $1 AND ($2::bigint IS NULL OR c.assignee_id = $2)" ">" "ASC")
        }
        (View::Breaching, _, false) => {
            keys!(tx, narrowed, soon, whose, cursor, limit: by "c.due_at" "c.stage <> 'closed' AND c.due_at <= $1 AND ($2::bigint IS NULL OR c.assignee_id = $2)" "<" "DESC")
        }
        (View::Snoozed, _, true) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by "c.snoozed_until" "c.snoozed_until IS NOT NULL AND ($2::bigint IS NULL OR c.assignee_id = $2)" ">" "ASC")
        }
        (View::Snoozed, _, false) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by "c.snoozed_until" "c.snoozed_until IS NOT NULL AND ($2::bigint IS NULL OR c.assignee_id = $2)" "<" "DESC")
        }
        (View::Closed, Whose::Person(_), true) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by "c.closed_at" "c.stage = 'closed' AND c.assignee_id = $2::bigint" ">" "ASC")
        }
        (View::Closed, Whose::Person(_), false) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by "c.closed_at" "c.stage = 'closed' AND c.assignee_id = $2::bigint" "<" "DESC")
        }
        (View::Closed, _, true) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by "c.closed_at" "c.stage = 'closed' AND $2::bigint IS NULL" ">" "ASC")
        }
        (View::Closed, _, false) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by "c.closed_at" "c.stage = 'closed' AND $2::bigint IS NULL" "<" "DESC")
        }
        (View::Appeals, _, true) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by place "($2::bigint IS NULL OR c.assignee_id = $2) AND (c.partner_id, c.case_id) IN (SELECT a.partner_id, a.case_id FROM case_appeal a LEFT JOIN case_appeal_decision d USING (partner_id, case_id) WHERE d.partner_id IS NULL)" ">" "ASC")
        }
        (View::Appeals, _, false) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by place "($2::bigint IS NULL OR c.assignee_id = $2) AND (c.partner_id, c.case_id) IN (SELECT a.partner_id, a.case_id FROM case_appeal a LEFT JOIN case_appeal_decision d USING (partner_id, case_id) WHERE d.partner_id IS NULL)" "<" "DESC")
        }
        (_, Whose::Everybody, true) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by place "$2::bigint IS NULL" ">" "ASC")
        }
        (_, Whose::Everybody, false) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by place "$2::bigint IS NULL" "<" "DESC")
        }
        (_, Whose::Nobody, true) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by place "$2::bigint IS NULL AND c.assignee_id IS NULL" ">" "ASC")
        }
        (_, Whose::Nobody, false) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by place "$2::bigint IS NULL AND c.assignee_id IS NULL" "<" "DESC")
        }
        (_, Whose::Person(_), true) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by place "c.assignee_id = $2::bigint" ">" "ASC")
        }
        (_, Whose::Person(_), false) => {
            keys!(tx, narrowed, now, whose, cursor, limit: by place "c.assignee_id = $2::bigint" "<" "DESC")
        }
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let key = |row: Row| Key { partner: PartnerId(row.partner_id), case: CaseId(row.case_id), at: row.at };
    Ok((rows.into_iter().map(key).collect(), more))
}
