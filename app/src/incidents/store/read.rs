//! What pages show of incidents.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, OfferId, PayoutRunId, ProgrammeId};
use crate::base::language::{self, Locale};
use crate::disputes::model::Kind;
use crate::incidents::model::{About, Banner, Incident, Listed, TakenOut, Update, UpdateKind};
use crate::incidents::rules::{self, Facts, Named};
use chrono::{DateTime, NaiveDate, Utc};

/// Incidents: those that run first, the newest first among them. The first 100.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, locale: Locale) -> Result<Vec<Incident>, AppError> {
    some(tx, locale, None).await
}

/// One incident.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn find(tx: &mut Tx, locale: Locale, id: i64) -> Result<Incident, AppError> {
    some(tx, locale, Some(id)).await?.pop().ok_or(AppError::NotFound)
}

async fn some(tx: &mut Tx, locale: Locale, id: Option<i64>) -> Result<Vec<Incident>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT i.incident_id AS id, t.title AS "title!", i.programme_id AS "programme: ProgrammeId", g.name AS programme_name,
                  i.offer_id AS "offer: OfferId", o.name AS "offer_name?", i.about, i.payout_run_id AS "run: PayoutRunId",
                  i.began_at, i.ended_at, i.for_everybody, s.name AS opened_by, i.opened_at, i.next_update_at, i.closed_at, i.version,
                  (SELECT count(*) FROM incident_case c WHERE c.incident_id = i.incident_id AND c.taken_out_by IS NULL) AS "cases!"
           FROM incident i JOIN programme g USING (programme_id) JOIN staff s ON s.person_id = i.opened_by
           LEFT JOIN offer o ON o.offer_id = i.offer_id
           CROSS JOIN LATERAL (SELECT x.title FROM incident_text x WHERE x.incident_id = i.incident_id AND x.nth = 0
                               ORDER BY x.locale = $1 DESC, x.locale LIMIT 1) t
           WHERE $2::bigint IS NULL OR i.incident_id = $2
           ORDER BY i.state = 'closed', i.incident_id DESC LIMIT 100"#,
        language::code(locale),
        id,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let about = About::parse(&row.about);
            Ok(Incident {
                id: row.id,
                title: row.title,
                programme: row.programme,
                programme_name: row.programme_name,
                offer: row.offer,
                offer_name: row.offer_name,
                about: about.ok_or_else(|| AppError::Internal("an incident about nothing known".into()))?,
                run: row.run,
                began_at: row.began_at,
                ended_at: row.ended_at,
                for_everybody: row.for_everybody,
                opened_by: row.opened_by,
                opened_at: row.opened_at,
                next_update_at: row.next_update_at,
                closed_at: row.closed_at,
                version: row.version,
                cases: row.cases,
            })
        })
        .collect()
}

/// Number and title of those that run, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn open_ones(tx: &mut Tx, locale: Locale) -> Result<Vec<(i64, String)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT i.incident_id AS id, g.name || ': ' || t.title AS "title!" FROM incident i JOIN programme g USING (programme_id)
           CROSS JOIN LATERAL (SELECT x.title FROM incident_text x WHERE x.incident_id = i.incident_id AND x.nth = 0
                               ORDER BY x.locale = $1 DESC, x.locale LIMIT 1) t
           WHERE i.state = 'open' ORDER BY i.incident_id DESC LIMIT 100"#,
        language::code(locale),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}

/// What was said about an incident, in its order.
///
/// # Errors
/// When the database is away.
pub async fn updates(tx: &mut Tx, locale: Locale, id: i64) -> Result<Vec<Update>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT u.nth, u.kind, u.signed_by, u.said_at, t.body AS "body!",
                  (SELECT count(*) FROM incident_telling x JOIN incident_case c USING (incident_id, case_id)
                   WHERE x.incident_id = u.incident_id AND x.nth = u.nth AND x.outcome <> 'by_hand' AND c.taken_out_by IS NULL) AS "told!",
                  (SELECT count(*) FROM incident_telling x WHERE x.incident_id = u.incident_id AND x.nth = u.nth AND x.outcome = 'closed') AS "closed!"
           FROM incident_update u
           CROSS JOIN LATERAL (SELECT x.body FROM incident_text x WHERE x.incident_id = u.incident_id AND x.nth = u.nth
                               ORDER BY x.locale = $2 DESC, x.locale LIMIT 1) t
           WHERE u.incident_id = $1 ORDER BY u.nth"#,
        id,
        language::code(locale),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = UpdateKind::parse(&row.kind);
            Ok(Update {
                nth: row.nth,
                kind: kind.ok_or_else(|| AppError::Internal("an unknown word about an incident".into()))?,
                body: row.body,
                by: row.signed_by,
                at: row.said_at,
                told: row.told,
                closed: row.closed,
            })
        })
        .collect()
}

/// The cases of an incident: first those that wait for a person, then those that the last word has not reached yet. The
/// first 200.
///
/// # Errors
/// When the database is away.
pub async fn cases(tx: &mut Tx, id: i64) -> Result<Vec<Listed>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT i.case_id AS "case: CaseId", p.name AS partner, c.subject, c.stage,
                  coalesce(t.outcome = 'by_hand', false) AS "by_hand!", t.outcome IS NOT NULL AS "is_told!"
           FROM incident_case i JOIN support_case c USING (partner_id, case_id) JOIN partner p USING (partner_id)
           LEFT JOIN incident_telling t ON t.incident_id = i.incident_id AND t.case_id = i.case_id
               AND t.nth = (SELECT max(u.nth) FROM incident_update u WHERE u.incident_id = i.incident_id)
           WHERE i.incident_id = $1 AND i.taken_out_by IS NULL
           ORDER BY coalesce(t.outcome = 'by_hand', false) DESC, t.outcome IS NULL DESC, i.case_id LIMIT 200"#,
        id,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            case: row.case,
            partner: row.partner,
            subject: row.subject,
            stage: row.stage,
            by_hand: row.by_hand,
            is_told: row.is_told,
            why: None,
        })
        .collect())
}

/// Cases that were taken out of an incident, the last one first. The first 200.
///
/// # Errors
/// When the database is away.
pub async fn taken_out(tx: &mut Tx, id: i64) -> Result<Vec<TakenOut>, AppError> {
    Ok(sqlx::query_as!(
        TakenOut,
        r#"SELECT i.case_id AS "case: CaseId", p.name AS partner, s.name AS by, i.left_at AS "at!"
           FROM incident_case i JOIN partner p USING (partner_id) JOIN staff s ON s.person_id = i.taken_out_by
           WHERE i.incident_id = $1 ORDER BY i.left_at DESC, i.case_id LIMIT 200"#,
        id,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Open cases that may belong into an incident, those with the best reason first: of its programme, in no incident yet, opened
/// while it ran, and about what it is about. The first 200.
///
/// # Errors
/// When the database is away.
pub async fn suggested(tx: &mut Tx, incident: &Incident, now: DateTime<Utc>) -> Result<Vec<Listed>, AppError> {
    let kinds: Vec<String> = incident.about.kinds().iter().map(|kind| kind.as_str().to_owned()).collect();
    let rows = sqlx::query!(
        r#"SELECT c.case_id AS "case: CaseId", p.name AS partner, c.subject, c.stage, c.kind, pinned.pins AS "pins!",
                  pinned.of_offer AS "of_offer!", pinned.of_run AS "of_run!"
           FROM support_case c JOIN partner p USING (partner_id)
           CROSS JOIN LATERAL (
               SELECT count(*) > 0 AS pins, coalesce(bool_or(coalesce(v.offer_id, m.offer_id) = $4), false) AS of_offer,
                      coalesce(bool_or(y.payout_run_id = $5), false) AS of_run
               FROM case_pin n LEFT JOIN conversion v USING (partner_id, conversion_id) LEFT JOIN claim m USING (partner_id, claim_id)
               LEFT JOIN payout y USING (partner_id, payout_id)
               WHERE n.partner_id = c.partner_id AND n.case_id = c.case_id) pinned
           WHERE c.programme_id = $1 AND c.stage <> 'closed' AND c.opened_at BETWEEN $2 AND $3 AND c.kind = ANY($6)
             AND NOT EXISTS (SELECT FROM incident_case i WHERE i.case_id = c.case_id AND i.left_at IS NULL)
             AND NOT EXISTS (SELECT FROM incident_case i WHERE i.case_id = c.case_id AND i.incident_id = $7)
             AND ($4::bigint IS NULL OR pinned.of_offer OR NOT pinned.pins)
             AND ($5::bigint IS NULL OR pinned.of_run OR NOT pinned.pins)
           ORDER BY c.case_id LIMIT 1000"#,
        incident.programme.0,
        incident.began_at,
        incident.ended_at.map_or(now, |ended| (ended + chrono::TimeDelta::days(7)).min(now)),
        incident.offer.map(|offer| offer.0),
        incident.run.map(|run| run.0),
        &kinds,
        incident.id,
    )
    .fetch_all(&mut **tx)
    .await?;
    let named = Named { about: incident.about, offer: incident.offer.is_some(), run: incident.run.is_some() };
    let mut found: Vec<Listed> = rows
        .into_iter()
        .filter_map(|row| {
            let kind = Kind::parse(&row.kind)?;
            let facts = Facts { kind, pins: row.pins, of_offer: row.of_offer, of_run: row.of_run };
            Some(Listed {
                case: row.case,
                partner: row.partner,
                subject: row.subject,
                stage: row.stage,
                by_hand: false,
                is_told: false,
                why: Some(rules::suggested(named, facts)?),
            })
        })
        .collect();
    found.sort_by_key(|case| (case.why, case.case));
    found.truncate(200);
    Ok(found)
}

/// Every programme, by name.
///
/// # Errors
/// When the database is away.
pub async fn programmes(tx: &mut Tx) -> Result<Vec<(ProgrammeId, String)>, AppError> {
    let rows =
        sqlx::query!(r#"SELECT programme_id AS "id: ProgrammeId", name FROM programme ORDER BY name, programme_id"#)
            .fetch_all(&mut **tx)
            .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Every offer with its programme's name, by name.
///
/// # Errors
/// When the database is away.
pub async fn offers(tx: &mut Tx) -> Result<Vec<(OfferId, ProgrammeId, String)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT o.offer_id AS "id: OfferId", g.programme_id AS "programme: ProgrammeId", g.name || ': ' || o.name AS "name!"
           FROM offer o JOIN programme g USING (programme_id) ORDER BY 3, 1 LIMIT 500"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.programme, row.name)).collect())
}

/// The newest payout runs with their programme's name and pay day.
///
/// # Errors
/// When the database is away.
pub async fn runs(tx: &mut Tx) -> Result<Vec<(PayoutRunId, ProgrammeId, String, NaiveDate)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT r.payout_run_id AS "id: PayoutRunId", g.programme_id AS "programme: ProgrammeId", g.name, r.pay_day
           FROM payout_run r JOIN programme g USING (programme_id) WHERE r.cancelled_at IS NULL ORDER BY r.payout_run_id DESC LIMIT 100"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.programme, row.name, row.pay_day)).collect())
}

/// What runs and concerns the partner of this transaction.
///
/// # Errors
/// When the database is away.
pub async fn banners(tx: &mut Tx, locale: Locale, now: DateTime<Utc>) -> Result<Vec<Banner>, AppError> {
    Ok(sqlx::query_as!(
        Banner,
        r#"SELECT title AS "title!", body AS "body!", said_at AS "said_at!", signed_by AS "signed_by!", next_update_at AS next_at,
                  case_id AS "case: CaseId"
           FROM my_incidents($1, $2)"#,
        language::code(locale),
        now,
    )
    .fetch_all(&mut **tx)
    .await?)
}
