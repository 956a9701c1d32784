//! `/account/method/{kind}`: one kind, its fields, and the password once more.

use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::paths;
use crate::payout_methods::model::MethodKind;
use crate::payout_methods::rules::LONGEST_HOLDER;
use crate::payout_methods::{store, words};
use crate::tax::countries::Country;
use crate::ui::field::{Field, Hidden, Select, Submit};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn PayoutMethodForm() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let member = ctx.member()?;
    let kind = query.param("kind").and_then(MethodKind::parse).ok_or(AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    let live = store::live_method(&mut tx, member.partner).await?;
    let (_, safety_days) = store::programme(&mut tx, member.programme).await?;
    tx.commit().await?;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let locale = ctx.locale;
    let mails = ctx.mail.sends();
    let lead = match (&live, safety_days) {
        (None, _) if mails => tr!(locale, confirmation.lead_first_mail),
        (Some(method), days) if mails => {
            tr!(locale, confirmation.lead_waits_mail, method = words::method(locale, method), days = days.to_string())
        }
        (None, _) => tr!(locale, payout_methods.lead_first),
        (Some(method), 0) => tr!(locale, payout_methods.lead_at_once, method = words::method(locale, method)),
        (Some(method), days) => {
            tr!(locale, payout_methods.lead_waits, method = words::method(locale, method), days = days.to_string())
        }
    };
    let title = format!("{}: {}", tr!(locale, payout_methods.title), words::kind(locale, kind));
    let back = text::link(paths::ACCOUNT.to_owned(), tr!(locale, payout_methods.other_ways));
    let body = view! {
        {page_head(title.clone(), Some(lead.into_any()))}
        {section(tr!(locale, payout_methods.form_title), form(ctx, kind, draft))}
        <p>{back}</p>
    };
    Ok((title, body.into_any()))
}

fn form(ctx: &Context, kind: MethodKind, draft: Draft) -> AnyView {
    let locale = ctx.locale;
    let field = |name: &'static str, label: String, hint: Option<String>, required: bool, most: u32| {
        let digits = kind == MethodKind::SortCode && matches!(name, "sort_code" | "account");
        let inputmode = if digits { "numeric" } else { "" };
        let (value, error) = (draft.value(name), draft.error(name));
        view! {
            <Field
                name=name label=label value=value error=error hint=hint required=required
                autocomplete="off" inputmode=inputmode maxlength=most
            />
        }
        .into_any()
    };
    let account = match kind {
        MethodKind::Iban => vec![
            field("iban", "IBAN".to_owned(), Some(tr!(locale, payout_methods.iban_hint)), true, 60),
            field("bic", "BIC".to_owned(), Some(tr!(locale, payout_methods.bic_hint)), false, 20),
        ],
        MethodKind::SortCode => vec![
            field(
                "sort_code",
                tr!(locale, payout_methods.sort_code),
                Some(tr!(locale, payout_methods.sort_code_hint)),
                true,
                20,
            ),
            field(
                "account",
                tr!(locale, payout_methods.account),
                Some(tr!(locale, payout_methods.account_hint)),
                true,
                20,
            ),
        ],
        MethodKind::BankAccount => {
            let mut countries = vec![(String::new(), tr!(locale, bank_accounts.country_choose))];
            countries.extend(Country::all(locale));
            let (chosen, wrong) = (draft.value("country"), draft.error("country"));
            let country = view! {
                <Select
                    name="country" label=tr!(locale, bank_accounts.country) options=countries selected=chosen error=wrong
                    required=true
                />
            };
            let (number, bic, code) = (
                tr!(locale, bank_accounts.account_hint),
                tr!(locale, bank_accounts.bic_hint),
                tr!(locale, bank_accounts.bank_code_hint),
            );
            vec![
                country.into_any(),
                field("account", tr!(locale, bank_accounts.account), Some(number), true, 60),
                field("bic", "BIC / SWIFT".to_owned(), Some(bic), false, 20),
                field("bank_code", tr!(locale, bank_accounts.bank_code), Some(code), false, 20),
            ]
        }
        MethodKind::PayPal => vec![email(tr!(locale, payout_methods.paypal_email), &draft)],
        MethodKind::Wise => vec![email(tr!(locale, payout_methods.wise_email), &draft)],
    };
    let confirmed_by = if ctx.mail.sends() {
        tr!(locale, confirmation.mail_confirms)
    } else {
        tr!(locale, confirmation.password_confirms)
    };
    let holder_most = u32::try_from(LONGEST_HOLDER).unwrap_or(u32::MAX);
    view! {
        <Form action="/do/set-payout-method" draft=&draft>
            <Hidden name="form_key" value=forms::new_key()/>
            <Hidden name="kind" value=kind.as_str()/>
            <Field
                name="holder" label=tr!(locale, payout_methods.holder) value=draft.value("holder") error=draft.error("holder")
                hint=tr!(locale, payout_methods.holder_hint) required=true autocomplete="name" maxlength=holder_most
            />
            {account}
            <Field
                name="password" label=tr!(locale, payout_methods.password) kind="password" error=draft.error("password")
                hint=tr!(locale, payout_methods.password_hint) required=true autocomplete="current-password"
            />
            <p>{confirmed_by}</p>
            <Submit text=tr!(locale, payout_methods.save)/>
        </Form>
    }
    .into_any()
}

fn email(label: String, draft: &Draft) -> AnyView {
    let (value, error) = (draft.value("email"), draft.error("email"));
    view! {
        <Field name="email" label=label kind="email" value=value error=error required=true autocomplete="email" maxlength=254/>
    }
    .into_any()
}
