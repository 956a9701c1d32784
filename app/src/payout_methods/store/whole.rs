//! Whole accounts, for files to banks. Only the system's role reads them; staff ask for a reveal.

use super::parse_kind;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PartnerId;
use crate::base::secrets::{KeyId, Secrets};
use crate::payout_methods::address::Address;
use crate::payout_methods::secrets::open;

/// A payout method with its whole account.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Whose.
    pub partner: PartnerId,
    /// Its number.
    pub id: i64,
    /// The account holder, as the bank knows them.
    pub holder: String,
    /// The account.
    pub address: Address,
}

/// The whole accounts of these methods, live or ended, in the order of their numbers. What is not there is left out.
/// A few thousand at a time keep memory flat.
///
/// # Errors
/// When the actor is not the system, or an account can't be read with this key.
pub async fn wholes(tx: &mut Tx, secrets: &Secrets, methods: &[(PartnerId, i64)]) -> Result<Vec<Whole>, AppError> {
    let (partners, ids): (Vec<_>, Vec<_>) = methods.iter().map(|(partner, id)| (partner.0, *id)).unzip();
    let rows = sqlx::query!(
        r#"SELECT m.partner_id AS "partner: PartnerId", m.payout_method_id, m.kind, m.holder_name,
                  m.ciphertext AS "ciphertext!", m.key_id AS "key!: KeyId"
           FROM unnest($1::bigint[], $2::bigint[]) AS asked (partner_id, payout_method_id)
           JOIN payout_method m USING (partner_id, payout_method_id)
           WHERE m.ciphertext IS NOT NULL ORDER BY m.payout_method_id"#,
        &partners,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = parse_kind(&row.kind)?;
            let address = open(secrets, row.partner, kind, row.key, &row.ciphertext)?;
            Ok(Whole { partner: row.partner, id: row.payout_method_id, holder: row.holder_name, address })
        })
        .collect()
}
