//! Reading terms.

use super::model::{Field, Scope, Version};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{OfferId, PartnerId, ProgrammeId};
use chrono::{DateTime, Utc};

/// What is in force at a moment for a partner (and an offer; without one, what holds for all offers): one version a
/// field, the most specific scope wins.
///
/// # Errors
/// When the database is away.
pub async fn in_force(
    tx: &mut Tx,
    programme: ProgrammeId,
    offer: Option<OfferId>,
    partner: PartnerId,
    at: DateTime<Utc>,
) -> Result<Vec<Version>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT field AS "field!", terms_version_id AS "id!", kind AS "kind!", value AS "value!", valid_from AS "valid_from!",
                  offer_scope AS "offer_scope!", partner_scope AS "partner_scope!"
           FROM terms_at($1, $2, $3, $4)"#,
        programme.0,
        offer.map_or(0, |offer| offer.0),
        partner.0,
        at,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Version {
                id: row.id.into(),
                field: Field::parse(&row.field)?,
                kind: row.kind,
                value: row.value,
                valid_from: row.valid_from,
                scope: Scope {
                    programme,
                    offer: (row.offer_scope != 0).then_some(OfferId(row.offer_scope)),
                    partner: (row.partner_scope != 0).then_some(PartnerId(row.partner_scope)),
                },
                proposal: None,
            })
        })
        .collect())
}

/// One field of what is in force; `None` where nothing was ever said.
///
/// # Errors
/// When the database is away.
pub async fn field_in_force(
    tx: &mut Tx,
    field: Field,
    programme: ProgrammeId,
    offer: Option<OfferId>,
    partner: PartnerId,
    at: DateTime<Utc>,
) -> Result<Option<Version>, AppError> {
    Ok(in_force(tx, programme, offer, partner, at).await?.into_iter().find(|version| version.field == field))
}
