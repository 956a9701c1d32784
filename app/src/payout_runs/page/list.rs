//! `/runs`: what waits, the runs there are, and the forms that begin one.

use super::words;
use super::{form_of, pays, reader};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::paths;
use crate::payout_runs::asks::{Ask, Known, asks, sums};
use crate::payout_runs::model::Listed;
use crate::payout_runs::steps::By;
use crate::payout_runs::store::{self, Home};
use crate::settlement;
use crate::ui::empty::empty;
use crate::ui::field::{Field, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{columns, page_head, pages, section};
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// Runs on a page.
const PAGE: usize = 50;
/// As many sentences tell what is asked; the table tells the rest.
const MOST_ASKS: usize = 6;

/// The page.
#[component]
pub fn Runs() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let staff = reader(ctx)?;
    let before = query.get("after").and_then(|text| text.parse().ok());
    let mut tx = ctx.begin().await?;
    let mut runs = store::list_before(&mut tx, before, PAGE as i64 + 1).await?;
    let lines = settlement::store::waiting_count(&mut tx).await?;
    let others = store::other_owners(&mut tx, staff.person).await?;
    let homes = store::programmes(&mut tx).await?;
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;

    let more = runs.len() > PAGE;
    runs.truncate(PAGE);
    let next = more.then(|| runs.last().map(|last| query.with("after", &last.run.id.to_string()))).flatten();
    let known: Vec<_> = runs
        .iter()
        .map(|one| Known { run: one.run.id, stage: one.run.stage, builder: one.builder, totals: &one.totals })
        .collect();
    let asked = asks(&known, lines, By::new(&staff, others.is_empty()));
    let heading = tr!(ctx.locale, runs.heading);
    let forms = pays(ctx).then(|| {
        columns(vec![
            section(tr!(ctx.locale, runs.build_heading), build_form(ctx, &homes, &draft)),
            section(tr!(ctx.locale, runs.off_cycle_heading), off_cycle_form(ctx, &homes, &draft)),
        ])
    });
    let body = view! {
        {page_head(heading.clone(), Some(lead(ctx, &asked, &others)))}
        {section(tr!(ctx.locale, runs.list_heading), table(ctx, runs, homes.len() > 1))}
        {pages(None, next)}
        {forms}
    };
    Ok((heading, body.into_any()))
}

/// What is asked of the reader, a sentence each.
fn lead(ctx: &Context, asked: &[Ask], others: &[String]) -> AnyView {
    if asked.is_empty() {
        return view! { <p>{tr!(ctx.locale, runs.nothing_waits)}</p> }.into_any();
    }
    let sentences = asked.iter().take(MOST_ASKS).map(|ask| {
        let (words, href) = ask_words(ctx, ask, others);
        view! { <p>{text::link(href, words)}</p> }
    });
    let more = asked.len().saturating_sub(MOST_ASKS);
    let more = (more > 0).then(|| view! { <p>{tr!(ctx.locale, runs.asks_more, count = more)}</p> });
    view! { {sentences.collect_view()}{more} }.into_any()
}

fn ask_words(ctx: &Context, ask: &Ask, others: &[String]) -> (String, String) {
    let locale = ctx.locale;
    let worth = |count: i64, money: &[Money]| words::worth(locale, count, money);
    match ask {
        Ask::Release(run, count, money) => {
            (tr!(locale, runs.ask_release, run = *run, worth = worth(*count, money)), paths::run(*run))
        }
        Ask::AnotherReleases(run, count, money) => {
            let names = others.join(", ");
            let words = tr!(locale, runs.ask_another, run = *run, worth = worth(*count, money), names = names);
            (words, paths::run(*run))
        }
        Ask::OwnerReleases(run, count, money) => {
            (tr!(locale, runs.ask_owner, run = *run, worth = worth(*count, money)), paths::run(*run))
        }
        Ask::Empty(run) => (tr!(locale, runs.ask_empty, run = *run), paths::run(*run)),
        Ask::MakeFiles(run, count, money) => {
            (tr!(locale, runs.ask_files, run = *run, worth = worth(*count, money)), paths::run_view(*run, "sending"))
        }
        Ask::Unknown(run, count) => {
            let href = format!("{}&state=unknown", paths::run_view(*run, "payouts"));
            (tr!(locale, runs.ask_unknown, run = *run, payouts = words::payouts(locale, *count)), href)
        }
        Ask::Lines(1) => (tr!(locale, runs.ask_line), paths::ANSWERS.to_owned()),
        Ask::Lines(count) => {
            (tr!(locale, runs.ask_lines, count = format::count(locale, *count)), paths::ANSWERS.to_owned())
        }
    }
}

fn table(ctx: &Context, runs: Vec<Listed>, several: bool) -> AnyView {
    let locale = ctx.locale;
    if runs.is_empty() {
        return empty(tr!(locale, runs.empty_title), tr!(locale, runs.empty_text));
    }
    let head = [
        (tr!(locale, runs.column_run), false),
        (tr!(locale, runs.column_standing), false),
        (tr!(locale, runs.column_cutoff), false),
        (tr!(locale, runs.column_pay_day), false),
        (tr!(locale, runs.column_payouts), true),
        (tr!(locale, runs.column_amount), true),
        (tr!(locale, runs.column_sent), true),
        (tr!(locale, runs.column_paid), true),
        (tr!(locale, runs.column_blocked), true),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = runs.into_iter().map(|one| row(ctx, &one, several)).collect();
    view! { <Table caption=tr!(locale, runs.list_caption) head=head rows=rows/> }.into_any()
}

fn row(ctx: &Context, one: &Listed, several: bool) -> Row {
    let locale = ctx.locale;
    let sums = sums(&one.totals);
    let stacked = |cells: Vec<AnyView>| {
        cells
            .into_iter()
            .enumerate()
            .map(|(at, cell)| view! { {(at > 0).then(|| view! { <br/> })}{cell} })
            .collect_view()
            .into_any()
    };
    let counts = |count: fn(&crate::payout_runs::asks::Sum) -> i64| {
        stacked(sums.iter().map(|sum| text::count(ctx, count(sum))).collect())
    };
    let mut name = tr!(locale, runs.run_named, run = one.run.id);
    if several {
        name = format!("{name}, {}", one.programme);
    }
    if one.run.off_cycle.is_some() {
        name = format!("{name}, {}", tr!(locale, runs.off_cycle_word));
    }
    Row {
        href: Some(paths::run(one.run.id)),
        cells: vec![
            name.into_any(),
            words::standing(locale, one),
            text::day(ctx, one.run.cutoff),
            text::day(ctx, one.run.pay_day),
            counts(|sum| sum.payouts),
            stacked(sums.iter().map(|sum| text::amount(ctx, Money::new(sum.amount, sum.currency))).collect()),
            counts(|sum| sum.sent),
            counts(|sum| sum.paid),
            text::count(ctx, one.blocked),
        ],
    }
}

fn programme_field(ctx: &Context, homes: &[Home], draft: &Draft) -> Option<AnyView> {
    let options: Vec<_> = homes.iter().map(|home| (home.code.clone(), home.name.clone())).collect();
    let (selected, error) = (draft.value("programme"), draft.error("programme"));
    let label = tr!(ctx.locale, runs.programme);
    (homes.len() != 1).then(|| {
        view! { <Select name="programme" label=label options=options selected=selected error=error required=true/> }
            .into_any()
    })
}

fn build_form(ctx: &Context, homes: &[Home], draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let (draft, id) = form_of(draft, "build-run");
    let typed = draft.clone();
    let programme = programme_field(ctx, homes, &draft);
    view! {
        <Form action="/do/build-run" id=id draft=&draft>
            {programme}
            <Field
                name="cutoff" label=tr!(locale, runs.cutoff) kind="date" required=true value=typed.value("cutoff")
                error=typed.error("cutoff") hint=tr!(locale, runs.cutoff_hint)
            />
            <Field
                name="pay_day" label=tr!(locale, runs.pay_day) kind="date" value=typed.value("pay_day")
                error=typed.error("pay_day") hint=tr!(locale, runs.pay_day_hint)
            />
            <Submit text=tr!(locale, runs.build)/>
        </Form>
    }
    .into_any()
}

fn off_cycle_form(ctx: &Context, homes: &[Home], draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let (draft, id) = form_of(draft, "pay-off-cycle");
    let typed = draft.clone();
    let programme = programme_field(ctx, homes, &draft);
    view! {
        <Form action="/do/pay-off-cycle" id=id draft=&draft>
            {programme}
            <Field
                name="partner" label=tr!(locale, runs.partner_code) required=true value=typed.value("partner")
                error=typed.error("partner")
            />
            <TextArea
                name="reason" label=tr!(locale, runs.off_cycle_reason) rows=2 required=true value=typed.value("reason")
                error=typed.error("reason") hint=tr!(locale, runs.off_cycle_hint) maxlength=2_000
            />
            <Submit text=tr!(locale, runs.off_cycle_build) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
