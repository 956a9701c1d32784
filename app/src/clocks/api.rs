//! Setting limits of clocks.

use super::model::{Clock, Size};
use super::store;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::disputes::model::Kind;
use crate::paths;
use crate::rota::api::{Writing, said_no};
use leptos::prelude::*;
use serde_json::json;

/// The longest limit, in working minutes; the database has the same.
const LONGEST: i32 = 100_000;

/// Somebody who was told that clocks of a case ran out says that they know.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "know-ran-out")]
pub async fn know_ran_out(
    /// The case.
    case: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let end = know(&ctx, &case).await;
    forms::finish(&ctx, &[], end).await
}

async fn know(ctx: &Context, case: &str) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if !Who::Leads.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let case: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    let partner = crate::desk::store::partner_of(&mut tx, case).await?;
    let known = store::know(&mut tx, (partner, case), (staff.person, staff.role), ctx.now()).await?;
    if known > 0 {
        let change = Change {
            action: "case.ran_out_known",
            subject: format!("case/{case}"),
            partner: Some(partner),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        tx.commit().await?;
    }
    Ok(End::Done(format!("{}?done=known", paths::ESCALATIONS)))
}

/// Sets how long a clock may take, for cases that start it from now on.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-clock-policy")]
pub async fn set_clock_policy(
    /// Which clock.
    clock: Option<String>,
    /// For cases of this kind; empty for every kind.
    kind: Option<String>,
    /// For partners of this size; empty for every size.
    size: Option<String>,
    /// Working minutes; empty takes a limit of its own away from a kind or size.
    minutes: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let text = |text: Option<String>| text.unwrap_or_default();
    let typed = [text(clock), text(kind), text(size), text(minutes)];
    let end = write(&ctx, &typed, &form_key).await;
    let fields = [
        ("form_name", "set-clock-policy"),
        ("clock", typed[0].as_str()),
        ("kind", typed[1].as_str()),
        ("size", typed[2].as_str()),
        ("minutes", typed[3].as_str()),
        ("form_key", form_key.as_str()),
    ];
    forms::finish(&ctx, &fields, end).await
}

async fn write(ctx: &Context, [clock, kind, size, minutes]: &[String; 4], form_key: &str) -> Result<End, AppError> {
    let mut writing = Writing::begin(ctx, form_key).await?;
    let mut errors = Errors::default();
    let clock = Clock::parse(clock);
    if clock.is_none() {
        errors.add("clock", tr!(ctx.locale, clocks.error_clock));
    }
    let scope = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let kind = scope(kind).map(|kind| Kind::parse(&kind).ok_or(AppError::BadRequest("kind"))).transpose()?;
    let size = scope(size).map(|size| Size::parse(&size).ok_or(AppError::BadRequest("size"))).transpose()?;
    let minutes = match minutes.trim() {
        "" => None,
        text => match text.parse::<i32>() {
            Ok(minutes) if (1..=LONGEST).contains(&minutes) => Some(minutes),
            _ => {
                errors.add("minutes", tr!(ctx.locale, clocks.error_minutes));
                None
            }
        },
    };
    if minutes.is_none() && kind.is_none() && size.is_none() {
        errors.add("minutes", tr!(ctx.locale, clocks.error_minutes));
    }
    let (Some(clock), true) = (clock, errors.is_empty()) else {
        return Ok(End::Refused(paths::ROTA.to_owned(), errors));
    };
    match store::add_policy(&mut writing.tx, clock, kind, size, minutes, writing.pen).await {
        Ok(id) => {
            let after = json!({
                "clock": clock.as_str(), "kind": kind.map(|kind| kind.as_str()), "size": size.map(|size| size.as_str()),
                "minutes": minutes,
            });
            writing.commit("clock.policy_set", format!("clock-policy/{id}"), after, "limit").await
        }
        Err(AppError::Database(error)) if constraint(&error) == Some("clock_policy_by_a_lead") => {
            Err(AppError::Forbidden)
        }
        Err(error) => said_no(ctx, error, "limit"),
    }
}
