//! The rota once more, slowly: a walk along the wall's clock, minute by minute. Tests hold the rules against it.

use super::model::{Exception, ExceptionKind, Holiday, Rota, Shift, Times};
use super::spans::Span;
use crate::base::ids::PersonId;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use std::collections::BTreeMap;

pub const MADRID: Tz = Tz::Europe__Madrid;
pub const NEW_YORK: Tz = Tz::America__New_York;

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("time")
}

pub fn time(text: &str) -> NaiveTime {
    text.parse().expect("time")
}

pub fn times(starts: &str, ends: &str) -> Times {
    Times { starts: time(starts), ends: time(ends) }
}

/// For each minute of a window, whether anybody is there.
pub fn walk(rota: &Rota, window: Span) -> Vec<bool> {
    let mut shown: BTreeMap<&str, (Tz, NaiveDateTime)> =
        rota.shifts.iter().map(|shift| (shift.zone.name(), (shift.zone, NaiveDateTime::MIN))).collect();
    let mut minute = window.from - TimeDelta::hours(6);
    let mut there = Vec::new();
    while minute < window.to {
        // A clock that is set back has shown the hour before: what counts is the furthest it has come.
        for (zone, furthest) in shown.values_mut() {
            *furthest = minute.with_timezone(zone).naive_local().max(*furthest);
        }
        if minute >= window.from {
            let excepted = |person: PersonId, wanted: ExceptionKind| {
                rota.exceptions
                    .iter()
                    .any(|each| each.person == person && each.kind == wanted && each.span.holds(minute))
            };
            let on_shift = rota.shifts.iter().any(|shift| {
                works(rota, shift, shown[shift.zone.name()].1) && !excepted(shift.person, ExceptionKind::Away)
            });
            there.push(on_shift || rota.people().into_iter().any(|person| excepted(person, ExceptionKind::Extra)));
        }
        minute += TimeDelta::minutes(1);
    }
    there
}

fn works(rota: &Rota, shift: &Shift, shown: NaiveDateTime) -> bool {
    let today = shown.date();
    // Most minutes are of another weekday.
    if ![today, today - Days::new(1)].iter().any(|day| day.weekday() == shift.weekday) {
        return false;
    }
    let off =
        rota.holidays.iter().any(|off| off.day == today && off.person.is_none_or(|person| person == shift.person));
    [today, today - Days::new(1)].into_iter().any(|day| {
        let begins =
            day.weekday() == shift.weekday && shift.from <= day && shift.until.is_none_or(|until| day <= until);
        let paused = shift.breaks.iter().any(|pause| {
            let day = if pause.starts < shift.times.starts { day + Days::new(1) } else { day };
            shows(day, *pause, shown)
        });
        begins && !off && !paused && shows(day, shift.times, shown)
    })
}

fn shows(day: NaiveDate, times: Times, shown: NaiveDateTime) -> bool {
    let last = if times.ends <= times.starts { day + Days::new(1) } else { day };
    day.and_time(times.starts) <= shown && shown < last.and_time(times.ends)
}

/// The four days around which clocks change, and one on which they do not.
pub fn beginnings() -> impl Strategy<Value = DateTime<Utc>> {
    prop::sample::select(vec![
        at("2026-03-27T00:00:00Z"),
        at("2026-10-23T00:00:00Z"),
        at("2026-03-06T00:00:00Z"),
        at("2026-10-30T00:00:00Z"),
        at("2026-07-03T00:00:00Z"),
    ])
}

fn a_time() -> impl Strategy<Value = NaiveTime> {
    // Half of them in the hours in which clocks change.
    let minutes = prop_oneof![0_u32..96, 0_u32..20];
    minutes.prop_map(|quarter| NaiveTime::from_hms_opt(quarter / 4, quarter % 4 * 15, 0).expect("time"))
}

fn a_shift(begins: DateTime<Utc>) -> impl Strategy<Value = Shift> {
    (
        1_i64..4,
        0_u8..7,
        a_time(),
        a_time(),
        any::<bool>(),
        prop::option::of((0_i64..80, 1_i64..8)),
        -3_i64..3,
        0_i64..14,
    )
        .prop_map(move |(person, weekday, starts, ends, madrid, pause, from, until)| {
            let times = Times { starts, ends };
            let long = (ends - starts).num_minutes().rem_euclid(1440);
            let long = if long == 0 { 1440 } else { long };
            let pause = pause.filter(|(after, _)| after * 15 < long).map(|(after, long_pause)| {
                let until = (after * 15 + long_pause * 15).min(long);
                Times { starts: starts + TimeDelta::minutes(after * 15), ends: starts + TimeDelta::minutes(until) }
            });
            let day = begins.date_naive();
            Shift {
                id: 0,
                person: PersonId(person),
                weekday: chrono::Weekday::try_from(weekday).expect("weekday"),
                times,
                zone: if madrid { MADRID } else { NEW_YORK },
                breaks: pause.into_iter().collect(),
                from: day + TimeDelta::days(from),
                until: (until > 6).then(|| day + TimeDelta::days(until - 3)),
            }
        })
}

/// A rota of a few people on both sides of the ocean, with everything a rota can have.
pub fn rotas(begins: DateTime<Utc>) -> impl Strategy<Value = Rota> {
    let holiday = (0_i64..6, prop::option::of(1_i64..4)).prop_map(move |(day, person)| Holiday {
        id: 0,
        day: begins.date_naive() + TimeDelta::days(day),
        person: person.map(PersonId),
        name: String::new(),
    });
    let exception = (1_i64..4, any::<bool>(), 0_i64..6 * 96, 1_i64..60).prop_map(move |(person, away, from, long)| {
        let from = begins + TimeDelta::minutes(from * 15);
        Exception {
            id: 0,
            person: PersonId(person),
            kind: if away { ExceptionKind::Away } else { ExceptionKind::Extra },
            span: Span { from, to: from + TimeDelta::minutes(long * 15) },
            reason: String::new(),
        }
    });
    (
        prop::collection::vec(a_shift(begins), 1..12),
        prop::collection::vec(holiday, 0..2),
        prop::collection::vec(exception, 0..3),
    )
        .prop_map(|(shifts, holidays, exceptions)| Rota { shifts, holidays, exceptions, hours: Vec::new() })
}
