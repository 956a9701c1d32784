//! Who is there when: a week of shifts laid over the calendar, with breaks, days off and exceptions.
//!
//! A time of the wall's clock means the first moment at which that clock shows it, or has gone past it. So shifts that
//! meet on the wall meet in time, also on the day when clocks change: at night in autumn a shift is an hour longer, in
//! spring an hour shorter, and nothing is counted twice.

use super::model::{Coverage, Exception, ExceptionKind, Hours, OnDuty, Rota, Shift, ShiftEnd, Times};
use super::spans::{Span, length, union, within, without};
use crate::base::ids::PersonId;
use chrono::{
    DateTime, Datelike, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

/// How far the rota is looked ahead for the next shift.
const AHEAD: TimeDelta = TimeDelta::days(42);

/// The first moment at which the clock on a wall shows this time, or has skipped it.
pub fn moment(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) => at.to_utc(),
        MappedLocalTime::Ambiguous(one, other) => one.min(other).to_utc(),
        // Offsets lie between 12 hours behind and 14 hours ahead; the skip is where the clock goes past the time.
        MappedLocalTime::None => {
            let shows_it = |second: i64| {
                DateTime::from_timestamp(second, 0).is_some_and(|at| at.with_timezone(&zone).naive_local() >= local)
            };
            let around = local.and_utc().timestamp();
            let (mut before, mut after) = (around - 15 * 3600, around + 13 * 3600);
            while after - before > 1 {
                let middle = before + (after - before) / 2;
                if shows_it(middle) {
                    after = middle;
                } else {
                    before = middle;
                }
            }
            DateTime::from_timestamp(after, 0).unwrap_or_else(|| local.and_utc())
        }
    }
}

/// The stretch that times of the wall's clock mean on a day.
fn stretch(day: NaiveDate, times: Times, zone: Tz) -> Option<Span> {
    let last = if times.over_midnight() { day.succ_opt()? } else { day };
    Span::new(moment(day.and_time(times.starts), zone), moment(last.and_time(times.ends), zone))
}

/// A day of the calendar.
fn whole_day(day: NaiveDate, zone: Tz) -> Option<Span> {
    stretch(day, Times { starts: NaiveTime::MIN, ends: NaiveTime::MIN }, zone)
}

/// The days whose shifts may reach into a window.
fn days(window: Span, zone: Tz) -> impl Iterator<Item = NaiveDate> {
    let first = window.from.with_timezone(&zone).date_naive() - Days::new(2);
    let last = window.to.with_timezone(&zone).date_naive() + Days::new(1);
    first.iter_days().take_while(move |day| *day <= last)
}

/// What a shift gives in a window, days off taken out; with its breaks, or without.
fn shift_spans(rota: &Rota, shift: &Shift, window: Span, keep_breaks: bool) -> Vec<Span> {
    let mut there = Vec::new();
    let begins = |day: &NaiveDate| {
        day.weekday() == shift.weekday && *day >= shift.from && shift.until.is_none_or(|until| *day <= until)
    };
    for day in days(window, shift.zone).filter(begins) {
        let Some(whole) = stretch(day, shift.times, shift.zone) else { continue };
        let mut holes = Vec::new();
        for pause in shift.breaks.iter().filter(|_| !keep_breaks) {
            // After midnight it is the next day's break.
            let day = if pause.starts < shift.times.starts { day + Days::new(1) } else { day };
            holes.extend(stretch(day, *pause, shift.zone));
        }
        let off = rota.holidays.iter().filter(|off| off.person.is_none_or(|person| person == shift.person));
        holes.extend(off.filter_map(|off| whole_day(off.day, shift.zone)));
        there.extend(without(&[whole], &union(holes)));
    }
    there
}

fn exceptions(rota: &Rota, person: PersonId, kind: ExceptionKind) -> Vec<Span> {
    let of = |each: &&Exception| each.person == person && each.kind == kind;
    rota.exceptions.iter().filter(of).map(|each| each.span).collect()
}

fn of_person(rota: &Rota, person: PersonId, window: Span, keep_breaks: bool) -> Vec<Span> {
    let mine = rota.shifts.iter().filter(|shift| shift.person == person);
    let planned = union(mine.flat_map(|shift| shift_spans(rota, shift, window, keep_breaks)).collect());
    let mut there = without(&planned, &union(exceptions(rota, person, ExceptionKind::Away)));
    there.extend(exceptions(rota, person, ExceptionKind::Extra));
    within(&union(there), window)
}

/// When a person is there in a window: their shifts without breaks, days off and absences, and what they work besides.
pub fn person_spans(rota: &Rota, person: PersonId, window: Span) -> Vec<Span> {
    of_person(rota, person, window, false)
}

/// When anybody is there in a window. These are the working hours that clocks count.
pub fn desk_spans(rota: &Rota, window: Span) -> Vec<Span> {
    union(rota.people().into_iter().flat_map(|person| person_spans(rota, person, window)).collect())
}

/// When somebody means to be there in a window; days off of the whole desk are not meant.
pub fn meant_spans(rota: &Rota, window: Span) -> Vec<Span> {
    let mut meant = Vec::new();
    for (index, hours) in rota.hours.iter().enumerate() {
        let next = rota.hours.get(index + 1).map(|next| next.from);
        let in_force =
            |day: &NaiveDate| *day >= hours.from && next.is_none_or(|next| *day < next) && on_day(hours, *day);
        meant.extend(days(window, hours.zone).filter(in_force).filter_map(|day| stretch(day, hours.times, hours.zone)));
    }
    let zone = rota.hours.last().map_or(Tz::UTC, |hours| hours.zone);
    let off = rota.holidays.iter().filter(|off| off.person.is_none());
    let off = union(off.filter_map(|off| whole_day(off.day, zone)).collect());
    within(&without(&union(meant), &off), window)
}

fn on_day(hours: &Hours, day: NaiveDate) -> bool {
    hours.days.contains(&day.weekday())
}

/// What of a window is covered, and when nobody is there though somebody means to be.
pub fn coverage(rota: &Rota, window: Span) -> Coverage {
    let meant = meant_spans(rota, window);
    let gaps = without(&meant, &desk_spans(rota, window));
    Coverage { meant: length(&meant).num_minutes(), uncovered: length(&gaps).num_minutes(), gaps }
}

/// The week, from Monday on, in which a moment lies, by a time zone's calendar.
pub fn week_of(at: DateTime<Utc>, zone: Tz) -> Span {
    let day = at.with_timezone(&zone).date_naive();
    week_from(day - Days::new(u64::from(day.weekday().num_days_from_monday())), zone)
}

/// The seven days from a day on.
pub fn week_from(monday: NaiveDate, zone: Tz) -> Span {
    let starts = |day: NaiveDate| moment(day.and_time(NaiveTime::MIN), zone);
    Span { from: starts(monday), to: starts(monday + Days::new(7)) }
}

/// Who is there at a moment, and until when; who stays longest comes first. Those in a break are not there.
pub fn on_duty(rota: &Rota, at: DateTime<Utc>) -> Vec<OnDuty> {
    let window = Span { from: at - TimeDelta::days(1), to: at + TimeDelta::days(3) };
    let mut there: Vec<_> = rota
        .people()
        .into_iter()
        .filter(|person| person_spans(rota, *person, window).iter().any(|span| span.holds(at)))
        .filter_map(|person| {
            let shift = of_person(rota, person, window, true).into_iter().find(|span| span.holds(at))?;
            Some(OnDuty { person, until: shift.to })
        })
        .collect();
    there.sort_by_key(|each| (std::cmp::Reverse(each.until), each.person));
    there
}

/// When somebody is there next, and who; `None` where the rota knows of nobody in the next six weeks.
pub fn next_on(rota: &Rota, at: DateTime<Utc>) -> Option<(DateTime<Utc>, Vec<PersonId>)> {
    let window = Span { from: at, to: at + AHEAD };
    let from = desk_spans(rota, window).into_iter().find(|span| span.to > at)?.from;
    Some((from, on_duty(rota, from).into_iter().map(|each| each.person).collect()))
}

/// The shifts that run at a moment, the one that ends first first, with when each person is back.
pub fn shift_ends(rota: &Rota, at: DateTime<Utc>) -> Vec<ShiftEnd> {
    let window = Span { from: at - TimeDelta::days(1), to: at + AHEAD };
    let mut ends: Vec<_> = rota
        .people()
        .into_iter()
        .filter_map(|person| {
            let shifts = of_person(rota, person, window, true);
            let running = shifts.iter().position(|span| span.holds(at))?;
            let back_at = shifts.get(running + 1).map(|next| next.from);
            Some(ShiftEnd { person, ends_at: shifts[running].to, back_at })
        })
        .collect();
    ends.sort_by_key(|each| (each.ends_at, each.person));
    ends
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
