//! Making practice, solving it, marking it.

use super::model::Answer;
use super::store;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::desk::model::Hand;
use crate::desk::store as desk;
use crate::disputes::{rules as cases, words};
use crate::live::store::draft_was_sent;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

fn context() -> Result<Context, ServerFnError> {
    context::current().map_err(|error| ServerFnError::new(error.to_string()))
}

fn hand(ctx: &Context, who: Who) -> Result<Hand, AppError> {
    let staff = ctx.staff()?;
    if !who.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    Ok(Hand { person: staff.person, name: staff.name.clone(), at: ctx.now() })
}

fn refused(back: String, field: &str, message: String) -> End {
    let mut errors = Errors::default();
    errors.add(field, message);
    End::Refused(back, errors)
}

async fn write_record(
    ctx: &Context,
    tx: &mut Tx,
    action: &'static str,
    subject: String,
    after: serde_json::Value,
) -> Result<(), AppError> {
    let change = Change { action, subject, after: Some(after), ..Change::default() };
    record(tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await
}

/// Makes a case to practise on of a closed one.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "make-practice")]
pub async fn make_practice(
    /// The number of the case.
    case: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let case = case.unwrap_or_default();
    let end = make(&ctx, &case).await;
    forms::finish(&ctx, &[("form_name", "make-practice"), ("case", &case)], end).await
}

async fn make(ctx: &Context, case: &str) -> Result<End, AppError> {
    let hand = hand(ctx, Who::Leads)?;
    let back = |message: String| refused(paths::PRACTICE.to_owned(), "case", message);
    let Ok(case) = case.trim().trim_start_matches('#').parse::<CaseId>() else {
        return Ok(back(tr!(ctx.locale, inbox.error_case)));
    };
    let mut tx = ctx.begin().await?;
    let partner = match desk::partner_of(&mut tx, case).await {
        Ok(partner) => partner,
        Err(AppError::NotFound) => return Ok(back(tr!(ctx.locale, inbox.error_case))),
        Err(error) => return Err(error),
    };
    let made = match store::make(&mut tx, partner, case, &hand).await {
        Ok(Some(made)) => made,
        Ok(None) => return Ok(back(tr!(ctx.locale, practice.error_nothing))),
        Err(AppError::Database(error)) => match constraint(&error) {
            Some("practice_case_of_a_closed_one") => return Ok(back(tr!(ctx.locale, practice.error_open))),
            Some("practice_case_once") => return Ok(back(tr!(ctx.locale, practice.error_made))),
            _ => return Err(error.into()),
        },
        Err(error) => return Err(error),
    };
    write_record(ctx, &mut tx, "practice.made", format!("practice/{made}"), json!({ "case": case.0 })).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done=made", paths::practice(made))))
}

/// Gives a case out no more.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "withdraw-practice")]
pub async fn withdraw_practice(
    /// The case to practise on.
    practice: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = withdraw(&ctx, &practice).await;
    forms::finish(&ctx, &[], end).await
}

async fn withdraw(ctx: &Context, practice: &str) -> Result<End, AppError> {
    hand(ctx, Who::Leads)?;
    let id: i64 = practice.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    if !store::find(&mut tx, id).await?.is_withdrawn {
        store::withdraw(&mut tx, id, ctx.now()).await?;
        write_record(ctx, &mut tx, "practice.withdrawn", format!("practice/{id}"), json!({})).await?;
        tx.commit().await?;
    }
    Ok(End::Done(format!("{}?done=withdrawn", paths::PRACTICE)))
}

/// Hands a solution in.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "try-practice")]
pub async fn try_practice(
    /// The case to practise on.
    practice: String,
    /// `in_favour`, `in_part`, `declined` or `ask`.
    outcome: Option<String>,
    /// What they would write.
    answer: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let (outcome, answer) = (outcome.unwrap_or_default(), answer.unwrap_or_default());
    let end = hand_in(&ctx, &practice, &outcome, &answer, &form_key).await;
    let fields = [
        ("form_name", "try"),
        ("outcome", outcome.as_str()),
        ("answer", answer.as_str()),
        ("form_key", form_key.as_str()),
    ];
    forms::finish(&ctx, &fields, end).await
}

async fn hand_in(ctx: &Context, practice: &str, outcome: &str, answer: &str, form_key: &str) -> Result<End, AppError> {
    let hand = hand(ctx, Who::Desk)?;
    let id: i64 = practice.parse().map_err(|_| AppError::NotFound)?;
    let form_key: Uuid = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut tx = ctx.begin().await?;
    if store::find(&mut tx, id).await?.is_withdrawn {
        return Err(AppError::NotFound);
    }
    let mut errors = Errors::default();
    let text = cases::parse_text(answer).map_err(|error| errors.add("answer", words::text_error(ctx.locale, error)));
    let outcome = Answer::parse(outcome);
    if outcome.is_none() {
        errors.add("outcome", tr!(ctx.locale, practice.error_outcome));
    }
    let (Ok(text), Some(outcome)) = (text, outcome) else {
        return Ok(End::Refused(paths::practice(id), errors));
    };
    if store::hand_in(&mut tx, id, outcome, &text, &hand, form_key).await? {
        write_record(ctx, &mut tx, "practice.tried", format!("practice/{id}"), json!({ "outcome": outcome.as_str() }))
            .await?;
        draft_was_sent(&mut tx, hand.person, &format!("practice-{id}"), form_key, hand.at).await?;
        tx.commit().await?;
    }
    Ok(End::Done(format!("{}?done=tried", paths::practice(id))))
}

/// Marks a solution.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "mark-practice")]
pub async fn mark_practice(
    /// The solution.
    solution: String,
    /// `yes` or `no`.
    passed: Option<String>,
    /// Why, or what to do better.
    remark: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let (passed, remark) = (passed.unwrap_or_default(), remark.unwrap_or_default());
    let end = mark(&ctx, &solution, &passed, &remark).await;
    let form = format!("mark-{solution}");
    forms::finish(&ctx, &[("form_name", &form), ("passed", &passed), ("remark", &remark)], end).await
}

async fn mark(ctx: &Context, solution: &str, passed: &str, remark: &str) -> Result<End, AppError> {
    let hand = hand(ctx, Who::Leads)?;
    let id: i64 = solution.parse().map_err(|_| AppError::NotFound)?;
    let back = |field: &str, message: String| Ok(refused(paths::PRACTICE.to_owned(), field, message));
    let passed = match passed {
        "yes" => true,
        "no" => false,
        _ => return back("passed", tr!(ctx.locale, practice.error_passed)),
    };
    let remark = remark.replace('\0', "").trim().to_owned();
    if remark.chars().count() > cases::LONGEST_TEXT {
        return back("remark", tr!(ctx.locale, disputes.error_text_long));
    }
    let mut tx = ctx.begin().await?;
    match store::mark(&mut tx, id, passed, &remark, &hand).await {
        Ok(true) => {
            write_record(ctx, &mut tx, "practice.marked", format!("solution/{id}"), json!({ "passed": passed }))
                .await?;
            tx.commit().await?;
        }
        Ok(false) => {}
        Err(AppError::Database(error)) => match constraint(&error) {
            Some("practice_mark_says_why") => return back("remark", tr!(ctx.locale, practice.error_remark)),
            Some("practice_mark_by_somebody_else") => return back("", tr!(ctx.locale, practice.error_own)),
            Some("practice_mark_practice_try_id_fkey") => return Err(AppError::NotFound),
            _ => return Err(error.into()),
        },
        Err(error) => return Err(error),
    }
    Ok(End::Done(format!("{}?done=marked", paths::PRACTICE)))
}

/// Sets how many solutions an agent who begins from now on has to pass.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-practice-policy")]
pub async fn set_practice_policy(
    /// How many; 0 for none.
    passes: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let passes = passes.unwrap_or_default();
    let end = set(&ctx, &passes, &form_key).await;
    let fields = [("form_name", "practice-policy"), ("passes", passes.as_str()), ("form_key", form_key.as_str())];
    forms::finish(&ctx, &fields, end).await
}

async fn set(ctx: &Context, passes: &str, form_key: &str) -> Result<End, AppError> {
    let hand = hand(ctx, Who::Leads)?;
    let form_key: Uuid = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let Some(passes) = passes.trim().parse::<i32>().ok().filter(|passes| (0..=50).contains(passes)) else {
        return Ok(refused(paths::PRACTICE.to_owned(), "passes", tr!(ctx.locale, practice.error_passes)));
    };
    let mut tx = ctx.begin().await?;
    let before = store::passes(&mut tx, hand.at).await?;
    if store::set_passes(&mut tx, passes, &hand, form_key).await? {
        let after = json!({ "passes": passes, "before": before });
        write_record(ctx, &mut tx, "practice_policy.set", "practice_policy".to_owned(), after).await?;
        tx.commit().await?;
    }
    Ok(End::Done(format!("{}?done=policy", paths::PRACTICE)))
}
