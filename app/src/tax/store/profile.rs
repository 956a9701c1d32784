//! Partners' tax data, version by version.

use super::address;
use crate::base::actor::Actor;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::PartnerId;
use crate::base::secrets::{KeyId, Secrets};
use crate::tax::model::{Kind, PostalAddress, Profile};
use crate::tax::numbers::masked;
use crate::tax::secrets::{Numbers, Which, open, seal};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

/// A partner's tax data as it counts at a moment, if there is any. Never the whole numbers.
///
/// # Errors
/// When the database is away.
pub async fn newest(tx: &mut Tx, partner: PartnerId, at: DateTime<Utc>) -> Result<Option<Profile>, AppError> {
    Ok(newest_of(tx, &[partner.0], at).await?.remove(&partner.0))
}

/// The same of many partners, by their numbers.
///
/// # Errors
/// When the database is away.
pub async fn newest_of(tx: &mut Tx, partners: &[i64], at: DateTime<Utc>) -> Result<HashMap<i64, Profile>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT f.partner_id, f.tax_profile_id, f.legal_name, f.kind, f.street, f.building, f.post_code, f.town, f.country,
                  f.tax_number_masked, f.vat_number_masked, f.agrees_self_billing, f.recorded_at
           FROM unnest($1::bigint[]) AS one (partner_id)
           CROSS JOIN LATERAL (SELECT max(tax_profile_id) AS id FROM tax_profile x WHERE x.partner_id = one.partner_id AND x.recorded_at <= $2) last
           JOIN tax_profile f ON f.partner_id = one.partner_id AND f.tax_profile_id = last.id"#,
        partners,
        at,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = Kind::parse(&row.kind).ok_or_else(|| AppError::Internal("tax data of no known kind".into()))?;
            let profile = Profile {
                id: row.tax_profile_id,
                legal_name: row.legal_name,
                kind,
                address: address(row.street, row.building, row.post_code, row.town, &row.country)?,
                tax_number: row.tax_number_masked,
                vat_number: row.vat_number_masked,
                agrees_self_billing: row.agrees_self_billing,
                recorded_at: row.recorded_at,
            };
            Ok((row.partner_id, profile))
        })
        .collect()
}

/// The whole numbers of one version. Only the system's role reads them; staff ask for a reveal.
///
/// # Errors
/// When the actor is not the system, or they can't be read with this key.
pub async fn numbers(tx: &mut Tx, secrets: &Secrets, partner: PartnerId, profile: i64) -> Result<Numbers, AppError> {
    let row = sqlx::query!(
        r#"SELECT tax_number, vat_number, key_id AS "key_id: KeyId" FROM tax_profile WHERE partner_id = $1 AND tax_profile_id = $2"#,
        partner.0,
        profile,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(open(secrets, partner, row.key_id, row.tax_number.as_deref(), row.vat_number.as_deref())?)
}

/// Tax data to be written.
#[derive(Clone, Debug)]
pub struct NewProfile {
    /// The name that contracts and invoices bear.
    pub legal_name: String,
    /// Person or company.
    pub kind: Kind,
    /// Where they are.
    pub address: PostalAddress,
    /// Whole; sealed before it is written.
    pub numbers: Numbers,
    /// Whether the programme may write invoices in their name.
    pub agrees_self_billing: bool,
    /// Tells one form from another.
    pub form_key: Uuid,
}

/// What writing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// It is written under this number, after that one.
    Done {
        /// The version before.
        before: Option<i64>,
        /// The one that counts now.
        after: i64,
    },
    /// This very form was done before.
    Before,
}

/// Writes a partner's tax data; what was there before stays as it is, for the invoices that name it.
///
/// # Errors
/// When the database is away, or the system has no randomness.
pub async fn set_profile(
    tx: &mut Tx,
    secrets: &Secrets,
    actor: &Actor,
    partner: PartnerId,
    new: &NewProfile,
    now: DateTime<Utc>,
) -> Result<Set, AppError> {
    let before = newest(tx, partner, now).await?.map(|profile| profile.id);
    let sealed = |which, number: Option<&str>| number.map(|number| seal(secrets, partner, which, number)).transpose();
    let (tax, vat) = (
        new.numbers.tax.as_ref().map(|number| number.as_str()),
        new.numbers.vat.as_ref().map(|number| number.as_str()),
    );
    let member = actor.member().map(|member| member.person.0);
    let written = sqlx::query_scalar!(
        "INSERT INTO tax_profile (partner_id, legal_name, kind, street, building, post_code, town, country, tax_number, tax_number_masked,
                                  vat_registered, vat_number, vat_number_masked, key_id, agrees_self_billing, set_by, recorded_by, recorded_at,
                                  form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, CASE WHEN $16::bigint IS NULL THEN 'command' ELSE 'member' END,
                 $16, $17, $18)
         RETURNING tax_profile_id",
        partner.0,
        new.legal_name,
        new.kind.as_str(),
        new.address.street,
        new.address.building,
        new.address.post_code,
        new.address.town,
        new.address.country.code(),
        sealed(Which::Tax, tax)?,
        tax.map(masked),
        vat.is_some(),
        sealed(Which::Vat, vat)?,
        vat.map(masked),
        tax.or(vat).map(|_| secrets.key().0),
        new.agrees_self_billing,
        member,
        now,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await;
    match written {
        Ok(after) => Ok(Set::Done { before, after }),
        Err(error) => match constraint(&error) {
            Some("tax_profile_form_once") => Ok(Set::Before),
            _ => Err(error.into()),
        },
    }
}
