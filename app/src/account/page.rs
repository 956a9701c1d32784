//! `/account`: where money goes, and how the portal speaks to the person.

use super::model::Preferences;
use super::store;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::language::{self, Locale, tr};
use crate::paths;
use crate::payout_methods::model::{Method, MethodKind};
use crate::payout_methods::store::live_method;
use crate::ui::field::{Field, Hidden, Select, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{facts, page_head, section};
use crate::ui::notice;
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Account() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let member = ctx.member()?;
    let mut tx = ctx.begin().await?;
    let method = live_method(&mut tx, member.partner).await?;
    tx.commit().await?;
    let mut tx = ctx.db.begin_sign_in().await?;
    let preferences = store::preferences(&mut tx, member.person).await?;
    tx.commit().await?;
    let draft = forms::recall(ctx, query.get("form")).await?;

    let done = (query.get("done") == Some("method")).then(|| tr!(ctx.locale, account.done_method));
    let lead = match &method {
        Some(method) => tr!(ctx.locale, account.lead, masked = method.masked.clone()),
        None => tr!(ctx.locale, account.lead_none),
    };
    let title = tr!(ctx.locale, account.title);
    let mut person = vec![
        (tr!(ctx.locale, account.name), member.name.clone().into_any()),
        (tr!(ctx.locale, account.partner), member.partner_name.clone().into_any()),
    ];
    person.extend(preference_facts(ctx, &preferences));
    let body = view! {
        {page_head(title.clone(), Some(lead.into_any()))}
        {notice::done(ctx, done)}
        {section(tr!(ctx.locale, account.method), method_part(ctx, method, &draft))}
        {section(tr!(ctx.locale, account.person), facts(person))}
        {section(tr!(ctx.locale, account.preferences), language_form(ctx))}
    };
    Ok((title, body.into_any()))
}

fn method_part(ctx: &Context, method: Option<Method>, draft: &Draft) -> AnyView {
    let legend = if method.is_some() { tr!(ctx.locale, account.set_other) } else { tr!(ctx.locale, account.set_first) };
    let live = method.map(|method| {
        let kind = match method.kind {
            MethodKind::Iban => "IBAN".to_owned(),
            MethodKind::SortCode => "Sort code".to_owned(),
            MethodKind::PayPal => tr!(ctx.locale, account.paypal),
            MethodKind::Wise => "Wise".to_owned(),
        };
        let facts = facts(vec![
            (tr!(ctx.locale, account.method_kind), kind.into_any()),
            (tr!(ctx.locale, account.method_address), method.masked.into_any()),
            (tr!(ctx.locale, account.method_since), text::time(ctx, method.added_at)),
        ]);
        view! { {facts}<p>{tr!(ctx.locale, account.masked_why)}</p> }
    });
    let locale = ctx.locale;
    let (value, error) = (draft.value("address"), draft.error("address"));
    view! {
        {live}
        <h3>{legend}</h3>
        <Form action="/do/set-payout-method" draft=draft>
            <Hidden name="form_key" value=forms::new_key()/>
            <Hidden name="kind" value=MethodKind::PayPal.as_str()/>
            <Field
                name="address" label=tr!(locale, account.address) kind="email" required=true autocomplete="email"
                value=value error=error hint=tr!(locale, account.address_hint) maxlength=254
            />
            <Submit text=tr!(locale, account.set)/>
        </Form>
    }
    .into_any()
}

fn preference_facts(ctx: &Context, preferences: &Preferences) -> Vec<(String, AnyView)> {
    let address_form = match preferences.address_form.as_str() {
        "usted" => tr!(ctx.locale, account.usted),
        _ => tr!(ctx.locale, account.tu),
    };
    let zone = view! { {preferences.time_zone.clone()}" "<small>{tr!(ctx.locale, account.time_zone_why)}</small> };
    vec![
        (tr!(ctx.locale, account.language), own_name(language::parse(&preferences.locale)).into_any()),
        (tr!(ctx.locale, account.address_form), address_form.into_any()),
        (tr!(ctx.locale, account.time_zone), zone.into_any()),
    ]
}

fn language_form(ctx: &Context) -> AnyView {
    let locale = ctx.locale;
    let options = [Locale::en, Locale::es]
        .map(|locale| (language::code(locale).to_owned(), own_name(locale).to_owned()))
        .to_vec();
    view! {
        <Form action="/do/preferences" id="language">
            <Hidden name="back" value=paths::ACCOUNT/>
            <Select name="locale" label=tr!(locale, account.language) options=options selected=language::code(locale) required=true/>
            <Submit text=tr!(locale, account.save_language) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

/// A language's name in itself, so that whoever needs it can read it.
fn own_name(locale: Locale) -> &'static str {
    match locale {
        Locale::en => "English",
        Locale::es => "Español",
    }
}
