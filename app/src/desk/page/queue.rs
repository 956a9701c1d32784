//! The queue: what to do next, and why that.

use super::stage_badge;
use crate::base::context::Context;
use crate::base::format;
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::clocks::page::clock_words;
use crate::desk::model::{View, Waiting};
use crate::desk::order::Why;
use crate::desk::store;
use crate::disputes::words;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::layout::{page_head, tabs};
use crate::ui::notice::{done, notice};
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// `/desk`
#[component]
pub fn Desk() -> impl IntoView {
    screen(|ctx, query| async move {
        let reader = ctx.staff()?.person;
        let view = view_of(&query, View::All);
        let mut tx = ctx.begin().await?;
        let waiting = store::queue(&mut tx, view, reader, ctx.now()).await?;
        let title = tr!(ctx.locale, desk.title);
        let body = view! {
            {page_head(title.clone(), Some(lead(&ctx, view, &waiting)))}
            <p>{text::link(paths::LOG.to_owned(), tr!(ctx.locale, channels.log_link))}</p>
            {done(&ctx, (query.get("done") == Some("given-away")).then(|| tr!(ctx.locale, given_away.done)))}
            {tabs(View::ALL.iter().map(|each| (label(&ctx, *each), address(*each), *each == view)).collect())}
            {list(&ctx, view, waiting)}
        };
        Ok((title, body.into_any()))
    })
}

/// The view an address asks for.
pub(super) fn view_of(query: &Query, otherwise: View) -> View {
    query.get("view").and_then(View::parse).unwrap_or(otherwise)
}

fn address(view: View) -> String {
    format!("{}?view={}", paths::DESK, view.as_str())
}

fn label(ctx: &Context, view: View) -> String {
    match view {
        View::Mine => tr!(ctx.locale, desk.view_mine),
        View::Unassigned => tr!(ctx.locale, desk.view_unassigned),
        View::Breaching => tr!(ctx.locale, clocks.view_breaching),
        View::All => tr!(ctx.locale, desk.view_all),
        View::Closed => tr!(ctx.locale, desk.view_closed),
    }
}

fn lead(ctx: &Context, view: View, waiting: &[Waiting]) -> AnyView {
    let overdue = waiting.iter().filter(|line| matches!(line.urgency.why, Why::Overdue(..))).count();
    let unanswered = waiting.iter().filter(|line| line.waiting_since.is_some()).count();
    let sentence = if view == View::Closed {
        tr!(ctx.locale, desk.lead_closed, count = waiting.len())
    } else {
        tr!(ctx.locale, desk.lead, count = waiting.len(), unanswered = unanswered, overdue = overdue)
    };
    view! { <p>{sentence}</p> }.into_any()
}

fn list(ctx: &Context, view: View, waiting: Vec<Waiting>) -> AnyView {
    let locale = ctx.locale;
    if waiting.is_empty() {
        let text = match view {
            View::Mine => tr!(locale, desk.empty_mine),
            View::Unassigned => tr!(locale, desk.empty_unassigned),
            View::Breaching => tr!(locale, clocks.empty_breaching),
            View::All => tr!(locale, desk.empty_all),
            View::Closed => tr!(locale, desk.empty_closed),
        };
        return empty(tr!(locale, desk.empty_title), text);
    }
    let most =
        (waiting.len() >= store::MOST).then(|| notice(Tone::Info, tr!(locale, desk.only_first, most = store::MOST)));
    let head = |label, numeric| Head { label, numeric };
    let heads = vec![
        head(tr!(locale, desk.head_number), true),
        head(tr!(locale, desk.head_partner), false),
        head(tr!(locale, desk.head_kind), false),
        head(tr!(locale, desk.head_stage), false),
        head(tr!(locale, desk.head_waiting), false),
        head(tr!(locale, desk.head_promise), false),
        head(tr!(locale, desk.head_assignee), false),
        head(tr!(locale, desk.head_reason), false),
    ];
    let rows = waiting.into_iter().map(|line| row(ctx, view, &line)).collect();
    view! { {most} <Table caption=label(ctx, view) head=heads rows=rows/> }.into_any()
}

fn row(ctx: &Context, view: View, line: &Waiting) -> Row {
    // An empty cell says it more calmly than a word in every row.
    let nothing = || ().into_any();
    let partner = view! { <strong>{line.partner_code.clone()}</strong>" "{line.partner_name.clone()} };
    Row {
        cells: vec![
            line.id.to_string().into_any(),
            partner.into_any(),
            words::kind(ctx.locale, line.kind).into_any(),
            stage_badge(ctx, line.stage),
            line.waiting_since.map_or_else(nothing, |since| text::time_exact(ctx, since)),
            line.promised_at.map_or_else(nothing, |promised| text::time_exact(ctx, promised)),
            line.assignee.clone().map_or_else(nothing, IntoAny::into_any),
            reason(ctx, line),
        ],
        href: Some(format!("{}?view={}", paths::case(line.id), view.as_str())),
    }
}

/// Why a case stands where it does, and who knows that a clock ran out.
fn reason(ctx: &Context, line: &Waiting) -> AnyView {
    let locale = ctx.locale;
    let span = |span| words::span(locale, span);
    let why = match line.urgency.why {
        Why::Overdue(clock, late) => {
            let clock = clock_words(locale, clock);
            badge(Tone::Bad, tr!(locale, clocks.why_overdue, clock = clock, span = span(late)))
        }
        Why::DueSoon(clock, left) => {
            let clock = clock_words(locale, clock);
            badge(Tone::Waiting, tr!(locale, clocks.why_due_soon, clock = clock, span = span(left)))
        }
        Why::PayoutLate(late) => badge(Tone::Bad, tr!(locale, clocks.why_payout_late, span = span(late))),
        Why::FirstMoney(money) => {
            let owed = format::money(locale, Money::new(money.owed, line.currency));
            badge(Tone::Waiting, tr!(locale, clocks.why_first_money, amount = owed))
        }
        Why::Stake(minimums) => {
            let times = format::number(locale, minimums.round_dp(1));
            badge(Tone::Waiting, tr!(locale, clocks.why_stake, times = times))
        }
        Why::Waiting(waited) => badge(Tone::Waiting, tr!(locale, desk.why_waiting, span = span(waited))),
        Why::Promised => badge(Tone::Neutral, tr!(locale, desk.why_promised)),
        Why::Nothing => match line.closed_at {
            Some(at) => view! { {tr!(locale, desk.closed_on)}" "{text::time_exact(ctx, at)} }.into_any(),
            None => ().into_any(),
        },
    };
    let told = line.told.as_deref().map(|told| {
        let words = match told {
            "owner" => tr!(locale, clocks.told_owner),
            _ => tr!(locale, clocks.told_lead),
        };
        view! { " "{badge(Tone::Bad, words)} }
    });
    view! { {why}{told} }.into_any()
}

/// The queue beside a case: number, partner, reason.
pub(super) fn beside(ctx: &Context, view: View, waiting: &[Waiting], current: CaseId) -> AnyView {
    let items = waiting
        .iter()
        .map(|line| {
            let here = (line.id == current).then_some("true");
            let href = format!("{}?view={}", paths::case(line.id), view.as_str());
            view! {
                <li>
                    <a href=href aria-current=here>
                        <strong>{line.id.to_string()}</strong>" "{line.partner_code.clone()}" "{line.partner_name.clone()}
                        <br/>
                        {words::kind(ctx.locale, line.kind)}" "{reason(ctx, line)}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        {text::link(address(view), label(ctx, view))}
        <ul class="queue-list">{items}</ul>
    }
    .into_any()
}
