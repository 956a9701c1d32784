//! Counter-offers, promises and the start of a decrease, as an owner's decision writes them.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{OfferId, PartnerId, PersonId, ProgrammeId, ProposalId, TermsVersionId};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// From when a proposal can hold that is decided now; where it is a decrease, after that many days of notice.
///
/// # Errors
/// When the database is away.
pub async fn earliest_start(
    tx: &mut Tx,
    proposal: ProposalId,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, Option<i32>), AppError> {
    let row =
        sqlx::query!(r#"SELECT start_at AS "start_at!", notice_days FROM earliest_start($1, $2)"#, proposal.0, now)
            .fetch_optional(&mut **tx)
            .await?
            .ok_or(AppError::NotFound)?;
    Ok((row.start_at, row.notice_days))
}

/// What a programme asks of a decrease: days of notice, and percent of the value in one notice period.
///
/// # Errors
/// When the database is away.
pub async fn decrease_policy(
    tx: &mut Tx,
    programme: ProgrammeId,
    now: DateTime<Utc>,
) -> Result<(i32, Decimal), AppError> {
    let row = sqlx::query!(
        r#"SELECT notice_days AS "notice_days!", largest_step AS "largest_step!" FROM decrease_policy_at($1, $2)"#,
        programme.0,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.notice_days, row.largest_step))
}

/// Percent of revenue that has to remain in a scope; the most specific floor counts.
///
/// # Errors
/// When the database is away.
pub async fn floor(
    tx: &mut Tx,
    programme: ProgrammeId,
    offer: Option<OfferId>,
    partner: Option<PartnerId>,
    now: DateTime<Utc>,
) -> Result<Decimal, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT floor_at($1, $2, $3, $4) AS "floor!""#,
        programme.0,
        offer.map_or(0, |offer| offer.0),
        partner.map_or(0, |partner| partner.0),
        now,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Makes a counter-offer of a proposal that its owner just wrote, in answer to one that they just decided.
///
/// # Errors
/// The constraint that refused it, inside [`AppError::Database`].
pub async fn offer_instead(tx: &mut Tx, countered: ProposalId, offer: ProposalId) -> Result<(), AppError> {
    let done = sqlx::query!(
        "INSERT INTO counter_offer (proposal_id, countered_id, programme_id, offer_scope, partner_id, field, kind, value, value_before,
                                    content_hash, made_by, made_at, expires_at)
         SELECT p.proposal_id, $1, p.programme_id, p.offer_scope, p.partner_scope, p.field, p.kind, p.value, p.value_before,
                p.content_hash, p.proposer_id, p.proposed_at, p.expires_at
         FROM proposal p WHERE p.proposal_id = $2",
        countered.0,
        offer.0,
    )
    .execute(&mut **tx)
    .await?;
    crate::base::error::exactly_one(done.rows_affected())
}

/// Promises a partner that nothing leaves them less than a version says, until then.
///
/// # Errors
/// The constraint that refused it, inside [`AppError::Database`].
pub async fn promise(
    tx: &mut Tx,
    version: TermsVersionId,
    until: DateTime<Utc>,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO promise (terms_version_id, programme_id, offer_scope, partner_id, field, until, promised_by, promised_at)
         SELECT t.terms_version_id, t.programme_id, t.offer_scope, t.partner_scope, t.field, $2, $3, $4
         FROM terms_version t WHERE t.terms_version_id = $1",
        version.0,
        until,
        by.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
