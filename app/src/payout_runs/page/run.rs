//! `/runs/{run}`: the head that all views of a run share.

use super::words;
use super::{overview, payouts, reader, sending, unpaid};
use crate::base::actor::Staff;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::paths;
use crate::payout_runs::asks::{in_state, sums};
use crate::payout_runs::model::{Stage, State};
use crate::payout_runs::steps::{self, By, Release};
use crate::payout_runs::store::{self, Head};
use crate::ui::Tone;
use crate::ui::islands::ReloadSoon;
use crate::ui::layout::{page_head, tabs};
use crate::ui::notice::{done, notice};
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The page.
#[component]
pub fn RunPage() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

/// What every view of a run reads.
pub(super) struct Sheet {
    pub(super) staff: Staff,
    pub(super) head: Head,
    /// The other owners.
    pub(super) others: Vec<String>,
    pub(super) draft: Draft,
}

impl Sheet {
    pub(super) fn by(&self) -> By {
        By::new(&self.staff, self.others.is_empty())
    }

    pub(super) fn release(&self) -> Release {
        steps::release(self.head.listed.run.stage, self.head.built_by(), self.by())
    }
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let staff = reader(ctx)?;
    let run = query.id("run")?;
    let mut tx = ctx.begin().await?;
    let head = store::head(&mut tx, run).await?;
    let others = store::other_owners(&mut tx, staff.person).await?;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let sheet = Sheet { staff, head, others, draft };
    let view = query.get("view").unwrap_or_default();
    let body = match view {
        "payouts" => payouts::load(ctx, &mut tx, query, &sheet).await?,
        "unpaid" => unpaid::load(ctx, &mut tx, query, &sheet).await?,
        "sending" => sending::load(ctx, &mut tx, &sheet).await?,
        _ => overview::load(ctx, &mut tx, &sheet).await?,
    };
    drop(tx);
    let title = tr!(ctx.locale, runs.run_named, run = run);
    // What a form says stands with the form; where that is gone, it still has to be read.
    let late = sheet.draft.error("").filter(|_| !shows_form(&sheet, &sheet.draft.value("form_name")));
    let body = view! {
        {page_head(title.clone(), Some(lead(ctx, &sheet)))}
        {done(ctx, said(ctx, query.get("done")))}
        {late.map(|message| notice(Tone::Bad, message))}
        {views(ctx, &sheet, view)}
        {body}
    };
    Ok((title, body.into_any()))
}

/// Whether the form that was refused is still on the page.
fn shows_form(sheet: &Sheet, name: &str) -> bool {
    match name {
        "release-run" => matches!(sheet.release(), Release::Yes { .. }),
        "cancel-run" => steps::can_cancel(sheet.head.listed.run.stage, &sheet.head.listed.totals),
        _ => false,
    }
}

/// Where the run stands, with number and day.
fn lead(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let head = &sheet.head;
    let totals = &head.listed.totals;
    let promised = format::day(locale, head.promised());
    let (scheduled, amounts) = in_state(totals, State::Scheduled);
    let worth = words::worth(locale, scheduled, &amounts);
    match head.listed.run.stage {
        Stage::Building => {
            let percent = format::percent(locale, head.listed.progress.into());
            let again = text::link(paths::run(head.listed.run.id), tr!(locale, runs.reload));
            view! { <p>{tr!(locale, runs.lead_building, percent = percent)}" "{again}</p> <ReloadSoon/> }.into_any()
        }
        Stage::Cancelled => {
            let (at, by, reason) = head.cancelled.clone().unwrap_or_default();
            let by = by.unwrap_or_else(|| tr!(locale, runs.a_command));
            let day = format::date(locale, ctx.time_zone, at);
            view! { <p>{tr!(locale, runs.lead_cancelled, by = by, day = day)}</p> {text::prose(reason)} }.into_any()
        }
        Stage::Built if scheduled == 0 => view! { <p>{tr!(locale, runs.lead_empty)}</p> }.into_any(),
        Stage::Built => {
            let words = match sheet.release() {
                Release::NeedsAnother => {
                    tr!(locale, runs.lead_another, worth = worth, names = sheet.others.join(", "), day = promised)
                }
                Release::Yes { .. } => tr!(locale, runs.lead_release, worth = worth, day = promised),
                _ => tr!(locale, runs.lead_owner, worth = worth, day = promised),
            };
            view! { <p>{words}</p> }.into_any()
        }
        Stage::Released => {
            let sums = sums(totals);
            let sentences = sums.iter().map(|sum| {
                let worth = words::worth(locale, sum.payouts, &[Money::new(sum.amount, sum.currency)]);
                let count = |count| format::count(locale, count);
                let counted =
                    tr!(locale, runs.lead_released, worth = worth, sent = count(sum.sent), paid = count(sum.paid));
                let trouble = (sum.trouble > 0).then(|| tr!(locale, runs.lead_trouble, count = count(sum.trouble)));
                view! { <p>{counted}" "{trouble}</p> }
            });
            let late = late(ctx, sheet).map(|words| notice(Tone::Bad, words));
            view! { {sentences.collect_view()}{late} }.into_any()
        }
    }
}

/// What is late: something that was to be sent by now, or a bank that has not answered.
fn late(ctx: &Context, sheet: &Sheet) -> Option<String> {
    let locale = ctx.locale;
    let head = &sheet.head;
    let day = |at: DateTime<Utc>| at.with_timezone(&head.zone).date_naive();
    let today = day(ctx.now());
    if in_state(&head.listed.totals, State::Approved).0 > 0 && head.promised() < today {
        return Some(tr!(locale, runs.is_late, day = format::day(locale, head.promised())));
    }
    let sent = day(head.out_since?);
    let currency = head.listed.totals.first()?.currency;
    steps::bank_is_late(sent, today, currency).then(|| tr!(locale, runs.bank_is_late, day = format::day(locale, sent)))
}

fn said(ctx: &Context, code: Option<&str>) -> Option<String> {
    let locale = ctx.locale;
    Some(match code? {
        "started" => tr!(locale, runs.done_started),
        "known" => tr!(locale, runs.done_known),
        "released" => tr!(locale, runs.done_released),
        "cancelled" => tr!(locale, runs.done_cancelled),
        "working" => tr!(locale, run_work.working),
        "made" => tr!(locale, runs.done_made),
        "wise_header" => tr!(locale, wise_header.done),
        "withdrawn" => tr!(locale, runs.done_withdrawn),
        "delayed" => tr!(locale, runs.done_delayed),
        _ => return None,
    })
}

fn views(ctx: &Context, sheet: &Sheet, current: &str) -> AnyView {
    let locale = ctx.locale;
    let run = sheet.head.listed.run.id;
    let payouts: i64 = sums(&sheet.head.listed.totals).iter().map(|sum| sum.payouts).sum();
    let one = |words: String, view: &str| {
        let href = if view.is_empty() { paths::run(run) } else { paths::run_view(run, view) };
        (words, href, current == view)
    };
    tabs(vec![
        one(tr!(locale, runs.view_overview), ""),
        one(tr!(locale, runs.view_payouts, count = format::count(locale, payouts)), "payouts"),
        one(tr!(locale, runs.view_unpaid, count = format::count(locale, sheet.head.listed.blocked)), "unpaid"),
        one(tr!(locale, runs.view_sending), "sending"),
    ])
}
