//! Shifts, breaks, days off, exceptions, and the hours in which somebody means to be there.

use super::spans::Span;
use crate::base::ids::PersonId;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

/// From one time of the wall's clock to another; where the second is not later, it is the next day's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The first moment of it.
    pub starts: NaiveTime,
    /// The first moment after it.
    pub ends: NaiveTime,
}

impl Times {
    /// Whether it goes over midnight; from midnight to midnight it is the whole day.
    pub fn over_midnight(&self) -> bool {
        self.ends <= self.starts
    }
}

/// What a person works every week on one weekday.
#[derive(Clone, Debug)]
pub struct Shift {
    /// Its id.
    pub id: i64,
    /// Who.
    pub person: PersonId,
    /// The day on which it begins.
    pub weekday: Weekday,
    /// By the clock on that person's wall.
    pub times: Times,
    /// Where that wall is.
    pub zone: Tz,
    /// When the person is away within the shift.
    pub breaks: Vec<Times>,
    /// The first day on which it may begin.
    pub from: NaiveDate,
    /// The last day on which it may begin.
    pub until: Option<NaiveDate>,
}

/// A day on which nobody is expected, or one person is not.
#[derive(Clone, Debug)]
pub struct Holiday {
    /// Its id.
    pub id: i64,
    /// A day of the calendar; when it begins is each shift's time zone to say.
    pub day: NaiveDate,
    /// Who is free; `None`: everybody.
    pub person: Option<PersonId>,
    /// What the day is called.
    pub name: String,
}

/// What differs from the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionKind {
    /// Away in spite of a shift.
    Away,
    /// There without a shift, on a holiday too.
    Extra,
}

impl ExceptionKind {
    /// As the database writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Extra => "extra",
        }
    }

    /// From what the database wrote or a form sent.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Away, Self::Extra].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One person away, or there, for once.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Its id.
    pub id: i64,
    /// Who.
    pub person: PersonId,
    /// Away or there.
    pub kind: ExceptionKind,
    /// When.
    pub span: Span,
    /// Why, for the house.
    pub reason: String,
}

/// The hours in which somebody means to be there, in force from a day until the next ones.
#[derive(Clone, Debug)]
pub struct Hours {
    /// Their time zone.
    pub zone: Tz,
    /// On these weekdays.
    pub days: Vec<Weekday>,
    /// From when to when.
    pub times: Times,
    /// From this day on.
    pub from: NaiveDate,
}

/// Everything that says who is there when.
#[derive(Clone, Debug, Default)]
pub struct Rota {
    /// The week.
    pub shifts: Vec<Shift>,
    /// Days off.
    pub holidays: Vec<Holiday>,
    /// What differs.
    pub exceptions: Vec<Exception>,
    /// What is meant to be covered, by the day each takes force.
    pub hours: Vec<Hours>,
}

impl Rota {
    /// Whether anybody was ever put on it. Where nobody was, promises count every hour.
    pub fn is_empty(&self) -> bool {
        self.shifts.is_empty() && self.exceptions.iter().all(|exception| exception.kind == ExceptionKind::Away)
    }

    /// Everybody on it, each once.
    pub fn people(&self) -> Vec<PersonId> {
        let mut people: Vec<_> = self.shifts.iter().map(|shift| shift.person).collect();
        people.extend(self.exceptions.iter().map(|exception| exception.person));
        people.sort_unstable();
        people.dedup();
        people
    }
}

/// Somebody who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnDuty {
    /// Who.
    pub person: PersonId,
    /// Until when, breaks aside.
    pub until: DateTime<Utc>,
}

/// How much of what was meant to be covered is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Minutes in which somebody means to be there.
    pub meant: i64,
    /// Minutes of those in which nobody is.
    pub uncovered: i64,
    /// When those are.
    pub gaps: Vec<Span>,
}

/// A shift that ends, and what it leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShiftEnd {
    /// Whose.
    pub person: PersonId,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// When the same person is there again, as far as the rota is known.
    pub back_at: Option<DateTime<Utc>>,
}
