use super::*;
use crate::rota::model::Holiday;
use crate::rota::reference::{MADRID, NEW_YORK, at, beginnings, rotas, times, walk};
use chrono::Weekday;
use proptest::prelude::*;

fn shift(person: i64, weekday: Weekday, from: &str, to: &str, zone: Tz) -> Shift {
    Shift {
        id: 0,
        person: PersonId(person),
        weekday,
        times: times(from, to),
        zone,
        breaks: Vec::new(),
        from: "2026-01-01".parse().expect("day"),
        until: None,
    }
}

fn span(from: &str, to: &str) -> Span {
    Span { from: at(from), to: at(to) }
}

fn office() -> Rota {
    let mut shifts: Vec<_> = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri]
        .into_iter()
        .map(|weekday| shift(1, weekday, "09:00:00", "17:00:00", MADRID))
        .collect();
    for shift in &mut shifts {
        shift.breaks.push(times("13:00:00", "14:00:00"));
    }
    let hours = Hours {
        zone: MADRID,
        days: vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri],
        times: times("09:00:00", "18:00:00"),
        from: "2026-01-01".parse().expect("day"),
    };
    Rota { shifts, hours: vec![hours], ..Rota::default() }
}

#[test]
fn a_time_that_the_clock_skips_or_shows_twice_is_its_first_moment() {
    let local = |text: &str| text.parse::<NaiveDateTime>().expect("local");
    assert_eq!(moment(local("2026-03-29T02:30:00"), MADRID), at("2026-03-29T01:00:00Z"));
    assert_eq!(moment(local("2026-10-25T02:30:00"), MADRID), at("2026-10-25T00:30:00Z"));
    assert_eq!(moment(local("2026-03-08T02:00:00"), NEW_YORK), at("2026-03-08T07:00:00Z"));
    assert_eq!(moment(local("2026-11-01T01:15:00"), NEW_YORK), at("2026-11-01T05:15:00Z"));
    // In Samoa the whole of 30 December 2011 was skipped.
    assert_eq!(moment(local("2011-12-30T12:00:00"), Tz::Pacific__Apia), at("2011-12-30T10:00:00Z"));
}

#[test]
fn a_night_shift_is_as_long_as_the_night() {
    let night = Rota { shifts: vec![shift(1, Weekday::Sat, "22:00:00", "06:00:00", MADRID)], ..Rota::default() };
    let hours = |from, to| length(&desk_spans(&night, span(from, to))).num_hours();
    assert_eq!(hours("2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z"), 7);
    assert_eq!(hours("2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z"), 9);
    assert_eq!(hours("2026-07-04T00:00:00Z", "2026-07-06T00:00:00Z"), 8);
}

#[test]
fn a_week_has_its_gaps() {
    let mut rota = office();
    let week = week_of(at("2026-11-25T12:00:00Z"), MADRID);
    assert_eq!(week, span("2026-11-22T23:00:00Z", "2026-11-29T23:00:00Z"));
    // An hour at lunch and one in the evening, each day.
    let found = coverage(&rota, week);
    assert_eq!((found.meant, found.uncovered, found.gaps.len()), (5 * 540, 5 * 120, 10));
    assert_eq!(found.gaps[0], span("2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z"));

    // A day on which the desk is closed is not meant to be covered; one on which only Marta is free, is.
    let day = "2026-11-24".parse().expect("day");
    rota.holidays.push(Holiday { id: 1, day, person: None, name: "Feast".into() });
    assert_eq!(coverage(&rota, week).uncovered, 4 * 120);
    rota.holidays[0].person = Some(PersonId(1));
    assert_eq!(coverage(&rota, week).uncovered, 4 * 120 + 540);

    // Somebody else steps in.
    let extra = span("2026-11-24T08:00:00Z", "2026-11-24T17:00:00Z");
    let kind = ExceptionKind::Extra;
    rota.exceptions.push(Exception { id: 1, person: PersonId(2), kind, span: extra, reason: "for Marta".into() });
    assert_eq!(coverage(&rota, week).uncovered, 4 * 120);
}

#[test]
fn other_hours_take_force_on_their_day() {
    let mut rota = office();
    let later = Hours {
        times: times("09:00:00", "17:00:00"),
        from: "2026-11-25".parse().expect("day"),
        ..rota.hours[0].clone()
    };
    rota.hours.push(later);
    let found = coverage(&rota, week_of(at("2026-11-25T12:00:00Z"), MADRID));
    assert_eq!(found.meant, 2 * 540 + 3 * 480);
}

#[test]
fn who_is_on_and_who_comes_next() {
    let mut rota = office();
    rota.shifts.push(shift(2, Weekday::Wed, "16:00:00", "22:00:00", MADRID));
    let until = |text| at(text);
    let on = on_duty(&rota, at("2026-11-25T15:30:00Z"));
    assert_eq!(
        on.iter().map(|each| (each.person.0, each.until)).collect::<Vec<_>>(),
        [(2, until("2026-11-25T21:00:00Z")), (1, until("2026-11-25T16:00:00Z")),]
    );
    // In the break nobody is there, but the shift does not end.
    let lunch = at("2026-11-25T12:30:00Z");
    assert!(on_duty(&rota, lunch).is_empty());
    assert_eq!(next_on(&rota, lunch), Some((at("2026-11-25T13:00:00Z"), vec![PersonId(1)])));
    let ends = shift_ends(&rota, lunch);
    assert_eq!(
        ends,
        [ShiftEnd {
            person: PersonId(1),
            ends_at: at("2026-11-25T16:00:00Z"),
            back_at: Some(at("2026-11-26T08:00:00Z")),
        }]
    );
    assert_eq!(next_on(&Rota::default(), lunch), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn the_rota_is_what_a_walk_along_the_clock_finds(
        (begins, rota) in beginnings().prop_flat_map(|begins| (Just(begins), rotas(begins))),
    ) {
        let window = Span { from: begins, to: begins + TimeDelta::days(5) };
        let spans = desk_spans(&rota, window);
        for (minute, expected) in walk(&rota, window).into_iter().enumerate() {
            let at = begins + TimeDelta::minutes(i64::try_from(minute).expect("minute"));
            prop_assert_eq!(spans.iter().any(|span| span.holds(at)), expected, "at {}", at);
        }
        prop_assert!(spans.windows(2).all(|pair| pair[0].to < pair[1].from));
    }
}
