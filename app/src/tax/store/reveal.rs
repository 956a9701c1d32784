//! Whole numbers, for whoever was noted to look at them.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PersonId};
use crate::base::secrets::{KeyId, Secrets};
use crate::reveals::model::LASTS;
use crate::reveals::store::lasts;
use crate::tax::secrets::{Numbers, open};
use chrono::{DateTime, Utc};

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
        lasts(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        let numbers = open(secrets, partner, row.key, row.tax_number.as_deref(), row.vat_number.as_deref())?;
        Ok((numbers, row.revealed_at + LASTS))
    })
    .transpose()
}
