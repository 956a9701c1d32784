//! `/earnings`: what a period earned, summed, drawn and listed.

use super::{rate_words, state_badge, state_words};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::commissions::model::State;
use crate::earnings::filter::{Filter, Problem};
use crate::earnings::model::{Bucket, Cursor, Row, Step, Total};
use crate::earnings::{rules, store};
use crate::paths;
use crate::ui::badge::Tone;
use crate::ui::chart::{Bar, bars};
use crate::ui::empty::empty;
use crate::ui::field::{Field, Select, Submit, Weight};
use crate::ui::form::Filter as FilterForm;
use crate::ui::layout::{columns, page_head, pages, section};
use crate::ui::notice::notice;
use crate::ui::screen::{Query, screen};
use crate::ui::slip::{SlipLine, slip};
use crate::ui::table::{Head, Row as TableRow, Table};
use crate::ui::text;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// More offers than this are asked for by code instead of listed.
const OFFERS_LISTED: i64 = 100;

/// The page.
#[component]
pub fn Earnings() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let member = ctx.member()?;
    let today = ctx.now().with_timezone(&ctx.time_zone).date_naive();
    let mut tx = ctx.begin().await?;
    let offers = store::offers(&mut tx, member.programme, OFFERS_LISTED + 1).await?;
    let mut problems = BTreeMap::new();
    let filter = match Filter::parse(|name| query.get(name), today) {
        Ok(filter) => Some(filter),
        Err(found) => {
            problems.extend(found.into_iter().map(|(field, problem)| (field, words(ctx, problem))));
            None
        }
    };
    let mut offer = None;
    if let Some(code) = filter.as_ref().map(|filter| filter.offer.as_str()).filter(|code| !code.is_empty()) {
        offer = store::offer_by_code(&mut tx, member.programme, code).await?;
        if offer.is_none() {
            problems.insert("offer", tr!(ctx.locale, earnings.no_such_offer));
        }
    }
    let form = filter_form(ctx, query, filter.as_ref(), offers, &problems);
    let title = tr!(ctx.locale, earnings.title);
    let Some(filter) = filter.filter(|_| problems.is_empty()) else {
        let lead = notice(Tone::Bad, tr!(ctx.locale, earnings.lead_problem));
        return Ok((title.clone(), view! { {page_head(title, Some(lead))}{form} }.into_any()));
    };
    let buckets = store::buckets(&mut tx, member.partner, &filter, offer, ctx.time_zone).await?;
    let (rows, next) = store::page(&mut tx, member, &filter, offer, ctx.time_zone).await?;
    tx.commit().await?;

    let totals = rules::totals(&buckets);
    let head = page_head(title.clone(), Some(lead(ctx, &filter, &totals).into_any()));
    let body = if totals.is_empty() {
        empty(tr!(ctx.locale, earnings.empty_title), tr!(ctx.locale, earnings.empty_text))
    } else {
        let figures = totals.iter().map(|total| figures(ctx, &filter, &buckets, total)).collect_view();
        let list = section(tr!(ctx.locale, earnings.list), list(ctx, &filter, rows, next));
        view! { {figures}{list} }.into_any()
    };
    Ok((title, view! { {head}{form}{body} }.into_any()))
}

fn words(ctx: &Context, problem: Problem) -> String {
    match problem {
        Problem::NoSuchDay => tr!(ctx.locale, earnings.no_such_day),
        Problem::EndsBeforeItBegins => tr!(ctx.locale, earnings.ends_before),
        Problem::NoSuchState => tr!(ctx.locale, earnings.no_such_state),
    }
}

/// The answer: what the period earned, currencies side by side and never added up.
fn lead(ctx: &Context, filter: &Filter, totals: &[Total]) -> String {
    let from = format::day(ctx.locale, filter.from);
    let to = format::day(ctx.locale, filter.to);
    let amounts = totals
        .iter()
        .map(|total| format::money(ctx.locale, Money::new(total.left(), total.currency)))
        .reduce(|some, more| tr!(ctx.locale, earnings.and, some = some, more = more));
    match amounts {
        Some(amount) => tr!(ctx.locale, earnings.lead, amount = amount, from = from, to = to),
        None => tr!(ctx.locale, earnings.lead_nothing, from = from, to = to),
    }
}

/// The form; where something is wrong, what was typed stays.
fn filter_form(
    ctx: &Context,
    query: &Query,
    filter: Option<&Filter>,
    offers: Vec<(String, String)>,
    problems: &BTreeMap<&'static str, String>,
) -> AnyView {
    let locale = ctx.locale;
    let typed = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let [from, to, offer, state] =
        ["from", "to", "offer", "state"].map(|name| (typed(name), problems.get(name).cloned()));
    let first = filter.map_or(from.0, |filter| filter.from.to_string());
    let last = filter.map_or(to.0, |filter| filter.to.to_string());
    let states: Vec<_> = std::iter::once((String::new(), tr!(locale, earnings.state_all)))
        .chain(State::ALL.into_iter().map(|state| (state.as_str().to_owned(), state_words(ctx, state))))
        .collect();
    // Inside the form, so that its fields find out which form they are in.
    let offer_field = move || {
        let label = tr!(locale, earnings.offer);
        if offers.len() > OFFERS_LISTED as usize {
            let hint = tr!(locale, earnings.offer_hint);
            view! { <Field name="offer" label=label value=offer.0 error=offer.1 hint=hint/> }.into_any()
        } else {
            let all = (String::new(), tr!(locale, earnings.offer_all));
            let options = std::iter::once(all).chain(offers).collect::<Vec<_>>();
            view! { <Select name="offer" label=label options=options selected=offer.0 error=offer.1/> }.into_any()
        }
    };
    view! {
        <FilterForm action=paths::EARNINGS>
            <Field name="from" label=tr!(locale, earnings.from) kind="date" value=first error=from.1/>
            <Field name="to" label=tr!(locale, earnings.to) kind="date" value=last error=to.1/>
            {offer_field()}
            <Select name="state" label=tr!(locale, earnings.state) options=states selected=state.0 error=state.1/>
            <Submit text=tr!(locale, earnings.show) tone=Weight::Quiet/>
        </FilterForm>
    }
    .into_any()
}

/// Sums and chart of one currency.
fn figures(ctx: &Context, filter: &Filter, buckets: &[Bucket], total: &Total) -> AnyView {
    let money = |amount| text::amount(ctx, Money::new(amount, total.currency));
    let line =
        |label: String, detail: Option<String>, value: AnyView, total: bool| SlipLine { label, detail, value, total };
    let count = tr!(ctx.locale, earnings.sum_count, count = format::count(ctx.locale, total.count));
    let mut lines = vec![line(tr!(ctx.locale, earnings.sum_earned), Some(count), money(total.earned), false)];
    if !total.reversed.is_zero() {
        lines.push(line(tr!(ctx.locale, earnings.sum_reversed), None, money(-total.reversed), false));
    }
    lines.push(line(tr!(ctx.locale, earnings.sum_left), None, money(total.left()), true));
    lines.push(line(tr!(ctx.locale, earnings.sum_pending), None, money(total.pending), false));
    lines.push(line(tr!(ctx.locale, earnings.sum_payable), None, money(total.payable), false));
    if !total.ring_fenced.is_zero() {
        lines.push(line(tr!(ctx.locale, earnings.sum_ring_fenced), None, money(total.ring_fenced), false));
    }
    if !total.in_payout.is_zero() {
        lines.push(line(tr!(ctx.locale, earnings.sum_in_payout), None, money(total.in_payout), false));
    }
    if !total.paid.is_zero() {
        lines.push(line(tr!(ctx.locale, earnings.sum_paid), None, money(total.paid), false));
    }

    let step = filter.step();
    let drawn = rules::series(buckets, total.currency, step, filter.from, filter.to)
        .into_iter()
        .map(|(start, left)| Bar {
            label: match step {
                Step::Day => format::day_short(ctx.locale, start),
                Step::Month => format::month(ctx.locale, start),
            },
            value: left,
            shown: format::money(ctx.locale, Money::new(left, total.currency)),
        })
        .collect();
    let code = total.currency.to_string();
    let title = match step {
        Step::Day => tr!(ctx.locale, earnings.chart_day, currency = code.clone()),
        Step::Month => tr!(ctx.locale, earnings.chart_month, currency = code.clone()),
    };
    section(tr!(ctx.locale, earnings.sums_in, currency = code), columns(vec![slip(lines), bars(ctx, title, drawn)]))
}

fn list(ctx: &Context, filter: &Filter, rows: Vec<Row>, next: Option<Cursor>) -> AnyView {
    let head = [
        (tr!(ctx.locale, earnings.date), false),
        (tr!(ctx.locale, earnings.offer), false),
        (tr!(ctx.locale, earnings.order), false),
        (tr!(ctx.locale, earnings.order_amount), true),
        (tr!(ctx.locale, earnings.rate), true),
        (tr!(ctx.locale, earnings.commission), true),
        (tr!(ctx.locale, earnings.state), false),
    ];
    let head: Vec<Head> = head.into_iter().map(|(label, numeric)| Head { label, numeric }).collect();
    let rows: Vec<TableRow> = rows.into_iter().map(|row| cells(ctx, row)).collect();
    let caption = tr!(
        ctx.locale,
        earnings.list_caption,
        from = format::day_short(ctx.locale, filter.from),
        to = format::day_short(ctx.locale, filter.to)
    );
    let older = next.map(|cursor| filter.at(Some(cursor)).href());
    let newest = filter.before.map(|_| {
        let link = text::link(filter.at(None).href(), tr!(ctx.locale, earnings.newest));
        view! { <p>{link}</p> }
    });
    view! { <Table caption=caption head=head rows=rows/>{newest}{pages(older, None)} }.into_any()
}

fn cells(ctx: &Context, row: Row) -> TableRow {
    let order_amount = if row.order_amount.is_zero() {
        tr!(ctx.locale, earnings.no_order_amount).into_any()
    } else {
        text::amount(ctx, Money::new(row.order_amount, row.currency))
    };
    TableRow {
        href: Some(paths::commission(row.conversion)),
        cells: vec![
            text::time(ctx, row.occurred_at),
            row.offer.into_any(),
            row.order_id.into_any(),
            order_amount,
            rate_words(ctx, row.rate, row.currency).into_any(),
            text::amount(ctx, Money::new(row.left, row.currency)),
            state_badge(ctx, row.state),
        ],
    }
}
