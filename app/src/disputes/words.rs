//! Stages, kinds and promises as a reader reads them.

use super::model::{Kind, Outcome, PayoutStep, Reason, Stage};
use super::rules::{AmountError, TextError};
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::{Locale, tr};
use crate::base::money::Currency;
use crate::statements::words as payouts;
use crate::ui::text;
use crate::ui::timeline::Step;
use chrono::{DateTime, TimeDelta, Utc};

/// What a case is about.
pub fn kind(locale: Locale, kind: Kind) -> String {
    match kind {
        Kind::MissingConversion => tr!(locale, disputes.kind_missing_conversion),
        Kind::WrongAmount => tr!(locale, disputes.kind_wrong_amount),
        Kind::WronglyReversed => tr!(locale, disputes.kind_wrongly_reversed),
        Kind::PayoutLate => tr!(locale, disputes.kind_payout_late),
        Kind::PayoutAmount => tr!(locale, disputes.kind_payout_amount),
        Kind::PayoutFailed => tr!(locale, disputes.kind_payout_failed),
        Kind::MyTerms => tr!(locale, disputes.kind_my_terms),
        Kind::Other => tr!(locale, disputes.kind_other),
    }
}

/// What a case is about, with the very thing: `Wrong amount: order 536365`. The subject is kept as a code, an order's
/// number or a field of the terms, so that each reader has it in their own language; only free text is as it was written.
pub fn about(ctx: &Context, of: Kind, subject: &str) -> String {
    tr!(ctx.locale, disputes.about, kind = kind(ctx.locale, of), subject = self::subject(ctx, of, subject))
}

/// The thing alone: `order 536365`.
pub fn subject(ctx: &Context, kind: Kind, subject: &str) -> String {
    match kind {
        Kind::MissingConversion | Kind::WrongAmount | Kind::WronglyReversed => {
            tr!(ctx.locale, disputes.subject_order, order = subject)
        }
        Kind::MyTerms => super::facts::field(ctx, subject),
        Kind::PayoutLate | Kind::PayoutAmount | Kind::PayoutFailed => {
            tr!(ctx.locale, disputes.subject_payout, payout = subject)
        }
        Kind::Other => subject.to_owned(),
    }
}

/// Where a case stands.
pub fn stage(locale: Locale, stage: Stage) -> String {
    match stage {
        Stage::Received => tr!(locale, disputes.stage_received),
        Stage::InReview => tr!(locale, disputes.stage_in_review),
        Stage::AnswerNeeded => tr!(locale, disputes.stage_answer_needed),
        Stage::Decided => tr!(locale, disputes.stage_decided),
        Stage::Closed => tr!(locale, disputes.stage_closed),
    }
}

/// How a case was decided.
pub fn outcome(locale: Locale, outcome: Outcome) -> String {
    match outcome {
        Outcome::InFavour => tr!(locale, disputes.outcome_in_favour),
        Outcome::InPart => tr!(locale, disputes.outcome_in_part),
        Outcome::Declined => tr!(locale, disputes.outcome_declined),
    }
}

/// Why it was decided so.
pub fn reason(locale: Locale, reason: Reason) -> String {
    match reason {
        Reason::TrackingError => tr!(locale, disputes.reason_tracking_error),
        Reason::BookingError => tr!(locale, disputes.reason_booking_error),
        Reason::Goodwill => tr!(locale, disputes.reason_goodwill),
        Reason::TermsApplied => tr!(locale, disputes.reason_terms_applied),
        Reason::OrderRefunded => tr!(locale, disputes.reason_order_refunded),
        Reason::NotProved => tr!(locale, disputes.reason_not_proved),
        Reason::Other => tr!(locale, disputes.reason_other),
    }
}

/// `14:30 today`, `14:30 tomorrow`, `14:30 on 2 December 2010`.
pub fn moment(ctx: &Context, at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&ctx.time_zone);
    let today = ctx.now().with_timezone(&ctx.time_zone).date_naive();
    let time = local.format("%H:%M").to_string();
    if local.date_naive() == today {
        tr!(ctx.locale, disputes.moment_today, time = time)
    } else if Some(local.date_naive()) == today.succ_opt() {
        tr!(ctx.locale, disputes.moment_tomorrow, time = time)
    } else {
        tr!(ctx.locale, disputes.moment_date, time = time, date = format::day(ctx.locale, local.date_naive()))
    }
}

/// `Marta answers by 14:30 today.`, and the truth where the promise was not kept.
pub fn promise(ctx: &Context, answerer: Option<&str>, promised: DateTime<Utc>) -> String {
    let when = moment(ctx, promised);
    let first_name = answerer.and_then(|name| name.split_whitespace().next());
    match (first_name, promised < ctx.now()) {
        (Some(name), false) => tr!(ctx.locale, disputes.promise_person, name = name, when = when),
        (None, false) => tr!(ctx.locale, disputes.promise_we, when = when),
        (Some(name), true) => tr!(ctx.locale, disputes.promise_late_person, name = name, when = when),
        (None, true) => tr!(ctx.locale, disputes.promise_late_we, when = when),
    }
}

/// A case's time line with what became of the payouts it pins, in the order of time.
pub fn with_payouts(ctx: &Context, of_case: Vec<(DateTime<Utc>, Step)>, paid: &[PayoutStep]) -> Vec<Step> {
    let mut all = of_case;
    all.extend(paid.iter().map(|paid| {
        let state = payouts::state(ctx, paid.state);
        let step = Step {
            title: tr!(ctx.locale, disputes.step_payout, payout = paid.reference.clone(), state = state),
            when: Some(text::time_exact(ctx, paid.at)),
            tone: payouts::tone(paid.state),
            ..Step::default()
        };
        (paid.at, step)
    }));
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, step)| step).collect()
}

/// `3 h 20 min`, `2 days`: for staff, beside the exact time.
pub fn span(locale: Locale, span: TimeDelta) -> String {
    let minutes = span.num_minutes().max(0);
    if minutes < 60 {
        tr!(locale, disputes.span_minutes, minutes = minutes)
    } else if minutes < 48 * 60 {
        match (minutes / 60, minutes % 60) {
            (hours, 0) => tr!(locale, clocks.hours, hours = hours),
            (hours, minutes) => tr!(locale, disputes.span_hours, hours = hours, minutes = minutes),
        }
    } else {
        tr!(locale, disputes.span_days, days = minutes / (24 * 60))
    }
}

/// What is wrong with a text.
pub fn text_error(locale: Locale, error: TextError) -> String {
    match error {
        TextError::Blank => tr!(locale, disputes.error_text_blank),
        TextError::TooLong => tr!(locale, disputes.error_text_long),
    }
}

/// What is wrong with an amount.
pub fn amount_error(locale: Locale, error: AmountError, currency: Currency) -> String {
    match error {
        AmountError::NotANumber => tr!(locale, disputes.error_amount_number),
        AmountError::NotAboveZero => tr!(locale, disputes.error_amount_zero),
        AmountError::TooFine => {
            tr!(locale, disputes.error_amount_fine, digits = currency.minor_units(), currency = currency.code())
        }
        AmountError::TooLarge => tr!(locale, disputes.error_amount_large),
    }
}
