//! The rota on one page: who is on, the week with its gaps, what was planned, and what a shift leaves behind.

mod forms;
mod hand_over;
mod plan;
mod presence;
mod week;

pub use presence::{Presence, presence};

use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::forms::{self as drafts, Draft};
use crate::base::ids::PersonId;
use crate::base::language::{Locale, tr};
use crate::clocks::page as clocks;
use crate::clocks::store::policies;
use crate::rota::model::Rota;
use crate::rota::store::{self, Colleague};
use crate::rota::{rules, spans::Span};
use crate::ui::layout::page_head;
use crate::ui::notice;
use crate::ui::screen::{Query, screen};
use chrono::{DateTime, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use leptos::prelude::*;

/// Everything the page shows.
pub(super) struct Sheet {
    pub rota: Rota,
    pub colleagues: Vec<Colleague>,
    /// The desk's time zone, in which its days and times are written here.
    pub zone: Tz,
    pub week: Span,
    pub monday: NaiveDate,
    /// Whether the reader writes the rota.
    pub may_write: bool,
    pub draft: Draft,
}

impl Sheet {
    pub fn name(&self, person: PersonId) -> String {
        self.colleagues.iter().find(|each| each.person == person).map(|each| each.name.clone()).unwrap_or_default()
    }

    /// The draft, where it is of this form; an untouched one otherwise.
    pub fn draft_of(&self, form: &str) -> Draft {
        if self.draft.is_refused() && self.draft.value("form_name") == form {
            self.draft.clone()
        } else {
            Draft::default()
        }
    }

    /// The id of a form: a refused one is where the browser is sent back to.
    pub fn id_of(&self, form: &str) -> String {
        if self.draft_of(form).is_refused() { "form".to_owned() } else { format!("form-{form}") }
    }
}

/// The time zone in which the desk counts its days.
pub fn desk_zone(rota: &Rota, otherwise: Tz) -> Tz {
    rota.hours.last().map_or(otherwise, |hours| hours.zone)
}

/// `09:00`, by the clock of a zone.
pub(super) fn clock(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%H:%M").to_string()
}

/// A weekday as the reader writes it.
pub fn weekday(locale: Locale, day: Weekday) -> String {
    match day {
        Weekday::Mon => tr!(locale, rota.monday),
        Weekday::Tue => tr!(locale, rota.tuesday),
        Weekday::Wed => tr!(locale, rota.wednesday),
        Weekday::Thu => tr!(locale, rota.thursday),
        Weekday::Fri => tr!(locale, rota.friday),
        Weekday::Sat => tr!(locale, rota.saturday),
        Weekday::Sun => tr!(locale, rota.sunday),
    }
}

/// `/rota`
#[component]
pub fn RotaPage() -> impl IntoView {
    screen(|ctx, query| async move {
        ctx.staff()?;
        let now = ctx.now();
        let mut tx = ctx.begin().await?;
        let rota = store::rota(&mut tx, now).await?;
        let zone = desk_zone(&rota, ctx.time_zone);
        let (monday, week) = week_asked(&query, now, zone);
        let sheet = Sheet {
            colleagues: store::colleagues(&mut tx).await?,
            zone,
            week,
            monday,
            may_write: Who::Leads.includes(&ctx.actor),
            draft: drafts::recall(&ctx, query.get("form")).await?,
            rota,
        };
        let hand_over = hand_over::section(&ctx, &mut tx, &sheet).await?;
        let limits =
            clocks::limits(&ctx, &policies(&mut tx).await?, &sheet.draft_of("set-clock-policy"), sheet.may_write);
        let title = tr!(ctx.locale, rota.title);
        let body = view! {
            {page_head(title.clone(), Some(lead(&ctx, &sheet)))}
            {notice::done(&ctx, done(&ctx, query.get("done")))}
            {week::section(&ctx, &query, &sheet)}
            {hand_over}
            {plan::shifts(&ctx, &sheet)}
            {plan::days_off(&ctx, &sheet)}
            {sheet.may_write.then(|| forms::all(&ctx, &sheet))}
            {limits}
        };
        Ok((title, body.into_any()))
    })
}

/// The week of a day in the address, or this one.
fn week_asked(query: &Query, now: DateTime<Utc>, zone: Tz) -> (NaiveDate, Span) {
    let asked = query.get("week").and_then(|text| text.parse::<NaiveDate>().ok());
    // A year that no calendar of ours reaches is this week.
    let near = asked.filter(|day| (*day - now.date_naive()).num_days().abs() < 3660);
    let week = rules::week_of(near.map_or(now, |day| rules::moment(day.and_time(chrono::NaiveTime::MIN), zone)), zone);
    (week.from.with_timezone(&zone).date_naive(), week)
}

/// Who is on, and until when; or who comes next.
fn lead(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let on = rules::on_duty(&sheet.rota, ctx.now());
    let now = if on.is_empty() {
        match rules::next_on(&sheet.rota, ctx.now()) {
            Some((at, people)) => {
                let names: Vec<_> = people.into_iter().map(|person| sheet.name(person)).collect();
                let when = crate::disputes::words::moment(ctx, at);
                tr!(locale, rota.lead_next, names = names.join(", "), when = when)
            }
            None => tr!(locale, rota.lead_nobody),
        }
    } else {
        let names: Vec<_> = on
            .iter()
            .map(|each| {
                tr!(locale, rota.name_until, name = sheet.name(each.person), time = clock(each.until, ctx.time_zone))
            })
            .collect();
        tr!(locale, rota.lead_on, names = names.join(", "))
    };
    let zone = tr!(locale, rota.lead_zone, zone = sheet.zone.name());
    view! { <p>{now}</p><p class="quiet">{zone}</p> }.into_any()
}

fn done(ctx: &Context, code: Option<&str>) -> Option<String> {
    let locale = ctx.locale;
    Some(match code? {
        "shift" => tr!(locale, rota.done_shift),
        "ended" => tr!(locale, rota.done_ended),
        "holiday" => tr!(locale, rota.done_holiday),
        "exception" => tr!(locale, rota.done_exception),
        "withdrawn" => tr!(locale, rota.done_withdrawn),
        "hours" => tr!(locale, rota.done_hours),
        "limit" => tr!(locale, clocks.done_limit),
        "handed_over" => tr!(locale, rota.done_handed_over),
        _ => return None,
    })
}
