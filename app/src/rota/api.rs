//! What leads and owners write into the rota, and handing promises over at the end of a shift.

use super::model::{ExceptionKind, Times};
use super::page::desk_zone;
use super::rules::moment;
use super::spans::Span;
use super::store::{self, Pen, Withdrawn};
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::PersonId;
use crate::base::language::tr;
use crate::paths;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use chrono_tz::Tz;
use leptos::prelude::*;
use serde_json::json;

mod hand_over;
mod shifts;

pub use hand_over::{HandOver, hand_over};
pub use shifts::{AddShift, EndShift, SetDeskHours, add_shift, end_shift, set_desk_hours};

/// The names of the weekdays' boxes in a form.
pub const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// Somebody who may write the rota, in a transaction.
pub(crate) struct Writing {
    pub ctx: Context,
    pub tx: Tx,
    pub pen: Pen,
}

impl Writing {
    /// Checks who writes.
    pub async fn begin(ctx: &Context, form_key: &str) -> Result<Self, AppError> {
        let by = ctx.staff()?.person;
        if !Who::Leads.includes(&ctx.actor) {
            return Err(AppError::Forbidden);
        }
        let form_key = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
        Ok(Self { ctx: ctx.clone(), tx: ctx.begin().await?, pen: Pen { by: Some(by), at: ctx.now(), form_key } })
    }

    /// The desk's time zone.
    async fn zone(&mut self) -> Result<Tz, AppError> {
        Ok(desk_zone(&store::rota(&mut self.tx, self.pen.at).await?, self.ctx.time_zone))
    }

    /// Records what was written and makes it last.
    pub async fn commit(
        mut self,
        action: &'static str,
        subject: String,
        after: serde_json::Value,
        done: &str,
    ) -> Result<End, AppError> {
        let change = Change { action, subject, after: Some(after), ..Change::default() };
        record(&mut self.tx, &self.ctx.actor, self.pen.at, &self.ctx.request_id, change).await?;
        self.tx.commit().await?;
        Ok(End::Done(format!("{}?done={done}", paths::ROTA)))
    }
}

fn context() -> Result<Context, ServerFnError> {
    context::current().map_err(|error| ServerFnError::new(error.to_string()))
}

fn refused(errors: Errors) -> End {
    End::Refused(paths::ROTA.to_owned(), errors)
}

/// What the database refused, beside the field it is about; what was written already counts as done.
pub(crate) fn said_no(ctx: &Context, error: AppError, done: &str) -> Result<End, AppError> {
    let AppError::Database(database) = &error else { return Err(error) };
    let locale = ctx.locale;
    let (field, message) = match constraint(database) {
        Some(
            "shift_form_once"
            | "holiday_form_once"
            | "rota_exception_form_once"
            | "desk_hours_form_once"
            | "shift_end_pkey"
            | "rota_withdrawal_holiday_once"
            | "rota_withdrawal_exception_once"
            | "clock_policy_form_once",
        ) => return Ok(End::Done(format!("{}?done={done}", paths::ROTA))),
        Some("shift_not_in_the_past" | "desk_hours_not_in_the_past") => ("from", tr!(locale, rota.error_past)),
        Some("holiday_not_in_the_past") => ("day", tr!(locale, rota.error_past)),
        Some("rota_exception_not_in_the_past") => ("starts_at", tr!(locale, rota.error_past)),
        Some("rota_exception_ends_later") => ("ends_at", tr!(locale, rota.error_ends_later)),
        Some("shift_end_not_in_the_past") => ("last_day", tr!(locale, rota.error_past)),
        Some("rota_withdrawal_not_in_the_past") => ("", tr!(locale, rota.error_over)),
        Some("shift_break_inside") => ("break_starts", tr!(locale, rota.error_break)),
        Some("shift_time_zone_known" | "desk_hours_time_zone_known") => ("time_zone", tr!(locale, rota.error_zone)),
        Some("shift_of_the_desk" | "holiday_of_the_desk" | "rota_exception_of_the_desk") => {
            ("person", tr!(locale, rota.error_person))
        }
        _ => return Err(error),
    };
    let mut errors = Errors::default();
    errors.add(field, message);
    Ok(refused(errors))
}

fn parse_time(ctx: &Context, field: &str, text: &str, errors: &mut Errors) -> NaiveTime {
    let time = NaiveTime::parse_from_str(text.trim(), "%H:%M");
    if time.is_err() {
        errors.add(field, tr!(ctx.locale, rota.error_time));
    }
    time.unwrap_or_default()
}

fn parse_day(ctx: &Context, field: &str, text: &str, errors: &mut Errors) -> NaiveDate {
    let day: Option<NaiveDate> = text.trim().parse().ok();
    // Beyond that no calendar of the database or the browser follows.
    let day = day.filter(|day| (*day - ctx.now().date_naive()).num_days().abs() < 3660);
    if day.is_none() {
        errors.add(field, tr!(ctx.locale, rota.error_day));
    }
    day.unwrap_or_default()
}

fn parse_zone(ctx: &Context, text: &str, errors: &mut Errors) -> Tz {
    let zone = text.trim().parse();
    if zone.is_err() {
        errors.add("time_zone", tr!(ctx.locale, rota.error_zone));
    }
    zone.unwrap_or(Tz::UTC)
}

fn parse_person(ctx: &Context, text: &str, errors: &mut Errors) -> PersonId {
    let person = text.trim().parse();
    if person.is_err() {
        errors.add("person", tr!(ctx.locale, rota.error_person));
    }
    person.unwrap_or(PersonId(0))
}

fn parse_words(ctx: &Context, field: &str, text: &str, errors: &mut Errors) -> String {
    let text = text.replace('\0', "").trim().to_owned();
    if text.is_empty() || text.chars().count() > 200 {
        errors.add(field, tr!(ctx.locale, rota.error_words));
    }
    text
}

/// Gives everybody, or one person, a day off.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "add-holiday")]
pub async fn add_holiday(
    /// The day.
    day: Option<String>,
    /// What it is called.
    name: Option<String>,
    /// Who is free; empty for everybody.
    person: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let (day, name, person) = (day.unwrap_or_default(), name.unwrap_or_default(), person.unwrap_or_default());
    let end = write_holiday(&ctx, &day, &name, &person, &form_key).await;
    let fields = [
        ("form_name", "add-holiday"),
        ("day", day.as_str()),
        ("name", name.as_str()),
        ("person", person.as_str()),
        ("form_key", form_key.as_str()),
    ];
    forms::finish(&ctx, &fields, end).await
}

async fn write_holiday(ctx: &Context, day: &str, name: &str, person: &str, form_key: &str) -> Result<End, AppError> {
    let mut writing = Writing::begin(ctx, form_key).await?;
    let mut errors = Errors::default();
    let day = parse_day(ctx, "day", day, &mut errors);
    let name = parse_words(ctx, "name", name, &mut errors);
    let person = (!person.trim().is_empty()).then(|| parse_person(ctx, person, &mut errors));
    if !errors.is_empty() {
        return Ok(refused(errors));
    }
    match store::add_holiday(&mut writing.tx, day, person, &name, writing.pen).await {
        Ok(id) => {
            let after = json!({ "day": day, "name": name, "person": person.map(|person| person.0) });
            writing.commit("rota.holiday_added", format!("holiday/{id}"), after, "holiday").await
        }
        Err(error) => said_no(ctx, error, "holiday"),
    }
}

/// Writes down that somebody is away, or there, for once.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "add-exception")]
pub async fn add_exception(
    /// Who.
    person: Option<String>,
    /// `away` or `extra`.
    kind: Option<String>,
    /// From when, by the clock of the desk's time zone.
    starts_at: Option<String>,
    /// Until when.
    ends_at: Option<String>,
    /// Why.
    reason: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let text = |text: Option<String>| text.unwrap_or_default();
    let typed = [text(person), text(kind), text(starts_at), text(ends_at), text(reason)];
    let end = write_exception(&ctx, &typed, &form_key).await;
    let fields = [
        ("form_name", "add-exception"),
        ("person", typed[0].as_str()),
        ("kind", typed[1].as_str()),
        ("starts_at", typed[2].as_str()),
        ("ends_at", typed[3].as_str()),
        ("reason", typed[4].as_str()),
        ("form_key", form_key.as_str()),
    ];
    forms::finish(&ctx, &fields, end).await
}

async fn write_exception(ctx: &Context, typed: &[String; 5], form_key: &str) -> Result<End, AppError> {
    let [person, kind, starts_at, ends_at, reason] = typed;
    let mut writing = Writing::begin(ctx, form_key).await?;
    let zone = writing.zone().await?;
    let mut errors = Errors::default();
    let person = parse_person(ctx, person, &mut errors);
    let kind = ExceptionKind::parse(kind);
    if kind.is_none() {
        errors.add("kind", tr!(ctx.locale, rota.error_kind));
    }
    let local = |field: &str, text: &str, errors: &mut Errors| {
        let local = NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%dT%H:%M").ok();
        let near = local.filter(|local| (local.date() - ctx.now().date_naive()).num_days().abs() < 3660);
        if near.is_none() {
            errors.add(field, tr!(ctx.locale, rota.error_moment));
        }
        near.map(|local| moment(local, zone))
    };
    let (from, to) = (local("starts_at", starts_at, &mut errors), local("ends_at", ends_at, &mut errors));
    let reason = parse_words(ctx, "reason", reason, &mut errors);
    let (Some(kind), Some(from), Some(to), true) = (kind, from, to, errors.is_empty()) else {
        return Ok(refused(errors));
    };
    let span = Span { from, to };
    match store::add_exception(&mut writing.tx, person, kind, span, &reason, writing.pen).await {
        Ok(id) => {
            let after = json!({ "person": person.0, "kind": kind.as_str(), "starts_at": from, "ends_at": to, "reason": reason });
            writing.commit("rota.exception_added", format!("rota-exception/{id}"), after, "exception").await
        }
        Err(error) => said_no(ctx, error, "exception"),
    }
}

/// Withdraws a day off or an exception that is not over.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "withdraw-rota")]
pub async fn withdraw_rota(
    /// `holiday` or `exception`.
    what: String,
    /// Its id.
    id: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = withdraw(&ctx, &what, &id).await;
    forms::finish(&ctx, &[("form_name", &format!("withdraw-{what}-{id}"))], end).await
}

async fn withdraw(ctx: &Context, what: &str, id: &str) -> Result<End, AppError> {
    let id = id.parse().map_err(|_| AppError::NotFound)?;
    let (withdrawn, subject) = match what {
        "holiday" => (Withdrawn::Holiday(id), format!("holiday/{id}")),
        "exception" => (Withdrawn::Exception(id), format!("rota-exception/{id}")),
        _ => return Err(AppError::BadRequest("what")),
    };
    let mut writing = Writing::begin(ctx, &forms::new_key()).await?;
    match store::withdraw(&mut writing.tx, withdrawn, writing.pen).await {
        Ok(()) => writing.commit("rota.withdrawn", subject, json!({}), "withdrawn").await,
        Err(AppError::Database(error)) if error.as_database_error().is_some_and(|e| e.is_foreign_key_violation()) => {
            Err(AppError::NotFound)
        }
        Err(error) => said_no(ctx, error, "withdrawn"),
    }
}

fn parse_times(ctx: &Context, starts: (&str, &str), ends: (&str, &str), errors: &mut Errors) -> Times {
    Times { starts: parse_time(ctx, starts.0, starts.1, errors), ends: parse_time(ctx, ends.0, ends.1, errors) }
}
