//! The desk of the demonstration: two people in Madrid and one in New York, days and evenings, with gaps to close.

use super::Failure;
use app::base::db::Tx;
use app::base::ids::PersonId;
use app::rota::model::{ExceptionKind, Hours, Times};
use app::rota::rules::moment;
use app::rota::spans::Span;
use app::rota::store::{NewShifts, Pen, add_exception, add_holiday, add_shifts, set_hours};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use uuid::Uuid;

const MADRID: Tz = Tz::Europe__Madrid;
const LONDON: Tz = Tz::Europe__London;
const NEW_YORK: Tz = Tz::America__New_York;
const WORKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
const WEEKEND: [Weekday; 2] = [Weekday::Sat, Weekday::Sun];

/// Who is at the desk.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The agent, by day.
    pub marta: PersonId,
    /// The lead, in the evening.
    pub ines: PersonId,
    /// The agent of the weekend.
    pub tom: PersonId,
}

fn hour(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()
}

fn times(starts: u32, ends: u32) -> Times {
    Times { starts: hour(starts), ends: hour(ends) }
}

/// The rota, as it was written when the programme began, and what differs from it soon.
///
/// # Errors
/// When the database is away.
pub async fn write(tx: &mut Tx, desk: Desk, began: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Failure> {
    let pen = |at| Pen { by: None, at, form_key: Uuid::new_v4() };
    let first = |zone: &Tz| began.with_timezone(zone).date_naive();
    let mut week = WORKDAYS.to_vec();
    week.extend(WEEKEND);
    let hours = Hours { zone: LONDON, days: week, times: times(8, 21), from: first(&LONDON) };
    set_hours(tx, &hours, pen(began)).await?;
    for (person, weekdays, times, zone, pause) in [
        (desk.marta, WORKDAYS.to_vec(), times(9, 17), MADRID, Some(times(13, 14))),
        (desk.ines, WORKDAYS.to_vec(), times(14, 22), MADRID, Some(times(18, 19))),
        (desk.tom, WEEKEND.to_vec(), times(8, 16), NEW_YORK, None),
    ] {
        let new = NewShifts { person, weekdays, times, zone, breaks: pause.into_iter().collect(), from: first(&zone) };
        add_shifts(tx, &new, pen(began)).await?;
    }
    let today = now.with_timezone(&LONDON).date_naive();
    add_holiday(tx, next_christmas(today), None, "Christmas Day", pen(now)).await?;
    let friday = (today + Days::new(1)).iter_days().find(|day| day.weekday() == Weekday::Fri).unwrap_or(today);
    let at = |time| moment(friday.and_time(hour(time)), MADRID);
    let span = Span { from: at(9), to: at(12) };
    add_exception(tx, desk.marta, ExceptionKind::Away, span, "Dentist", pen(now)).await?;
    Ok(())
}

fn next_christmas(today: NaiveDate) -> NaiveDate {
    let of = |year| NaiveDate::from_ymd_opt(year, 12, 25).unwrap_or(today);
    let this_year = of(today.year());
    if this_year >= today { this_year } else { of(today.year() + 1) }
}
