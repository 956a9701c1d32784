//! An appeal on the pages of its case, for the partner and for staff.

use super::store::{self, Appeal, Outcome};
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::desk::model::Authority;
use crate::disputes::model::Decision;
use crate::live::model::{Seen, Unseen};
use crate::live::page as live;
use crate::ui::Tone;
use crate::ui::field::{Field, Hidden, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::text;
use crate::ui::timeline::Step;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

fn outcome(ctx: &Context, outcome: Outcome) -> String {
    let locale = ctx.locale;
    match outcome {
        Outcome::Upheld => tr!(locale, appeals.upheld),
        Outcome::Changed if ctx.member().is_ok() => tr!(locale, appeals.changed_you),
        Outcome::Changed => tr!(locale, appeals.changed),
    }
}

/// For both sides: where the appeal stands, or how it ended.
pub fn standing(ctx: &Context, appeal: &Appeal) -> AnyView {
    let locale = ctx.locale;
    let body = match &appeal.decision {
        None => view! {
            <p>{if ctx.member().is_ok() { tr!(locale, appeals.waits) } else { tr!(locale, appeals.waits_staff) }}" "{text::time_exact(ctx, appeal.promised_at)}"."</p>
        }
        .into_any(),
        Some(decided) => {
            let credit = decided.credit.map(|money| {
                let words = tr!(locale, disputes.decision_credit, amount = format::money(locale, money));
                view! { " "{words} }
            });
            view! {
                <p><strong>{outcome(ctx, decided.outcome)}{credit}</strong></p>
                <p class="quiet">{text::time_exact(ctx, decided.at)}</p>
                {text::prose(decided.reason.clone())}
            }
            .into_any()
        }
    };
    section(tr!(locale, appeals.title), body)
}

/// For the partner: the appeal there is, or the form that makes one while there is time.
pub fn of_dispute(
    ctx: &Context,
    case: CaseId,
    decision: Option<&Decision>,
    appeal: Option<&Appeal>,
    draft: &Draft,
) -> Option<AnyView> {
    let locale = ctx.locale;
    if let Some(appeal) = appeal {
        return Some(standing(ctx, appeal));
    }
    let until = store::until(decision?.at);
    if ctx.now() > until {
        return None;
    }
    let typed = if draft.value("form_name") == "appeal" { draft.clone() } else { Draft::default() };
    let open = typed.is_refused();
    let id = if open { "form" } else { "appeal" };
    let form = view! {
        <details open=open>
            <summary>{tr!(locale, appeals.summary)}</summary>
            <p>{tr!(locale, appeals.lead)}" "{text::time_exact(ctx, until)}</p>
            <Form action="/do/appeal" id=id draft=&typed>
                <Hidden name="case" value=case.to_string()/>
                <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
                <TextArea
                    name="body" label=tr!(locale, appeals.why) hint=Some(tr!(locale, appeals.why_hint)) value=typed.value("body")
                    error=typed.error("body") rows=4 required=true maxlength=20_000 keep=format!("dispute-{case}-appeal")
                />
                <Submit text=tr!(locale, appeals.button) tone=Weight::Quiet/>
            </Form>
        </details>
    };
    Some(section(tr!(locale, appeals.title), form.into_any()))
}

/// For staff: the form that decides it, or that somebody else has to.
pub fn form(
    ctx: &Context,
    case: (CaseId, i32),
    may: bool,
    limit: Option<(Authority, Money)>,
    draft: &Draft,
    (seen, unseen): (Seen, &[Unseen]),
) -> AnyView {
    let locale = ctx.locale;
    if !may {
        return view! { <p>{tr!(locale, appeals.by_another)}</p> }.into_any();
    }
    let typed = if draft.value("form_name") == "decide-appeal" { draft.clone() } else { Draft::default() };
    let open = typed.is_refused();
    let id = if open { "form" } else { "form-decide-appeal" };
    let unseen = live::unseen(ctx, &typed, unseen);
    let choose = std::iter::once((String::new(), tr!(locale, desk.choose)));
    let options: Vec<_> =
        choose.chain(Outcome::ALL.map(|each| (each.as_str().to_owned(), outcome(ctx, each)))).collect();
    let limit = match limit {
        Some((_, limit)) => tr!(locale, desk.decide_limit, limit = format::money(locale, limit)),
        None => tr!(locale, desk.decide_no_limit),
    };
    view! {
        <details open=open>
            <summary>{tr!(locale, appeals.decide)}</summary>
            <Form action="/do/decide-appeal" id=id draft=&typed>
                {unseen}
                <Hidden name="case" value=case.0.to_string()/>
                <Hidden name="version" value=format!("{}@{seen}", case.1)/>
                <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
                <Select
                    name="outcome" label=tr!(locale, desk.decision_outcome) options=options selected=typed.value("outcome")
                    error=typed.error("outcome") required=true
                />
                <Field
                    name="amount" label=tr!(locale, appeals.credit) hint=Some(limit) inputmode="decimal" value=typed.value("amount")
                    error=typed.error("amount")
                />
                <TextArea
                    name="body" label=tr!(locale, desk.decide_body) hint=Some(tr!(locale, desk.decide_body_hint)) value=typed.value("body")
                    error=typed.error("body") rows=5 required=true maxlength=20_000
                />
                <TextArea
                    name="reason_house" label=tr!(locale, desk.decision_house) hint=Some(tr!(locale, desk.decide_house_hint))
                    value=typed.value("reason_house") error=typed.error("reason_house") rows=2 maxlength=20_000
                />
                <Submit text=tr!(locale, appeals.decide_button)/>
            </Form>
        </details>
    }
    .into_any()
}

/// The appeal on the time line.
pub fn steps(ctx: &Context, appeal: Option<&Appeal>) -> Vec<(DateTime<Utc>, Step)> {
    let Some(appeal) = appeal else { return Vec::new() };
    let made = Step {
        title: tr!(ctx.locale, appeals.step_made),
        when: Some(text::time_exact(ctx, appeal.at)),
        tone: Tone::Waiting,
        ..Step::default()
    };
    let mut steps = vec![(appeal.at, made)];
    if let Some(decided) = &appeal.decision {
        let step = Step {
            title: tr!(ctx.locale, appeals.step_decided),
            when: Some(text::time_exact(ctx, decided.at)),
            text: Some(outcome(ctx, decided.outcome)),
            tone: if decided.outcome == Outcome::Changed { Tone::Good } else { Tone::Neutral },
            ..Step::default()
        };
        steps.push((decided.at, step));
    }
    steps
}
