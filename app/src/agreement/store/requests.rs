//! What partners ask for.

use super::offers::field;
use crate::agreement::model::{Request, State};
use crate::approvals::model::Verdict;
use crate::base::actor::Member;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{OfferId, PartnerId, PersonId, ProgrammeId, ProposalId};
use crate::base::money::Currency;
use crate::terms::model::Field;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// On one page.
const LISTED: i64 = 100;

/// A request on its way in.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// What should change.
    pub field: Field,
    /// For one offer, or all.
    pub offer: Option<OfferId>,
    /// To what.
    pub wish: Decimal,
    /// Why.
    pub reason: String,
    /// The form's key.
    pub form_key: Uuid,
}

/// Writes down what a member asks for; gives its number.
///
/// # Errors
/// `terms_request_form_once` where the form was sent before, `terms_request_one_open` where the same waits for an answer.
pub async fn ask(tx: &mut Tx, member: &Member, new: &NewRequest, now: DateTime<Utc>) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO terms_request (partner_id, programme_id, offer_scope, field, wish, reason, person_id, person_name, asked_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING terms_request_id",
        member.partner.0,
        member.programme.0,
        new.offer.map_or(0, |offer| offer.0),
        new.field.as_str(),
        new.wish,
        new.reason,
        member.person.0,
        member.name,
        now,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Answers a request with no, and why.
///
/// # Errors
/// `terms_request_answer_pkey` where it was answered.
pub async fn decline(
    tx: &mut Tx,
    request: &Request,
    reason: &str,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO terms_request_answer (terms_request_id, partner_id, answer, reason_partner, answered_by, answered_at)
         VALUES ($1, $2, 'declined', $3, $4, $5)",
        request.id,
        request.partner.0,
        reason,
        by.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What a partner asked for, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn requests_of(tx: &mut Tx, partner: PartnerId, now: DateTime<Utc>) -> Result<Vec<Request>, AppError> {
    select(tx, Some(partner), None, now).await
}

/// What partners asked for: first what waits, the oldest on top, then the rest, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn requests(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Request>, AppError> {
    let (mut waiting, rest): (Vec<_>, Vec<_>) =
        select(tx, None, None, now).await?.into_iter().partition(|request| request.state == State::Waiting);
    waiting.reverse();
    Ok(waiting.into_iter().chain(rest).collect())
}

/// One request.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn request(tx: &mut Tx, id: i64, now: DateTime<Utc>) -> Result<Request, AppError> {
    select(tx, None, Some(id), now).await?.pop().ok_or(AppError::NotFound)
}

async fn select(
    tx: &mut Tx,
    partner: Option<PartnerId>,
    id: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Vec<Request>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT r.terms_request_id, r.partner_id AS "partner: PartnerId", a.name AS partner_name, r.programme_id AS "programme: ProgrammeId",
                  g.currency, r.offer_id AS "offer: OfferId", o.name AS "offer_name?", r.field, r.wish, r.reason, r.person_name, r.asked_at,
                  x.answer AS "answer?", x.proposal_id AS "proposal?: ProposalId", x.decide_by, x.reason_partner AS "declined?",
                  d.verdict AS "verdict?", d.reason_partner AS "reason_partner?"
           FROM terms_request r
           JOIN partner a USING (partner_id)
           JOIN programme g ON g.programme_id = r.programme_id
           LEFT JOIN offer o ON o.programme_id = r.programme_id AND o.offer_id = r.offer_id
           LEFT JOIN terms_request_answer x ON x.terms_request_id = r.terms_request_id
           LEFT JOIN decision d ON d.proposal_id = x.proposal_id
           WHERE ($1::bigint IS NULL OR r.partner_id = $1) AND ($2::bigint IS NULL OR r.terms_request_id = $2)
           ORDER BY (x.answer IS NULL) DESC, r.asked_at DESC, r.terms_request_id DESC LIMIT $3"#,
        partner.map(|partner| partner.0),
        id,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let state = match (row.answer.as_deref(), row.verdict.as_deref().and_then(Verdict::parse)) {
                (None, _) => State::Waiting,
                (Some("declined"), _) => State::Declined(row.declined.unwrap_or_default()),
                (Some(_), Some(verdict)) => State::Decided(verdict, row.reason_partner.unwrap_or_default()),
                (Some(_), None) if row.decide_by.is_some_and(|by| by <= now) => State::Expired,
                (Some(_), None) => State::Proposed(row.decide_by),
            };
            Ok(Request {
                id: row.terms_request_id,
                partner: row.partner,
                partner_name: row.partner_name,
                programme: row.programme,
                currency: Currency::parse(&row.currency)?,
                offer: row.offer.zip(row.offer_name),
                field: field(&row.field)?,
                wish: row.wish,
                reason: row.reason,
                by: row.person_name,
                at: row.asked_at,
                state,
                proposal: row.proposal,
            })
        })
        .collect()
}
