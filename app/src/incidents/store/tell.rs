//! Saying the last word about each incident in each of its cases, in batches that may stop anywhere.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx, begin_part, end_part};
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId};
use crate::bulletins::store as bulletins;
use crate::disputes::model::{Event, Side, Stage};
use crate::disputes::{rules as cases, store as case_store};
use crate::incidents::model::UpdateKind;
use crate::incidents::rules::{Standing, Telling, telling};
use chrono::{DateTime, Utc};
use serde_json::json;

/// Cases of one batch: each is locked until it is committed, and staff wait no longer than that.
const BATCH: i64 = 25;

/// Tells everything that is not told yet.
///
/// # Errors
/// When the database is away; what was told stays told.
pub async fn tell_all(db: &Db, now: DateTime<Utc>) -> Result<(), AppError> {
    let mut last = None;
    while let Some(case) = tell_after(db, last, now).await? {
        last = Some(case);
    }
    Ok(())
}

/// Tells the first [`BATCH`] cases that wait for the last word about their incident; gives the last of them. One that a word has
/// overtaken is told the newer one only.
///
/// # Errors
/// When the database is away.
pub async fn tell(db: &Db, now: DateTime<Utc>) -> Result<Option<CaseId>, AppError> {
    tell_after(db, None, now).await
}

/// The same for the cases behind another one, so that what can't be told now stands in nobody's way.
async fn tell_after(db: &Db, last: Option<CaseId>, now: DateTime<Utc>) -> Result<Option<CaseId>, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let next = sqlx::query_as!(
        Next,
        r#"SELECT c.incident_id AS incident, c.partner_id AS "partner: PartnerId", c.case_id AS "case: CaseId", c.seen_message,
                  u.nth, u.kind, u.said_by, u.signed_by, u.next_update_at AS next_at
           FROM incident_case c
           CROSS JOIN LATERAL (SELECT * FROM incident_update x WHERE x.incident_id = c.incident_id ORDER BY x.nth DESC LIMIT 1) u
           WHERE c.left_at IS NULL AND c.case_id > $2
             AND NOT EXISTS (SELECT FROM incident_telling t WHERE t.incident_id = c.incident_id AND t.nth = u.nth AND t.case_id = c.case_id)
             -- What was said in a case is part of the conversation that it was merged into.
             AND NOT EXISTS (SELECT FROM incident_telling t WHERE t.incident_id = c.incident_id AND t.nth = u.nth AND t.outcome <> 'by_hand'
                             AND t.partner_id = c.partner_id AND t.case_id = ANY (case_family(c.partner_id, c.case_id)))
           ORDER BY c.case_id LIMIT $1"#,
        BATCH,
        last.map_or(0, |case| case.0),
    )
    .fetch_all(&mut *tx)
    .await?;
    for one in &next {
        begin_part(&mut tx).await?;
        let told = tell_one(&mut tx, one, now).await;
        if let Err(error) = end_part(&mut tx, told).await? {
            tracing::warn!(case = %one.case, incident = one.incident, %error, "a word about an incident can't be told here now");
        }
    }
    tx.commit().await?;
    Ok(next.last().map(|one| one.case))
}

struct Next {
    incident: i64,
    partner: PartnerId,
    case: CaseId,
    seen_message: i64,
    nth: i32,
    kind: String,
    said_by: i64,
    signed_by: String,
    next_at: Option<DateTime<Utc>>,
}

async fn tell_one(tx: &mut Tx, one: &Next, now: DateTime<Utc>) -> Result<(), AppError> {
    let kind = UpdateKind::parse(&one.kind);
    let kind = kind.ok_or_else(|| AppError::Internal("an unknown word about an incident".into()))?;
    let locked = case_store::lock(tx, one.partner, one.case).await?;
    // The case is locked before its place in the incident, as whoever merges it does. Another process may have told it since it
    // was asked for, and it may have left.
    let waits = sqlx::query!(
        "SELECT c.case_id FROM incident_case c WHERE c.incident_id = $1 AND c.case_id = $3 AND c.left_at IS NULL
           AND NOT EXISTS (SELECT FROM incident_telling t WHERE t.incident_id = $1 AND t.nth = $2 AND t.case_id = $3)
         FOR UPDATE OF c",
        one.incident,
        one.nth,
        one.case.0,
    );
    if waits.fetch_optional(&mut **tx).await?.is_none() {
        return Ok(());
    }
    let standing = Standing {
        stage: locked.stage,
        decided: case_store::is_settled(tx, one.partner, one.case).await?,
        appealed: case_store::appeal_waits(tx, one.partner, one.case).await?,
    };
    let marked = locked.last_side == Side::Partner && !is_unanswered(tx, one).await?;
    let unseen = locked.last_message > one.seen_message;
    let outcome = telling(kind, standing, (locked.last_side, marked), unseen);
    let message = match outcome {
        Telling::ByHand => None,
        Telling::Told(stage) => {
            let message = add_message(tx, one, now).await?;
            let next = one.next_at.filter(|next| *next > now).unwrap_or(locked.next_update_at);
            case_store::save_stage(tx, &locked, locked.version, stage, next, now).await?;
            if stage != locked.stage {
                let promised_at = cases::running_promise(stage, next);
                let event = Event { stage, at: now, by: one.signed_by.clone(), promised_at };
                case_store::add_event(tx, one.partner, one.case, &event).await?;
            }
            let change = Change {
                action: if stage == Stage::Closed { "case.closed" } else { "case.replied" },
                subject: format!("case/{}", one.case),
                partner: Some(one.partner),
                before: Some(json!({ "stage": locked.stage.as_str() })),
                after: Some(
                    json!({ "stage": stage.as_str(), "message": message, "incident": one.incident, "by": one.said_by }),
                ),
                ..Change::default()
            };
            record(tx, &Actor::Job, now, "", change).await?;
            Some(message)
        }
    };
    bulletins::add_partner(tx, one.partner, (one.incident, one.nth), now).await?;
    let said = match outcome {
        Telling::ByHand => "by_hand",
        Telling::Told(Stage::Closed) if kind == UpdateKind::Closed => "closed",
        Telling::Told(_) => "told",
    };
    sqlx::query!(
        "INSERT INTO incident_telling (incident_id, nth, partner_id, case_id, outcome, message_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        one.incident,
        one.nth,
        one.partner.0,
        one.case.0,
        said,
        message,
        now,
    )
    .execute(&mut **tx)
    .await?;
    if kind == UpdateKind::Closed {
        sqlx::query!(
            "UPDATE incident_case SET left_at = $3 WHERE incident_id = $1 AND case_id = $2",
            one.incident,
            one.case.0,
            now,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

async fn is_unanswered(tx: &mut Tx, one: &Next) -> Result<bool, AppError> {
    Ok(crate::desk::store::unanswered(tx, one.partner, one.case).await?.is_some())
}

/// In the language of who opened the case, or of the partner's first member. Its key is made of what it tells, so that no
/// accident tells it twice.
async fn add_message(tx: &mut Tx, one: &Next, now: DateTime<Utc>) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
         SELECT c.partner_id, c.case_id, 'staff', $5, $6, t.body, $7, md5('incident/' || $3::bigint || '/' || $4::integer || '/' || c.case_id)::uuid
         FROM support_case c
         LEFT JOIN LATERAL (
             SELECT left(p.locale, 2) AS locale FROM partner_member m JOIN person p USING (person_id)
             WHERE m.partner_id = c.partner_id AND p.disabled_at IS NULL
             ORDER BY m.person_id = c.opened_by DESC, m.person_id LIMIT 1) reader ON true
         CROSS JOIN LATERAL (
             SELECT x.body FROM incident_text x WHERE x.incident_id = $3 AND x.nth = $4
             ORDER BY x.locale IS NOT DISTINCT FROM reader.locale DESC, x.locale LIMIT 1) t
         WHERE c.partner_id = $1 AND c.case_id = $2
         RETURNING message_id",
        one.partner.0,
        one.case.0,
        one.incident,
        one.nth,
        one.said_by,
        one.signed_by,
        now,
    )
    .fetch_one(&mut **tx)
    .await?)
}
