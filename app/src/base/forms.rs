//! Forms that were refused come back as they were typed, with a message beside the field, with or without JavaScript.

use super::context::Context;
use super::error::AppError;
use leptos::prelude::ServerFnError;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What was typed and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    fields: BTreeMap<String, String>,
    errors: BTreeMap<String, String>,
}

impl Draft {
    /// What was typed into a field; empty where nothing was.
    pub fn value(&self, field: &str) -> String {
        self.fields.get(field).cloned().unwrap_or_default()
    }

    /// What was typed into a field, or what to start with.
    pub fn value_or(&self, field: &str, start: &str) -> String {
        self.fields.get(field).cloned().unwrap_or_else(|| start.to_owned())
    }

    /// What is wrong with a field, in the reader's language. The field `""` is the form as a whole.
    pub fn error(&self, field: &str) -> Option<String> {
        self.errors.get(field).cloned()
    }

    /// Whether the form was refused.
    pub fn is_refused(&self) -> bool {
        !self.errors.is_empty()
    }
}

/// Collects what is wrong with a form.
#[derive(Debug, Default)]
pub struct Errors(BTreeMap<String, String>);

impl Errors {
    /// Notes a message beside a field; the first one of a field stays.
    pub fn add(&mut self, field: &str, message: String) {
        self.0.entry(field.to_owned()).or_insert(message);
    }

    /// The message beside a field, if there is one.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A key for a form's hidden field `form_key`: the same form, sent twice, is done once.
pub fn new_key() -> String {
    Uuid::new_v4().to_string()
}

/// Keeps what was typed and sends the writer back to the form at `back`, where [`recall`] finds it.
///
/// # Errors
/// When the database is away.
pub async fn refuse(ctx: &Context, back: &str, fields: &[(&str, &str)], errors: Errors) -> Result<(), ServerFnError> {
    refuse_sealed(ctx, back, fields, &[], errors).await
}

/// The same, with fields that are kept encrypted. Never a password: that is kept nowhere.
///
/// # Errors
/// When the database is away.
pub async fn refuse_sealed(
    ctx: &Context,
    back: &str,
    fields: &[(&str, &str)],
    secret: &[(&str, &str)],
    errors: Errors,
) -> Result<(), ServerFnError> {
    let path = keep_sealed(ctx, back, fields, secret, errors).await.map_err(|error| failed(ctx, &error))?;
    redirect(&path);
    Ok(())
}

/// Keeps what was typed, for forms that are no server functions; gives the address where [`recall`] finds it.
///
/// # Errors
/// When the database is away.
pub async fn keep(ctx: &Context, back: &str, fields: &[(&str, &str)], errors: Errors) -> Result<String, AppError> {
    keep_sealed(ctx, back, fields, &[], errors).await
}

async fn keep_sealed(
    ctx: &Context,
    back: &str,
    fields: &[(&str, &str)],
    secret: &[(&str, &str)],
    errors: Errors,
) -> Result<String, AppError> {
    let id = Uuid::new_v4();
    // PostgreSQL keeps no NUL, and no browser's field yields one.
    let plain = |fields: &[(&str, &str)]| -> BTreeMap<String, String> {
        fields.iter().map(|(field, value)| ((*field).to_owned(), value.replace('\0', ""))).collect()
    };
    let fields = plain(fields);
    let sealed = match secret {
        [] => None,
        secret => Some(ctx.secrets.seal(&belongs_to(id), &serde_json::json!(plain(secret)).to_string())?),
    };
    let mut tx = ctx.db.begin_sign_in().await?;
    sqlx::query!(
        "INSERT INTO form_draft (form_draft_id, person_id, fields, errors, created_at, sealed) VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        ctx.actor.person().map(|person| person.0),
        serde_json::json!(fields),
        serde_json::json!(errors.0),
        ctx.now(),
        sealed,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    let mark = if back.contains('?') { '&' } else { '?' };
    Ok(format!("{back}{mark}form={id}#form"))
}

/// What was typed, if the page was asked for with `?form=` and the draft is this person's.
///
/// # Errors
/// When the database is away.
pub async fn recall(ctx: &Context, form: Option<&str>) -> Result<Draft, AppError> {
    let Some(id) = form.and_then(|text| text.parse::<Uuid>().ok()) else {
        return Ok(Draft::default());
    };
    let mut tx = ctx.db.begin_sign_in().await?;
    let row = sqlx::query!(
        "SELECT fields, errors, sealed FROM form_draft WHERE form_draft_id = $1 AND person_id IS NOT DISTINCT FROM $2",
        id,
        ctx.actor.person().map(|person| person.0),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(Draft::default()) };
    let mut fields: BTreeMap<String, String> = serde_json::from_value(row.fields).unwrap_or_default();
    if let Some(sealed) = row.sealed {
        let plain = ctx.secrets.open(&belongs_to(id), ctx.secrets.key(), &sealed)?;
        fields.extend(serde_json::from_str::<BTreeMap<String, String>>(&plain).unwrap_or_default());
    }
    Ok(Draft { fields, errors: serde_json::from_value(row.errors).unwrap_or_default() })
}

/// What a draft's encrypted fields are bound to.
fn belongs_to(draft: Uuid) -> String {
    format!("form_draft/{draft}")
}

/// How a form ended.
#[derive(Debug)]
pub enum End {
    /// It was done; the browser goes on to this path.
    Done(String),
    /// It was refused; back to the form at this path, with what was typed.
    Refused(String, Errors),
}

/// Answers a form: sends the browser on, or back to what was typed, or says that it failed.
///
/// # Errors
/// Where the form failed, or the database is away.
pub async fn finish(ctx: &Context, fields: &[(&str, &str)], end: Result<End, AppError>) -> Result<(), ServerFnError> {
    match end {
        Ok(End::Done(path)) => {
            redirect(&path);
            Ok(())
        }
        Ok(End::Refused(back, errors)) => refuse(ctx, &back, fields, errors).await,
        Err(error) => Err(failed(ctx, &error)),
    }
}

/// Sends the browser on, after a form was done.
pub fn redirect(path: &str) {
    leptos_axum::redirect(path);
}

/// Ends a server function with an error: logged whole, told in a word.
pub fn failed(ctx: &Context, error: &AppError) -> ServerFnError {
    if error.status().is_server_error() {
        tracing::error!(request_id = %ctx.request_id, %error, "server function failed");
    }
    if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(error.status());
    }
    ServerFnError::ServerError(error.status().canonical_reason().unwrap_or("error").to_owned())
}
