//! Writing articles, publishing and retiring them, saying whether they helped, and putting a link to one into a reply.

use super::model::Audience;
use super::store;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, PersonId};
use crate::base::language::code;
use crate::desk::store::partner_of;
use crate::macros::api::back_to_reply;
use crate::macros::rules::below;
use crate::macros::store::contact;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;

mod write;

use write::written;
pub use write::{WriteArticle, write_article};

/// Has the newest version of an article in a language read from now on.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "publish-article")]
pub async fn publish_article(
    /// Its name in addresses.
    article: String,
    /// `en`, `es`.
    language: String,
    /// The version that was looked at.
    version: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let end = publish(&ctx, &article, &language, &version).await;
    forms::finish(&ctx, &[], end).await
}

async fn publish(ctx: &Context, slug: &str, language: &str, version: &str) -> Result<End, AppError> {
    let by = lead(ctx)?;
    let version: i32 = version.parse().map_err(|_| AppError::BadRequest("version"))?;
    let mut tx = ctx.begin().await?;
    let newest = store::newest(&mut tx, slug, language).await?;
    if newest.language != language || newest.version != version {
        return Err(AppError::Conflict);
    }
    if newest.published_at.is_none() {
        store::publish(&mut tx, (newest.id, language, version), Some(by), ctx.now()).await?;
        let change = Change {
            action: "article.published",
            subject: format!("article/{}", newest.id),
            after: Some(json!({ "language": language, "version": version })),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        tx.commit().await?;
    }
    Ok(written(slug, language, true))
}

/// Shows an article no more, in no language.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "retire-article")]
pub async fn retire_article(
    /// Its name in addresses.
    article: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let end = retire(&ctx, &article).await;
    forms::finish(&ctx, &[], end).await
}

async fn retire(ctx: &Context, slug: &str) -> Result<End, AppError> {
    let by = lead(ctx)?;
    let done = || End::Done(format!("{}?done=retired", paths::HELP));
    let mut tx = ctx.begin().await?;
    let newest = store::newest(&mut tx, slug, code(ctx.locale)).await?;
    if newest.retired {
        return Ok(done());
    }
    store::retire(&mut tx, newest.id, by, ctx.now()).await?;
    let change = Change { action: "article.retired", subject: format!("article/{}", newest.id), ..Change::default() };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(done())
}

/// Says whether an article helped; once for each of its versions.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "rate-article")]
pub async fn rate_article(
    /// Its name in addresses.
    article: String,
    /// The language that was read.
    language: String,
    /// `yes` or `no`.
    helped: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let end = rate(&ctx, &article, &language, &helped).await;
    forms::finish(&ctx, &[], end).await
}

async fn rate(ctx: &Context, slug: &str, language: &str, helped: &str) -> Result<End, AppError> {
    let person = ctx.actor.person().ok_or(AppError::SignedOut)?;
    if !Who::Speaking.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let helped = match helped {
        "yes" => true,
        "no" => false,
        _ => return Err(AppError::BadRequest("helped")),
    };
    let partner = ctx.actor.member().map(|member| member.partner);
    let mut tx = ctx.begin().await?;
    let live = store::find(&mut tx, slug, language).await?;
    let article = live.into_iter().find(|article| article.language == language).ok_or(AppError::NotFound)?;
    let first = store::rate(&mut tx, &article, (person, partner), helped, ctx.now()).await?;
    if first {
        let change = Change {
            action: "article.rated",
            subject: format!("article/{}", article.id),
            partner,
            after: Some(json!({ "language": language, "version": article.version, "helped": helped })),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        tx.commit().await?;
    }
    let done = if first { "thanks" } else { "before" };
    Ok(End::Done(format!("{}?language={language}&done={done}#helped", paths::article(slug))))
}

/// Puts a link to an article into a reply that is being written: the page comes back with it under what was typed.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "insert-article")]
pub async fn insert_article(
    /// The case.
    case: String,
    /// The article's name in addresses.
    article: String,
    /// What was typed so far.
    body: Option<String>,
    /// Sent where an answer is wanted.
    ask: Option<String>,
    /// The reply's key.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    match insert(&ctx, &case, &article, &body.unwrap_or_default(), ask.is_some(), &form_key).await {
        Ok(path) => {
            forms::redirect(&path);
            Ok(())
        }
        Err(error) => Err(forms::failed(&ctx, &error)),
    }
}

async fn insert(
    ctx: &Context,
    case: &str,
    slug: &str,
    body: &str,
    ask: bool,
    form_key: &str,
) -> Result<String, AppError> {
    ctx.staff()?;
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let case: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    let partner = partner_of(&mut tx, case).await?;
    let reader = contact(&mut tx, partner, case).await?;
    let language = reader.map_or(ctx.locale, |reader| reader.variant.locale());
    let live = store::find(&mut tx, slug, code(language)).await?;
    let article = live.into_iter().find(|article| article.audience == Audience::Partner).ok_or(AppError::NotFound)?;
    drop(tx);
    let link = format!("{}: {}", article.title, ctx.mail.link(&paths::article(slug)));
    back_to_reply(ctx, case, &below(body, &link), ask, form_key, Errors::default()).await
}

fn lead(ctx: &Context) -> Result<PersonId, AppError> {
    let staff = ctx.staff()?;
    if Who::Leads.includes(&ctx.actor) { Ok(staff.person) } else { Err(AppError::Forbidden) }
}
