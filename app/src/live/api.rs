//! What pages say besides what is typed into forms: a draft, that somebody is writing, how a desk is set.

use super::model::Knock;
use super::{rules, store};
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors, failed};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// The longest text that is kept, in characters; no field takes more.
pub const LONGEST_DRAFT: usize = 20_000;

/// Keeps what is typed into a field until it is sent. Empty: nothing is typed there any more.
///
/// # Errors
/// Where the field's name is none of ours, or the text is longer than any field takes.
#[server(prefix = "/do", endpoint = "keep-draft")]
pub async fn keep_draft(
    /// The field's name.
    name: String,
    /// What is typed so far.
    body: Option<String>,
    /// The key of the form it is in: what comes late from a form that was sent is not kept.
    form_key: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let kept = keep(&ctx, &name, &body.unwrap_or_default(), &form_key.unwrap_or_default()).await;
    kept.map_err(|error| failed(&ctx, &error))
}

async fn keep(ctx: &Context, name: &str, body: &str, form_key: &str) -> Result<(), AppError> {
    let person = ctx.actor.person().filter(|_| Who::Writers.includes(&ctx.actor)).ok_or(AppError::Forbidden)?;
    if !rules::is_field(name) {
        return Err(AppError::BadRequest("name"));
    }
    let body = body.replace('\0', "").replace("\r\n", "\n");
    if body.chars().count() > LONGEST_DRAFT || form_key.len() > 64 {
        return Err(AppError::BadRequest("body"));
    }
    let mut tx = ctx.db.begin_sign_in().await?;
    store::keep_draft(&mut tx, person, name, if body.trim().is_empty() { "" } else { &body }, form_key, ctx.now())
        .await?;
    Ok(tx.commit().await?)
}

/// Says that somebody is typing in a page that shows a case, for the others who have it open.
///
/// # Errors
/// Where there is no such case.
#[server(prefix = "/do", endpoint = "writing")]
pub async fn writing(
    /// The case.
    case: String,
    /// The page, by its own name.
    page: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    note_writing(&ctx, &case, &page).await.map_err(|error| failed(&ctx, &error))
}

async fn note_writing(ctx: &Context, case: &str, page: &str) -> Result<(), AppError> {
    let staff = ctx.staff()?;
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let case: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let page: Uuid = page.parse().map_err(|_| AppError::BadRequest("page"))?;
    let mut tx = ctx.begin().await?;
    if !store::is_there(&mut tx, case).await? {
        return Err(AppError::NotFound);
    }
    store::write(&mut tx, page, case, staff.person, &staff.name).await?;
    Ok(tx.commit().await?)
}

/// Keeps how somebody of staff wants their desk.
///
/// # Errors
/// A status without details; what the reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-desk")]
pub async fn set_desk(
    /// For which messages there is a sound.
    knock: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let knock = knock.unwrap_or_default();
    let end = set(&ctx, &knock).await;
    forms::finish(&ctx, &[("form_name", "set-desk"), ("knock", knock.as_str())], end).await
}

async fn set(ctx: &Context, knock: &str) -> Result<End, AppError> {
    let person = ctx.staff()?.person;
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let Some(knock) = Knock::parse(knock) else {
        let mut errors = Errors::default();
        errors.add("knock", tr!(ctx.locale, live.knock_error));
        return Ok(End::Refused(paths::MY_DESK.to_owned(), errors));
    };
    let mut tx = ctx.begin().await?;
    let before = store::knock(&mut tx, person).await?;
    if before != knock {
        store::set_knock(&mut tx, person, knock, ctx.now()).await?;
        let change = Change {
            action: "desk.set",
            subject: format!("person/{person}"),
            before: Some(json!({ "knock": before.as_str() })),
            after: Some(json!({ "knock": knock.as_str() })),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        tx.commit().await?;
    }
    Ok(End::Done(format!("{}?done=knock", paths::MY_DESK)))
}
