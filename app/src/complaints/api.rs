//! Logging a complaint elsewhere, and saying what came of it.

use super::model::{New, Outcome};
use super::rules::parse_link;
use super::store;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::channels::store as channels;
use crate::desk::model::Hand;
use crate::disputes::{rules as cases, words};
use crate::inbox::store::partners_of_code;
use crate::incidents::store::programmes;
use crate::paths;
use chrono::NaiveDate;
use leptos::prelude::*;
use serde_json::json;

/// Logs a complaint by its link.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "log-complaint")]
#[allow(clippy::too_many_arguments)]
pub async fn log_complaint(
    /// Where it stands.
    url: Option<String>,
    /// The site, as people call it.
    place: Option<String>,
    /// What it says.
    said: Option<String>,
    /// On which day it was written.
    said_on: Option<String>,
    /// The programme's number, where neither partner nor case says it.
    programme: Option<String>,
    /// The partner's code, where it is known.
    partner: Option<String>,
    /// The number of the case about it.
    case: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let typed = [
        ("form_name", "log-complaint".to_owned()),
        ("url", url.unwrap_or_default()),
        ("place", place.unwrap_or_default()),
        ("said", said.unwrap_or_default()),
        ("said_on", said_on.unwrap_or_default()),
        ("programme", programme.unwrap_or_default()),
        ("partner", partner.unwrap_or_default()),
        ("case", case.unwrap_or_default()),
        ("form_key", form_key),
    ];
    let fields: Vec<_> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let end = log(&ctx, &fields).await;
    forms::finish(&ctx, &fields, end).await
}

fn hand(ctx: &Context) -> Result<Hand, AppError> {
    let staff = ctx.staff()?;
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    Ok(Hand { person: staff.person, name: staff.name.clone(), at: ctx.now() })
}

async fn log(ctx: &Context, fields: &[(&str, &str)]) -> Result<End, AppError> {
    let hand = hand(ctx)?;
    let locale = ctx.locale;
    let of = |field: &str| fields.iter().find(|(name, _)| *name == field).map_or("", |(_, value)| value.trim());
    let form_key = of("form_key").parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut tx = ctx.begin().await?;
    let mut errors = Errors::default();
    let url = parse_link(of("url"));
    if url.is_none() {
        errors.add("url", tr!(locale, complaints.error_url));
    }
    let place = of("place").split(char::is_whitespace).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if place.is_empty() || place.chars().count() > 200 {
        errors.add("place", tr!(locale, complaints.error_place));
    }
    let said = cases::parse_text(of("said")).map_err(|error| errors.add("said", words::text_error(locale, error))).ok();
    let today = ctx.now().with_timezone(&ctx.time_zone).date_naive();
    let said_on = of("said_on").parse::<NaiveDate>().ok().filter(|day| *day <= today);
    if said_on.is_none() {
        errors.add("said_on", tr!(locale, complaints.error_day));
    }
    // The case says whose it is; then the partner's code; then only the programme is known.
    let (mut programme, mut partner, mut case) = (None, None, None);
    if !of("case").is_empty() {
        case = of("case").trim_start_matches('#').parse::<CaseId>().ok();
        match case {
            Some(number) => (programme, partner) = store::of_case(&mut tx, number).await?.unzip(),
            None => errors.add("case", tr!(locale, inbox.error_case)),
        }
        if partner.is_none() {
            errors.add("case", tr!(locale, inbox.error_case));
        }
    } else if !of("partner").is_empty() {
        match partners_of_code(&mut tx, of("partner")).await?.as_slice() {
            [one] => {
                partner = Some(*one);
                programme = Some(channels::partner(&mut tx, *one).await?.programme);
            }
            [] => errors.add("partner", tr!(locale, inbox.error_partner)),
            _ => errors.add("partner", tr!(locale, inbox.error_partners)),
        }
    } else {
        let found = programmes(&mut tx).await?.into_iter().find(|(id, _)| of("programme") == id.to_string());
        programme = found.map(|(id, _)| id);
        if programme.is_none() {
            errors.add("programme", tr!(locale, incidents.error_programme));
        }
    }
    let (true, Some(url), Some(said), Some(said_on), Some(programme)) =
        (errors.is_empty(), url, said, said_on, programme)
    else {
        return Ok(End::Refused(paths::COMPLAINTS.to_owned(), errors));
    };
    let new = New { programme, url, place, said, said_on, partner, case, form_key };
    let logged = match store::add(&mut tx, &new, &hand).await {
        Ok(logged) => logged,
        Err(AppError::Database(error)) if constraint(&error) == Some("public_complaint_link_once") => {
            errors.add("url", tr!(locale, complaints.error_known));
            return Ok(End::Refused(paths::COMPLAINTS.to_owned(), errors));
        }
        Err(error) => return Err(error),
    };
    if let Some(id) = logged {
        let change = Change {
            action: "complaint.logged",
            subject: format!("complaint/{id}"),
            partner,
            after: Some(json!({ "case": case.map(|case| case.0) })),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        tx.commit().await?;
    }
    Ok(End::Done(format!("{}?done=logged", paths::COMPLAINTS)))
}

/// Says what came of a complaint.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "end-complaint")]
pub async fn end_complaint(
    /// The complaint.
    complaint: String,
    /// `answered`, `solved`, `withdrawn` or `not_ours`.
    outcome: Option<String>,
    /// In more words.
    remark: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let (outcome, remark) = (outcome.unwrap_or_default(), remark.unwrap_or_default());
    let end = end(&ctx, &complaint, &outcome, &remark).await;
    let form = format!("end-complaint-{complaint}");
    forms::finish(&ctx, &[("form_name", &form), ("outcome", &outcome), ("remark", &remark)], end).await
}

async fn end(ctx: &Context, complaint: &str, outcome: &str, remark: &str) -> Result<End, AppError> {
    let hand = hand(ctx)?;
    let id: i64 = complaint.parse().map_err(|_| AppError::NotFound)?;
    let mut errors = Errors::default();
    let remark = remark.replace('\0', "").trim().to_owned();
    if remark.chars().count() > cases::LONGEST_TEXT {
        errors.add("remark", tr!(ctx.locale, disputes.error_text_long));
    }
    let outcome = Outcome::parse(outcome);
    if outcome.is_none() {
        errors.add("outcome", tr!(ctx.locale, complaints.error_outcome));
    }
    let (true, Some(outcome)) = (errors.is_empty(), outcome) else {
        return Ok(End::Refused(paths::COMPLAINTS.to_owned(), errors));
    };
    let mut tx = ctx.begin().await?;
    if store::end(&mut tx, id, outcome, &remark, &hand).await? {
        let change = Change {
            action: "complaint.ended",
            subject: format!("complaint/{id}"),
            after: Some(json!({ "outcome": outcome.as_str() })),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        tx.commit().await?;
    }
    Ok(End::Done(format!("{}?done=ended", paths::COMPLAINTS)))
}
