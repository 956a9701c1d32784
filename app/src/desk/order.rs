//! The order of the queue: what presses on a case adds up to a score, and the heaviest part is the reason that is shown.
//!
//! A score is in seconds, as if the partner had waited that long. Waiting alone grows without end; every other part is
//! bounded, so whoever waits [`MOST_AHEAD`] longer comes first whatever else presses on the others: nobody starves.
//!
//! What presses grows by steps and not from second to second. So between two steps the order of all cases stays as it is,
//! and a case's place in it, [`place`], is kept in its row: the moment from which it would have waited, had it waited alone.
//! `hours_ahead`, `case_place` and `case_step` of the database count the same.

use crate::base::ids::CaseId;
use crate::clocks::model::Clock;
use crate::disputes::model::Stage;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::cmp::Reverse;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// How long before a deadline it begins to press, and what it adds then.
const SOON: i64 = 4 * HOUR;
/// What a deadline adds once it is past, and besides the whole days it is past, up to a limit.
const OVERDUE: i64 = 2 * DAY;
const MOST_LATE: i64 = 3 * DAY;
/// What a late payout adds on its first day, and as much again for each whole day since, up to a limit.
const PAYOUT_LATE: i64 = 6 * HOUR;
const MOST_PAYOUT_LATE: i64 = 36 * HOUR;
/// What is added for each minimum payout that is at stake, up to a limit.
const STAKE: i64 = HOUR;
const MOST_STAKE: i64 = 12 * HOUR;
/// What first money adds: the smaller the sum, the greater the worry.
const FIRST_MONEY: i64 = 12 * HOUR;
const SMALLEST_FIRST_MONEY: i64 = 24 * HOUR;
/// Who was answered, and is promised the next word, waits a day before it counts.
const ANSWERED: i64 = DAY;

/// By how much one case may come before another that waits longer.
pub const MOST_AHEAD: TimeDelta =
    TimeDelta::seconds(OVERDUE + MOST_LATE + MOST_PAYOUT_LATE + MOST_STAKE + SMALLEST_FIRST_MONEY + ANSWERED);

/// Since when a partner waits for the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Nobody answered what they wrote first at this moment.
    Unanswered(DateTime<Utc>),
    /// They were answered at this moment and are promised more.
    Answered(DateTime<Utc>),
}

/// A partner who was never paid and has little: first money panics first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstMoney {
    /// What they have coming, in the programme's currency.
    pub owed: Decimal,
    /// Their minimum payout, above zero.
    pub minimum: Decimal,
}

impl FirstMoney {
    /// Whether a partner waits for first money: nothing was ever paid, there is something, and it is at most twice the
    /// minimum.
    pub fn of(paid: Decimal, owed: Decimal, minimum: Option<Decimal>) -> Option<Self> {
        let minimum = minimum.filter(|minimum| *minimum > Decimal::ZERO)?;
        (paid.is_zero() && owed > Decimal::ZERO && owed <= Decimal::TWO * minimum).then_some(Self { owed, minimum })
    }
}

/// What makes a case urgent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Since when the partner waits; `None` where nobody waits for the house.
    pub waits: Option<Waits>,
    /// The clock that runs out first, and when.
    pub due: Option<(Clock, DateTime<Utc>)>,
    /// The pay day of a payout that should have been on its way.
    pub payout_late: Option<DateTime<Utc>>,
    /// How many minimum payouts are at stake.
    pub stake: Option<Decimal>,
    /// Whether it is about first money.
    pub first_money: Option<FirstMoney>,
}

/// Why a case stands where it does: the heaviest part, with its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A clock ran out.
    Overdue(Clock, TimeDelta),
    /// A clock runs out soon.
    DueSoon(Clock, TimeDelta),
    /// A payout is late.
    PayoutLate(TimeDelta),
    /// First money, and waiting.
    FirstMoney(FirstMoney),
    /// So many minimum payouts are at stake.
    Stake(Decimal),
    /// Waiting for an answer.
    Waiting(TimeDelta),
    /// Answered; the next word is promised.
    Promised,
    /// Nobody waits for the house.
    Nothing,
}

/// How urgent a case is, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Urgency {
    /// In seconds, as if the partner had waited that long; `None` where nobody waits for the house.
    pub score: Option<i64>,
    /// To be shown with it.
    pub why: Why,
}

/// Who waits: nobody answered the partner, or the house has said something and works on the rest.
pub fn waits(stage: Stage, unanswered_since: Option<DateTime<Utc>>, last_word: Option<DateTime<Utc>>) -> Option<Waits> {
    match (stage, unanswered_since) {
        (Stage::Closed, _) => None,
        (_, Some(since)) => Some(Waits::Unanswered(since)),
        (Stage::Received | Stage::InReview, None) => last_word.map(Waits::Answered),
        (Stage::AnswerNeeded | Stage::Decided, None) => None,
    }
}

/// How many minimum payouts an amount is; one that can't be told counts for nothing.
pub fn stake_of(amount: Option<Decimal>, minimum: Option<Decimal>) -> Option<Decimal> {
    let minimum = minimum.filter(|minimum| *minimum > Decimal::ZERO)?;
    amount.filter(|amount| *amount > Decimal::ZERO)?.checked_div(minimum)
}

/// How urgent a case is at a moment.
pub fn urgency(pressure: &Pressure, now: DateTime<Utc>) -> Urgency {
    let Some(waits) = pressure.waits else { return Urgency { score: None, why: Why::Nothing } };
    let (waited, waiting) = match waits {
        Waits::Unanswered(since) => {
            let waited = (now - since).max(TimeDelta::zero());
            (waited.num_seconds(), Why::Waiting(waited))
        }
        Waits::Answered(since) => ((now - since).max(TimeDelta::zero()).num_seconds() - ANSWERED, Why::Promised),
    };
    let parts = [
        pressure.due.map(|(clock, at)| due(clock, at, now)),
        pressure.payout_late.map(|pay_day| payout_late(pay_day, now)),
        pressure.first_money.map(|money| (first_money(money), Why::FirstMoney(money))),
        pressure.stake.map(|minimums| (stake(minimums), Why::Stake(minimums))),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().filter(|(weight, _)| *weight > 0).collect();
    let score = waited + parts.iter().map(|(weight, _)| weight).sum::<i64>();
    let heaviest = parts.into_iter().rev().max_by_key(|(weight, _)| *weight);
    // A clock that ran out is named before everything else.
    let why = match heaviest {
        _ if pressure.due.is_some_and(|(_, at)| at <= now) => pressure.due.map(|(clock, at)| due(clock, at, now).1),
        Some((weight, why)) if weight >= waited => Some(why),
        _ => None,
    };
    Urgency { score: Some(score), why: why.unwrap_or(waiting) }
}

/// The moment from which a case waits, moved ahead by what does not change with time. The smallest comes first.
pub fn standing(pressure: &Pressure) -> Option<DateTime<Utc>> {
    let since = match pressure.waits? {
        Waits::Unanswered(since) => since,
        Waits::Answered(since) => since + TimeDelta::seconds(ANSWERED),
    };
    let ahead = pressure.first_money.map_or(0, first_money) + pressure.stake.map_or(0, stake);
    Some(since - TimeDelta::seconds(ahead))
}

/// Where a case stands at a moment: the smallest comes first. `None` where nobody waits for the house.
pub fn place(pressure: &Pressure, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let due = pressure.due.map_or(0, |(clock, at)| due(clock, at, now).0);
    let late = pressure.payout_late.map_or(0, |pay_day| payout_late(pay_day, now).0);
    Some(standing(pressure)? - TimeDelta::seconds(due + late))
}

/// Sorts lines: the highest score first, of equals the lowest number; those for whom nobody waits come last.
pub fn key(urgency: &Urgency, case: CaseId) -> (Reverse<Option<i64>>, CaseId) {
    (Reverse(urgency.score), case)
}

fn due(clock: Clock, at: DateTime<Utc>, now: DateTime<Utc>) -> (i64, Why) {
    let late = now - at;
    if late >= TimeDelta::zero() {
        (OVERDUE + whole_days(late).min(MOST_LATE), Why::Overdue(clock, late))
    } else {
        (if late >= TimeDelta::seconds(-SOON) { SOON } else { 0 }, Why::DueSoon(clock, -late))
    }
}

fn payout_late(pay_day: DateTime<Utc>, now: DateTime<Utc>) -> (i64, Why) {
    let late = now - pay_day;
    let weight = if late >= TimeDelta::zero() { PAYOUT_LATE + whole_days(late) / DAY * PAYOUT_LATE } else { 0 };
    (weight.min(MOST_PAYOUT_LATE), Why::PayoutLate(late.max(TimeDelta::zero())))
}

fn whole_days(time: TimeDelta) -> i64 {
    time.num_days() * DAY
}

fn first_money(money: FirstMoney) -> i64 {
    let share = (money.owed / (Decimal::TWO * money.minimum)).clamp(Decimal::ZERO, Decimal::ONE);
    let less = share * Decimal::from(SMALLEST_FIRST_MONEY - FIRST_MONEY);
    SMALLEST_FIRST_MONEY - less.to_i64().unwrap_or(0)
}

fn stake(minimums: Decimal) -> i64 {
    let most = Decimal::from(MOST_STAKE / STAKE);
    (minimums.clamp(Decimal::ZERO, most) * Decimal::from(STAKE)).to_i64().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WEEK: i64 = 7 * DAY;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).expect("time")
    }

    fn money(owed: i64) -> FirstMoney {
        FirstMoney { owed: Decimal::from(owed), minimum: Decimal::from(50) }
    }

    #[test]
    fn the_reason_is_the_heaviest() {
        let waiting = Pressure { waits: Some(Waits::Unanswered(at(0))), ..Pressure::default() };
        assert_eq!(urgency(&waiting, at(90)).why, Why::Waiting(TimeDelta::seconds(90)));
        let first = Pressure { first_money: Some(money(50)), stake: Some(Decimal::ONE), ..waiting };
        assert_eq!(urgency(&first, at(90)).why, Why::FirstMoney(money(50)));
        assert_eq!(urgency(&first, at(90)).score, Some(90 + 18 * HOUR + HOUR));
        assert_eq!(urgency(&first, at(2 * DAY)).why, Why::Waiting(TimeDelta::days(2)));
        let due = Pressure { due: Some((Clock::FirstReply, at(HOUR))), ..first };
        assert_eq!(urgency(&due, at(2 * HOUR)).why, Why::Overdue(Clock::FirstReply, TimeDelta::hours(1)));
        let late = Pressure { payout_late: Some(at(-3 * DAY)), ..waiting };
        assert_eq!(urgency(&late, at(0)).why, Why::PayoutLate(TimeDelta::days(3)));
        let promised = Pressure { waits: Some(Waits::Answered(at(0))), ..Pressure::default() };
        assert_eq!(urgency(&promised, at(60)).why, Why::Promised);
        assert_eq!(urgency(&Pressure::default(), at(0)), Urgency { score: None, why: Why::Nothing });
    }

    #[test]
    fn first_money_is_small_and_never_paid() {
        let of = |paid: &str, owed: &str, minimum| {
            FirstMoney::of(paid.parse().expect("paid"), owed.parse().expect("owed"), minimum).is_some()
        };
        let minimum = Some(Decimal::from(50));
        assert!(of("0", "50.10", minimum));
        assert!(!of("10", "50.10", minimum));
        assert!(!of("0", "100.01", minimum));
        assert!(!of("0", "0", minimum));
        assert!(!of("0", "1", None));
        assert!(!of("0", "1", Some(Decimal::ZERO)));
    }

    fn pressures() -> impl Strategy<Value = Pressure> {
        let waits = (any::<bool>(), -4 * WEEK..0).prop_map(|(answered, since)| {
            if answered { Waits::Answered(at(since)) } else { Waits::Unanswered(at(since)) }
        });
        let due = (0_usize..3, -2 * WEEK..2 * WEEK).prop_map(|(clock, due)| (Clock::ALL[clock], at(due)));
        (
            prop::option::weighted(0.9, waits),
            prop::option::of(due),
            prop::option::of((-2 * WEEK..0).prop_map(at)),
            prop::option::of((0_i64..5000).prop_map(|stake| Decimal::new(stake, 2))),
            prop::option::of((1_i64..=100).prop_map(money)),
        )
            .prop_map(|(waits, due, payout_late, stake, first_money)| Pressure {
                waits,
                due,
                payout_late,
                stake,
                first_money,
            })
    }

    fn since(pressure: &Pressure) -> Option<DateTime<Utc>> {
        pressure.waits.map(|(Waits::Unanswered(since) | Waits::Answered(since))| since)
    }

    fn score(pressure: &Pressure) -> Option<i64> {
        urgency(pressure, at(0)).score
    }

    proptest! {
        #[test]
        fn the_order_is_total(all in prop::collection::vec(pressures(), 2..30)) {
            let keys: Vec<_> = all.iter().enumerate()
                .map(|(id, pressure)| key(&urgency(pressure, at(0)), CaseId(i64::try_from(id / 2).expect("id"))))
                .collect();
            let ids: Vec<_> = all.iter().enumerate()
                .map(|(id, pressure)| key(&urgency(pressure, at(0)), CaseId(i64::try_from(id).expect("id"))))
                .collect();
            for (one, other) in ids.iter().zip(ids.iter().skip(1)) {
                prop_assert_ne!(one, other, "no two lines are equal");
            }
            for one in &keys {
                for other in &keys {
                    prop_assert_eq!(one.cmp(other), other.cmp(one).reverse());
                }
            }
            let mut sorted = ids.clone();
            sorted.sort();
            sorted.reverse();
            let mut again = ids;
            again.reverse();
            again.sort();
            sorted.reverse();
            prop_assert_eq!(sorted, again, "however they came in, they stand the same");
        }

        #[test]
        fn nobody_starves(old in pressures(), new in pressures()) {
            if let (Some(old_since), Some(new_since)) = (since(&old), since(&new)) && old_since + MOST_AHEAD < new_since {
                prop_assert!(score(&old) > score(&new));
            }
        }

        #[test]
        fn nobody_sinks_while_time_goes_by(pressure in pressures(), first in 0_i64..WEEK, then in 0_i64..WEEK) {
            let (early, late) = (urgency(&pressure, at(first)).score, urgency(&pressure, at(first + then)).score);
            prop_assert!(late >= early.map(|early| early + then));
        }

        #[test]
        fn each_part_presses_one_way(pressure in pressures(), by in 1_i64..WEEK) {
            let earlier = |at: DateTime<Utc>| at - TimeDelta::seconds(by);
            let longer = Pressure {
                waits: pressure.waits.map(|waits| match waits {
                    Waits::Unanswered(since) => Waits::Unanswered(earlier(since)),
                    Waits::Answered(since) => Waits::Answered(earlier(since)),
                }),
                ..pressure
            };
            prop_assert!(pressure.waits.is_none() || score(&longer) > score(&pressure));
            let sooner = Pressure { due: pressure.due.map(|(clock, at)| (clock, earlier(at))), ..pressure };
            prop_assert!(score(&sooner) >= score(&pressure));
            let later_paid = Pressure { payout_late: pressure.payout_late.map(earlier), ..pressure };
            prop_assert!(score(&later_paid) >= score(&pressure));
            let more = Pressure { stake: pressure.stake.map(|stake| stake + Decimal::new(by, 3)), ..pressure };
            prop_assert!(score(&more) >= score(&pressure));
            let smaller = Pressure {
                first_money: pressure.first_money.map(|money| FirstMoney { owed: money.owed / Decimal::from(by + 1), ..money }),
                ..pressure
            };
            prop_assert!(score(&smaller) >= score(&pressure));
            // And whatever presses at all does not take away.
            for without in [
                Pressure { due: None, ..pressure },
                Pressure { payout_late: None, ..pressure },
                Pressure { stake: None, ..pressure },
                Pressure { first_money: None, ..pressure },
            ] {
                prop_assert!(score(&without) <= score(&pressure));
            }
        }

        #[test]
        fn the_place_orders_as_the_score_does(one in pressures(), other in pressures(), now in 0..WEEK) {
            let (now, score) = (at(now), |pressure: &Pressure| urgency(pressure, at(now)).score);
            if let (Some(first), Some(second)) = (place(&one, now), place(&other, now)) {
                prop_assert_eq!(first.cmp(&second), score(&other).cmp(&score(&one)));
            }
            prop_assert_eq!(place(&one, now).is_none(), score(&one).is_none());
        }

        #[test]
        fn the_standing_orders_as_the_score_does_where_time_changes_nothing(one in pressures(), other in pressures()) {
            let still = |pressure: Pressure| Pressure { due: None, payout_late: None, ..pressure };
            let (one, other) = (still(one), still(other));
            if let (Some(first), Some(second)) = (standing(&one), standing(&other)) {
                prop_assert_eq!(first.cmp(&second), score(&other).cmp(&score(&one)));
            }
        }
    }
}
