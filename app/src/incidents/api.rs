//! What the desk does with an incident.

use super::model::{About, UpdateKind};
use super::rules::{ListError, MOST_CASES, parse_cases};
use super::store::{self, New, Text, Word};
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::desk::model::Hand;
use crate::disputes::{rules as cases, words};
use crate::paths;
use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use leptos::prelude::*;
use serde_json::json;

/// The longest title.
const LONGEST_TITLE: usize = 200;

fn context() -> Result<Context, ServerFnError> {
    context::current().map_err(|error| ServerFnError::new(error.to_string()))
}

/// Somebody of the desk.
fn hand(ctx: &Context) -> Result<Hand, AppError> {
    let staff = ctx.staff()?;
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    Ok(Hand { person: staff.person, name: staff.name.clone(), at: ctx.now() })
}

/// Opens an incident.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "open-incident")]
#[allow(clippy::too_many_arguments)]
pub async fn open_incident(
    /// The programme's number.
    programme: Option<String>,
    /// The offer's number, where it concerns one.
    offer: Option<String>,
    /// What it is about: `tracking`, `payouts` or `anything`.
    about: Option<String>,
    /// The payout run's number, where it concerns one.
    run: Option<String>,
    /// When it began, in local time.
    began_at: Option<String>,
    /// When it ended, in local time.
    ended_at: Option<String>,
    /// Sent where every partner of the programme sees it.
    everybody: Option<String>,
    /// What it is called in English.
    title_en: Option<String>,
    /// And in Spanish.
    title_es: Option<String>,
    /// What is known, in English.
    body_en: Option<String>,
    /// And in Spanish.
    body_es: Option<String>,
    /// When more will be said, in local time.
    next_at: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let typed = [
        ("form_name", "open-incident".to_owned()),
        ("programme", programme.unwrap_or_default()),
        ("offer", offer.unwrap_or_default()),
        ("about", about.unwrap_or_default()),
        ("run", run.unwrap_or_default()),
        ("began_at", began_at.unwrap_or_default()),
        ("ended_at", ended_at.unwrap_or_default()),
        ("everybody", if everybody.is_some() { "yes".to_owned() } else { String::new() }),
        ("title_en", title_en.unwrap_or_default()),
        ("title_es", title_es.unwrap_or_default()),
        ("body_en", body_en.unwrap_or_default()),
        ("body_es", body_es.unwrap_or_default()),
        ("next_at", next_at.unwrap_or_default()),
        ("form_key", form_key),
    ];
    let fields: Vec<_> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let end = open(&ctx, &Typed(&fields)).await;
    forms::finish(&ctx, &fields, end).await
}

/// What was typed, by field.
struct Typed<'a>(&'a [(&'a str, &'a str)]);

impl Typed<'_> {
    fn of(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| *name == field).map_or("", |(_, value)| value)
    }
}

async fn open(ctx: &Context, typed: &Typed<'_>) -> Result<End, AppError> {
    let hand = hand(ctx)?;
    let mut tx = ctx.begin().await?;
    let mut errors = Errors::default();
    let programme =
        store::programmes(&mut tx).await?.into_iter().find(|(id, _)| typed.of("programme") == id.to_string());
    if programme.is_none() {
        errors.add("programme", tr!(ctx.locale, incidents.error_programme));
    }
    let offers = store::offers(&mut tx).await?;
    let offer = offers.into_iter().find(|(id, ..)| typed.of("offer") == id.to_string());
    if !typed.of("offer").is_empty()
        && offer.as_ref().map(|(_, of, _)| *of) != programme.as_ref().map(|(programme, _)| *programme)
    {
        errors.add("offer", tr!(ctx.locale, incidents.error_offer));
    }
    let about = About::parse(typed.of("about"));
    if about.is_none() {
        errors.add("about", tr!(ctx.locale, incidents.error_about));
    }
    let run = store::runs(&mut tx).await?.into_iter().find(|(id, ..)| typed.of("run") == id.to_string());
    if !typed.of("run").is_empty()
        && run.as_ref().map(|(_, of, ..)| *of) != programme.as_ref().map(|(programme, _)| *programme)
    {
        errors.add("run", tr!(ctx.locale, incidents.error_run));
    }
    // What an incident is about and what it names go together, or it would find no case.
    match about {
        Some(About::Payouts) if offer.is_some() => {
            errors.add("offer", tr!(ctx.locale, incidents.error_offer_of_payouts))
        }
        Some(About::Tracking | About::Anything) if run.is_some() => {
            errors.add("run", tr!(ctx.locale, incidents.error_run_of_sales));
        }
        _ => {}
    }
    let began_at = moment(ctx, typed, "began_at", &mut errors);
    if began_at.is_some_and(|began| began > ctx.now()) {
        errors.add("began_at", tr!(ctx.locale, channels.error_future));
    }
    let ended_at = match typed.of("ended_at") {
        "" => None,
        _ => moment(ctx, typed, "ended_at", &mut errors),
    };
    if let (Some(began), Some(ended)) = (began_at, ended_at)
        && ended < began
    {
        errors.add("ended_at", tr!(ctx.locale, incidents.error_ended));
    }
    let word = word(ctx, typed, UpdateKind::Opened, &mut errors)?;
    let (true, Some((programme, _)), Some(about), Some(began_at)) = (errors.is_empty(), programme, about, began_at)
    else {
        return Ok(End::Refused(paths::INCIDENTS.to_owned(), errors));
    };
    let for_everybody = !typed.of("everybody").is_empty();
    let (offer, run) = (offer.map(|(id, ..)| id), run.map(|(id, ..)| id));
    let new = New { programme, offer, about, run, began_at, ended_at, for_everybody };
    let (id, is_new) = store::open(&mut tx, &new, &word, &hand).await?;
    if is_new {
        let after = json!({ "programme": programme.0, "offer": offer.map(|offer| offer.0), "about": about.as_str(), "payout_run": run.map(|run| run.0), "for_everybody": for_everybody, "promised_at": word.next_at });
        write_record(ctx, &mut tx, "incident.opened", id, after).await?;
        tx.commit().await?;
    }
    Ok(End::Done(format!("{}?done=opened", paths::incident(id))))
}

/// A moment typed as local time.
fn moment(ctx: &Context, typed: &Typed<'_>, field: &str, errors: &mut Errors) -> Option<DateTime<Utc>> {
    let local = NaiveDateTime::parse_from_str(typed.of(field), "%Y-%m-%dT%H:%M").ok();
    let at = local.and_then(|local| ctx.time_zone.from_local_datetime(&local).earliest());
    if at.is_none() {
        errors.add(field, tr!(ctx.locale, channels.error_when));
    }
    at.map(|at| at.with_timezone(&Utc))
}

/// What is said, in both languages, and when more will be.
fn word(ctx: &Context, typed: &Typed<'_>, kind: UpdateKind, errors: &mut Errors) -> Result<Word, AppError> {
    let form_key = typed.of("form_key").parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut texts = Vec::new();
    for (locale, title_field, body_field) in [("en", "title_en", "body_en"), ("es", "title_es", "body_es")] {
        let title = (kind == UpdateKind::Opened).then(|| one_line(typed.of(title_field)));
        if title.as_ref().is_some_and(|title| title.is_empty() || title.chars().count() > LONGEST_TITLE) {
            errors.add(title_field, tr!(ctx.locale, incidents.error_title));
        }
        match cases::parse_text(typed.of(body_field)) {
            Ok(body) => texts.push(Text { locale, title, body }),
            Err(error) => errors.add(body_field, words::text_error(ctx.locale, error)),
        }
    }
    let next_at = match kind {
        UpdateKind::Closed => None,
        _ => moment(ctx, typed, "next_at", errors),
    };
    if next_at.is_some_and(|next| next <= ctx.now() || next > ctx.now() + TimeDelta::days(31)) {
        errors.add("next_at", tr!(ctx.locale, incidents.error_next));
    }
    Ok(Word { kind, texts, next_at, form_key })
}

fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

async fn write_record(
    ctx: &Context,
    tx: &mut Tx,
    action: &'static str,
    id: i64,
    after: serde_json::Value,
) -> Result<(), AppError> {
    let change = Change { action, subject: format!("incident/{id}"), after: Some(after), ..Change::default() };
    record(tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await
}

/// Records that cases were put into an incident.
///
/// # Errors
/// When the database is away.
pub(crate) async fn write_put(ctx: &Context, tx: &mut Tx, id: i64, cases: &[CaseId]) -> Result<(), AppError> {
    let numbers: Vec<i64> = cases.iter().map(|case| case.0).collect();
    write_record(ctx, tx, "incident.cases_put", id, json!({ "cases": numbers })).await
}

/// Says a word about an incident, the last one where it is over.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "update-incident")]
#[allow(clippy::too_many_arguments)]
pub async fn update_incident(
    /// The incident.
    incident: String,
    /// Its version that was read.
    version: String,
    /// What is said, in English.
    body_en: Option<String>,
    /// And in Spanish.
    body_es: Option<String>,
    /// When more will be said, in local time.
    next_at: Option<String>,
    /// Sent where it is over: this is the last word, and its cases are closed.
    over: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let typed = [
        ("form_name", "update-incident".to_owned()),
        ("body_en", body_en.unwrap_or_default()),
        ("body_es", body_es.unwrap_or_default()),
        ("next_at", next_at.unwrap_or_default()),
        ("over", if over.is_some() { "yes".to_owned() } else { String::new() }),
        ("form_key", form_key),
    ];
    let fields: Vec<_> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let end = update(&ctx, &incident, &version, &Typed(&fields)).await;
    forms::finish(&ctx, &fields, end).await
}

async fn update(ctx: &Context, incident: &str, version: &str, typed: &Typed<'_>) -> Result<End, AppError> {
    let hand = hand(ctx)?;
    let id: i64 = incident.parse().map_err(|_| AppError::NotFound)?;
    let version: i32 = version.parse().map_err(|_| AppError::BadRequest("version"))?;
    let mut tx = ctx.begin().await?;
    store::version_of(&mut tx, id).await?;
    let mut errors = Errors::default();
    let kind = if typed.of("over").is_empty() { UpdateKind::Update } else { UpdateKind::Closed };
    let word = word(ctx, typed, kind, &mut errors)?;
    if !errors.is_empty() {
        return Ok(End::Refused(paths::incident(id), errors));
    }
    let done = if kind == UpdateKind::Closed { "closed" } else { "said" };
    match store::say(&mut tx, id, version, &word, &hand).await {
        Ok(Some(nth)) => {
            let action = if kind == UpdateKind::Closed { "incident.closed" } else { "incident.updated" };
            write_record(ctx, &mut tx, action, id, json!({ "update": nth, "promised_at": word.next_at })).await?;
            tx.commit().await?;
        }
        Ok(None) => {}
        Err(AppError::Conflict) => {
            errors.add("", tr!(ctx.locale, incidents.error_changed));
            return Ok(End::Refused(paths::incident(id), errors));
        }
        Err(error) => return Err(error),
    }
    Ok(End::Done(format!("{}?done={done}", paths::incident(id))))
}

/// Puts cases into an incident, by their numbers.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "put-into-incident")]
pub async fn put_into_incident(
    /// The incident.
    incident: String,
    /// The numbers of the cases.
    cases: Option<String>,
    /// Which form it was, where a page has two.
    form_name: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let (cases, form) = (cases.unwrap_or_default(), form_name.unwrap_or_default());
    let form = if form == "suggested" { "suggested" } else { "put-into-incident" };
    let end = put(&ctx, &incident, &cases).await;
    forms::finish(&ctx, &[("form_name", form), ("cases", &cases)], end).await
}

async fn put(ctx: &Context, incident: &str, typed: &str) -> Result<End, AppError> {
    let hand = hand(ctx)?;
    let id: i64 = incident.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    store::version_of(&mut tx, id).await?;
    let refused = |field: &str, message: String| {
        let mut errors = Errors::default();
        errors.add(field, message);
        Ok(End::Refused(paths::incident(id), errors))
    };
    let cases = match parse_cases(typed) {
        Ok(cases) => cases,
        Err(error) => return refused("cases", list_error(ctx, &error)),
    };
    let put = match store::put(&mut tx, id, &cases, &hand).await {
        Ok(Ok(put)) => put,
        Ok(Err(not_taken)) if !not_taken.unknown.is_empty() => {
            return refused("cases", tr!(ctx.locale, incidents.error_unknown, cases = named(&not_taken.unknown)));
        }
        Ok(Err(not_taken)) if !not_taken.merged.is_empty() => {
            return refused("cases", tr!(ctx.locale, incidents.error_merged, cases = named(&not_taken.merged)));
        }
        Ok(Err(not_taken)) => {
            return refused("cases", tr!(ctx.locale, incidents.error_elsewhere, cases = named(&not_taken.elsewhere)));
        }
        Err(AppError::Database(error)) => match constraint(&error) {
            Some("incident_is_open") => return refused("", tr!(ctx.locale, incidents.error_over)),
            Some("incident_case_in_one") => return refused("cases", tr!(ctx.locale, incidents.error_moved)),
            _ => return Err(error.into()),
        },
        Err(error) => return Err(error),
    };
    if put > 0 {
        write_put(ctx, &mut tx, id, &cases).await?;
        tx.commit().await?;
    }
    Ok(End::Done(format!("{}?done=put", paths::incident(id))))
}

/// Takes a case out of an incident, which it does not belong to.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "take-out-of-incident")]
pub async fn take_out_of_incident(
    /// The incident.
    incident: String,
    /// The case's number.
    case: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = take_out(&ctx, &incident, &case).await;
    forms::finish(&ctx, &[("form_name", "take-out")], end).await
}

async fn take_out(ctx: &Context, incident: &str, case: &str) -> Result<End, AppError> {
    let hand = hand(ctx)?;
    let id: i64 = incident.parse().map_err(|_| AppError::NotFound)?;
    let case: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    store::version_of(&mut tx, id).await?;
    match store::take_out(&mut tx, id, case, &hand).await {
        Ok(true) => {
            write_record(ctx, &mut tx, "incident.case_taken_out", id, json!({ "case": case.0 })).await?;
            tx.commit().await?;
        }
        // Somebody was quicker, or it left with the last word: the page shows how it is.
        Ok(false) => {}
        Err(AppError::Database(error)) if constraint(&error) == Some("incident_is_open") => {
            let mut errors = Errors::default();
            errors.add("", tr!(ctx.locale, incidents.error_over));
            return Ok(End::Refused(paths::incident(id), errors));
        }
        Err(error) => return Err(error),
    }
    Ok(End::Done(format!("{}?done=taken-out", paths::incident(id))))
}

/// The first ten; whoever typed a thousand finds the rest then.
fn named(cases: &[CaseId]) -> String {
    cases.iter().take(10).map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn list_error(ctx: &Context, error: &ListError) -> String {
    match error {
        ListError::Empty => tr!(ctx.locale, incidents.error_no_cases),
        ListError::NotANumber(word) => tr!(ctx.locale, incidents.error_not_a_number, word = word.as_str()),
        ListError::TooMany => tr!(ctx.locale, incidents.error_too_many, most = MOST_CASES),
    }
}
