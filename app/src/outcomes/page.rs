//! `/outcomes`: forecast against outcome, and the same beside a proposal.

use super::rules::{Held, Paid};
use super::store::{self, Outcome};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::ProposalId;
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::paths;
use crate::terms::plain;
use crate::ui::badge::{Tone, badge};
use crate::ui::empty::empty;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::notice_with;
use crate::ui::screen::screen;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Outcomes() -> impl IntoView {
    screen(|ctx, _query| async move {
        if !Who::Record.includes(&ctx.actor) {
            return Err(AppError::Forbidden);
        }
        let locale = ctx.locale;
        let mut tx = ctx.begin().await?;
        let outcomes = store::outcomes(&mut tx).await?;
        drop(tx);
        let title = tr!(locale, outcomes.title);
        let unpaid: Vec<_> = outcomes.iter().filter(|outcome| did_not_pay(outcome)).collect();
        let lead = match unpaid.len() {
            0 => tr!(locale, outcomes.lead_none),
            1 => tr!(locale, outcomes.lead_one),
            count => tr!(locale, outcomes.lead_some, count = count),
        };
        let nudges = unpaid.into_iter().map(|outcome| nudge(&ctx, outcome)).collect::<Vec<_>>();
        let body = view! {
            {page_head(title.clone(), Some(lead.into_any()))}
            {nudges}
            {list(&ctx, outcomes)}
        };
        Ok((title, body.into_any()))
    })
}

/// Whether a raise left the programme less after 90 days.
pub fn did_not_pay(outcome: &Outcome) -> bool {
    outcome.raise && outcome.held.iter().any(|(_, held)| held.came.days == 90 && held.paid == Paid::No)
}

/// A raise that did not pay, with the way to look at it again.
pub fn nudge(ctx: &Context, outcome: &Outcome) -> AnyView {
    let words = tr!(ctx.locale, outcomes.nudge, what = words(ctx, outcome));
    let link = text::link(paths::proposal(outcome.proposal), tr!(ctx.locale, outcomes.nudge_link));
    notice_with(Tone::Waiting, view! { {words}" "{link} }.into_any())
}

/// A change in a line.
pub fn words(ctx: &Context, outcome: &Outcome) -> String {
    let locale = ctx.locale;
    let (kind, before, value) = &outcome.value;
    let of = |value| plain::value(locale, kind, value, outcome.currency);
    let partner = outcome.partner.clone().unwrap_or_else(|| tr!(locale, approvals.all_partners));
    let whom = match &outcome.offer {
        Some(offer) => tr!(locale, approvals.on_offer, partner = partner, offer = offer.clone()),
        None => partner,
    };
    let change = match before {
        Some(before) => format!("{} → {}", of(*before), of(*value)),
        None => of(*value),
    };
    let change = crate::terms::words::with_end(ctx, change, outcome.valid_until);
    format!("{whom}: {change}")
}

fn list(ctx: &Context, outcomes: Vec<Outcome>) -> AnyView {
    let locale = ctx.locale;
    if outcomes.is_empty() {
        return empty(tr!(locale, outcomes.empty_title), tr!(locale, outcomes.empty_text));
    }
    let head = [
        (tr!(locale, outcomes.column_change), false),
        (tr!(locale, outcomes.column_days), true),
        (tr!(locale, outcomes.column_forecast), true),
        (tr!(locale, outcomes.column_cost), true),
        (tr!(locale, outcomes.column_growth), true),
        (tr!(locale, outcomes.column_paid), false),
    ];
    let head = head.into_iter().map(|(label, numeric)| Head { label, numeric }).collect();
    let rows = outcomes
        .iter()
        .flat_map(|outcome| outcome.held.iter().map(move |held| (outcome, held)))
        .map(|(outcome, (currency, held))| Row {
            href: Some(paths::proposal(outcome.proposal)),
            cells: vec![
                words(ctx, outcome).into_any(),
                held.came.days.to_string().into_any(),
                text::amount(ctx, Money::new(held.forecast_cost, *currency)),
                text::amount(ctx, Money::new(held.came.cost, *currency)),
                growth(ctx, held).into_any(),
                paid(ctx, held),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, outcomes.caption) head=head rows=rows/> }.into_any()
}

fn growth(ctx: &Context, held: &Held) -> String {
    match held.growth {
        Some(growth) if growth.is_sign_positive() => format!("+{}", format::percent(ctx.locale, growth)),
        Some(growth) => format::percent(ctx.locale, growth),
        None => tr!(ctx.locale, approvals.not_known),
    }
}

fn paid(ctx: &Context, held: &Held) -> AnyView {
    match held.paid {
        Paid::Yes => badge(Tone::Good, tr!(ctx.locale, outcomes.paid)),
        Paid::No => badge(Tone::Bad, tr!(ctx.locale, outcomes.not_paid)),
        Paid::NotKnown => badge(Tone::Neutral, tr!(ctx.locale, approvals.not_known)),
    }
}

/// Beside a proposal: what came of it, and what came of others like it.
pub struct Afterwards {
    own: Option<Outcome>,
    similar: Vec<Outcome>,
}

impl Afterwards {
    /// Reads it; others only where the proposal is open.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(tx: &mut Tx, proposal: ProposalId, open: bool) -> Result<Self, AppError> {
        Ok(Self {
            own: store::outcome(tx, proposal).await?,
            similar: if open { store::similar(tx, proposal).await? } else { Vec::new() },
        })
    }

    /// As sections of its page.
    pub fn show(&self, ctx: &Context) -> AnyView {
        let locale = ctx.locale;
        let own = self.own.as_ref().filter(|own| !own.held.is_empty()).map(|own| {
            let lines: Vec<_> = own.held.iter().map(|(currency, held)| line(ctx, *currency, held)).collect();
            section(tr!(locale, outcomes.own_title), view! { <ul>{lines}</ul> }.into_any())
        });
        let similar = (!self.similar.is_empty()).then(|| {
            let lines: Vec<_> = self
                .similar
                .iter()
                .map(|one| {
                    let day = format::date(locale, ctx.time_zone, one.decided_at);
                    let verdict = match one.verdict.as_str() {
                        "approved" => badge(Tone::Good, tr!(locale, approvals.approved)),
                        "rejected" => badge(Tone::Bad, tr!(locale, approvals.rejected)),
                        _ => badge(Tone::Waiting, tr!(locale, agreement.countered)),
                    };
                    let last = one.held.last().map(|(currency, held)| line(ctx, *currency, held));
                    let last = last.map(|line| view! { <ul>{line}</ul> });
                    view! { <li>{text::link(paths::proposal(one.proposal), words(ctx, one))}" "{verdict}" "{day}{last}</li> }
                })
                .collect();
            section(tr!(locale, outcomes.similar_title), view! { <ul>{lines}</ul> }.into_any())
        });
        view! { {own}{similar} }.into_any()
    }
}

/// Forecast against outcome, as a sentence.
fn line(ctx: &Context, currency: Currency, held: &Held) -> AnyView {
    let locale = ctx.locale;
    let money = |amount| format::money(locale, Money::new(amount, currency));
    let words = tr!(
        locale,
        outcomes.line,
        days = held.came.days,
        forecast = money(held.forecast_cost),
        cost = money(held.came.cost),
        growth = growth(ctx, held)
    );
    let kept =
        held.kept.map(|(before, after)| tr!(locale, outcomes.kept, before = money(before), after = money(after)));
    view! { <li>{words}" "{kept}" "{paid(ctx, held)}</li> }.into_any()
}
