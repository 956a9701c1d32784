//! The two sheets before the door: sign in, and join by invitation.

use super::store;
use crate::base::error::AppError;
use crate::base::forms::recall;
use crate::base::language::tr;
use crate::ui::field::{Field, Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::screen::screen;
use leptos::prelude::*;

/// `/sign-in`.
#[component]
pub fn SignInPage() -> impl IntoView {
    screen(|ctx, query| async move {
        let locale = ctx.locale;
        let draft = recall(&ctx, query.get("form")).await?;
        let back = query.get("back").unwrap_or_default().to_owned();
        let title = tr!(locale, sign_in.title);
        let body = view! {
            <div class="sign-in">
                <h1>{title.clone()}</h1>
                <p class="lead">{tr!(locale, sign_in.lead)}</p>
                <Form action="/do/sign-in" draft=&draft>
                    <Hidden name="back" value=back/>
                    <Field name="email" label=tr!(locale, sign_in.email) kind="email" value=draft.value("email") required=true autocomplete="username"/>
                    <Field name="password" label=tr!(locale, sign_in.password) kind="password" required=true autocomplete="current-password"/>
                    <Submit text=tr!(locale, sign_in.submit) tone=Weight::Primary/>
                </Form>
                <p class="quiet">{tr!(locale, sign_in.no_account_yet)}</p>
            </div>
        };
        Ok((title, body.into_any()))
    })
}

/// `/join/{token}`.
#[component]
pub fn JoinPage() -> impl IntoView {
    screen(|ctx, query| async move {
        let locale = ctx.locale;
        let token = query.param("token").unwrap_or_default().to_owned();
        let mut tx = ctx.db.begin_sign_in().await?;
        let Some(invitation) = store::invitation(&mut tx, &token, ctx.now()).await? else {
            return Err(AppError::NotFound);
        };
        let known = store::credentials(&mut tx, &invitation.email).await?.is_some();
        tx.commit().await?;
        let draft = recall(&ctx, query.get("form")).await?;
        let title = tr!(locale, sign_in.join_title, partner = &invitation.partner_name);
        let lead = if known { tr!(locale, sign_in.join_known) } else { tr!(locale, sign_in.join_lead) };
        let name = (!known).then(|| {
            view! {
                <Field name="name" label=tr!(locale, sign_in.name) value=draft.value("name") error=draft.error("name")
                    required=true autocomplete="name" hint=Some(tr!(locale, sign_in.name_hint))/>
            }
        });
        let hint = (!known).then(|| tr!(locale, sign_in.password_hint, least = super::rules::SHORTEST_PASSWORD));
        let complete = if known { "current-password" } else { "new-password" };
        let known_name = known.then(|| view! { <Hidden name="name" value="-"/> });
        let body = view! {
            <div class="sign-in">
                <h1>{title.clone()}</h1>
                <p class="lead">{lead}</p>
                <Form action="/do/join" draft=&draft>
                    <Hidden name="token" value=token/>
                    {known_name}
                    <p class="fact"><span>{tr!(locale, sign_in.email)}</span>" "<strong>{invitation.email}</strong></p>
                    {name}
                    <Field name="password" label=tr!(locale, sign_in.password) kind="password" error=draft.error("password")
                        hint=hint required=true autocomplete=complete/>
                    <Submit text=tr!(locale, sign_in.join_submit) tone=Weight::Primary/>
                </Form>
            </div>
        };
        Ok((title, body.into_any()))
    })
}
