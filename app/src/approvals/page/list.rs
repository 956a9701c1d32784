//! Proposals that wait, then those that are done with.

use super::reader;
use super::schedule;
use super::words::{signed, title};
use crate::approvals::model::{By, Decision, Proposal, Standing, Verdict};
use crate::approvals::store;
use crate::base::actor::{Role, Staff};
use crate::base::context::Context;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::paths;
use crate::payout_runs::store::{Home, programmes};
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::layout::{page_head, pages, section};
use crate::ui::notice::{done, notice};
use crate::ui::screen::screen;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// The most that can wait at once and still be read.
const MOST_WAITING: i64 = 200;
/// Lines on a page of what is done with.
const PAGE: i64 = 30;

/// `/approvals`
#[component]
pub fn Approvals() -> impl IntoView {
    screen(|ctx, query| async move {
        let staff = reader(&ctx)?;
        let now = ctx.now();
        let after = query.get("after").and_then(|text| text.parse().ok());
        let mut tx = ctx.begin().await?;
        let waiting = store::waiting(&mut tx, now, MOST_WAITING).await?;
        let mut over = store::done(&mut tx, now, after, PAGE + 1).await?;
        let alone = store::sole_owner(&mut tx, staff.person).await?;
        let homes = programmes(&mut tx).await?;
        let promotions = crate::promo::store::waiting(&mut tx, now).await?;
        drop(tx);
        let draft = forms::recall(&ctx, query.get("form")).await?;

        let more = over.len() > PAGE as usize;
        over.truncate(PAGE as usize);
        let next = more.then(|| over.last().map(|last| query.with("after", &last.id.to_string()))).flatten();
        let heading = tr!(ctx.locale, approvals.heading);
        let said = match query.get("done") {
            Some("proposed") => Some(tr!(ctx.locale, approvals.done_proposed)),
            _ => None,
        };
        let body = view! {
            {page_head(heading.clone(), Some(asked(&ctx, &staff, alone, &waiting).into_any()))}
            {done(&ctx, said)}
            {draft.error("").map(|message| notice(Tone::Bad, message))}
            {after.is_none().then(|| section(tr!(ctx.locale, approvals.waiting), waiting_table(&ctx, waiting)))}
            {(after.is_none() && !promotions.is_empty()).then(|| crate::promo::page::waiting(&ctx, promotions))}
            {section(tr!(ctx.locale, approvals.over), over_table(&ctx, over))}
            {pages(None, next)}
            {(staff.role == Role::Owner).then(|| for_everybody(&ctx, &homes, &draft))}
        };
        Ok((heading, body.into_any()))
    })
}

/// What an owner may propose without a case: another schedule for all of a programme.
fn for_everybody(ctx: &Context, homes: &[Home], draft: &Draft) -> AnyView {
    let body = view! {
        <details open=draft.is_refused()>
            <summary>{tr!(ctx.locale, approvals.schedule_all_title)}</summary>
            <p>{tr!(ctx.locale, approvals.schedule_all_lead)}</p>
            {schedule::of_programme(ctx, homes, draft)}
        </details>
    };
    body.into_any()
}

/// What is asked of the reader, as a sentence.
fn asked(ctx: &Context, staff: &Staff, alone: bool, waiting: &[Proposal]) -> String {
    let locale = ctx.locale;
    if staff.role != Role::Owner {
        return match waiting.len() {
            0 => tr!(locale, approvals.none_waits_for_owners),
            1 => tr!(locale, approvals.one_waits_for_owners),
            count => tr!(locale, approvals.some_wait_for_owners, count = count),
        };
    }
    let own = |proposal: &&Proposal| proposal.proposer.as_ref().is_some_and(|(author, _)| *author == staff.person);
    let not_mine = waiting.iter().filter(|proposal| alone || !own(proposal)).count();
    match not_mine {
        0 => tr!(locale, approvals.none_waits),
        1 => tr!(locale, approvals.one_waits),
        count => tr!(locale, approvals.some_wait, count = count),
    }
}

fn waiting_table(ctx: &Context, waiting: Vec<Proposal>) -> AnyView {
    let locale = ctx.locale;
    if waiting.is_empty() {
        return empty(tr!(locale, approvals.empty_title), tr!(locale, approvals.empty_text));
    }
    let head = vec![
        Head { label: tr!(locale, approvals.column_proposal), numeric: false },
        Head { label: tr!(locale, approvals.column_asks), numeric: false },
        Head { label: tr!(locale, approvals.column_cost), numeric: true },
        Head { label: tr!(locale, approvals.column_until), numeric: false },
    ];
    let rows = waiting
        .into_iter()
        .map(|proposal| Row {
            href: Some(paths::proposal(proposal.id)),
            cells: vec![
                title(ctx, &proposal).into_any(),
                proposal.proposer.as_ref().map(|(_, name)| name.clone()).into_any(),
                cost(ctx, &proposal).into_any(),
                match proposal.standing {
                    Standing::Waiting(Some(until)) => text::time(ctx, until),
                    _ => ().into_any(),
                },
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, approvals.waiting_caption) head=head rows=rows/> }.into_any()
}

/// What it adds to a month, a currency at a time; nothing where there was nothing to replay.
fn cost(ctx: &Context, proposal: &Proposal) -> String {
    let currencies = proposal.impact.iter().flat_map(|impact| &impact.currencies);
    currencies.map(|one| signed(ctx, Money::new(one.cost_a_month, one.currency))).collect::<Vec<_>>().join(" · ")
}

fn over_table(ctx: &Context, over: Vec<Proposal>) -> AnyView {
    let locale = ctx.locale;
    if over.is_empty() {
        return empty(tr!(locale, approvals.over_empty_title), tr!(locale, approvals.over_empty_text));
    }
    let head = vec![
        Head { label: tr!(locale, approvals.column_proposal), numeric: false },
        Head { label: tr!(locale, approvals.column_verdict), numeric: false },
        Head { label: tr!(locale, approvals.column_by), numeric: false },
        Head { label: tr!(locale, approvals.column_when), numeric: false },
    ];
    let rows = over
        .into_iter()
        .map(|proposal| {
            let (verdict, by, when) = match &proposal.standing {
                Standing::Decided(decision) => {
                    (verdict(ctx, decision), decided_by(ctx, decision), text::time_exact(ctx, decision.decided_at))
                }
                Standing::Expired(at) => (
                    badge(Tone::Neutral, tr!(locale, approvals.expired_badge)),
                    tr!(locale, approvals.nobody),
                    text::time_exact(ctx, *at),
                ),
                Standing::Waiting(_) => (().into_any(), String::new(), ().into_any()),
            };
            Row {
                href: Some(paths::proposal(proposal.id)),
                cells: vec![title(ctx, &proposal).into_any(), verdict, by.into_any(), when],
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, approvals.over_caption) head=head rows=rows/> }.into_any()
}

/// Yes or no, and what has to be seen with it.
pub(super) fn verdict(ctx: &Context, decision: &Decision) -> AnyView {
    let badge_of = match decision.verdict {
        Verdict::Approved => badge(Tone::Good, tr!(ctx.locale, approvals.approved)),
        Verdict::Rejected => badge(Tone::Bad, tr!(ctx.locale, approvals.rejected)),
        Verdict::Countered => badge(Tone::Waiting, tr!(ctx.locale, agreement.countered)),
    };
    let sole = decision.sole_control.then(|| badge(Tone::Waiting, tr!(ctx.locale, approvals.sole_control)));
    let policy = (decision.by == By::Policy).then(|| badge(Tone::Info, tr!(ctx.locale, approvals.by_policy)));
    view! { {badge_of}" "{sole}{policy} }.into_any()
}

/// Who decided, or what.
pub(super) fn decided_by(ctx: &Context, decision: &Decision) -> String {
    match (&decision.decider, decision.by) {
        (Some((_, name)), By::Policy) => tr!(ctx.locale, approvals.within_authority_of, name = name.clone()),
        (Some((_, name)), _) => name.clone(),
        (None, _) => tr!(ctx.locale, approvals.a_command),
    }
}
