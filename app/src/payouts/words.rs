//! A standing in sentences: the answer first, then why.

use super::model::{Reason, Standing};
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::payout_methods::words as methods;
use crate::statements::words as statements;
use crate::ui::text::amount_words;
use rust_decimal::Decimal;

/// When a partner is paid how much, or why not yet; with number and date.
pub fn answer(ctx: &Context, standing: &Standing) -> String {
    let has_money = standing.balances.payable > Decimal::ZERO || standing.balances.pending > Decimal::ZERO;
    let no_method = standing.reasons.contains(&Reason::NoMethod);
    let stopped_by_more = matches!(standing.stopped_by(), Some(Reason::UnderReview(_) | Reason::UnderMinimum { .. }));
    let also = (has_money && no_method && stopped_by_more && standing.pay_day.is_some())
        .then(|| tr!(ctx.locale, payouts.also_method));
    then(first_answer(ctx, standing), also)
}

fn first_answer(ctx: &Context, standing: &Standing) -> String {
    let payable = standing.balances.payable;
    let arrives = standing.arrives.map_or(payable, |worked| worked.total);
    let pay_day = standing.pay_day.map(|day| format::day(ctx.locale, day));
    match (standing.stopped_by(), pay_day) {
        (None, _) if payable <= Decimal::ZERO => nothing(ctx, standing),
        (None, Some(day)) => tr!(ctx.locale, payouts.will_be_paid, amount = money(ctx, standing, arrives), day = day),
        (None, None) => tr!(ctx.locale, payouts.ready_no_day, amount = money(ctx, standing, arrives)),
        (Some(Reason::Owes { amount }), _) => {
            tr!(ctx.locale, payouts.owes, amount = money(ctx, standing, *amount))
        }
        (Some(Reason::UnderReview(review)), pay_day) => {
            let until = format::day(ctx.locale, review.day);
            let not_yet = tr!(ctx.locale, payouts.review, day = until);
            then(not_yet, pay_day.map(|day| tr!(ctx.locale, payouts.then_pay_day, day = day)))
        }
        (Some(Reason::MethodInSafetyPeriod { until }), pay_day) => {
            let from = format::date(ctx.locale, ctx.time_zone, until.at);
            let not_yet = tr!(ctx.locale, payouts.safety, day = from);
            then(not_yet, pay_day.map(|day| tr!(ctx.locale, payouts.then_pay_day, day = day)))
        }
        (Some(Reason::UnderMinimum { short, minimum, filled }), pay_day) => {
            if payable.is_zero() && standing.balances.pending.is_zero() {
                return nothing(ctx, standing);
            }
            let not_yet = tr!(
                ctx.locale,
                payouts.short,
                short = money(ctx, standing, *short),
                minimum = amount_words(ctx, Money::new(*minimum, standing.balances.currency))
            );
            match filled {
                Some(leaves) => {
                    let filled = format::date(ctx.locale, ctx.time_zone, leaves.at);
                    let closes = then(not_yet, Some(tr!(ctx.locale, payouts.short_filled, filled = filled)));
                    then(closes, pay_day.map(|day| tr!(ctx.locale, payouts.then_pay_day, day = day)))
                }
                None => then(not_yet, pay_day.map(|day| tr!(ctx.locale, payouts.next_pay_day, day = day))),
            }
        }
        (Some(_), _) if payable <= Decimal::ZERO => nothing(ctx, standing),
        (Some(Reason::MethodNotConfirmed), _) => tr!(ctx.locale, confirmation.answer),
        (Some(Reason::BankRefused(_)), _) => {
            tr!(ctx.locale, sending.refused_answer, amount = money(ctx, standing, payable))
        }
        (Some(Reason::BankUnclear), _) => {
            tr!(ctx.locale, answers.partner_answer, amount = money(ctx, standing, payable))
        }
        (Some(Reason::TaxFormMissing), _) => tr!(ctx.locale, tax.form_first, amount = money(ctx, standing, payable)),
        (Some(Reason::InvoiceMissing { .. }), _) => {
            tr!(ctx.locale, tax.invoice_first, amount = money(ctx, standing, payable))
        }
        (Some(Reason::NothingLeft { .. }), _) => {
            tr!(ctx.locale, tax.nothing_left, amount = money(ctx, standing, payable))
        }
        (Some(_), Some(day)) => {
            tr!(ctx.locale, payouts.no_method_ready, amount = money(ctx, standing, payable), day = day)
        }
        (Some(_), None) => {
            tr!(ctx.locale, payouts.no_method_ready_no_day, amount = money(ctx, standing, payable))
        }
    }
}

fn nothing(ctx: &Context, standing: &Standing) -> String {
    let pending = standing.balances.pending;
    if pending > Decimal::ZERO {
        tr!(ctx.locale, payouts.nothing_payable, amount = money(ctx, standing, pending))
    } else {
        tr!(ctx.locale, payouts.nothing)
    }
}

/// What happens next to pending money: the next part that leaves its hold, or what waits for approval.
pub fn next_pending(ctx: &Context, standing: &Standing) -> Option<String> {
    standing.reasons.iter().rev().find_map(|reason| match reason {
        Reason::InHold { next, amount, .. } => {
            let date = format::date_short(ctx.locale, ctx.time_zone, next.at);
            Some(tr!(ctx.locale, payouts.leaves_next, amount = money(ctx, standing, *amount), date = date))
        }
        Reason::WaitsForApproval { amount } => {
            Some(tr!(ctx.locale, payouts.approval_next, amount = money(ctx, standing, *amount)))
        }
        _ => None,
    })
}

/// One reason, in a line.
pub fn reason(ctx: &Context, standing: &Standing, reason: &Reason) -> String {
    let money = |amount: &Decimal| money(ctx, standing, *amount);
    match reason {
        Reason::Owes { amount } => tr!(ctx.locale, payouts.b_owes, amount = money(amount)),
        Reason::UnderReview(review) => tr!(ctx.locale, payouts.b_review, reason = review.reason.clone()),
        Reason::UnderMinimum { short, minimum, .. } => {
            let minimum = amount_words(ctx, Money::new(*minimum, standing.balances.currency));
            tr!(ctx.locale, payouts.b_minimum, short = money(short), minimum = minimum)
        }
        Reason::NoMethod => tr!(ctx.locale, payouts.b_no_method),
        Reason::MethodNotConfirmed => tr!(ctx.locale, confirmation.block),
        Reason::MethodInSafetyPeriod { .. } => tr!(ctx.locale, payouts.b_safety),
        Reason::MethodCannotPay { method, currency } => {
            let method = methods::kind(ctx.locale, *method);
            tr!(ctx.locale, payouts.b_cannot_pay, method = method, currency = currency.code())
        }
        Reason::BankRefused(refused) => {
            let amount = format::money(ctx.locale, refused.money);
            let back = tr!(ctx.locale, payouts.b_refused, amount = amount);
            then(back, refused.code.as_deref().map(|code| statements::reason(ctx, code)))
        }
        Reason::FundsMissing(waits) => {
            tr!(ctx.locale, funds.blocked, amount = format::money(ctx.locale, waits.money))
        }
        Reason::NotReleased(waits) => {
            let amount = format::money(ctx.locale, waits.money);
            tr!(ctx.locale, payouts.b_not_released, amount = amount)
        }
        Reason::BankUnclear => tr!(ctx.locale, answers.partner_block),
        Reason::TaxFormMissing => tr!(ctx.locale, tax.b_form),
        Reason::InvoiceMissing { .. } => tr!(ctx.locale, tax.b_invoice),
        Reason::NothingLeft { .. } => tr!(ctx.locale, tax.b_nothing_left),
        Reason::Contested { amount, .. } => tr!(ctx.locale, payouts.b_contested, amount = money(amount)),
        Reason::WaitsForApproval { amount } => tr!(ctx.locale, payouts.b_approval, amount = money(amount)),
        Reason::InHold { amount, whole, .. } if amount == whole => {
            tr!(ctx.locale, payouts.b_hold_all, amount = money(amount))
        }
        Reason::InHold { amount, whole, .. } => {
            tr!(ctx.locale, payouts.b_hold, whole = money(whole), amount = money(amount))
        }
    }
}

fn money(ctx: &Context, standing: &Standing, amount: Decimal) -> String {
    format::money(ctx.locale, Money::new(amount, standing.balances.currency))
}

fn then(sentence: String, next: Option<String>) -> String {
    next.map_or(sentence.clone(), |next| format!("{sentence} {next}"))
}
