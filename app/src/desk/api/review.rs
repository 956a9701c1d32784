//! Putting a partner under review, with a reason and a day on which it ends.

use super::{Action, context};
use crate::base::context::Context;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::language::tr;
use crate::desk::store;
use crate::disputes::rules as cases;
use crate::disputes::words;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use leptos::prelude::*;
use serde_json::json;

/// The longest review.
const LONGEST_DAYS: i64 = 366;

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
    let ends_at = match end_of_day(until, &partner.time_zone) {
        Some(ends_at) if ends_at <= action.hand.at => {
            errors.add("until", tr!(ctx.locale, desk.error_until_past));
            None
        }
        Some(ends_at) if ends_at > action.hand.at + TimeDelta::days(LONGEST_DAYS) => {
            errors.add("until", tr!(ctx.locale, desk.error_until_far));
            None
        }
        Some(ends_at) => Some(ends_at),
        None => {
            errors.add("until", tr!(ctx.locale, desk.error_until));
            None
        }
    };
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

/// The end of a day in the programme's time zone.
fn end_of_day(day: &str, time_zone: &str) -> Option<DateTime<Utc>> {
    let day = NaiveDate::parse_from_str(day.trim(), "%Y-%m-%d").ok()?;
    let next = day.checked_add_days(Days::new(1))?.and_hms_opt(0, 0, 0)?;
    let zone: chrono_tz::Tz = time_zone.parse().unwrap_or(chrono_tz::UTC);
    // Where clocks are set forward at midnight, the day ends an hour later by the clock on the wall.
    let ends = zone.from_local_datetime(&next).earliest();
    let ends = ends.or_else(|| zone.from_local_datetime(&(next + TimeDelta::hours(1))).earliest())?;
    Some(ends.with_timezone(&Utc))
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
