//! When silence speaks, and what it says.

use crate::rota::spans::Span;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// The moment at which a silence that began at `deadline` has lasted so many working days: the end of the desk's last hour on
/// the last of them. A working day is one on which the desk is there, by its own clock; the day of the deadline itself does
/// not count. `None` where the known hours do not reach so far.
pub fn falls_at(deadline: DateTime<Utc>, days: i32, working: &[Span], zone: Tz) -> Option<DateTime<Utc>> {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let first = day(deadline);
    let mut counted = 0;
    let mut last: Option<(chrono::NaiveDate, DateTime<Utc>)> = None;
    for span in working.iter().filter(|span| day(span.from) > first) {
        match &mut last {
            Some((of, until)) if *of == day(span.from) => *until = span.to,
            _ if counted == days => break,
            _ => {
                counted += 1;
                last = Some((day(span.from), span.to));
            }
        }
    }
    last.filter(|_| counted == days).map(|(_, until)| until)
}

/// What silence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// The partner is right; so much is credited besides what they have provisionally.
    ForThePartner(Option<Decimal>),
    /// An owner has to say: it is over the cap.
    OverTheCap,
    /// An owner has to say: nobody knows how much it is.
    Unknown,
}

/// From what is at stake, where that is known, what of it is credited provisionally already, and the cap.
pub fn says(stake: Option<Decimal>, provisional: Decimal, cap: Decimal) -> Says {
    match stake.filter(|stake| *stake > Decimal::ZERO) {
        None => Says::Unknown,
        // What was given provisionally becomes final, so it counts as well.
        Some(stake) if stake.max(provisional) > cap => Says::OverTheCap,
        Some(stake) => Says::ForThePartner(Some(stake - provisional).filter(|rest| *rest > Decimal::ZERO)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-{text}:00Z").parse().expect("time")
    }

    fn hours(day: &str, from: &str, to: &str) -> Span {
        Span { from: at(&format!("{day}T{from}")), to: at(&format!("{day}T{to}")) }
    }

    #[test]
    fn working_days_are_those_on_which_the_desk_is_there() {
        // Thursday to Tuesday, with a break on Friday and nobody at the weekend.
        let working = [
            hours("12-03", "09:00", "17:00"),
            hours("12-04", "09:00", "13:00"),
            hours("12-04", "14:00", "16:00"),
            hours("12-07", "09:00", "17:00"),
            hours("12-08", "09:00", "17:00"),
        ];
        let falls = |days| falls_at(at("12-03T11:00"), days, &working, Tz::UTC);
        assert_eq!(falls(1), Some(at("12-04T16:00")), "the whole of Friday");
        assert_eq!(falls(2), Some(at("12-07T17:00")), "the weekend does not count");
        assert_eq!(falls(3), Some(at("12-08T17:00")));
        assert_eq!(falls(4), None, "further than the rota is known");
        assert_eq!(falls_at(at("12-05T11:00"), 1, &working, Tz::UTC), Some(at("12-07T17:00")));
    }

    #[test]
    fn the_cap_decides_who_speaks() {
        let (ten, cap) = (Decimal::TEN, Decimal::from(25));
        assert_eq!(says(Some(ten), Decimal::ZERO, cap), Says::ForThePartner(Some(ten)));
        assert_eq!(says(Some(cap), Decimal::ZERO, cap), Says::ForThePartner(Some(cap)), "up to the cap");
        assert_eq!(says(Some(cap + ten), Decimal::ZERO, cap), Says::OverTheCap);
        assert_eq!(says(Some(ten), Decimal::from(4), cap), Says::ForThePartner(Some(Decimal::from(6))));
        assert_eq!(says(Some(ten), ten, cap), Says::ForThePartner(None), "they have it all already");
        assert_eq!(says(Some(ten), cap + ten, cap), Says::OverTheCap, "what becomes final is over the cap");
        assert_eq!(says(None, Decimal::ZERO, cap), Says::Unknown);
        assert_eq!(says(Some(ten), Decimal::ZERO, Decimal::ZERO), Says::OverTheCap, "no cap, no silence");
    }

    proptest! {
        /// Whatever the partner had and gets is never more than the cap.
        #[test]
        fn never_more_than_the_cap(stake in 0..10_000_i64, given in 0..10_000_i64, cap in 0..10_000_i64) {
            let pounds = |pence| Decimal::new(pence, 2);
            if let Says::ForThePartner(credit) = says(Some(pounds(stake)), pounds(given), pounds(cap)) {
                prop_assert!(pounds(given) + credit.unwrap_or_default() <= pounds(cap));
                prop_assert!(pounds(given) + credit.unwrap_or_default() >= pounds(stake));
            }
        }
    }
}
