//! `/account/confirm/{token}`: what the mailed link is about, and one button. Looking changes nothing.

use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::tr;
use crate::paths;
use crate::payout_methods::store::{self, Link};
use crate::payout_methods::words;
use crate::ui::field::{Hidden, Submit};
use crate::ui::form::Form;
use crate::ui::layout::sheet;
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn ConfirmMethod() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    let member = ctx.member()?;
    let token = query.param("token").unwrap_or_default().to_owned();
    let mut tx = ctx.begin().await?;
    let link = store::confirm(&mut tx, member, &token, ctx.now(), false).await?;
    let waits = store::waiting(&mut tx, member.partner).await?;
    tx.commit().await?;
    let to_account = text::link(paths::ACCOUNT.to_owned(), tr!(locale, confirmation.to_account));
    let (title, lead) = match (link, waits) {
        (Link::Open(method), Some(waits)) if waits.method.id == method => {
            let method = &waits.method;
            let title = tr!(locale, confirmation.title);
            let lead =
                tr!(locale, confirmation.lead, method = words::method(locale, method), holder = method.holder.clone());
            let from = if method.usable_from > ctx.now() {
                tr!(locale, confirmation.from, from = format::date_time(locale, ctx.time_zone, method.usable_from))
            } else {
                tr!(locale, confirmation.from_now)
            };
            let body = view! {
                <p>{from}</p>
                <Form action="/do/confirm-payout-method">
                    <Hidden name="token" value=token/>
                    <Submit text=tr!(locale, confirmation.confirm)/>
                </Form>
                <p>{tr!(locale, confirmation.not_me)}" "{to_account}</p>
            };
            return Ok((title.clone(), sheet(title, Some(lead), body.into_any())));
        }
        (Link::Before, _) => (tr!(locale, confirmation.before_title), tr!(locale, confirmation.before)),
        (Link::Expired, _) => (tr!(locale, confirmation.expired_title), tr!(locale, confirmation.expired)),
        (Link::Cancelled, _) => (tr!(locale, confirmation.cancelled_title), tr!(locale, confirmation.cancelled)),
        _ => (tr!(locale, confirmation.unknown_title), tr!(locale, confirmation.unknown)),
    };
    Ok((title.clone(), sheet(title, Some(lead), view! { <p>{to_account}</p> }.into_any())))
}
