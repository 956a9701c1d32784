//! Opening an incident, saying a word about it, putting cases in.

use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, OfferId, PayoutRunId, ProgrammeId};
use crate::bulletins::store as bulletins;
use crate::desk::model::Hand;
use crate::incidents::model::{About, UpdateKind};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What is said, in one language.
#[derive(Clone, Debug)]
pub struct Text {
    /// The language's code.
    pub locale: &'static str,
    /// The title, where the incident is opened with it.
    pub title: Option<String>,
    /// What is said.
    pub body: String,
}

/// An incident on its way in.
#[derive(Clone, Debug)]
pub struct New {
    /// Whose partners it concerns.
    pub programme: ProgrammeId,
    /// The offer, where it concerns one.
    pub offer: Option<OfferId>,
    /// What it is about.
    pub about: About,
    /// The payout run, where it concerns one.
    pub run: Option<PayoutRunId>,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it ended, as far as it is known.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether every partner of the programme sees it.
    pub for_everybody: bool,
}

/// A word about an incident on its way in.
#[derive(Clone, Debug)]
pub struct Word {
    /// What it is.
    pub kind: UpdateKind,
    /// In each language.
    pub texts: Vec<Text>,
    /// When more will be said; `None` for the last word.
    pub next_at: Option<DateTime<Utc>>,
    /// The form it came from.
    pub form_key: Uuid,
}

/// Opens an incident with what is known; gives its number, and whether this form had not opened it before.
///
/// # Errors
/// `incident_by_the_desk`, `incident_ends_later`, `incident_update_promises` by name.
pub async fn open(tx: &mut Tx, new: &New, word: &Word, hand: &Hand) -> Result<(i64, bool), AppError> {
    let opened = sqlx::query_scalar!(
        "INSERT INTO incident (programme_id, offer_id, began_at, ended_at, for_everybody, opened_by, opened_at, next_update_at, form_key,
                               about, payout_run_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (form_key) DO NOTHING RETURNING incident_id",
        new.programme.0,
        new.offer.map(|offer| offer.0),
        new.began_at,
        new.ended_at,
        new.for_everybody,
        hand.person.0,
        hand.at,
        word.next_at,
        word.form_key,
        new.about.as_str(),
        new.run.map(|run| run.0),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(incident) = opened else {
        let id = sqlx::query_scalar!("SELECT incident_id FROM incident WHERE form_key = $1", word.form_key)
            .fetch_one(&mut **tx)
            .await?;
        return Ok((id, false));
    };
    add(tx, incident, 0, word, hand).await?;
    Ok((incident, true))
}

/// Says a word about an incident that runs; gives which one it is, `None` where the same form said it before.
///
/// # Errors
/// [`AppError::Conflict`] where it is not at `version` any more; `incident_is_open` where it is over.
pub async fn say(tx: &mut Tx, incident: i64, version: i32, word: &Word, hand: &Hand) -> Result<Option<i32>, AppError> {
    let said = sqlx::query_scalar!("SELECT nth FROM incident_update WHERE form_key = $1", word.form_key);
    if said.fetch_optional(&mut **tx).await?.is_some() {
        return Ok(None);
    }
    // Whoever says something else at the same time waits here, and sees then that this was said.
    let done = sqlx::query!(
        "UPDATE incident SET version = version + 1, next_update_at = coalesce($3, next_update_at)
         WHERE incident_id = $1 AND version = $2 AND state = 'open'",
        incident,
        version,
        word.next_at,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())?;
    let last =
        sqlx::query_scalar!(r#"SELECT max(nth) AS "nth!" FROM incident_update WHERE incident_id = $1"#, incident)
            .fetch_one(&mut **tx)
            .await?;
    add(tx, incident, last + 1, word, hand).await?;
    if word.kind == UpdateKind::Closed {
        close(tx, incident, hand.at).await?;
    }
    Ok(Some(last + 1))
}

async fn add(tx: &mut Tx, incident: i64, nth: i32, word: &Word, hand: &Hand) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO incident_update (incident_id, nth, kind, said_by, signed_by, said_at, next_update_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        incident,
        nth,
        word.kind.as_str(),
        hand.person.0,
        hand.name,
        hand.at,
        word.next_at,
        word.form_key,
    )
    .execute(&mut **tx)
    .await?;
    for text in &word.texts {
        sqlx::query!(
            "INSERT INTO incident_text (incident_id, nth, locale, title, body) VALUES ($1, $2, $3, $4, $5)",
            incident,
            nth,
            text.locale,
            text.title,
            text.body,
        )
        .execute(&mut **tx)
        .await?;
    }
    bulletins::tell_incident(tx, (incident, nth), &hand.name, hand.at).await
}

/// Ends an incident; its cases follow with its last word.
///
/// # Errors
/// When the database refuses it.
pub async fn close(tx: &mut Tx, incident: i64, now: DateTime<Utc>) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE incident SET state = 'closed', closed_at = $2, next_update_at = NULL WHERE incident_id = $1 AND state = 'open'",
        incident,
        now,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// Where an incident stands, for the forms that change it.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn version_of(tx: &mut Tx, incident: i64) -> Result<i32, AppError> {
    sqlx::query_scalar!("SELECT version FROM incident WHERE incident_id = $1", incident)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)
}

/// Cases that can't be put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotTaken {
    /// There is no such case, or it is another programme's.
    pub unknown: Vec<CaseId>,
    /// In another incident that runs.
    pub elsewhere: Vec<CaseId>,
    /// Merged: their conversation goes on in another case.
    pub merged: Vec<CaseId>,
}

/// Puts cases into an incident, all of them or none; gives how many were not in it before. One that was taken out comes back.
///
/// # Errors
/// `incident_is_open` where it is over.
pub async fn put(tx: &mut Tx, incident: i64, cases: &[CaseId], hand: &Hand) -> Result<Result<u64, NotTaken>, AppError> {
    let numbers: Vec<i64> = cases.iter().map(|case| case.0).collect();
    let found = sqlx::query!(
        r#"SELECT n.case_id AS "case_id!", c.case_id IS NOT NULL AS "known!",
                  EXISTS (SELECT FROM incident_case x WHERE x.case_id = n.case_id AND x.left_at IS NULL AND x.incident_id <> $1) AS "elsewhere!",
                  EXISTS (SELECT FROM case_merge m WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id) AS "merged!"
           FROM unnest($2::bigint[]) AS n (case_id)
           LEFT JOIN support_case c ON c.case_id = n.case_id AND c.programme_id = (SELECT programme_id FROM incident WHERE incident_id = $1)
           ORDER BY n.case_id"#,
        incident,
        &numbers,
    )
    .fetch_all(&mut **tx)
    .await?;
    let of = |which: &dyn Fn(bool, bool) -> bool| {
        found.iter().filter(|row| which(row.known, row.elsewhere)).map(|row| CaseId(row.case_id)).collect::<Vec<_>>()
    };
    let merged = found.iter().filter(|row| row.known && row.merged).map(|row| CaseId(row.case_id)).collect();
    let not_taken =
        NotTaken { unknown: of(&|known, _| !known), elsewhere: of(&|known, elsewhere| known && elsewhere), merged };
    if not_taken != NotTaken::default() {
        return Ok(Err(not_taken));
    }
    let done = sqlx::query!(
        "INSERT INTO incident_case (incident_id, partner_id, case_id, put_by, put_at, seen_message)
         SELECT $1, c.partner_id, c.case_id, $3, $4,
                coalesce((SELECT max(m.message_id) FROM message m WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id), 0)
         FROM support_case c WHERE c.case_id = ANY($2) ORDER BY c.case_id
         ON CONFLICT (incident_id, case_id) DO UPDATE SET left_at = NULL, taken_out_by = NULL WHERE incident_case.taken_out_by IS NOT NULL",
        incident,
        &numbers,
        hand.person.0,
        hand.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(Ok(done.rows_affected()))
}

/// Takes a case out of an incident that runs: no word about it is said there any more, what was said stays. Gives whether it was
/// in it.
///
/// # Errors
/// `incident_is_open` where it is over, `incident_by_the_desk` by name.
pub async fn take_out(tx: &mut Tx, incident: i64, case: CaseId, hand: &Hand) -> Result<bool, AppError> {
    let done = sqlx::query!(
        "UPDATE incident_case SET left_at = $3, taken_out_by = $4 WHERE incident_id = $1 AND case_id = $2 AND left_at IS NULL",
        incident,
        case.0,
        hand.at,
        hand.person.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
