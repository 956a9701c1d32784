//! Runs, payouts, blocks and refusals in the reader's words.

use crate::base::context::Context;
use crate::base::format;
use crate::base::language::{Locale, tr};
use crate::base::money::{Currency, Money};
use crate::payout_files::{FileError, Refusal};
use crate::payout_methods::model::MethodKind;
use crate::payout_runs::asks::sums;
use crate::payout_runs::export::Format;
use crate::payout_runs::model::{Block, Blocked, Listed, Owner, Stage, State, Warning};
use crate::settlement::page::words::code_words;
use crate::ui::Tone;
use crate::ui::badge::badge;
use leptos::prelude::*;

/// Amounts of several currencies, as a sentence joins them.
pub fn amounts(locale: Locale, amounts: &[Money]) -> String {
    let written: Vec<_> = amounts.iter().map(|money| format::money(locale, *money)).collect();
    match written.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => tr!(locale, runs.and, first = rest.join(", "), last = last.clone()),
    }
}

/// `1 payout`, `37 payouts`.
pub fn payouts(locale: Locale, count: i64) -> String {
    match count {
        1 => tr!(locale, runs.one_payout),
        count => tr!(locale, runs.some_payouts, count = format::count(locale, count)),
    }
}

/// Count and amounts: `37 payouts, £1,234.50`.
pub fn worth(locale: Locale, count: i64, money: &[Money]) -> String {
    format!("{}, {}", payouts(locale, count), amounts(locale, money))
}

/// A state of a payout.
pub fn state(locale: Locale, state: State) -> String {
    match state {
        State::Scheduled => tr!(locale, runs.state_scheduled),
        State::Approved => tr!(locale, runs.state_approved),
        State::Held => tr!(locale, runs.state_held),
        State::Submitted => tr!(locale, runs.state_submitted),
        State::Unknown => tr!(locale, runs.state_unknown),
        State::Paid => tr!(locale, runs.state_paid),
        State::Failed => tr!(locale, runs.state_failed),
        State::Returned => tr!(locale, runs.state_returned),
        State::Cancelled => tr!(locale, runs.state_cancelled),
    }
}

/// What a state means to staff.
pub fn tone(state: State) -> Tone {
    match state {
        State::Scheduled | State::Approved | State::Held => Tone::Waiting,
        State::Submitted => Tone::Info,
        State::Paid => Tone::Good,
        State::Unknown | State::Failed | State::Returned => Tone::Bad,
        State::Cancelled => Tone::Neutral,
    }
}

/// A state with its shape and colour.
pub fn state_badge(locale: Locale, of: State) -> AnyView {
    badge(tone(of), state(locale, of))
}

/// Where a run stands, as a list shows it.
pub fn standing(locale: Locale, listed: &Listed) -> AnyView {
    let sums = sums(&listed.totals);
    let all = |count: fn(&crate::payout_runs::asks::Sum) -> i64| sums.iter().map(count).sum::<i64>();
    let (payouts, sent, paid, trouble) =
        (all(|sum| sum.payouts), all(|sum| sum.sent), all(|sum| sum.paid), all(|sum| sum.trouble));
    let (tone, words) = match listed.run.stage {
        Stage::Building => {
            let percent = format::percent(locale, listed.progress.into());
            (Tone::Info, tr!(locale, runs.stage_building, percent = percent))
        }
        Stage::Built => (Tone::Waiting, tr!(locale, runs.stage_built)),
        Stage::Cancelled => (Tone::Neutral, tr!(locale, runs.stage_cancelled)),
        Stage::Released if trouble > 0 => (Tone::Bad, tr!(locale, runs.stage_trouble)),
        Stage::Released if sent < payouts => (Tone::Waiting, tr!(locale, runs.stage_released)),
        Stage::Released if paid < payouts => (Tone::Info, tr!(locale, runs.stage_sent)),
        Stage::Released => (Tone::Good, tr!(locale, runs.stage_paid)),
    };
    badge(tone, words)
}

/// A warning.
pub fn warning(locale: Locale, warning: Warning) -> String {
    match warning {
        Warning::FirstPayout => tr!(locale, runs.warning_first),
        Warning::NewMethod => tr!(locale, runs.warning_method),
        Warning::Outlier => tr!(locale, runs.warning_outlier),
    }
}

/// Warnings as badges.
pub fn warnings(locale: Locale, all: &[Warning]) -> AnyView {
    all.iter().map(|one| view! { {badge(Tone::Waiting, warning(locale, *one))}" " }).collect_view().into_any()
}

/// A way to pay.
pub fn method(locale: Locale, kind: MethodKind) -> String {
    match kind {
        MethodKind::Iban => tr!(locale, runs.method_iban),
        MethodKind::SortCode => tr!(locale, runs.method_sort_code),
        MethodKind::BankAccount => tr!(locale, sending.method_bank_account),
        MethodKind::PayPal => "PayPal".to_owned(),
        MethodKind::Wise => "Wise".to_owned(),
    }
}

/// A kind of file.
pub fn format(locale: Locale, format: Format) -> String {
    match format {
        Format::Pain001 => "pain.001".to_owned(),
        Format::Bank => tr!(locale, runs.format_bank),
        Format::PayPal => "PayPal".to_owned(),
        Format::Wise => "Wise".to_owned(),
    }
}

/// A reason in short, for a list of counts.
pub fn block_name(locale: Locale, block: Block) -> String {
    match block {
        Block::Owes => tr!(locale, runs.block_owes),
        Block::UnderReview => tr!(locale, runs.block_review),
        Block::UnderMinimum => tr!(locale, runs.block_minimum),
        Block::NoMethod => tr!(locale, runs.block_no_method),
        Block::MethodUnconfirmed => tr!(locale, confirmation.run_block),
        Block::MethodCannotPay => tr!(locale, runs.block_method_currency),
        Block::MethodChanged => tr!(locale, runs.block_method_changed),
        Block::TaxFormMissing => tr!(locale, tax.block_form),
        Block::InvoiceMissing => tr!(locale, tax.block_invoice),
        Block::NothingLeft => tr!(locale, tax.block_nothing_left),
        Block::Contested => tr!(locale, runs.block_contested),
        Block::NotDue => tr!(locale, runs.block_not_due),
        Block::Closed => tr!(locale, sending.block_closed),
        Block::BankRefused => tr!(locale, sending.block_refused),
        Block::InHold => tr!(locale, sending.block_in_hold),
        Block::AwaitsApproval => tr!(locale, sending.block_awaits_approval),
        Block::BankUnclear => tr!(locale, answers.block),
    }
}

/// A reason with its amount.
pub fn block(ctx: &Context, blocked: &Blocked, currency: Currency) -> String {
    let amount = blocked.amount.map(|amount| format::money(ctx.locale, Money::new(amount, currency)));
    match (blocked.reason, amount) {
        (Block::Owes, Some(amount)) => tr!(ctx.locale, runs.block_owes_by, amount = amount),
        (Block::UnderMinimum, Some(amount)) => tr!(ctx.locale, runs.block_minimum_by, amount = amount),
        (Block::Contested, Some(amount)) => tr!(ctx.locale, runs.block_contested_by, amount = amount),
        (Block::MethodCannotPay, _) => {
            tr!(ctx.locale, runs.block_method_currency_of, currency = currency.code().to_owned())
        }
        (Block::InHold, Some(amount)) => tr!(ctx.locale, sending.block_in_hold_of, amount = amount),
        (Block::AwaitsApproval, Some(amount)) => tr!(ctx.locale, sending.block_awaits_approval_of, amount = amount),
        (Block::BankRefused, _) => {
            let code = blocked.code.clone().unwrap_or_default();
            tr!(ctx.locale, sending.block_refused_with, code = code_words(ctx.locale, &code))
        }
        (reason, _) => block_name(ctx.locale, reason),
    }
}

/// Who has to act on a reason.
pub fn block_owner(locale: Locale, block: Block) -> String {
    match block.owner() {
        Owner::Partner => tr!(locale, runs.owner_partner),
        Owner::Programme => tr!(locale, runs.owner_programme),
        Owner::Time => tr!(locale, runs.owner_nobody),
    }
}

/// What ends a reason.
pub fn block_next(locale: Locale, block: Block) -> String {
    match block {
        Block::Owes => tr!(locale, runs.next_owes),
        Block::UnderReview => tr!(locale, runs.next_review),
        Block::UnderMinimum => tr!(locale, runs.next_minimum),
        Block::NoMethod => tr!(locale, runs.next_no_method),
        Block::MethodUnconfirmed => tr!(locale, confirmation.run_next),
        Block::MethodCannotPay => tr!(locale, runs.next_method_currency),
        Block::MethodChanged => tr!(locale, runs.next_method_changed),
        Block::TaxFormMissing => tr!(locale, tax.next_form),
        Block::InvoiceMissing => tr!(locale, tax.next_invoice),
        Block::NothingLeft => tr!(locale, tax.next_nothing_left),
        Block::Contested => tr!(locale, runs.next_contested),
        Block::NotDue => tr!(locale, runs.next_not_due),
        Block::Closed => tr!(locale, sending.next_closed),
        Block::BankRefused => tr!(locale, sending.next_refused),
        Block::InHold => tr!(locale, sending.next_in_hold),
        Block::AwaitsApproval => tr!(locale, sending.next_awaits_approval),
        Block::BankUnclear => tr!(locale, answers.next),
    }
}

/// Why a file was not made.
pub fn file_refused(locale: Locale, error: &FileError) -> String {
    match error {
        FileError::Payment { payment, refusal } => {
            tr!(locale, runs.payment_refused, payment = payment.clone(), why = self::refusal(locale, *refusal))
        }
        FileError::Payer(refusal) => tr!(locale, runs.payer_refused, why = self::refusal(locale, *refusal)),
        FileError::Currency(currency) => tr!(locale, runs.currency_refused, currency = currency.clone()),
        // The rest is ours to get right: it names what went wrong for whoever mends it.
        other => tr!(locale, runs.file_refused, why = other.to_string()),
    }
}

fn refusal(locale: Locale, refusal: Refusal) -> String {
    match refusal {
        Refusal::EmptyName => tr!(locale, runs.refusal_name),
        Refusal::Iban | Refusal::Bic | Refusal::SortCode | Refusal::AccountNumber => {
            tr!(locale, runs.refusal_account)
        }
        Refusal::OutsideSepa => tr!(locale, runs.refusal_outside_sepa),
        Refusal::Address => tr!(locale, runs.refusal_address),
        Refusal::AmountTooLarge => tr!(locale, runs.refusal_too_large),
        Refusal::AmountNotPositive | Refusal::AmountDecimals => tr!(locale, runs.refusal_amount),
        Refusal::Currency => tr!(locale, runs.refusal_currency),
        Refusal::Email | Refusal::RecipientId => tr!(locale, runs.refusal_email),
        Refusal::Destination | Refusal::EndToEndId => tr!(locale, runs.refusal_destination),
    }
}
