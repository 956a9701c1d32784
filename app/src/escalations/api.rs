//! Escalating, and sending back.

use super::store::{self, NewEscalation};
use crate::base::actor::Role;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::EscalationId;
use crate::base::language::tr;
use crate::desk::api::{Action, parse_key};
use crate::disputes::rules::parse_text;
use crate::disputes::words::text_error;
use leptos::prelude::*;
use serde_json::json;

/// The longest part.
const LONGEST: usize = 5_000;

/// Puts a case to a lead or an owner.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "escalate")]
pub async fn escalate(
    /// The case.
    case: String,
    /// What is known.
    facts: Option<String>,
    /// What was tried.
    tried: Option<String>,
    /// What is proposed.
    proposed: Option<String>,
    /// `lead` or `owner`.
    to: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
    /// What the writer has seen of the case: the last message, note and step.
    seen: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let typed = [facts, tried, proposed].map(Option::unwrap_or_default);
    let to = to.unwrap_or_default();
    let end = put(&ctx, &case, &typed, &to, (&form_key, &seen)).await;
    let [facts, tried, proposed] = &typed;
    let fields = [
        ("form_name", "escalate"),
        ("seen", seen.as_str()),
        ("facts", facts.as_str()),
        ("tried", tried),
        ("proposed", proposed),
        ("to", &to),
        ("form_key", &form_key),
    ];
    forms::finish(&ctx, &fields, end).await
}

fn text(ctx: &Context, errors: &mut Errors, field: &str, typed: &str) -> String {
    let text = parse_text(typed).map_err(|error| errors.add(field, text_error(ctx.locale, error))).unwrap_or_default();
    if text.chars().count() > LONGEST {
        errors.add(field, tr!(ctx.locale, escalations.error_long, most = LONGEST));
    }
    text
}

async fn put(
    ctx: &Context,
    case: &str,
    typed: &[String; 3],
    to: &str,
    (form_key, seen): (&str, &str),
) -> Result<End, AppError> {
    let form_key = parse_key(form_key)?;
    let mut action = Action::begin(ctx, case).await?;
    if store::was_put(&mut action.tx, form_key).await? {
        return Ok(action.done("escalated"));
    }
    if action.has_unseen(seen).await? {
        return Ok(action.refused_for("", tr!(ctx.locale, desk.error_unseen)));
    }
    let mut errors = Errors::default();
    let [facts, tried, proposed] = typed;
    let (facts, tried, proposed) = (
        text(ctx, &mut errors, "facts", facts),
        text(ctx, &mut errors, "tried", tried),
        text(ctx, &mut errors, "proposed", proposed),
    );
    let to = Role::parse(to).filter(|role| matches!(role, Role::Lead | Role::Owner));
    if to.is_none() {
        errors.add("to", tr!(ctx.locale, escalations.error_to));
    }
    let Some(to) = to.filter(|_| errors.is_empty()) else { return Ok(action.refused(errors)) };
    let new = NewEscalation { facts, tried, proposed, to, form_key };
    let about = (action.case.partner, action.case.id);
    match store::add(&mut action.tx, about, &new, &action.hand).await {
        Ok(id) => {
            let after = json!({ "escalation": id.0, "to": to.as_str() });
            action.commit("case.escalated", after, "escalated").await
        }
        Err(AppError::Database(error)) => match constraint(&error) {
            Some("escalation_form_once") => Ok(action.done("escalated")),
            Some("escalation_of_an_open_case") => Ok(action.refused_for("", tr!(ctx.locale, escalations.error_closed))),
            Some("escalation_one_open") => Ok(action.refused_for("", tr!(ctx.locale, escalations.error_open))),
            _ => Err(error.into()),
        },
        Err(error) => Err(error),
    }
}

/// Sends an escalation back with words.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "send-back")]
pub async fn send_back(
    /// The case.
    case: String,
    /// The escalation.
    escalation: String,
    /// What to do.
    words: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let words = words.unwrap_or_default();
    let end = back(&ctx, &case, &escalation, &words).await;
    forms::finish(&ctx, &[("form_name", "send-back"), ("words", words.as_str())], end).await
}

async fn back(ctx: &Context, case: &str, escalation: &str, words: &str) -> Result<End, AppError> {
    let id: EscalationId = escalation.parse().map_err(|_| AppError::NotFound)?;
    if !matches!(ctx.staff()?.role, Role::Lead | Role::Owner) {
        return Err(AppError::Forbidden);
    }
    let mut action = Action::begin(ctx, case).await?;
    let mut errors = Errors::default();
    let words = text(ctx, &mut errors, "words", words);
    if !errors.is_empty() {
        return Ok(action.refused(errors));
    }
    let case = action.case.id;
    match store::send_back(&mut action.tx, case, id, &words, &action.hand).await {
        Ok(()) => action.commit("case.sent_back", json!({ "escalation": id.0 }), "sent-back").await,
        Err(AppError::Conflict) => Ok(action.refused_for("", tr!(ctx.locale, escalations.error_answered))),
        Err(AppError::Database(error)) => match constraint(&error) {
            Some("escalation_answered_from_above" | "escalation_answered_by_another") => {
                Ok(action.refused_for("", tr!(ctx.locale, escalations.error_above)))
            }
            _ => Err(error.into()),
        },
        Err(error) => Err(error),
    }
}
