//! What is looked at before a reply is sent, and what is counted once it is.

use super::model::Spoken;
use super::rules::unresolved;
use super::spoken::spoken;
use super::store::{self, Pick, Sent};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::language::tr;
use crate::macros::page::variant_words;

/// Why a reply is not sent, in the writer's words: a variable that stands in it still, or, once a form and way of speaking,
/// that it does not speak as its reader is spoken to. The warning lasts only where the transaction is committed.
///
/// # Errors
/// When the database is away.
pub async fn stop(ctx: &Context, tx: &mut Tx, sent: &Sent, body: &str) -> Result<Option<String>, AppError> {
    let missing = unresolved(body);
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|name| format!("{{{name}}}")).collect();
        return Ok(Some(tr!(ctx.locale, macros.error_unresolved, names = names.join(", "))));
    }
    let Some((contact, found)) = unsuited(tx, sent, body).await? else { return Ok(None) };
    if store::was_warned(tx, sent.form_key, found).await? {
        return Ok(None);
    }
    store::warn(tx, sent, contact.variant, found).await?;
    Ok(Some(tr!(
        ctx.locale,
        macros.error_mismatch,
        name = contact.name,
        wanted = variant_words(ctx.locale, Spoken::As(contact.variant)),
        found = variant_words(ctx.locale, found)
    )))
}

/// Who reads a text and how it speaks, where the two don't agree.
async fn unsuited(tx: &mut Tx, sent: &Sent, body: &str) -> Result<Option<(super::model::Contact, Spoken)>, AppError> {
    let Some(found) = spoken(body) else { return Ok(None) };
    let contact = store::contact(tx, sent.partner, sent.case).await?;
    Ok(contact.filter(|contact| !found.suits(contact.variant)).map(|contact| (contact, found)))
}

/// Counts what was sent; gives the macro that it began as.
///
/// # Errors
/// When the database refuses it.
pub async fn count(tx: &mut Tx, sent: &Sent, message: i64, body: &str) -> Result<Option<Pick>, AppError> {
    if let Some((contact, found)) = unsuited(tx, sent, body).await? {
        store::mismatch(tx, sent, message, contact.variant, found).await?;
    }
    let pick = store::picked(tx, sent.partner, sent.case, sent.form_key).await?;
    if let Some(pick) = &pick {
        store::used(tx, sent, pick, message).await?;
    }
    Ok(pick)
}
