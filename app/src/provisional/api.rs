//! Giving a provisional credit, and setting its limits.

use super::store::{self, NewProvisional};
use crate::base::actor::Role;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::format;
use crate::base::forms::{self, End, Errors};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::contests::rules::{DayError, parse_last_day};
use crate::desk::api::{Action, parse_key};
use crate::desk::store as desk;
use crate::disputes::rules as cases;
use crate::disputes::words;
use crate::paths;
use chrono::TimeDelta;
use leptos::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

/// The longest reason.
const LONGEST: usize = 2_000;

/// Gives a provisional credit in a case.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "credit-provisionally")]
pub async fn credit_provisionally(
    /// The case.
    case: String,
    /// How much.
    amount: Option<String>,
    /// The last day.
    until: Option<String>,
    /// What the partner reads.
    reason: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
    /// What the writer has seen of the case: the last message, note and step.
    seen: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let typed = [amount, until, reason].map(Option::unwrap_or_default);
    let end = give(&ctx, &case, &typed, &form_key, &seen).await;
    let [amount, until, reason] = &typed;
    let fields = [
        ("form_name", "credit-provisionally"),
        ("seen", seen.as_str()),
        ("amount", amount.as_str()),
        ("until", until),
        ("reason", reason),
        ("form_key", &form_key),
    ];
    forms::finish(&ctx, &fields, end).await
}

async fn give(
    ctx: &Context,
    case: &str,
    [amount, until, reason]: &[String; 3],
    form_key: &str,
    seen: &str,
) -> Result<End, AppError> {
    let (form_key, locale) = (parse_key(form_key)?, ctx.locale);
    let mut action = Action::begin(ctx, case).await?;
    if store::was_given(&mut action.tx, form_key).await? {
        return Ok(action.done("provisional"));
    }
    if action.has_unseen(seen).await? {
        return Ok(action.refused_for("", tr!(locale, desk.error_unseen)));
    }
    let case = action.case;
    let role = ctx.staff()?.role;
    let partner = desk::partner(&mut action.tx, case.partner, action.hand.at).await?;
    let Some(policy) = store::policy(&mut action.tx, case.programme, role, action.hand.at).await? else {
        return Ok(action.refused_for("", tr!(locale, provisional.error_off)));
    };
    let currency = partner.currency;
    let money = |amount: Decimal| format::money(locale, Money::new(amount, currency));
    let mut errors = Errors::default();
    let amount = cases::parse_amount(amount, currency)
        .map_err(|error| errors.add("amount", words::amount_error(locale, error, currency)))
        .ok();
    if amount.is_some_and(|amount| amount > policy.largest) {
        errors.add("amount", tr!(locale, provisional.error_limit, limit = money(policy.largest)));
    }
    let reason = cases::parse_text(reason)
        .map_err(|error| errors.add("reason", words::text_error(locale, error)))
        .unwrap_or_default();
    if reason.chars().count() > LONGEST {
        errors.add("reason", tr!(locale, provisional.error_reason, most = LONGEST));
    }
    let zone = partner.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let ends_at = parse_last_day(until, zone, action.hand.at)
        .map_err(|error| {
            let message = match error {
                DayError::NoDay => tr!(locale, desk.error_until),
                DayError::Past => tr!(locale, desk.error_until_past),
                DayError::TooFar => tr!(locale, provisional.error_days, days = policy.most_days),
            };
            errors.add("until", message);
        })
        .ok();
    let longest = action.hand.at + TimeDelta::days(i64::from(policy.most_days) + 1);
    if ends_at.is_some_and(|ends_at| ends_at > longest) {
        errors.add("until", tr!(locale, provisional.error_days, days = policy.most_days));
    }
    let (Some(amount), Some(ends_at), true) = (amount, ends_at, errors.is_empty()) else {
        return Ok(action.refused(errors));
    };
    let new = NewProvisional { money: Money::new(amount, currency), reason, ends_at, policy, role, form_key };
    match store::give(&mut action.tx, &case, &new, &action.hand).await {
        Ok(_) => {
            let after = json!({ "amount": amount, "currency": currency, "ends_at": ends_at, "policy": policy.id });
            action.commit("case.credited_provisionally", after, "provisional").await
        }
        Err(AppError::Database(error)) => {
            let (field, message) = match constraint(&error) {
                Some("provisional_credit_form_once") => return Ok(action.done("provisional")),
                Some("provisional_credit_once_a_case") => ("", tr!(locale, provisional.error_once)),
                Some("provisional_credit_of_an_open_case") => ("", tr!(locale, provisional.error_closed)),
                Some("provisional_credit_within_partner_cap") => {
                    ("amount", tr!(locale, provisional.error_cap, cap = money(policy.partner_cap)))
                }
                Some("provisional_credit_after_practice") => ("amount", tr!(locale, practice.error_credit)),
                Some("provisional_credit_by_policy_in_force") => ("amount", tr!(locale, desk.error_limit_changed)),
                Some("transfer_credit_account" | "transfer_debit_account") => {
                    ("amount", tr!(locale, desk.error_no_account, currency = currency.code()))
                }
                _ => return Err(error.into()),
            };
            Ok(action.refused_for(field, message))
        }
        Err(error) => Err(error),
    }
}

/// Sets what a role may give provisionally, from now on.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-provisional-policy")]
pub async fn set_provisional_policy(
    /// The programme's code.
    programme: String,
    /// The role.
    role: String,
    /// The largest one.
    largest: Option<String>,
    /// All for one partner together.
    cap: Option<String>,
    /// Days.
    days: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let typed = [largest, cap, days].map(Option::unwrap_or_default);
    let end = set(&ctx, &programme, &role, &typed).await;
    let name = format!("provisional-{programme}-{role}");
    let [largest, cap, days] = &typed;
    let fields = [("form_name", name.as_str()), ("largest", largest), ("cap", cap), ("days", days)];
    forms::finish(&ctx, &fields, end).await
}

async fn set(ctx: &Context, programme: &str, role: &str, [largest, cap, days]: &[String; 3]) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if staff.role != Role::Owner {
        return Err(AppError::Forbidden);
    }
    let role = Role::parse(role).ok_or(AppError::BadRequest("role"))?;
    let locale = ctx.locale;
    let mut errors = Errors::default();
    let mut tx = ctx.begin().await?;
    let (id, currency) = crate::silence::store::programme(&mut tx, programme).await?;
    let mut read = |field: &str, typed: &str| match typed.trim() {
        "0" => Some(Decimal::ZERO),
        typed => cases::parse_amount(typed, currency)
            .map_err(|error| errors.add(field, words::amount_error(locale, error, currency)))
            .ok(),
    };
    let (largest, cap) = (read("largest", largest), read("cap", cap));
    let days: Option<i32> = days.trim().parse().ok().filter(|days| (1..=92).contains(days));
    if days.is_none() {
        errors.add("days", tr!(locale, provisional.error_policy_days));
    }
    if let (Some(largest), Some(cap)) = (largest, cap)
        && largest > cap
    {
        errors.add("cap", tr!(locale, provisional.error_policy_cap));
    }
    let (Some(largest), Some(cap), Some(days), true) = (largest, cap, days, errors.is_empty()) else {
        return Ok(End::Refused(paths::LIMITS.to_owned(), errors));
    };
    store::set_policy(&mut tx, id, role, (largest, cap, days), &staff, &ctx.request_id, ctx.now()).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done=set", paths::LIMITS)))
}
