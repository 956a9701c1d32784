//! Whose turn it is, and until when a case can be put off.

use super::model::{Candidate, Why};
use crate::base::ids::PersonId;
use crate::rota::rules::moment;
use chrono::{DateTime, Days, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// A case is put off for so long at most.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// Who is given a case, of those on shift: the person who had the partner's last one, where they are there and have room;
/// otherwise whoever waited longest for a turn. A case that somebody keeps is no turn, so turns stay even.
pub fn pick(on_shift: &[Candidate], former: Option<PersonId>) -> Option<(PersonId, Why)> {
    let free = || on_shift.iter().filter(|candidate| candidate.is_free());
    if let Some(former) = free().find(|candidate| Some(candidate.person) == former) {
        return Some((former.person, Why::SamePerson));
    }
    free().min_by_key(|candidate| (candidate.last_turn, candidate.person)).map(|next| (next.person, Why::Turn))
}

/// Why a case can't be put off until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UntilError {
    /// It is no day and time.
    #[error("no day and time")]
    NotATime,
    /// It is over.
    #[error("over")]
    Past,
    /// It is more than a year ahead.
    #[error("too far")]
    TooFar,
}

/// The moment that a day and time of the writer's wall clock mean.
///
/// # Errors
/// Where it can't be put off until then.
pub fn parse_until(text: &str, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>, UntilError> {
    let text = text.trim();
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"))
        .map_err(|_| UntilError::NotATime)?;
    let until = moment(local, zone);
    match until {
        until if until <= now => Err(UntilError::Past),
        until if until > now + LONGEST => Err(UntilError::TooFar),
        until => Ok(until),
    }
}

/// What the form begins with: tomorrow at nine, by the writer's clock.
pub fn tomorrow(zone: Tz, now: DateTime<Utc>) -> String {
    nine_in(1, zone, now).format("%Y-%m-%dT%H:%M").to_string()
}

/// Nine o'clock in so many days, by the writer's clock.
pub fn in_days(days: u64, zone: Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    moment(nine_in(days, zone, now), zone)
}

fn nine_in(days: u64, zone: Tz, now: DateTime<Utc>) -> NaiveDateTime {
    let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default();
    (now.with_timezone(&zone).date_naive() + Days::new(days)).and_time(nine)
}

/// Why the reason for putting a case off is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// It is blank.
    #[error("blank")]
    Blank,
    /// It is longer than is kept.
    #[error("too long")]
    TooLong,
}

/// A reason for the house.
///
/// # Errors
/// Where it is blank or has more than 500 characters.
pub fn parse_reason(text: &str) -> Result<String, ReasonError> {
    let text = text.replace(|c: char| c.is_control(), " ").trim().to_owned();
    match text.chars().count() {
        0 => Err(ReasonError::Blank),
        501.. => Err(ReasonError::TooLong),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("time")
    }

    fn candidate(person: i64, open: i64, most: Option<i64>, last_turn: Option<i64>) -> Candidate {
        Candidate { person: PersonId(person), open, most, last_turn }
    }

    #[test]
    fn whoever_waited_longest_is_next() {
        let people = [candidate(1, 0, None, Some(7)), candidate(2, 9, None, Some(3)), candidate(3, 0, None, Some(5))];
        assert_eq!(pick(&people, None), Some((PersonId(2), Why::Turn)));
        let with_new = [people[0], people[1], candidate(4, 0, None, None)];
        assert_eq!(pick(&with_new, None), Some((PersonId(4), Why::Turn)));
        assert_eq!(pick(&[], None), None);
    }

    #[test]
    fn the_same_person_keeps_a_partner_while_there_is_room() {
        let people = [candidate(1, 0, None, Some(1)), candidate(2, 3, Some(4), Some(2))];
        assert_eq!(pick(&people, Some(PersonId(2))), Some((PersonId(2), Why::SamePerson)));
        let full = [people[0], candidate(2, 4, Some(4), Some(2))];
        assert_eq!(pick(&full, Some(PersonId(2))), Some((PersonId(1), Why::Turn)));
        // Somebody who is not on shift is not among those asked.
        assert_eq!(pick(&people, Some(PersonId(9))), Some((PersonId(1), Why::Turn)));
        assert_eq!(pick(&[candidate(1, 0, Some(0), None)], None), None);
    }

    #[test]
    fn a_wall_clock_says_until_when() {
        let madrid = chrono_tz::Europe::Madrid;
        let now = at("2026-12-01T12:00:00Z");
        assert_eq!(parse_until("2026-12-02T09:00", madrid, now), Ok(at("2026-12-02T08:00:00Z")));
        assert_eq!(parse_until("2026-12-01T13:00", madrid, now), Err(UntilError::Past));
        assert_eq!(parse_until("2028-01-01T13:00", madrid, now), Err(UntilError::TooFar));
        assert_eq!(parse_until("soon", madrid, now), Err(UntilError::NotATime));
        assert_eq!(tomorrow(madrid, now), "2026-12-02T09:00");
        assert_eq!(parse_until(&tomorrow(madrid, now), madrid, now), Ok(at("2026-12-02T08:00:00Z")));
    }

    #[test]
    fn a_reason_is_a_line() {
        assert_eq!(parse_reason(" The feed\nis read tonight "), Ok("The feed is read tonight".into()));
        assert_eq!(parse_reason(" \n"), Err(ReasonError::Blank));
        assert_eq!(parse_reason(&"x".repeat(501)), Err(ReasonError::TooLong));
    }

    /// What happens at a desk.
    #[derive(Clone, Debug)]
    enum Event {
        /// A case arrives; its partner's last one was with this person.
        Arrives(Option<usize>),
        /// A person closes one of theirs.
        Closes(usize),
        /// A person comes on shift, or goes.
        Shift(usize),
        /// A lead sets a limit.
        Limit(usize, Option<i64>),
    }

    fn event(people: usize) -> impl Strategy<Value = Event> {
        prop_oneof![
            6 => prop::option::weighted(0.3, 0..people).prop_map(Event::Arrives),
            2 => (0..people).prop_map(Event::Closes),
            1 => (0..people).prop_map(Event::Shift),
            1 => (0..people, prop::option::of(0_i64..6)).prop_map(|(who, most)| Event::Limit(who, most)),
        ]
    }

    proptest! {
        #[test]
        fn turns_are_even_limits_hold_and_only_those_on_shift_are_given_any(
            events in prop::collection::vec(event(5), 1..200), start in prop::collection::vec(any::<bool>(), 5),
        ) {
            let mut people: Vec<_> = (0..5).map(|who| candidate(who, 0, None, None)).collect();
            let mut on = start;
            // Turns of each pair since one of the two last could not be given any.
            let mut since = [[0_i64; 5]; 5];
            let mut turns = 0;
            for event in events {
                match event {
                    Event::Arrives(former) => {
                        let there: Vec<_> = people.iter().zip(&on).filter(|(_, on)| **on).map(|(who, _)| *who).collect();
                        let could = |who: usize| on[who] && people[who].is_free();
                        let former = former.map(|who| PersonId(i64::try_from(who).expect("small")));
                        let Some((person, why)) = pick(&there, former) else {
                            prop_assert!((0..5).all(|who| !could(who)), "somebody was free");
                            continue;
                        };
                        let given = usize::try_from(person.0).expect("small");
                        prop_assert!(could(given), "not on shift, or over the limit");
                        if why == Why::Turn {
                            prop_assert!(former.is_none_or(|who| !could(usize::try_from(who.0).expect("small"))));
                            turns += 1;
                            people[given].last_turn = Some(turns);
                            for turns in &mut since[given] {
                                *turns += 1;
                            }
                        }
                        people[given].open += 1;
                        prop_assert!(people[given].most.is_none_or(|most| people[given].open <= most));
                    }
                    Event::Closes(who) => people[who].open = (people[who].open - 1).max(0),
                    Event::Shift(who) => on[who] = !on[who],
                    Event::Limit(who, most) => people[who].most = most,
                }
                for one in 0..5 {
                    for other in 0..5 {
                        let both = on[one] && on[other] && people[one].is_free() && people[other].is_free();
                        if !both {
                            (since[one][other], since[other][one]) = (0, 0);
                        }
                        prop_assert!((since[one][other] - since[other][one]).abs() <= 1, "two more than another");
                    }
                }
            }
        }
    }
}
