//! An owner says what the programme asks and takes.

use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::clock::start_of_day;
use crate::base::context::{self, Context};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{End, Errors, finish};
use crate::base::ids::ProgrammeId;
use crate::base::language::tr;
use crate::base::money::Currency;
use crate::paths;
use crate::payout_runs::store::programmes;
use crate::tax::model::Terms;
use crate::tax::store::{self, NewPolicy};
use crate::tax::typed::{TypedAddress, TypedTerms};
use crate::tax::words;
use chrono::NaiveDate;
use leptos::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct PolicyForm {
    /// The programme's code.
    pub programme: String,
    /// Its first day.
    pub valid_from: String,
    /// The programme's own legal name.
    pub legal_name: String,
    /// Street, without the number.
    pub street: String,
    /// Number of the building.
    pub building: String,
    /// Post code.
    pub post_code: String,
    /// City or village.
    pub town: String,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// Its tax number.
    pub tax_number: String,
    /// `none`, `self_billed` or `own`.
    pub invoices: String,
    /// `yes`, or nothing.
    pub waits_for_invoice: String,
    /// `yes`, or nothing.
    pub needs_profile: String,
    /// In percent.
    pub vat_percent: String,
    /// In percent.
    pub withhold_domestic: String,
    /// In percent.
    pub withhold_foreign: String,
    /// In the programme's currency.
    pub fee_iban: String,
    /// In the programme's currency.
    pub fee_sort_code: String,
    /// In the programme's currency.
    pub fee_paypal: String,
    /// In the programme's currency.
    pub fee_wise: String,
    /// Tells one form from another.
    pub form_key: String,
}

impl PolicyForm {
    fn typed(&self) -> TypedTerms<'_> {
        TypedTerms {
            legal_name: &self.legal_name,
            address: TypedAddress {
                street: &self.street,
                building: &self.building,
                post_code: &self.post_code,
                town: &self.town,
                country: &self.country,
            },
            tax_number: &self.tax_number,
            invoices: &self.invoices,
            waits_for_invoice: self.waits_for_invoice == "yes",
            needs_profile: self.needs_profile == "yes",
            vat_percent: &self.vat_percent,
            withhold_domestic: &self.withhold_domestic,
            withhold_foreign: &self.withhold_foreign,
            fee_iban: &self.fee_iban,
            fee_sort_code: &self.fee_sort_code,
            fee_paypal: &self.fee_paypal,
            fee_wise: &self.fee_wise,
        }
    }

    fn fields(&self) -> [(&'static str, &str); 19] {
        [
            ("programme", &self.programme),
            ("valid_from", &self.valid_from),
            ("legal_name", &self.legal_name),
            ("street", &self.street),
            ("building", &self.building),
            ("post_code", &self.post_code),
            ("town", &self.town),
            ("country", &self.country),
            ("tax_number", &self.tax_number),
            ("invoices", &self.invoices),
            ("waits_for_invoice", &self.waits_for_invoice),
            ("needs_profile", &self.needs_profile),
            ("vat_percent", &self.vat_percent),
            ("withhold_domestic", &self.withhold_domestic),
            ("withhold_foreign", &self.withhold_foreign),
            ("fee_iban", &self.fee_iban),
            ("fee_sort_code", &self.fee_sort_code),
            ("fee_paypal", &self.fee_paypal),
            ("fee_wise", &self.fee_wise),
        ]
    }
}

/// Sets a programme's terms of tax from a day on.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-tax-policy")]
#[allow(clippy::too_many_arguments)]
pub async fn set_tax_policy(
    /// The programme's code.
    programme: Option<String>,
    /// Its first day.
    valid_from: Option<String>,
    /// The programme's own legal name.
    legal_name: Option<String>,
    /// Street, without the number.
    street: Option<String>,
    /// Number of the building.
    building: Option<String>,
    /// Post code.
    post_code: Option<String>,
    /// City or village.
    town: Option<String>,
    /// ISO 3166 alpha-2.
    country: Option<String>,
    /// Its tax number.
    tax_number: Option<String>,
    /// `none`, `self_billed` or `own`.
    invoices: Option<String>,
    /// Whether a missing invoice keeps the next payout back.
    waits_for_invoice: Option<String>,
    /// Whether nobody is paid without tax data.
    needs_profile: Option<String>,
    /// In percent.
    vat_percent: Option<String>,
    /// In percent.
    withhold_domestic: Option<String>,
    /// In percent.
    withhold_foreign: Option<String>,
    /// In the programme's currency.
    fee_iban: Option<String>,
    /// In the programme's currency.
    fee_sort_code: Option<String>,
    /// In the programme's currency.
    fee_paypal: Option<String>,
    /// In the programme's currency.
    fee_wise: Option<String>,
    /// Tells one form from another.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = PolicyForm {
        programme: programme.unwrap_or_default(),
        valid_from: valid_from.unwrap_or_default(),
        legal_name: legal_name.unwrap_or_default(),
        street: street.unwrap_or_default(),
        building: building.unwrap_or_default(),
        post_code: post_code.unwrap_or_default(),
        town: town.unwrap_or_default(),
        country: country.unwrap_or_default(),
        tax_number: tax_number.unwrap_or_default(),
        invoices: invoices.unwrap_or_default(),
        waits_for_invoice: waits_for_invoice.unwrap_or_default(),
        needs_profile: needs_profile.unwrap_or_default(),
        vat_percent: vat_percent.unwrap_or_default(),
        withhold_domestic: withhold_domestic.unwrap_or_default(),
        withhold_foreign: withhold_foreign.unwrap_or_default(),
        fee_iban: fee_iban.unwrap_or_default(),
        fee_sort_code: fee_sort_code.unwrap_or_default(),
        fee_paypal: fee_paypal.unwrap_or_default(),
        fee_wise: fee_wise.unwrap_or_default(),
        form_key,
    };
    let end = set_policy(&ctx, &form).await;
    finish(&ctx, &form.fields(), end).await
}

/// Sets a policy and its record, in one transaction.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn set_policy(ctx: &Context, form: &PolicyForm) -> Result<End, AppError> {
    ctx.staff()?;
    if !Who::Owners.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let form_key: Uuid = form.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut tx = ctx.begin().await?;
    let home = programmes(&mut tx).await?.into_iter().find(|home| home.code == form.programme);
    let home = home.ok_or(AppError::NotFound)?;
    let (programme, currency) = (ProgrammeId(home.id), currency_of(&mut tx, home.id.into()).await?);
    let here = paths::tax(&home.code);
    let zone: chrono_tz::Tz = home.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let today = ctx.now().with_timezone(&zone).date_naive();
    let mut errors = Errors::default();
    let day = form.valid_from.trim().parse::<NaiveDate>().ok().filter(|day| *day >= today);
    if day.is_none() {
        errors.add("valid_from", tr!(ctx.locale, tax.fault_day));
    }
    let terms = form.typed().parse(currency);
    if let Err(faults) = &terms {
        faults.iter().for_each(|(field, fault)| errors.add(field, words::fault(ctx.locale, *fault)));
    }
    let (Some(day), Ok(terms)) = (day, terms) else { return Ok(End::Refused(here, errors)) };
    // What begins today begins now: payouts of this morning went by what was known then.
    let valid_from = start_of_day(day, zone).max(ctx.now());
    let new = NewPolicy { programme, valid_from, terms: &terms, form_key };
    if let Some(id) = store::set_policy(&mut tx, &ctx.actor, &new, ctx.now()).await? {
        let change = Change {
            action: "tax_policy.set",
            subject: format!("programme/{programme}"),
            after: Some(said(id, &new)),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    }
    tx.commit().await?;
    Ok(End::Done(format!("{here}&done=policy")))
}

async fn currency_of(tx: &mut Tx, programme: ProgrammeId) -> Result<Currency, AppError> {
    Ok(crate::payout_methods::store::programme(tx, programme).await?.0)
}

/// A version as the record keeps it.
pub fn said(id: i64, new: &NewPolicy<'_>) -> Value {
    let Terms { fees, .. } = new.terms;
    json!({
        "tax_policy": id, "valid_from": new.valid_from, "legal_name": new.terms.legal_name, "country": new.terms.address.country.code(),
        "invoices": new.terms.invoices.as_str(), "waits_for_invoice": new.terms.waits_for_invoice, "needs_profile": new.terms.needs_profile,
        "vat_percent": new.terms.vat_percent, "withhold_domestic": new.terms.withhold_domestic, "withhold_foreign": new.terms.withhold_foreign,
        "fees": { "iban": fees.iban, "sort_code": fees.sort_code, "paypal": fees.paypal, "wise": fees.wise },
    })
}
