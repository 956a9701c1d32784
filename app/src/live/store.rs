//! The SQL of what open pages are told.

use super::model::{Event, Kind, Knock};
use super::rules::{self, MOST};
use super::snapshot::Snapshot;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;

mod drafts;
mod presence;
mod seen;

pub use drafts::{draft_was_sent, drafts_of, keep_draft};
pub use presence::{leave, look, present, renew, write};
pub use seen::{seen, unseen};

/// How long events are kept for pages that were away.
const KEPT: Duration = Duration::hours(24);
/// How long a draft is kept that nobody came back to.
const DRAFTS_KEPT: Duration = Duration::days(90);
/// Counts end here: more than this is told as more.
pub const COUNTED: i64 = 100;

fn unknown(word: &str) -> AppError {
    AppError::Internal(format!("unknown word in what pages are told: {word}"))
}

fn place(text: &str) -> Result<Snapshot, AppError> {
    text.parse().map_err(|_| unknown(text))
}

/// What happened after a place, and the place after it.
#[derive(Clone, Debug)]
pub struct News {
    /// What happened, in the order of the transactions.
    pub events: Vec<Event>,
    /// The place after it.
    pub until: Snapshot,
    /// Whether there is more, or more was cleared away: the reader has to read everything anew.
    pub lost: bool,
}

/// The present place.
///
/// # Errors
/// When the database is away.
pub async fn now(tx: &mut Tx) -> Result<Snapshot, AppError> {
    let text = sqlx::query_scalar!(r#"SELECT pg_current_snapshot()::text AS "now!""#).fetch_one(&mut **tx).await?;
    place(&text)
}

/// What happened after a place. Of a partner's transaction, what partners may hear of.
///
/// # Errors
/// When the database is away.
pub async fn since(tx: &mut Tx, after: &Snapshot) -> Result<News, AppError> {
    // One statement has one snapshot: what it shows is exactly what lies between the two places. What claims to come
    // from transactions that are still ahead was restored from another cluster.
    let rows = sqlx::query!(
        r#"SELECT at.place AS "place!", at.forgotten AS "forgotten!", e.xid::text AS "xid?", e.kind AS "kind?",
                  e.partner_id AS "partner?: PartnerId", e.case_id AS "case?: CaseId", e.side, e.person_id AS "person?: PersonId",
                  e.name AS "name?"
           FROM (SELECT pg_current_snapshot()::text AS place, h.forgotten::text AS forgotten FROM live_horizon h) at
           LEFT JOIN LATERAL (
               SELECT live_event_id, xid, kind, partner_id, case_id, side, person_id, name FROM live_event
               WHERE xid >= pg_snapshot_xmin($1::text::pg_snapshot) AND xid < pg_snapshot_xmax(pg_current_snapshot())
                 AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
               ORDER BY xid, live_event_id LIMIT $2) e ON true
           ORDER BY e.xid, e.live_event_id"#,
        after.to_string(),
        i64::try_from(MOST).unwrap_or(i64::MAX) + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    let first = rows.first().ok_or_else(|| unknown("no horizon"))?;
    let until = place(&first.place)?;
    let forgotten = first.forgotten.parse().map_err(|_| unknown(&first.forgotten))?;
    let mut lost = rules::is_lost(after, &until, forgotten) || rows.len() > MOST;
    let mut events = Vec::new();
    for row in rows {
        let (Some(xid), Some(kind)) = (row.xid, row.kind) else { continue };
        let (Some(partner), Some(case)) = (row.partner, row.case) else {
            lost = true;
            continue;
        };
        events.push(Event {
            xid: xid.parse().map_err(|_| unknown(&xid))?,
            kind: Kind::parse(&kind).ok_or_else(|| unknown(&kind))?,
            partner,
            case,
            by_partner: row.side.as_deref() == Some("partner"),
            person: row.person,
            name: row.name.unwrap_or_default(),
            assignee: None,
        });
    }
    Ok(News { events, until, lost })
}

/// With whom the cases of these events are now; for the house alone.
///
/// # Errors
/// When the database is away.
pub async fn assign(tx: &mut Tx, events: &mut [Event]) -> Result<(), AppError> {
    if events.is_empty() {
        return Ok(());
    }
    let cases: Vec<i64> = events.iter().map(|event| event.case.0).collect();
    let rows = sqlx::query!(
        r#"SELECT case_id AS "case: CaseId", assignee_id AS "assignee: PersonId" FROM support_case WHERE case_id = ANY($1)"#,
        &cases,
    )
    .fetch_all(&mut **tx)
    .await?;
    let with: HashMap<_, _> = rows.into_iter().map(|row| (row.case, row.assignee)).collect();
    for event in events {
        event.assignee = with.get(&event.case).copied().flatten();
    }
    Ok(())
}

/// Whether a case is there, for whoever's transaction it is.
///
/// # Errors
/// When the database is away.
pub async fn is_there(tx: &mut Tx, case: CaseId) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM support_case WHERE case_id = $1) AS "there!""#, case.0)
        .fetch_one(&mut **tx)
        .await?)
}

/// How many open cases wait for each of these people: partners whose last words nobody answered, there or in what was merged
/// into it, in their own cases and in those that nobody has, but for what they gave away. At most [`COUNTED`] of either.
///
/// # Errors
/// When the database is away.
pub async fn waiting(tx: &mut Tx, people: &[PersonId]) -> Result<HashMap<PersonId, i64>, AppError> {
    let people: Vec<i64> = people.iter().map(|person| person.0).collect();
    let rows = sqlx::query!(
        r#"SELECT who.person_id AS "person!: PersonId", mine.count + greatest(free.count - away.count, 0) AS "count!"
           FROM unnest($1::bigint[]) AS who (person_id)
           CROSS JOIN LATERAL (
               SELECT count(*) FROM (
                   SELECT FROM support_case c
                   WHERE c.assignee_id = who.person_id AND c.stage <> 'closed' AND case_waits(c.partner_id, c.case_id)
                   LIMIT $2) waits) mine
           CROSS JOIN (
               SELECT count(*) FROM (
                   SELECT FROM support_case c
                   WHERE c.assignee_id IS NULL AND c.stage <> 'closed' AND case_waits(c.partner_id, c.case_id)
                   LIMIT $2) waits) free
           CROSS JOIN LATERAL (
               SELECT count(*) FROM case_given_away g JOIN support_case c USING (partner_id, case_id)
               WHERE g.from_id = who.person_id AND c.assignee_id IS NULL AND c.stage <> 'closed'
                 AND case_waits(c.partner_id, c.case_id)) away"#,
        &people,
        COUNTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.count.min(COUNTED))).collect())
}

/// How many cases of each of these partners wait for the partner's own answer.
///
/// # Errors
/// When the database is away.
pub async fn asked(tx: &mut Tx, partners: &[PartnerId]) -> Result<HashMap<PartnerId, i64>, AppError> {
    let partners: Vec<i64> = partners.iter().map(|partner| partner.0).collect();
    let rows = sqlx::query!(
        r#"SELECT who.partner_id AS "partner!: PartnerId", count(c.case_id) AS "count!"
           FROM unnest($1::bigint[]) AS who (partner_id)
           LEFT JOIN support_case c ON c.partner_id = who.partner_id AND c.stage = 'answer_needed'
           GROUP BY who.partner_id"#,
        &partners,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.partner, row.count)).collect())
}

/// For which messages somebody of staff wants a sound.
///
/// # Errors
/// When the database is away.
pub async fn knock(tx: &mut Tx, person: PersonId) -> Result<Knock, AppError> {
    let text = sqlx::query_scalar!("SELECT knock FROM desk_setting WHERE person_id = $1", person.0)
        .fetch_optional(&mut **tx)
        .await?;
    text.map_or(Ok(Knock::Off), |text| Knock::parse(&text).ok_or_else(|| unknown(&text)))
}

/// Keeps for which messages somebody of staff wants a sound.
///
/// # Errors
/// When the database refuses it.
pub async fn set_knock(tx: &mut Tx, person: PersonId, knock: Knock, at: DateTime<Utc>) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO desk_setting (person_id, knock, set_at) VALUES ($1, $2, $3)
         ON CONFLICT (person_id) DO UPDATE SET knock = excluded.knock, set_at = excluded.set_at",
        person.0,
        knock.as_str(),
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who a session's hash still belongs to, as role and account; those that ended are left out. Asked before anyone is
/// anyone.
///
/// # Errors
/// When the database is away.
pub async fn who_is_in(
    tx: &mut Tx,
    hashes: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<HashMap<Vec<u8>, String>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT s.token_hash, concat_ws('/', s.person_id, f.role, a.partner_id) AS "who!"
           FROM session s
           JOIN person p USING (person_id)
           LEFT JOIN staff f ON f.person_id = s.person_id AND f.disabled_at IS NULL
           LEFT JOIN partner a ON a.partner_id = s.partner_id AND a.status <> 'closed'
           WHERE s.token_hash = ANY($1) AND s.expires_at > $2 AND p.disabled_at IS NULL
             AND (f.role IS NOT NULL) = (s.partner_id IS NULL) AND (s.partner_id IS NULL) = (a.partner_id IS NULL)"#,
        hashes,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.token_hash, row.who)).collect())
}

/// Clears away what no page asks for any more.
///
/// # Errors
/// When the database is away.
pub async fn tidy(db: &Db, now: DateTime<Utc>) -> Result<(), AppError> {
    let mut tx = db.begin(&crate::base::actor::Actor::Job).await?;
    // The machine's own time counts for what it wrote by its own time.
    let gone = sqlx::query_scalar!(
        r#"WITH gone AS (DELETE FROM live_event WHERE at < clock_timestamp() - make_interval(secs => $1::bigint) RETURNING xid)
           SELECT max(xid::text::bigint)::text AS "xid?" FROM gone"#,
        KEPT.num_seconds(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if let Some(xid) = gone {
        sqlx::query!("UPDATE live_horizon SET forgotten = $1::text::xid8 WHERE forgotten < $1::text::xid8", xid,)
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query!("DELETE FROM case_presence WHERE here_until < clock_timestamp()").execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM kept_draft WHERE kept_at < $1", now - DRAFTS_KEPT).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}
