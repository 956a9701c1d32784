//! The figures' SQL. Every question names the moment as of which it is answered: what came later is not seen.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PersonId;
use crate::clocks::model::Size;
use crate::rota::spans::Span;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

/// How many days back a usual reply time looks.
const USUAL: TimeDelta = TimeDelta::days(28);

/// How long the first reply usually takes: the median of the newest 500 of the last four weeks; `None` where there was
/// none. Asked with every page of a partner's disputes, so it reads the clocks and no messages.
///
/// # Errors
/// When the database is away.
pub async fn usual_reply(tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<TimeDelta>, AppError> {
    let median = sqlx::query_scalar!(
        r#"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes) AS "median?"
           FROM (SELECT (extract(epoch FROM ended_at - started_at) / 60)::bigint AS minutes FROM case_clock
                 WHERE clock = 'first_reply' AND started_at >= $1 AND started_at <= $2 AND ended_at <= $2
                 ORDER BY started_at DESC LIMIT 500) newest"#,
        now - USUAL,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(median.map(TimeDelta::minutes))
}

/// First replies to the cases that were opened in a time, by elapsed minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replies {
    /// Cases that got one.
    pub answered: i64,
    /// Cases that have none yet.
    pub waiting: i64,
    /// Half of them came within so many minutes.
    pub median: Option<i64>,
    /// Nine in ten came within so many minutes.
    pub p90: Option<i64>,
}

/// First replies to cases opened in `window`, as of its end; those a person wrote, or of partners of a size.
///
/// # Errors
/// When the database is away.
pub async fn replies(
    tx: &mut Tx,
    window: Span,
    person: Option<PersonId>,
    size: Option<Size>,
) -> Result<Replies, AppError> {
    Ok(sqlx::query_as!(
        Replies,
        r#"SELECT count(minutes) AS "answered!", count(*) FILTER (WHERE minutes IS NULL) AS "waiting!",
                  percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes) AS "median?",
                  percentile_disc(0.9) WITHIN GROUP (ORDER BY minutes) AS "p90?"
           FROM (
               SELECT (extract(epoch FROM first.sent_at - c.opened_at) / 60)::bigint AS minutes, first.author_id
               FROM support_case c
               LEFT JOIN LATERAL (
                   SELECT m.sent_at, m.author_id FROM message m
                   WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id AND m.side = 'staff' AND m.sent_at <= $2
                   ORDER BY m.message_id LIMIT 1) first ON true
               WHERE c.opened_at >= $1 AND c.opened_at < $2
                 -- What the house began by itself, a call say, answers nobody.
                 AND 'partner' = (SELECT m.side FROM message m WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id
                                  ORDER BY m.message_id LIMIT 1)
                 -- What was merged unanswered is answered where it went on.
                 AND (first.sent_at IS NOT NULL OR NOT EXISTS (
                     SELECT FROM case_merge g WHERE g.partner_id = c.partner_id AND g.case_id = c.case_id AND g.merged_at <= $2))
                 AND ($4::text IS NULL OR EXISTS (
                     SELECT FROM case_clock k WHERE k.partner_id = c.partner_id AND k.case_id = c.case_id
                       AND k.clock = 'first_reply' AND k.run = 1 AND k.size = $4))) each
           WHERE $3::bigint IS NULL OR author_id = $3"#,
        window.from,
        window.to,
        person.map(|person| person.0),
        size.map(|size| size.as_str()),
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// First replies to cases that were opened in one hour of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourOfWeek {
    /// Monday is 1.
    pub weekday: i32,
    /// 0 to 23, by the clock of the desk.
    pub hour: i32,
    /// How many.
    pub answered: i64,
    /// Half of them came within so many minutes.
    pub median: i64,
    /// Nine in ten came within so many minutes.
    pub p90: i64,
}

/// First replies by the hour of the week in which the partner wrote.
///
/// # Errors
/// When the database is away.
pub async fn replies_by_hour(
    tx: &mut Tx,
    window: Span,
    zone: Tz,
    person: Option<PersonId>,
) -> Result<Vec<HourOfWeek>, AppError> {
    Ok(sqlx::query_as!(
        HourOfWeek,
        r#"SELECT weekday AS "weekday!", hour AS "hour!", count(*) AS "answered!",
                  percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes) AS "median!",
                  percentile_disc(0.9) WITHIN GROUP (ORDER BY minutes) AS "p90!"
           FROM (
               SELECT extract(isodow FROM c.opened_at AT TIME ZONE $3)::integer AS weekday,
                      extract(hour FROM c.opened_at AT TIME ZONE $3)::integer AS hour,
                      (extract(epoch FROM first.sent_at - c.opened_at) / 60)::bigint AS minutes, first.author_id
               FROM support_case c
               CROSS JOIN LATERAL (
                   SELECT m.sent_at, m.author_id FROM message m
                   WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id AND m.side = 'staff' AND m.sent_at <= $2
                   ORDER BY m.message_id LIMIT 1) first
               WHERE c.opened_at >= $1 AND c.opened_at < $2
                 AND 'partner' = (SELECT m.side FROM message m WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id
                                  ORDER BY m.message_id LIMIT 1)) each
           WHERE $4::bigint IS NULL OR author_id = $4
           GROUP BY weekday, hour ORDER BY weekday, hour"#,
        window.from,
        window.to,
        zone.name(),
        person.map(|person| person.0),
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// What a week brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    /// Its Monday.
    pub monday: NaiveDate,
    /// Cases that were decided or closed, each time they were.
    pub resolved: i64,
    /// Of those, the ones in which an owner wrote or decided, or that were put to one.
    pub with_owner: i64,
    /// Cases that a partner opened again.
    pub reopened: i64,
    /// Promises that ran out.
    pub broken: i64,
}

/// The weeks of a time, the newest first, as of its end; for a person, the cases they work on.
///
/// # Errors
/// When the database is away.
pub async fn weeks(tx: &mut Tx, window: Span, zone: Tz, person: Option<PersonId>) -> Result<Vec<Week>, AppError> {
    Ok(sqlx::query_as!(
        Week,
        r#"WITH step AS (
               SELECT e.partner_id, e.case_id, e.stage, e.at, e.by_name,
                      (SELECT f.stage FROM case_event f WHERE f.partner_id = e.partner_id AND f.case_id = e.case_id
                         AND f.case_event_id < e.case_event_id ORDER BY f.case_event_id DESC LIMIT 1) AS former
               FROM case_event e
               JOIN support_case c USING (partner_id, case_id)
               WHERE e.at >= $1 AND e.at <= $2 AND ($4::bigint IS NULL OR c.assignee_id = $4)
                 -- A merge resolves nothing: the conversation goes on.
                 AND NOT EXISTS (SELECT FROM case_merge m WHERE m.partner_id = e.partner_id AND m.case_id = e.case_id AND m.merged_at <= e.at)
           ), counted AS (
               SELECT date_trunc('week', s.at AT TIME ZONE $3)::date AS monday, 1 AS resolved, 0 AS reopened, 0 AS broken,
                      (EXISTS (SELECT FROM message m JOIN staff o ON o.person_id = m.author_id AND o.role = 'owner'
                               WHERE m.partner_id = s.partner_id AND m.case_id = s.case_id AND m.side = 'staff' AND m.sent_at <= s.at)
                       OR EXISTS (SELECT FROM case_decision d JOIN staff o ON o.person_id = d.decided_by AND o.role = 'owner'
                                  WHERE d.partner_id = s.partner_id AND d.case_id = s.case_id AND d.decided_at <= s.at)
                       OR EXISTS (SELECT FROM case_appeal_decision d JOIN staff o ON o.person_id = d.decided_by AND o.role = 'owner'
                                  WHERE d.partner_id = s.partner_id AND d.case_id = s.case_id AND d.decided_at <= s.at)
                       OR EXISTS (SELECT FROM escalation x
                                  WHERE x.partner_id = s.partner_id AND x.case_id = s.case_id AND x.to_role = 'owner'
                                    AND x.escalated_at <= s.at AND x.verdict IS DISTINCT FROM 'withdrawn')
                       OR EXISTS (SELECT FROM proposal p JOIN decision d USING (proposal_id)
                                  WHERE p.case_id = s.case_id AND d.by = 'owner' AND d.decided_at <= s.at))::integer AS with_owner
               FROM step s
               WHERE s.stage IN ('decided', 'closed') AND s.former NOT IN ('decided', 'closed') AND s.at >= $1
               UNION ALL
               SELECT date_trunc('week', s.at AT TIME ZONE $3)::date, 0, 1, 0, 0 FROM step s
               WHERE s.former IN ('decided', 'closed') AND s.stage IN ('received', 'in_review') AND s.by_name = '' AND s.at >= $1
               UNION ALL
               SELECT date_trunc('week', b.at AT TIME ZONE $3)::date, 0, 0, 1, 0
               FROM clock_breach b JOIN support_case c USING (partner_id, case_id)
               WHERE b.told = 'lead' AND b.clock <> 'resolution' AND b.at >= $1 AND b.at <= $2
                 AND ($4::bigint IS NULL OR c.assignee_id = $4))
           SELECT monday::date AS "monday!", coalesce(sum(resolved), 0) AS "resolved!", coalesce(sum(with_owner), 0) AS "with_owner!",
                  coalesce(sum(reopened), 0) AS "reopened!", coalesce(sum(broken), 0) AS "broken!"
           FROM (SELECT monday, resolved, with_owner, reopened, broken FROM counted
                 UNION ALL
                 SELECT week::date, 0, 0, 0, 0
                 FROM generate_series(date_trunc('week', $1::timestamptz AT TIME ZONE $3), $2::timestamptz AT TIME ZONE $3, interval '7 days') week) each
           GROUP BY monday ORDER BY monday DESC"#,
        window.from,
        window.to,
        zone.name(),
        person.map(|person| person.0),
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// How many promises had run out at a moment and were not kept by then.
///
/// # Errors
/// When the database is away.
pub async fn overdue(tx: &mut Tx, at: DateTime<Utc>, person: Option<PersonId>) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(DISTINCT (k.partner_id, k.case_id)) AS "count!"
           FROM (SELECT o.partner_id, o.case_id FROM case_clock o
                 WHERE o.clock <> 'resolution' AND o.started_at <= $1 AND o.deadline < $1 AND o.ended_at IS NULL
                 UNION ALL
                 SELECT o.partner_id, o.case_id FROM case_clock o
                 WHERE o.clock <> 'resolution' AND o.started_at <= $1 AND o.deadline < $1 AND o.ended_at > $1) k
           JOIN support_case c USING (partner_id, case_id)
           WHERE ($2::bigint IS NULL OR c.assignee_id = $2)"#,
        at,
        person.map(|person| person.0),
    )
    .fetch_one(&mut **tx)
    .await?)
}
