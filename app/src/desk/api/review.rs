//! Putting a partner under review, with a reason and a day on which it ends.

use super::{Action, context};
use crate::base::context::Context;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::language::tr;
use crate::contests::rules::{DayError, parse_last_day};
use crate::desk::store;
use crate::disputes::rules as cases;
use crate::disputes::words;
use leptos::prelude::*;
use serde_json::json;

/// Puts the partner of a case under review until the end of a day.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "review-partner")]
pub async fn review_partner(
    /// The case.
    case: String,
    /// Why.
    reason: Option<String>,
    /// The last day.
    until: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let (reason, until) = (reason.unwrap_or_default(), until.unwrap_or_default());
    let end = start(&ctx, &case, &reason, &until).await;
    let fields = [("form_name", "review-partner"), ("reason", reason.as_str()), ("until", until.as_str())];
    forms::finish(&ctx, &fields, end).await
}

async fn start(ctx: &Context, case: &str, reason: &str, until: &str) -> Result<End, AppError> {
    let mut action = Action::begin(ctx, case).await?;
    let partner = store::partner(&mut action.tx, action.case.partner, action.hand.at).await?;
    let mut errors = Errors::default();
    let reason = cases::parse_text(reason)
        .map_err(|error| errors.add("reason", words::text_error(ctx.locale, error)))
        .unwrap_or_default();
    let zone = partner.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let ends_at = parse_last_day(until, zone, action.hand.at)
        .map_err(|error| {
            let message = match error {
                DayError::NoDay => tr!(ctx.locale, desk.error_until),
                DayError::Past => tr!(ctx.locale, desk.error_until_past),
                DayError::TooFar => tr!(ctx.locale, desk.error_until_far),
            };
            errors.add("until", message);
        })
        .ok();
    let Some(ends_at) = ends_at.filter(|_| errors.is_empty()) else {
        return Ok(action.refused(errors));
    };
    match store::start_review(&mut action.tx, partner.id, &reason, ends_at, &action.hand).await {
        Ok(review) => {
            let after = json!({ "review": review, "ends_at": ends_at });
            action.commit("partner.review_started", after, "review").await
        }
        Err(AppError::Database(error)) if constraint(&error) == Some("partner_review_one_live") => {
            Ok(action.refused_for("", tr!(ctx.locale, desk.error_review_runs)))
        }
        Err(error) => Err(error),
    }
}

/// Ends the review of a case's partner before its day.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "end-review")]
pub async fn end_review(
    /// The case.
    case: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = stop(&ctx, &case).await;
    forms::finish(&ctx, &[("form_name", "end-review")], end).await
}

async fn stop(ctx: &Context, case: &str) -> Result<End, AppError> {
    let mut action = Action::begin(ctx, case).await?;
    let (partner, now) = (action.case.partner, action.hand.at);
    let review = store::end_review(&mut action.tx, partner, now).await?;
    action.commit("partner.review_ended", json!({ "review": review }), "review-ended").await
}
