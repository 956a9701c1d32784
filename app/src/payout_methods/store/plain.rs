//! Addresses from before they were encrypted.

use super::parse_kind;
use crate::base::actor::Actor;
use crate::base::db::Db;
use crate::base::error::AppError;
use crate::base::ids::PartnerId;
use crate::base::secrets::Secrets;
use crate::payout_methods::address::Address;
use crate::payout_methods::model::MethodKind;
use crate::payout_methods::secrets::seal;

/// Rows encrypted in one transaction.
const BATCH: i64 = 1000;

/// Encrypts every address that still lies plain; gives their number. Does nothing the second time, and two at once wait
/// for each other, row by row.
///
/// # Errors
/// When the database is away; what was done until then stays done.
pub async fn seal_plain(db: &Db, secrets: &Secrets) -> Result<u64, AppError> {
    let mut done = 0;
    loop {
        let mut tx = db.begin(&Actor::Command).await?;
        let rows = sqlx::query!(
            r#"SELECT partner_id AS "partner: PartnerId", payout_method_id, kind, address AS "address!" FROM payout_method
               WHERE address IS NOT NULL ORDER BY partner_id, payout_method_id LIMIT $1 FOR UPDATE"#,
            BATCH,
        )
        .fetch_all(&mut *tx)
        .await?;
        if rows.is_empty() {
            return Ok(done);
        }
        for row in rows {
            let address = match parse_kind(&row.kind)? {
                MethodKind::PayPal => Address::PayPal(row.address),
                MethodKind::Wise => Address::Wise(row.address),
                _ => return Err(AppError::Internal("a bank account in plain text".into())),
            };
            let sealed = seal(secrets, row.partner, &address)?;
            let updated = sqlx::query!(
                "UPDATE payout_method SET address = NULL, ciphertext = $3, key_id = $4, fingerprint = $5
                 WHERE partner_id = $1 AND payout_method_id = $2",
                row.partner.0,
                row.payout_method_id,
                sealed.ciphertext,
                sealed.key.0,
                sealed.fingerprint,
            )
            .execute(&mut *tx)
            .await?;
            done += updated.rows_affected();
        }
        tx.commit().await?;
    }
}
