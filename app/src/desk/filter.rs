//! Which part of the queue is asked for: read from the address, written back into it.

use super::model::View;
use crate::base::ids::{CaseId, PersonId};
use crate::disputes::model::{Kind, Stage};
use crate::earnings::filter::start_of_day;
use crate::ui::query::encode;
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use chrono_tz::Tz;

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Nobody answered the partner.
    House,
    /// They were answered, and promised more.
    Promise,
    /// The partner was asked.
    Partner,
    /// The advertiser was asked about a claim, whoever else may be awaited.
    Advertiser,
    /// It is decided, and nobody owes a word.
    Nobody,
}

impl Awaited {
    /// In the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::House, Self::Promise, Self::Partner, Self::Advertiser, Self::Nobody];

    /// As the address and the database write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Promise => "promise",
            Self::Partner => "partner",
            Self::Advertiser => "advertiser",
            Self::Nobody => "nobody",
        }
    }

    /// From an address.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|awaited| awaited.as_str() == text)
    }
}

/// Who works on a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// Nobody yet.
    Nobody,
    /// This person.
    Person(PersonId),
}

impl With {
    fn to_text(self) -> String {
        match self {
            Self::Nobody => "nobody".to_owned(),
            Self::Person(person) => person.to_string(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "nobody" => Some(Self::Nobody),
            text => text.parse().ok().map(Self::Person),
        }
    }
}

/// What narrows a view; the default narrows nothing. Days are the reader's, both included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What it is about.
    pub kind: Option<Kind>,
    /// Where it stands.
    pub stage: Option<Stage>,
    /// Who works on it.
    pub with: Option<With>,
    /// A programme's code.
    pub programme: Option<String>,
    /// A partner's code.
    pub partner: Option<String>,
    /// The language of whoever opened it: `en` or `es`.
    pub language: Option<&'static str>,
    /// Whose turn it is.
    pub awaited: Option<Awaited>,
    /// The first day on which it was opened.
    pub from: Option<NaiveDate>,
    /// The last one.
    pub to: Option<NaiveDate>,
}

/// What is wrong with a field of the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Not a day that exists, in a year between 1900 and 2200.
    NoSuchDay,
    /// The period ends before it begins.
    EndsBeforeItBegins,
    /// Not one of the choices.
    NoSuchChoice,
}

/// The languages that people read.
const LANGUAGES: [&str; 2] = ["en", "es"];

impl Filter {
    /// Reads an address by its parameters. What is wrong is left out and named, so that the rest still holds.
    pub fn parse<'a>(get: impl Fn(&str) -> Option<&'a str>) -> (Self, Vec<(&'static str, Problem)>) {
        let mut problems = Vec::new();
        let given = |name: &str| get(name).map(str::trim).filter(|text| !text.is_empty());
        let mut filter = Self {
            kind: choice(&mut problems, "kind", given("kind"), Kind::parse),
            stage: choice(&mut problems, "stage", given("stage"), Stage::parse),
            with: choice(&mut problems, "with", given("with"), With::parse),
            programme: given("programme").map(code),
            partner: given("partner").map(code),
            language: choice(&mut problems, "language", given("language"), |text| {
                LANGUAGES.into_iter().find(|language| *language == text)
            }),
            awaited: choice(&mut problems, "awaited", given("awaited"), Awaited::parse),
            from: None,
            to: None,
        };
        for (name, day) in [("from", &mut filter.from), ("to", &mut filter.to)] {
            *day = given(name).and_then(parse_day);
            if given(name).is_some() && day.is_none() {
                problems.push((name, Problem::NoSuchDay));
            }
        }
        if let (Some(from), Some(to)) = (filter.from, filter.to)
            && to < from
        {
            problems.push(("to", Problem::EndsBeforeItBegins));
            filter.to = None;
        }
        (filter, problems)
    }

    /// Name and value of each field that narrows, as an address writes them.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("kind", self.kind.map(|kind| kind.as_str().to_owned())),
            ("stage", self.stage.map(|stage| stage.as_str().to_owned())),
            ("with", self.with.map(With::to_text)),
            ("programme", self.programme.clone()),
            ("partner", self.partner.clone()),
            ("language", self.language.map(str::to_owned)),
            ("awaited", self.awaited.map(|awaited| awaited.as_str().to_owned())),
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Whether it narrows nothing.
    pub fn is_empty(&self) -> bool {
        self.fields().is_empty()
    }

    /// The same without one of its fields.
    pub fn without(&self, name: &str) -> Self {
        let fields = self.fields();
        let rest = |wanted: &str| {
            fields.iter().find(|(field, _)| *field == wanted && wanted != name).map(|(_, value)| value.as_str())
        };
        Self::parse(rest).0
    }

    /// What a view leaves to choose: whose cases it shows is the view's own word in two of them.
    pub fn within(mut self, view: View) -> Self {
        if matches!(view, View::Mine | View::Unassigned) {
            self.with = None;
        }
        if view != View::Closed && self.stage == Some(Stage::Closed) {
            self.stage = None;
        }
        self
    }

    /// The moments between which a case was opened; the second is not included.
    pub fn moments(&self, zone: Tz) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let after = self.to.and_then(|day| day.checked_add_days(Days::new(1)));
        (self.from.map(|day| start_of_day(zone, day)), after.map(|day| start_of_day(zone, day)))
    }

    /// The part of an address that asks for a view of the queue so narrowed.
    pub fn query(&self, view: View) -> String {
        self.fields().into_iter().fold(format!("view={}", view.as_str()), |mut query, (name, value)| {
            query.push('&');
            query.push_str(name);
            query.push('=');
            query.push_str(&encode(&value));
            query
        })
    }
}

/// Codes are plain and at most 64 long, so whatever is longer finds nothing either way.
fn code(text: &str) -> String {
    text.chars().take(65).collect()
}

fn choice<T>(
    problems: &mut Vec<(&'static str, Problem)>,
    name: &'static str,
    given: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let chosen = given.map(parse);
    if matches!(chosen, Some(None)) {
        problems.push((name, Problem::NoSuchChoice));
    }
    chosen.flatten()
}

fn parse_day(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (1900..=2200).contains(&day.year()).then_some(day)
}

/// A place between two lines of a list: what it is sorted by, and the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// What it is sorted by.
    pub at: DateTime<Utc>,
    /// Of equals, the case.
    pub case: CaseId,
}

impl Cursor {
    /// As the address writes it: microseconds since 1970 and the case.
    pub fn to_text(self) -> String {
        format!("{}_{}", self.at.timestamp_micros(), self.case)
    }

    /// From an address.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, case) = text.split_once('_')?;
        let at = DateTime::from_timestamp_micros(at.parse().ok()?)?;
        // What PostgreSQL can hold, with room to spare.
        (-4000..=9500).contains(&at.year()).then_some(Self { at, case: case.parse().ok()? })
    }
}

/// Where a page of a list begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// At the list's beginning.
    #[default]
    Start,
    /// After this place.
    After(Cursor),
    /// So that it ends before this place.
    Before(Cursor),
}

impl Begin {
    /// Reads `after` or `before` of an address; what can't be read begins at the beginning.
    pub fn parse<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let after = get("after").and_then(Cursor::parse).map(Self::After);
        after.or_else(|| get("before").and_then(Cursor::parse).map(Self::Before)).unwrap_or_default()
    }

    /// To be put behind another parameter of an address.
    pub fn to_query(self) -> String {
        match self {
            Self::Start => String::new(),
            Self::After(cursor) => format!("&after={}", cursor.to_text()),
            Self::Before(cursor) => format!("&before={}", cursor.to_text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(query: &[(&str, &'static str)]) -> (Filter, Vec<(&'static str, Problem)>) {
        Filter::parse(|name| query.iter().find(|(field, _)| *field == name).map(|(_, value)| *value))
    }

    #[test]
    fn an_address_says_the_same_read_back() {
        let asked = [
            ("kind", "payout_late"),
            ("stage", "in_review"),
            ("with", "nobody"),
            ("programme", "shop"),
            ("partner", "a&b=c"),
            ("language", "es"),
            ("awaited", "house"),
            ("from", "2026-11-01"),
            ("to", "2026-11-30"),
        ];
        let (filter, problems) = parse(&asked);
        assert_eq!(problems, []);
        assert_eq!(
            filter.query(View::All),
            "view=all&kind=payout_late&stage=in_review&with=nobody&programme=shop&partner=a%26b%3Dc&language=es&awaited=house&from=2026-11-01&to=2026-11-30"
        );
        for (name, _) in asked {
            let less = filter.without(name);
            assert_eq!(less.fields().len(), asked.len() - 1, "{name}");
            assert!(less.fields().iter().all(|(field, _)| *field != name));
        }
        assert_eq!(filter.clone().within(View::Unassigned).with, None);
        assert_eq!(filter.within(View::Breaching).with, Some(With::Nobody));
    }

    #[test]
    fn each_wrong_field_is_named_and_the_rest_holds() {
        let (filter, problems) =
            parse(&[("kind", "moon"), ("with", "-"), ("from", "2026-02-30"), ("stage", "decided")]);
        assert_eq!(
            problems,
            [("kind", Problem::NoSuchChoice), ("with", Problem::NoSuchChoice), ("from", Problem::NoSuchDay)]
        );
        assert_eq!(filter.fields(), [("stage", "decided".to_owned())]);
        let (_, problems) = parse(&[("from", "2026-03-02"), ("to", "2026-03-01")]);
        assert_eq!(problems, [("to", Problem::EndsBeforeItBegins)]);
    }

    proptest! {
        #[test]
        fn a_cursor_says_the_same_read_back(micros in -2_000_000_000_000_000_i64..200_000_000_000_000_000, case in 0_i64..i64::MAX) {
            let cursor = Cursor { at: DateTime::from_timestamp_micros(micros).expect("time"), case: CaseId(case) };
            prop_assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
        }

        #[test]
        fn no_address_panics(text in ".{0,30}", after in "[0-9_-]{0,40}") {
            let (filter, _) = Filter::parse(|_| Some(text.as_str()));
            let _ = (filter.moments(Tz::Asia__Kathmandu), filter.query(View::Mine));
            let _ = (Begin::parse(|_| Some(after.as_str())), Begin::parse(|_| Some(text.as_str())));
        }
    }
}
