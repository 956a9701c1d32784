//! `/books`: a month's opening, movements and closing liability, closing it, and its journal.

use super::api::{home, running, shown};
use super::close::{self, Closed, Line, Month};
use super::words;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::paths;
use crate::payout_runs::store::{Home, programmes};
use crate::ui::Tone;
use crate::ui::empty::empty;
use crate::ui::field::{Hidden, Submit};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, pages, section, tabs};
use crate::ui::notice::{done, notice};
use crate::ui::query::encode;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// Closed months in the list.
const MOST: i64 = 36;

/// The page.
#[component]
pub fn BooksPage() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

/// What the page shows of one month.
struct Sheet {
    home: Home,
    month: Month,
    lines: Vec<Line>,
    closed: Vec<Closed>,
    last_closed: Option<Month>,
    first: Option<Month>,
    /// Commissions that should have been released by its end.
    waiting: i64,
    running: Month,
}

impl Sheet {
    fn is_closed(&self) -> bool {
        self.last_closed.is_some_and(|last| self.month <= last)
    }

    /// The month that comes next to be closed; none where nothing is booked.
    fn next(&self) -> Option<Month> {
        self.last_closed.map(Month::next).or(self.first)
    }
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let mut tx = ctx.begin().await?;
    let homes = programmes(&mut tx).await?;
    let home = home(&mut tx, query.get("programme")).await?;
    let month = match query.get("month") {
        Some(month) => Month::parse(month).ok_or(AppError::NotFound)?,
        None => shown(ctx, &mut tx, &home).await?,
    };
    let programme = home.id.into();
    let sheet = Sheet {
        lines: close::figures(&mut tx, programme, month).await?,
        closed: close::closed(&mut tx, programme, MOST).await?,
        last_closed: close::last_closed(&mut tx, programme).await?,
        first: close::first(&mut tx, programme).await?,
        waiting: close::not_released(&mut tx, programme, month).await?,
        running: running(ctx, &home),
        home,
        month,
    };
    tx.commit().await?;

    let title = tr!(locale, books.title);
    let views = homes.iter().map(|each| {
        (each.name.clone(), format!("{}?programme={}", paths::BOOKS, encode(&each.code)), each.code == sheet.home.code)
    });
    let views = (homes.len() > 1).then(|| tabs(views.collect()));
    let said = (query.get("done") == Some("closed"))
        .then(|| tr!(locale, books.done_closed, month = words::month(locale, month)));
    let figures = section(words::month_heading(locale, month), figures(ctx, &sheet));
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{lead(ctx, &sheet)}</p> }.into_any()))}
        {views}
        {done(ctx, said)}
        {figures}
        {closing(ctx, &sheet, &draft)}
        {section(tr!(locale, books.journal_title), journals(ctx, &sheet))}
        {section(tr!(locale, books.closed_title), closed(ctx, &sheet))}
    };
    Ok((title, body.into_any()))
}

fn lead(ctx: &Context, sheet: &Sheet) -> String {
    let locale = ctx.locale;
    let month = |month| words::month(locale, month);
    match (sheet.next(), sheet.last_closed) {
        (None, _) => tr!(locale, books.lead_nothing),
        (Some(next), _) if next < sheet.running => tr!(locale, books.lead_open, month = month(next)),
        (Some(_), Some(last)) => tr!(locale, books.lead_closed, month = month(last)),
        (Some(next), None) => tr!(locale, books.lead_running, month = month(next)),
    }
}

/// The month's tables, one a currency, with the months beside it.
fn figures(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let tables = if sheet.lines.is_empty() {
        empty(tr!(locale, books.empty_title), tr!(locale, books.empty_text))
    } else {
        let of_currency = sheet.lines.chunk_by(|one, other| one.currency == other.currency);
        of_currency.map(|lines| table(ctx, lines)).collect_view().into_any()
    };
    let earlier = sheet.first.filter(|first| *first < sheet.month).map(|_| sheet.month.previous());
    let later = (sheet.month < sheet.running).then(|| sheet.month.next());
    let href = |month: Month| paths::books(&sheet.home.code, month);
    view! { {tables}{pages(earlier.map(href), later.map(href))} }.into_any()
}

fn table(ctx: &Context, lines: &[Line]) -> AnyView {
    let locale = ctx.locale;
    let Some(currency) = lines.first().and_then(|line| Currency::parse(&line.currency).ok()) else {
        return ().into_any();
    };
    let head = [
        (tr!(locale, books.movement), false),
        (tr!(locale, books.transfers), true),
        (tr!(locale, books.pending), true),
        (tr!(locale, books.payable), true),
        (tr!(locale, books.ring_fenced), true),
        (tr!(locale, books.in_payout), true),
        (tr!(locale, books.liability), true),
        (tr!(locale, books.paid), true),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let row = |line: &Line| {
        let money = |amount: Decimal| text::amount(ctx, Money::new(amount, currency));
        Row {
            href: None,
            cells: vec![
                words::line(locale, &line.line).into_any(),
                text::count(ctx, line.transfers),
                money(line.pending),
                money(line.payable),
                money(line.ring_fenced),
                money(line.in_payout),
                money(line.liability),
                money(line.paid),
            ],
        }
    };
    let (rows, foot) = match lines.split_last() {
        Some((closing, rest)) => (rest.iter().map(row).collect(), Some(row(closing))),
        None => (Vec::new(), None),
    };
    let caption = tr!(locale, books.caption, currency = currency.code());
    view! { <Table caption=caption head=head rows=rows foot=foot/> }.into_any()
}

/// The form that closes the month, where it is the next, is over, and the reader may.
fn closing(ctx: &Context, sheet: &Sheet, draft: &Draft) -> Option<AnyView> {
    let locale = ctx.locale;
    if sheet.is_closed() || sheet.next() != Some(sheet.month) || sheet.month >= sheet.running {
        return None;
    }
    let waiting =
        (sheet.waiting > 0).then(|| notice(Tone::Waiting, tr!(locale, books.not_released, count = sheet.waiting)));
    let form = Who::Paying.includes(&ctx.actor).then(|| {
        let month = words::month(locale, sheet.month);
        let (programme, value, draft) = (sheet.home.code.clone(), sheet.month.to_string(), draft.clone());
        view! {
            <Form action="/do/close-month" draft=&draft>
                <Hidden name="programme" value=programme/>
                <Hidden name="month" value=value/>
                <Submit text=tr!(locale, books.close_button, month = month)/>
            </Form>
        }
    });
    let body = view! { <p>{tr!(locale, books.close_lead)}</p>{waiting}{form} };
    Some(section(tr!(locale, books.close_title), body.into_any()))
}

fn journals(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let href = |path: &str| format!("{path}?programme={}&month={}", encode(&sheet.home.code), sheet.month);
    view! {
        <p>{tr!(locale, books.journal_lead)}</p>
        <p>{text::link(href(paths::BOOKS_HLEDGER), tr!(locale, books.journal_hledger))}</p>
        <p>{text::link(href(paths::BOOKS_BEANCOUNT), tr!(locale, books.journal_beancount))}</p>
    }
    .into_any()
}

fn closed(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    if sheet.closed.is_empty() {
        return view! { <p>{tr!(locale, books.closed_none)}</p> }.into_any();
    }
    let head = [
        (tr!(locale, books.month), false),
        (tr!(locale, books.closed_at), false),
        (tr!(locale, books.closed_by), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = sheet
        .closed
        .iter()
        .map(|one| Row {
            href: Some(paths::books(&sheet.home.code, one.month)),
            cells: vec![
                words::month(locale, one.month).into_any(),
                text::time_exact(ctx, one.at),
                one.by.clone().unwrap_or_else(|| tr!(locale, runs.a_command)).into_any(),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, books.closed_caption) head=head rows=rows/> }.into_any()
}
