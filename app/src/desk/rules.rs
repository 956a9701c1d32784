//! Where an action takes a case, and what a commission should have been.

use super::model::{Booked, Cause, Replay, ReplayLine, TakenBack};
use crate::base::money::Currency;
use crate::commissions::model::{Inputs, Rate};
use crate::commissions::rules::commission_left;
use crate::disputes::model::Stage;
use rust_decimal::Decimal;

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
    use chrono::{DateTime, Utc};
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

    proptest! {
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
