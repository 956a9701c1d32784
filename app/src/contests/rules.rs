//! What a contest asks for. Pure.

use super::model::Outcome;
use crate::base::actor::Role;
use crate::base::clock::start_of_day;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

/// The longest contest, in days.
pub const LONGEST_DAYS: i64 = 366;
/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 2_000;

/// What is wrong with the last day of a contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayError {
    /// Not a day.
    NoDay,
    /// Over already.
    Past,
    /// More than [`LONGEST_DAYS`] ahead.
    TooFar,
}

/// The first moment after a last day, as typed (`2011-05-31`), in the programme's time zone.
///
/// # Errors
/// What is wrong with it.
pub fn parse_last_day(text: &str, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>, DayError> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| DayError::NoDay)?;
    let ends_at = start_of_day(day.checked_add_days(Days::new(1)).ok_or(DayError::TooFar)?, zone);
    if ends_at <= now {
        return Err(DayError::Past);
    }
    if ends_at > now + TimeDelta::days(LONGEST_DAYS) {
        return Err(DayError::TooFar);
    }
    Ok(ends_at)
}

/// Whether a role may end a contest so: everybody of the desk lets go, only leads and owners take a commission back.
pub fn may_end(role: Role, outcome: Outcome) -> bool {
    match outcome {
        Outcome::LetGo => matches!(role, Role::Agent | Role::Lead | Role::Owner),
        Outcome::Rejected => matches!(role, Role::Lead | Role::Owner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contest_lasts_until_the_end_of_its_last_day() {
        let now: DateTime<Utc> = "2011-05-02T08:00:00Z".parse().expect("time");
        let day = |text| parse_last_day(text, Tz::Europe__Madrid, now).map(|at| at.to_rfc3339());
        assert_eq!(day(" 2011-05-02 "), Ok("2011-05-02T22:00:00+00:00".into()));
        assert_eq!(day("2011-05-01"), Err(DayError::Past));
        assert_eq!(day("2012-05-02"), Err(DayError::TooFar));
        assert_eq!(day("2012-05-01"), Ok("2012-05-01T22:00:00+00:00".into()));
        assert_eq!(day("31.05.2011"), Err(DayError::NoDay));
        assert_eq!(day("+262142-12-31"), Err(DayError::TooFar));
    }

    #[test]
    fn only_leads_and_owners_take_a_commission_back() {
        let who = |outcome| {
            [Role::Auditor, Role::Agent, Role::Lead, Role::Finance, Role::Owner]
                .into_iter()
                .filter(|role| may_end(*role, outcome))
                .collect::<Vec<_>>()
        };
        assert_eq!(who(Outcome::LetGo), [Role::Agent, Role::Lead, Role::Owner]);
        assert_eq!(who(Outcome::Rejected), [Role::Lead, Role::Owner]);
    }
}
