//! `/payouts`, a partner's home: what is paid next and when, and if it is not, why.

use super::model::{Facts, Reason, Standing};
use super::{rules, store, words};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::commissions::model::State;
use crate::earnings::filter::{Filter, start_of_day};
use crate::help::first_steps::page::first_steps;
use crate::incidents::page as incidents;
use crate::paths;
use crate::payout_methods::model::Method;
use crate::payout_methods::store::live_method;
use crate::payout_methods::words as methods;
use crate::settlement::files::codes::NextStep;
use crate::statements;
use crate::statements::payout::Payout;
use crate::tax;
use crate::ui::badge::Tone;
use crate::ui::blocked::{Block, blocked_by};
use crate::ui::empty::empty;
use crate::ui::layout::{columns, facts, page_head, pages, section};
use crate::ui::money_line::{Segment, money_line};
use crate::ui::notice::notice;
use crate::ui::screen::{Query, screen};
use crate::ui::table::Table;
use crate::ui::text;
use chrono::{Datelike, NaiveDate};
use leptos::prelude::*;
use rust_decimal::Decimal;

/// The page.
#[component]
pub fn Payouts() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let member = ctx.member()?;
    let today = ctx.now().with_timezone(&ctx.time_zone).date_naive();
    let this_year = today.with_ordinal(1).unwrap_or(today);
    let mut tx = ctx.begin().await?;
    let known = store::facts(&mut tx, member.programme, member.partner, ctx.now()).await?;
    let reversed = store::reversed(&mut tx, member.partner, start_of_day(ctx.time_zone, this_year)).await?;
    let first = crate::earnings::store::first(&mut tx, member.partner).await?;
    let method = live_method(&mut tx, member.partner).await?;
    let payouts =
        statements::store::list(&mut tx, member.partner, query.get("before").and_then(|id| id.parse().ok())).await?;
    let banner = incidents::banner(ctx, &mut tx).await?;
    let beginning = first_steps(ctx, &mut tx, member, &known, !payouts.is_empty()).await?;
    tx.commit().await?;

    let first = first.map_or(today, |at| at.with_timezone(&ctx.time_zone).date_naive());
    let page = Page { ctx, known: &known, method, reversed, first, today };
    let standings = shown(rules::standings(&known));
    let several = standings.len() > 1;
    let underway = statements::page::underway(ctx, &payouts);
    let answers = standings.iter().map(|standing| words::answer(ctx, standing));
    let lead = underway.into_iter().chain(answers).map(|sentence| view! { <p>{sentence}</p> }).collect_view();
    let title = tr!(ctx.locale, payouts.title);
    let parts = standings.iter().map(|standing| page.standing(standing, several)).collect_view();
    let late = statements::page::late(ctx, &payouts);
    let past = past(ctx, query, payouts);
    let body = view! {
        {page_head(title.clone(), Some(lead.into_any()))}
        {banner}
        {late}
        {beginning}
        {parts}
        <div id="past">{section(tr!(ctx.locale, payouts.past), past)}</div>
    };
    Ok((title, body.into_any()))
}

/// The payouts so far, a page of them.
fn past(ctx: &Context, query: &Query, mut payouts: Vec<Payout>) -> AnyView {
    if payouts.is_empty() {
        return empty(tr!(ctx.locale, payouts.past_empty), tr!(ctx.locale, payouts.past_empty_text));
    }
    let shown = usize::try_from(statements::store::PAGE).unwrap_or(usize::MAX);
    let more = payouts.len() > shown;
    payouts.truncate(shown);
    let next = payouts.last().filter(|_| more).map(|last| query.with("before", &last.id.to_string()));
    let rows = payouts.iter().map(|payout| statements::page::listed(ctx, payout)).collect();
    let head = statements::page::list_head(ctx);
    view! {
        <Table caption=tr!(ctx.locale, payout.list_caption) head=head rows=rows/>
        {pages(None, next)}
    }
    .into_any()
}

/// The currencies there is money in; where there is none at all, the programme's.
fn shown(standings: Vec<Standing>) -> Vec<Standing> {
    let has_money = |standing: &Standing| {
        let balances = &standing.balances;
        [balances.pending, balances.payable, balances.ring_fenced, balances.in_payout, balances.paid]
            .iter()
            .any(|balance| !balance.is_zero())
    };
    if standings.iter().any(has_money) {
        standings.into_iter().filter(has_money).collect()
    } else {
        standings.into_iter().take(1).collect()
    }
}

/// What every part of the page reads.
struct Page<'a> {
    ctx: &'a Context,
    known: &'a Facts,
    method: Option<Method>,
    reversed: Vec<(Currency, Decimal)>,
    /// The day of the first conversion, so that a link shows all of a balance.
    first: NaiveDate,
    today: NaiveDate,
}

impl Page<'_> {
    /// Money line, next payout and what it waits for, in one currency.
    fn standing(&self, standing: &Standing, several: bool) -> AnyView {
        let locale = self.ctx.locale;
        let currency = standing.balances.currency;
        let waits = if several {
            tr!(locale, payouts.waits_in, currency = currency.to_string())
        } else {
            tr!(locale, payouts.waits)
        };
        let next = section(tr!(locale, payouts.next), facts(self.next_payout(standing)));
        let waits = section(waits, self.waits_for(standing));
        view! { {self.line(standing, several)}{columns(vec![next, waits])} }.into_any()
    }

    fn line(&self, standing: &Standing, several: bool) -> AnyView {
        let ctx = self.ctx;
        let balances = &standing.balances;
        let named = |word: String| {
            if several {
                tr!(ctx.locale, payouts.in_currency, word = word, currency = balances.currency.to_string())
            } else {
                word
            }
        };
        let segment = |label: String, amount: Decimal, kind: &'static str, href: String, next: Option<String>| {
            Segment { label: named(label), amount: Money::new(amount, balances.currency), href, next, kind }
        };
        let past = format!("{}#past", paths::PAYOUTS);
        let pays = standing.pay_day.filter(|_| standing.is_paid());
        let pays = pays.map(|day| tr!(ctx.locale, payouts.pays_next, day = format::day_short(ctx.locale, day)));
        let segments = vec![
            segment(
                tr!(ctx.locale, payouts.pending),
                balances.pending,
                "pending",
                self.commissions(State::Pending),
                words::next_pending(ctx, standing),
            ),
            segment(
                tr!(ctx.locale, payouts.payable),
                balances.payable,
                "payable",
                self.commissions(State::Payable),
                pays,
            ),
            segment(tr!(ctx.locale, payouts.in_payout), balances.in_payout, "in_payout", past.clone(), None),
            segment(tr!(ctx.locale, payouts.paid), balances.paid, "paid", past, None),
        ];
        let money = |amount| text::amount(ctx, Money::new(amount, balances.currency));
        let mut below = Vec::new();
        if !balances.ring_fenced.is_zero() {
            below.push((tr!(ctx.locale, payouts.ring_fenced), money(balances.ring_fenced)));
        }
        if let Some((_, amount)) = self.reversed.iter().find(|(currency, _)| *currency == balances.currency) {
            below.push((tr!(ctx.locale, payouts.reversed, year = self.today.year()), money(*amount)));
        }
        money_line(ctx, segments, below)
    }

    /// All commissions in a state.
    fn commissions(&self, state: State) -> String {
        let filter =
            Filter { from: self.first, to: self.today, offer: String::new(), state: Some(state), before: None };
        filter.href()
    }

    fn next_payout(&self, standing: &Standing) -> Vec<(String, AnyView)> {
        let ctx = self.ctx;
        let currency = standing.balances.currency;
        let mut next =
            vec![(tr!(ctx.locale, payouts.amount), text::amount(ctx, Money::new(standing.balances.payable, currency)))];
        if let Some(worked) = standing.arrives.filter(|worked| !worked.is_plain()) {
            next.extend(tax::words::breakdown(ctx, &worked, currency));
        }
        if standing.until_then > Decimal::ZERO {
            let amount = text::amount(ctx, Money::new(standing.until_then, currency));
            next.push((tr!(ctx.locale, payouts.until_then), amount));
        }
        let day = match standing.pay_day {
            Some(day) => text::day(ctx, day),
            None => tr!(ctx.locale, payouts.pay_day_none).into_any(),
        };
        next.push((tr!(ctx.locale, payouts.pay_day), day));
        let (method, step) = match &self.method {
            Some(method) => (methods::method(ctx.locale, method), tr!(ctx.locale, payouts.change_method)),
            None => (tr!(ctx.locale, payouts.method_none), tr!(ctx.locale, payouts.add_method)),
        };
        let step = text::link(paths::ACCOUNT.to_owned(), step);
        next.push((tr!(ctx.locale, payouts.method), view! { {method}" "{step} }.into_any()));
        if currency == self.known.currency {
            let minimum = match self.known.minimum {
                Some(minimum) => text::amount_short(ctx, Money::new(minimum, currency)),
                None => tr!(ctx.locale, payouts.minimum_none).into_any(),
            };
            next.push((tr!(ctx.locale, payouts.minimum), minimum));
        }
        next
    }

    fn waits_for(&self, standing: &Standing) -> AnyView {
        if standing.reasons.is_empty() {
            return notice(Tone::Good, tr!(self.ctx.locale, payouts.nothing_waits));
        }
        blocked_by(standing.reasons.iter().map(|reason| self.block(standing, reason)).collect())
    }

    fn block(&self, standing: &Standing, reason: &Reason) -> Block {
        let ctx = self.ctx;
        let what = words::reason(ctx, standing, reason);
        let you = || tr!(ctx.locale, payouts.you);
        let programme = || tr!(ctx.locale, payouts.programme);
        let ask = || Some((tr!(ctx.locale, payouts.ask), paths::DISPUTES.to_owned()));
        let pending = || Some((tr!(ctx.locale, payouts.see_pending), self.commissions(State::Pending)));
        match reason {
            Reason::Owes { .. } => {
                let reversed = (tr!(ctx.locale, payouts.see_reversed), self.commissions(State::Reversed));
                Block { what, who: tr!(ctx.locale, payouts.earn), next: Some(reversed), when: None }
            }
            Reason::UnderReview(review) => {
                Block { what, who: programme(), next: ask(), when: Some(text::day(ctx, review.day)) }
            }
            Reason::UnderMinimum { filled, .. } => {
                let when = filled.map(|leaves| text::time(ctx, leaves.at));
                let next = Some((tr!(ctx.locale, payouts.see_terms), paths::TERMS.to_owned()));
                Block { what, who: tr!(ctx.locale, payouts.earn), next, when }
            }
            Reason::NoMethod => {
                let next = Some((tr!(ctx.locale, payouts.add_method), paths::ACCOUNT.to_owned()));
                Block { what, who: you(), next, when: None }
            }
            Reason::MethodNotConfirmed => {
                let next = Some((tr!(ctx.locale, confirmation.block_next), paths::ACCOUNT.to_owned()));
                Block { what, who: you(), next, when: None }
            }
            Reason::MethodInSafetyPeriod { until } => {
                let next = Some((tr!(ctx.locale, payouts.see_method), paths::ACCOUNT.to_owned()));
                Block { what, who: tr!(ctx.locale, payouts.nobody), next, when: Some(text::time(ctx, until.at)) }
            }
            Reason::MethodCannotPay { .. } => {
                let next = Some((tr!(ctx.locale, payouts.change_method), paths::ACCOUNT.to_owned()));
                Block { what, who: you(), next, when: None }
            }
            Reason::BankRefused(refused) => {
                let (who, next) = match refused.next_step() {
                    NextStep::Partner => (you(), (tr!(ctx.locale, payouts.change_method), paths::ACCOUNT.to_owned())),
                    NextStep::Programme => {
                        (programme(), (tr!(ctx.locale, payouts.see_payout), paths::payout(refused.payout)))
                    }
                    NextStep::Nobody => (
                        tr!(ctx.locale, payouts.nobody),
                        (tr!(ctx.locale, payouts.see_payout), paths::payout(refused.payout)),
                    ),
                };
                Block { what, who, next: Some(next), when: Some(text::day(ctx, refused.day)) }
            }
            Reason::NotReleased(waits) | Reason::FundsMissing(waits) => {
                let next = Some((tr!(ctx.locale, payouts.see_payout), paths::payout(waits.payout)));
                Block { what, who: programme(), next, when: Some(text::day(ctx, waits.pay_day)) }
            }
            Reason::BankUnclear => Block { what, who: programme(), next: ask(), when: None },
            Reason::TaxFormMissing => {
                let next = Some((tr!(ctx.locale, tax.give_data), paths::TAX_DATA.to_owned()));
                Block { what, who: you(), next, when: None }
            }
            Reason::InvoiceMissing { payout } => {
                let next = Some((tr!(ctx.locale, tax.send_invoice), format!("{}#invoice", paths::payout(*payout))));
                Block { what, who: you(), next, when: None }
            }
            Reason::NothingLeft { .. } => Block { what, who: tr!(ctx.locale, payouts.earn), next: None, when: None },
            Reason::Contested { until, .. } => {
                let next = Some((tr!(ctx.locale, payouts.see_contested), self.commissions(State::RingFenced)));
                let when = until.map(|until| text::day(ctx, until.day));
                Block { what, who: programme(), next, when }
            }
            Reason::WaitsForApproval { .. } => Block { what, who: programme(), next: pending(), when: None },
            Reason::InHold { next, .. } => {
                let when = Some(text::time(ctx, next.at));
                Block { what, who: tr!(ctx.locale, payouts.nobody), next: pending(), when }
            }
        }
    }
}
