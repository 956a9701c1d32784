//! Weeks, shares and themes. Pure.

use super::model::{Theme, Trend, Week};
use crate::disputes::model::{Kind, Reason};
use crate::rota::rules::{moment, week_from, week_of};
use crate::rota::spans::Span;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// On Monday from this hour on, by the house's clock, the mail of the week before is due.
const HOUR: u32 = 7;
/// Themes that are shown.
const THEMES: usize = 10;

/// The week in which a day lies; this one, where it has not begun or is out of any calendar's reach. `None`: this one.
pub fn week(day: Option<NaiveDate>, now: DateTime<Utc>, zone: Tz) -> Week {
    let near = day.filter(|day| (*day - now.date_naive()).num_days().abs() < 3660);
    let asked = near.map_or(now, |day| moment(day.and_time(NaiveTime::MIN), zone)).min(now);
    let whole = week_of(asked, zone);
    let monday = whole.from.with_timezone(&zone).date_naive();
    let seen = Span { from: whole.from, to: whole.to.min(now) };
    let last = week_from(monday - Days::new(7), zone);
    let before = Span { from: last.from, to: (last.from + seen.length()).min(last.to) };
    // A week that is over is compared with all of the one before, also where clocks changed in one of them.
    let before = if seen.to == whole.to { last } else { before };
    Week { monday, zone, whole, seen, before }
}

impl Week {
    /// Whether all of it has passed.
    pub fn is_over(&self) -> bool {
        self.seen.to == self.whole.to
    }

    /// Its last day.
    pub fn sunday(&self) -> NaiveDate {
        self.monday + Days::new(6)
    }
}

/// The week whose mail is due: the one before this, once it is Monday morning.
pub fn due(now: DateTime<Utc>, zone: Tz) -> Option<Week> {
    let this = week(None, now, zone);
    let morning = NaiveTime::from_hms_opt(HOUR, 0, 0)?;
    let last = this.monday - Days::new(7);
    (now >= moment(this.monday.and_time(morning), zone)).then(|| week(Some(last), now, zone))
}

/// Of what was resolved, what no owner had a hand in, in percent with one decimal; `None` where nothing was.
pub fn share((resolved, with_owner): (i64, i64)) -> Option<Decimal> {
    let alone = Decimal::from(100 * (resolved - with_owner));
    (resolved > 0).then(|| (alone / Decimal::from(resolved)).round_dp(1).normalize())
}

/// Where a number is going.
pub fn trend(now: i64, before: i64) -> Trend {
    match now.cmp(&before) {
        std::cmp::Ordering::Greater => Trend::Up,
        std::cmp::Ordering::Equal => Trend::Same,
        std::cmp::Ordering::Less => Trend::Down,
    }
}

/// Cases of one kind, offer and reason: opened in the week, and in the one before.
#[derive(Clone, Debug)]
pub struct Counted {
    /// What they are about.
    pub kind: Kind,
    /// The offer's name.
    pub offer: Option<String>,
    /// Why they were decided so; `None`: they are not.
    pub reason: Option<Reason>,
    /// In the week.
    pub now: i64,
    /// In the one before.
    pub before: i64,
}

/// The themes that this gives: each kind and offer once, the most frequent first; what nobody said this week comes last.
pub fn themes(counted: Vec<Counted>) -> Vec<Theme> {
    let mut themes: Vec<Theme> = Vec::new();
    for one in counted {
        let known = themes.iter().position(|theme| theme.kind == one.kind && theme.offer == one.offer);
        let at = known.unwrap_or_else(|| {
            themes.push(Theme { kind: one.kind, offer: one.offer, reasons: Vec::new(), now: 0, before: 0 });
            themes.len() - 1
        });
        let Some(theme) = themes.get_mut(at) else { continue };
        theme.now += one.now;
        theme.before += one.before;
        if let Some(reason) = one.reason.filter(|_| one.now > 0) {
            theme.reasons.push((reason, one.now));
        }
    }
    for theme in &mut themes {
        theme.reasons.sort_by_key(|(reason, count)| (-count, reason.as_str()));
    }
    themes.sort_by(|one, other| {
        let order = |theme: &Theme| (-theme.now, -theme.before, theme.kind.as_str(), theme.offer.clone());
        order(one).cmp(&order(other))
    });
    themes.truncate(THEMES);
    themes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("time")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("day")
    }

    #[test]
    fn a_week_runs_from_monday_to_sunday_where_the_house_is() {
        let madrid = Tz::Europe__Madrid;
        // Half past eleven on Sunday night in London is Monday in Madrid.
        let now = at("2026-11-22T23:30:00Z");
        let this = week(None, now, madrid);
        assert_eq!((this.monday, this.is_over()), (day("2026-11-23"), false));
        assert_eq!(this.seen, Span { from: at("2026-11-22T23:00:00Z"), to: now });
        assert_eq!(this.before, Span { from: at("2026-11-15T23:00:00Z"), to: at("2026-11-15T23:30:00Z") });
        let last = week(Some(day("2026-11-22")), now, madrid);
        assert_eq!((last.monday, last.sunday(), last.is_over()), (day("2026-11-16"), day("2026-11-22"), true));
        assert_eq!(last.seen, last.whole);
        assert_eq!(last.before, week_from(day("2026-11-09"), madrid));
        // What has not begun, or never will, is this one.
        for odd in ["2026-12-24", "9999-01-01", "0001-01-01"] {
            assert_eq!(week(Some(day(odd)), now, madrid), this, "{odd}");
        }
    }

    #[test]
    fn a_week_with_a_change_of_clocks_is_held_against_all_of_the_one_before() {
        let week = week(Some(day("2026-10-25")), at("2026-11-20T12:00:00Z"), Tz::Europe__Madrid);
        assert_eq!(week.whole.length().num_hours(), 169);
        assert_eq!(week.before.length().num_hours(), 168);
        assert_eq!(week.before.to, week.whole.from);
    }

    #[test]
    fn the_mail_is_due_on_monday_morning_and_all_week_after() {
        let madrid = Tz::Europe__Madrid;
        assert_eq!(due(at("2026-11-23T05:59:59Z"), madrid), None);
        for now in ["2026-11-23T06:00:00Z", "2026-11-29T22:59:59Z"] {
            let week = due(at(now), madrid).expect("due");
            assert_eq!((week.monday, week.is_over()), (day("2026-11-16"), true), "{now}");
        }
        assert_eq!(due(at("2026-11-29T23:00:00Z"), madrid), None, "the next Monday, before it is morning");
    }

    #[test]
    fn shares_have_one_decimal_and_nothing_has_none() {
        assert_eq!(share((0, 0)), None);
        assert_eq!(share((3, 1)).map(|share| share.to_string()).as_deref(), Some("66.7"));
        assert_eq!(share((10, 1)).map(|share| share.to_string()).as_deref(), Some("90"));
    }

    #[test]
    fn reasons_are_gathered_under_their_theme() {
        let one = |kind, offer: Option<&str>, reason, now, before| Counted {
            kind,
            offer: offer.map(str::to_owned),
            reason,
            now,
            before,
        };
        let found = themes(vec![
            one(Kind::PayoutLate, None, None, 1, 4),
            one(Kind::WrongAmount, Some("Plants"), Some(Reason::Goodwill), 1, 2),
            one(Kind::WrongAmount, Some("Plants"), None, 2, 0),
            one(Kind::WrongAmount, Some("Tools"), Some(Reason::Other), 0, 5),
            one(Kind::WrongAmount, Some("Plants"), Some(Reason::BookingError), 3, 0),
        ]);
        let plants = Theme {
            kind: Kind::WrongAmount,
            offer: Some("Plants".into()),
            reasons: vec![(Reason::BookingError, 3), (Reason::Goodwill, 1)],
            now: 6,
            before: 2,
        };
        assert_eq!(found[0], plants);
        let rest: Vec<_> = found[1..].iter().map(|theme| (theme.kind, theme.now, theme.before)).collect();
        assert_eq!(rest, [(Kind::PayoutLate, 1, 4), (Kind::WrongAmount, 0, 5)]);
        assert_eq!((trend(6, 2), trend(1, 4), trend(0, 0)), (Trend::Up, Trend::Down, Trend::Same));
    }

    proptest! {
        #[test]
        fn every_moment_lies_in_its_week(second in 1_600_000_000_i64..1_900_000_000) {
            let now = DateTime::from_timestamp(second, 0).expect("time");
            for zone in [Tz::UTC, Tz::Europe__London, Tz::Asia__Kathmandu, Tz::America__Los_Angeles] {
                let this = week(None, now, zone);
                prop_assert!(this.whole.holds(now) && this.seen.to == now);
                prop_assert!(this.before.to <= this.whole.from && this.before.from < this.whole.from);
                let last = week(Some(this.monday - Days::new(1)), now, zone);
                prop_assert_eq!(last.whole.to, this.whole.from);
                prop_assert!(last.is_over());
                prop_assert_eq!(due(now, zone).is_none_or(|week| week == last), true);
            }
        }
    }
}
