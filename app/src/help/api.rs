//! Writing articles, publishing and retiring them, saying whether they helped, and putting a link to one into a reply.

use super::model::Audience;
use super::rules::{self, LONGEST};
use super::store::{self, NewVersion};
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, PersonId};
use crate::base::language::{code, tr};
use crate::desk::store::partner_of;
use crate::disputes::model::Kind;
use crate::macros::api::back_to_reply;
use crate::macros::rules::below;
use crate::macros::store::contact;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// An article's form, as typed.
#[derive(Clone, Debug, Default)]
struct Typed {
    slug: String,
    audience: String,
    language: String,
    version: String,
    title: String,
    body: String,
    kinds: Vec<Kind>,
    publish: bool,
    form_key: String,
}

/// Writes a version of an article, as a draft or for its readers at once.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "write-article")]
#[allow(clippy::too_many_arguments)]
pub async fn write_article(
    /// Its name in addresses; empty: made of the title.
    article: Option<String>,
    /// `partner` or `staff`.
    audience: Option<String>,
    /// `en`, `es`.
    language: Option<String>,
    /// The version that was read; 0 for the first of a language.
    version: Option<String>,
    /// Its title.
    title: Option<String>,
    /// Markdown.
    body: Option<String>,
    /// Sent where it may spare a case of this kind; so are the next seven.
    missing_conversion: Option<String>,
    /// See `missing_conversion`.
    wrong_amount: Option<String>,
    /// See `missing_conversion`.
    wrongly_reversed: Option<String>,
    /// See `missing_conversion`.
    payout_late: Option<String>,
    /// See `missing_conversion`.
    payout_amount: Option<String>,
    /// See `missing_conversion`.
    payout_failed: Option<String>,
    /// See `missing_conversion`.
    my_terms: Option<String>,
    /// See `missing_conversion`.
    other: Option<String>,
    /// Sent where it is to be read at once.
    publish: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let ticked = [
        missing_conversion,
        wrong_amount,
        wrongly_reversed,
        payout_late,
        payout_amount,
        payout_failed,
        my_terms,
        other,
    ];
    let kinds = Kind::ALL.iter().zip(ticked).filter(|(_, ticked)| ticked.is_some()).map(|(kind, _)| *kind).collect();
    let text = |text: Option<String>| text.unwrap_or_default();
    let typed = Typed {
        slug: text(article),
        audience: text(audience),
        language: text(language),
        version: text(version),
        title: text(title),
        body: text(body),
        kinds,
        publish: publish.is_some(),
        form_key,
    };
    let end = write(&ctx, &typed).await;
    let mut fields = vec![
        ("form_name", "article"),
        ("article", typed.slug.as_str()),
        ("audience", typed.audience.as_str()),
        ("language", typed.language.as_str()),
        ("title", typed.title.as_str()),
        ("body", typed.body.as_str()),
        ("form_key", typed.form_key.as_str()),
    ];
    fields.extend(typed.kinds.iter().map(|kind| (kind.as_str(), "yes")));
    forms::finish(&ctx, &fields, end).await
}

async fn write(ctx: &Context, typed: &Typed) -> Result<End, AppError> {
    let by = lead(ctx)?;
    let locale = ctx.locale;
    let form_key: Uuid = typed.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let after: i32 = match typed.version.as_str() {
        "" => 0,
        version => version.parse().map_err(|_| AppError::BadRequest("version"))?,
    };
    let language = match typed.language.as_str() {
        language @ ("en" | "es") => language.to_owned(),
        _ => return Err(AppError::BadRequest("language")),
    };
    let mut errors = Errors::default();
    let (title, body) = (typed.title.trim().to_owned(), typed.body.trim().replace("\r\n", "\n"));
    for (field, text, most) in [("title", &title, LONGEST.1), ("body", &body, LONGEST.2)] {
        if text.is_empty() {
            errors.add(field, tr!(locale, help.error_empty));
        } else if text.chars().count() > most {
            errors.add(field, tr!(locale, help.error_long, most = most));
        }
    }
    let typed_slug = typed.slug.trim();
    let slug = if typed_slug.is_empty() { rules::slug(&title) } else { typed_slug.to_owned() };
    if !rules::is_slug(&slug) && (!typed_slug.is_empty() || !title.is_empty()) {
        errors.add("article", tr!(locale, help.error_slug));
    }
    let audience = Audience::parse(&typed.audience);
    if audience.is_none() && after == 0 {
        errors.add("audience", tr!(locale, help.error_audience));
    }
    let back = match after {
        0 if typed_slug.is_empty() => paths::write_article(None, &language),
        _ => paths::write_article(Some(&slug), &language),
    };
    let mut tx = ctx.begin().await?;
    if let Some((slug, language)) = store::of_form(&mut tx, form_key).await? {
        return Ok(written(&slug, &language, typed.publish));
    }
    if !errors.is_empty() {
        return Ok(End::Refused(back, errors));
    }
    let new = NewVersion {
        slug,
        audience: audience.unwrap_or(Audience::Partner),
        language,
        after,
        title,
        body,
        kinds: typed.kinds.clone(),
        by: Some(by),
        at: ctx.now(),
        form_key,
    };
    let id = match store::write(&mut tx, &new).await {
        Ok(id) => id,
        Err(AppError::Database(error)) => match constraint(&error) {
            Some("article_version_pkey") => {
                errors.add("", tr!(locale, help.error_changed));
                return Ok(End::Refused(back, errors));
            }
            Some("article_version_by_a_lead") => return Err(AppError::Forbidden),
            Some("article_version_follows" | "article_version_form_once") => return Err(AppError::Conflict),
            _ => return Err(error.into()),
        },
        Err(error) => return Err(error),
    };
    let version = after + 1;
    if typed.publish {
        store::publish(&mut tx, (id, &new.language, version), Some(by), ctx.now()).await?;
    }
    let after = json!({ "language": new.language, "version": version, "title": new.title, "published": typed.publish });
    let change =
        Change { action: "article.written", subject: format!("article/{id}"), after: Some(after), ..Change::default() };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(written(&new.slug, &new.language, typed.publish))
}

fn written(slug: &str, language: &str, published: bool) -> End {
    let view = if published { "done=published" } else { "draft=yes&done=written" };
    End::Done(format!("{}?language={language}&{view}", paths::article(slug)))
}

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
