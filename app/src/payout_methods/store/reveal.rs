//! Whole accounts, for whoever was noted to look at them.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PersonId};
use crate::base::secrets::{KeyId, Secrets};
use crate::payout_methods::address::Address;
use crate::payout_methods::model::Method;
use crate::payout_methods::secrets::open;
use crate::reveals::model::LASTS;
use crate::reveals::store::lasts;
use chrono::{DateTime, Utc};

/// The whole account and until when it is shown, to whom it was revealed within two minutes; the database asks the same
/// of its own clock.
///
/// # Errors
/// When the database is away, or the account can't be read with this key.
pub async fn revealed(
    tx: &mut Tx,
    secrets: &Secrets,
    partner: PartnerId,
    method: &Method,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Option<(Address, DateTime<Utc>)>, AppError> {
    let row = sqlx::query!(
        r#"SELECT r.revealed_at AS "revealed_at!", w.ciphertext AS "ciphertext!", w.key_id AS "key!: KeyId"
           FROM (SELECT max(revealed_at) AS revealed_at FROM payout_method_reveal
                 WHERE partner_id = $1 AND payout_method_id = $2 AND person_id = $3 AND revealed_at <= $4) r,
               reveal_payout_method($1, $2, $3) w
           WHERE r.revealed_at > $4::timestamptz - $5::interval"#,
        partner.0,
        method.id,
        person.0,
        now,
        lasts(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| Ok((open(secrets, partner, method.kind, row.key, &row.ciphertext)?, row.revealed_at + LASTS)))
        .transpose()
}
