//! Writing a version of an article.

use super::lead;
use crate::audit::store::{Change, record};
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::language::tr;
use crate::disputes::model::Kind;
use crate::help::model::Audience;
use crate::help::rules::{self, LONGEST};
use crate::help::store::{self, NewVersion};
use crate::live::store::draft_was_sent;
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
    // What is typed for a new article is kept under no name of its own yet.
    let is_first =
        after == 0 && matches!(store::newest(&mut tx, &new.slug, &new.language).await, Err(AppError::NotFound));
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
    let kept = match is_first {
        true => vec!["article-new-en".to_owned(), "article-new-es".to_owned()],
        false => vec![format!("article-{}-{}", new.slug, new.language)],
    };
    for name in kept {
        draft_was_sent(&mut tx, by, &name, form_key, ctx.now()).await?;
    }
    tx.commit().await?;
    Ok(written(&new.slug, &new.language, typed.publish))
}

pub(super) fn written(slug: &str, language: &str, published: bool) -> End {
    let view = if published { "done=published" } else { "draft=yes&done=written" };
    End::Done(format!("{}?language={language}&{view}", paths::article(slug)))
}
