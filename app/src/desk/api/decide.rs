//! Deciding a case: outcome, reason, credit and the words to the partner, all of it or none.

use super::{Action, assignee_after, context, parse_key, parse_version};
use crate::base::actor::Role;
use crate::base::context::Context;
use crate::base::error::{AppError, constraint};
use crate::base::format;
use crate::base::forms::{self, End, Errors};
use crate::base::language::{Locale, tr};
use crate::base::money::{Currency, Money};
use crate::desk::model::Authority;
use crate::desk::store::{self, Credit, NewDecision};
use crate::disputes::model::{About, Facts, Outcome, Reason, Stage};
use crate::disputes::rules as cases;
use crate::disputes::store as case_store;
use crate::disputes::words;
use leptos::prelude::*;
use serde_json::json;

/// Decides a case in one transaction: the credit's transfer, the decision that cites it, the message to the partner,
/// the step on the time line, the record.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "decide-case")]
#[allow(clippy::too_many_arguments)]
pub async fn decide_case(
    /// The case.
    case: String,
    /// The case's version that was read.
    version: String,
    /// How it ends.
    outcome: Option<String>,
    /// Why.
    reason: Option<String>,
    /// What is credited; empty for nothing.
    amount: Option<String>,
    /// The message to the partner.
    body: Option<String>,
    /// What only the house reads.
    reason_house: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let typed = Typed {
        outcome: outcome.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
        amount: amount.unwrap_or_default(),
        body: body.unwrap_or_default(),
        reason_house: reason_house.unwrap_or_default(),
        form_key,
    };
    let end = decide(&ctx, &case, &version, &typed).await;
    let fields = [
        ("form_name", "decide-case"),
        ("seen", version.as_str()),
        ("outcome", typed.outcome.as_str()),
        ("reason", typed.reason.as_str()),
        ("amount", typed.amount.as_str()),
        ("body", typed.body.as_str()),
        ("reason_house", typed.reason_house.as_str()),
        ("form_key", typed.form_key.as_str()),
    ];
    forms::finish(&ctx, &fields, end).await
}

struct Typed {
    outcome: String,
    reason: String,
    amount: String,
    body: String,
    reason_house: String,
    form_key: String,
}

async fn decide(ctx: &Context, case: &str, read_at: &str, typed: &Typed) -> Result<End, AppError> {
    let form_key = parse_key(&typed.form_key)?;
    let version = parse_version(read_at)?;
    let mut action = Action::begin(ctx, case).await?;
    if action.was_sent(form_key).await? {
        return Ok(action.done("decided"));
    }
    if case_store::decision(&mut action.tx, action.case.partner, action.case.id).await?.is_some() {
        return Ok(action.refused_for("", tr!(ctx.locale, desk.error_decided)));
    }
    if action.changed_unseen(read_at).await? {
        return Ok(action.refused_for("", tr!(ctx.locale, desk.error_changed)));
    }
    // A closed case is opened again by a message first.
    if version != action.case.version || action.case.stage == Stage::Closed {
        return Ok(action.refused_for("", tr!(ctx.locale, desk.error_changed)));
    }
    let role = ctx.staff()?.role;
    let (authority, pinned) = limits(&mut action, role).await?;
    let mut errors = Errors::default();
    let decision = read(ctx, typed, authority, &pinned, &mut errors);
    let Some(decision) = decision.filter(|_| errors.is_empty()) else {
        return Ok(action.refused(errors));
    };
    match write(&mut action, &decision, form_key).await {
        Ok(after) => action.commit("case.decided", after, "decided").await,
        Err(AppError::Database(error)) => match said_no(ctx.locale, constraint(&error), &pinned, authority) {
            Some((field, message)) => Ok(action.refused_for(field, message)),
            None => Err(error.into()),
        },
        Err(error) => Err(error),
    }
}

/// What is pinned, as far as a credit depends on it.
pub(crate) struct Pinned {
    pub(crate) credit_currency: Currency,
    pub(crate) programme_currency: Currency,
    pub(crate) conversion: Option<crate::base::ids::ConversionId>,
    pub(crate) owner: bool,
}

pub(crate) async fn limits(action: &mut Action, role: Role) -> Result<(Option<Authority>, Pinned), AppError> {
    let case = action.case;
    let authority = store::authority(&mut action.tx, case.programme, action.hand.person, action.hand.at).await?;
    let partner = store::partner(&mut action.tx, case.partner, action.hand.at).await?;
    let mut pinned = Pinned {
        credit_currency: partner.currency,
        programme_currency: partner.currency,
        conversion: None,
        owner: role == Role::Owner,
    };
    for pin in case_store::pins(&mut action.tx, case.partner, case.id).await? {
        if let (About::Conversion(id), Facts::Conversion(facts)) = (pin.about, pin.facts) {
            pinned.conversion = Some(id);
            pinned.credit_currency = facts.currency;
        }
    }
    Ok((authority, pinned))
}

fn read(
    ctx: &Context,
    typed: &Typed,
    authority: Option<Authority>,
    pinned: &Pinned,
    errors: &mut Errors,
) -> Option<NewDecision> {
    let locale = ctx.locale;
    let outcome = Outcome::parse(&typed.outcome);
    if outcome.is_none() {
        errors.add("outcome", tr!(locale, desk.error_outcome));
    }
    let reason = Reason::parse(&typed.reason);
    if reason.is_none() {
        errors.add("reason", tr!(locale, desk.error_reason));
    }
    let body =
        cases::parse_text(&typed.body).map_err(|error| errors.add("body", words::text_error(locale, error))).ok();
    let house = typed.reason_house.replace('\0', "").trim().to_owned();
    if house.chars().count() > cases::LONGEST_TEXT {
        errors.add("reason_house", tr!(locale, disputes.error_text_long));
    }
    let credit = read_credit(locale, typed, authority, pinned, errors);
    if credit.is_some() && outcome == Some(Outcome::Declined) {
        errors.add("amount", tr!(locale, desk.error_declined_credit));
    }
    Some(NewDecision {
        outcome: outcome?,
        reason: reason?,
        reason_partner: body?,
        reason_house: house,
        credit,
        authority,
    })
}

fn read_credit(
    locale: Locale,
    typed: &Typed,
    authority: Option<Authority>,
    pinned: &Pinned,
    errors: &mut Errors,
) -> Option<Credit> {
    if typed.amount.trim().is_empty() {
        return None;
    }
    let currency = pinned.credit_currency;
    let amount = cases::parse_amount(&typed.amount, currency)
        .map_err(|error| errors.add("amount", words::amount_error(locale, error, currency)))
        .ok()?;
    if authority.is_none_or(|authority| amount > authority.largest_credit) {
        errors.add("amount", over_limit(locale, pinned, authority));
    } else if currency != pinned.programme_currency && !pinned.owner {
        errors.add("amount", tr!(locale, desk.error_other_currency, currency = currency.code()));
    }
    Some(Credit { money: Money::new(amount, currency), conversion: pinned.conversion })
}

pub(crate) fn over_limit(locale: Locale, pinned: &Pinned, authority: Option<Authority>) -> String {
    match authority {
        Some(authority) => {
            let limit = Money::new(authority.largest_credit, pinned.programme_currency);
            tr!(locale, desk.error_over_limit, limit = format::money(locale, limit))
        }
        None => tr!(locale, desk.error_no_limit),
    }
}

async fn write(
    action: &mut Action,
    decision: &NewDecision,
    form_key: uuid::Uuid,
) -> Result<serde_json::Value, AppError> {
    let case = action.case;
    let transfer = store::decide(&mut action.tx, &case, decision, &action.hand).await?;
    let message = action.say(decision.reason_partner.clone(), form_key).await?;
    action.forget_draft("decision", form_key).await?;
    let next = action.promises().await?.next_update(Stage::Decided);
    action.move_to(case.version, Stage::Decided, next).await?;
    let money = decision.credit.map(|credit| credit.money);
    Ok(json!({
        "stage": Stage::Decided.as_str(),
        "assignee": assignee_after(&case, action.hand.person),
        "outcome": decision.outcome.as_str(),
        "reason": decision.reason.as_str(),
        "amount": money.map(|money| money.amount),
        "currency": money.map(|money| money.currency),
        "transfer": transfer.map(|transfer| transfer.0),
        "conversion": decision.credit.and_then(|credit| credit.conversion).map(|conversion| conversion.0),
        "authority": money.and(decision.authority).map(|authority| authority.id.0),
        "message": message,
    }))
}

/// The field and the words for what the database refused; the page said the same before, unless somebody was quicker.
fn said_no(
    locale: Locale,
    constraint: Option<&str>,
    pinned: &Pinned,
    authority: Option<Authority>,
) -> Option<(&'static str, String)> {
    Some(match constraint? {
        "case_decision_pkey" | "message_form_once" => ("", tr!(locale, desk.error_decided)),
        "case_decision_within_authority" => ("amount", over_limit(locale, pinned, authority)),
        "case_decision_within_authority_with_provisional" => ("amount", tr!(locale, provisional.error_with_decision)),
        "case_decision_by_authority_in_force" => ("amount", tr!(locale, desk.error_limit_changed)),
        "case_decision_after_practice" => ("amount", tr!(locale, practice.error_credit)),
        "case_decision_by_the_desk" => ("", tr!(locale, desk.error_role_changed)),
        "case_decision_declined_without_credit" => ("amount", tr!(locale, desk.error_declined_credit)),
        "case_decision_other_currency_by_owner" => {
            ("amount", tr!(locale, desk.error_other_currency, currency = pinned.credit_currency.code()))
        }
        "transfer_credit_account" | "transfer_debit_account" => {
            ("amount", tr!(locale, desk.error_no_account, currency = pinned.credit_currency.code()))
        }
        _ => return None,
    })
}
