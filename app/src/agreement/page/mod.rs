//! The partner's part of the terms page, what partners ask of the desk, and whom a decrease was told.

mod owner;
mod partner;
mod requests;

pub use owner::told;
pub use partner::Agreements;
pub use requests::{RequestPage, Requests};

use super::model::{Request, State, Value};
use crate::approvals::model::Verdict;
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::Currency;
use crate::commissions::model::{Rate, Rule};
use crate::terms;
use crate::terms::model::Field;
use crate::terms::plain;
use crate::ui::badge::{Tone, badge};
use leptos::prelude::*;

/// A field and the offer it is about.
fn what(ctx: &Context, field: Field, offer: Option<&str>) -> String {
    match offer {
        Some(offer) => format!("{} ({offer})", plain::field(ctx.locale, field)),
        None => plain::field(ctx.locale, field),
    }
}

fn value(ctx: &Context, value: &Value, currency: Currency) -> String {
    plain::value(ctx.locale, &value.0, value.1, currency)
}

/// A value with what its rule says beyond it.
fn value_by(ctx: &Context, of: &Value, rule: &Rule, currency: Currency) -> String {
    match Rate::from_parts(&of.0, of.1) {
        Some(rate) if !rule.is_plain() => terms::words::rate_words(ctx, rate, rule),
        _ => value(ctx, of, currency),
    }
}

/// What a request asks for, in a line.
fn wish(ctx: &Context, request: &Request) -> String {
    let what = what(ctx, request.field, request.offer.as_ref().map(|(_, name)| name.as_str()));
    let value = plain::value(ctx.locale, request.kind(), request.wish, request.currency);
    tr!(ctx.locale, agreement.wish, what = what, value = value)
}

/// Where a request stands, in a word and a sentence.
fn state(ctx: &Context, request: &Request) -> AnyView {
    let locale = ctx.locale;
    let (tone, word, sentence) = match &request.state {
        State::Waiting => (Tone::Waiting, tr!(locale, agreement.state_waiting), String::new()),
        State::Declined(reason) => (Tone::Bad, tr!(locale, agreement.state_declined), reason.clone()),
        State::Proposed(until) => {
            let until = until.map(|until| format::date(locale, ctx.time_zone, until));
            let sentence = until.map(|until| tr!(locale, agreement.state_until, until = until)).unwrap_or_default();
            (Tone::Waiting, tr!(locale, agreement.state_proposed), sentence)
        }
        State::Expired => (Tone::Neutral, tr!(locale, agreement.state_expired), String::new()),
        State::Decided(Verdict::Approved, reason) => {
            (Tone::Good, tr!(locale, agreement.state_approved), reason.clone())
        }
        State::Decided(Verdict::Rejected, reason) => (Tone::Bad, tr!(locale, agreement.state_rejected), reason.clone()),
        State::Decided(Verdict::Countered, reason) => {
            (Tone::Info, tr!(locale, agreement.state_countered), reason.clone())
        }
    };
    view! { {badge(tone, word)}" "{sentence} }.into_any()
}
