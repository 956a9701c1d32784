//! Shifts and the desk's hours.

use super::{DAYS, Writing, context, parse_day, parse_person, parse_time, parse_times, parse_zone, refused, said_no};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::language::tr;
use crate::rota::model::{Hours, Times};
use crate::rota::store::{self, NewShifts};
use leptos::prelude::*;
use serde_json::json;

/// A form as it was typed: the names of its fields, with what they hold.
type Typed = Vec<(&'static str, String)>;

fn typed(form: &str, fields: Vec<(&'static str, Option<String>)>) -> Typed {
    let form_name = [("form_name", form.to_owned())];
    form_name.into_iter().chain(fields.into_iter().map(|(name, value)| (name, value.unwrap_or_default()))).collect()
}

fn value<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
}

async fn finish(ctx: &Context, typed: &Typed, end: Result<End, AppError>) -> Result<(), ServerFnError> {
    let fields: Vec<_> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    forms::finish(ctx, &fields, end).await
}

fn days(ctx: &Context, typed: &Typed, errors: &mut Errors) -> Vec<chrono::Weekday> {
    let ticked = DAYS.iter().filter(|(name, _)| !value(typed, name).is_empty());
    let days: Vec<_> = ticked.map(|(_, day)| *day).collect();
    if days.is_empty() {
        errors.add("days", tr!(ctx.locale, rota.error_days));
    }
    days
}

/// Puts somebody on the rota, the same on each weekday that is ticked.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "add-shift")]
#[allow(clippy::too_many_arguments)]
pub async fn add_shift(
    /// Whose.
    person: Option<String>,
    /// Ticked for Monday.
    mon: Option<String>,
    /// Ticked for Tuesday.
    tue: Option<String>,
    /// Ticked for Wednesday.
    wed: Option<String>,
    /// Ticked for Thursday.
    thu: Option<String>,
    /// Ticked for Friday.
    fri: Option<String>,
    /// Ticked for Saturday.
    sat: Option<String>,
    /// Ticked for Sunday.
    sun: Option<String>,
    /// When it begins, by the clock on that person's wall.
    starts: Option<String>,
    /// When it ends; not later than its beginning, on the next day.
    ends: Option<String>,
    /// When the break begins; empty for none.
    break_starts: Option<String>,
    /// When the break ends.
    break_ends: Option<String>,
    /// Where that wall is.
    time_zone: Option<String>,
    /// The first day.
    from: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let typed = typed(
        "add-shift",
        vec![
            ("person", person),
            ("mon", mon),
            ("tue", tue),
            ("wed", wed),
            ("thu", thu),
            ("fri", fri),
            ("sat", sat),
            ("sun", sun),
            ("starts", starts),
            ("ends", ends),
            ("break_starts", break_starts),
            ("break_ends", break_ends),
            ("time_zone", time_zone),
            ("from", from),
            ("form_key", Some(form_key)),
        ],
    );
    let end = write_shift(&ctx, &typed).await;
    finish(&ctx, &typed, end).await
}

async fn write_shift(ctx: &Context, typed: &Typed) -> Result<End, AppError> {
    let field = |name: &'static str| value(typed, name);
    let mut writing = Writing::begin(ctx, field("form_key")).await?;
    let mut errors = Errors::default();
    let person = parse_person(ctx, field("person"), &mut errors);
    let weekdays = days(ctx, typed, &mut errors);
    let times = parse_times(ctx, ("starts", field("starts")), ("ends", field("ends")), &mut errors);
    let mut breaks = Vec::new();
    if !field("break_starts").trim().is_empty() || !field("break_ends").trim().is_empty() {
        breaks.push(Times {
            starts: parse_time(ctx, "break_starts", field("break_starts"), &mut errors),
            ends: parse_time(ctx, "break_ends", field("break_ends"), &mut errors),
        });
    }
    let zone = parse_zone(ctx, field("time_zone"), &mut errors);
    let from = parse_day(ctx, "from", field("from"), &mut errors);
    if !errors.is_empty() {
        return Ok(refused(errors));
    }
    let new = NewShifts { person, weekdays, times, zone, breaks, from };
    match store::add_shifts(&mut writing.tx, &new, writing.pen).await {
        Ok(shifts) => {
            let days: Vec<_> = new.weekdays.iter().map(ToString::to_string).collect();
            let after = json!({
                "person": person.0, "weekdays": days, "starts": times.starts, "ends": times.ends,
                "time_zone": zone.name(), "from": from, "shifts": shifts,
            });
            writing.commit("rota.shift_added", format!("person/{person}"), after, "shift").await
        }
        Err(error) => said_no(ctx, error, "shift"),
    }
}

/// Ends a shift after a day.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "end-shift")]
pub async fn end_shift(
    /// The shift.
    shift: String,
    /// The last day on which it begins.
    last_day: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let typed = typed(&format!("end-shift-{shift}"), vec![("last_day", last_day)]);
    let end = write_end(&ctx, &shift, value(&typed, "last_day")).await;
    finish(&ctx, &typed, end).await
}

async fn write_end(ctx: &Context, shift: &str, last_day: &str) -> Result<End, AppError> {
    let id: i64 = shift.parse().map_err(|_| AppError::NotFound)?;
    let mut writing = Writing::begin(ctx, &forms::new_key()).await?;
    let mut errors = Errors::default();
    let last_day = parse_day(ctx, "last_day", last_day, &mut errors);
    if !errors.is_empty() {
        return Ok(refused(errors));
    }
    match store::end_shift(&mut writing.tx, id, last_day, writing.pen).await {
        Ok(()) => {
            writing.commit("rota.shift_ended", format!("shift/{id}"), json!({ "last_day": last_day }), "ended").await
        }
        Err(AppError::Database(error)) if error.as_database_error().is_some_and(|e| e.is_foreign_key_violation()) => {
            Err(AppError::NotFound)
        }
        Err(error) => said_no(ctx, error, "ended"),
    }
}

/// Sets the hours in which somebody means to be there, from a day on.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-desk-hours")]
#[allow(clippy::too_many_arguments)]
pub async fn set_desk_hours(
    /// Ticked for Monday.
    mon: Option<String>,
    /// Ticked for Tuesday.
    tue: Option<String>,
    /// Ticked for Wednesday.
    wed: Option<String>,
    /// Ticked for Thursday.
    thu: Option<String>,
    /// Ticked for Friday.
    fri: Option<String>,
    /// Ticked for Saturday.
    sat: Option<String>,
    /// Ticked for Sunday.
    sun: Option<String>,
    /// When the desk opens.
    opens: Option<String>,
    /// When it closes; not later than it opens, on the next day.
    closes: Option<String>,
    /// By the clock of this zone.
    time_zone: Option<String>,
    /// The first day.
    from: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let typed = typed(
        "set-desk-hours",
        vec![
            ("mon", mon),
            ("tue", tue),
            ("wed", wed),
            ("thu", thu),
            ("fri", fri),
            ("sat", sat),
            ("sun", sun),
            ("opens", opens),
            ("closes", closes),
            ("time_zone", time_zone),
            ("from", from),
            ("form_key", Some(form_key)),
        ],
    );
    let end = write_hours(&ctx, &typed).await;
    finish(&ctx, &typed, end).await
}

async fn write_hours(ctx: &Context, typed: &Typed) -> Result<End, AppError> {
    let field = |name: &'static str| value(typed, name);
    let mut writing = Writing::begin(ctx, field("form_key")).await?;
    let mut errors = Errors::default();
    let days = days(ctx, typed, &mut errors);
    let times = parse_times(ctx, ("opens", field("opens")), ("closes", field("closes")), &mut errors);
    let zone = parse_zone(ctx, field("time_zone"), &mut errors);
    let from = parse_day(ctx, "from", field("from"), &mut errors);
    if !errors.is_empty() {
        return Ok(refused(errors));
    }
    let hours = Hours { zone, days, times, from };
    match store::set_hours(&mut writing.tx, &hours, writing.pen).await {
        Ok(id) => {
            let days: Vec<_> = hours.days.iter().map(ToString::to_string).collect();
            let after = json!({
                "days": days, "opens": times.starts, "closes": times.ends, "time_zone": zone.name(), "from": from,
            });
            writing.commit("rota.hours_set", format!("desk-hours/{id}"), after, "hours").await
        }
        Err(error) => said_no(ctx, error, "hours"),
    }
}
