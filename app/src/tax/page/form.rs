//! `/account/tax`: who the partner is to the tax office, and the password once more.

use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::paths;
use crate::tax::countries::Country;
use crate::tax::model::{Invoices, Kind, Policy, PostalAddress, Profile};
use crate::tax::typed::{LONGEST_CODE, LONGEST_NAME, LONGEST_STREET, LONGEST_TOWN};
use crate::tax::{store, words};
use crate::ui::field::{Check, Choice, Field, Hidden, Select, Submit};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn TaxData() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let member = ctx.member()?;
    let mut tx = ctx.begin().await?;
    let profile = store::newest(&mut tx, member.partner, ctx.now()).await?;
    let policy = store::in_force(&mut tx, member.programme, ctx.now()).await?;
    tx.commit().await?;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let locale = ctx.locale;
    let lead = match &policy {
        Some(policy) if policy.terms.needs_profile => {
            tr!(locale, tax.lead_needed, programme = policy.terms.legal_name.clone())
        }
        _ => tr!(locale, tax.lead_free),
    };
    let title = tr!(locale, tax.data);
    let body = view! {
        {page_head(title.clone(), Some(lead.into_any()))}
        {section(tr!(locale, tax.form_title), form(ctx, profile.as_ref(), policy.as_ref(), &draft))}
        <p>{text::link(paths::ACCOUNT.to_owned(), tr!(locale, tax.back_to_account))}</p>
    };
    Ok((title, body.into_any()))
}

fn form(ctx: &Context, profile: Option<&Profile>, policy: Option<&Policy>, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let known = |of: fn(&Profile) -> &str| profile.map_or("", of);
    let kinds =
        [Kind::Person, Kind::Company].map(|kind| (kind.as_str().to_owned(), words::kind(locale, kind))).to_vec();
    let refused = draft.is_refused();
    let registered = if refused {
        draft.value("vat_registered") == "yes"
    } else {
        profile.is_some_and(|profile| profile.vat_number.is_some())
    };
    let agrees = if refused {
        draft.value("agrees") == "yes"
    } else {
        profile.is_some_and(|profile| profile.agrees_self_billing)
    };
    // Numbers are never read again, so they are typed again.
    let again = |masked: Option<&String>| masked.map(|masked| tr!(locale, tax.number_again, masked = masked.clone()));
    let tax_hint = again(profile.and_then(|profile| profile.tax_number.as_ref()))
        .unwrap_or_else(|| tr!(locale, tax.tax_number_hint));
    let vat_hint = again(profile.and_then(|profile| profile.vat_number.as_ref()))
        .unwrap_or_else(|| tr!(locale, tax.vat_number_hint));
    let agreement = policy.filter(|policy| policy.terms.invoices == Invoices::SelfBilled).map(|policy| {
        let label = tr!(locale, tax.agree_label, programme = policy.terms.legal_name.clone());
        view! { <Check name="agrees" label=label checked=agrees error=draft.error("agrees") required=true/> }
    });
    // Made before the form takes its children, which outlive what they are made of.
    let fields = view! {
        <Hidden name="form_key" value=forms::new_key()/>
        <Field
            name="legal_name" label=tr!(locale, tax.legal_name) hint=tr!(locale, tax.legal_name_hint)
            value=draft.value_or("legal_name", known(|profile| &profile.legal_name)) error=draft.error("legal_name")
            required=true autocomplete="name" maxlength=most(LONGEST_NAME)
        />
        <Choice
            name="kind" label=tr!(locale, tax.kind) options=kinds required=true
            selected=draft.value_or("kind", known(|profile| profile.kind.as_str())) error=draft.error("kind")
        />
        {address_fields(ctx, profile.map(|profile| &profile.address), draft)}
        <Field
            name="tax_number" label=tr!(locale, tax.tax_number) hint=tax_hint
            value=draft.value("tax_number") error=draft.error("tax_number") autocomplete="off" maxlength=40
        />
        <Check name="vat_registered" label=tr!(locale, tax.vat_registered) checked=registered error=draft.error("vat_registered")/>
        <Field
            name="vat_number" label=tr!(locale, tax.vat_number) hint=vat_hint
            value=draft.value("vat_number") error=draft.error("vat_number") autocomplete="off" maxlength=20
        />
        {agreement}
        <Field
            name="password" label=tr!(locale, payout_methods.password) kind="password" error=draft.error("password")
            hint=tr!(locale, payout_methods.password_hint) required=true autocomplete="current-password"
        />
        <Submit text=tr!(locale, tax.save)/>
    };
    let fields = fields.into_any();
    view! { <Form action="/do/set-tax-profile" draft=draft>{fields}</Form> }.into_any()
}

/// An address in its parts, for partners and programmes alike.
pub(super) fn address_fields(ctx: &Context, known: Option<&PostalAddress>, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let part = |of: fn(&PostalAddress) -> &str| known.map_or("", of);
    let mut countries = Country::all(locale);
    countries.insert(0, (String::new(), String::new()));
    view! {
        <Field
            name="street" label=tr!(locale, tax.street) value=draft.value_or("street", part(|address| &address.street))
            error=draft.error("street") required=true autocomplete="address-line1" maxlength=most(LONGEST_STREET)
        />
        <Field
            name="building" label=tr!(locale, tax.building) value=draft.value_or("building", part(|address| &address.building))
            error=draft.error("building") maxlength=most(LONGEST_CODE)
        />
        <Field
            name="post_code" label=tr!(locale, tax.post_code) value=draft.value_or("post_code", part(|address| &address.post_code))
            error=draft.error("post_code") autocomplete="postal-code" maxlength=most(LONGEST_CODE)
        />
        <Field
            name="town" label=tr!(locale, tax.town) value=draft.value_or("town", part(|address| &address.town))
            error=draft.error("town") required=true autocomplete="address-level2" maxlength=most(LONGEST_TOWN)
        />
        <Select
            name="country" label=tr!(locale, tax.country) options=countries required=true
            selected=draft.value_or("country", part(|address| address.country.code())) error=draft.error("country")
        />
    }
    .into_any()
}

fn most(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
