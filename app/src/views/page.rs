//! The form that saves a view, the tabs of those that were saved, and the page where they are kept in order.

use super::model::{self, SavedView, may_share};
use super::store;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::desk::filter::Filter;
use crate::desk::model::View;
use crate::desk::page::tab;
use crate::desk::store::{self as desk, Narrowed};
use crate::paths;
use crate::ui::empty::empty_with;
use crate::ui::field::{Check, Field, Hidden, Submit, Weight};
use crate::ui::form::{Form, General};
use crate::ui::layout::{page_head, section};
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use leptos::prelude::*;

/// Words, address and whether it is the one shown, of each saved view, with how many cases stand behind it.
///
/// # Errors
/// When the database is away.
pub async fn tabs(
    ctx: &Context,
    tx: &mut Tx,
    view: View,
    filter: &Filter,
) -> Result<Vec<(String, String, bool)>, AppError> {
    let reader = ctx.staff()?.person;
    let mut tabs = Vec::new();
    for saved in store::list(tx, reader).await? {
        let narrowed = Narrowed::by(tx, &saved.filter, reader, ctx.time_zone).await?;
        let tally = desk::tally(tx, saved.view, &narrowed, ctx.now()).await?;
        let current = saved.view == view && saved.filter == *filter;
        tabs.push((tab(ctx, saved.name.clone(), tally), address(&saved), current));
    }
    Ok(tabs)
}

fn address(saved: &SavedView) -> String {
    format!("{}?{}", paths::DESK, saved.filter.query(saved.view))
}

/// The form that saves what is shown, and the way to those that were saved.
///
/// # Errors
/// When the database is away.
pub async fn save_form(ctx: &Context, query: &Query, view: View, filter: &Filter) -> Result<AnyView, AppError> {
    let draft = forms::recall(ctx, query.get("form")).await?;
    let draft = if draft.value("form_name") == "save-view" { draft } else { Draft::default() };
    let locale = ctx.locale;
    let open = draft.is_refused();
    let share = may_share(ctx.staff()?);
    let key = forms::new_key();
    let (asked, general) = (filter.query(view), General::from(&draft));
    let (label, value, error) = (tr!(locale, views.name), draft.value("name"), draft.error("name"));
    let (share_words, shared) = (tr!(locale, views.share), draft.value("shared") == "yes");
    let button = tr!(locale, views.save);
    Ok(view! {
        <details class="narrow" open=open>
            <summary>{tr!(locale, views.save_title)}</summary>
            <Form action="/do/save-view" draft=general class="inline">
                <Hidden name="asked" value=asked/>
                <Hidden name="form_key" value=key/>
                <Field name="name" label=label value=value error=error required=true maxlength=model::LONGEST_NAME as u32/>
                {share.then(|| view! { <Check name="shared" label=share_words checked=shared/> })}
                <Submit text=button tone=Weight::Quiet/>
            </Form>
            <p><a class="button" data-weight="quiet" href=paths::VIEWS>{tr!(locale, views.keep)}</a></p>
        </details>
    }
    .into_any())
}

/// `/views`
#[component]
pub fn Views() -> impl IntoView {
    screen(|ctx, query| async move {
        let staff = ctx.staff()?.clone();
        let mut tx = ctx.begin().await?;
        let all = store::list(&mut tx, staff.person).await?;
        tx.commit().await?;
        let draft = forms::recall(&ctx, query.get("form")).await?;
        let title = tr!(ctx.locale, views.title);
        let (shared, own): (Vec<_>, Vec<_>) = all.into_iter().partition(|view| view.shared);
        let lead = view! { <p>{text::link(paths::DESK.to_owned(), tr!(ctx.locale, views.to_queue))}</p> }.into_any();
        let body = if shared.is_empty() && own.is_empty() {
            let step = (tr!(ctx.locale, views.to_queue), paths::DESK.to_owned());
            empty_with(tr!(ctx.locale, views.empty_title), tr!(ctx.locale, views.empty_text), Some(step))
        } else {
            let shelf = |title, views: Vec<SavedView>| {
                let kept = views.first().is_some_and(|view| view.is_kept_by(&staff));
                let lines =
                    views.iter().enumerate().map(|(n, view)| line(&ctx, view, kept, n == 0, &draft)).collect_view();
                (!views.is_empty()).then(|| section(title, view! { <ul class="saved-views">{lines}</ul> }.into_any()))
            };
            view! { {shelf(tr!(ctx.locale, views.own), own)}{shelf(tr!(ctx.locale, views.shared), shared)} }.into_any()
        };
        Ok((title.clone(), view! { {page_head(title, Some(lead))}{body} }.into_any()))
    })
}

fn line(ctx: &Context, saved: &SavedView, kept: bool, first: bool, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let link = text::link(address(saved), saved.name.clone());
    if !kept {
        return view! { <li>{link}</li> }.into_any();
    }
    let id = saved.id.to_string();
    let refused = if draft.value("form_name") == id { draft.clone() } else { Draft::default() };
    let form_id = if refused.is_refused() { "form".to_owned() } else { format!("view-{id}") };
    let (value, error) = (refused.value_or("name", &saved.name), refused.error("name"));
    let general = General::from(&refused);
    let (label, rename) = (tr!(locale, views.name), tr!(locale, views.rename));
    // Each button says of which view, since there are many of a kind.
    let forward = tr!(locale, views.forward, name = saved.name.as_str());
    let delete = tr!(locale, views.delete, name = saved.name.as_str());
    let (rename_id, move_id, delete_id) = (id.clone(), id.clone(), id.clone());
    let move_form = (!first).then(|| {
        view! {
            <Form action="/do/move-view" id=format!("move-{id}") class="inline">
                <Hidden name="saved" value=move_id/>
                <Submit text=forward tone=Weight::Quiet/>
            </Form>
        }
    });
    view! {
        <li>
            {link}
            <Form action="/do/rename-view" id=form_id draft=general class="inline">
                <Hidden name="saved" value=rename_id/>
                <Field name="name" label=label value=value error=error required=true maxlength=model::LONGEST_NAME as u32/>
                <Submit text=rename tone=Weight::Quiet/>
            </Form>
            {move_form}
            <Form action="/do/delete-view" id=format!("delete-{}", saved.id) class="inline">
                <Hidden name="saved" value=delete_id/>
                <Submit text=delete tone=Weight::Danger/>
            </Form>
        </li>
    }
    .into_any()
}
