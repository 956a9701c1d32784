//! Telling what is due, and reading what was told.

use super::rules::{self, Notice};
use crate::appeals::store as appeals;
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx, begin_part, end_part};
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId};
use crate::clocks::store as clocks;
use crate::disputes::model::{Event, Stage};
use crate::disputes::rules as cases;
use crate::disputes::store as case_store;
use crate::mail::home::MailHome;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

mod signer;

pub use signer::signer;

/// Cases in one transaction.
const BATCH: i64 = 100;
/// How long after a case was resolved its partner is asked how it was: when they have read how it ended.
const ASK_AFTER: TimeDelta = TimeDelta::days(1);
/// What was resolved longer ago is not asked about, nor is a change of hands told that is older.
const ASK_UNTIL: TimeDelta = TimeDelta::days(14);

/// Partner and case: where a batch goes on, so that a case in which something fails stands in nobody's way.
type Place = (i64, i64);

/// What was told, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// What.
    pub notice: Notice,
    /// The house's question, of a reminder.
    pub asked: i64,
    /// When.
    pub at: DateTime<Utc>,
}

/// What was told in a case, in its order.
///
/// # Errors
/// When the database is away.
pub async fn told(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Told>, AppError> {
    let rows = sqlx::query!(
        "SELECT notice, asked_message_id, at FROM case_notice WHERE partner_id = $1 AND case_id = $2 ORDER BY at, notice",
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some(Told { notice: Notice::parse(&row.notice)?, asked: row.asked_message_id, at: row.at }))
        .collect())
}

/// Reminds silent partners, closes their cases and those that nobody appealed against, says who answers from now on where that
/// changed for good, and asks how it was: whatever is due. Gives how much that is; safe to run twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn tell_due(db: &Db, home: &MailHome, now: DateTime<Utc>) -> Result<usize, AppError> {
    let (mut all, mut last) = (0, Place::default());
    loop {
        let (next, told) = silences(db, home, last, now).await?;
        all += told;
        let Some(next) = next else { break };
        last = next;
    }
    Ok(all + close_over(db, now).await? + tell_given_away(db, home, now).await? + ask_ratings(db, home, now).await?)
}

/// One batch of cases that wait for their partner; gives where the next one begins, and how many were told.
async fn silences(
    db: &Db,
    home: &MailHome,
    last: Place,
    now: DateTime<Utc>,
) -> Result<(Option<Place>, usize), AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    // What the rule says of a due date, in SQL, so that a step that is due is found among many that are not.
    let rows = sqlx::query!(
        r#"SELECT c.partner_id AS "partner: PartnerId", c.case_id AS "case: CaseId", q.message_id, q.sent_at, q.author_name, g.name AS programme
           FROM support_case c
           JOIN programme g USING (programme_id)
           JOIN LATERAL (SELECT m.message_id, m.sent_at, m.author_name, m.side FROM message m
                         WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id ORDER BY m.message_id DESC LIMIT 1) q ON true
           LEFT JOIN LATERAL (SELECT max(n.at) AS at, count(*) AS steps FROM case_notice n
                              WHERE n.partner_id = c.partner_id AND n.case_id = c.case_id AND n.asked_message_id = q.message_id) told ON true
           WHERE c.stage = 'answer_needed' AND (c.partner_id, c.case_id) > ($3, $4) AND q.side = 'staff' AND q.sent_at <= $1::timestamptz - interval '3 days'
             AND (told.at IS NULL OR told.at <= $1::timestamptz - interval '4 days')
             AND CASE told.steps WHEN 0 THEN true
                                 WHEN 1 THEN q.sent_at <= $1::timestamptz - interval '7 days'
                                 ELSE q.sent_at <= $1::timestamptz - interval '14 days' AND told.at <= $1::timestamptz - interval '7 days' END
           ORDER BY c.partner_id, c.case_id LIMIT $2
           FOR NO KEY UPDATE OF c SKIP LOCKED"#,
        now,
        BATCH,
        last.0,
        last.1,
    )
    .fetch_all(&mut *tx)
    .await?;
    let next = next_place(rows.iter().map(|row| (row.partner, row.case)));
    let mut done = 0;
    for row in rows {
        let of_question: Vec<_> = told(&mut tx, row.partner, row.case)
            .await?
            .into_iter()
            .filter(|told| told.asked == row.message_id)
            .map(|told| (told.notice, told.at))
            .collect();
        let Some((notice, due_at)) = rules::next(row.sent_at, &of_question).filter(|(_, due)| *due <= now) else {
            continue;
        };
        let about = (row.partner, row.case);
        begin_part(&mut tx).await?;
        let part =
            remind(&mut tx, home, about, (notice, row.message_id), (&row.author_name, &row.programme), (due_at, now))
                .await;
        if passed(about, end_part(&mut tx, part).await?) == Some(true) {
            done += 1;
        }
    }
    tx.commit().await?;
    Ok((next, done))
}

/// The last case of a full batch: there may be more behind it.
fn next_place(rows: impl ExactSizeIterator<Item = (PartnerId, CaseId)>) -> Option<Place> {
    let is_full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= BATCH;
    rows.last().filter(|_| is_full).map(|(partner, case)| (partner.0, case.0))
}

/// What came of a case's own part; a failure is told to who runs this, and tried again at the next round.
fn passed<T>((_, case): (PartnerId, CaseId), done: Result<T, AppError>) -> Option<T> {
    done.map_err(|error| tracing::warn!(%case, %error, "nothing can be told here now")).ok()
}

async fn remind(
    tx: &mut Tx,
    home: &MailHome,
    about: (PartnerId, CaseId),
    (notice, asked): (Notice, i64),
    (by, programme): (&str, &str),
    (due_at, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool, AppError> {
    let is_new = tell(tx, home, about, (notice, asked), by, (due_at, now)).await?;
    if is_new && notice == Notice::Closed {
        close(tx, about, programme, now).await?;
    }
    Ok(is_new)
}

/// Closes a case that nobody has anything to say in; whatever they write opens it again.
async fn close(
    tx: &mut Tx,
    (partner, case): (PartnerId, CaseId),
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let locked = case_store::lock(tx, partner, case).await?;
    case_store::save_stage(tx, &locked, locked.version, Stage::Closed, cases::promise(now), now).await?;
    let event = Event { stage: Stage::Closed, at: now, by: by.to_owned(), promised_at: None };
    case_store::add_event(tx, partner, case, &event).await?;
    clocks::renew(tx, partner, case, now).await
}

/// Closes cases whose last decision can't be appealed against any more, where nothing is left to answer.
async fn close_over(db: &Db, now: DateTime<Utc>) -> Result<usize, AppError> {
    let (mut all, mut last) = (0, Place::default());
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let rows = sqlx::query!(
            r#"SELECT c.partner_id AS "partner: PartnerId", c.case_id AS "case: CaseId", g.name AS programme
               FROM support_case c
               JOIN programme g USING (programme_id)
               JOIN case_decision d USING (partner_id, case_id)
               LEFT JOIN case_appeal_decision a USING (partner_id, case_id)
               JOIN LATERAL (SELECT m.message_id, m.side, m.sent_at FROM message m WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id
                             ORDER BY m.message_id DESC LIMIT 1) l ON true
               WHERE c.stage = 'decided' AND (c.partner_id, c.case_id) > ($3, $4) AND greatest(d.decided_at, a.decided_at, l.sent_at) < $1
                 AND (l.side = 'staff' OR EXISTS (SELECT FROM needs_no_answer n WHERE n.partner_id = c.partner_id AND n.case_id = c.case_id
                                                  AND n.message_id = l.message_id))
               ORDER BY c.partner_id, c.case_id LIMIT $2
               FOR NO KEY UPDATE OF c SKIP LOCKED"#,
            now - appeals::PERIOD,
            BATCH,
            last.0,
            last.1,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            let about = (row.partner, row.case);
            begin_part(&mut tx).await?;
            let part = close_one_over(&mut tx, about, &row.programme, now).await;
            if passed(about, end_part(&mut tx, part).await?).is_some() {
                all += 1;
            }
        }
        tx.commit().await?;
        let Some(next) = next_place(rows.iter().map(|row| (row.partner, row.case))) else { return Ok(all) };
        last = next;
    }
}

/// Tells the partners of cases that were given away who answers from now on, in that person's name; once a case.
async fn tell_given_away(db: &Db, home: &MailHome, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut all = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let rows = sqlx::query!(
            r#"SELECT c.partner_id AS "partner: PartnerId", c.case_id AS "case: CaseId", s.name AS by, g.given_at
               FROM case_given_away g JOIN support_case c USING (partner_id, case_id)
               JOIN staff s ON s.person_id = coalesce(c.assignee_id, g.to_id)
               WHERE g.given_at > $1 AND g.given_at <= $2 AND c.stage <> 'closed'
                 AND NOT EXISTS (SELECT FROM case_notice n WHERE n.partner_id = c.partner_id AND n.case_id = c.case_id AND n.notice = 'given_away')
               ORDER BY c.partner_id, c.case_id LIMIT $3
               FOR NO KEY UPDATE OF c SKIP LOCKED"#,
            now - ASK_UNTIL,
            now,
            BATCH,
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut told = 0;
        for row in &rows {
            let about = (row.partner, row.case);
            told +=
                usize::from(tell(&mut tx, home, about, (Notice::GivenAway, 0), &row.by, (row.given_at, now)).await?);
        }
        tx.commit().await?;
        all += told;
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) < BATCH || told == 0 {
            return Ok(all);
        }
    }
}

async fn close_one_over(
    tx: &mut Tx,
    (partner, case): (PartnerId, CaseId),
    programme: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    close(tx, (partner, case), programme, now).await?;
    let change = Change {
        action: "case.closed",
        subject: format!("case/{case}"),
        partner: Some(partner),
        before: Some(json!({ "stage": Stage::Decided.as_str() })),
        after: Some(json!({ "stage": Stage::Closed.as_str() })),
        ..Change::default()
    };
    record(tx, &Actor::Job, now, "notices", change).await
}

/// Asks for each case that was resolved a day ago how it was; once, whatever becomes of the case later.
async fn ask_ratings(db: &Db, home: &MailHome, now: DateTime<Utc>) -> Result<usize, AppError> {
    let (mut all, mut last) = (0, Place::default());
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let rows = sqlx::query!(
            r#"SELECT c.partner_id AS "partner: PartnerId", c.case_id AS "case: CaseId", r.at AS "at!"
               FROM case_event r
               JOIN support_case c USING (partner_id, case_id)
               WHERE r.stage IN ('decided', 'closed') AND r.at <= $1 AND r.at > $2
                 -- The first time: read from the steps of those days, not from all there ever were.
                 AND NOT EXISTS (SELECT FROM case_event e WHERE e.partner_id = r.partner_id AND e.case_id = r.case_id
                                 AND e.stage IN ('decided', 'closed') AND (e.at, e.case_event_id) < (r.at, r.case_event_id))
                 AND c.stage IN ('decided', 'closed') AND (c.partner_id, c.case_id) > ($4, $5)
                 -- How it was is asked once for a conversation, when that is over.
                 AND NOT EXISTS (SELECT FROM case_merge m WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id)
                 AND NOT EXISTS (SELECT FROM case_notice n WHERE n.partner_id = c.partner_id AND n.case_id = c.case_id
                                 AND n.notice IN ('rate', 'closed'))
                 AND NOT EXISTS (SELECT FROM case_rating x WHERE x.partner_id = c.partner_id AND x.case_id = c.case_id)
               ORDER BY c.partner_id, c.case_id LIMIT $3
               FOR NO KEY UPDATE OF c SKIP LOCKED"#,
            now - ASK_AFTER,
            now - ASK_UNTIL,
            BATCH,
            last.0,
            last.1,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            let about = (row.partner, row.case);
            let by = signer(&mut tx, about, now).await?;
            begin_part(&mut tx).await?;
            let part = tell(&mut tx, home, about, (Notice::Rate, 0), &by, (row.at + ASK_AFTER, now)).await;
            if passed(about, end_part(&mut tx, part).await?).is_some() {
                all += 1;
            }
        }
        tx.commit().await?;
        let Some(next) = next_place(rows.iter().map(|row| (row.partner, row.case))) else { return Ok(all) };
        last = next;
    }
}

/// Tells one thing: the notice, a mail to every member, and the record. Gives whether it was new; needs the role of jobs.
///
/// # Errors
/// `case_notice_while_unanswered` and `case_notice_in_its_days` where it is not due.
pub async fn tell(
    tx: &mut Tx,
    home: &MailHome,
    (partner, case): (PartnerId, CaseId),
    (notice, asked): (Notice, i64),
    by: &str,
    (due_at, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool, AppError> {
    let written = sqlx::query!(
        "INSERT INTO case_notice (partner_id, case_id, notice, asked_message_id, by_name, due_at, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        partner.0,
        case.0,
        notice.as_str(),
        asked,
        by,
        due_at,
        now,
    )
    .execute(&mut **tx)
    .await?;
    if written.rows_affected() == 0 {
        return Ok(false);
    }
    let mails = crate::mail::store::notice(tx, home, (partner, case), (notice.as_str(), asked), by, now).await?;
    let change = Change {
        action: "case.told",
        subject: format!("case/{case}"),
        partner: Some(partner),
        after: Some(json!({ "notice": notice.as_str(), "mails": mails })),
        ..Change::default()
    };
    record(tx, &Actor::Job, now, "notices", change).await?;
    Ok(true)
}
