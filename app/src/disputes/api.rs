//! What a partner does: open a dispute, answer in one.

use super::model::{Event, Kind, Side, Stage};
use super::rules;
use super::store::{self, NewCase, NewMessage};
use super::words;
use crate::audit::store::{Change, record};
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, ConversionId};
use crate::clocks::store as clocks;
use crate::inbox::uploads::Uploads;
use crate::live::store::draft_was_sent;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

mod pin;

use pin::{Pinned, Typed};

/// Opens a dispute with everything that belongs to it, once per form.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "open-dispute")]
#[allow(clippy::too_many_arguments)]
pub async fn open_dispute(
    /// What is wrong.
    kind: Option<String>,
    /// The conversion it is about.
    conversion: Option<String>,
    /// The payout it is about.
    payout: Option<String>,
    /// The version of the terms it is about.
    terms: Option<String>,
    /// The offer of a missing conversion.
    offer: Option<String>,
    /// Its order number.
    order_id: Option<String>,
    /// Its local date and time.
    occurred_at: Option<String>,
    /// Its order amount.
    amount: Option<String>,
    /// The currency of the order.
    currency: Option<String>,
    /// What shows the order.
    proof: Option<String>,
    /// What is said.
    body: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let files = Uploads::of_request();
    let typed = Typed {
        kind: kind.unwrap_or_default(),
        conversion: conversion.unwrap_or_default(),
        payout: payout.unwrap_or_default(),
        terms: terms.unwrap_or_default(),
        offer: offer.unwrap_or_default(),
        order_id: order_id.unwrap_or_default(),
        occurred_at: occurred_at.unwrap_or_default(),
        amount: amount.unwrap_or_default(),
        currency: currency.unwrap_or_default(),
        proof: proof.unwrap_or_default(),
        body: body.unwrap_or_default(),
        form_key,
    };
    let end = open(&ctx, &typed, &files).await;
    forms::finish(&ctx, &typed.fields(), end).await
}

async fn open(ctx: &Context, typed: &Typed, files: &Uploads) -> Result<End, AppError> {
    let member = ctx.member()?.clone();
    let form_key = parse_key(&typed.form_key)?;
    let mut tx = ctx.begin().await?;
    if let Some(case) = store::case_of_form(&mut tx, member.partner, form_key).await? {
        return Ok(opened(case));
    }
    let mut errors = Errors::default();
    let body = rules::parse_text(&typed.body)
        .map_err(|error| errors.add("body", words::text_error(ctx.locale, error)))
        .unwrap_or_default();
    files.check(ctx.locale, &mut errors);
    let pinned = pin::read(ctx, &mut tx, &member, typed, &mut errors).await?;
    let (kind, subject, pin) = match pinned {
        Some(Pinned::New { kind, subject, pin }) if errors.is_empty() => (kind, subject, pin),
        Some(Pinned::OpenAlready(case)) => return Ok(End::Done(format!("{}?done=already", paths::dispute(case)))),
        _ => return Ok(End::Refused(typed.back(), errors)),
    };
    let promised_at = clocks::promises(&mut tx, member.partner, kind, ctx.now()).await?.first_reply();
    let new = NewCase {
        programme: member.programme,
        partner: member.partner,
        person: member.person,
        name: member.name.clone(),
        kind,
        subject,
        pin: pin.map(|pin| *pin),
        body,
        form_key,
        at: ctx.now(),
        promised_at,
    };
    let case = match store::open(&mut tx, new).await {
        Ok(case) => case,
        Err(AppError::Database(error)) if constraint(&error) == Some("message_form_once") => {
            return Ok(opened(written_by_twin(ctx, tx, form_key).await?));
        }
        Err(error) => return Err(error),
    };
    let change = Change {
        action: "case.opened",
        subject: format!("case/{case}"),
        partner: Some(member.partner),
        after: Some(json!({
            "kind": kind.as_str(),
            "stage": Stage::Received.as_str(),
            "conversion": typed.conversion.parse::<i64>().ok(),
            "payout": typed.payout.parse::<i64>().ok(),
            "terms_version": typed.terms.parse::<i64>().ok(),
            "promised_at": promised_at,
        })),
        ..Change::default()
    };
    files.keep(&mut tx, member.partner, form_key, ctx.now()).await?;
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    draft_was_sent(&mut tx, member.person, &kept_as(&typed.back()), form_key, ctx.now()).await?;
    clocks::renew(&mut tx, member.partner, case, ctx.now()).await?;
    tx.commit().await?;
    Ok(opened(case))
}

/// Where a case went that the same form, sent twice at once, opened in another transaction.
async fn written_by_twin(ctx: &Context, tx: crate::base::db::Tx, form_key: Uuid) -> Result<CaseId, AppError> {
    tx.rollback().await?;
    let partner = ctx.member()?.partner;
    let mut tx = ctx.begin().await?;
    store::case_of_form(&mut tx, partner, form_key).await?.ok_or(AppError::Conflict)
}

fn opened(case: CaseId) -> End {
    End::Done(format!("{}?done=opened", paths::dispute(case)))
}

fn parse_key(form_key: &str) -> Result<Uuid, AppError> {
    form_key.parse().map_err(|_| AppError::BadRequest("form_key"))
}

/// Writes a partner's answer; a case that waited for it, was decided or closed goes back into review.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "answer-dispute")]
pub async fn answer_dispute(
    /// The case.
    case: String,
    /// What is said.
    body: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
    /// The newest message that the writer has seen.
    seen: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let body = body.unwrap_or_default();
    let files = Uploads::of_request();
    let end = answer(&ctx, &case, &body, (&form_key, &seen), &files).await;
    let fields = [("form_name", "answer"), ("body", body.as_str()), ("form_key", form_key.as_str())];
    forms::finish(&ctx, &fields, end).await
}

async fn answer(
    ctx: &Context,
    case: &str,
    body: &str,
    (form_key, seen): (&str, &str),
    files: &Uploads,
) -> Result<End, AppError> {
    let member = ctx.member()?.clone();
    let asked: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let form_key = parse_key(form_key)?;
    let seen: i64 = seen.parse().map_err(|_| AppError::BadRequest("seen"))?;
    let sent = |case| End::Done(format!("{}?done=sent", paths::dispute(case)));
    let mut errors = Errors::default();
    let mut tx = ctx.begin().await?;
    let case = crate::work::store::home(&mut tx, member.partner, asked).await?;
    let locked = store::lock(&mut tx, member.partner, case).await?;
    if store::case_of_form(&mut tx, member.partner, form_key).await?.is_some() {
        return Ok(sent(case));
    }
    let body = match rules::parse_text(body) {
        Ok(body) => body,
        Err(error) => {
            errors.add("body", words::text_error(ctx.locale, error));
            return Ok(End::Refused(paths::dispute(case), errors));
        }
    };
    files.check(ctx.locale, &mut errors);
    if !errors.is_empty() {
        return Ok(End::Refused(paths::dispute(case), errors));
    }
    if seen != locked.last_message {
        errors.add("", crate::tr!(ctx.locale, disputes.error_unseen));
        return Ok(End::Refused(paths::dispute(case), errors));
    }
    let message = NewMessage {
        side: Side::Partner,
        author: member.person,
        author_name: member.name.clone(),
        body,
        at: ctx.now(),
        form_key,
    };
    let stage = rules::after_partner(locked.stage);
    // A promise that runs stands; a partner who writes again does not have to wait anew.
    let next = match rules::running_promise(locked.stage, locked.next_update_at) {
        Some(promised) => promised,
        None => clocks::promises(&mut tx, member.partner, locked.kind, ctx.now()).await?.next_word(),
    };
    store::save_stage(&mut tx, &locked, locked.version, stage, next, ctx.now()).await?;
    let message = store::add_message(&mut tx, member.partner, case, &message).await?;
    files.keep(&mut tx, member.partner, form_key, ctx.now()).await?;
    if stage != locked.stage {
        let event = Event { stage, at: ctx.now(), by: String::new(), promised_at: Some(next) };
        store::add_event(&mut tx, member.partner, case, &event).await?;
    }
    let change = Change {
        action: "case.answered",
        subject: format!("case/{case}"),
        partner: Some(member.partner),
        before: Some(json!({ "stage": locked.stage.as_str() })),
        after: Some(json!({ "stage": stage.as_str(), "message": message, "promised_at": next })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    draft_was_sent(&mut tx, member.person, &format!("dispute-{asked}-answer"), form_key, ctx.now()).await?;
    clocks::renew(&mut tx, member.partner, case, ctx.now()).await?;
    tx.commit().await?;
    Ok(sent(case))
}

/// The name under which a new dispute is kept while it is written, by the address of its form.
pub(crate) fn kept_as(path: &str) -> String {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let field = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let about = ["conversion", "payout", "terms", "kind"];
    let about = about.iter().find_map(|key| Some(format!("-{key}-{}", field(key)?))).unwrap_or_default();
    let plain = |letter: &char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || *letter == '-';
    format!("dispute-new{}", about.replace('_', "-").chars().filter(plain).take(60).collect::<String>())
}

/// The kind that a page without a pin opens.
pub(crate) fn kind_without_pin(kind: &str) -> Kind {
    if kind == Kind::MissingConversion.as_str() { Kind::MissingConversion } else { Kind::Other }
}

/// The conversion that a form or an address names.
pub(crate) fn parse_conversion(text: &str) -> Result<ConversionId, AppError> {
    text.parse().map_err(|_| AppError::NotFound)
}

#[cfg(test)]
mod tests {
    use super::kept_as;

    #[test]
    fn a_dispute_is_kept_by_what_it_is_about() {
        assert_eq!(kept_as("/disputes/new"), "dispute-new");
        assert_eq!(kept_as("/disputes/new?conversion=12&form=ab-1"), "dispute-new-conversion-12");
        assert_eq!(kept_as("/disputes/new?form=ab&kind=missing_conversion"), "dispute-new-kind-missing-conversion");
        assert_eq!(kept_as("/disputes/new?payout=1;DROP"), "dispute-new-payout-1");
    }
}
