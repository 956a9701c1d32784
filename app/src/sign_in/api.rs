//! Signing in and out, joining, and how the portal looks to someone.

#![expect(missing_docs, reason = "the arguments of a server function become fields of a struct that its macro makes")]

use super::rules::{self, PasswordFault};
use super::{password, store};
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{Errors, failed, redirect, refuse};
use crate::base::language::{self, tr};
use crate::paths;
use crate::ui::screen::home;
use http::HeaderValue;
use http::header::SET_COOKIE;
use leptos::prelude::*;

/// The session's cookie: sent to this host alone, over TLS (browsers count localhost in), never to scripts.
pub const SESSION_COOKIE: &str = "__Host-session";
/// How long a browser keeps the session's cookie; the table decides whether it still counts.
const SESSION_SECONDS: u32 = 30 * 24 * 3600;
/// A year, for how the portal looks.
const PREFERENCE_SECONDS: u32 = 365 * 24 * 3600;

/// Signs in and leads to where the visitor wanted to go.
#[server(prefix = "/do", endpoint = "sign-in")]
pub async fn sign_in(email: String, password: String, back: Option<String>) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let back = back.as_deref().and_then(rules::way_back);
    match try_sign_in(&ctx, &email, password).await {
        Ok(Ok((token, actor))) => {
            set_cookie(SESSION_COOKIE, &token, SESSION_SECONDS, true);
            redirect(back.filter(|path| *path != "/").unwrap_or_else(|| home(&actor)));
            Ok(())
        }
        Ok(Err(message)) => {
            let mut errors = Errors::default();
            errors.add("", message);
            let form = match back {
                Some(back) => format!("{}?back={}", paths::SIGN_IN, crate::ui::query::encode(back)),
                None => paths::SIGN_IN.to_owned(),
            };
            refuse(&ctx, &form, &[("email", &email)], errors).await
        }
        Err(error) => Err(failed(&ctx, &error)),
    }
}

/// The session's token and whose it is, or what to tell the visitor: the same for a wrong password, an unknown
/// address and a disabled account.
async fn try_sign_in(ctx: &Context, email: &str, given: String) -> Result<Result<(String, Actor), String>, AppError> {
    let address = ctx.client.clone();
    let email = rules::email(email).unwrap_or_else(|| "?".to_owned());
    let mut tx = ctx.db.begin_sign_in().await?;
    if store::must_wait(&mut tx, &email, &address, ctx.now()).await? {
        return Ok(Err(tr!(ctx.locale, sign_in.must_wait, minutes = rules::FAILURE_WINDOW_MINUTES)));
    }
    let known = store::credentials(&mut tx, &email).await?;
    // No connection is held while the password is worked on.
    tx.commit().await?;
    let stored = known.as_ref().and_then(|known| known.password_hash.clone());
    let right = given.len() <= rules::LONGEST_PASSWORD && password::verify(given, stored).await?;
    let mut tx = ctx.db.begin_sign_in().await?;
    let person = match known {
        Some(known) if right && !known.disabled => known.person,
        _ => {
            store::note_failure(&mut tx, &email, &address, ctx.now()).await?;
            tx.commit().await?;
            return Ok(Err(tr!(ctx.locale, sign_in.wrong)));
        }
    };
    let token = match store::open_session(&mut tx, person, ctx.now()).await {
        Ok(token) => token,
        Err(AppError::Forbidden) => return Ok(Err(tr!(ctx.locale, sign_in.no_account))),
        Err(error) => return Err(error),
    };
    store::forgive(&mut tx, &email).await?;
    let signed_in = store::load_session(&mut tx, &token, ctx.now()).await?.ok_or(AppError::SignedOut)?;
    tx.commit().await?;
    Ok(Ok((token, signed_in.actor)))
}

/// Ends the session, here and in the table.
#[server(prefix = "/do", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    if let Some(token) = &ctx.session_token {
        let end = async {
            let mut tx = ctx.db.begin_sign_in().await?;
            store::end_session(&mut tx, token).await?;
            Ok::<_, AppError>(tx.commit().await?)
        };
        end.await.map_err(|error| failed(&ctx, &error))?;
    }
    set_cookie(SESSION_COOKIE, "", 0, true);
    redirect(paths::SIGN_IN);
    Ok(())
}

/// Accepts an invitation: makes the person (or, with their password, finds them) and signs them in.
#[server(prefix = "/do", endpoint = "join")]
pub async fn join(token: String, name: String, password: String) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    match try_join(&ctx, &token, name.trim(), password).await {
        Ok(Ok(session)) => {
            set_cookie(SESSION_COOKIE, &session, SESSION_SECONDS, true);
            redirect(paths::PAYOUTS);
            Ok(())
        }
        Ok(Err(errors)) => refuse(&ctx, &paths::join(&token), &[("name", &name)], errors).await,
        Err(error) => Err(failed(&ctx, &error)),
    }
}

async fn try_join(ctx: &Context, token: &str, name: &str, given: String) -> Result<Result<String, Errors>, AppError> {
    let mut errors = Errors::default();
    let mut tx = ctx.db.begin_sign_in().await?;
    let invitation = store::invitation(&mut tx, token, ctx.now()).await?.ok_or(AppError::NotFound)?;
    let known = store::credentials(&mut tx, &invitation.email).await?;
    if store::must_wait(&mut tx, &invitation.email, &ctx.client, ctx.now()).await? {
        errors.add("", tr!(ctx.locale, sign_in.must_wait, minutes = rules::FAILURE_WINDOW_MINUTES));
        return Ok(Err(errors));
    }
    tx.commit().await?;
    let (known, hash) = match known {
        Some(known) => {
            if known.disabled || !password::verify(given, known.password_hash.clone()).await? {
                let mut tx = ctx.db.begin_sign_in().await?;
                store::note_failure(&mut tx, &invitation.email, &ctx.client, ctx.now()).await?;
                tx.commit().await?;
                errors.add("password", tr!(ctx.locale, sign_in.join_wrong_password));
                return Ok(Err(errors));
            }
            (Some(known.person), String::new())
        }
        None => {
            if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
                errors.add("name", tr!(ctx.locale, sign_in.name_needed));
            }
            if let Err(fault) = rules::check_password(&given, &invitation.email) {
                errors.add("password", password_message(ctx, fault));
            }
            if !errors.is_empty() {
                return Ok(Err(errors));
            }
            (None, password::hash(given).await?)
        }
    };
    let mut tx = ctx.db.begin_sign_in().await?;
    let person = match known {
        Some(person) => person,
        None => {
            let new = store::NewPerson {
                email: &invitation.email,
                name,
                password_hash: &hash,
                locale: language::code(ctx.locale),
                time_zone: &invitation.time_zone,
            };
            match store::create_person(&mut tx, &new, ctx.now()).await {
                Err(error) if constraint(&error) == Some("person_email_once") => return Err(AppError::Conflict),
                made => made?,
            }
        }
    };
    if !store::accept(&mut tx, token, invitation.partner, person, ctx.now()).await? {
        return Err(AppError::NotFound);
    }
    let change = Change {
        action: "partner.member_joined",
        subject: format!("person/{person}"),
        partner: Some(invitation.partner),
        ..Change::default()
    };
    record(&mut tx, &Actor::Anonymous, ctx.now(), &ctx.request_id, change).await?;
    let session = store::open_session(&mut tx, person, ctx.now()).await?;
    tx.commit().await?;
    Ok(Ok(session))
}

fn password_message(ctx: &Context, fault: PasswordFault) -> String {
    match fault {
        PasswordFault::TooShort => tr!(ctx.locale, sign_in.password_too_short, least = rules::SHORTEST_PASSWORD),
        PasswordFault::TooLong => tr!(ctx.locale, sign_in.password_too_long, most = rules::LONGEST_PASSWORD),
        PasswordFault::TooPlain => tr!(ctx.locale, sign_in.password_too_plain),
    }
}

/// Keeps the reader's language, form of address or theme, in the browser and, signed in, with the person.
#[server(prefix = "/do", endpoint = "preferences")]
pub async fn preferences(
    locale: Option<String>,
    theme: Option<String>,
    back: Option<String>,
    address_form: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    if let (Some(form @ ("tu" | "usted")), Some(person)) = (address_form.as_deref(), ctx.actor.person()) {
        let keep = async {
            let mut tx = ctx.db.begin_sign_in().await?;
            store::set_address_form(&mut tx, person, form).await?;
            Ok::<_, AppError>(tx.commit().await?)
        };
        keep.await.map_err(|error| failed(&ctx, &error))?;
    }
    if let Some(locale) = locale {
        let code = language::code(language::parse(&locale));
        set_cookie("locale", code, PREFERENCE_SECONDS, false);
        if let Some(person) = ctx.actor.person() {
            let keep = async {
                let mut tx = ctx.db.begin_sign_in().await?;
                store::set_locale(&mut tx, person, code).await?;
                Ok::<_, AppError>(tx.commit().await?)
            };
            keep.await.map_err(|error| failed(&ctx, &error))?;
        }
    }
    match theme.as_deref() {
        Some(theme @ ("light" | "dark")) => set_cookie("theme", theme, PREFERENCE_SECONDS, false),
        Some(_) => set_cookie("theme", "", 0, false),
        None => {}
    }
    redirect(back.as_deref().and_then(rules::way_back).unwrap_or("/"));
    Ok(())
}

fn set_cookie(name: &str, value: &str, seconds: u32, secret: bool) {
    let guard = if secret { "; Secure; HttpOnly" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax{guard}");
    if let (Some(response), Ok(header)) =
        (use_context::<leptos_axum::ResponseOptions>(), HeaderValue::from_str(&cookie))
    {
        response.append_header(SET_COOKIE, header);
    }
}
