//! Reading and setting where a partner's money goes.

use super::model::{Method, MethodKind, Preferences, Refusal};
use crate::base::actor::Member;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint, exactly_one};
use crate::base::ids::{PartnerId, PersonId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Where a partner's money goes now, if anywhere. Never the whole address.
///
/// # Errors
/// When the database is away.
pub async fn live_method(tx: &mut Tx, partner: PartnerId) -> Result<Option<Method>, AppError> {
    let row = sqlx::query!(
        r#"SELECT payout_method_id, kind, masked AS "masked!", added_at FROM payout_method
           WHERE partner_id = $1 AND ended_at IS NULL"#,
        partner.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Method { id: row.payout_method_id, kind: kind(&row.kind)?, masked: row.masked, added_at: row.added_at })
    })
    .transpose()
}

/// What setting a payout method did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// The new one is live; the one before, if any, has ended.
    Done {
        /// The one that ended.
        before: Option<i64>,
        /// The one that is live.
        after: i64,
    },
    /// It was the live one already, or this very form was done before.
    Unchanged,
}

/// Makes an address the one where a partner's money goes.
///
/// The caller gives the transaction up when it is refused.
///
/// # Errors
/// [`AppError::Conflict`] when another change came in between; the inner error says why it was refused.
pub async fn set_method(
    tx: &mut Tx,
    member: &Member,
    kind: MethodKind,
    address: &str,
    form_key: Uuid,
    now: DateTime<Utc>,
) -> Result<Result<Set, Refusal>, AppError> {
    // The live row is the lock; where there is none, two firsts meet at payout_method_one_live.
    let live = sqlx::query!(
        "SELECT payout_method_id, kind, lower(address) = lower($2) AS same FROM payout_method
         WHERE partner_id = $1 AND ended_at IS NULL FOR UPDATE",
        member.partner.0,
        address,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let done_before = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM payout_method WHERE partner_id = $1 AND form_key = $2) AS "done!""#,
        member.partner.0,
        form_key,
    )
    .fetch_one(&mut **tx)
    .await?;
    let is_live = live.as_ref().is_some_and(|live| live.kind == kind.as_str() && live.same == Some(true));
    if done_before || is_live {
        return Ok(Ok(Set::Unchanged));
    }
    let before = live.map(|live| live.payout_method_id);
    if let Some(before) = before {
        let ended = sqlx::query!(
            "UPDATE payout_method SET ended_at = $3 WHERE partner_id = $1 AND payout_method_id = $2 AND ended_at IS NULL",
            member.partner.0,
            before,
            now,
        )
        .execute(&mut **tx)
        .await?;
        exactly_one(ended.rows_affected())?;
    }
    let written = sqlx::query_scalar!(
        "INSERT INTO payout_method (partner_id, kind, address, added_by, added_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING payout_method_id",
        member.partner.0,
        kind.as_str(),
        address,
        member.person.0,
        now,
        form_key,
    )
    .fetch_one(&mut **tx)
    .await;
    match written {
        Ok(after) => Ok(Ok(Set::Done { before, after })),
        Err(error) => match constraint(&error) {
            Some("payout_method_serves_one_partner") => Ok(Err(Refusal::ServesAnother)),
            Some("payout_method_address_is_email") => Ok(Err(Refusal::NotAnAddress)),
            Some("payout_method_form_once") => Ok(Ok(Set::Unchanged)),
            Some("payout_method_one_live") => Err(AppError::Conflict),
            _ => Err(error.into()),
        },
    }
}

/// How the portal speaks to a person. Asked under the sign-in role, the only one that reads its own person.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such person.
pub async fn preferences(tx: &mut Tx, person: PersonId) -> Result<Preferences, AppError> {
    sqlx::query_as!(Preferences, "SELECT locale, address_form, time_zone FROM person WHERE person_id = $1", person.0,)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)
}

fn kind(text: &str) -> Result<MethodKind, AppError> {
    MethodKind::parse(text).ok_or_else(|| AppError::Internal("a payout method of no known kind".into()))
}
