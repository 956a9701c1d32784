//! Sums and states of packages. Pure.

use super::model::{End, Goal, Grant, Package, Progress, Purse};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

impl Purse {
    /// What can still be granted.
    pub fn left(&self) -> Decimal {
        self.budget - self.reserved - self.spent
    }
}

/// Where a grant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for an owner.
    Waiting,
    /// Nobody decided until the period was over.
    Expired,
    /// An owner said no.
    Rejected,
    /// It was granted and runs.
    Running,
    /// It ended.
    Ended(End),
}

/// Where a grant stands at a moment.
pub fn standing(grant: &Grant, now: DateTime<Utc>) -> Standing {
    match (&grant.decision, grant.end) {
        (_, Some((end, ..))) => Standing::Ended(end),
        (Some(decision), None) if decision.approved => Standing::Running,
        (Some(_), None) => Standing::Rejected,
        (None, None) if grant.package.ends_at <= now => Standing::Expired,
        (None, None) => Standing::Waiting,
    }
}

/// What is missing to the goal.
pub fn missing(package: &Package, progress: Progress) -> Decimal {
    (package.target - progress.counted).max(Decimal::ZERO)
}

/// Whole percent of the goal, 100 at most, and never 100 before it is reached.
pub fn percent(package: &Package, progress: Progress) -> u32 {
    if package.goal == Goal::Once || progress.counted >= package.target {
        return 100;
    }
    let share = progress.counted * Decimal::ONE_HUNDRED / package.target;
    share.trunc().to_u32().unwrap_or(0).min(99)
}

/// As long a time before the package began, to hold its goal against.
pub fn as_long_before(package: &Package) -> Package {
    let length = package.ends_at - package.starts_at;
    let grace = package.counts_until - package.ends_at;
    let starts_at = package.starts_at - length;
    Package {
        starts_at,
        ends_at: package.starts_at,
        counts_until: package.starts_at + grace.max(TimeDelta::zero()),
        ..package.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::money::{Currency, Money};
    use proptest::prelude::*;

    fn package(target: i64) -> Package {
        let day = |day: i64| DateTime::from_timestamp(1_293_840_000 + day * 86_400, 0).expect("2011");
        Package {
            id: 1.into(),
            name: "Spring".into(),
            goal: Goal::Sales,
            target: target.into(),
            bonus: Money::new(100.into(), Currency::parse("GBP").expect("currency")),
            starts_at: day(60),
            ends_at: day(90),
            counts_until: day(121),
            zone: chrono_tz::UTC,
        }
    }

    fn counted(counted: i64) -> Progress {
        Progress { counted: counted.into(), waits: Decimal::ZERO }
    }

    #[test]
    fn a_goal_is_whole_when_it_is_reached_and_not_before() {
        assert_eq!(percent(&package(20), counted(0)), 0);
        assert_eq!(percent(&package(20), counted(5)), 25);
        assert_eq!(percent(&package(3), counted(2)), 66);
        assert_eq!(percent(&package(1_000), counted(999)), 99);
        assert_eq!(percent(&package(20), counted(21)), 100);
        assert_eq!(percent(&Package { goal: Goal::Once, ..package(0) }, counted(0)), 100);
        assert_eq!(missing(&package(20), counted(21)), Decimal::ZERO);
        assert_eq!(missing(&package(20), counted(19)), Decimal::ONE);
    }

    #[test]
    fn before_is_as_long_and_ends_where_it_begins() {
        let (now, before) = (package(20), as_long_before(&package(20)));
        assert_eq!(before.ends_at, now.starts_at);
        assert_eq!(before.ends_at - before.starts_at, now.ends_at - now.starts_at);
        assert_eq!(before.counts_until - before.ends_at, now.counts_until - now.ends_at);
    }

    proptest! {
        #[test]
        fn whole_exactly_where_nothing_is_missing(target in 1..1_000_000_i64, so_far in 0..2_000_000_i64) {
            let (package, progress) = (package(target), counted(so_far));
            prop_assert_eq!(percent(&package, progress) == 100, missing(&package, progress).is_zero());
        }
    }
}
