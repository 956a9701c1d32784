//! When a silent partner is reminded, and when their case is closed.

use chrono::{DateTime, TimeDelta, Utc};

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Three days after the question.
    Reminder,
    /// Seven days after it.
    LastReminder,
    /// Fourteen days after it: the case is closed.
    Closed,
    /// How was it?
    Rate,
    /// Silence of the house decided for the partner.
    SilenceDecided,
    /// Somebody else answers from now on.
    GivenAway,
}

impl Notice {
    const ALL: [Self; 6] =
        [Self::Reminder, Self::LastReminder, Self::Closed, Self::Rate, Self::SilenceDecided, Self::GivenAway];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reminder => "reminder",
            Self::LastReminder => "last_reminder",
            Self::Closed => "closed",
            Self::Rate => "rate",
            Self::SilenceDecided => "silence_decided",
            Self::GivenAway => "given_away",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.as_str() == text)
    }
}

/// The steps of a silence, with the days after the question.
const STEPS: [(Notice, i64); 3] = [(Notice::Reminder, 3), (Notice::LastReminder, 7), (Notice::Closed, 14)];

/// The next step of a silence that began with a question at `asked_at`, and when it is due; none once the case was closed.
/// A step that came late moves those after it: nobody gets two at once, or less time than was meant between them.
pub fn next(asked_at: DateTime<Utc>, told: &[(Notice, DateTime<Utc>)]) -> Option<(Notice, DateTime<Utc>)> {
    let (mut before, mut days_before) = (asked_at, 0);
    for (notice, days) in STEPS {
        let due = (asked_at + TimeDelta::days(days)).max(before + TimeDelta::days(days - days_before));
        match told.iter().find(|(told, _)| *told == notice) {
            Some((_, at)) => (before, days_before) = (*at, days),
            None => return Some((notice, due)),
        }
    }
    None
}

/// What is still ahead of a silence, each with when it is due if nothing comes late.
pub fn ahead(asked_at: DateTime<Utc>, told: &[(Notice, DateTime<Utc>)]) -> Vec<(Notice, DateTime<Utc>)> {
    let mut told = told.to_vec();
    let mut ahead = Vec::new();
    while let Some((notice, due)) = next(asked_at, &told) {
        ahead.push((notice, due));
        told.push((notice, due));
    }
    ahead
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_293_883_200, 0).expect("2011") + TimeDelta::days(day)
    }

    #[test]
    fn after_three_days_seven_and_fourteen() {
        assert_eq!(
            ahead(day(0), &[]),
            [(Notice::Reminder, day(3)), (Notice::LastReminder, day(7)), (Notice::Closed, day(14))]
        );
        let told = [(Notice::Reminder, day(3)), (Notice::LastReminder, day(7)), (Notice::Closed, day(14))];
        assert_eq!(next(day(0), &told), None);
    }

    #[test]
    fn what_came_late_moves_what_follows() {
        assert_eq!(next(day(0), &[(Notice::Reminder, day(9))]), Some((Notice::LastReminder, day(13))));
        let told = [(Notice::Reminder, day(9)), (Notice::LastReminder, day(20))];
        assert_eq!(next(day(0), &told), Some((Notice::Closed, day(27))));
    }

    proptest! {
        /// However rarely somebody looks: each is told once, in order, at most one a look, and never early.
        #[test]
        fn each_once_and_never_early(looks in prop::collection::vec(1..200_i64, 1..60)) {
            let (mut now, mut told) = (day(0), Vec::new());
            for hours in looks {
                now += TimeDelta::hours(hours);
                if let Some((notice, due)) = next(day(0), &told) && due <= now {
                    told.push((notice, now));
                }
            }
            let steps: Vec<_> = told.iter().map(|(notice, _)| *notice).collect();
            prop_assert_eq!(&steps[..], &STEPS.map(|(notice, _)| notice)[..steps.len()]);
            for ((_, at), (_, days)) in told.iter().zip(STEPS) {
                prop_assert!(*at >= day(days));
            }
            for (pair, gap) in told.windows(2).zip([4, 7]) {
                prop_assert!(pair[1].1 - pair[0].1 >= TimeDelta::days(gap));
            }
        }
    }
}
