//! Reveals: written down first, shown afterwards.

use super::model::{LASTS, MOST_A_DAY, Noted, Reveal, What};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::{PartnerId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

/// Writes down who looks at what of a partner, and why. Only then the database shows it to them.
///
/// # Errors
/// [`AppError::Conflict`] where the person sent two at the same moment.
pub async fn note(
    tx: &mut Tx,
    partner: PartnerId,
    (what, id): (What, i64),
    person: PersonId,
    reason: &str,
    form_key: Uuid,
    now: DateTime<Utc>,
) -> Result<Noted, AppError> {
    let past = sqlx::query!(
        r#"SELECT coalesce(max(nth) FILTER (WHERE day = ($2::timestamptz AT TIME ZONE 'UTC')::date), 0)::bigint AS "today!",
                  coalesce(bool_or(form_key = $3), false) AS "done!"
           FROM payout_method_reveal WHERE person_id = $1"#,
        person.0,
        now,
        form_key,
    )
    .fetch_one(&mut **tx)
    .await?;
    if past.done {
        return Ok(Noted::Before);
    }
    if past.today >= MOST_A_DAY {
        return Ok(Noted::TooMany);
    }
    let written = sqlx::query_scalar!(
        "INSERT INTO payout_method_reveal (partner_id, payout_method_id, tax_profile_id, person_id, reason, revealed_at, nth, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7::bigint::smallint, $8) RETURNING payout_method_reveal_id",
        partner.0,
        (what == What::PayoutMethod).then_some(id),
        (what == What::TaxProfile).then_some(id),
        person.0,
        reason,
        now,
        past.today + 1,
        form_key,
    )
    .fetch_one(&mut **tx)
    .await;
    match written {
        Ok(id) => Ok(Noted::Now(id)),
        Err(error) => match constraint(&error) {
            Some("payout_method_reveal_form_once") => Ok(Noted::Before),
            Some("payout_method_reveal_numbered") => Err(AppError::Conflict),
            _ => Err(error.into()),
        },
    }
}

/// How long what was revealed is shown, for SQL.
pub fn lasts() -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: LASTS.num_microseconds().unwrap_or(0) }
}

/// Who looked at a partner's accounts, or at their numbers, the newest first; five at most.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, partner: PartnerId, what: What) -> Result<Vec<Reveal>, AppError> {
    Ok(sqlx::query_as!(
        Reveal,
        r#"SELECT s.name AS "by!", r.revealed_at AS "at!", r.reason AS "reason!",
                  coalesce(m.masked, f.tax_number_masked, f.vat_number_masked, '') AS "masked!"
           FROM payout_method_reveal r JOIN staff s USING (person_id)
           LEFT JOIN payout_method m USING (partner_id, payout_method_id) LEFT JOIN tax_profile f USING (partner_id, tax_profile_id)
           WHERE r.partner_id = $1 AND (r.payout_method_id IS NOT NULL) = $2
           ORDER BY r.payout_method_reveal_id DESC LIMIT 5"#,
        partner.0,
        what == What::PayoutMethod,
    )
    .fetch_all(&mut **tx)
    .await?)
}
