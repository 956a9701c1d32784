//! `/earnings/{conversion}`: one commission, line by line.

use super::{rate_words, state_badge, steps};
use crate::base::clock::{SINCE_EVER, last_day};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::commissions::model::{Rate, State};
use crate::contests;
use crate::contests::model::Told;
use crate::contests::page::told_steps;
use crate::corrections;
use crate::earnings::model::{Booked, Event, Explained, What};
use crate::earnings::rules::{self, Line};
use crate::earnings::store;
use crate::paths;
use crate::payout_files::end_to_end_id;
use crate::terms::words as terms_words;
use crate::ui::badge::Tone;
use crate::ui::empty::empty;
use crate::ui::layout::{columns, facts, page_head, section};
use crate::ui::notice::notice;
use crate::ui::screen::{Query, screen};
use crate::ui::slip::{SlipLine, slip};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use crate::ui::timeline::{Step, timeline};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use rust_decimal::Decimal;

/// The page.
#[component]
pub fn Commission() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let member = ctx.member()?;
    let id = query.id("conversion")?;
    let mut tx = ctx.begin().await?;
    let commission = store::find(&mut tx, member.partner, id).await?;
    let events = store::events(&mut tx, member.partner, id).await?;
    let booked = store::transfers(&mut tx, member.partner, id).await?;
    let contests = contests::store::told(&mut tx, member.partner, id).await?;
    let corrected = corrections::page::of_commission(ctx, &mut tx, id).await?;
    tx.commit().await?;

    let title = tr!(ctx.locale, commission.title, order = commission.order_id.clone());
    let how = section(tr!(ctx.locale, commission.how), slip_of(ctx, &commission, &events));
    let happened = section(tr!(ctx.locale, commission.events), timeline(steps(ctx, &commission, &events, &contests)));
    let body = view! {
        {page_head(title.clone(), Some(lead(ctx, &commission, &events).into_any()))}
        {contested(ctx, &commission, &contests)}
        {columns(vec![how, happened])}
        {corrected}
        {section(tr!(ctx.locale, commission.wrong_title), wrong(ctx, &commission))}
        {section(tr!(ctx.locale, commission.facts), facts(facts_of(ctx, &commission)))}
        {section(tr!(ctx.locale, commission.booked), ledger(ctx, booked))}
        <p>{text::link(paths::EARNINGS.to_owned(), tr!(ctx.locale, commission.back))}</p>
    };
    Ok((title, body.into_any()))
}

/// What the programme contests, with its reason and its last day.
fn contested(ctx: &Context, commission: &Explained, contests: &[Told]) -> Option<AnyView> {
    let told = contests.iter().find(|told| told.ended.is_none())?;
    let reason = told.reason.clone();
    let amount = money(ctx, commission, commission.left);
    let day = format::day(ctx.locale, last_day(told.ends_at, ctx.time_zone));
    let words = if commission.released_at.is_none() {
        tr!(ctx.locale, contests.told_lead_in_hold, reason = reason, amount = amount, day = day)
    } else {
        tr!(ctx.locale, contests.told_lead, reason = reason, amount = amount, day = day)
    };
    Some(notice(Tone::Waiting, words))
}

/// The answer: what it brings and when, or why not.
fn lead(ctx: &Context, commission: &Explained, events: &[Event]) -> String {
    let amount = money(ctx, commission, commission.left);
    let date = |at| format::date(ctx.locale, ctx.time_zone, at);
    let payout = || commission.payout.map(|payout| end_to_end_id(payout.0)).unwrap_or_default();
    match (commission.state, commission.released_at, commission.hold_until) {
        (State::InPayout, ..) => tr!(ctx.locale, commission.lead_in_payout, amount = amount, payout = payout()),
        (State::Paid, ..) => tr!(ctx.locale, commission.lead_paid, amount = amount, payout = payout()),
        (State::RingFenced, ..) => tr!(ctx.locale, commission.lead_ring_fenced, amount = amount),
        (State::Payable, Some(at), _) => tr!(ctx.locale, commission.lead_payable, amount = amount, date = date(at)),
        (State::Pending | State::Payable, _, Some(until)) if until > ctx.now() => {
            tr!(ctx.locale, commission.lead_hold, amount = amount, date = date(until))
        }
        (State::Pending | State::Payable, _, Some(until)) => {
            tr!(ctx.locale, commission.lead_hold_over, amount = amount, date = date(until))
        }
        (State::Pending | State::Payable, _, None) => tr!(ctx.locale, commission.lead_approval, amount = amount),
        (State::Reversed, _, _) => {
            let rejected = events.iter().find(|event| event.what == What::Reject);
            let refunded = events.iter().rev().find(|event| matches!(event.what, What::Refund(_)));
            match (rejected.filter(|_| commission.rejected), refunded) {
                (Some(event), _) if event.reason.trim().is_empty() => {
                    tr!(ctx.locale, commission.lead_rejected, date = date(event.at))
                }
                (Some(event), _) => tr!(
                    ctx.locale,
                    commission.lead_rejected_reason,
                    date = date(event.at),
                    reason = in_words(ctx, &event.reason).unwrap_or_default()
                ),
                (None, Some(event)) if commission.refunded < commission.order_amount => {
                    tr!(ctx.locale, commission.lead_refunded_part, date = date(event.at))
                }
                (None, Some(event)) => tr!(ctx.locale, commission.lead_refunded, date = date(event.at)),
                (None, None) => tr!(ctx.locale, commission.lead_reversed),
            }
        }
    }
}

fn slip_of(ctx: &Context, commission: &Explained, events: &[Event]) -> AnyView {
    let lines = rules::explain(commission, events).into_iter().map(|line| slip_line(ctx, commission, line)).collect();
    let reversed = commission.amount - commission.left;
    // Where a rule made it, the slip itself says what the refunds took.
    let before = (commission.month.is_none() && !commission.rejected && !reversed.is_zero()).then(|| {
        let words = tr!(
            ctx.locale,
            commission.before_refunds,
            amount = money(ctx, commission, commission.amount),
            reversed = money(ctx, commission, reversed)
        );
        view! { <p>{words}</p> }
    });
    view! { {slip(lines)}{before} }.into_any()
}

/// A shop's code for why, in words; what is not one of the usual codes is shown as it came.
fn in_words(ctx: &Context, reason: &str) -> Option<String> {
    let locale = ctx.locale;
    Some(match reason.trim() {
        "" => return None,
        "order_cancelled" => tr!(locale, commission.reason_order_cancelled),
        "returned" => tr!(locale, commission.reason_returned),
        "fraud" => tr!(locale, commission.reason_fraud),
        "duplicate" => tr!(locale, commission.reason_duplicate),
        other => other.replace('_', " "),
    })
}

fn slip_line(ctx: &Context, commission: &Explained, line: Line) -> SlipLine {
    let amount = |amount| text::amount(ctx, Money::new(amount, commission.currency));
    let plain =
        |label: String, value: Decimal, total: bool| SlipLine { label, detail: None, value: amount(value), total };
    match line {
        Line::Order(value) => plain(tr!(ctx.locale, commission.order), value, false),
        Line::Refund { amount: value, at, reason } => SlipLine {
            label: tr!(ctx.locale, commission.refund, date = format::date(ctx.locale, ctx.time_zone, at)),
            detail: in_words(ctx, &reason),
            value: amount(-value),
            total: false,
        },
        Line::OrderLeft(value) => plain(tr!(ctx.locale, commission.order_left), value, true),
        Line::Rate(rate) => SlipLine {
            label: tr!(ctx.locale, commission.rate),
            detail: Some(rate_detail(ctx, commission, rate)),
            value: text::link(
                paths::terms_version(commission.rate_version),
                rate_words(ctx, rate, commission.currency),
            ),
            total: false,
        },
        Line::Rounding { exact, rounded } => SlipLine {
            label: tr!(ctx.locale, commission.rounding),
            detail: Some(tr!(
                ctx.locale,
                commission.rounding_detail,
                exact = format::number(ctx.locale, exact),
                rounded = format::number(ctx.locale, rounded)
            )),
            // The difference is smaller than an amount can show, so it is written as a number.
            value: format::number(ctx.locale, (rounded - exact).normalize()).into_any(),
            total: false,
        },
        Line::Place(_)
        | Line::StepPart { .. }
        | Line::MonthWith { .. }
        | Line::MonthBefore(_)
        | Line::ByRate(_)
        | Line::CapEach { .. }
        | Line::CapMonth { .. }
        | Line::Share { .. } => steps::line(ctx, commission, line),
        Line::Commission(value) => plain(tr!(ctx.locale, commission.whole), value, true),
        Line::Rejected(value) => plain(tr!(ctx.locale, commission.rejected), -value, false),
        Line::Left(value) => plain(tr!(ctx.locale, commission.left), value, true),
    }
}

fn rate_detail(ctx: &Context, commission: &Explained, rate: Rate) -> String {
    let version = commission.rate_version.to_string();
    let since = if commission.rate_since <= SINCE_EVER {
        tr!(ctx.locale, commission.since_ever, version = version)
    } else {
        let date = format::date(ctx.locale, ctx.time_zone, commission.rate_since);
        tr!(ctx.locale, commission.since, version = version, date = date)
    };
    let since = terms_words::with_end(ctx, since, commission.rate_until);
    if let Some(month) = &commission.month {
        let words = terms_words::rate_words(ctx, month.rate, &month.rule);
        return tr!(ctx.locale, steps.since, words = words, since = since);
    }
    match rate {
        Rate::Fixed(_) if commission.refunded > Decimal::ZERO => {
            format!("{}; {since}", tr!(ctx.locale, commission.rate_fixed_part))
        }
        _ => since,
    }
}

/// What happened, in the order of time, and what is still to come.
fn steps(ctx: &Context, commission: &Explained, events: &[Event], contests: &[Told]) -> Vec<Step> {
    let came = if commission.is_lead {
        tr!(ctx.locale, commission.event_lead)
    } else {
        tr!(ctx.locale, commission.event_sale)
    };
    let booked = tr!(ctx.locale, commission.event_booked, amount = money(ctx, commission, commission.amount));
    let mut steps =
        vec![(commission.occurred_at, step(ctx, came, commission.occurred_at, Some(booked), Tone::Neutral))];
    for event in events {
        let (title, tone) = match event.what {
            What::Refund(amount) => {
                (tr!(ctx.locale, commission.event_refund, amount = money(ctx, commission, amount)), Tone::Neutral)
            }
            What::Approve => (tr!(ctx.locale, commission.event_approve), Tone::Good),
            What::Reject => (tr!(ctx.locale, commission.event_reject), Tone::Bad),
        };
        let reason = in_words(ctx, &event.reason);
        steps.push((event.at, step(ctx, title, event.at, reason, tone)));
    }
    if let Some(at) = commission.released_at {
        steps.push((at, step(ctx, tr!(ctx.locale, commission.event_release), at, None, Tone::Good)));
    }
    let mut ahead = Vec::new();
    for told in contests {
        let ends = told.ended.as_ref().map_or(told.ends_at, |(at, ..)| *at);
        for (at, step) in [told.contested_at, ends].into_iter().zip(told_steps(ctx, told)) {
            if step.future { ahead.push((at, step)) } else { steps.push((at, step)) }
        }
    }
    // Stable, so that what happened at one moment stays in the order it came.
    steps.sort_by_key(|(at, _)| *at);
    let mut steps: Vec<Step> = steps.into_iter().map(|(_, step)| step).collect();
    if commission.state == State::Pending {
        let title = match commission.hold_until {
            Some(_) => tr!(ctx.locale, commission.event_release_future),
            None => tr!(ctx.locale, commission.event_approval_future),
        };
        let when = commission.hold_until.map(|at| text::time(ctx, at));
        let at = commission.hold_until.unwrap_or(DateTime::<Utc>::MAX_UTC);
        ahead.push((at, Step { title, when, future: true, tone: Tone::Waiting, ..Step::default() }));
    }
    ahead.sort_by_key(|(at, _)| *at);
    steps.extend(ahead.into_iter().map(|(_, step)| step));
    steps
}

fn step(ctx: &Context, title: String, at: DateTime<Utc>, text: Option<String>, tone: Tone) -> Step {
    Step { title, when: Some(text::time_exact(ctx, at)), text, tone, ..Step::default() }
}

fn facts_of(ctx: &Context, commission: &Explained) -> Vec<(String, AnyView)> {
    let when =
        if commission.is_lead { tr!(ctx.locale, commission.lead_at) } else { tr!(ctx.locale, commission.sold_at) };
    let hold = match (commission.hold_until, commission.hold_days) {
        (None, _) => tr!(ctx.locale, commission.hold_approval),
        (Some(_), 0) => tr!(ctx.locale, commission.hold_none),
        (Some(until), days) => {
            let date = format::date(ctx.locale, ctx.time_zone, until);
            if days == 1 {
                tr!(ctx.locale, commission.hold_one, date = date)
            } else {
                tr!(ctx.locale, commission.hold_days, days = days, date = date)
            }
        }
    };
    let mut facts = vec![
        (tr!(ctx.locale, commission.state), state_badge(ctx, commission.state)),
        (when, text::time_exact(ctx, commission.occurred_at)),
        (tr!(ctx.locale, commission.offer), commission.offer.clone().into_any()),
        (tr!(ctx.locale, commission.order_id), commission.order_id.clone().into_any()),
        (tr!(ctx.locale, commission.hold), text::link(paths::terms_version(commission.hold_version), hold)),
    ];
    if let Some(sub_id) = commission.sub_id.clone().filter(|sub_id| !sub_id.is_empty()) {
        facts.push((tr!(ctx.locale, commission.sub_id), sub_id.into_any()));
    }
    facts
}

fn ledger(ctx: &Context, booked: Vec<Booked>) -> AnyView {
    if booked.is_empty() {
        return empty(tr!(ctx.locale, commission.booked_empty), tr!(ctx.locale, commission.booked_empty_text));
    }
    let head = [
        (tr!(ctx.locale, commission.when), false),
        (tr!(ctx.locale, commission.what), false),
        (tr!(ctx.locale, commission.from), false),
        (tr!(ctx.locale, commission.to), false),
        (tr!(ctx.locale, commission.amount), true),
    ];
    let head: Vec<Head> = head.into_iter().map(|(label, numeric)| Head { label, numeric }).collect();
    let rows: Vec<Row> = booked
        .into_iter()
        .map(|transfer| Row {
            cells: vec![
                text::time_exact(ctx, transfer.effective_at),
                transfer_words(ctx, &transfer.kind).into_any(),
                account_words(ctx, &transfer.from).into_any(),
                account_words(ctx, &transfer.to).into_any(),
                text::amount(ctx, Money::new(transfer.amount, transfer.currency)),
            ],
            href: None,
        })
        .collect();
    view! { <Table caption=tr!(ctx.locale, commission.booked_caption) head=head rows=rows/> }.into_any()
}

fn transfer_words(ctx: &Context, kind: &str) -> String {
    match kind {
        "accrual" => tr!(ctx.locale, commission.kind_accrual),
        "refund" => tr!(ctx.locale, commission.kind_refund),
        "rejection" => tr!(ctx.locale, commission.kind_rejection),
        "release" => tr!(ctx.locale, commission.kind_release),
        "release_correction" => tr!(ctx.locale, commission.kind_release_correction),
        "ring_fence" => tr!(ctx.locale, commission.kind_ring_fence),
        "ring_fence_end" => tr!(ctx.locale, commission.kind_ring_fence_end),
        "ring_fence_correction" => tr!(ctx.locale, commission.kind_ring_fence_correction),
        "adjustment" => tr!(ctx.locale, commission.kind_adjustment),
        "reversal" => tr!(ctx.locale, commission.kind_reversal),
        _ => tr!(ctx.locale, commission.kind_other),
    }
}

fn account_words(ctx: &Context, kind: &str) -> String {
    match kind {
        "pending" => tr!(ctx.locale, commission.account_pending),
        "payable" => tr!(ctx.locale, commission.account_payable),
        "ring_fenced" => tr!(ctx.locale, commission.account_ring_fenced),
        "in_payout" => tr!(ctx.locale, commission.account_in_payout),
        "paid" => tr!(ctx.locale, commission.account_paid),
        _ => tr!(ctx.locale, commission.account_programme),
    }
}

fn wrong(ctx: &Context, commission: &Explained) -> AnyView {
    let href = paths::dispute_conversion(commission.conversion);
    view! {
        <p>{tr!(ctx.locale, commission.wrong_lead)}</p>
        <p><a class="button" data-weight="quiet" href=href>{tr!(ctx.locale, commission.wrong)}</a></p>
    }
    .into_any()
}

fn money(ctx: &Context, commission: &Explained, amount: Decimal) -> String {
    format::money(ctx.locale, Money::new(amount, commission.currency))
}
