//! Contesting a conversion, and ending that.

use super::model::Outcome;
use super::rules::{self, DayError, LONGEST_REASON};
use super::store::{self, Begun, NewContest};
use crate::base::access::Who;
use crate::base::actor::Staff;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{End, Errors, finish};
use crate::base::ids::ContestId;
use crate::base::language::tr;
use crate::paths;
use leptos::prelude::*;

/// Contests a conversion until the end of a day.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "contest")]
pub async fn contest(
    /// The programme's code.
    programme: Option<String>,
    /// The advertiser's order id.
    order: Option<String>,
    /// Why, for the partner.
    reason: Option<String>,
    /// Why, for the house.
    reason_house: Option<String>,
    /// The last day.
    until: Option<String>,
    /// The form's key.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = ContestForm {
        programme: programme.unwrap_or_default(),
        order: order.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
        reason_house: reason_house.unwrap_or_default(),
        until: until.unwrap_or_default(),
        form_key,
    };
    let end = begin(&ctx, &form).await;
    let fields = [
        ("form_name", "contest"),
        ("programme", form.programme.as_str()),
        ("order", &form.order),
        ("reason", &form.reason),
        ("reason_house", &form.reason_house),
        ("until", &form.until),
        ("form_key", &form.form_key),
    ];
    finish(&ctx, &fields, end).await
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct ContestForm {
    /// The programme's code.
    pub programme: String,
    /// The advertiser's order id.
    pub order: String,
    /// Why, for the partner.
    pub reason: String,
    /// Why, for the house.
    pub reason_house: String,
    /// The last day.
    pub until: String,
    /// The form's key.
    pub form_key: String,
}

/// Contests a conversion.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn begin(ctx: &Context, form: &ContestForm) -> Result<End, AppError> {
    let (staff, locale) = (desk(ctx)?, ctx.locale);
    let form_key = form.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut errors = Errors::default();
    let reason = text(ctx, &mut errors, "reason", &form.reason);
    if reason.is_empty() {
        errors.add("reason", tr!(locale, contests.reason_missing));
    }
    let reason_house = text(ctx, &mut errors, "reason_house", &form.reason_house);
    let mut tx = ctx.begin().await?;
    let target = match form.order.trim() {
        "" => {
            errors.add("order", tr!(locale, contests.order_missing));
            None
        }
        order => {
            let found = match store::target(&mut tx, &form.programme, order).await {
                Err(AppError::NotFound) => {
                    errors.add("programme", tr!(locale, contests.programme_missing));
                    return Ok(End::Refused(paths::CONTESTS.to_owned(), errors));
                }
                other => other?,
            };
            if found.is_none() {
                errors.add("order", tr!(locale, contests.order_unknown));
            }
            found
        }
    };
    let zone = target.as_ref().map_or(ctx.time_zone, |target| target.zone);
    let ends_at = rules::parse_last_day(&form.until, zone, ctx.now())
        .map_err(|error| errors.add("until", day_words(ctx, error)))
        .ok();
    let (Some(target), Some(ends_at), true) = (target, ends_at, errors.is_empty()) else {
        return Ok(End::Refused(paths::CONTESTS.to_owned(), errors));
    };
    let new = NewContest { target: &target, reason_partner: &reason, reason_house: &reason_house, ends_at, form_key };
    let message = match store::begin(&mut tx, &staff, &new, &ctx.request_id, ctx.now()).await? {
        Begun::Runs(id) => {
            tx.commit().await?;
            return Ok(End::Done(format!("{}?done=begun", paths::contest(id))));
        }
        Begun::Already => tr!(locale, contests.already),
        Begun::InPayout => tr!(locale, contests.in_payout),
        Begun::NothingLeft => tr!(locale, contests.nothing_left),
    };
    errors.add("order", message);
    Ok(End::Refused(paths::CONTESTS.to_owned(), errors))
}

/// Ends a contest.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "end-contest")]
pub async fn end_contest(
    /// Its number.
    contest: String,
    /// `let_go` or `rejected`.
    outcome: String,
    /// Why, for the partner.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let reason = reason.unwrap_or_default();
    let end = end(&ctx, &contest, &outcome, &reason).await;
    finish(&ctx, &[("form_name", outcome.as_str()), ("reason", &reason)], end).await
}

/// Ends a contest.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn end(ctx: &Context, contest: &str, outcome: &str, reason: &str) -> Result<End, AppError> {
    let staff = desk(ctx)?;
    let id: ContestId = contest.parse().map_err(|_| AppError::NotFound)?;
    let outcome = Outcome::parse(outcome).ok_or(AppError::BadRequest("outcome"))?;
    if !rules::may_end(staff.role, outcome) {
        return Err(AppError::Forbidden);
    }
    let mut errors = Errors::default();
    let reason = text(ctx, &mut errors, "reason", reason);
    if outcome == Outcome::Rejected && reason.is_empty() {
        errors.add("reason", tr!(ctx.locale, contests.reason_missing));
    }
    let here = paths::contest(id);
    if !errors.is_empty() {
        return Ok(End::Refused(here, errors));
    }
    let mut tx = ctx.begin().await?;
    let contest = store::find(&mut tx, id).await?;
    store::end(&mut tx, &staff, &contest, outcome, &reason, &ctx.request_id, ctx.now()).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{here}?done={}", outcome.as_str())))
}

fn desk(ctx: &Context) -> Result<Staff, AppError> {
    let staff = ctx.staff()?;
    if Who::Desk.includes(&ctx.actor) { Ok(staff.clone()) } else { Err(AppError::Forbidden) }
}

fn text(ctx: &Context, errors: &mut Errors, field: &str, typed: &str) -> String {
    let text = typed.trim();
    if text.chars().count() > LONGEST_REASON {
        errors.add(field, tr!(ctx.locale, contests.reason_too_long, most = LONGEST_REASON));
    }
    text.to_owned()
}

fn day_words(ctx: &Context, error: DayError) -> String {
    match error {
        DayError::NoDay => tr!(ctx.locale, contests.until_missing),
        DayError::Past => tr!(ctx.locale, contests.until_past),
        DayError::TooFar => tr!(ctx.locale, contests.until_far),
    }
}
