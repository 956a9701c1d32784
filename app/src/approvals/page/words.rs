//! How proposals are named and their values written.

use crate::approvals::model::{Evidence, Proposal};
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::commissions::model::Rate;
use crate::terms;
use crate::terms::model::{Field, Schedule, Version};
use crate::terms::words::schedule;
use crate::ui::text::amount_words;
use rust_decimal::Decimal;

/// What a proposal asks for, in a line: `Rate for Garden Blog: 8% → 10%`.
pub(super) fn title(ctx: &Context, proposal: &Proposal) -> String {
    let field = field(ctx, proposal.field);
    let whom = whom(ctx, proposal);
    let now = terms::words::with_end(ctx, value(ctx, proposal, proposal.value), proposal.valid_until);
    match value_before(ctx, proposal) {
        Some(was) => tr!(ctx.locale, approvals.title, field = field, whom = whom, was = was, now = now),
        None => tr!(ctx.locale, approvals.title_first, field = field, whom = whom, now = now),
    }
}

/// The partner's name, or everybody; and the offer, if it is one.
pub(super) fn whom(ctx: &Context, proposal: &Proposal) -> String {
    let partner = reader_of(ctx, proposal);
    match &proposal.offer {
        Some(offer) => tr!(ctx.locale, approvals.on_offer, partner = partner, offer = offer.name.clone()),
        None => partner,
    }
}

/// Who reads what a decider writes for the partner.
pub(super) fn reader_of(ctx: &Context, proposal: &Proposal) -> String {
    match &proposal.partner {
        Some(partner) => partner.name.clone(),
        None => tr!(ctx.locale, approvals.all_partners),
    }
}

/// A field of the terms.
pub(super) fn field(ctx: &Context, field: Field) -> String {
    match field {
        Field::Rate => tr!(ctx.locale, approvals.field_rate),
        Field::HoldDays => tr!(ctx.locale, approvals.field_hold_days),
        Field::Validation => tr!(ctx.locale, approvals.field_validation),
        Field::Minimum => tr!(ctx.locale, approvals.field_minimum),
        Field::Schedule => tr!(ctx.locale, approvals.field_schedule),
    }
}

/// What was in force when it was proposed.
pub(super) fn value_before(ctx: &Context, proposal: &Proposal) -> Option<String> {
    let before = proposal.impact.as_ref().and_then(|impact| Some((impact.rate_before?, &impact.rule_before)));
    match before {
        Some((rate, rule)) if rule.is_plain() => Some(rate_words(ctx, rate, proposal.currency)),
        Some((rate, rule)) => Some(terms::words::rate_words(ctx, rate, rule)),
        None => {
            let kind = proposal.kind_before.as_deref().unwrap_or(&proposal.kind);
            Some(value_of(ctx, kind, proposal.value_before?, proposal.currency))
        }
    }
}

/// A value of the proposal's field, in its unit.
pub(super) fn value(ctx: &Context, proposal: &Proposal, value: Decimal) -> String {
    match Rate::from_parts(&proposal.kind, value) {
        Some(rate) if !proposal.rule.is_plain() => terms::words::rate_words(ctx, rate, &proposal.rule),
        _ => value_of(ctx, &proposal.kind, value, proposal.currency),
    }
}

/// What a version says.
pub(super) fn in_words(ctx: &Context, version: &Version, currency: Currency) -> String {
    match Rate::from_parts(&version.kind, version.value) {
        Some(rate) if !version.rule.is_plain() => terms::words::rate_words(ctx, rate, &version.rule),
        _ => value_of(ctx, &version.kind, version.value, currency),
    }
}

/// A value in the unit that `kind` names.
pub(super) fn value_of(ctx: &Context, kind: &str, value: Decimal, currency: Currency) -> String {
    let number = format::number(ctx.locale, value.normalize());
    match kind {
        "percent" | "fixed" => Rate::from_parts(kind, value).map_or(number, |rate| rate_words(ctx, rate, currency)),
        "amount" => amount_words(ctx, Money::new(value, currency)),
        "days" => tr!(ctx.locale, approvals.days, number = number),
        "flag" if value.is_zero() => tr!(ctx.locale, approvals.without_validation),
        "flag" => tr!(ctx.locale, approvals.with_validation),
        _ => Schedule::from_parts(kind, value).and_then(|days| schedule(ctx, days)).unwrap_or(number),
    }
}

/// A rate: `8%`, or `£5 a conversion`.
fn rate_words(ctx: &Context, rate: Rate, currency: Currency) -> String {
    match rate {
        Rate::Percent(percent) => format::percent(ctx.locale, percent),
        Rate::Fixed(fixed) | Rate::Priced(fixed) => {
            tr!(ctx.locale, approvals.each, amount = amount_words(ctx, Money::new(fixed, currency)))
        }
    }
}

/// An amount with its sign in front, so that "more" and "less" are seen: `+£8.00`, `-£3.00`.
pub(super) fn signed(ctx: &Context, money: Money) -> String {
    let text = format::money(ctx.locale, money);
    if money.amount > Decimal::ZERO { format!("+{text}") } else { text }
}

/// One piece of evidence in a line.
pub fn evidence_words(ctx: &Context, one: &Evidence, currency: Currency) -> String {
    let locale = ctx.locale;
    let label = one.label.clone();
    let number = |text: &str| text.parse::<Decimal>().map(|number| format::number(locale, number)).unwrap_or_default();
    match one.kind.as_str() {
        "case" => tr!(
            locale,
            agreement.evidence_case,
            case = one.case.map(|case| case.0).unwrap_or_default(),
            subject = label
        ),
        "message" => tr!(locale, agreement.evidence_message, name = label),
        "file" => tr!(locale, agreement.evidence_file, name = label),
        _ => {
            let mut parts = label.splitn(3, '_');
            let (what, days, code) =
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let days = days.to_owned();
            if what == "earned" {
                let currency = Currency::parse(code).unwrap_or(currency);
                let amount =
                    one.text.parse().map(|sum| amount_words(ctx, Money::new(sum, currency))).unwrap_or_default();
                tr!(locale, agreement.evidence_earned, days = days, amount = amount)
            } else {
                tr!(
                    locale,
                    agreement.evidence_conversions,
                    days = days,
                    count = number(&one.text),
                    currency = code.to_owned()
                )
            }
        }
    }
}
