//! One proposal on one screen: what is asked, before and after, what it costs, why, and the decision.

use super::list::{decided_by, verdict};
use super::words::{evidence_words, field, in_words, reader_of, title, value, value_before, value_of};
use super::{impact, reader};
use crate::agreement;
use crate::approvals::model::{Answer, Counter, CurrencyImpact, Decision, Impact, Proposal, Standing, Verdict};
use crate::approvals::store;
use crate::base::actor::{Role, Staff};
use crate::base::clock::SINCE_EVER;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::outcomes::page::Afterwards;
use crate::paths;
use crate::terms;
use crate::terms::words::last_day;
use crate::ui::field::{Choice, Field, Hidden, Submit, TextArea};
use crate::ui::form::Form;
use crate::ui::layout::{facts, page_head, section};
use crate::ui::notice::{done, notice};
use crate::ui::screen::screen;
use crate::ui::{Tone, before_after, text};
use chrono_tz::Tz;
use leptos::prelude::*;

/// `/approvals/{proposal}`
#[component]
pub fn ProposalPage() -> impl IntoView {
    screen(|ctx, query| async move {
        let staff = reader(&ctx)?;
        let mut tx = ctx.begin().await?;
        let proposal = store::find(&mut tx, query.id("proposal")?, ctx.now()).await?;
        let moved = moved_since(&mut tx, &ctx, &proposal).await?;
        let alone = store::sole_owner(&mut tx, staff.person).await?;
        let notices = agreement::store::notices_of(&mut tx, proposal.id).await?;
        let zone = store::time_zone(&mut tx, proposal.programme).await?;
        let open = matches!(proposal.standing, Standing::Waiting(_));
        let afterwards = Afterwards::read(&mut tx, proposal.id, open).await?;
        drop(tx);
        let draft = forms::recall(&ctx, query.get("form")).await?;

        let title = title(&ctx, &proposal);
        let said = match query.get("done") {
            Some("approved") => Some(tr!(ctx.locale, approvals.done_approved)),
            Some("countered") => Some(tr!(ctx.locale, agreement.done_countered)),
            Some("rejected") => Some(tr!(ctx.locale, approvals.done_rejected)),
            Some("proposed") => Some(tr!(ctx.locale, approvals.done_proposed)),
            Some("stopped") => Some(tr!(ctx.locale, agreement.done_stopped)),
            _ => None,
        };
        let waits = matches!(proposal.standing, Standing::Waiting(_));
        // The form shows its own message; where there is none any more, the message still has to be read.
        let late = draft.error("").filter(|_| !waits || may_not(&staff, alone, &proposal).is_some());
        let body = view! {
            {page_head(title.clone(), Some(lead(&ctx, &proposal).into_any()))}
            {done(&ctx, said)}
            {late.map(|message| notice(Tone::Bad, message))}
            {moved.map(|message| notice(Tone::Waiting, message))}
            {sides(&ctx, &proposal)}
            {proposal.impact.as_ref().map(|replayed| impact::replay(&ctx, replayed))}
            {why(&ctx, &proposal)}
            {evidence(&ctx, &proposal)}
            {afterwards.show(&ctx)}
            {outcome(&ctx, &staff, alone, (&proposal, zone), &draft)}
            {agreement::page::told(&ctx, proposal.id, &notices, &draft)}
        };
        Ok((title, body.into_any()))
    })
}

/// Who asks for what, and what is asked of the reader.
fn lead(ctx: &Context, proposal: &Proposal) -> String {
    let locale = ctx.locale;
    let day = |at| format::date(locale, ctx.time_zone, at);
    let who = proposal.proposer.as_ref().map_or_else(|| tr!(locale, approvals.a_command), |(_, name)| name.clone());
    let asks = if proposal.valid_from > proposal.proposed_at {
        tr!(locale, approvals.asks_from, who = who, day = day(proposal.valid_from))
    } else {
        tr!(locale, approvals.asks, who = who)
    };
    let then = match &proposal.standing {
        Standing::Waiting(Some(until)) => tr!(locale, approvals.waits_until, day = day(*until)),
        Standing::Waiting(None) => tr!(locale, approvals.waits),
        Standing::Expired(at) => tr!(locale, approvals.expired_on, day = day(*at)),
        Standing::Decided(decision) => {
            let by = decided_by(ctx, decision);
            match decision.verdict {
                Verdict::Approved => tr!(locale, approvals.was_approved, by = by, day = day(decision.decided_at)),
                Verdict::Rejected => tr!(locale, approvals.was_rejected, by = by, day = day(decision.decided_at)),
                Verdict::Countered => tr!(locale, agreement.was_countered, by = by, day = day(decision.decided_at)),
            }
        }
    };
    format!("{asks} {then}")
}

/// Says so where something else is in force now than when it was proposed.
async fn moved_since(tx: &mut Tx, ctx: &Context, proposal: &Proposal) -> Result<Option<String>, AppError> {
    let (Standing::Waiting(_), Some(partner)) = (&proposal.standing, &proposal.partner) else {
        return Ok(None);
    };
    let offer = proposal.offer.as_ref().map(|offer| offer.id);
    let now =
        terms::store::field_in_force(tx, proposal.field, proposal.programme, offer, partner.id, ctx.now()).await?;
    let before = value_before(ctx, proposal);
    Ok(now.map(|version| in_words(ctx, &version, proposal.currency)).filter(|now| before.as_ref() != Some(now)).map(
        |now| {
            let was = before.unwrap_or_else(|| tr!(ctx.locale, approvals.nothing));
            tr!(ctx.locale, approvals.moved_since, was = was, now = now)
        },
    ))
}

/// Before and after, with the same labels on both sides.
fn sides(ctx: &Context, proposal: &Proposal) -> AnyView {
    let locale = ctx.locale;
    let mut before = vec![(
        field(ctx, proposal.field),
        value_before(ctx, proposal).unwrap_or_else(|| tr!(locale, approvals.nothing)).into_any(),
    )];
    let mut after = vec![(field(ctx, proposal.field), value(ctx, proposal, proposal.value).into_any())];
    if let Some(until) = proposal.valid_until {
        let then = value_before(ctx, proposal).unwrap_or_else(|| tr!(locale, approvals.nothing));
        before.push((tr!(locale, ending.ends), tr!(locale, ending.open_end).into_any()));
        let ends = format::date_time(locale, ctx.time_zone, until);
        after.push((tr!(locale, ending.ends), tr!(locale, ending.ends_then, at = ends, then = then).into_any()));
    }
    let replayed = |impact: &Impact| impact.currencies.iter().map(|one| (one.clone(), impact.days)).collect::<Vec<_>>();
    for (one, days) in proposal.impact.as_ref().map(replayed).unwrap_or_default() {
        let cost = tr!(locale, steps.cost_in_days, currency = one.currency.code().to_owned(), days = days);
        before.push((cost.clone(), text::amount(ctx, Money::new(one.cost_before, one.currency))));
        after.push((cost, text::amount(ctx, Money::new(one.cost_after, one.currency))));
        let margin = tr!(locale, approvals.margin, currency = one.currency.code().to_owned());
        before.push((margin.clone(), margin_of(ctx, &one, one.margin_before)));
        after.push((margin, margin_of(ctx, &one, one.margin_after)));
    }
    before_after(!matches!(proposal.standing, Standing::Waiting(_)), before, after)
}

fn margin_of(ctx: &Context, one: &CurrencyImpact, margin: Option<rust_decimal::Decimal>) -> AnyView {
    match margin {
        Some(margin) => text::percent(ctx, margin),
        None if one.revenue.is_some() => tr!(ctx.locale, approvals.no_revenue).into_any(),
        None => tr!(ctx.locale, approvals.not_known).into_any(),
    }
}

fn why(ctx: &Context, proposal: &Proposal) -> AnyView {
    let locale = ctx.locale;
    let case = proposal.case.map(|case| {
        let words = tr!(locale, approvals.the_case, case = case);
        view! { <p>{text::link(paths::case(case), words)}</p> }
    });
    let asked = proposal.proposer.as_ref().map(|(_, name)| {
        view! { <p>{name.clone()}", "{text::time_exact(ctx, proposal.proposed_at)}</p> }
    });
    let body = view! { {text::prose(terms::words::reason(ctx, &proposal.reason))} {asked} {case} };
    section(tr!(locale, approvals.why), body.into_any())
}

fn outcome(ctx: &Context, staff: &Staff, alone: bool, (proposal, zone): (&Proposal, Tz), draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    match &proposal.standing {
        Standing::Decided(decision) => section(tr!(locale, approvals.decision), decided(ctx, proposal, decision)),
        Standing::Expired(_) => {
            section(tr!(locale, approvals.decision), view! { <p>{tr!(locale, approvals.expired)}</p> }.into_any())
        }
        Standing::Waiting(_) => match may_not(staff, alone, proposal) {
            Some(MayNot::NotAnOwner) => section(
                tr!(locale, approvals.decision),
                view! { <p>{tr!(locale, approvals.owners_decide)}</p> }.into_any(),
            ),
            Some(MayNot::OwnProposal) => section(
                tr!(locale, approvals.decision),
                view! { <p>{tr!(locale, approvals.another_owner_decides)}</p> }.into_any(),
            ),
            None => section(tr!(locale, approvals.your_decision), form(ctx, staff, proposal, zone, draft)),
        },
    }
}

enum MayNot {
    NotAnOwner,
    OwnProposal,
}

fn may_not(staff: &Staff, alone: bool, proposal: &Proposal) -> Option<MayNot> {
    if staff.role != Role::Owner {
        return Some(MayNot::NotAnOwner);
    }
    (is_own(staff, proposal) && !alone).then_some(MayNot::OwnProposal)
}

fn is_own(staff: &Staff, proposal: &Proposal) -> bool {
    proposal.proposer.as_ref().is_some_and(|(author, _)| *author == staff.person)
}

/// What was offered instead, and what became of it.
fn counter_words(ctx: &Context, proposal: &Proposal, counter: &Counter) -> String {
    let locale = ctx.locale;
    let value = value_of(ctx, &counter.kind, counter.value, proposal.currency);
    let value = terms::words::with_end(ctx, value, counter.valid_until);
    let time = |at| format::date_time(locale, ctx.time_zone, at);
    match &counter.answer {
        None if counter.expires_at > ctx.now() => {
            tr!(locale, agreement.counter_waits, value = value, until = time(counter.expires_at))
        }
        None | Some((Answer::Lapsed, ..)) => {
            tr!(locale, agreement.counter_lapsed, value = value, until = time(counter.expires_at))
        }
        Some((Answer::Accepted, at, by)) => {
            tr!(locale, agreement.counter_accepted, value = value, by = by.clone().unwrap_or_default(), at = time(*at))
        }
        Some((Answer::Declined, at, by)) => {
            tr!(locale, agreement.counter_declined, value = value, by = by.clone().unwrap_or_default(), at = time(*at))
        }
    }
}

/// What the proposal rests on, as it was when it was made.
fn evidence(ctx: &Context, proposal: &Proposal) -> AnyView {
    if proposal.evidence.is_empty() {
        return ().into_any();
    }
    let lines = proposal.evidence.iter().map(|one| {
        let words = evidence_words(ctx, one, proposal.currency);
        let line = match one.case {
            Some(case) => text::link(paths::case(case), words),
            None => words.into_any(),
        };
        let said = (one.kind == "message").then(|| text::prose(one.text.clone()));
        view! { <li>{line}{said}</li> }
    });
    let lines = lines.collect_view();
    section(tr!(ctx.locale, agreement.evidence), view! { <ul>{lines}</ul> }.into_any())
}

fn decided(ctx: &Context, proposal: &Proposal, decision: &Decision) -> AnyView {
    let locale = ctx.locale;
    let mut lines = vec![
        (tr!(locale, approvals.column_verdict), verdict(ctx, decision)),
        (tr!(locale, approvals.column_by), decided_by(ctx, decision).into_any()),
        (tr!(locale, approvals.column_when), text::time_exact(ctx, decision.decided_at)),
    ];
    if let Some(from) = decision.valid_from {
        let from = match from <= SINCE_EVER {
            true => tr!(locale, terms.since_ever).into_any(),
            false => text::time_exact(ctx, from),
        };
        lines.push((tr!(locale, approvals.in_force_from), from));
    }
    if let Some(until) = decision.valid_until {
        lines.push((tr!(locale, ending.ends), text::time_exact(ctx, until)));
    }
    lines.push((
        tr!(locale, approvals.reason_partner),
        text::prose(terms::words::reason(ctx, &decision.reason_partner)),
    ));
    if let Some(counter) = &decision.counter {
        lines.push((tr!(locale, agreement.counter_offer), counter_words(ctx, proposal, counter).into_any()));
    }
    if let Some(reason) = &decision.floor_reason {
        lines.push((tr!(locale, agreement.floor_override), text::prose(reason.clone())));
    }
    if !decision.reason_house.is_empty() {
        lines.push((tr!(locale, approvals.reason_house), text::prose(decision.reason_house.clone())));
    }
    facts(lines)
}

fn form(ctx: &Context, staff: &Staff, proposal: &Proposal, zone: Tz, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let sole = is_own(staff, proposal).then(|| notice(Tone::Waiting, tr!(locale, approvals.sole_control_notice)));
    let floor = proposal.impact.as_ref().is_some_and(Impact::crosses_floor);
    let counterable =
        proposal.partner.is_some() && matches!(proposal.kind.as_str(), "percent" | "fixed" | "amount" | "days");
    let mut options = vec![
        ("approved".to_owned(), tr!(locale, approvals.approve)),
        ("rejected".to_owned(), tr!(locale, approvals.reject)),
    ];
    if counterable {
        options.push(("countered".to_owned(), tr!(locale, agreement.counter_option)));
    }
    let instead = counterable.then(|| {
        view! {
            <Field
                name="counter" label=tr!(locale, agreement.counter_value, field = field(ctx, proposal.field)) inputmode="decimal"
                value=draft.value("counter") error=draft.error("counter") hint=Some(tr!(locale, agreement.counter_hint))
            />
            <Field
                name="counter_until" label=tr!(locale, agreement.counter_until) kind="date" value=draft.value("counter_until")
                error=draft.error("counter_until") hint=Some(tr!(locale, agreement.counter_until_hint))
            />
        }
    });
    let promise = proposal.partner.is_some().then(|| {
        view! {
            <Field
                name="promise" label=tr!(locale, agreement.promise) kind="date" value=draft.value("promise")
                error=draft.error("promise") hint=Some(tr!(locale, agreement.promise_hint))
            />
        }
    });
    // A counter-offer may go under the floor where the proposal itself doesn't.
    let floor = (floor || draft.error("floor_reason").is_some()).then(|| {
        view! {
            <TextArea
                name="floor_reason" label=tr!(locale, agreement.floor_override) value=draft.value("floor_reason")
                error=draft.error("floor_reason") hint=Some(tr!(locale, approvals.reason_house_floor)) rows=2
            />
        }
    });
    let whom = reader_of(ctx, proposal);
    let end = proposal.valid_until.map(|until| last_day(until, zone).to_string()).unwrap_or_default();
    let (id, read, typed) = (proposal.id.to_string(), proposal.content_hash.clone(), draft.clone());
    view! {
        {sole}
        <Form action="/do/decide-proposal" draft=draft>
            <Hidden name="proposal" value=id/>
            <Hidden name="content_hash" value=read/>
            <Choice
                name="verdict" label=tr!(locale, approvals.verdict_question) options=options
                selected=typed.value("verdict") error=typed.error("verdict") required=true
            />
            <TextArea
                name="reason_partner" label=tr!(locale, approvals.reason_partner) value=typed.value("reason_partner")
                error=typed.error("reason_partner") hint=Some(tr!(locale, approvals.reason_partner_hint, whom = whom))
                rows=3 required=true
            />
            <TextArea
                name="reason_house" label=tr!(locale, approvals.reason_house) value=typed.value("reason_house")
                error=typed.error("reason_house") hint=Some(tr!(locale, approvals.reason_house_hint)) rows=3
            />
            {floor}
            <Field
                name="valid_from" label=tr!(locale, approvals.start_day) kind="date" value=typed.value("valid_from")
                error=typed.error("valid_from") hint=Some(tr!(locale, approvals.start_day_hint))
            />
            <Field
                name="valid_until" label=tr!(locale, ending.field) kind="date" value=typed.value_or("valid_until", &end)
                error=typed.error("valid_until") hint=Some(tr!(locale, ending.decide_hint))
            />
            {promise}
            {instead}
            <Submit text=tr!(locale, approvals.decide)/>
        </Form>
    }
    .into_any()
}
