//! `/help/write`: the form for a new article or the next version of one.

use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::language::{code, tr};
use crate::disputes::model::Kind;
use crate::disputes::words;
use crate::help::model::{Article, Audience};
use crate::help::store;
use crate::ui::field::{Check, Field, Hidden, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::page_head;
use crate::ui::screen::{Query, screen};
use leptos::prelude::*;

/// The page.
#[component]
pub fn WriteArticle() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let language = match query.get("language") {
        Some(language @ ("en" | "es")) => language,
        _ => code(locale),
    };
    let mut tx = ctx.begin().await?;
    let old = match query.get("article") {
        Some(slug) => match store::newest(&mut tx, slug, language).await {
            Ok(old) => Some(old),
            // A name that was typed for a new article.
            Err(AppError::NotFound) => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;
    let title = match &old {
        Some(old) => tr!(locale, help.write_version, title = old.title.as_str()),
        None => tr!(locale, help.write_new),
    };
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{tr!(locale, help.write_lead)}</p> }.into_any()))}
        {form(ctx, old.as_ref(), language, &draft)}
    };
    Ok((title, body.into_any()))
}

fn form(ctx: &Context, old: Option<&Article>, language: &str, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    // A translation begins with the text of the other language.
    let version = old.filter(|old| old.language == language).map_or(0, |old| old.version);
    let kinds: Vec<_> = Kind::ALL
        .iter()
        .map(|kind| {
            let ticked = match draft.is_refused() {
                true => draft.value(kind.as_str()) == "yes",
                false => old.is_some_and(|old| old.kinds.contains(kind)),
            };
            view! { <Check name=kind.as_str() label=words::kind(locale, *kind) checked=ticked/> }.into_any()
        })
        .collect();
    let who = match old {
        Some(old) => view! {
            <Hidden name="article" value=old.slug.clone()/>
            <Hidden name="audience" value=old.audience.as_str()/>
            <Hidden name="language" value=language.to_owned()/>
        }
        .into_any(),
        None => {
            let audiences = Audience::ALL.map(|audience| {
                let words = match audience {
                    Audience::Partner => tr!(locale, help.for_partners),
                    Audience::Staff => tr!(locale, help.for_staff),
                };
                (audience.as_str().to_owned(), words)
            });
            let languages = [("en".to_owned(), "English".to_owned()), ("es".to_owned(), "Español".to_owned())];
            view! {
                <Select
                    name="audience" label=tr!(locale, help.field_audience) options=audiences.to_vec() required=true
                    selected=draft.value_or("audience", "partner") error=draft.error("audience")
                />
                <Select
                    name="language" label=tr!(locale, help.field_language) options=languages.to_vec() required=true
                    selected=draft.value_or("language", language)
                />
                <Field
                    name="article" label=tr!(locale, help.field_slug) hint=Some(tr!(locale, help.field_slug_hint)) maxlength=80
                    value=draft.value("article") error=draft.error("article")
                />
            }
            .into_any()
        }
    };
    let general = draft.clone();
    let draft = draft.clone();
    let (title, body) = old.map(|old| (old.title.clone(), old.body.clone())).unwrap_or_default();
    let keep = format!("article-{}-{language}", old.map_or("new", |old| &old.slug));
    view! {
        <Form action="/do/write-article" draft=&general>
            {who}
            <Hidden name="version" value=version.to_string()/>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <Field
                name="title" label=tr!(locale, help.field_title) required=true maxlength=160
                value=draft.value_or("title", &title) error=draft.error("title")
            />
            <TextArea
                name="body" label=tr!(locale, help.field_body) hint=Some(tr!(locale, help.field_body_hint)) rows=18 required=true maxlength=40_000
                value=draft.value_or("body", &body) error=draft.error("body")
                keep=keep
            />
            <fieldset class="field choice"><legend>{tr!(locale, help.field_kinds)}</legend>{kinds}</fieldset>
            <Submit text=tr!(locale, help.draft_button) tone=Weight::Quiet/>
            <Submit text=tr!(locale, help.write_publish_button) name="publish" value="yes"/>
        </Form>
    }
    .into_any()
}
