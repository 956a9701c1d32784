//! A member gives their partner account's tax data.

use crate::audit::store::{Change, record};
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, Errors};
use crate::base::language::tr;
use crate::paths;
use crate::sign_in::confirm::{Confirmed, confirm};
use crate::sign_in::rules::FAILURE_WINDOW_MINUTES;
use crate::tax::store::{self, NewProfile, Set};
use crate::tax::typed::{TypedAddress, TypedProfile};
use crate::tax::words;
use leptos::prelude::*;
use serde_json::json;
use std::fmt;
use uuid::Uuid;

/// The form, as it was sent. Prints nothing.
#[derive(Clone, Default)]
pub struct Typed {
    /// The name that contracts and invoices bear.
    pub legal_name: String,
    /// `person` or `company`.
    pub kind: String,
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
    /// Of the person or company.
    pub tax_number: String,
    /// `yes`, or nothing.
    pub vat_registered: String,
    /// As registered.
    pub vat_number: String,
    /// `yes`, or nothing.
    pub agrees: String,
    /// The person's own, once more.
    pub password: String,
    /// Tells one form from another.
    pub form_key: String,
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(…)")
    }
}

/// Writes down who the partner is to the tax office.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-tax-profile")]
#[allow(clippy::too_many_arguments)]
pub async fn set_tax_profile(
    /// The name that contracts and invoices bear.
    legal_name: Option<String>,
    /// `person` or `company`.
    kind: Option<String>,
    /// Street, without the number.
    street: Option<String>,
    /// Number of the building; may be empty.
    building: Option<String>,
    /// Post code; may be empty.
    post_code: Option<String>,
    /// City or village.
    town: Option<String>,
    /// ISO 3166 alpha-2.
    country: Option<String>,
    /// Of the person or company; may be empty, but not at home.
    tax_number: Option<String>,
    /// Whether they are registered for VAT.
    vat_registered: Option<String>,
    /// As registered.
    vat_number: Option<String>,
    /// Whether the programme may write invoices in their name.
    agrees: Option<String>,
    /// The person's own, once more.
    password: Option<String>,
    /// Tells one form from another.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let typed = Typed {
        legal_name: legal_name.unwrap_or_default(),
        kind: kind.unwrap_or_default(),
        street: street.unwrap_or_default(),
        building: building.unwrap_or_default(),
        post_code: post_code.unwrap_or_default(),
        town: town.unwrap_or_default(),
        country: country.unwrap_or_default(),
        tax_number: tax_number.unwrap_or_default(),
        vat_registered: vat_registered.unwrap_or_default(),
        vat_number: vat_number.unwrap_or_default(),
        agrees: agrees.unwrap_or_default(),
        password: password.unwrap_or_default(),
        form_key,
    };
    match set(&ctx, &typed).await {
        Ok(Ok(())) => {
            forms::redirect(&format!("{}?done=tax", paths::ACCOUNT));
            Ok(())
        }
        Ok(Err(errors)) => {
            let open = [
                ("legal_name", typed.legal_name.as_str()),
                ("kind", &typed.kind),
                ("country", &typed.country),
                ("vat_registered", &typed.vat_registered),
                ("agrees", &typed.agrees),
            ];
            let secret = [
                ("street", typed.street.as_str()),
                ("building", &typed.building),
                ("post_code", &typed.post_code),
                ("town", &typed.town),
                ("tax_number", &typed.tax_number),
                ("vat_number", &typed.vat_number),
            ];
            forms::refuse_sealed(&ctx, paths::TAX_DATA, &open, &secret, errors).await
        }
        Err(error) => Err(forms::failed(&ctx, &error)),
    }
}

/// The change and its record, in one transaction; or what is wrong with the form.
///
/// # Errors
/// When the actor may not, the form is none of ours, or the database is away.
pub async fn set(ctx: &Context, typed: &Typed) -> Result<Result<(), Errors>, AppError> {
    let member = ctx.member()?;
    let form_key: Uuid = typed.form_key.parse().map_err(|_| AppError::BadRequest("no form key"))?;
    let mut tx = ctx.begin().await?;
    let policy = store::in_force(&mut tx, member.programme, ctx.now()).await?;
    tx.commit().await?;
    let given = TypedProfile {
        legal_name: &typed.legal_name,
        kind: &typed.kind,
        address: TypedAddress {
            street: &typed.street,
            building: &typed.building,
            post_code: &typed.post_code,
            town: &typed.town,
            country: &typed.country,
        },
        tax_number: &typed.tax_number,
        vat_registered: typed.vat_registered == "yes",
        vat_number: &typed.vat_number,
        agrees: typed.agrees == "yes",
    };
    let mut errors = Errors::default();
    let read = match given.parse(policy.as_ref().map(|policy| &policy.terms)) {
        Ok(read) => read,
        Err(faults) => {
            faults.into_iter().for_each(|(field, fault)| errors.add(field, words::fault(ctx.locale, fault)));
            return Ok(Err(errors));
        }
    };
    match confirm(ctx, typed.password.clone()).await? {
        Confirmed::Yes => {}
        Confirmed::Wrong => errors.add("password", tr!(ctx.locale, payout_methods.password_wrong)),
        Confirmed::MustWait => {
            errors.add("password", tr!(ctx.locale, sign_in.must_wait, minutes = FAILURE_WINDOW_MINUTES));
        }
    }
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let new = NewProfile {
        legal_name: read.legal_name,
        kind: read.kind,
        address: read.address,
        numbers: read.numbers,
        agrees_self_billing: read.agrees,
        form_key,
    };
    let mut tx = ctx.begin().await?;
    let set = store::set_profile(&mut tx, &ctx.secrets, &ctx.actor, member.partner, &new, ctx.now()).await?;
    let Set::Done { before, after } = set else { return Ok(Ok(())) };
    // Who they are stays beside the version: the record holds none of it.
    let change = Change {
        action: "tax_profile.set",
        subject: format!("tax_profile/{after}"),
        partner: Some(member.partner),
        before: before.map(|id| json!({ "tax_profile": id })),
        after: Some(json!({ "tax_profile": after, "country": new.address.country.code() })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(Ok(()))
}
