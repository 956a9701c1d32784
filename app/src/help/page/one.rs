//! `/help/{article}`: what it says, whether it helped, and what whoever keeps it can do.

use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::language::{code, tr};
use crate::help::markdown;
use crate::help::model::Article;
use crate::help::store;
use crate::paths;
use crate::ui::Tone;
use crate::ui::field::{Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::{done, notice};
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn HelpArticle() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    let slug = query.param("article").unwrap_or_default().to_owned();
    let language = match query.get("language") {
        Some(language @ ("en" | "es")) => language,
        _ => code(locale),
    };
    let (keeps, looks_over) = (Who::Leads.includes(&ctx.actor), Who::Record.includes(&ctx.actor));
    let mut tx = ctx.begin().await?;
    let live = store::find(&mut tx, &slug, language).await?;
    let newest = if keeps || looks_over { Some(store::newest(&mut tx, &slug, language).await?) } else { None };
    // Whoever keeps an article sees its draft where they ask for it, or there is nothing else.
    let draft = newest.filter(|newest| newest.language == language && newest.published_at.is_none() || live.is_empty());
    let shows_draft = query.get("draft").is_some() || live.is_empty();
    let others: Vec<_> = live.iter().map(|article| article.language.clone()).collect();
    let (article, is_draft) = match (draft.clone().filter(|_| shows_draft), live.into_iter().next()) {
        (Some(draft), _) => (draft, true),
        (None, Some(article)) => (article, false),
        (None, None) => return Err(AppError::NotFound),
    };
    let said_before = match ctx.actor.person().filter(|_| !is_draft && Who::Speaking.includes(&ctx.actor)) {
        Some(person) => Some(store::rated(&mut tx, &article, person).await?),
        None => None,
    };
    drop(tx);
    let title = article.title.clone();
    let said = match query.get("done") {
        Some("published") => Some(tr!(locale, help.done_published)),
        Some("written") => Some(tr!(locale, help.done_written)),
        _ => None,
    };
    let unread = match (article.retired, is_draft) {
        (true, _) => Some(notice(Tone::Waiting, tr!(locale, help.is_retired))),
        (false, true) => Some(notice(Tone::Waiting, tr!(locale, help.is_draft))),
        (false, false) => None,
    };
    let html = markdown::html(&article.body);
    let lang = article.language.clone();
    let body = view! {
        {page_head(title.clone(), Some(head(ctx, &article, &others)))}
        {done(ctx, said)}
        {unread}
        <article class="help-article" lang=lang inner_html=html></article>
        {said_before.map(|before| helped(ctx, &article, before))}
        {keeps.then(|| keep(ctx, &article, draft.as_ref(), is_draft))}
    };
    Ok((title, body.into_any()))
}

fn head(ctx: &Context, article: &Article, languages: &[String]) -> AnyView {
    let locale = ctx.locale;
    let date = text::time_long(ctx, article.published_at.unwrap_or(article.written_at));
    let others = languages.iter().filter(|language| **language != article.language).map(|language| {
        let words = if language == "es" { "Español" } else { "English" };
        let href = format!("{}?language={language}", paths::article(&article.slug));
        view! { " · "<span lang=language.clone()>{text::link(href, words.to_owned())}</span> }
    });
    view! { <p>{tr!(locale, help.as_of)}" "{date}{others.collect_view()}" · "{text::link(paths::HELP.to_owned(), tr!(locale, help.all))}</p> }
        .into_any()
}

/// The question, or what was answered.
fn helped(ctx: &Context, article: &Article, before: Option<bool>) -> AnyView {
    let locale = ctx.locale;
    let ask_us =
        || ctx.actor.member().map(|_| text::link(format!("{}/new", paths::DISPUTES), tr!(locale, help.ask_us)));
    let body = match before {
        Some(true) => view! { <p>{tr!(locale, help.it_helped)}</p> }.into_any(),
        Some(false) => view! { <p>{tr!(locale, help.it_did_not)}" "{ask_us()}</p> }.into_any(),
        None => {
            let (slug, language) = (article.slug.clone(), article.language.clone());
            view! {
                <Form action="/do/rate-article" id="rate" class="inline">
                    <Hidden name="article" value=slug/>
                    <Hidden name="language" value=language/>
                    <Submit text=tr!(locale, help.yes) tone=Weight::Quiet name="helped" value="yes"/>
                    <Submit text=tr!(locale, help.no) tone=Weight::Quiet name="helped" value="no"/>
                </Form>
            }
            .into_any()
        }
    };
    view! { <div id="helped">{section(tr!(locale, help.helped_title), body)}</div> }.into_any()
}

fn keep(ctx: &Context, article: &Article, draft: Option<&Article>, is_draft: bool) -> AnyView {
    let locale = ctx.locale;
    let unpublished = draft.filter(|draft| draft.published_at.is_none());
    let look = unpublished.filter(|_| !is_draft).map(|draft| {
        let href = format!("{}?language={}&draft=yes", paths::article(&draft.slug), draft.language);
        view! { <p>{text::link(href, tr!(locale, help.look_at_draft))}</p> }
    });
    let publish = unpublished.filter(|_| is_draft).map(|draft| {
        let (slug, language, version) = (draft.slug.clone(), draft.language.clone(), draft.version.to_string());
        view! {
            <Form action="/do/publish-article" id="publish" class="inline">
                <Hidden name="article" value=slug/>
                <Hidden name="language" value=language/>
                <Hidden name="version" value=version/>
                <Submit text=tr!(locale, help.publish_button)/>
            </Form>
        }
    });
    let edit = ["en", "es"].map(|language| {
        let words = if language == "es" { tr!(locale, help.edit_es) } else { tr!(locale, help.edit_en) };
        view! { <li>{text::link(paths::write_article(Some(&article.slug), language), words)}</li> }
    });
    let slug = article.slug.clone();
    let retire = (!article.retired).then(|| {
        view! {
            <Form action="/do/retire-article" id="retire" class="inline">
                <Hidden name="article" value=slug/>
                <Submit text=tr!(locale, help.retire_button) tone=Weight::Danger/>
            </Form>
        }
    });
    let body = view! { {look}{publish}<ul>{edit.collect_view()}</ul>{retire} };
    section(tr!(locale, help.keep_title), body.into_any())
}
