//! Appealing, and deciding an appeal.

use super::store::{self, NewDecision, Outcome};
use crate::audit::store::{Change, record};
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::clocks::store as clocks;
use crate::desk::api::{Action, Pinned, limits, over_limit, parse_key, parse_version};
use crate::desk::store::Credit;
use crate::disputes::model::{Event, Side, Stage};
use crate::disputes::rules as cases;
use crate::disputes::store::{self as case_store, NewMessage};
use crate::disputes::words;
use crate::live::store::draft_was_sent;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;

/// Appeals against the decision of a case.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "appeal")]
pub async fn appeal(
    /// The case.
    case: String,
    /// Why.
    body: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let body = body.unwrap_or_default();
    let end = make(&ctx, &case, &body, &form_key).await;
    let fields = [("form_name", "appeal"), ("body", body.as_str()), ("form_key", &form_key)];
    forms::finish(&ctx, &fields, end).await
}

async fn make(ctx: &Context, case: &str, body: &str, form_key: &str) -> Result<End, AppError> {
    let member = ctx.member()?.clone();
    let case: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let form_key = parse_key(form_key)?;
    let (locale, here, now) = (ctx.locale, paths::dispute(case), ctx.now());
    let refused = |field: &str, message: String| {
        let mut errors = Errors::default();
        errors.add(field, message);
        Ok(End::Refused(paths::dispute(case), errors))
    };
    let mut tx = ctx.begin().await?;
    let locked = case_store::lock(&mut tx, member.partner, case).await?;
    if case_store::case_of_form(&mut tx, member.partner, form_key).await?.is_some() {
        return Ok(End::Done(format!("{here}?done=appealed")));
    }
    let body = match cases::parse_text(body) {
        Ok(body) => body,
        Err(error) => return refused("body", words::text_error(locale, error)),
    };
    let Some(decision) = case_store::decision(&mut tx, member.partner, case).await? else {
        return refused("", tr!(locale, appeals.error_undecided));
    };
    if store::of_case(&mut tx, member.partner, case).await?.is_some() {
        return refused("", tr!(locale, appeals.error_once));
    }
    if now > store::until(decision.at) {
        return refused("", tr!(locale, appeals.error_late));
    }
    let message = NewMessage {
        side: Side::Partner,
        author: member.person,
        author_name: member.name.clone(),
        body,
        at: now,
        form_key,
    };
    let promises = clocks::promises(&mut tx, member.partner, locked.kind, now).await?;
    let (next, promised) = (promises.next_word(), promises.resolution());
    case_store::save_stage(&mut tx, &locked, locked.version, Stage::InReview, next, now).await?;
    let message = case_store::add_message(&mut tx, member.partner, case, &message).await?;
    let event = Event { stage: Stage::InReview, at: now, by: String::new(), promised_at: Some(next) };
    case_store::add_event(&mut tx, member.partner, case, &event).await?;
    match store::add(&mut tx, &member, &locked, message, promised, now).await {
        Err(AppError::Database(error)) if constraint(&error) == Some("case_appeal_in_time") => {
            return refused("", tr!(locale, appeals.error_late));
        }
        other => other?,
    }
    let change = Change {
        action: "case.appealed",
        subject: format!("case/{case}"),
        partner: Some(member.partner),
        before: Some(json!({ "stage": locked.stage.as_str() })),
        after: Some(json!({ "stage": Stage::InReview.as_str(), "message": message, "promised_at": promised })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, now, &ctx.request_id, change).await?;
    draft_was_sent(&mut tx, member.person, &format!("dispute-{case}-appeal"), form_key, now).await?;
    clocks::renew(&mut tx, member.partner, case, now).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{here}?done=appealed")))
}

/// Decides an appeal in one transaction: the credit's transfer, the decision that cites it, the message to the partner, the
/// step on the time line, the record.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "decide-appeal")]
#[allow(clippy::too_many_arguments)]
pub async fn decide_appeal(
    /// The case.
    case: String,
    /// The case's version that was read.
    version: String,
    /// `upheld` or `changed`.
    outcome: Option<String>,
    /// What is credited; empty for nothing.
    amount: Option<String>,
    /// The message to the partner.
    body: Option<String>,
    /// What only the house reads.
    reason_house: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let typed = Typed {
        outcome: outcome.unwrap_or_default(),
        amount: amount.unwrap_or_default(),
        body: body.unwrap_or_default(),
        house: reason_house.unwrap_or_default(),
    };
    let end = decide(&ctx, &case, &version, &typed, &form_key).await;
    let fields = [
        ("form_name", "decide-appeal"),
        ("seen", version.as_str()),
        ("outcome", typed.outcome.as_str()),
        ("amount", &typed.amount),
        ("body", &typed.body),
        ("reason_house", &typed.house),
        ("form_key", &form_key),
    ];
    forms::finish(&ctx, &fields, end).await
}

struct Typed {
    outcome: String,
    amount: String,
    body: String,
    house: String,
}

async fn decide(ctx: &Context, case: &str, read_at: &str, typed: &Typed, form_key: &str) -> Result<End, AppError> {
    let (form_key, version, locale) = (parse_key(form_key)?, parse_version(read_at)?, ctx.locale);
    let mut action = Action::begin(ctx, case).await?;
    if action.was_sent(form_key).await? {
        return Ok(action.done("appeal-decided"));
    }
    let (partner, id, me) = (action.case.partner, action.case.id, action.hand.person);
    let Some((first, others)) = store::waiting(&mut action.tx, partner, id, me).await? else {
        return Ok(action.refused_for("", tr!(locale, appeals.error_none)));
    };
    if first == Some(me) && others {
        return Ok(action.refused_for("", tr!(locale, appeals.error_same)));
    }
    if version != action.case.version || action.changed_unseen(read_at).await? {
        return Ok(action.refused_for("", tr!(locale, desk.error_changed)));
    }
    let role = ctx.staff()?.role;
    let (authority, pinned) = limits(&mut action, role).await?;
    let mut errors = Errors::default();
    let outcome = Outcome::parse(&typed.outcome);
    if outcome.is_none() {
        errors.add("outcome", tr!(locale, desk.error_outcome));
    }
    let body =
        cases::parse_text(&typed.body).map_err(|error| errors.add("body", words::text_error(locale, error))).ok();
    let house = typed.house.replace('\0', "").trim().to_owned();
    if house.chars().count() > cases::LONGEST_TEXT {
        errors.add("reason_house", tr!(locale, disputes.error_text_long));
    }
    let credit = read_credit(ctx, &typed.amount, authority, &pinned, &mut errors);
    if credit.is_some() && outcome == Some(Outcome::Upheld) {
        errors.add("amount", tr!(locale, appeals.error_upheld));
    }
    let (Some(outcome), Some(body), true) = (outcome, body, errors.is_empty()) else {
        return Ok(action.refused(errors));
    };
    let new = NewDecision {
        outcome,
        reason_partner: body.clone(),
        reason_house: house,
        credit,
        authority,
        first,
        sole_control: first == Some(me),
    };
    let case = action.case;
    let written = store::decide(&mut action.tx, &case, &new, &action.hand).await;
    let transfer = match written {
        Ok(transfer) => transfer,
        Err(AppError::Database(error)) => {
            return match constraint(&error) {
                Some("case_appeal_decision_by_another" | "case_appeal_decision_sole_control") => {
                    Ok(action.refused_for("", tr!(locale, appeals.error_same)))
                }
                Some("case_appeal_decision_after_practice") => {
                    Ok(action.refused_for("amount", tr!(locale, practice.error_credit)))
                }
                Some("case_appeal_decision_pkey") => Ok(action.refused_for("", tr!(locale, appeals.error_none))),
                Some("case_appeal_decision_within_authority" | "case_appeal_decision_by_authority_in_force") => {
                    Ok(action.refused_for("amount", over_limit(locale, &pinned, authority)))
                }
                Some("transfer_credit_account" | "transfer_debit_account") => {
                    let currency = pinned.credit_currency;
                    Ok(action.refused_for("amount", tr!(locale, desk.error_no_account, currency = currency.code())))
                }
                _ => Err(error.into()),
            };
        }
        Err(error) => return Err(error),
    };
    let message = action.say(body, form_key).await?;
    let next = action.promises().await?.next_update(Stage::Decided);
    action.move_to(case.version, Stage::Decided, next).await?;
    let money = credit.map(|credit| credit.money);
    let after = json!({
        "stage": Stage::Decided.as_str(),
        "outcome": outcome.as_str(),
        "amount": money.map(|money| money.amount),
        "currency": money.map(|money| money.currency),
        "transfer": transfer.map(|transfer| transfer.0),
        "sole_control": new.sole_control,
        "message": message,
    });
    action.commit("case.appeal_decided", after, "appeal-decided").await
}

fn read_credit(
    ctx: &Context,
    typed: &str,
    authority: Option<crate::desk::model::Authority>,
    pinned: &Pinned,
    errors: &mut Errors,
) -> Option<Credit> {
    if typed.trim().is_empty() {
        return None;
    }
    let (locale, currency) = (ctx.locale, pinned.credit_currency);
    let amount = cases::parse_amount(typed, currency)
        .map_err(|error| errors.add("amount", words::amount_error(locale, error, currency)))
        .ok()?;
    if authority.is_none_or(|authority| amount > authority.largest_credit) {
        errors.add("amount", over_limit(locale, pinned, authority));
    } else if currency != pinned.programme_currency && !pinned.owner {
        errors.add("amount", tr!(locale, desk.error_other_currency, currency = currency.code()));
    }
    Some(Credit { money: Money::new(amount, currency), conversion: pinned.conversion })
}
