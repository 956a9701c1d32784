//! `/payouts/{payout}`: where the money is, every step, and what it was made of.

use super::payout::{Delay, Item, Payout, Step};
use super::rules::{self, Expected};
use super::store::{self, Sums};
use super::words;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms;
use crate::base::ids::PayoutId;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::commissions::model::Rate;
use crate::invoices;
use crate::paths;
use crate::payout_files::end_to_end_id;
use crate::payout_runs::model::{PayoutKey, State};
use crate::tax::words as tax;
use crate::ui::badge::{Tone, badge};
use crate::ui::empty::empty;
use crate::ui::layout::{columns, facts, page_head, section};
use crate::ui::notice::{self, notice_with};
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use crate::ui::timeline::{Step as Line, timeline};
use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;

/// The page.
#[component]
pub fn PayoutPage() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let member = ctx.member()?;
    let mut tx = ctx.begin().await?;
    let payout = store::find(&mut tx, member.partner, query.id("payout")?).await?;
    let steps = store::steps(&mut tx, member.partner, payout.id).await?;
    let delays = store::delays(&mut tx, member.partner, payout.id).await?;
    let items = store::items(&mut tx, member.partner, payout.id, store::ITEMS_SHOWN).await?;
    let sums = store::sums(&mut tx, member.partner, payout.id).await?;
    let key = PayoutKey { partner: member.partner, payout: payout.id };
    let invoices = invoices::store::of_payout(&mut tx, key).await?;
    tx.commit().await?;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let done = (query.get("done") == Some("invoice")).then(|| tr!(ctx.locale, tax.done_invoice));

    let expected = expected(ctx, &payout);
    let title = tr!(ctx.locale, payout.title, number = end_to_end_id(payout.id.0));
    let happened = section(tr!(ctx.locale, payout.timeline), timeline(lines(ctx, &payout, &steps, &delays, expected)));
    let said = section(tr!(ctx.locale, payout.facts), facts(facts_of(ctx, &payout)));
    let made = section(
        tr!(ctx.locale, payout.items),
        view! { {slip(ctx, &payout, sums)}{table(ctx, &payout, &items, sums)} }.into_any(),
    );
    let body = view! {
        {page_head(title.clone(), Some(words::lead(ctx, &payout, expected).into_any()))}
        {notice::done(ctx, done)}
        {columns(vec![happened, said])}
        {invoices::page::own(ctx, payout.id, &invoices, &draft)}
        {made}
        {section(tr!(ctx.locale, payout.wrong_title), wrong(ctx, payout.id))}
        <p>{text::link(paths::PAYOUTS.to_owned(), tr!(ctx.locale, payout.back))}</p>
    };
    Ok((title, body.into_any()))
}

fn wrong(ctx: &Context, payout: PayoutId) -> AnyView {
    let href = paths::dispute_payout(payout);
    view! {
        <p>{tr!(ctx.locale, payout.wrong_lead)}</p>
        <p><a class="button" data-weight="quiet" href=href>{tr!(ctx.locale, payout.wrong)}</a></p>
    }
    .into_any()
}

/// What is to be expected of a payout today, by the programme's calendar.
pub(crate) fn expected(ctx: &Context, payout: &Payout) -> Expected {
    rules::expected(payout, payout.day_of(ctx.now()))
}

/// When a payout came to a state: a bank says a day, the house a moment.
fn when(ctx: &Context, payout: &Payout, state: State, at: DateTime<Utc>) -> AnyView {
    match state {
        State::Paid | State::Failed | State::Returned => text::day(ctx, payout.day_of(at)),
        _ => text::time(ctx, at),
    }
}

/// What is late, said before anybody asks; nothing where nothing is.
pub(crate) fn late(ctx: &Context, payouts: &[Payout]) -> AnyView {
    let late = payouts.iter().map(|payout| (payout, expected(ctx, payout))).filter(|(_, expected)| expected.is_late());
    late.map(|(payout, expected)| {
        let link =
            text::link(paths::payout(payout.id), tr!(ctx.locale, payout.title, number = end_to_end_id(payout.id.0)));
        notice_with(Tone::Bad, view! { <p>{words::lead(ctx, payout, expected)}" "{link}</p> }.into_any())
    })
    .collect_view()
    .into_any()
}

/// Where money is that left the balance and has not arrived, a sentence a payout; what is late is told by [`late`].
pub(crate) fn underway(ctx: &Context, payouts: &[Payout]) -> Vec<String> {
    let live =
        |state| matches!(state, State::Scheduled | State::Approved | State::Submitted | State::Unknown | State::Held);
    payouts
        .iter()
        .filter(|payout| live(payout.state))
        .map(|payout| (payout, expected(ctx, payout)))
        .filter(|(_, expected)| !expected.is_late())
        .map(|(payout, expected)| words::lead(ctx, payout, expected))
        .collect()
}

/// A payout in the list on the partner's home.
pub(crate) fn listed(ctx: &Context, payout: &Payout) -> Row {
    let expected = expected(ctx, payout);
    let late = expected.is_late().then(|| badge(Tone::Bad, tr!(ctx.locale, payout.late_badge)));
    Row {
        href: Some(paths::payout(payout.id)),
        cells: vec![
            view! { {end_to_end_id(payout.id.0)} }.into_any(),
            when(ctx, payout, payout.state, payout.since),
            view! { {badge(words::tone(payout.state), words::state(ctx, payout.state))}" "{late} }.into_any(),
            words::method(ctx, payout).into_any(),
            text::amount(ctx, payout.money),
        ],
    }
}

/// The head of that list.
pub(crate) fn list_head(ctx: &Context) -> Vec<Head> {
    let head = |label: String, numeric| Head { label, numeric };
    vec![
        head(tr!(ctx.locale, payout.column_payout), false),
        head(tr!(ctx.locale, payout.column_day), false),
        head(tr!(ctx.locale, payout.state), false),
        head(tr!(ctx.locale, payout.sent_to), false),
        head(tr!(ctx.locale, payout.column_amount), true),
    ]
}

fn lines(ctx: &Context, payout: &Payout, steps: &[Step], delays: &[Delay], expected: Expected) -> Vec<Line> {
    let mut lines: Vec<(DateTime<Utc>, Line)> = steps
        .iter()
        .map(|step| {
            let reason = step.code.as_deref().map(|code| words::reason(ctx, code));
            let reference = step.bank_reference.as_ref();
            let reference = reference.map(|name| tr!(ctx.locale, payout.bank_reference_is, name = name.clone()));
            let text = [reason, reference].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let line = Line {
                title: words::state(ctx, step.state),
                when: Some(when(ctx, payout, step.state, step.at)),
                text: Some(text).filter(|text| !text.is_empty()),
                tone: words::tone(step.state),
                ..Line::default()
            };
            (step.at, line)
        })
        .collect();
    lines.extend(delays.iter().map(|delay| {
        let line = Line {
            title: tr!(ctx.locale, payout.put_off, day = format::day(ctx.locale, delay.new_pay_day)),
            when: Some(text::time(ctx, delay.at)),
            who: Some(delay.by.clone()),
            text: Some(delay.message.clone()),
            tone: Tone::Waiting,
            ..Line::default()
        };
        (delay.at, line)
    }));
    lines.sort_by_key(|(at, _)| *at);
    let mut lines: Vec<Line> = lines.into_iter().map(|(_, line)| line).collect();
    lines.extend(future(ctx, payout, expected));
    lines
}

/// What is still to come, with its day.
fn future(ctx: &Context, payout: &Payout, expected: Expected) -> Vec<Line> {
    let to_come = |state: State, day: Option<NaiveDate>| Line {
        title: words::state(ctx, state),
        when: day.map(|day| text::day(ctx, day)),
        future: true,
        ..Line::default()
    };
    let (sent_by, there_by) = match expected {
        Expected::SentBy(day) => (Some(day), None),
        Expected::NotSentBy(_, day) => (day, None),
        Expected::ThereBy(day) => (None, Some(day)),
        Expected::NotThereBy(_, day) => (None, day),
        _ => (None, None),
    };
    match payout.state {
        State::Scheduled | State::Held => {
            vec![to_come(State::Approved, None), to_come(State::Submitted, sent_by), to_come(State::Paid, None)]
        }
        State::Approved => vec![to_come(State::Submitted, sent_by), to_come(State::Paid, None)],
        State::Submitted | State::Unknown => vec![to_come(State::Paid, there_by)],
        State::Paid | State::Failed | State::Returned | State::Cancelled => Vec::new(),
    }
}

fn facts_of(ctx: &Context, payout: &Payout) -> Vec<(String, AnyView)> {
    let locale = ctx.locale;
    let mut facts = vec![
        (tr!(locale, payout.column_amount), text::amount(ctx, payout.money)),
        (tr!(locale, payout.pay_day), text::day(ctx, payout.pay_day)),
        (tr!(locale, payout.sent_to), words::method(ctx, payout).into_any()),
        (tr!(locale, payout.holder), payout.holder.clone().into_any()),
    ];
    if let Some(reference) = &payout.bank_reference {
        facts.push((tr!(locale, payout.bank_reference), reference.clone().into_any()));
    }
    let file = |kind, words| text::link(paths::statement(payout.id, kind), words);
    let files = view! {
        {file("pdf", tr!(locale, payout.statement_pdf))}" · "{file("csv", tr!(locale, payout.statement_csv))}
    };
    facts.push((tr!(locale, payout.statement), files.into_any()));
    facts
}

fn slip(ctx: &Context, payout: &Payout, sums: Sums) -> AnyView {
    let locale = ctx.locale;
    let line = |label: String, amount, total| crate::ui::slip::SlipLine {
        label,
        detail: None,
        value: text::amount(ctx, Money::new(amount, payout.money.currency)),
        total,
    };
    let mut lines = vec![line(tr!(locale, payout.sum_earned), sums.earned, false)];
    if !sums.taken_back.is_zero() {
        lines.push(line(tr!(locale, payout.sum_taken_back), -sums.taken_back, false));
    }
    lines.push(line(tr!(locale, payout.sum), payout.worked.net, true));
    let taken = tax::lines(locale, &payout.worked);
    let last = taken.len();
    lines.extend((1..).zip(taken).map(|(at, (label, amount))| line(label, amount, at == last)));
    crate::ui::slip::slip(lines)
}

fn table(ctx: &Context, payout: &Payout, items: &[Item], sums: Sums) -> AnyView {
    let locale = ctx.locale;
    if items.is_empty() {
        return empty(tr!(locale, payout.items_none), String::new());
    }
    let head = |label: String, numeric| Head { label, numeric };
    let columns = vec![
        head(tr!(locale, payout.column_order), false),
        head(tr!(locale, payout.column_day), false),
        head(tr!(locale, payout.column_what), false),
        head(tr!(locale, payout.column_offer), false),
        head(tr!(locale, payout.column_rate), true),
        head(tr!(locale, payout.column_amount), true),
    ];
    let money = |amount| Money::new(amount, payout.money.currency);
    let rows = items
        .iter()
        .map(|item| Row {
            href: item.conversion.map(paths::commission),
            cells: vec![
                item.order_id.clone().unwrap_or_else(|| words::item(ctx, item)).into_any(),
                text::time(ctx, item.at),
                words::item(ctx, item).into_any(),
                item.offer.clone().unwrap_or_default().into_any(),
                match &item.earned_on {
                    Some((_, Rate::Percent(percent))) => text::percent(ctx, *percent),
                    Some((_, Rate::Fixed(amount))) => text::amount(ctx, money(*amount)),
                    Some((_, Rate::Priced(_))) => tr!(ctx.locale, steps.by_rule).into_any(),
                    None => ().into_any(),
                },
                text::amount(ctx, money(item.amount)),
            ],
        })
        .collect();
    let more = (sums.items > i64::try_from(items.len()).unwrap_or(i64::MAX)).then(|| {
        let words = tr!(
            locale,
            payout.items_more,
            shown = format::count(locale, store::ITEMS_SHOWN),
            all = format::count(locale, sums.items)
        );
        view! { <p>{words}</p> }
    });
    view! { <Table caption=tr!(locale, payout.items_caption) head=columns rows=rows/>{more} }.into_any()
}
