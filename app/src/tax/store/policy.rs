//! A programme's terms of tax, version by version.

use super::address;
use crate::base::actor::Actor;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::ProgrammeId;
use crate::base::money::Currency;
use crate::tax::model::{Fees, Invoices, Policy, Terms};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// The version that counts at a moment, if one does.
///
/// # Errors
/// When the database is away.
pub async fn in_force(tx: &mut Tx, programme: ProgrammeId, at: DateTime<Utc>) -> Result<Option<Policy>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT t.tax_policy_id, t.valid_from, g.currency, t.legal_name, t.street, t.building, t.post_code, t.town, t.country, t.tax_number,
                  t.invoices, t.waits_for_invoice, t.needs_profile, t.vat_percent, t.withhold_domestic, t.withhold_foreign, t.fee_iban,
                  t.fee_sort_code, t.fee_paypal, t.fee_wise, NULL::text AS set_by
           FROM tax_policy t JOIN programme g USING (programme_id)
           WHERE t.programme_id = $1 AND t.valid_from <= $2 ORDER BY t.valid_from DESC, t.tax_policy_id DESC LIMIT 1"#,
        programme.0,
        at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(Row::policy).transpose()
}

/// Every version and who set it, the newest first; twenty at most. `None`: the command line.
///
/// # Errors
/// When the database is away.
pub async fn history(tx: &mut Tx, programme: ProgrammeId) -> Result<Vec<(Policy, Option<String>)>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT t.tax_policy_id, t.valid_from, g.currency, t.legal_name, t.street, t.building, t.post_code, t.town, t.country, t.tax_number,
                  t.invoices, t.waits_for_invoice, t.needs_profile, t.vat_percent, t.withhold_domestic, t.withhold_foreign, t.fee_iban,
                  t.fee_sort_code, t.fee_paypal, t.fee_wise, s.name AS "set_by?"
           FROM tax_policy t JOIN programme g USING (programme_id) LEFT JOIN staff s ON s.person_id = t.set_by
           WHERE t.programme_id = $1 ORDER BY t.valid_from DESC, t.tax_policy_id DESC LIMIT 20"#,
        programme.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|mut row| {
            let by = row.set_by.take();
            Ok((row.policy()?, by))
        })
        .collect()
}

struct Row {
    tax_policy_id: i64,
    valid_from: DateTime<Utc>,
    currency: String,
    legal_name: String,
    street: String,
    building: String,
    post_code: String,
    town: String,
    country: String,
    tax_number: String,
    invoices: String,
    waits_for_invoice: bool,
    needs_profile: bool,
    vat_percent: Decimal,
    withhold_domestic: Decimal,
    withhold_foreign: Decimal,
    fee_iban: Decimal,
    fee_sort_code: Decimal,
    fee_paypal: Decimal,
    fee_wise: Decimal,
    set_by: Option<String>,
}

impl Row {
    fn policy(self) -> Result<Policy, AppError> {
        let invoices = Invoices::parse(&self.invoices)
            .ok_or_else(|| AppError::Internal("a tax policy with invoices of no known kind".into()))?;
        Ok(Policy {
            id: self.tax_policy_id,
            valid_from: self.valid_from,
            currency: Currency::parse(&self.currency)?,
            terms: Terms {
                legal_name: self.legal_name,
                address: address(self.street, self.building, self.post_code, self.town, &self.country)?,
                tax_number: self.tax_number,
                invoices,
                waits_for_invoice: self.waits_for_invoice,
                needs_profile: self.needs_profile,
                vat_percent: self.vat_percent,
                withhold_domestic: self.withhold_domestic,
                withhold_foreign: self.withhold_foreign,
                fees: Fees {
                    iban: self.fee_iban,
                    sort_code: self.fee_sort_code,
                    paypal: self.fee_paypal,
                    wise: self.fee_wise,
                },
            },
        })
    }
}

/// A version to be written.
#[derive(Clone, Debug)]
pub struct NewPolicy<'a> {
    /// Whose.
    pub programme: ProgrammeId,
    /// From when on it counts.
    pub valid_from: DateTime<Utc>,
    /// What it says.
    pub terms: &'a Terms,
    /// Tells one form from another.
    pub form_key: Uuid,
}

/// Writes a version; gives its number, or `None` where this very form was done before.
///
/// # Errors
/// [`AppError::Forbidden`] for anybody but an owner or a command.
pub async fn set_policy(
    tx: &mut Tx,
    actor: &Actor,
    new: &NewPolicy<'_>,
    now: DateTime<Utc>,
) -> Result<Option<i64>, AppError> {
    let terms = new.terms;
    let written = sqlx::query_scalar!(
        "INSERT INTO tax_policy (programme_id, valid_from, legal_name, street, building, post_code, town, country, tax_number, invoices,
                                 waits_for_invoice, needs_profile, vat_percent, withhold_domestic, withhold_foreign, fee_iban, fee_sort_code,
                                 fee_paypal, fee_wise, set_by, set_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
         RETURNING tax_policy_id",
        new.programme.0,
        new.valid_from,
        terms.legal_name,
        terms.address.street,
        terms.address.building,
        terms.address.post_code,
        terms.address.town,
        terms.address.country.code(),
        terms.tax_number,
        terms.invoices.as_str(),
        terms.waits_for_invoice,
        terms.needs_profile,
        terms.vat_percent,
        terms.withhold_domestic,
        terms.withhold_foreign,
        terms.fees.iban,
        terms.fees.sort_code,
        terms.fees.paypal,
        terms.fees.wise,
        actor.staff().map(|staff| staff.person.0),
        now,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await;
    match written {
        Ok(id) => Ok(Some(id)),
        Err(error) => match constraint(&error) {
            Some("tax_policy_form_once") => Ok(None),
            Some("tax_policy_by_an_owner") => Err(AppError::Forbidden),
            _ => Err(error.into()),
        },
    }
}
