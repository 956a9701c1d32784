//! When a partner hears next, and where a case goes with each message.

use super::model::{Kind, Stage};
use crate::base::money::Currency;
use crate::commissions::model::State;
use crate::payout_runs;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

/// Hours until a partner has heard from a person.
const ANSWER_HOURS: i64 = 24;
/// A promise names a quarter of an hour.
const QUARTER: i64 = 15 * 60;
/// Days in which a case comes to its end, where no rota says more.
const END_DAYS: i64 = 7;
/// Days after which a silent partner hears again.
const REMINDER_DAYS: i64 = 3;

/// When the partner is told to have an answer: a day from now, up to the next quarter of an hour.
pub fn promise(now: DateTime<Utc>) -> DateTime<Utc> {
    let late = (now + TimeDelta::hours(ANSWER_HOURS)).timestamp();
    let quarters = late.div_euclid(QUARTER) + i64::from(late.rem_euclid(QUARTER) > 0);
    DateTime::from_timestamp(quarters * QUARTER, 0).unwrap_or(now)
}

/// When the partner is told to have a decision, where no rota says more.
pub fn end_promise(now: DateTime<Utc>) -> DateTime<Utc> {
    promise(now + TimeDelta::days(END_DAYS - 1))
}

/// When the partner hears next, once somebody takes the case: what was promised stands while it can be kept; after
/// that, what can be promised now.
pub fn promise_when_taken(promised: DateTime<Utc>, otherwise: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    if promised > now { promised } else { otherwise }
}

/// When the partner hears next, once the case stands at `stage`.
pub fn next_update(stage: Stage, now: DateTime<Utc>) -> DateTime<Utc> {
    match stage {
        Stage::AnswerNeeded => now + TimeDelta::days(REMINDER_DAYS),
        Stage::Received | Stage::InReview | Stage::Decided | Stage::Closed => promise(now),
    }
}

/// The promise that runs; none while the partner's answer is awaited, or once all is said.
pub fn running_promise(stage: Stage, next_update_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    matches!(stage, Stage::Received | Stage::InReview).then_some(next_update_at)
}

/// Where a case goes when its partner writes: nothing a partner says stays outside of review.
pub fn after_partner(stage: Stage) -> Stage {
    match stage {
        Stage::Received => Stage::Received,
        Stage::InReview | Stage::AnswerNeeded | Stage::Decided | Stage::Closed => Stage::InReview,
    }
}

/// Where a case goes when staff reply; `ask` where an answer is wanted, `decided` where there is a decision already.
pub fn after_reply(stage: Stage, ask: bool, decided: bool) -> Stage {
    match stage {
        _ if ask => Stage::AnswerNeeded,
        Stage::Closed => Stage::Closed,
        _ if decided => Stage::Decided,
        _ => Stage::InReview,
    }
}

/// Where a case goes when the last message is marked as needing no answer.
pub fn after_no_answer_needed(stage: Stage, decided: bool) -> Stage {
    match stage {
        Stage::Received | Stage::InReview if decided => Stage::Decided,
        Stage::Received => Stage::InReview,
        other => other,
    }
}

/// The kinds that fit a conversion, the likelier first.
pub fn kinds_of_conversion(state: State, refunded: Decimal) -> [Kind; 2] {
    if state == State::Reversed || !refunded.is_zero() {
        [Kind::WronglyReversed, Kind::WrongAmount]
    } else {
        [Kind::WrongAmount, Kind::WronglyReversed]
    }
}

/// The kinds that fit a payout, the likeliest first.
pub fn kinds_of_payout(state: payout_runs::model::State, is_late: bool) -> [Kind; 3] {
    use payout_runs::model::State as S;
    match state {
        S::Failed | S::Returned | S::Unknown => [Kind::PayoutFailed, Kind::PayoutLate, Kind::PayoutAmount],
        _ if is_late => [Kind::PayoutLate, Kind::PayoutAmount, Kind::PayoutFailed],
        _ => [Kind::PayoutAmount, Kind::PayoutLate, Kind::PayoutFailed],
    }
}

/// Why a typed amount is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// Not a number.
    NotANumber,
    /// Zero or less.
    NotAboveZero,
    /// More digits after the mark than the currency has.
    TooFine,
    /// More than anybody sells.
    TooLarge,
}

/// A typed amount above zero, with a point or a comma as decimal mark, in units of `currency`.
///
/// # Errors
/// Says what is wrong with it.
pub fn parse_amount(text: &str, currency: Currency) -> Result<Decimal, AmountError> {
    let text = text.trim().replace(',', ".");
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-') {
        return Err(AmountError::NotANumber);
    }
    let amount: Decimal = text.parse().map_err(|_| AmountError::NotANumber)?;
    if amount <= Decimal::ZERO {
        Err(AmountError::NotAboveZero)
    } else if amount.normalize().scale() > currency.minor_units() {
        Err(AmountError::TooFine)
    } else if amount >= Decimal::from(1_000_000_000_i64) {
        Err(AmountError::TooLarge)
    } else {
        Ok(currency.round(amount))
    }
}

/// Why a text can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Nothing but white space.
    Blank,
    /// Longer than the database keeps.
    TooLong,
}

/// The longest message.
pub const LONGEST_TEXT: usize = 20_000;

/// A text as it is kept: without white space around it.
///
/// # Errors
/// Says what is wrong with it.
pub fn parse_text(text: &str) -> Result<String, TextError> {
    // Browsers send line ends as CR LF; PostgreSQL keeps no NUL.
    let text = text.replace("\r\n", "\n").replace('\0', "");
    let text = text.trim();
    if text.is_empty() {
        Err(TextError::Blank)
    } else if text.chars().count() > LONGEST_TEXT {
        Err(TextError::TooLong)
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("time")
    }

    #[test]
    fn a_promise_is_a_day_ahead_on_a_quarter() {
        assert_eq!(promise(at(1_291_192_000)).to_rfc3339(), "2010-12-02T08:30:00+00:00");
        assert_eq!(promise(at(1_291_192_200)).to_rfc3339(), "2010-12-02T08:30:00+00:00");
    }

    #[test]
    fn what_a_partner_writes_is_never_left_out_of_review() {
        assert_eq!(after_partner(Stage::AnswerNeeded), Stage::InReview);
        assert_eq!(after_partner(Stage::Closed), Stage::InReview);
        assert_eq!(after_partner(Stage::Received), Stage::Received);
        for stage in Stage::ALL {
            assert!(running_promise(after_partner(*stage), at(0)).is_some());
        }
    }

    #[test]
    fn a_reply_moves_a_case() {
        assert_eq!(after_reply(Stage::Received, false, false), Stage::InReview);
        assert_eq!(after_reply(Stage::InReview, true, false), Stage::AnswerNeeded);
        assert_eq!(after_reply(Stage::InReview, false, true), Stage::Decided);
        assert_eq!(after_reply(Stage::Closed, false, true), Stage::Closed);
        assert_eq!(after_no_answer_needed(Stage::InReview, true), Stage::Decided);
        assert_eq!(after_no_answer_needed(Stage::Received, false), Stage::InReview);
    }

    #[test]
    fn an_amount_is_read_with_either_mark() {
        let gbp = Currency::parse("GBP").expect("code");
        assert_eq!(parse_amount(" 12,5 ", gbp).map(|a| a.to_string()), Ok("12.50".into()));
        assert_eq!(parse_amount("1.005", gbp), Err(AmountError::TooFine));
        assert_eq!(parse_amount("1,234.50", gbp), Err(AmountError::NotANumber));
        assert_eq!(parse_amount("0", gbp), Err(AmountError::NotAboveZero));
        assert_eq!(parse_amount("-3", gbp), Err(AmountError::NotAboveZero));
        assert_eq!(parse_amount("1e3", gbp), Err(AmountError::NotANumber));
        assert_eq!(parse_amount("1000000000", gbp), Err(AmountError::TooLarge));
        assert_eq!(parse_amount("", gbp), Err(AmountError::NotANumber));
    }

    #[test]
    fn a_text_is_trimmed_and_not_blank() {
        assert_eq!(parse_text(" a\r\nb\n"), Ok("a\nb".into()));
        assert_eq!(parse_text(" \r\n\t"), Err(TextError::Blank));
        assert_eq!(parse_text(&"x".repeat(LONGEST_TEXT + 1)), Err(TextError::TooLong));
    }

    proptest! {
        #[test]
        fn a_promise_is_kept_within_a_day_and_a_quarter(seconds in 0_i64..4_000_000_000) {
            let waits = promise(at(seconds)) - at(seconds);
            prop_assert!(waits >= TimeDelta::hours(ANSWER_HOURS));
            prop_assert!(waits < TimeDelta::hours(ANSWER_HOURS) + TimeDelta::seconds(QUARTER));
        }

        #[test]
        fn taking_a_case_never_moves_a_promise_that_can_be_kept(promised in 0_i64..100_000, now in 0_i64..100_000) {
            let next = promise_when_taken(at(promised), promise(at(now)), at(now));
            prop_assert!(next > at(now));
            prop_assert!(promised <= now || next == at(promised));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let gbp = Currency::parse("GBP").expect("code");
            if let Ok(amount) = parse_amount(&text, gbp) {
                prop_assert!(amount > Decimal::ZERO);
            }
            let _ = parse_text(&text);
        }
    }
}
