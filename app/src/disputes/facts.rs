//! Pinned facts as lines of a label and a value, the same for partner and staff.

use super::model::{ClaimFacts, ConversionFacts, Facts, PayoutFacts, TermsFacts};
use crate::base::clock::SINCE_EVER;
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::commissions::model::{Rate, State};
use crate::payout_runs;
use crate::statements::words as payouts;
use crate::terms::model::Schedule;
use crate::terms::words::schedule;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// Facts as label and value. Two sets of the same kind have the same labels in the same order.
pub fn lines(ctx: &Context, facts: &Facts) -> Vec<(String, String)> {
    match facts {
        Facts::Conversion(facts) => conversion(ctx, facts),
        Facts::Terms(facts) => terms(ctx, facts),
        Facts::Claim(facts) => claim(ctx, facts),
        Facts::Payout(facts) => payout(ctx, facts),
    }
}

fn conversion(ctx: &Context, facts: &ConversionFacts) -> Vec<(String, String)> {
    let locale = ctx.locale;
    let money = |amount| format::money(locale, Money::new(amount, facts.currency));
    let hold = match facts.hold_until {
        Some(until) => {
            tr!(
                locale,
                disputes.fact_hold_until,
                days = facts.hold_days,
                date = format::date(locale, ctx.time_zone, until)
            )
        }
        None => tr!(locale, disputes.fact_hold_approval),
    };
    vec![
        (tr!(locale, disputes.fact_order), facts.order_id.clone()),
        (tr!(locale, disputes.fact_offer), facts.offer.clone()),
        (tr!(locale, disputes.fact_sale_time), format::date_time(locale, ctx.time_zone, facts.occurred_at)),
        (tr!(locale, disputes.fact_order_amount), money(facts.order_amount)),
        (tr!(locale, disputes.fact_refunded), money(facts.refunded)),
        (tr!(locale, disputes.fact_rate), since(ctx, rate(ctx, facts.rate, facts.currency), facts.rate_since)),
        (tr!(locale, disputes.fact_commission), money(facts.amount)),
        (tr!(locale, disputes.fact_commission_left), money(facts.amount_left)),
        (tr!(locale, disputes.fact_hold), hold),
        (tr!(locale, disputes.fact_state), state(ctx, facts.state, facts.rejected)),
    ]
}

fn terms(ctx: &Context, facts: &TermsFacts) -> Vec<(String, String)> {
    let locale = ctx.locale;
    let holds_for = if facts.own { tr!(locale, disputes.fact_for_you) } else { tr!(locale, disputes.fact_for_all) };
    vec![
        (tr!(locale, disputes.fact_term), field(ctx, &facts.field)),
        (tr!(locale, disputes.fact_value), term(ctx, &facts.kind, facts.value, facts.currency)),
        (tr!(locale, disputes.fact_since), day_since(ctx, facts.valid_from)),
        (
            tr!(locale, disputes.fact_offer),
            facts.offer.clone().unwrap_or_else(|| tr!(locale, disputes.fact_all_offers)),
        ),
        (tr!(locale, disputes.fact_holds_for), holds_for),
    ]
}

fn claim(ctx: &Context, facts: &ClaimFacts) -> Vec<(String, String)> {
    let locale = ctx.locale;
    vec![
        (tr!(locale, disputes.fact_order), facts.order_id.clone()),
        (tr!(locale, disputes.fact_offer), facts.offer.clone()),
        (tr!(locale, disputes.fact_sale_time), format::date_time(locale, ctx.time_zone, facts.occurred_at)),
        (tr!(locale, disputes.fact_order_amount), format::money(locale, Money::new(facts.amount, facts.currency))),
        (tr!(locale, disputes.fact_proof), facts.proof.clone()),
    ]
}

fn payout(ctx: &Context, facts: &PayoutFacts) -> Vec<(String, String)> {
    let locale = ctx.locale;
    let state = match payout_runs::model::State::parse(&facts.state) {
        Some(state) => payouts::state(ctx, state),
        None => facts.state.clone(),
    };
    let since = format::date_time(locale, ctx.time_zone, facts.since);
    vec![
        (tr!(locale, disputes.fact_payout), facts.reference.clone()),
        (tr!(locale, disputes.fact_amount), format::money(locale, Money::new(facts.amount, facts.currency))),
        (tr!(locale, disputes.fact_pay_day), format::day(locale, facts.pay_day)),
        (tr!(locale, disputes.fact_state), tr!(locale, disputes.fact_value_since, value = state, date = since)),
        (tr!(locale, disputes.fact_sent_to), facts.sent_to.clone()),
        (tr!(locale, disputes.fact_bank_reference), facts.bank_reference.clone().unwrap_or_default()),
        (
            tr!(locale, disputes.fact_bank_reason),
            facts.code.as_deref().map(|code| payouts::reason(ctx, code)).unwrap_or_default(),
        ),
    ]
}

/// `8%`, or an amount for each conversion.
pub fn rate(ctx: &Context, rate: Rate, currency: Currency) -> String {
    term(ctx, rate.kind(), rate.value(), currency)
}

/// A value of the terms in its unit.
pub fn term(ctx: &Context, kind: &str, value: Decimal, currency: Currency) -> String {
    let locale = ctx.locale;
    match kind {
        "percent" => format::percent(locale, value),
        "fixed" | "amount" | "priced" => format::money(locale, Money::new(value, currency)),
        "days" => tr!(locale, disputes.term_days, days = format::number(locale, value.normalize())),
        "flag" if value.is_zero() => tr!(locale, disputes.term_no),
        "flag" => tr!(locale, disputes.term_yes),
        _ => Schedule::from_parts(kind, value)
            .and_then(|days| schedule(ctx, days))
            .unwrap_or_else(|| format::number(locale, value.normalize())),
    }
}

/// A field of the terms.
pub fn field(ctx: &Context, field: &str) -> String {
    match field {
        "rate" => tr!(ctx.locale, disputes.field_rate),
        "hold_days" => tr!(ctx.locale, disputes.field_hold_days),
        "validation" => tr!(ctx.locale, disputes.field_validation),
        "minimum" => tr!(ctx.locale, disputes.field_minimum),
        "schedule" => tr!(ctx.locale, disputes.field_schedule),
        other => other.to_owned(),
    }
}

/// A value with the day since which it holds.
pub fn since(ctx: &Context, value: String, from: DateTime<Utc>) -> String {
    if from <= SINCE_EVER {
        tr!(ctx.locale, disputes.fact_value_since_ever, value = value)
    } else {
        let date = format::date(ctx.locale, ctx.time_zone, from);
        tr!(ctx.locale, disputes.fact_value_since, value = value, date = date)
    }
}

/// The day since which something holds; what always held says so.
pub fn day_since(ctx: &Context, from: DateTime<Utc>) -> String {
    if from <= SINCE_EVER {
        tr!(ctx.locale, disputes.fact_since_ever)
    } else {
        format::date(ctx.locale, ctx.time_zone, from)
    }
}

/// Where a commission stands.
pub fn state(ctx: &Context, state: State, rejected: bool) -> String {
    match state {
        State::Pending => tr!(ctx.locale, disputes.state_pending),
        State::Payable => tr!(ctx.locale, disputes.state_payable),
        State::RingFenced => tr!(ctx.locale, disputes.state_ring_fenced),
        State::InPayout => tr!(ctx.locale, disputes.state_in_payout),
        State::Paid => tr!(ctx.locale, disputes.state_paid),
        State::Reversed if rejected => tr!(ctx.locale, disputes.state_rejected),
        State::Reversed => tr!(ctx.locale, disputes.state_reversed),
    }
}
