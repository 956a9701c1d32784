//! A run at a glance: release, what to look at, what is in it, how it differs from the last one, and its time line.

use super::changed::changed_methods;
use super::form_of;
use super::payouts::table as payout_table;
use super::run::Sheet;
use super::words;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::paths;
use crate::payout_runs::asks::in_state;
use crate::payout_runs::model::{Stage, State, Total, Warning};
use crate::payout_runs::steps::{self, Release};
use crate::payout_runs::store::{
    self, Answer, Changed, Comparison, FileLine, PayoutLine, Previous, Task, Wanted, WorkLine,
};
use crate::ui::Tone;
use crate::ui::empty::empty;
use crate::ui::field::{Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::islands::ReloadSoon;
use crate::ui::layout::{columns, facts, section};
use crate::ui::notice::notice;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use crate::ui::timeline::{Step, timeline};
use leptos::prelude::*;
use rust_decimal::Decimal;

/// Payouts with warnings that are listed here; the rest is one filter away.
const WARNED: i64 = 20;
/// Partners whose amounts changed most.
const BIGGEST: i64 = 8;

pub(super) async fn load(ctx: &Context, tx: &mut Tx, sheet: &Sheet) -> Result<AnyView, AppError> {
    let run = sheet.head.listed.run.id;
    let is_built = !matches!(sheet.head.listed.run.stage, Stage::Building);
    let counts = store::warnings(tx, run).await?;
    let wanted = Wanted { warned: true, ..Wanted::default() };
    let warned = if counts.is_empty() { Vec::new() } else { store::payouts(tx, run, &wanted, WARNED).await? };
    let work = store::last_work(tx, run).await?;
    let changed = changed_methods(ctx, tx, run).await?;
    let previous = store::previous(tx, run).await?.filter(|_| is_built);
    let (compared, biggest) = match previous {
        Some(previous) => {
            (store::compare(tx, previous.run, run).await?, store::biggest(tx, previous.run, run, BIGGEST).await?)
        }
        None => (Vec::new(), Vec::new()),
    };
    let files = store::run_files(tx, run).await?;
    let answers = store::answers(tx, run).await?;
    let looked_at = (!counts.is_empty())
        .then(|| section(tr!(ctx.locale, runs.warnings_heading), warnings(ctx, sheet, &counts, &warned)));
    let compared = previous
        .map(|previous| section(tr!(ctx.locale, runs.compare_heading), comparison(ctx, previous, &compared, &biggest)));
    let body = view! {
        {release(ctx, sheet, &work)}
        {changed}
        {looked_at}
        {section(tr!(ctx.locale, runs.totals_heading), totals(ctx, &sheet.head.listed.totals))}
        {compared}
        {columns(vec![
            section(tr!(ctx.locale, runs.facts_heading), about(ctx, sheet)),
            section(tr!(ctx.locale, runs.time_line), timeline(history(ctx, sheet, &files, &answers))),
        ])}
        {give_up(ctx, sheet)}
    };
    Ok(body.into_any())
}

/// The one thing to decide here, or who decides it.
fn release(ctx: &Context, sheet: &Sheet, work: &[WorkLine]) -> Option<AnyView> {
    let locale = ctx.locale;
    let (scheduled, amounts) = in_state(&sheet.head.listed.totals, State::Scheduled);
    if scheduled == 0 {
        return None;
    }
    if work.iter().any(|line| line.task == Task::Release && !line.is_done) {
        let again = text::link(paths::run(sheet.head.listed.run.id), tr!(locale, runs.reload));
        let body = view! { <p>{tr!(locale, run_work.releasing)}" "{again}</p> <ReloadSoon/> };
        return Some(section(tr!(locale, runs.release_heading), body.into_any()));
    }
    let Release::Yes { sole_control } = sheet.release() else { return None };
    let worth = words::worth(locale, scheduled, &amounts);
    let run = sheet.head.listed.run.id.to_string();
    let (draft, id) = form_of(&sheet.draft, "release-run");
    let sole = sole_control.then(|| notice(Tone::Waiting, tr!(locale, runs.sole_control)));
    let body = view! {
        <p>{tr!(locale, runs.release_text)}</p>
        {sole}
        <Form action="/do/release-run" id=id draft=&draft>
            <Hidden name="run" value=run/>
            <Submit text=tr!(locale, runs.release_button, worth = worth)/>
        </Form>
    };
    Some(section(tr!(locale, runs.release_heading), body.into_any()))
}

fn about(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let head = &sheet.head;
    let run = &head.listed.run;
    let mut lines = vec![
        (tr!(locale, runs.programme), head.programme.clone().into_any()),
        (tr!(locale, runs.cutoff), text::day(ctx, run.cutoff)),
        (tr!(locale, runs.pay_day), text::day(ctx, run.pay_day)),
    ];
    if head.promised() != run.pay_day {
        lines.push((tr!(locale, runs.promised_day), text::day(ctx, head.promised())));
    }
    if let (Some((code, name)), Some((_, reason))) = (&head.partner, &run.off_cycle) {
        lines.push((tr!(locale, runs.off_cycle_partner), format!("{name} ({code})").into_any()));
        lines.push((tr!(locale, runs.off_cycle_reason), text::prose(reason.clone())));
    }
    let command = || tr!(locale, runs.a_command);
    let builder = head.builder.as_ref().map_or_else(command, |(_, name)| name.clone());
    lines.push((tr!(locale, runs.built_by), builder.into_any()));
    if let Some(release) = &head.release {
        let by = release.by.as_ref().map_or_else(command, |(_, name)| name.clone());
        let by = if release.sole_control { tr!(locale, runs.alone, name = by) } else { by };
        lines.push((tr!(locale, runs.released_by), by.into_any()));
    }
    facts(lines)
}

fn totals(ctx: &Context, totals: &[Total]) -> AnyView {
    let locale = ctx.locale;
    if totals.is_empty() {
        return empty(tr!(locale, runs.totals_empty), tr!(locale, runs.totals_empty_text));
    }
    let head = vec![
        Head { label: tr!(locale, runs.column_state), numeric: false },
        Head { label: tr!(locale, runs.column_payouts), numeric: true },
        Head { label: tr!(locale, runs.column_amount), numeric: true },
    ];
    let mut currencies: Vec<_> = totals.iter().map(|total| total.currency).collect();
    currencies.dedup();
    let tables = currencies.into_iter().map(|currency| {
        let mut those: Vec<_> = totals.iter().filter(|total| total.currency == currency).collect();
        those.sort_by_key(|total| State::ALL.iter().position(|state| *state == total.state));
        let line = |words: AnyView, payouts: i64, amount: Decimal| Row {
            href: None,
            cells: vec![words, text::count(ctx, payouts), text::amount(ctx, Money::new(amount, currency))],
        };
        let rows = those
            .iter()
            .map(|total| line(words::state_badge(locale, total.state), total.payouts, total.amount))
            .collect();
        let foot = line(
            tr!(locale, runs.totals_sum).into_any(),
            those.iter().map(|total| total.payouts).sum(),
            those.iter().map(|total| total.amount).sum(),
        );
        let caption = tr!(locale, runs.totals_caption, currency = currency.code().to_owned());
        view! { <Table caption=caption head=head.clone() rows=rows foot=foot/> }
    });
    tables.collect_view().into_any()
}

fn warnings(ctx: &Context, sheet: &Sheet, counts: &[(Warning, i64)], warned: &[PayoutLine]) -> AnyView {
    let locale = ctx.locale;
    let run = sheet.head.listed.run.id;
    let counted = counts.iter().map(|(warning, count)| {
        let count = format::count(locale, *count);
        match warning {
            Warning::FirstPayout => tr!(locale, runs.warned_first, count = count),
            Warning::NewMethod => tr!(locale, runs.warned_method, count = count),
            Warning::Outlier => tr!(locale, runs.warned_outlier, count = count),
        }
    });
    let counted = counted.collect::<Vec<_>>().join(" ");
    let all = format!("{}&warned=yes", paths::run_view(run, "payouts"));
    let more = (warned.len() as i64 == WARNED).then(|| text::link(all, tr!(locale, runs.warned_all)));
    view! {
        <p>{counted}</p>
        {payout_table(ctx, run, warned, tr!(locale, runs.warned_caption))}
        {more.map(|more| view! { <p>{more}</p> })}
    }
    .into_any()
}

fn comparison(ctx: &Context, previous: Previous, compared: &[Comparison], biggest: &[Changed]) -> AnyView {
    let locale = ctx.locale;
    let link = text::link(paths::run(previous.run), tr!(locale, runs.run_named, run = previous.run));
    let head = [
        (tr!(locale, runs.column_currency), false),
        (tr!(locale, runs.column_partners_before), true),
        (tr!(locale, runs.column_partners_now), true),
        (tr!(locale, runs.column_before), true),
        (tr!(locale, runs.column_now), true),
        (tr!(locale, runs.column_difference), true),
        (tr!(locale, runs.column_new), true),
        (tr!(locale, runs.column_missing), true),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = compared
        .iter()
        .map(|one| {
            let money = |amount| text::amount(ctx, Money::new(amount, one.currency));
            Row {
                href: None,
                cells: vec![
                    one.currency.code().to_owned().into_any(),
                    text::count(ctx, one.before.0),
                    text::count(ctx, one.now.0),
                    money(one.before.1),
                    money(one.now.1),
                    signed(ctx, Money::new(one.now.1 - one.before.1, one.currency)).into_any(),
                    text::count(ctx, one.new),
                    text::count(ctx, one.missing),
                ],
            }
        })
        .collect();
    let day = format::day(locale, previous.cutoff);
    view! {
        <p>{tr!(locale, runs.compared_with, day = day)}" "{link}</p>
        <Table caption=tr!(locale, runs.compare_caption) head=head rows=rows/>
        {(!biggest.is_empty()).then(|| biggest_table(ctx, biggest))}
    }
    .into_any()
}

fn biggest_table(ctx: &Context, biggest: &[Changed]) -> AnyView {
    let locale = ctx.locale;
    let head = [
        (tr!(locale, runs.column_partner), false),
        (tr!(locale, runs.column_before), true),
        (tr!(locale, runs.column_now), true),
        (tr!(locale, runs.column_difference), true),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = biggest
        .iter()
        .map(|one| {
            let money = |amount: Option<Decimal>| match amount {
                Some(amount) => text::amount(ctx, Money::new(amount, one.currency)),
                None => tr!(locale, runs.not_paid).into_any(),
            };
            let difference = one.now.unwrap_or_default() - one.before.unwrap_or_default();
            Row {
                href: None,
                cells: vec![
                    partner(&one.name, &one.code),
                    money(one.before),
                    money(one.now),
                    signed(ctx, Money::new(difference, one.currency)).into_any(),
                ],
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, runs.biggest_caption) head=head rows=rows/> }.into_any()
}

/// A partner by name and code; the code alone where they are one.
pub(super) fn partner(name: &str, code: &str) -> AnyView {
    if name == code { code.to_owned().into_any() } else { format!("{name} ({code})").into_any() }
}

fn signed(ctx: &Context, money: Money) -> String {
    let text = format::money(ctx.locale, money);
    if money.amount > Decimal::ZERO { format!("+{text}") } else { text }
}

/// What happened to the run, and what was promised.
fn history(ctx: &Context, sheet: &Sheet, files: &[FileLine], answers: &[Answer]) -> Vec<Step> {
    let locale = ctx.locale;
    let head = &sheet.head;
    let command = || tr!(locale, runs.a_command);
    let at = |at| Some(text::time_exact(ctx, at));
    let mut past = vec![(
        head.started_at,
        Step {
            title: tr!(locale, runs.step_started),
            when: at(head.started_at),
            who: Some(head.builder.as_ref().map_or_else(command, |(_, name)| name.clone())),
            ..Step::default()
        },
    )];
    if let Some(built_at) = head.built_at {
        past.push((built_at, Step { title: tr!(locale, runs.step_built), when: at(built_at), ..Step::default() }));
    }
    if let Some(release) = &head.release {
        let who = release.by.as_ref().map_or_else(command, |(_, name)| name.clone());
        let text = release.sole_control.then(|| tr!(locale, runs.step_alone));
        let (title, tone) = (tr!(locale, runs.step_released), Tone::Good);
        past.push((release.at, Step { title, when: at(release.at), who: Some(who), text, tone, ..Step::default() }));
    }
    for file in files {
        let worth = words::worth(locale, file.payments, &[file.total]);
        let title = tr!(locale, runs.step_file, name = file.name.clone(), worth = worth);
        let who = Some(file.made_by.clone().unwrap_or_else(command));
        past.push((file.made_at, Step { title, when: at(file.made_at), who, tone: Tone::Info, ..Step::default() }));
        if let Some((when, by, reason)) = &file.withdrawn {
            let title = tr!(locale, runs.step_withdrawn, name = file.name.clone());
            let (who, text) = (Some(by.clone()), Some(reason.clone()));
            past.push((*when, Step { title, when: at(*when), who, text, tone: Tone::Bad, ..Step::default() }));
        }
    }
    for delay in &head.delays {
        let title = tr!(locale, runs.step_delayed, day = format::day(locale, delay.day));
        let (who, text) = (Some(delay.by.clone()), Some(delay.message.clone()));
        past.push((delay.at, Step { title, when: at(delay.at), who, text, tone: Tone::Waiting, ..Step::default() }));
    }
    for answer in answers {
        let moved = words::payouts(locale, answer.moved);
        let title = tr!(locale, runs.step_answer, name = answer.name.clone(), moved = moved);
        let who = Some(answer.by.clone().unwrap_or_else(command));
        past.push((answer.at, Step { title, when: at(answer.at), who, tone: Tone::Good, ..Step::default() }));
    }
    if let Some((when, by, reason)) = &head.cancelled {
        let who = Some(by.clone().unwrap_or_else(command));
        let (title, text) = (tr!(locale, runs.step_cancelled), Some(reason.clone()));
        past.push((*when, Step { title, when: at(*when), who, text, ..Step::default() }));
    }
    // Steps of one moment stay in the order in which they can follow.
    past.sort_by_key(|(when, _)| *when);
    let unsent =
        head.listed.totals.iter().any(|total| !steps::was_sent(total.state) && total.state != State::Cancelled);
    let future = (unsent && head.cancelled.is_none()).then(|| Step {
        title: tr!(locale, runs.step_pay_day),
        when: Some(text::day(ctx, head.promised())),
        future: true,
        ..Step::default()
    });
    past.into_iter().map(|(_, step)| step).chain(future).collect()
}

fn give_up(ctx: &Context, sheet: &Sheet) -> Option<AnyView> {
    let locale = ctx.locale;
    if !sheet.by().pays() || !steps::can_cancel(sheet.head.listed.run.stage, &sheet.head.listed.totals) {
        return None;
    }
    let run = sheet.head.listed.run.id.to_string();
    let (draft, id) = form_of(&sheet.draft, "cancel-run");
    let typed = draft.clone();
    let open = draft.is_refused();
    Some(
        view! {
            <details open=open>
                <summary>{tr!(locale, runs.cancel_heading)}</summary>
                <p>{tr!(locale, runs.cancel_text)}</p>
                <Form action="/do/cancel-run" id=id draft=&draft>
                    <Hidden name="run" value=run/>
                    <TextArea
                        name="reason" label=tr!(locale, runs.reason) rows=2 required=true value=typed.value("reason")
                        error=typed.error("reason") maxlength=2_000
                    />
                    <Submit text=tr!(locale, runs.cancel_button) tone=Weight::Danger/>
                </Form>
            </details>
        }
        .into_any(),
    )
}
