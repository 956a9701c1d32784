//! `/account`: where money goes, and how the portal speaks to the person.

use super::model::Preferences;
use super::store;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms;
use crate::base::language::{self, Locale, tr};
use crate::paths;
use crate::payout_methods::page::{Own, own};
use crate::payout_methods::{store as methods, words};
use crate::tax;
use crate::ui::field::{Hidden, Select, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{facts, page_head, section};
use crate::ui::notice;
use crate::ui::screen::{Query, screen};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Account() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let member = ctx.member()?;
    let mut tx = ctx.begin().await?;
    let method = methods::live_method(&mut tx, member.partner).await?;
    let ended = methods::ended_methods(&mut tx, member.partner).await?;
    let waiting = methods::waiting(&mut tx, member.partner).await?;
    let (currency, _) = methods::programme(&mut tx, member.programme).await?;
    let profile = tax::store::newest(&mut tx, member.partner, ctx.now()).await?;
    let policy = tax::store::in_force(&mut tx, member.programme, ctx.now()).await?;
    tx.commit().await?;
    let mut tx = ctx.db.begin_sign_in().await?;
    let preferences = store::preferences(&mut tx, member.person).await?;
    tx.commit().await?;

    let locale = ctx.locale;
    let done = match query.get("done") {
        Some("method") => Some(tr!(locale, account.done_method)),
        Some("waits") => Some(tr!(locale, confirmation.done_waits)),
        Some("resent") => Some(tr!(locale, confirmation.done_resent)),
        Some("cancelled") => Some(tr!(locale, confirmation.done_cancelled)),
        Some("confirmed") => Some(tr!(locale, confirmation.done_confirmed)),
        Some("tax") => Some(tr!(locale, tax.done_profile)),
        _ => None,
    };
    let draft = forms::recall(ctx, query.get("form")).await?;
    let lead = match &method {
        Some(method) if method.usable_from > ctx.now() => {
            let from = format::date(locale, ctx.time_zone, method.usable_from);
            tr!(locale, account.lead_waits, method = words::method(locale, method), from = from)
        }
        Some(method) => tr!(locale, account.lead, method = words::method(locale, method)),
        None if waiting.is_some() => tr!(locale, confirmation.lead_unconfirmed),
        None => tr!(locale, account.lead_none),
    };
    let title = tr!(locale, account.title);
    let mut person = vec![
        (tr!(locale, account.name), member.name.clone().into_any()),
        (tr!(locale, account.partner), member.partner_name.clone().into_any()),
    ];
    person.extend(preference_facts(ctx, &preferences));
    let body = view! {
        {page_head(title.clone(), Some(lead.into_any()))}
        {notice::done(ctx, done)}
        {own(ctx, Own { live: method, waiting, ended }, &draft, currency)}
        {tax::page::own(ctx, profile.as_ref(), policy.as_ref())}
        {section(tr!(locale, account.person), facts(person))}
        {section(tr!(locale, account.preferences), language_form(ctx, &preferences))}
    };
    Ok((title, body.into_any()))
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

fn language_form(ctx: &Context, preferences: &Preferences) -> AnyView {
    let locale = ctx.locale;
    let options = [Locale::en, Locale::es]
        .map(|locale| (language::code(locale).to_owned(), own_name(locale).to_owned()))
        .to_vec();
    let form = preferences.address_form.clone();
    view! {
        <Form action="/do/preferences" id="language">
            <Hidden name="back" value=paths::ACCOUNT/>
            <Select name="locale" label=tr!(locale, account.language) options=options selected=language::code(locale) required=true/>
            <Select
                name="address_form" label=tr!(locale, account.address_form) hint=Some(tr!(locale, help.address_form_hint)) required=true
                options=vec![("tu".to_owned(), tr!(locale, account.tu)), ("usted".to_owned(), tr!(locale, account.usted))]
                selected=form
            />
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
