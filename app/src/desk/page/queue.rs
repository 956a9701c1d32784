//! The queue: what to do next, and why that.

use super::{filter, stage_badge};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::clocks::page::clock_words;
use crate::desk::filter::{Begin, Filter, Problem};
use crate::desk::model::{View, Waiting};
use crate::desk::order::Why;
use crate::desk::store::{self, Narrowed, Page, Tally};
use crate::disputes::words;
use crate::live::page as live;
use crate::paths;
use crate::search::page as search;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::{empty, empty_with};
use crate::ui::layout::{page_head, pages, tabs};
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use crate::views::page as views;
use crate::work::page as work;
use leptos::prelude::*;

/// Which page of the queue an address asks for, and what was wrong with the asking.
pub(super) struct Asked {
    pub view: View,
    pub filter: Filter,
    begin: Begin,
    problems: Vec<(&'static str, Problem)>,
}

impl Asked {
    pub fn of(query: &Query) -> Self {
        let view = query.get("view").and_then(View::parse).unwrap_or(View::All);
        let get = |name: &str| query.get(name);
        let (filter, problems) = Filter::parse(get);
        Self { view, filter: filter.within(view), begin: Begin::parse(get), problems }
    }

    /// The same page's address, beside a case.
    fn query(&self) -> String {
        format!("{}{}", self.filter.query(self.view), self.begin.to_query())
    }

    pub async fn page(&self, ctx: &Context, tx: &mut Tx) -> Result<Page, AppError> {
        let narrowed = Narrowed::by(tx, &self.filter, ctx.staff()?.person, ctx.time_zone).await?;
        store::page(tx, self.view, &narrowed, self.begin, ctx.now()).await
    }
}

/// `/desk`
#[component]
pub fn Desk() -> impl IntoView {
    screen(|ctx, query| async move {
        let reader = ctx.staff()?.person;
        let asked = Asked::of(&query);
        let mut tx = ctx.begin().await?;
        let page = asked.page(&ctx, &mut tx).await?;
        let saved = views::tabs(&ctx, &mut tx, asked.view, &asked.filter).await?;
        let mut tabs_shown = Vec::new();
        let mut tally = Tally::default();
        for view in View::ALL {
            let filter = asked.filter.clone().within(view);
            let narrowed = Narrowed::by(&mut tx, &filter, reader, ctx.time_zone).await?;
            let counted = store::tally(&mut tx, view, &narrowed, ctx.now()).await?;
            if view == asked.view {
                tally = counted;
            }
            tabs_shown.push((
                tab(&ctx, label(&ctx, view), counted),
                address(view, &filter),
                view == asked.view && !saved.iter().any(|tab| tab.2),
            ));
        }
        tabs_shown.extend(saved);
        let choices = store::choices(&mut tx).await?;
        let marked = work::Marked::read(&ctx, &mut tx, &query).await?;
        tx.commit().await?;
        let save = if Who::Desk.includes(&ctx.actor) {
            Some(views::save_form(&ctx, &query, asked.view, &asked.filter).await?)
        } else {
            None
        };
        let title = tr!(ctx.locale, desk.title);
        let body = view! {
            {page_head(title.clone(), Some(live::region("lead", lead(&ctx, asked.view, tally))))}
            <p>{text::link(paths::LOG.to_owned(), tr!(ctx.locale, channels.log_link))}</p>
            {done(&ctx, (query.get("done") == Some("given-away")).then(|| tr!(ctx.locale, given_away.done)))}
            {search::bar(&ctx, "")}
            {tabs(tabs_shown)}
            {filter::section(&ctx, &query, asked.view, &asked.filter, &asked.problems, &choices)}
            {save}
            {marked.show(&ctx)}
            {live::region("queue", list(&ctx, &asked, page))}
        };
        Ok((title, body.into_any()))
    })
}

/// The address of a view, so narrowed.
pub(super) fn address(view: View, filter: &Filter) -> String {
    format!("{}?{}", paths::DESK, filter.query(view))
}

/// A tab's words with how many cases stand behind it.
pub fn tab(ctx: &Context, words: String, tally: Tally) -> String {
    let count = format::count(ctx.locale, i64::try_from(tally.cases).unwrap_or(i64::MAX));
    match tally.at_least {
        true => tr!(ctx.locale, queue.tab_at_least, words = words, count = count),
        false => tr!(ctx.locale, queue.tab, words = words, count = count),
    }
}

/// A view's name.
pub(super) fn label(ctx: &Context, view: View) -> String {
    match view {
        View::Mine => tr!(ctx.locale, desk.view_mine),
        View::Unassigned => tr!(ctx.locale, desk.view_unassigned),
        View::Breaching => tr!(ctx.locale, clocks.view_breaching),
        View::Appeals => tr!(ctx.locale, appeals.view),
        View::All => tr!(ctx.locale, desk.view_all),
        View::Snoozed => tr!(ctx.locale, work.view_snoozed),
        View::Closed => tr!(ctx.locale, desk.view_closed),
    }
}

fn lead(ctx: &Context, view: View, tally: Tally) -> AnyView {
    let number = |count: usize| format::count(ctx.locale, i64::try_from(count).unwrap_or(i64::MAX));
    let (count, unanswered, overdue) = (number(tally.cases), number(tally.unanswered), number(tally.overdue));
    let sentence = match (view, tally.at_least) {
        (View::Closed, false) => tr!(ctx.locale, desk.lead_closed, count = count),
        (View::Closed, true) => tr!(ctx.locale, queue.lead_closed_at_least, count = count),
        (_, false) => tr!(ctx.locale, desk.lead, count = count, unanswered = unanswered, overdue = overdue),
        (_, true) => tr!(ctx.locale, queue.lead_at_least, count = count, unanswered = unanswered, overdue = overdue),
    };
    view! { <p>{sentence}</p> }.into_any()
}

fn list(ctx: &Context, asked: &Asked, page: Page) -> AnyView {
    let (locale, view) = (ctx.locale, asked.view);
    if page.lines.is_empty() && !asked.filter.is_empty() {
        return empty(tr!(locale, queue.empty_title), tr!(locale, queue.empty_filtered));
    }
    if page.lines.is_empty() && asked.begin != Begin::Start {
        let start = (tr!(locale, queue.to_start), address(view, &asked.filter));
        return empty_with(tr!(locale, queue.empty_title), tr!(locale, queue.empty_page), Some(start));
    }
    if page.lines.is_empty() {
        let text = match view {
            View::Mine => tr!(locale, desk.empty_mine),
            View::Unassigned => tr!(locale, desk.empty_unassigned),
            View::Breaching => tr!(locale, clocks.empty_breaching),
            View::Appeals => tr!(locale, appeals.empty),
            View::All => tr!(locale, desk.empty_all),
            View::Snoozed => tr!(locale, work.empty_snoozed),
            View::Closed => tr!(locale, desk.empty_closed),
        };
        return empty(tr!(locale, desk.empty_title), text);
    }
    let head = |label, numeric| Head { label, numeric };
    let mut heads = vec![
        head(tr!(locale, desk.head_number), true),
        head(tr!(locale, desk.head_partner), false),
        head(tr!(locale, desk.head_kind), false),
        head(tr!(locale, desk.head_stage), false),
        head(tr!(locale, desk.head_waiting), false),
        head(tr!(locale, desk.head_promise), false),
        head(tr!(locale, desk.head_assignee), false),
        head(tr!(locale, desk.head_reason), false),
    ];
    if view == View::Snoozed {
        heads.insert(UNTIL, head(tr!(locale, work.head_until), false));
    }
    heads.extend(work::head(ctx));
    let at = |begin: Begin| format!("{}{}", address(view, &asked.filter), begin.to_query());
    let (previous, next) = (page.previous.map(at), page.next.map(at));
    let beside = asked.query();
    let rows = page.lines.iter().map(|line| row(ctx, view, &beside, line)).collect();
    view! { <Table caption=label(ctx, view) head=heads rows=rows/>{pages(previous, next)} }.into_any()
}

/// Where the day stands until which a case is put off, in the view of those that are.
const UNTIL: usize = 3;

fn row(ctx: &Context, view: View, beside: &str, line: &Waiting) -> Row {
    // An empty cell says it more calmly than a word in every row.
    let nothing = || ().into_any();
    let partner = view! { <strong>{line.partner_code.clone()}</strong>" "{line.partner_name.clone()} };
    let mut cells = vec![
        line.id.to_string().into_any(),
        partner.into_any(),
        words::kind(ctx.locale, line.kind).into_any(),
        stage_badge(ctx, line.stage),
        line.waiting_since.map_or_else(nothing, |since| text::time_exact(ctx, since)),
        line.promised_at.map_or_else(nothing, |promised| text::time_exact(ctx, promised)),
        line.assignee.clone().map_or_else(nothing, IntoAny::into_any),
        reason(ctx, line),
        work::check(ctx, line.id, line.version),
    ];
    if view == View::Snoozed {
        cells.insert(UNTIL, line.put_off_until.map_or_else(nothing, |until| text::time_exact(ctx, until)));
    }
    Row { cells, href: Some(format!("{}?{beside}", paths::case(line.id))) }
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
pub(super) fn beside(ctx: &Context, asked: &Asked, waiting: &[Waiting], current: CaseId) -> AnyView {
    let page = asked.query();
    let items = waiting
        .iter()
        .map(|line| {
            let here = (line.id == current).then_some("true");
            let href = format!("{}?{page}", paths::case(line.id));
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
        {text::link(format!("{}?{page}", paths::DESK), label(ctx, asked.view))}
        <ul class="queue-list">{items}</ul>
    }
    .into_any()
}
