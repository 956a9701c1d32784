//! Saving a view, and what becomes of it. Forms without JavaScript; what was typed stays where it is refused.

use super::model::{self, MOST, NameError, SavedView, may_share};
use super::store::{self, NewView};
use crate::audit::store::{Change, record};
use crate::base::context::{self, Context};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::SavedViewId;
use crate::base::language::tr;
use crate::desk::filter::Filter;
use crate::desk::model::View;
use crate::paths;
use crate::ui::query::fields_of;
use leptos::prelude::*;
use serde_json::json;

/// Saves the present view of the queue under a name.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "save-view")]
pub async fn save_view(
    /// Its name.
    name: Option<String>,
    /// Sent where it is for the whole desk.
    shared: Option<String>,
    /// View and filter, as the queue's address writes them.
    asked: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let (name, asked) = (name.unwrap_or_default(), asked.unwrap_or_default());
    let ticked = if shared.is_some() { "yes" } else { "" };
    let end = save(&ctx, &name, shared.is_some(), &asked, &form_key).await;
    let fields =
        [("form_name", "save-view"), ("name", name.as_str()), ("shared", ticked), ("form_key", form_key.as_str())];
    forms::finish(&ctx, &fields, end).await
}

async fn save(ctx: &Context, name: &str, shared: bool, asked: &str, form_key: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?;
    let form_key = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let fields = fields_of(asked);
    let get = |name: &str| fields.get(name).map(String::as_str);
    let view = get("view").and_then(View::parse).ok_or(AppError::BadRequest("asked"))?;
    let filter = Filter::parse(get).0.within(view);
    if shared && !may_share(staff) {
        return Err(AppError::Forbidden);
    }
    let back = format!("{}?{}", paths::DESK, filter.query(view));
    let name = match model::parse_name(name) {
        Ok(name) => name,
        Err(error) => return Ok(refused(back, "name", name_words(ctx, error))),
    };
    let new = NewView { person: staff.person, shared, name: name.clone(), view, filter, at: ctx.now(), form_key };
    let mut tx = ctx.begin().await?;
    match store::add(&mut tx, &new).await {
        Ok(Some(id)) => {
            let after = json!({ "name": name, "shared": shared, "asked": new.filter.query(view) });
            tell(ctx, &mut tx, id, "view.saved", None, Some(after)).await?;
        }
        Ok(None) => {}
        Err(error) => return no(ctx, back, error),
    }
    match tx.commit().await {
        Ok(()) => Ok(End::Done(back)),
        Err(error) => no(ctx, back, error.into()),
    }
}

/// Gives a saved view another name.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "rename-view")]
pub async fn rename_view(
    /// The view.
    saved: String,
    /// Its new name.
    name: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let name = name.unwrap_or_default();
    let end = rename(&ctx, &saved, &name).await;
    let fields = [("form_name", saved.as_str()), ("name", name.as_str())];
    forms::finish(&ctx, &fields, end).await
}

async fn rename(ctx: &Context, saved: &str, name: &str) -> Result<End, AppError> {
    let mut tx = ctx.begin().await?;
    let (view, _) = kept(ctx, &mut tx, saved).await?;
    let back = paths::VIEWS.to_owned();
    let name = match model::parse_name(name) {
        Ok(name) => name,
        Err(error) => return Ok(refused(back, "name", name_words(ctx, error))),
    };
    if let Err(error) = store::rename(&mut tx, &view, &name).await {
        return no(ctx, back, error);
    }
    let (before, after) = (json!({ "name": view.name }), json!({ "name": name }));
    tell(ctx, &mut tx, view.id, "view.renamed", Some(before), Some(after)).await?;
    tx.commit().await?;
    Ok(End::Done(back))
}

/// Moves a saved view one place forward.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "move-view")]
pub async fn move_view(
    /// The view.
    saved: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = move_forward(&ctx, &saved).await;
    forms::finish(&ctx, &[], end).await
}

async fn move_forward(ctx: &Context, saved: &str) -> Result<End, AppError> {
    let mut tx = ctx.begin().await?;
    let (view, all) = kept(ctx, &mut tx, saved).await?;
    let before = all.iter().rev().find(|other| other.shared == view.shared && other.position < view.position);
    if let Some(other) = before {
        store::swap(&mut tx, &view, other).await?;
        let (was, is) = (json!({ "position": view.position }), json!({ "position": other.position }));
        tell(ctx, &mut tx, view.id, "view.moved", Some(was), Some(is)).await?;
        tx.commit().await?;
    }
    Ok(End::Done(paths::VIEWS.to_owned()))
}

/// Deletes a saved view. No case is touched by it.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "delete-view")]
pub async fn delete_view(
    /// The view.
    saved: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = delete(&ctx, &saved).await;
    forms::finish(&ctx, &[], end).await
}

async fn delete(ctx: &Context, saved: &str) -> Result<End, AppError> {
    let mut tx = ctx.begin().await?;
    let (view, _) = kept(ctx, &mut tx, saved).await?;
    store::delete(&mut tx, &view).await?;
    let before = json!({ "name": view.name, "shared": view.shared, "asked": view.filter.query(view.view) });
    tell(ctx, &mut tx, view.id, "view.deleted", Some(before), None).await?;
    tx.commit().await?;
    Ok(End::Done(paths::VIEWS.to_owned()))
}

/// A view that the reader may change, with all that they see.
async fn kept(ctx: &Context, tx: &mut Tx, saved: &str) -> Result<(SavedView, Vec<SavedView>), AppError> {
    let staff = ctx.staff()?;
    let id: SavedViewId = saved.parse().map_err(|_| AppError::NotFound)?;
    let all = store::list(tx, staff.person).await?;
    // Another person's own view is not there for the reader, so it is not found.
    let view = all.iter().find(|view| view.id == id).cloned().ok_or(AppError::NotFound)?;
    if view.is_kept_by(staff) { Ok((view, all)) } else { Err(AppError::Forbidden) }
}

async fn tell(
    ctx: &Context,
    tx: &mut Tx,
    id: SavedViewId,
    action: &'static str,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
) -> Result<(), AppError> {
    let change = Change { action, subject: format!("saved_view/{id}"), before, after, ..Change::default() };
    record(tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    Ok(())
}

fn context() -> Result<Context, ServerFnError> {
    context::current().map_err(|error| ServerFnError::new(error.to_string()))
}

fn refused(back: String, field: &str, message: String) -> End {
    let mut errors = Errors::default();
    errors.add(field, message);
    End::Refused(back, errors)
}

fn name_words(ctx: &Context, error: NameError) -> String {
    match error {
        NameError::Empty => tr!(ctx.locale, views.name_empty),
        NameError::TooLong => tr!(ctx.locale, views.name_too_long, most = model::LONGEST_NAME),
    }
}

/// What the database refused, in words beside the field.
fn no(ctx: &Context, back: String, error: AppError) -> Result<End, AppError> {
    let AppError::Database(refusal) = &error else { return Err(error) };
    Ok(match constraint(refusal) {
        Some("saved_view_name_once") => refused(back, "name", tr!(ctx.locale, views.name_taken)),
        Some("saved_view_position_in_bounds") => refused(back, "", tr!(ctx.locale, views.shelf_full, most = MOST)),
        // Two saved at the same moment wanted the same place; what was typed is kept.
        Some("saved_view_one_at_a_position") => refused(back, "", tr!(ctx.locale, views.again)),
        _ => return Err(error),
    })
}
