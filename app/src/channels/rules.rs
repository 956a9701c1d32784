//! What may be written down of what was spoken. Pure.

use super::model::Speaker;
use crate::base::ids::PersonId;
use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// What was spoken longer ago than this nobody remembers word by word.
const LONGEST_AGO: TimeDelta = TimeDelta::days(7);
/// The longest name.
const LONGEST_NAME: usize = 200;

/// Why a moment can't be that of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenError {
    /// It is no moment.
    NotAMoment,
    /// It has not come yet.
    Future,
    /// It is too long ago.
    TooLongAgo,
}

/// When something was spoken, typed as local time in the reader's zone; empty for now.
///
/// # Errors
/// [`WhenError`].
pub fn parse_when(text: &str, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>, WhenError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(now);
    }
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .ok_or(WhenError::NotAMoment)?;
    // An hour that the clocks show twice: the first of them.
    let at = zone.from_local_datetime(&local).earliest().ok_or(WhenError::NotAMoment)?.with_timezone(&Utc);
    // Whoever hangs up and types finds the present minute in the field.
    if at > now + TimeDelta::minutes(1) {
        Err(WhenError::Future)
    } else if at < now - LONGEST_AGO {
        Err(WhenError::TooLongAgo)
    } else {
        Ok(at.min(now))
    }
}

/// As [`parse_when`] reads it, for a field that starts with a moment.
pub fn local_minute(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string()
}

/// Who spoke, of a form: `us`, `other` with a name, or the number of a member; `None` where it is nobody.
pub fn parse_speaker(who: &str, name: &str, members: &[(PersonId, String)]) -> Option<Speaker> {
    match who {
        "us" => Some(Speaker::Us),
        "other" => {
            let name = name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
            let name = name.collect::<Vec<_>>().join(" ");
            (!name.is_empty() && name.chars().count() <= LONGEST_NAME).then_some(Speaker::Named(name))
        }
        number => {
            let person: PersonId = number.parse().ok()?;
            let (_, name) = members.iter().find(|(member, _)| *member == person)?;
            Some(Speaker::Member(person, name.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-12-01T12:00:30Z".parse().expect("time")
    }

    #[test]
    fn a_call_was_a_while_ago_and_not_tomorrow() {
        let zone = chrono_tz::Europe::Madrid;
        let read = |text: &str| parse_when(text, zone, now());
        assert_eq!(read("2026-12-01T12:30"), Ok("2026-12-01T11:30:00Z".parse().expect("time")));
        assert_eq!(read(""), Ok(now()));
        assert_eq!(read(&local_minute(now(), zone)), Ok("2026-12-01T12:00:00Z".parse().expect("time")));
        assert_eq!(read("2026-12-01T13:05"), Err(WhenError::Future));
        assert_eq!(read("2026-11-20T13:05"), Err(WhenError::TooLongAgo));
        for wrong in ["yesterday", "2026-13-01T00:00", "2026-12-01"] {
            assert_eq!(read(wrong), Err(WhenError::NotAMoment), "{wrong}");
        }
        // On the night of the change an hour comes twice; the first is taken. One that never was is no moment.
        let autumn: DateTime<Utc> = "2026-10-25T12:00:00Z".parse().expect("time");
        assert_eq!(parse_when("2026-10-25T02:30", zone, autumn), Ok("2026-10-25T00:30:00Z".parse().expect("time")));
        let spring: DateTime<Utc> = "2026-03-29T12:00:00Z".parse().expect("time");
        assert_eq!(parse_when("2026-03-29T02:30", zone, spring), Err(WhenError::NotAMoment));
    }

    #[test]
    fn who_spoke_is_a_member_or_has_a_name() {
        let members = [(PersonId(7), "Ana Soler".to_owned())];
        let read = |who, name| parse_speaker(who, name, &members);
        assert_eq!(read("us", ""), Some(Speaker::Us));
        assert_eq!(read("7", ""), Some(Speaker::Member(PersonId(7), "Ana Soler".into())));
        assert_eq!(read("other", " Pepe\r\n Luna "), Some(Speaker::Named("Pepe Luna".into())));
        for (who, name) in [("other", "  "), ("8", ""), ("", ""), ("x", "Ana"), ("other", &"x".repeat(201))] {
            assert_eq!(read(who, name), None, "{who} {name}");
        }
    }
}
