//! The SQL of corrections. What each commission gets is the database's to compute and to check again when it is decided.

mod read;

pub use read::{find, items, of_conversion, told, waiting_and_done};

use crate::approvals::model::Verdict;
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CorrectionId, PersonId};
use crate::terms::model::Scope;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

/// Booked in one transaction.
pub const BATCH: i32 = 1_000;

/// A correction on its way in.
#[derive(Clone, Debug)]
pub struct Propose<'a> {
    /// Whose commissions, and of which offer.
    pub scope: Scope,
    /// The rate that should have been: kind and value.
    pub rate: (&'a str, Decimal),
    /// What it says beyond its value, as the database has it.
    pub rule: serde_json::Value,
    /// The time whose commissions are meant, its end left out.
    pub time: (DateTime<Utc>, DateTime<Utc>),
    /// Why, as the partner may read it.
    pub reason: &'a str,
    /// Who proposes.
    pub proposer: PersonId,
    /// When.
    pub at: DateTime<Utc>,
    /// Until when it can be decided.
    pub expires_at: DateTime<Utc>,
    /// The form's key.
    pub form_key: Uuid,
}

/// What a correction would come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// How many commissions would get something.
    pub items: i64,
    /// How many would be less.
    pub less: i64,
}

/// What a correction would come to, before it is written.
///
/// # Errors
/// When the database is away.
pub async fn outlook(tx: &mut Tx, of: &Propose<'_>) -> Result<Outlook, AppError> {
    Ok(sqlx::query_as!(
        Outlook,
        r#"SELECT items AS "items!", less AS "less!" FROM correction_summary($1, $2, $3, $4, $5, $6, $7, $8)"#,
        of.scope.programme.0,
        of.scope.partner_key(),
        of.scope.offer_key(),
        of.rate.0,
        of.rate.1,
        of.rule,
        of.time.0,
        of.time.1,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Writes a correction with its items.
///
/// # Errors
/// The constraint that refused it, inside [`AppError::Database`].
pub async fn propose(tx: &mut Tx, of: &Propose<'_>) -> Result<CorrectionId, AppError> {
    let id = sqlx::query_scalar!(
        r#"INSERT INTO correction (programme_id, partner_id, offer_scope, kind, value, rule, since, until, reason, items, sums, digest,
                                   proposer_id, proposed_at, expires_at, form_key, content_hash)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, s.items, s.sums, s.digest, $10, $11, $12, $13,
                  correction_hash($1, $2, $3, $4, $5, $6, $7, $8, $9, s.sums, s.digest)
           FROM correction_summary($1, $2, $3, $4, $5, $6, $7, $8) s
           RETURNING correction_id"#,
        of.scope.programme.0,
        of.scope.partner_key(),
        of.scope.offer_key(),
        of.rate.0,
        of.rate.1,
        of.rule,
        of.time.0,
        of.time.1,
        of.reason,
        of.proposer.0,
        of.at,
        of.expires_at,
        of.form_key,
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO correction_item (partner_id, correction_id, conversion_id, currency, was, credited, should_be)
         SELECT c.partner_id, c.correction_id, p.conversion_id, p.currency, p.was, p.credited, p.should_be
         FROM correction c
         CROSS JOIN LATERAL correction_prices(c.programme_id, c.partner_id, c.offer_scope, c.kind, c.value, c.rule, c.since, c.until) p
         WHERE c.correction_id = $1 AND p.should_be - p.was - p.credited > 0",
        id,
    )
    .execute(&mut **tx)
    .await?;
    // What the database has to say is said now, where the form can still be told.
    sqlx::query!("SET CONSTRAINTS correction_check IMMEDIATE").execute(&mut **tx).await?;
    Ok(id.into())
}

/// The correction that a form made when it was sent before, if this person sent it.
///
/// # Errors
/// When the database is away.
pub async fn by_form_key(tx: &mut Tx, key: Uuid, person: PersonId) -> Result<Option<CorrectionId>, AppError> {
    let id = sqlx::query_scalar!(
        "SELECT correction_id FROM correction WHERE form_key = $1 AND proposer_id = $2",
        key,
        person.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id.map(CorrectionId))
}

/// A decision on its way in.
#[derive(Clone, Debug)]
pub struct Decide<'a> {
    /// On what.
    pub correction: CorrectionId,
    /// The digest of what was read.
    pub content_hash: &'a [u8],
    /// Yes or no.
    pub verdict: Verdict,
    /// Who decides.
    pub decider: PersonId,
    /// Its author decides it, as there is no other owner.
    pub sole_control: bool,
    /// What the partner reads.
    pub reason_partner: &'a str,
    /// What only the house reads.
    pub reason_house: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a decision.
///
/// # Errors
/// The constraint that refused it, inside [`AppError::Database`].
pub async fn decide(tx: &mut Tx, decision: &Decide<'_>) -> Result<(), AppError> {
    let done = sqlx::query!(
        "INSERT INTO correction_decision (correction_id, partner_id, proposer_id, content_hash, verdict, decider_id, sole_control,
                                          reason_partner, reason_house, decided_at)
         SELECT c.correction_id, c.partner_id, c.proposer_id, $2, $3, $4, $5, $6, $7, $8 FROM correction c WHERE c.correction_id = $1",
        decision.correction.0,
        decision.content_hash,
        decision.verdict.as_str(),
        decision.decider.0,
        decision.sole_control,
        decision.reason_partner,
        decision.reason_house,
        decision.at,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// Books what was approved, batch by batch; gives how many items that were. Safe to run twice, at once, or to kill: each batch is
/// one statement, and what is booked is not due any more.
///
/// # Errors
/// When the database is away.
pub async fn book_due(db: &Db, now: DateTime<Utc>, batch: i32) -> Result<u64, AppError> {
    let mut all = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let due = sqlx::query!(
            "SELECT d.correction_id, d.partner_id FROM correction_decision d
             WHERE d.verdict = 'approved' AND NOT EXISTS (SELECT FROM correction_end e WHERE e.correction_id = d.correction_id)
             ORDER BY d.decided_at, d.correction_id LIMIT 1"
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(due) = due else { return Ok(all) };
        let booked =
            sqlx::query_scalar!(r#"SELECT book_correction($1, $2, $3) AS "booked!""#, due.correction_id, batch, now)
                .fetch_one(&mut *tx)
                .await?;
        if booked > 0 {
            let change = Change {
                action: "correction.booked",
                subject: format!("correction/{}", due.correction_id),
                partner: Some(due.partner_id.into()),
                after: Some(json!({ "items": booked })),
                ..Change::default()
            };
            record(&mut tx, &Actor::Job, now, "corrections", change).await?;
        }
        tx.commit().await?;
        all += u64::try_from(booked).unwrap_or_default();
    }
}
