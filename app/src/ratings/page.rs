//! The question how it was: on a dispute's page and behind the link of a mail; and what was said, among the figures.

use super::link;
use super::store::{self, Rating};
use crate::base::actor::Actor;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::ids::{CaseId, PersonId};
use crate::base::language::{Locale, tr};
use crate::paths;
use crate::rota::spans::Span;
use crate::ui::field::{Choice, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{section, sheet};
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

fn words(locale: Locale, stars: i16) -> String {
    match stars {
        1 => tr!(locale, ratings.one),
        2 => tr!(locale, ratings.two),
        3 => tr!(locale, ratings.three),
        4 => tr!(locale, ratings.four),
        _ => tr!(locale, ratings.five),
    }
}

fn form(ctx: &Context, action: &'static str, (name, value): (&'static str, String), draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let options = (1..=5).rev().map(|stars| (stars.to_string(), words(locale, stars))).collect();
    let typed = if draft.value("form_name") == "rate" { draft.clone() } else { Draft::default() };
    let id = if typed.is_refused() { "form" } else { "rate" };
    view! {
        <Form action=action id=id draft=&typed>
            <Hidden name=name value=value/>
            <Choice name="stars" label=tr!(locale, ratings.question) options=options selected=typed.value("stars") error=typed.error("stars") required=true/>
            <TextArea name="words" label=tr!(locale, ratings.words) value=typed.value("words") error=typed.error("words") rows=2 maxlength=2_000/>
            <Submit text=tr!(locale, ratings.button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

/// On the page of a resolved dispute: the question, or what was said.
pub fn of_dispute(ctx: &Context, case: CaseId, rating: Option<&Rating>, draft: &Draft) -> AnyView {
    let title = tr!(ctx.locale, ratings.title);
    match rating {
        Some(rating) => section(title, said(ctx, rating)),
        None => section(title, form(ctx, "/do/rate-case", ("case", case.to_string()), draft)),
    }
}

/// What was said of a case: its stars, its words, when.
pub fn said(ctx: &Context, rating: &Rating) -> AnyView {
    let words = words(ctx.locale, rating.stars);
    view! {
        <p>{words}" · "{text::time_exact(ctx, rating.at)}</p>
        {(!rating.words.is_empty()).then(|| text::prose(rating.words.clone()))}
    }
    .into_any()
}

/// `/rate/{token}`
#[component]
pub fn RatePage() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    let token = query.param("token").unwrap_or_default().to_owned();
    let draft = forms::recall(ctx, query.get("form")).await?;
    let (case, person) = link::verify(&ctx.secrets, &token).ok_or(AppError::NotFound)?;
    let mut tx = ctx.db.begin(&Actor::Job).await?;
    let (member, subject) = store::named(&mut tx, case, person).await?.ok_or(AppError::NotFound)?;
    let rating = store::of_case(&mut tx, member.partner, case).await?;
    drop(tx);
    let title = tr!(locale, ratings.title);
    let lead = tr!(locale, ratings.lead, number = case.0, subject = subject);
    let body = match rating {
        Some(_) => view! { <p>{tr!(locale, ratings.thanks)}</p> }.into_any(),
        None => form(ctx, "/do/rate-by-link", ("token", token), &draft),
    };
    let on = view! { {body}<p>{text::link(paths::dispute(case), tr!(locale, ratings.to_case))}</p> };
    Ok((title.clone(), sheet(title, Some(lead), on.into_any())))
}

/// Ratings among the figures: all, or about one person.
///
/// # Errors
/// When the database is away.
pub async fn figures(ctx: &Context, tx: &mut Tx, window: Span, person: Option<PersonId>) -> Result<AnyView, AppError> {
    let locale = ctx.locale;
    let languages = store::by_language(tx, window, person).await?;
    let said = store::said(tx, window, person).await?;
    if languages.is_empty() {
        let nothing = view! { <p>{tr!(locale, ratings.nothing)}</p> };
        return Ok(section(tr!(locale, ratings.figures_title), nothing.into_any()));
    }
    let head = |label, numeric| Head { label, numeric };
    let heads = vec![
        head(tr!(locale, ratings.language), false),
        head(tr!(locale, ratings.count), true),
        head(tr!(locale, ratings.mean), true),
        head(tr!(locale, ratings.low), true),
    ];
    let rows = languages
        .into_iter()
        .map(|of| Row {
            href: None,
            cells: vec![
                if of.locale == "es" { "Español".into_any() } else { "English".into_any() },
                text::count(ctx, of.count),
                format::number(locale, of.mean).into_any(),
                text::count(ctx, of.low),
            ],
        })
        .collect();
    let said = said
        .into_iter()
        .map(|said| {
            let about = said.about.unwrap_or_default();
            let number = tr!(locale, ratings.of_case, number = said.case.0);
            view! {
                <p>{words(locale, said.stars)}" "{text::link(paths::case(said.case), number)}" "{about}" "{text::time(ctx, said.at)}</p>
                {text::prose(said.words)}
            }
        })
        .collect_view();
    let body = view! { <Table caption=tr!(locale, ratings.caption) head=heads rows=rows/>{said} };
    Ok(section(tr!(locale, ratings.figures_title), body.into_any()))
}
