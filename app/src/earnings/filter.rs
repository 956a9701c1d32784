//! Which commissions are asked for: read from the address, written back into it.

use super::model::{Cursor, Step};
use super::rules;
use crate::base::ids::ConversionId;
use crate::commissions::model::State;
use crate::paths;
use crate::ui::query::encode;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// A period without a start given goes back this far, today included.
const DEFAULT_DAYS: u64 = 30;

/// Which commissions are asked for. Days are the reader's, both included.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The code of one offer; empty for all.
    pub offer: String,
    /// One state, or all.
    pub state: Option<State>,
    /// Only what comes after this place in the list.
    pub before: Option<Cursor>,
}

/// What is wrong with a field of the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Not a day that exists, in a year between 1900 and 2200.
    NoSuchDay,
    /// The period ends before it begins.
    EndsBeforeItBegins,
    /// No state of that name.
    NoSuchState,
}

impl Filter {
    /// Reads an address by its parameters: `from`, `to`, `offer`, `state`, `before`. Without a period it is the last
    /// 30 days up to `today`.
    ///
    /// # Errors
    /// What is wrong, by the field's name.
    pub fn parse<'a>(
        get: impl Fn(&str) -> Option<&'a str>,
        today: NaiveDate,
    ) -> Result<Self, Vec<(&'static str, Problem)>> {
        let mut problems = Vec::new();
        let given = |name: &str| get(name).map(str::trim).filter(|text| !text.is_empty());
        let mut day = |name: &'static str, otherwise: NaiveDate| match given(name).map(parse_day) {
            None => otherwise,
            Some(Some(day)) => day,
            Some(None) => {
                problems.push((name, Problem::NoSuchDay));
                otherwise
            }
        };
        let to = day("to", today);
        let from = day("from", to.checked_sub_days(Days::new(DEFAULT_DAYS - 1)).unwrap_or(to));
        if problems.is_empty() && to < from {
            problems.push(("to", Problem::EndsBeforeItBegins));
        }
        let state = given("state").map(State::parse);
        if state == Some(None) {
            problems.push(("state", Problem::NoSuchState));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            from,
            to,
            offer: given("offer").unwrap_or_default().to_owned(),
            state: state.flatten(),
            before: given("before").and_then(Cursor::parse),
        })
    }

    /// The period as moments: from the first day's start up to, not including, the start of the day after the last.
    pub fn moments(&self, zone: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
        let after = self.to.checked_add_days(Days::new(1)).unwrap_or(self.to);
        (start_of_day(zone, self.from), start_of_day(zone, after))
    }

    /// The days or months of the chart: the day, or the first of the month, and the moments between which it lies. The
    /// first and the last month may be cut by the period.
    pub fn spans(&self, zone: Tz) -> Vec<(NaiveDate, DateTime<Utc>, DateTime<Utc>)> {
        let (from, until) = self.moments(zone);
        let step = self.step();
        let first = match step {
            Step::Day => self.from,
            Step::Month => self.from.with_day(1).unwrap_or(self.from),
        };
        let next = |day: &NaiveDate| match step {
            Step::Day => day.checked_add_days(Days::new(1)),
            Step::Month => day.checked_add_months(Months::new(1)),
        };
        std::iter::successors(Some(first), next)
            .take_while(|day| *day <= self.to)
            .map(|day| {
                let end = next(&day).map_or(until, |next| start_of_day(zone, next));
                (day, start_of_day(zone, day).max(from), end.min(until))
            })
            .collect()
    }

    /// Where the list goes on: everything before this place. On the first page that is the period's end.
    pub fn place(&self, zone: Tz) -> Cursor {
        let end = Cursor { at: self.moments(zone).1, conversion: ConversionId(i64::MIN) };
        match self.before {
            Some(cursor) if cursor.at < end.at => cursor,
            _ => end,
        }
    }

    /// What one bar of the chart stands for.
    pub fn step(&self) -> Step {
        rules::step_of(self.from, self.to)
    }

    /// The address that asks for this.
    pub fn href(&self) -> String {
        let mut href = format!("{}?from={}&to={}", paths::EARNINGS, self.from, self.to);
        if !self.offer.is_empty() {
            href.push_str("&offer=");
            href.push_str(&encode(&self.offer));
        }
        if let Some(state) = self.state {
            href.push_str("&state=");
            href.push_str(state.as_str());
        }
        if let Some(cursor) = self.before {
            href.push_str("&before=");
            href.push_str(&cursor.to_text());
        }
        href
    }

    /// The same, from another place in the list.
    pub fn at(&self, before: Option<Cursor>) -> Self {
        Self { before, ..self.clone() }
    }
}

/// A day as `<input type="date">` sends it, within the years that every part of the product can count with.
fn parse_day(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (1900..=2200).contains(&day.year()).then_some(day)
}

/// The first moment of a day. Where clocks skip midnight, the day starts when they go on.
pub fn start_of_day(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    (0..=3)
        .find_map(|hours| zone.from_local_datetime(&(midnight + TimeDelta::hours(hours))).earliest())
        .map_or_else(|| midnight.and_utc(), |start| start.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("day")
    }

    fn parse(query: &[(&'static str, &'static str)]) -> Result<Filter, Vec<(&'static str, Problem)>> {
        let get = |name: &str| query.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        Filter::parse(get, day("2011-06-01"))
    }

    #[test]
    fn without_a_period_it_is_the_last_thirty_days() {
        let filter = parse(&[]).expect("filter");
        assert_eq!((filter.from, filter.to), (day("2011-05-03"), day("2011-06-01")));
        assert_eq!(filter.step(), Step::Day);
        let filter = parse(&[("to", "2011-03-31"), ("from", "")]).expect("filter");
        assert_eq!((filter.from, filter.to), (day("2011-03-02"), day("2011-03-31")));
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert_eq!(parse(&[("from", "2011-02-30")]), Err(vec![("from", Problem::NoSuchDay)]));
        assert_eq!(parse(&[("to", "+262142-01-01")]), Err(vec![("to", Problem::NoSuchDay)]));
        assert_eq!(
            parse(&[("from", "2011-06-01"), ("to", "2011-05-01")]),
            Err(vec![("to", Problem::EndsBeforeItBegins)])
        );
        assert_eq!(parse(&[("state", "lost")]), Err(vec![("state", Problem::NoSuchState)]));
    }

    #[test]
    fn an_address_says_the_same_read_back() {
        let filter = Filter {
            from: day("2010-12-01"),
            to: day("2011-05-31"),
            offer: "a&b=c".into(),
            state: Some(State::Payable),
            before: Some(Cursor {
                at: day("2011-01-01").and_time(chrono::NaiveTime::MIN).and_utc(),
                conversion: 7.into(),
            }),
        };
        assert_eq!(
            filter.href(),
            "/earnings?from=2010-12-01&to=2011-05-31&offer=a%26b%3Dc&state=payable&before=1293840000000000_7"
        );
        let cursor = filter.before.expect("cursor");
        assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
        assert_eq!(Cursor::parse("1_2_3"), None);
        assert_eq!(Cursor::parse("99999999999999999999_1"), None);
    }

    #[test]
    fn a_day_starts_when_its_clocks_say_so() {
        // Clocks in London went forward on 27 March 2011, in Beirut at midnight.
        assert_eq!(start_of_day(Tz::Europe__London, day("2011-06-01")).to_rfc3339(), "2011-05-31T23:00:00+00:00");
        assert_eq!(start_of_day(Tz::Asia__Beirut, day("2011-03-27")).to_rfc3339(), "2011-03-26T22:00:00+00:00");
    }

    #[test]
    fn a_place_after_the_period_is_its_end() {
        let mut filter = parse(&[("from", "2011-05-01"), ("to", "2011-05-31")]).expect("filter");
        let end = filter.place(Tz::UTC);
        filter.before = Some(Cursor { at: end.at + TimeDelta::days(1), conversion: 1.into() });
        assert_eq!(filter.place(Tz::UTC), end);
    }

    #[test]
    fn a_month_is_cut_by_its_period() {
        let filter = parse(&[("from", "2011-01-15"), ("to", "2011-04-03")]).expect("filter");
        let spans = filter.spans(Tz::UTC);
        let shown: Vec<String> = spans
            .iter()
            .map(|(start, from, until)| format!("{start} {} {}", from.date_naive(), until.date_naive()))
            .collect();
        assert_eq!(
            shown,
            [
                "2011-01-01 2011-01-15 2011-02-01",
                "2011-02-01 2011-02-01 2011-03-01",
                "2011-03-01 2011-03-01 2011-04-01",
                "2011-04-01 2011-04-01 2011-04-04"
            ]
        );
    }

    proptest! {
        #[test]
        fn spans_cover_the_period_without_a_gap(start in 0_u64..80_000, length in 0_u64..1_000) {
            let from = day("1950-01-01") + Days::new(start);
            let filter = Filter { from, to: from + Days::new(length), offer: String::new(), state: None, before: None };
            for zone in [Tz::UTC, Tz::Europe__Madrid, Tz::Asia__Beirut, Tz::America__Sao_Paulo] {
                let spans = filter.spans(zone);
                let (begin, end) = filter.moments(zone);
                prop_assert_eq!(spans.first().map(|span| span.1), Some(begin));
                prop_assert_eq!(spans.last().map(|span| span.2), Some(end));
                prop_assert!(spans.windows(2).all(|pair| pair[0].2 == pair[1].1 && pair[0].1 < pair[0].2));
            }
        }

        #[test]
        fn no_address_panics(from in ".{0,12}", to in ".{0,12}", before in ".{0,24}") {
            let get = |name: &str| match name {
                "from" => Some(from.as_str()),
                "to" => Some(to.as_str()),
                "before" => Some(before.as_str()),
                _ => None,
            };
            if let Ok(filter) = Filter::parse(get, day("2011-06-01")) {
                let _ = filter.moments(Tz::Asia__Kathmandu);
                let _ = filter.place(Tz::America__New_York);
            }
        }
    }
}
