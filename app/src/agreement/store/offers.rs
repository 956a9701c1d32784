//! Counter-offers to a partner.

use crate::agreement::model::Offer;
use crate::approvals::model::Answer;
use crate::base::actor::Member;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, ProposalId};
use crate::terms::model::Field;
use chrono::{DateTime, Utc};

/// What was offered to a partner, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn offers_to(tx: &mut Tx, partner: PartnerId) -> Result<Vec<Offer>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.proposal_id, c.field, c.kind, c.value, o.name AS "offer?", d.reason_partner, coalesce(staff_name(c.made_by), '') AS "by!",
                  c.made_at, c.expires_at, nullif(c.valid_until, 'infinity') AS valid_until,
                  x.answer AS "answer?", x.answered_at AS "answered_at?"
           FROM counter_offer c JOIN decision d ON d.proposal_id = c.countered_id
           LEFT JOIN offer o ON o.programme_id = c.programme_id AND o.offer_id = c.offer_scope
           LEFT JOIN counter_answer x ON x.proposal_id = c.proposal_id
           WHERE c.partner_id = $1 ORDER BY c.made_at DESC, c.proposal_id DESC LIMIT 50"#,
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Offer {
                id: row.proposal_id.into(),
                field: field(&row.field)?,
                offer: row.offer,
                value: (row.kind, row.value),
                reason: row.reason_partner,
                by: row.by,
                at: row.made_at,
                expires_at: row.expires_at,
                valid_until: row.valid_until,
                answer: row.answer.as_deref().and_then(Answer::parse).zip(row.answered_at),
            })
        })
        .collect()
}

/// Answers an offer; what is accepted is in force by the same statement.
///
/// # Errors
/// `counter_answer_pkey` where it was answered, `counter_answer_before_expiry` where it expired; [`AppError::NotFound`] where it
/// is none of this partner's.
pub async fn answer_offer(
    tx: &mut Tx,
    member: &Member,
    offer: ProposalId,
    answer: Answer,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let done = sqlx::query!(
        "INSERT INTO counter_answer (proposal_id, partner_id, answer, person_id, person_name, answered_at)
         SELECT c.proposal_id, c.partner_id, $3, $4, $5, $6 FROM counter_offer c WHERE c.partner_id = $1 AND c.proposal_id = $2",
        member.partner.0,
        offer.0,
        answer.as_str(),
        member.person.0,
        member.name,
        now,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(AppError::NotFound) }
}

/// A field, as the database wrote it.
pub(super) fn field(text: &str) -> Result<Field, AppError> {
    Field::parse(text).ok_or_else(|| AppError::Internal("terms of no known field".into()))
}
