//! Looks at whole numbers: written down first, shown afterwards, and counted with those at whole accounts.

use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::{PartnerId, PersonId};
use crate::base::secrets::{KeyId, Secrets};
use crate::payout_methods::model::Reveal;
use crate::payout_methods::rules::{REVEAL_LASTS, REVEALS_A_DAY};
use crate::payout_methods::store::Revealed;
use crate::tax::secrets::{Numbers, open};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Writes down who looks at a partner's numbers and why. Only then [`revealed`] shows them.
///
/// # Errors
/// [`AppError::Conflict`] where the person sent two at the same moment.
pub async fn note_reveal(
    tx: &mut Tx,
    partner: PartnerId,
    profile: i64,
    person: PersonId,
    reason: &str,
    form_key: Uuid,
    now: DateTime<Utc>,
) -> Result<Revealed, AppError> {
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
        return Ok(Revealed::Before);
    }
    if past.today >= REVEALS_A_DAY {
        return Ok(Revealed::TooMany);
    }
    let written = sqlx::query_scalar!(
        "INSERT INTO payout_method_reveal (partner_id, tax_profile_id, person_id, reason, revealed_at, nth, form_key)
         VALUES ($1, $2, $3, $4, $5, $6::bigint::smallint, $7) RETURNING payout_method_reveal_id",
        partner.0,
        profile,
        person.0,
        reason,
        now,
        past.today + 1,
        form_key,
    )
    .fetch_one(&mut **tx)
    .await;
    match written {
        Ok(id) => Ok(Revealed::Now(id)),
        Err(error) => match constraint(&error) {
            Some("payout_method_reveal_form_once") => Ok(Revealed::Before),
            Some("payout_method_reveal_numbered") => Err(AppError::Conflict),
            _ => Err(error.into()),
        },
    }
}

/// The whole numbers and until when they are shown, to whom they were revealed within two minutes; the database asks the
/// same of its own clock.
///
/// # Errors
/// When the database is away, or the numbers can't be read with this key.
pub async fn revealed(
    tx: &mut Tx,
    secrets: &Secrets,
    partner: PartnerId,
    profile: i64,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Option<(Numbers, DateTime<Utc>)>, AppError> {
    let row = sqlx::query!(
        r#"SELECT r.revealed_at AS "revealed_at!", w.tax_number, w.vat_number, w.key_id AS "key?: KeyId"
           FROM (SELECT max(revealed_at) AS revealed_at FROM payout_method_reveal
                 WHERE partner_id = $1 AND tax_profile_id = $2 AND person_id = $3 AND revealed_at <= $4) r,
               reveal_tax_profile($1, $2, $3) w
           WHERE r.revealed_at > $4::timestamptz - $5::interval"#,
        partner.0,
        profile,
        person.0,
        now,
        sqlx::postgres::types::PgInterval {
            months: 0,
            days: 0,
            microseconds: REVEAL_LASTS.num_microseconds().unwrap_or(0)
        },
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        let numbers = open(secrets, partner, row.key, row.tax_number.as_deref(), row.vat_number.as_deref())?;
        Ok((numbers, row.revealed_at + REVEAL_LASTS))
    })
    .transpose()
}

/// Who looked at a partner's numbers, the newest first; five at most.
///
/// # Errors
/// When the database is away.
pub async fn reveals(tx: &mut Tx, partner: PartnerId) -> Result<Vec<Reveal>, AppError> {
    Ok(sqlx::query_as!(
        Reveal,
        r#"SELECT s.name AS "by!", r.revealed_at AS "at!", r.reason AS "reason!", coalesce(f.tax_number_masked, f.vat_number_masked, '') AS "masked!"
           FROM payout_method_reveal r JOIN staff s USING (person_id) JOIN tax_profile f USING (partner_id, tax_profile_id)
           WHERE r.partner_id = $1 ORDER BY r.payout_method_reveal_id DESC LIMIT 5"#,
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?)
}
