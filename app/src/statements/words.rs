//! A payout in sentences.

use super::payout::{Item, ItemKind, Payout};
use super::rules::Expected;
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::payout_methods::model::MethodKind;
use crate::payout_runs::model::State;
use crate::settlement::files::codes::{self, Meaning, NextStep};
use crate::ui::badge::Tone;
use chrono::NaiveDate;

/// The answer to where the money is: amount, day, and what is next.
pub fn lead(ctx: &Context, payout: &Payout, expected: Expected) -> String {
    let locale = ctx.locale;
    let amount = format::money(locale, payout.money);
    let day = |day: NaiveDate| format::day(locale, day);
    let since = day(payout.day_of(payout.since));
    match (payout.state, expected) {
        (State::Paid, _) => tr!(locale, payout.lead_paid, amount = amount, day = since),
        (State::Failed, _) => refused(ctx, payout, tr!(locale, payout.lead_failed, amount = amount, day = since)),
        (State::Returned, _) => refused(ctx, payout, tr!(locale, payout.lead_returned, amount = amount, day = since)),
        (State::Cancelled, _) => tr!(locale, payout.lead_cancelled, amount = amount, day = since),
        (State::Held, Expected::NotSentBy(by, None)) => {
            tr!(locale, payout.lead_held_late, amount = amount, day = day(by))
        }
        (State::Held, Expected::NotSentBy(by, Some(new))) => {
            tr!(locale, payout.lead_held_put_off, amount = amount, day = day(by), new = day(new))
        }
        (State::Held, _) => tr!(locale, payout.lead_held, amount = amount),
        (State::Unknown, Expected::NotThereBy(_, Some(new))) => {
            tr!(locale, payout.lead_unknown_put_off, amount = amount, new = day(new))
        }
        (State::Unknown, _) => tr!(locale, payout.lead_unknown, amount = amount),
        (_, Expected::SentBy(by)) if payout.waits_for_funds => {
            tr!(locale, payout.lead_funds, amount = amount, day = day(by))
        }
        (_, Expected::SentBy(by)) => tr!(locale, payout.lead_sent_by, amount = amount, day = day(by)),
        (_, Expected::NotSentBy(by, Some(new))) => {
            tr!(locale, payout.lead_put_off, amount = amount, day = day(by), new = day(new))
        }
        (_, Expected::NotSentBy(by, None)) => tr!(locale, payout.lead_not_sent, amount = amount, day = day(by)),
        (_, Expected::ThereBy(by)) => tr!(locale, payout.lead_there_by, amount = amount, day = day(by)),
        (_, Expected::NotThereBy(by, None)) => tr!(locale, payout.lead_not_there, amount = amount, day = day(by)),
        (_, Expected::NotThereBy(by, Some(new))) => {
            tr!(locale, payout.lead_not_there_put_off, amount = amount, day = day(by), new = day(new))
        }
        (_, Expected::Nothing) => state(ctx, payout.state),
    }
}

fn refused(ctx: &Context, payout: &Payout, what: String) -> String {
    let why = payout.code.as_deref().map(|code| reason(ctx, code));
    let back = tr!(ctx.locale, payout.money_back);
    let step = payout.code.as_deref().and_then(codes::meaning).map_or(NextStep::Programme, Meaning::next_step);
    let next = match step {
        NextStep::Partner => Some(tr!(ctx.locale, payout.next_partner)),
        NextStep::Programme => Some(tr!(ctx.locale, payout.next_programme)),
        NextStep::Nobody => None,
    };
    [Some(what), why, Some(back), next].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A bank's code in plain words, with the code itself for whoever asks the bank.
pub fn reason(ctx: &Context, code: &str) -> String {
    match codes::meaning(code) {
        Some(meaning) => {
            tr!(ctx.locale, payout.reason_code, words = meaning_words(ctx, meaning), code = code.to_owned())
        }
        None => tr!(ctx.locale, payout.reason_unknown, code = code.to_owned()),
    }
}

fn meaning_words(ctx: &Context, meaning: Meaning) -> String {
    let locale = ctx.locale;
    match meaning {
        Meaning::AccountClosed => tr!(locale, bank.account_closed),
        Meaning::AccountNumberWrong => tr!(locale, bank.account_number_wrong),
        Meaning::AccountBlocked => tr!(locale, bank.account_blocked),
        Meaning::AccountUnsuitable => tr!(locale, bank.account_unsuitable),
        Meaning::NameMismatch => tr!(locale, bank.name_mismatch),
        Meaning::AddressIncomplete => tr!(locale, bank.address_incomplete),
        Meaning::CreditorDeceased => tr!(locale, bank.creditor_deceased),
        Meaning::BankWrong => tr!(locale, bank.bank_wrong),
        Meaning::NotClaimed => tr!(locale, bank.not_claimed),
        Meaning::AmountRefused => tr!(locale, bank.amount_refused),
        Meaning::Duplicate => tr!(locale, bank.duplicate),
        Meaning::InsufficientFunds => tr!(locale, bank.insufficient_funds),
        Meaning::ProgrammeAccount => tr!(locale, bank.programme_account),
        Meaning::Regulatory => tr!(locale, bank.regulatory),
        Meaning::FraudSuspected => tr!(locale, bank.fraud_suspected),
        Meaning::FormatWrong => tr!(locale, bank.format_wrong),
        Meaning::BankTrouble => tr!(locale, bank.bank_trouble),
        Meaning::ReturnedOnRequest => tr!(locale, bank.returned_on_request),
        Meaning::ReasonNotGiven => tr!(locale, bank.reason_not_given),
    }
}

/// The word for a state.
pub fn state(ctx: &Context, state: State) -> String {
    let locale = ctx.locale;
    match state {
        State::Scheduled => tr!(locale, payout.state_scheduled),
        State::Approved => tr!(locale, payout.state_approved),
        State::Held => tr!(locale, payout.state_held),
        State::Submitted => tr!(locale, payout.state_submitted),
        State::Unknown => tr!(locale, payout.state_unknown),
        State::Paid => tr!(locale, payout.state_paid),
        State::Failed => tr!(locale, payout.state_failed),
        State::Returned => tr!(locale, payout.state_returned),
        State::Cancelled => tr!(locale, payout.state_cancelled),
    }
}

/// What a state means to its partner.
pub fn tone(state: State) -> Tone {
    match state {
        State::Scheduled | State::Approved | State::Held | State::Unknown => Tone::Waiting,
        State::Submitted => Tone::Info,
        State::Paid => Tone::Good,
        State::Failed | State::Returned => Tone::Bad,
        State::Cancelled => Tone::Neutral,
    }
}

/// What an item is.
pub fn item(ctx: &Context, item: &Item) -> String {
    let locale = ctx.locale;
    match item.kind {
        ItemKind::Commission => tr!(locale, payout.item_commission),
        ItemKind::Refund => tr!(locale, payout.item_refund),
        ItemKind::Rejection => tr!(locale, payout.item_rejection),
        ItemKind::Adjustment => tr!(locale, payout.item_adjustment),
        ItemKind::Reversal => tr!(locale, payout.item_reversal),
        ItemKind::Provisional => tr!(locale, provisional.item),
        ItemKind::Clawback => tr!(locale, provisional.item_clawback),
        ItemKind::Bonus => tr!(locale, promo.item),
        ItemKind::SetApart => tr!(locale, payout.item_ring_fence),
        ItemKind::LetGo => tr!(locale, payout.item_ring_fence_end),
        ItemKind::LatePayment => tr!(locale, answers.late_payment),
        ItemKind::Correction => tr!(locale, payout.item_correction),
    }
}

/// How it is paid, with enough of the account to recognise it.
pub fn method(ctx: &Context, payout: &Payout) -> String {
    let kind = match payout.method {
        MethodKind::Iban | MethodKind::SortCode | MethodKind::BankAccount => tr!(ctx.locale, payout.method_bank),
        MethodKind::PayPal => "PayPal".to_owned(),
        MethodKind::Wise => "Wise".to_owned(),
    };
    format!("{kind}, {}", payout.masked)
}
