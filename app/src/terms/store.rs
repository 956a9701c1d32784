//! Reading terms.

use super::model::{Field, OfferTerms, Scope, Told, Version};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{OfferId, PartnerId, ProgrammeId};
use crate::base::money::Currency;
use crate::commissions::model::Rule;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

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
    as_known(tx, programme, offer, partner, at, None).await
}

/// The same as it was known at another moment: what was recorded later is left out. `None`: as it is known today.
///
/// # Errors
/// When the database is away.
pub async fn as_known(
    tx: &mut Tx,
    programme: ProgrammeId,
    offer: Option<OfferId>,
    partner: PartnerId,
    at: DateTime<Utc>,
    known_at: Option<DateTime<Utc>>,
) -> Result<Vec<Version>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT field AS "field!", terms_version_id AS "id!", kind AS "kind!", value AS "value!", rule AS "rule!",
                  valid_from AS "valid_from!", nullif(valid_until, 'infinity') AS valid_until, offer_scope AS "offer_scope!",
                  partner_scope AS "partner_scope!"
           FROM terms_at($1, $2, $3, $4, coalesce($5, 'infinity'::timestamptz))"#,
        programme.0,
        offer.map_or(0, |offer| offer.0),
        partner.0,
        at,
        known_at,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = Key {
                programme,
                id: row.id,
                field: &row.field,
                offer_scope: row.offer_scope,
                partner_scope: row.partner_scope,
            };
            key.version(row.kind, row.value, row.rule, (row.valid_from, row.valid_until))
        })
        .collect()
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

/// The programme's currency; minimums are in it.
///
/// # Errors
/// [`AppError::NotFound`] where the actor sees no such programme.
pub async fn currency(tx: &mut Tx, programme: ProgrammeId) -> Result<Currency, AppError> {
    let code = sqlx::query_scalar!("SELECT currency FROM programme WHERE programme_id = $1", programme.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    Ok(Currency::parse(&code)?)
}

/// Every version that says something to a partner, the newest first, each with the reason its decision gave.
///
/// # Errors
/// When the database is away.
pub async fn told(tx: &mut Tx, programme: ProgrammeId, partner: PartnerId) -> Result<Vec<Told>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT t.terms_version_id, t.field, t.kind, t.value, t.rule, t.valid_from, nullif(t.valid_until, 'infinity') AS valid_until,
                  t.offer_scope, t.partner_scope, t.proposal_id,
                  o.name AS "offer?", d.reason_partner, d.decided_at, decider_name(d.proposal_id) AS by,
                  EXISTS (SELECT FROM stopped_change s WHERE s.partner_id = $2 AND s.terms_version_id = t.terms_version_id) AS "stopped!"
           FROM terms_version t
           JOIN decision d USING (proposal_id)
           LEFT JOIN offer o ON o.programme_id = t.programme_id AND o.offer_id = t.offer_scope
           WHERE t.programme_id = $1 AND t.partner_scope IN (0, $2)
           ORDER BY t.valid_from DESC, t.revision DESC, t.terms_version_id DESC"#,
        programme.0,
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = Key {
                programme,
                id: row.terms_version_id,
                field: &row.field,
                offer_scope: row.offer_scope,
                partner_scope: row.partner_scope,
            };
            let mut version = key.version(row.kind, row.value, row.rule, (row.valid_from, row.valid_until))?;
            version.proposal = Some(row.proposal_id.into());
            Ok(Told {
                version,
                offer: row.offer,
                reason: row.reason_partner,
                decided_at: row.decided_at,
                by: row.by,
                stopped: row.stopped,
            })
        })
        .collect()
}

/// Rate, hold and validation of every offer, resolved for a partner, in the order of the offers' names.
///
/// # Errors
/// When the database is away.
pub async fn by_offer(
    tx: &mut Tx,
    programme: ProgrammeId,
    partner: PartnerId,
    at: DateTime<Utc>,
) -> Result<Vec<OfferTerms>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT o.offer_id, o.name, t.field AS "field!", t.terms_version_id AS "id!", t.kind AS "kind!", t.value AS "value!",
                  t.rule AS "rule!", t.valid_from AS "valid_from!", nullif(t.valid_until, 'infinity') AS valid_until, t.offer_scope AS "offer_scope!", t.partner_scope AS "partner_scope!"
           FROM offer o CROSS JOIN LATERAL terms_at(o.programme_id, o.offer_id, $2, $3) t
           WHERE o.programme_id = $1 AND t.field IN ('rate', 'hold_days', 'validation')"#,
        programme.0,
        partner.0,
        at,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut offers: BTreeMap<(String, i64), OfferTerms> = BTreeMap::new();
    for row in rows {
        let key = Key {
            programme,
            id: row.id,
            field: &row.field,
            offer_scope: row.offer_scope,
            partner_scope: row.partner_scope,
        };
        let version = key.version(row.kind, row.value, row.rule, (row.valid_from, row.valid_until))?;
        let offer = offers.entry((row.name.clone(), row.offer_id)).or_insert_with(|| OfferTerms {
            name: row.name,
            rate: None,
            hold_days: None,
            validation: None,
        });
        match version.field {
            Field::Rate => offer.rate = Some(version),
            Field::HoldDays => offer.hold_days = Some(version),
            Field::Validation => offer.validation = Some(version),
            Field::Minimum | Field::Schedule => {}
        }
    }
    Ok(offers.into_values().collect())
}

/// What tells a version from others.
struct Key<'a> {
    programme: ProgrammeId,
    id: i64,
    field: &'a str,
    offer_scope: i64,
    partner_scope: i64,
}

impl Key<'_> {
    fn version(
        &self,
        kind: String,
        value: Decimal,
        rule: serde_json::Value,
        (valid_from, valid_until): (DateTime<Utc>, Option<DateTime<Utc>>),
    ) -> Result<Version, AppError> {
        Ok(Version {
            id: self.id.into(),
            field: Field::parse(self.field).ok_or_else(|| AppError::Internal("terms of no known field".into()))?,
            kind,
            value,
            rule: rule_of(rule)?,
            valid_from,
            valid_until,
            scope: Scope {
                programme: self.programme,
                offer: (self.offer_scope != 0).then_some(OfferId(self.offer_scope)),
                partner: (self.partner_scope != 0).then_some(PartnerId(self.partner_scope)),
            },
            proposal: None,
        })
    }
}

/// A rule as the database keeps it.
///
/// # Errors
/// [`AppError::Internal`] where it is none.
pub fn rule_of(stored: serde_json::Value) -> Result<Rule, AppError> {
    serde_json::from_value(stored).map_err(|error| AppError::Internal(format!("the rule of a rate: {error}")))
}
