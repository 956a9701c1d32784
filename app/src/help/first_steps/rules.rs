//! How far a first payout is, and when it is reached at the present pace.

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

/// Earnings of so many days make the pace.
pub const PACE_DAYS: i64 = 30;
/// What lies further away is no forecast.
const FARTHEST: i64 = 3_650;

/// What a partner earns, in the programme's currency.
#[derive(Clone, Copy, Debug)]
pub struct Earned {
    /// Everything that is not paid yet and nobody contests: in hold and payable.
    pub so_far: Decimal,
    /// What of the sales of the last [`PACE_DAYS`] is left.
    pub lately: Decimal,
    /// Days since the first sale among those, that day included; at least 1, at most [`PACE_DAYS`].
    pub days: i64,
}

/// How far a first payout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Far {
    /// Enough is earned; it is paid once it has left its hold.
    Reached,
    /// So much is missing.
    Short {
        /// Above zero.
        missing: Decimal,
        /// The first day on which it is earned, if the present pace holds; `None` where there is no pace, or it takes years.
        by: Option<NaiveDate>,
    },
}

/// How far a first payout is, from the smallest balance that is paid.
pub fn far(earned: Earned, minimum: Decimal, today: NaiveDate) -> Far {
    let missing = minimum - earned.so_far;
    if missing <= Decimal::ZERO && earned.so_far > Decimal::ZERO {
        return Far::Reached;
    }
    let missing = missing.max(Decimal::ZERO);
    Far::Short { missing, by: day_reached(earned, missing, today) }
}

fn day_reached(earned: Earned, missing: Decimal, today: NaiveDate) -> Option<NaiveDate> {
    if earned.lately <= Decimal::ZERO || earned.days < 1 {
        return None;
    }
    // Multiplied first, so that nothing is lost to rounding.
    let days = missing.checked_mul(Decimal::from(earned.days))?.checked_div(earned.lately)?.ceil();
    let days = u64::try_from(days).ok().filter(|days| *days <= FARTHEST.unsigned_abs())?;
    today.checked_add_days(Days::new(days))
}

/// The days that a pace is made of: since the first sale, but not more than [`PACE_DAYS`].
pub fn pace_days(first: NaiveDate, today: NaiveDate) -> i64 {
    ((today - first).num_days() + 1).clamp(1, PACE_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        text.parse().expect("number")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("day")
    }

    fn earned(so_far: &str, lately: &str, days: i64) -> Earned {
        Earned { so_far: dec(so_far), lately: dec(lately), days }
    }

    #[test]
    fn the_pace_says_when_the_minimum_is_reached() {
        let today = day("2026-12-01");
        // 37.40 in ten days: 12.60 more take 3.37 days.
        assert_eq!(
            far(earned("37.40", "37.40", 10), dec("50"), today),
            Far::Short { missing: dec("12.60"), by: Some(day("2026-12-05")) }
        );
        assert_eq!(far(earned("50", "50", 10), dec("50"), today), Far::Reached);
        assert_eq!(far(earned("0.01", "0.01", 1), dec("0"), today), Far::Reached);
    }

    #[test]
    fn without_a_pace_there_is_no_day() {
        let today = day("2026-12-01");
        assert_eq!(far(earned("0", "0", 1), dec("50"), today), Far::Short { missing: dec("50"), by: None });
        assert_eq!(far(earned("20", "0", 30), dec("50"), today), Far::Short { missing: dec("30"), by: None });
        assert_eq!(far(earned("-5", "-5", 3), dec("50"), today), Far::Short { missing: dec("55"), by: None });
        assert_eq!(far(earned("0.01", "0.01", 30), dec("50"), today), Far::Short { missing: dec("49.99"), by: None });
        assert_eq!(far(earned("0", "0", 1), dec("0"), today), Far::Short { missing: dec("0"), by: None });
    }

    #[test]
    fn a_pace_begins_with_the_first_sale() {
        assert_eq!(pace_days(day("2026-12-01"), day("2026-12-01")), 1);
        assert_eq!(pace_days(day("2026-11-22"), day("2026-12-01")), 10);
        assert_eq!(pace_days(day("2026-01-01"), day("2026-12-01")), 30);
        assert_eq!(pace_days(day("2026-12-02"), day("2026-12-01")), 1);
    }

    proptest! {
        #[test]
        fn the_day_is_the_first_on_which_it_is_enough(
            so_far in 0_i64..10_000, lately in 1_i64..10_000, days in 1_i64..=30, minimum in 1_i64..20_000,
        ) {
            let today = day("2026-12-01");
            let figures = Earned { so_far: Decimal::new(so_far, 2), lately: Decimal::new(lately, 2), days };
            if let Far::Short { missing, by: Some(by) } = far(figures, Decimal::new(minimum, 2), today) {
                let passed = Decimal::from((by - today).num_days());
                // Counted over `days`, so that no division is needed to check.
                prop_assert!(passed * figures.lately >= missing * Decimal::from(days));
                prop_assert!((passed - Decimal::ONE) * figures.lately < missing * Decimal::from(days));
            }
        }

        #[test]
        fn earning_more_is_never_later(so_far in 0_i64..4_000, lately in 1_i64..4_000, more in 0_i64..1_000) {
            let today = day("2026-12-01");
            let by = |so_far: i64| match far(Earned { so_far: Decimal::new(so_far, 2), lately: Decimal::new(lately, 2), days: 30 }, dec("50"), today) {
                Far::Short { by, .. } => by,
                Far::Reached => Some(today),
            };
            if let (Some(later), Some(sooner)) = (by(so_far), by(so_far + more)) {
                prop_assert!(sooner <= later);
            }
        }
    }
}
