//! When a payout is late. Pure.

use super::payout::Payout;
use crate::payout_runs::model::State;
use crate::payouts::bank_days::bank_days_after;
use chrono::NaiveDate;

/// Bank days from sending to arriving, at the most.
const ON_ITS_WAY: u32 = 2;

/// When the money is expected, as far as anybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It is sent by this day.
    SentBy(NaiveDate),
    /// It was to be sent by then and was not; the new day, if one was promised.
    NotSentBy(NaiveDate, Option<NaiveDate>),
    /// It is there by this day.
    ThereBy(NaiveDate),
    /// It was to be there by then and is not, as far as the bank has said; the new day, if one was promised.
    NotThereBy(NaiveDate, Option<NaiveDate>),
    /// Nothing more is to come.
    Nothing,
}

impl Expected {
    /// Whether a promise was not kept.
    pub fn is_late(self) -> bool {
        matches!(self, Self::NotSentBy(..) | Self::NotThereBy(..))
    }
}

/// What is to be expected of a payout today, an accounting day.
///
/// Late is what is not sent on its pay day, or not paid two bank days after it was sent. A promise that was put off is
/// late all the same until the new day is told.
pub fn expected(payout: &Payout, today: NaiveDate) -> Expected {
    let put_off_to = payout.put_off_to.filter(|day| *day >= today);
    match payout.state {
        State::Scheduled | State::Approved | State::Held => {
            if today > payout.pay_day {
                Expected::NotSentBy(payout.pay_day, put_off_to)
            } else {
                Expected::SentBy(payout.put_off_to.map_or(payout.pay_day, |day| day.max(payout.pay_day)))
            }
        }
        State::Submitted | State::Unknown => {
            let sent_on = payout.submitted_at.map_or(payout.pay_day, |at| payout.day_of(at));
            let there_by = bank_days_after(sent_on, ON_ITS_WAY, payout.money.currency);
            if today > there_by {
                Expected::NotThereBy(there_by, put_off_to)
            } else {
                Expected::ThereBy(put_off_to.map_or(there_by, |day| day.max(there_by)))
            }
        }
        State::Paid | State::Failed | State::Returned | State::Cancelled => Expected::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::money::{Currency, Money};
    use crate::payout_methods::model::MethodKind;
    use crate::tax::model::Worked;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("day")
    }

    fn payout(state: State) -> Payout {
        Payout {
            id: 1.into(),
            money: Money::new("60".parse().expect("number"), Currency::parse("EUR").expect("code")),
            worked: Worked::plain(60.into()),
            state,
            pay_day: day("2026-04-01"),
            put_off_to: None,
            method: MethodKind::Iban,
            holder: String::new(),
            masked: String::new(),
            submitted_at: None,
            since: "2026-04-01T00:00:00Z".parse().expect("time"),
            bank_reference: None,
            code: None,
            waits_for_funds: false,
            zone: chrono_tz::Tz::UTC,
        }
    }

    #[test]
    fn what_was_not_sent_on_its_day_is_late() {
        let approved = payout(State::Approved);
        assert_eq!(expected(&approved, day("2026-04-01")), Expected::SentBy(day("2026-04-01")));
        assert_eq!(expected(&approved, day("2026-04-02")), Expected::NotSentBy(day("2026-04-01"), None));
        let put_off = Payout { put_off_to: Some(day("2026-04-07")), ..approved };
        assert_eq!(expected(&put_off, day("2026-03-30")), Expected::SentBy(day("2026-04-07")));
        let late = expected(&put_off, day("2026-04-02"));
        assert_eq!(late, Expected::NotSentBy(day("2026-04-01"), Some(day("2026-04-07"))));
        assert!(late.is_late());
        // A new day that has gone by as well is no promise any more.
        assert_eq!(expected(&put_off, day("2026-04-08")), Expected::NotSentBy(day("2026-04-01"), None));
    }

    #[test]
    fn what_was_sent_has_two_bank_days() {
        // Sent on the Wednesday before Easter: Thursday, then Tuesday.
        let sent = Payout { submitted_at: "2026-04-01T09:00:00Z".parse().ok(), ..payout(State::Submitted) };
        let at = |today| expected(&sent, day(today));
        assert_eq!(at("2026-04-01"), Expected::ThereBy(day("2026-04-07")));
        assert_eq!(at("2026-04-07"), Expected::ThereBy(day("2026-04-07")));
        assert_eq!(at("2026-04-08"), Expected::NotThereBy(day("2026-04-07"), None));
        assert_eq!(expected(&payout(State::Paid), day("2027-01-01")), Expected::Nothing);
    }
    #[test]
    fn a_new_day_counts_for_what_was_sent_as_well() {
        let sent = Payout {
            submitted_at: "2026-04-01T09:00:00Z".parse().ok(),
            put_off_to: Some(day("2026-04-10")),
            ..payout(State::Submitted)
        };
        let at = |today| expected(&sent, day(today));
        assert_eq!(at("2026-04-02"), Expected::ThereBy(day("2026-04-10")));
        assert_eq!(at("2026-04-08"), Expected::NotThereBy(day("2026-04-07"), Some(day("2026-04-10"))));
        assert_eq!(at("2026-04-11"), Expected::NotThereBy(day("2026-04-07"), None));
    }

    #[test]
    fn a_bank_s_day_is_a_day_where_the_programme_is() {
        let madrid = Payout { zone: chrono_tz::Europe::Madrid, ..payout(State::Paid) };
        // Midnight of 10 March in Madrid, still the 9th in New York and in UTC.
        assert_eq!(madrid.day_of("2026-03-09T23:00:00Z".parse().expect("time")), day("2026-03-10"));
    }
}
