//! The list of commissions, and one of them.

mod list;
mod one;
mod steps;

pub use list::Earnings;
pub use one::Commission;

use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::commissions::model::{Rate, State};
use crate::ui::badge::{Tone, badge};
use leptos::prelude::*;

fn state_words(ctx: &Context, state: State) -> String {
    match state {
        State::Pending => tr!(ctx.locale, earnings.pending),
        State::Payable => tr!(ctx.locale, earnings.payable),
        State::RingFenced => tr!(ctx.locale, contests.state),
        State::InPayout => tr!(ctx.locale, earnings.in_payout),
        State::Paid => tr!(ctx.locale, earnings.paid),
        State::Reversed => tr!(ctx.locale, earnings.reversed),
    }
}

fn state_badge(ctx: &Context, state: State) -> AnyView {
    let tone = match state {
        State::Pending | State::RingFenced => Tone::Waiting,
        State::Payable | State::Paid => Tone::Good,
        State::InPayout => Tone::Info,
        State::Reversed => Tone::Neutral,
    };
    badge(tone, state_words(ctx, state))
}

/// `8%`, or the amount of a fixed rate in the currency of the conversion.
fn rate_words(ctx: &Context, rate: Rate, currency: Currency) -> String {
    match rate {
        Rate::Percent(percent) => format::percent(ctx.locale, percent),
        Rate::Fixed(amount) => format::money(ctx.locale, Money::new(amount, currency)),
        Rate::Priced(_) => tr!(ctx.locale, steps.by_rule),
    }
}
