//! How urgent a case is, where an action takes it, and what a commission should have been.

use super::model::{Booked, Cause, Pressure, Replay, ReplayLine, TakenBack, Urgency, Why};
use crate::base::money::Currency;
use crate::commissions::model::{Inputs, Rate};
use crate::commissions::rules::commission_left;
use crate::disputes::model::Stage;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

/// A broken promise counts as a day of waiting, and then each hour twice.
const OVERDUE_SECONDS: i64 = 24 * 3600;
/// Who waits for their first money panics first: that counts as half a day of waiting.
const FIRST_MONEY_SECONDS: i64 = 12 * 3600;

/// How urgent a case is. What presses adds up; the weightiest part is named. Every head start is bounded, so that
/// waiting outgrows all of them and nothing starves.
pub fn urgency(pressure: &Pressure, now: DateTime<Utc>) -> Urgency {
    let waited = pressure.waiting_since.map(|since| (now - since).max(TimeDelta::zero()).num_seconds());
    let overdue =
        pressure.promised_at.filter(|promised| *promised < now).map(|promised| (now - promised).num_seconds());
    let first_money = waited.is_some() && pressure.first_money;
    let score = waited.unwrap_or(0)
        + overdue.map_or(0, |late| OVERDUE_SECONDS + late)
        + if first_money { FIRST_MONEY_SECONDS } else { 0 };
    let why = match (overdue, waited, pressure.promised_at) {
        (Some(_), _, _) => Why::Overdue,
        (None, Some(_), _) if first_money => Why::FirstMoney,
        (None, Some(_), _) => Why::Waiting,
        (None, None, Some(_)) => Why::Promised,
        (None, None, None) => Why::Nothing,
    };
    Urgency { score, why }
}

/// Whether a partner waits for first money: nothing was ever paid, there is something, and it is at most twice the minimum.
pub fn is_first_money(paid: Decimal, owed: Decimal, minimum: Option<Decimal>) -> bool {
    paid.is_zero()
        && owed > Decimal::ZERO
        && minimum.is_some_and(|minimum| !minimum.is_zero() && owed <= Decimal::TWO * minimum)
}

/// Where a case goes when somebody takes it.
pub fn after_take(stage: Stage) -> Stage {
    match stage {
        Stage::Received => Stage::InReview,
        other => other,
    }
}

/// The steps that the time line gets when staff act: whoever acts on a case that nobody has takes it.
pub fn steps(stage: Stage, assigned: bool, after: Stage) -> Vec<Stage> {
    let takes = !assigned && stage != Stage::Closed;
    let mut steps = Vec::new();
    if takes {
        steps.push(Stage::InReview);
    }
    if after != if takes { Stage::InReview } else { stage } {
        steps.push(after);
    }
    steps
}

/// A commission from its stored inputs, event by event, beside what the ledger holds.
pub fn replay(
    rate: Rate,
    order_amount: Decimal,
    currency: Currency,
    events: &[TakenBack],
    booked: &[Booked],
) -> Replay {
    let mut inputs = Inputs { rate, order_amount, refunded: Decimal::ZERO, rejected: false };
    let mut left = commission_left(&inputs, currency);
    let earned = sum(booked, |entry| entry.kind == "accrual");
    let mut lines = vec![ReplayLine { cause: Cause::Earned, expected: left, booked: earned }];
    for event in events {
        match event.part {
            Some(part) => inputs.refunded = (inputs.refunded + part).min(order_amount),
            None => inputs.rejected = true,
        }
        let after = commission_left(&inputs, currency);
        let of_event = sum(booked, |entry| takes_back(entry) && entry.event_id.as_ref() == Some(&event.event_id));
        let cause = match event.part {
            Some(_) => Cause::Refund(event.clone()),
            None => Cause::Rejection(event.clone()),
        };
        lines.push(ReplayLine { cause, expected: after - left, booked: of_event });
        left = after;
    }
    let known = |entry: &Booked| events.iter().any(|event| entry.event_id.as_ref() == Some(&event.event_id));
    let unexplained = sum(booked, |entry| takes_back(entry) && !known(entry));
    if !unexplained.is_zero() {
        lines.push(ReplayLine { cause: Cause::Unexplained, expected: Decimal::ZERO, booked: unexplained });
    }
    Replay {
        expected: left,
        booked: lines.iter().map(|line| line.booked).sum(),
        credited: sum(booked, |entry| matches!(entry.kind.as_str(), "adjustment" | "reversal")),
        lines,
    }
}

fn takes_back(entry: &Booked) -> bool {
    !matches!(entry.kind.as_str(), "accrual" | "adjustment" | "reversal")
}

fn sum(booked: &[Booked], which: impl Fn(&Booked) -> bool) -> Decimal {
    booked.iter().filter(|entry| which(entry)).map(|entry| entry.amount).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_291_192_000 + seconds, 0).expect("time")
    }

    fn dec(text: &str) -> Decimal {
        text.parse().expect("number")
    }

    fn gbp() -> Currency {
        Currency::parse("GBP").expect("code")
    }

    #[test]
    fn the_reason_is_the_weightiest() {
        let pressure = Pressure { waiting_since: Some(at(0)), promised_at: Some(at(100)), first_money: true };
        assert_eq!(urgency(&pressure, at(200)).why, Why::Overdue);
        assert_eq!(urgency(&pressure, at(50)), Urgency { score: 50 + FIRST_MONEY_SECONDS, why: Why::FirstMoney });
        let answered = Pressure { waiting_since: None, ..pressure };
        assert_eq!(urgency(&answered, at(50)), Urgency { score: 0, why: Why::Promised });
        assert_eq!(urgency(&Pressure::default(), at(0)).why, Why::Nothing);
    }

    #[test]
    fn first_money_is_small_and_never_paid() {
        assert!(is_first_money(dec("0"), dec("50.10"), Some(dec("50"))));
        assert!(!is_first_money(dec("10"), dec("50.10"), Some(dec("50"))));
        assert!(!is_first_money(dec("0"), dec("100.01"), Some(dec("50"))));
        assert!(!is_first_money(dec("0"), dec("0"), Some(dec("50"))));
        assert!(!is_first_money(dec("0"), dec("1"), None));
    }

    #[test]
    fn whoever_acts_on_a_free_case_takes_it() {
        assert_eq!(steps(Stage::Received, false, Stage::InReview), [Stage::InReview]);
        assert_eq!(steps(Stage::Received, false, Stage::Decided), [Stage::InReview, Stage::Decided]);
        assert_eq!(steps(Stage::InReview, true, Stage::InReview), []);
        assert_eq!(steps(Stage::InReview, true, Stage::AnswerNeeded), [Stage::AnswerNeeded]);
        assert_eq!(steps(Stage::Closed, false, Stage::Closed), []);
    }

    fn refund(id: &str, part: &str) -> TakenBack {
        TakenBack { event_id: id.into(), at: at(0), part: Some(dec(part)) }
    }

    fn booked(kind: &str, event: Option<&str>, amount: &str) -> Booked {
        Booked { kind: kind.into(), event_id: event.map(Into::into), amount: dec(amount) }
    }

    #[test]
    fn a_replay_finds_what_was_booked_wrongly() {
        let events = [refund("R1", "39.12")];
        let right = [booked("accrual", Some("S1"), "11.13"), booked("refund", Some("R1"), "-3.13")];
        let replayed = replay(Rate::Percent(dec("8")), dec("139.12"), gbp(), &events, &right);
        assert_eq!((replayed.expected, replayed.booked), (dec("8.00"), dec("8.00")));
        assert!(replayed.lines.iter().all(|line| line.expected == line.booked));

        let twice = [
            right[0].clone(),
            right[1].clone(),
            booked("refund", Some("R9"), "-3.13"),
            booked("adjustment", None, "1"),
        ];
        let replayed = replay(Rate::Percent(dec("8")), dec("139.12"), gbp(), &events, &twice);
        assert_eq!((replayed.expected, replayed.booked, replayed.credited), (dec("8.00"), dec("4.87"), dec("1")));
        assert_eq!(replayed.lines.last().map(|line| &line.cause), Some(&Cause::Unexplained));
    }

    #[test]
    fn after_a_rejection_nothing_is_left() {
        let events = [TakenBack { event_id: "X".into(), at: at(0), part: None }, refund("R1", "1")];
        let replayed = replay(Rate::Fixed(dec("5")), dec("10"), gbp(), &events, &[]);
        assert_eq!(replayed.expected, Decimal::ZERO);
        assert_eq!(replayed.lines[1].expected, dec("-5.00"));
        assert_eq!(replayed.lines[2].expected, Decimal::ZERO);
    }

    fn pressures() -> impl Strategy<Value = Pressure> {
        (prop::option::of(-1_000_000_i64..0), prop::option::of(-1_000_000_i64..1_000_000), any::<bool>()).prop_map(
            |(since, promised, first_money)| Pressure {
                waiting_since: since.map(at),
                promised_at: promised.map(at),
                first_money,
            },
        )
    }

    proptest! {
        #[test]
        fn who_waits_longer_comes_first(pressure in pressures(), older in 1_i64..1_000_000) {
            prop_assume!(pressure.waiting_since.is_some());
            let longer = Pressure {
                waiting_since: pressure.waiting_since.map(|since| since - TimeDelta::seconds(older)),
                ..pressure
            };
            prop_assert!(urgency(&longer, at(0)).score > urgency(&pressure, at(0)).score);
        }

        #[test]
        fn urgency_never_falls_with_time(pressure in pressures(), first in 0_i64..1_000_000, then in 0_i64..1_000_000) {
            let (early, late) = (urgency(&pressure, at(first)), urgency(&pressure, at(first + then)));
            prop_assert!(late.score >= early.score);
            prop_assert!(pressure.waiting_since.is_none() || late.score >= early.score + then);
        }

        #[test]
        fn no_head_start_lasts(pressure in pressures(), fresh in pressures()) {
            // Whatever else presses on a new case, an old one that nobody answered overtakes it.
            prop_assume!(pressure.waiting_since.is_some());
            let fresh = Pressure { waiting_since: Some(at(0)), promised_at: fresh.promised_at.map(|_| at(86_400)), ..fresh };
            let old = Pressure { waiting_since: Some(at(-FIRST_MONEY_SECONDS - 1)), ..pressure };
            prop_assert!(urgency(&old, at(0)).score > urgency(&fresh, at(0)).score);
        }

        #[test]
        fn a_ledger_that_followed_the_rule_replays_without_difference(
            order in 1_i64..1_000_000, parts in prop::collection::vec(0_i64..300_000, 0..5), rate in 0_i64..5_000, fixed in any::<bool>(),
        ) {
            let rate = if fixed { Rate::Fixed(Decimal::new(rate, 2)) } else { Rate::Percent(Decimal::new(rate, 2)) };
            let order = Decimal::new(order, 2);
            let events: Vec<_> = parts.iter().enumerate()
                .map(|(index, part)| TakenBack { event_id: index.to_string(), at: at(0), part: Some(Decimal::new(*part, 2)) })
                .collect();
            let first = replay(rate, order, gbp(), &events, &[]);
            let ledger: Vec<_> = first.lines.iter().map(|line| match &line.cause {
                Cause::Refund(event) => Booked { kind: "refund".into(), event_id: Some(event.event_id.clone()), amount: line.expected },
                _ => Booked { kind: "accrual".into(), event_id: None, amount: line.expected },
            }).collect();
            let second = replay(rate, order, gbp(), &events, &ledger);
            prop_assert_eq!(second.expected, second.booked);
            prop_assert!(second.lines.iter().all(|line| line.expected == line.booked));
        }
    }
}
