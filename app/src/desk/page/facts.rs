//! The right column: the partner, what is pinned as it was and as it is, terms, former cases.

use super::act::folded;
use super::case::Sheet;
use super::{outcome_words, stage_badge};
use crate::approvals::page::schedule;
use crate::base::context::Context;
use crate::base::forms;
use crate::base::language::tr;
use crate::commissions::model::{Rate, Rule};
use crate::desk::model::TermLine;
use crate::disputes::facts as pinned;
use crate::disputes::model::{About, Facts};
use crate::disputes::words;
use crate::paths;
use crate::terms::model::Version;
use crate::terms::words as terms_words;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::differ;
use crate::ui::field::{Field, Hidden, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{facts, section};
use crate::ui::text;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// Who it is, what they are owed, and the review that runs.
pub(super) fn partner(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let partner = &sheet.partner;
    let mut lines = vec![
        (tr!(locale, desk.partner_code), partner.code.clone().into_any()),
        (tr!(locale, desk.partner_name), partner.name.clone().into_any()),
        (tr!(locale, desk.partner_programme), partner.programme.clone().into_any()),
    ];
    match partner.status.as_str() {
        "suspended" => {
            lines.push((tr!(locale, desk.partner_status), badge(Tone::Bad, tr!(locale, desk.status_suspended))))
        }
        "closed" => {
            lines.push((tr!(locale, desk.partner_status), badge(Tone::Neutral, tr!(locale, desk.status_closed))))
        }
        _ => {}
    }
    for (kind, money) in &partner.balances {
        lines.push((balance(ctx, kind), text::amount(ctx, *money)));
    }
    let body = view! { {facts(lines)} {unreachable(ctx, sheet)} {review(ctx, sheet)} };
    section(tr!(locale, desk.partner_title), body.into_any())
}

/// Members to whom mail comes back, until somebody says that it works.
fn unreachable(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case) = (ctx.locale, sheet.case.id);
    let each = sheet.unreachable.iter().map(|one| {
        let since = words::moment(ctx, one.since);
        let said =
            tr!(locale, inbox.unreachable_text, name = one.name.as_str(), since = since, status = one.status.as_str());
        let person = one.person.to_string();
        let works = sheet.may_act.then(|| {
            view! {
                <Form action="/do/address-works" id=format!("address-{person}") class="inline">
                    <Hidden name="person" value=person/>
                    <Hidden name="case" value=case.to_string()/>
                    <Submit text=tr!(locale, inbox.works) tone=Weight::Quiet/>
                </Form>
            }
        });
        view! { <p>{badge(Tone::Bad, tr!(locale, inbox.unreachable))}" "{said}</p> {works} }
    });
    each.collect_view().into_any()
}

fn balance(ctx: &Context, kind: &str) -> String {
    match kind {
        "pending" => tr!(ctx.locale, desk.balance_pending),
        "payable" => tr!(ctx.locale, desk.balance_payable),
        "ring_fenced" => tr!(ctx.locale, desk.balance_ring_fenced),
        "in_payout" => tr!(ctx.locale, desk.balance_in_payout),
        "paid" => tr!(ctx.locale, desk.balance_paid),
        other => other.to_owned(),
    }
}

fn review(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case) = (ctx.locale, sheet.case.id);
    match &sheet.partner.review {
        Some(review) => {
            let draft = sheet.draft_of("end-review");
            let lines = vec![
                // It ends at midnight: the last day is the one before.
                (tr!(locale, desk.review_until), text::time(ctx, review.ends_at - chrono::TimeDelta::microseconds(1))),
                (tr!(locale, desk.review_reason), text::prose(review.reason.clone())),
                (tr!(locale, desk.review_by), review.reviewer.clone().into_any()),
                (tr!(locale, desk.review_since), text::time_exact(ctx, review.started_at)),
            ];
            let end = sheet.may_act.then(|| {
                view! {
                    <Form action="/do/end-review" id=sheet.id_of("end-review") draft=&draft class="inline">
                        <Hidden name="case" value=case.to_string()/>
                        <Submit text=tr!(locale, desk.review_end_button) tone=Weight::Quiet/>
                    </Form>
                }
            });
            view! { <p>{badge(Tone::Waiting, tr!(locale, desk.review_runs))}</p> {facts(lines)} {end} }.into_any()
        }
        None if sheet.may_act => {
            folded(sheet, "review-partner", tr!(locale, desk.review_title), review_form(ctx, sheet))
        }
        None => ().into_any(),
    }
}

fn review_form(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case) = (ctx.locale, sheet.case.id);
    let draft = sheet.draft_of("review-partner");
    view! {
        <Form action="/do/review-partner" id=sheet.id_of("review-partner") draft=&draft>
            <Hidden name="case" value=case.to_string()/>
            <TextArea
                name="reason" label=tr!(locale, desk.review_reason) hint=Some(tr!(locale, desk.review_reason_hint))
                value=draft.value("reason") error=draft.error("reason") rows=2 required=true maxlength=20_000
            />
            <Field
                name="until" label=tr!(locale, desk.review_until) kind="date" value=draft.value("until")
                error=draft.error("until") required=true
            />
            <Submit text=tr!(locale, desk.review_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

/// What is pinned, as it was and as it is now.
pub(super) fn pins(ctx: &Context, sheet: &Sheet) -> AnyView {
    sheet
        .pins
        .iter()
        .map(|(pin, today)| {
            let was = pinned::lines(ctx, &pin.facts);
            let lines = match (today, pin.about) {
                (Some(today), About::Conversion(_) | About::Terms(_) | About::Payout(_)) => was
                    .into_iter()
                    .zip(pinned::lines(ctx, today))
                    .map(|((label, was), (_, now))| differ(label, was, now))
                    .collect_view()
                    .into_any(),
                (today, _) => view! {
                    {facts(was.into_iter().map(|(label, value)| (label, value.into_any())).collect())}
                    {claim_today(ctx, today.as_ref())}
                }
                .into_any(),
            };
            let contest = match &pin.facts {
                Facts::Conversion(conversion) if sheet.may_act => {
                    let href = paths::contest_order(&sheet.partner.programme_code, &conversion.order_id);
                    Some(view! { <p>{text::link(href, tr!(ctx.locale, contests.contest_this))}</p> })
                }
                _ => None,
            };
            let body = view! {
                <p>{tr!(ctx.locale, desk.pinned_on)}" "{text::time_exact(ctx, pin.at)}</p>
                {lines}
                {contest}
            };
            section(tr!(ctx.locale, desk.pinned_title), body.into_any())
        })
        .collect_view()
        .into_any()
}

/// What became of the sale that a partner misses.
fn claim_today(ctx: &Context, today: Option<&Facts>) -> AnyView {
    match today {
        Some(found) => {
            let lines = pinned::lines(ctx, found).into_iter().map(|(label, value)| (label, value.into_any())).collect();
            view! { <p>{badge(Tone::Good, tr!(ctx.locale, desk.claim_found))}</p> {facts(lines)} }.into_any()
        }
        None => view! { <p>{badge(Tone::Waiting, tr!(ctx.locale, desk.claim_missing))}</p> }.into_any(),
    }
}

/// Minimum and rate in force, how they came about, and the forms that change them.
pub(super) fn terms(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let lines = vec![
        (tr!(locale, desk.minimum), in_force(ctx, sheet, sheet.minimum.as_ref())),
        (tr!(locale, desk.rate), in_force(ctx, sheet, sheet.rate.as_ref())),
        (tr!(locale, terms.schedule), in_force(ctx, sheet, sheet.schedule.as_ref())),
    ];
    let act = sheet.may_act.then(|| {
        view! {
            {folded(sheet, "lower-minimum", tr!(locale, desk.lower_title), lower_form(ctx, sheet))}
            {folded(sheet, "propose-rate", tr!(locale, desk.propose_title), propose_form(ctx, sheet))}
            {folded(sheet, "propose-correction", tr!(locale, corrections.form_title), correction_form(ctx, sheet))}
            {folded(sheet, "propose-schedule", tr!(locale, approvals.schedule_title), schedule_form(ctx, sheet))}
        }
    });
    let body = view! {
        {facts(lines)}
        {history(ctx, sheet, tr!(locale, desk.minimum_history), &sheet.minimum_history)}
        {history(ctx, sheet, tr!(locale, desk.rate_history), &sheet.rate_history)}
        {act}
    };
    section(tr!(locale, desk.terms_title), body.into_any())
}

/// What the partner was granted beside their terms, and the form that asks for more.
pub(super) fn promotions(ctx: &Context, sheet: &Sheet) -> AnyView {
    let id = sheet.id_of("propose-promo");
    let limit = sheet.authority.map(|own| crate::base::money::Money::new(own.largest_credit, sheet.partner.currency));
    sheet.promo.show(ctx, sheet.case.id, limit, sheet.may_act.then(|| (sheet.draft_of("propose-promo"), id)))
}

fn in_force(ctx: &Context, sheet: &Sheet, version: Option<&Version>) -> AnyView {
    match version {
        Some(version) => {
            let value = value(ctx, sheet, &version.kind, version.value, &version.rule);
            let value = terms_words::with_end(ctx, value, version.valid_until);
            pinned::since(ctx, value, version.valid_from).into_any()
        }
        None => tr!(ctx.locale, desk.nothing).into_any(),
    }
}

fn value(ctx: &Context, sheet: &Sheet, kind: &str, value: Decimal, rule: &Rule) -> String {
    match Rate::from_parts(kind, value) {
        Some(rate) if !rule.is_plain() => terms_words::rate_words(ctx, rate, rule),
        _ => pinned::term(ctx, kind, value, sheet.partner.currency),
    }
}

fn history(ctx: &Context, sheet: &Sheet, title: String, lines: &[TermLine]) -> AnyView {
    let locale = ctx.locale;
    let lines = lines
        .iter()
        .map(|line| {
            let value = value(ctx, sheet, &line.kind, line.value, &line.rule);
            let value = terms_words::with_end(ctx, value, line.valid_until);
            let offer = line.offer.clone().unwrap_or_else(|| tr!(locale, disputes.fact_all_offers));
            let whom = if line.own { tr!(locale, disputes.fact_for_you) } else { tr!(locale, disputes.fact_for_all) };
            let text = format!("{} · {offer} · {whom}", pinned::since(ctx, value, line.valid_from));
            view! { <li>{text}<br/>{terms_words::reason(ctx, &line.reason)}</li> }
        })
        .collect_view();
    view! { <details><summary>{title}</summary><ul>{lines}</ul></details> }.into_any()
}

fn lower_form(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case, partner) = (ctx.locale, sheet.case.id, sheet.case.partner);
    let currency = sheet.partner.currency;
    let draft = sheet.draft_of("lower-minimum");
    let limit = sheet.authority.map(|authority| {
        let lowest = crate::base::money::Money::new(authority.lowest_minimum, sheet.partner.currency);
        tr!(locale, desk.lower_hint, limit = crate::base::format::money(locale, lowest))
    });
    view! {
        <Form action="/do/lower-minimum" id=sheet.id_of("lower-minimum") draft=&draft>
            <Hidden name="form_name" value="lower-minimum"/>
            <Hidden name="case" value=case.to_string()/>
            <Hidden name="partner" value=partner.to_string()/>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <Field
                name="value" label=tr!(locale, desk.lower_value, currency = currency.code()) hint=limit
                inputmode="decimal" value=draft.value("value") error=draft.error("value") required=true
            />
            <TextArea
                name="reason" label=tr!(locale, desk.change_reason) hint=Some(tr!(locale, desk.change_reason_hint))
                value=draft.value("reason") error=draft.error("reason") rows=2 required=true maxlength=4_000
            />
            <Submit text=tr!(locale, desk.lower_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

fn schedule_form(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (id, draft) = (sheet.id_of("propose-schedule"), sheet.draft_of("propose-schedule"));
    schedule::of_case(ctx, sheet.case.id, sheet.case.partner, id, &draft)
}

fn propose_form(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case, partner) = (ctx.locale, sheet.case.id, sheet.case.partner);
    let draft = sheet.draft_of("propose-rate");
    let all = std::iter::once((String::new(), tr!(locale, disputes.fact_all_offers)));
    let offers: Vec<_> = all.chain(sheet.offers.iter().map(|(id, name)| (id.to_string(), name.clone()))).collect();
    let steps = super::steps::fields(ctx, &draft, sheet.partner.currency.code(), true);
    view! {
        <Form action="/do/propose-rate" id=sheet.id_of("propose-rate") draft=&draft>
            <Hidden name="form_name" value="propose-rate"/>
            <Hidden name="case" value=case.to_string()/>
            <Hidden name="partner" value=partner.to_string()/>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <Select
                name="offer" label=tr!(locale, disputes.fact_offer) options=offers selected=draft.value("offer")
                error=draft.error("offer") required=false
            />
            <Field
                name="percent" label=tr!(locale, desk.propose_percent) inputmode="decimal" value=draft.value("percent")
                error=draft.error("percent") required=true
            />
            {steps}
            <Field
                name="valid_from" label=tr!(locale, desk.propose_from) kind="date" value=draft.value("valid_from")
                hint=Some(tr!(locale, desk.propose_from_hint)) error=draft.error("valid_from")
            />
            <Field
                name="valid_until" label=tr!(locale, ending.field) kind="date" value=draft.value("valid_until")
                hint=Some(tr!(locale, ending.field_hint)) error=draft.error("valid_until")
            />
            <TextArea
                name="reason" label=tr!(locale, desk.change_reason) hint=Some(tr!(locale, desk.propose_reason_hint))
                value=draft.value("reason") error=draft.error("reason") rows=3 required=true maxlength=4_000
            />
            <Submit text=tr!(locale, desk.propose_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

/// A rate of the past is put right: the days, and the rate that should have been.
fn correction_form(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case, partner) = (ctx.locale, sheet.case.id, sheet.case.partner);
    let draft = sheet.draft_of("propose-correction");
    let all = std::iter::once((String::new(), tr!(locale, disputes.fact_all_offers)));
    let offers: Vec<_> = all.chain(sheet.offers.iter().map(|(id, name)| (id.to_string(), name.clone()))).collect();
    let steps = super::steps::fields(ctx, &draft, sheet.partner.currency.code(), false);
    view! {
        <p>{tr!(locale, corrections.form_lead)}</p>
        <Form action="/do/propose-correction" id=sheet.id_of("propose-correction") draft=&draft>
            <Hidden name="form_name" value="propose-correction"/>
            <Hidden name="case" value=case.to_string()/>
            <Hidden name="partner" value=partner.to_string()/>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <Select
                name="offer" label=tr!(locale, disputes.fact_offer) options=offers selected=draft.value("offer")
                error=draft.error("offer") required=false
            />
            <Field
                name="percent" label=tr!(locale, desk.propose_percent) inputmode="decimal" value=draft.value("percent")
                error=draft.error("percent") required=true
            />
            {steps}
            <Field
                name="since" label=tr!(locale, corrections.form_since) kind="date" value=draft.value("since")
                error=draft.error("since") required=true
            />
            <Field
                name="until" label=tr!(locale, corrections.form_until) kind="date" value=draft.value("until")
                error=draft.error("until") required=true
            />
            <TextArea
                name="reason" label=tr!(locale, desk.change_reason) hint=Some(tr!(locale, desk.propose_reason_hint))
                value=draft.value("reason") error=draft.error("reason") rows=3 required=true maxlength=4_000
            />
            <Submit text=tr!(locale, desk.propose_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

/// What this partner wrote about before.
pub(super) fn former(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    if sheet.former.is_empty() {
        return section(tr!(locale, desk.former_title), view! { <p>{tr!(locale, desk.former_none)}</p> }.into_any());
    }
    let items = sheet
        .former
        .iter()
        .map(|former| {
            let about = words::about(ctx, former.kind, &former.subject);
            let outcome = former.outcome.map(|outcome| outcome_words(ctx, outcome));
            view! {
                <li>
                    {text::link(paths::case(former.id), format!("{} {about}", former.id))}
                    <br/>
                    {stage_badge(ctx, former.stage)}" "{text::time(ctx, former.opened_at)}" "{outcome}
                </li>
            }
        })
        .collect_view();
    section(tr!(locale, desk.former_title), view! { <ul>{items}</ul> }.into_any())
}
