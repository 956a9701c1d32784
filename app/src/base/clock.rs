//! Time is an argument: every rule gets it from here, so that a test or a demonstration can fix it.

use chrono::{DateTime, SubsecRound, Utc};

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
