//! Time is an argument: every rule gets it from here, so that a test or a demonstration can fix it.

use chrono::{DateTime, NaiveDate, NaiveTime, SubsecRound, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The first moment terms can be in force: finite, since PostgreSQL's `-infinity` has no counterpart in chrono.
pub const SINCE_EVER: DateTime<Utc> = DateTime::from_timestamp(-2_208_988_800, 0).expect("1900-01-01T00:00:00Z");

/// Where the time comes from.
#[derive(Clone, Copy, Debug, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    System,
    /// One moment, for tests and demonstrations.
    Fixed(DateTime<Utc>),
}

impl Clock {
    /// The time, to the microsecond, as PostgreSQL keeps it.
    #[allow(clippy::disallowed_methods)]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Fixed(at) => *at,
        }
    }
}

/// The first moment of a day in a time zone. Where the clocks skip midnight, the first one after it.
pub fn start_of_day(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    (0..24)
        .filter_map(|hour| zone.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?).earliest())
        .map(|start| start.with_timezone(&Utc))
        .next()
        .unwrap_or_else(|| day.and_time(NaiveTime::MIN).and_utc())
}

/// The last day of what ends at a moment: one that ends at midnight has the day before for its last.
pub fn last_day(ends_at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    (ends_at - TimeDelta::microseconds(1)).with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_where_its_clocks_say() {
        let starts = |day: &str, zone| start_of_day(day.parse().expect("day"), zone).to_rfc3339();
        assert_eq!(starts("2026-01-15", Tz::Europe__Madrid), "2026-01-14T23:00:00+00:00");
        let midnight = start_of_day("2026-01-16".parse().expect("day"), Tz::Europe__Madrid);
        assert_eq!(last_day(midnight, Tz::Europe__Madrid).to_string(), "2026-01-15");
        // In Beirut the clocks went from midnight to one.
        assert_eq!(starts("2022-03-27", Tz::Asia__Beirut), "2022-03-26T22:00:00+00:00");
    }
}
