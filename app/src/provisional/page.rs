//! A provisional credit on the pages of its case.

use super::store::{Policy, Provisional};
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::live::model::{Seen, Unseen};
use crate::live::page as live;
use crate::ui::Tone;
use crate::ui::field::{Field, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::text;
use crate::ui::timeline::Step;
use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;

/// It ends at midnight: the last day is the one before.
fn last_moment(at: DateTime<Utc>) -> DateTime<Utc> {
    at - TimeDelta::microseconds(1)
}

/// For both sides, plainly: what it is, until when, and what becomes of it.
pub fn standing(ctx: &Context, given: &Provisional) -> AnyView {
    let locale = ctx.locale;
    let amount = format::money(locale, given.money);
    let day = format::date(locale, ctx.time_zone, last_moment(given.ends_at));
    let words = match given.ended {
        None => tr!(locale, provisional.runs, amount = amount, day = day),
        Some((_, true)) => tr!(locale, provisional.is_final, amount = amount),
        Some((_, false)) => tr!(locale, provisional.taken_back, amount = amount),
    };
    let body = view! {
        <p>{words}</p>
        {text::prose(given.reason.clone())}
        <p class="small">{given.by.clone()}", "{text::time_exact(ctx, given.at)}</p>
    };
    section(tr!(locale, provisional.title), body.into_any())
}

/// For staff: the form that gives one.
pub fn form(
    ctx: &Context,
    case: CaseId,
    (policy, currency): (Policy, Currency),
    draft: &Draft,
    (seen, unseen): (Seen, &[Unseen]),
) -> AnyView {
    let locale = ctx.locale;
    let typed = if draft.value("form_name") == "credit-provisionally" { draft.clone() } else { Draft::default() };
    let open = typed.is_refused();
    let id = if open { "form" } else { "form-credit-provisionally" };
    let unseen = live::unseen(ctx, &typed, unseen);
    let money = |amount| format::money(locale, Money::new(amount, currency));
    let limits = tr!(locale, provisional.limits, limit = money(policy.largest), cap = money(policy.partner_cap));
    view! {
        <details open=open>
            <summary>{tr!(locale, provisional.summary)}</summary>
            <p>{tr!(locale, provisional.lead)}</p>
            <Form action="/do/credit-provisionally" id=id draft=&typed>
                {unseen}
                <Hidden name="case" value=case.to_string()/>
                <Hidden name="seen" value=seen.to_string()/>
                <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
                <Field
                    name="amount" label=tr!(locale, provisional.amount) hint=Some(limits) inputmode="decimal" value=typed.value("amount")
                    error=typed.error("amount") required=true
                />
                <Field
                    name="until" kind="date" label=tr!(locale, provisional.until)
                    hint=Some(tr!(locale, provisional.until_hint, days = policy.most_days)) value=typed.value("until")
                    error=typed.error("until") required=true
                />
                <TextArea
                    name="reason" label=tr!(locale, provisional.reason) hint=Some(tr!(locale, provisional.reason_hint))
                    value=typed.value("reason") error=typed.error("reason") rows=2 required=true maxlength=2_000
                />
                <Submit text=tr!(locale, provisional.button) tone=Weight::Quiet/>
            </Form>
        </details>
    }
    .into_any()
}

/// On the time line: that it was given, and how it ended.
pub fn steps(ctx: &Context, given: Option<&Provisional>) -> Vec<(DateTime<Utc>, Step)> {
    let Some(given) = given else { return Vec::new() };
    let locale = ctx.locale;
    let amount = format::money(locale, given.money);
    let begun = Step {
        title: tr!(locale, provisional.step_given, amount = amount.clone()),
        when: Some(text::time_exact(ctx, given.at)),
        who: Some(given.by.clone()),
        tone: Tone::Good,
        ..Step::default()
    };
    let mut steps = vec![(given.at, begun)];
    if let Some((at, stays)) = given.ended {
        let title = match stays {
            true => tr!(locale, provisional.step_final, amount = amount),
            false => tr!(locale, provisional.step_taken_back, amount = amount),
        };
        let tone = if stays { Tone::Good } else { Tone::Bad };
        steps.push((at, Step { title, when: Some(text::time_exact(ctx, at)), tone, ..Step::default() }));
    }
    steps
}

/// What lies ahead of one that runs.
pub fn ahead(ctx: &Context, given: Option<&Provisional>) -> Option<Step> {
    let given = given.filter(|given| given.ended.is_none())?;
    Some(Step {
        title: tr!(ctx.locale, provisional.step_ends),
        when: Some(text::time(ctx, last_moment(given.ends_at))),
        future: true,
        tone: Tone::Waiting,
        ..Step::default()
    })
}
