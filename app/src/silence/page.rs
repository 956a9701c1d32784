//! `/limits`: what may be credited provisionally, and what the silence of the house decides. Owners set them.

use super::store::{self, Policy};
use crate::base::actor::Role;
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::{Locale, tr};
use crate::base::money::{Currency, Money};
use crate::provisional::store as provisional;
use crate::ui::field::{Field, Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{facts, page_head, section};
use crate::ui::notice::done;
use crate::ui::screen::screen;
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Limits() -> impl IntoView {
    screen(|ctx, query| async move {
        let may = ctx.staff()?.role == Role::Owner;
        let locale = ctx.locale;
        let mut tx = ctx.begin().await?;
        let credits = provisional::policies(&mut tx, ctx.now()).await?;
        let silence = store::policies(&mut tx, ctx.now()).await?;
        drop(tx);
        let draft = forms::recall(&ctx, query.get("form")).await?;
        let title = tr!(locale, provisional.limits_title);
        let said = (query.get("done") == Some("set")).then(|| tr!(locale, provisional.policy_done));
        let credits = credits.into_iter().map(|(programme, currency, role, policy)| {
            of_role(&ctx, (&programme, currency), role, policy, may, &draft)
        });
        let silence = silence
            .into_iter()
            .map(|(programme, currency, policy)| of_silence(&ctx, (&programme, currency), policy, may, &draft));
        let body = view! {
            {page_head(title.clone(), Some(view! { <p>{tr!(locale, provisional.limits_lead)}</p> }.into_any()))}
            {done(&ctx, said)}
            {silence.collect_view()}
            {credits.collect_view()}
        };
        Ok((title, body.into_any()))
    })
}

fn role_words(locale: Locale, role: Role) -> String {
    match role {
        Role::Agent => tr!(locale, provisional.role_agent),
        Role::Lead => tr!(locale, provisional.role_lead),
        _ => tr!(locale, provisional.role_owner),
    }
}

fn typed(draft: &Draft, form: &str) -> (Draft, String) {
    let typed = if draft.value("form_name") == form { draft.clone() } else { Draft::default() };
    let id = if typed.is_refused() { "form".to_owned() } else { form.to_owned() };
    (typed, id)
}

fn of_role(
    ctx: &Context,
    (programme, currency): (&str, Currency),
    role: Role,
    policy: Option<provisional::Policy>,
    may: bool,
    draft: &Draft,
) -> AnyView {
    let locale = ctx.locale;
    let stands = match policy {
        None => view! { <p>{tr!(locale, provisional.policy_off)}</p> }.into_any(),
        Some(policy) => facts(vec![
            (
                tr!(locale, provisional.policy_largest, currency = currency.code()),
                text::amount(ctx, Money::new(policy.largest, currency)),
            ),
            (tr!(locale, provisional.policy_cap), text::amount(ctx, Money::new(policy.partner_cap, currency))),
            (tr!(locale, provisional.policy_days), policy.most_days.to_string().into_any()),
        ]),
    };
    let form = may.then(|| {
        let (typed, id) = typed(draft, &format!("provisional-{programme}-{}", role.as_str()));
        let (programme, code) = (programme.to_owned(), currency.code().to_owned());
        view! {
            <Form action="/do/set-provisional-policy" id=id draft=&typed class="inline">
                <Hidden name="programme" value=programme/>
                <Hidden name="role" value=role.as_str()/>
                {field(&typed, "largest", tr!(locale, provisional.policy_largest, currency = code))}
                {field(&typed, "cap", tr!(locale, provisional.policy_cap))}
                {field(&typed, "days", tr!(locale, provisional.policy_days))}
                <Submit text=tr!(locale, provisional.policy_button) tone=Weight::Quiet/>
            </Form>
        }
    });
    let title = tr!(locale, provisional.limits_role, programme = programme, role = role_words(locale, role));
    section(format!("{} · {title}", tr!(locale, provisional.title)), view! { {stands}{form} }.into_any())
}

fn field(typed: &Draft, name: &'static str, label: String) -> AnyView {
    let (value, error) = (typed.value(name), typed.error(name));
    view! { <Field name=name label=label inputmode="decimal" value=value error=error required=true/> }.into_any()
}

fn of_silence(
    ctx: &Context,
    (programme, currency): (&str, Currency),
    policy: Option<Policy>,
    may: bool,
    draft: &Draft,
) -> AnyView {
    let locale = ctx.locale;
    let words = match policy {
        None => tr!(locale, provisional.silence_none),
        Some(policy) => {
            let cap = format::money(locale, Money::new(policy.cap, currency));
            tr!(locale, provisional.silence_now, days = policy.days, cap = cap)
        }
    };
    let form = may.then(|| {
        let (typed, id) = typed(draft, &format!("silence-{programme}"));
        let (programme, code) = (programme.to_owned(), currency.code().to_owned());
        view! {
            <Form action="/do/set-silence-policy" id=id draft=&typed class="inline">
                <Hidden name="programme" value=programme/>
                <Field name="days" label=tr!(locale, provisional.silence_days) inputmode="numeric" value=typed.value("days") error=typed.error("days") required=true/>
                <Field
                    name="cap" label=tr!(locale, provisional.silence_cap, currency = code) hint=Some(tr!(locale, provisional.silence_cap_hint))
                    inputmode="decimal" value=typed.value("cap") error=typed.error("cap") required=true
                />
                <Submit text=tr!(locale, provisional.policy_button) tone=Weight::Quiet/>
            </Form>
        }
    });
    section(tr!(locale, provisional.silence_title, programme = programme), view! { <p>{words}</p>{form} }.into_any())
}
