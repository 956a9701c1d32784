//! `/tax`: what the programme asks and takes, version by version, and the invoices that wait for finance.

use super::form::address_fields;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::invoices;
use crate::paths;
use crate::payout_runs::page::reader;
use crate::payout_runs::store::{Home, programmes};
use crate::tax::model::{Invoices, Policy};
use crate::tax::typed::LONGEST_NAME;
use crate::tax::{store, words};
use crate::ui::empty::empty;
use crate::ui::field::{Check, Choice, Field, Hidden, Submit};
use crate::ui::form::Form;
use crate::ui::layout::{facts, page_head, section};
use crate::ui::notice;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// The page.
#[component]
pub fn TaxPolicy() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    reader(ctx)?;
    let locale = ctx.locale;
    let mut tx = ctx.begin().await?;
    let homes = programmes(&mut tx).await?;
    let home = match query.get("programme") {
        Some(code) => homes.iter().find(|home| home.code == code),
        None => homes.first(),
    };
    let home = home.ok_or(AppError::NotFound)?;
    let in_force = store::in_force(&mut tx, home.id.into(), ctx.now()).await?;
    let history = store::history(&mut tx, home.id.into()).await?;
    let waiting = invoices::store::received(&mut tx, home.id.into()).await?;
    tx.commit().await?;
    let draft = forms::recall(ctx, query.get("form")).await?;

    let title = tr!(locale, tax.room);
    let lead = match &in_force {
        Some(policy) => tr!(locale, tax.policy_lead, invoices = words::invoices(locale, policy.terms.invoices)),
        None => tr!(locale, tax.policy_none),
    };
    let done = (query.get("done") == Some("policy")).then(|| tr!(locale, tax.done_policy));
    let newest = history.first().map(|(policy, _)| policy.clone());
    let form = Who::Owners
        .includes(&ctx.actor)
        .then(|| section(tr!(locale, tax.policy_form), form(ctx, home, newest.as_ref(), &draft)));
    let body = view! {
        {page_head(title.clone(), Some(lead.into_any()))}
        {notice::done(ctx, done)}
        {(homes.len() > 1).then(|| others(&homes, home))}
        {section(tr!(locale, tax.invoices_waiting), invoices::page::waiting(ctx, waiting))}
        {in_force.map(|policy| section(tr!(locale, tax.policy_now), facts(lines(ctx, &policy))))}
        {form}
        {section(tr!(locale, tax.policy_history), versions(ctx, history))}
    };
    Ok((title, body.into_any()))
}

fn others(homes: &[Home], here: &Home) -> AnyView {
    let links = homes
        .iter()
        .filter(|home| home.id != here.id)
        .map(|home| view! { <li>{text::link(paths::tax(&home.code), home.name.clone())}</li> })
        .collect_view();
    view! { <ul>{links}</ul> }.into_any()
}

fn lines(ctx: &Context, policy: &Policy) -> Vec<(String, AnyView)> {
    let (locale, terms) = (ctx.locale, &policy.terms);
    let answer = |yes| if yes { tr!(locale, tax.yes) } else { tr!(locale, tax.no) };
    let mut lines = vec![
        (tr!(locale, tax.valid_from), text::time_exact(ctx, policy.valid_from)),
        (tr!(locale, tax.programme_name), terms.legal_name.clone().into_any()),
        (tr!(locale, tax.address), words::address(locale, &terms.address).join(", ").into_any()),
        (tr!(locale, tax.tax_number), terms.tax_number.clone().into_any()),
        (tr!(locale, tax.invoices), words::invoices(locale, terms.invoices).into_any()),
    ];
    if terms.invoices == Invoices::Own {
        lines.push((tr!(locale, tax.waits_for_invoice), answer(terms.waits_for_invoice).into_any()));
    }
    lines.push((tr!(locale, tax.needs_profile), answer(terms.needs_profile).into_any()));
    lines.push((tr!(locale, tax.vat_percent), text::percent(ctx, terms.vat_percent)));
    lines.push((tr!(locale, tax.withhold_domestic), text::percent(ctx, terms.withhold_domestic)));
    lines.push((tr!(locale, tax.withhold_foreign), text::percent(ctx, terms.withhold_foreign)));
    let fees = [
        (tr!(locale, tax.fee_iban), terms.fees.iban),
        (tr!(locale, tax.fee_sort_code), terms.fees.sort_code),
        (tr!(locale, tax.fee_paypal), terms.fees.paypal),
        (tr!(locale, tax.fee_wise), terms.fees.wise),
    ];
    let fees = fees.into_iter().filter(|(_, fee)| !fee.is_zero());
    lines.extend(fees.map(|(label, fee)| (label, text::amount(ctx, Money::new(fee, policy.currency)))));
    lines
}

fn versions(ctx: &Context, history: Vec<(Policy, Option<String>)>) -> AnyView {
    let locale = ctx.locale;
    if history.is_empty() {
        return empty(tr!(locale, tax.history_empty), tr!(locale, tax.history_empty_text));
    }
    let head = [
        (tr!(locale, tax.valid_from), false),
        (tr!(locale, tax.invoices), false),
        (tr!(locale, tax.column_vat), true),
        (tr!(locale, tax.column_domestic), true),
        (tr!(locale, tax.column_foreign), true),
        (tr!(locale, tax.set_by), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = history
        .into_iter()
        .map(|(policy, by)| Row {
            href: None,
            cells: vec![
                text::time(ctx, policy.valid_from),
                words::invoices(locale, policy.terms.invoices).into_any(),
                text::percent(ctx, policy.terms.vat_percent),
                text::percent(ctx, policy.terms.withhold_domestic),
                text::percent(ctx, policy.terms.withhold_foreign),
                by.unwrap_or_else(|| tr!(locale, runs.a_command)).into_any(),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, tax.history_caption) head=head rows=rows/> }.into_any()
}

fn form(ctx: &Context, home: &Home, known: Option<&Policy>, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let zone: chrono_tz::Tz = home.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let today = ctx.now().with_timezone(&zone).date_naive().to_string();
    let terms = known.map(|policy| &policy.terms);
    let figure = |name: &'static str, label: String, hint: Option<String>, value: Option<Decimal>| {
        let start = value.filter(|value| !value.is_zero()).map_or(String::new(), |value| value.normalize().to_string());
        view! {
            <Field
                name=name label=label hint=hint value=draft.value_or(name, &start) error=draft.error(name)
                inputmode="decimal" autocomplete="off" maxlength=12
            />
        }
        .into_any()
    };
    let ticked = |name: &str, start: bool| if draft.is_refused() { draft.value(name) == "yes" } else { start };
    let options = Invoices::ALL.map(|one| (one.as_str().to_owned(), words::invoices(locale, one))).to_vec();
    let invoices = terms.map_or("none", |terms| terms.invoices.as_str());
    let fee_hint = known.map(|policy| tr!(locale, tax.fee_hint, currency = policy.currency.to_string()));
    // Made before the form takes its children, which outlive what they are made of.
    let fields = view! {
        <Hidden name="form_key" value=forms::new_key()/>
        <Hidden name="programme" value=home.code.clone()/>
        <Field
            name="valid_from" label=tr!(locale, tax.valid_from) kind="date" value=draft.value_or("valid_from", &today)
            error=draft.error("valid_from") hint=tr!(locale, tax.valid_from_hint) required=true
        />
        <Field
            name="legal_name" label=tr!(locale, tax.programme_name) required=true
            value=draft.value_or("legal_name", terms.map_or("", |terms| &terms.legal_name)) error=draft.error("legal_name")
            autocomplete="organization" maxlength=u32::try_from(LONGEST_NAME).unwrap_or(u32::MAX)
        />
        {address_fields(ctx, terms.map(|terms| &terms.address), draft)}
        <Field
            name="tax_number" label=tr!(locale, tax.tax_number) hint=tr!(locale, tax.programme_number_hint) required=true
            value=draft.value_or("tax_number", terms.map_or("", |terms| &terms.tax_number)) error=draft.error("tax_number") maxlength=40
        />
        <Choice
            name="invoices" label=tr!(locale, tax.invoices) options=options required=true
            selected=draft.value_or("invoices", invoices) error=draft.error("invoices")
        />
        <Check
            name="waits_for_invoice" label=tr!(locale, tax.waits_for_invoice_label) error=draft.error("waits_for_invoice")
            checked=ticked("waits_for_invoice", terms.is_some_and(|terms| terms.waits_for_invoice))
        />
        <Check
            name="needs_profile" label=tr!(locale, tax.needs_profile_label) error=draft.error("needs_profile")
            checked=ticked("needs_profile", terms.is_none_or(|terms| terms.needs_profile))
        />
        {figure("vat_percent", tr!(locale, tax.vat_percent), Some(tr!(locale, tax.vat_percent_hint)), terms.map(|t| t.vat_percent))}
        {figure("withhold_domestic", tr!(locale, tax.withhold_domestic), None, terms.map(|t| t.withhold_domestic))}
        {figure("withhold_foreign", tr!(locale, tax.withhold_foreign), None, terms.map(|t| t.withhold_foreign))}
        {figure("fee_iban", tr!(locale, tax.fee_iban), fee_hint, terms.map(|t| t.fees.iban))}
        {figure("fee_sort_code", tr!(locale, tax.fee_sort_code), None, terms.map(|t| t.fees.sort_code))}
        {figure("fee_paypal", tr!(locale, tax.fee_paypal), None, terms.map(|t| t.fees.paypal))}
        {figure("fee_wise", tr!(locale, tax.fee_wise), None, terms.map(|t| t.fees.wise))}
        <Submit text=tr!(locale, tax.save_policy)/>
    };
    let fields = fields.into_any();
    view! { <Form action="/do/set-tax-policy" draft=draft>{fields}</Form> }.into_any()
}
