//! `/escalations`: what waits for leads and owners; and an escalation on the page of its case.

use super::store::{self, Escalation, Verdict, Which};
use crate::base::actor::Role;
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::ids::CaseId;
use crate::base::language::{Locale, tr};
use crate::clocks::page::clock_words;
use crate::clocks::store::{self as clocks, LISTED, RanOut};
use crate::live::model::{Seen, Unseen};
use crate::live::page as live;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::field::{Choice, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{facts, page_head, section, tabs};
use crate::ui::notice;
use crate::ui::screen::screen;
use crate::ui::text;
use leptos::prelude::*;

/// The room's name, with how many cases its reader is told of that they have not said they know.
pub fn room(locale: Locale, ran_out: i64) -> String {
    match ran_out {
        0 => tr!(locale, escalations.room),
        LISTED => tr!(locale, escalations.room_waiting, count = format!("{}+", LISTED - 1)),
        count => tr!(locale, escalations.room_waiting, count = format::count(locale, count)),
    }
}

/// The list.
#[component]
pub fn Escalations() -> impl IntoView {
    screen(|ctx, query| async move {
        let role = ctx.staff()?.role;
        let locale = ctx.locale;
        let answered = query.get("view") == Some("answered");
        let mut tx = ctx.begin().await?;
        let found = store::list(&mut tx, if answered { Which::Answered } else { Which::Open(role) }).await?;
        let silent = crate::silence::store::decided(&mut tx).await?;
        let ran_out = if answered { Vec::new() } else { clocks::ran_out(&mut tx, role).await? };
        drop(tx);
        let done = (query.get("done") == Some("known")).then(|| tr!(locale, clocks.done_known));
        let title = tr!(locale, escalations.title);
        let lead = match (answered, found.len()) {
            (true, _) => tr!(locale, escalations.lead_answered),
            (false, 0) => tr!(locale, escalations.lead_none),
            (false, 1) => tr!(locale, escalations.lead_one),
            (false, count) => tr!(locale, escalations.lead, count = count),
        };
        let views = vec![
            (tr!(locale, escalations.view_open), paths::ESCALATIONS.to_owned(), !answered),
            (tr!(locale, escalations.view_answered), format!("{}?view=answered", paths::ESCALATIONS), answered),
        ];
        let list = if found.is_empty() {
            empty(tr!(locale, escalations.empty_title), tr!(locale, escalations.empty_text))
        } else {
            found.iter().map(|each| one(&ctx, each, true)).collect_view().into_any()
        };
        let by_policy = (!silent.is_empty()).then(|| {
            let lines = silent.into_iter().map(|each| {
                let number = tr!(locale, escalations.of_case, number = each.case.0);
                let amount = each.credit.map(|money| format::money(locale, money)).unwrap_or_default();
                view! { <p>{text::link(paths::case(each.case), number)}" "{each.partner_name}" "{amount}" "{text::time(&ctx, each.at)}</p> }
            });
            let body = view! { <p>{tr!(locale, escalations.silent_lead)}</p>{lines.collect_view()} };
            section(tr!(locale, escalations.silent_title), body.into_any())
        });
        let body = view! { {page_head(title.clone(), Some(view! { <p>{lead}</p> }.into_any()))}{notice::done(&ctx, done)}{tabs(views)}{told_of(&ctx, ran_out)}{list}{by_policy} };
        Ok((title, body.into_any()))
    })
}

/// Cases whose clocks ran out, for whom it is told, each until they say that they know.
fn told_of(ctx: &Context, cases: Vec<RanOut>) -> Option<AnyView> {
    let locale = ctx.locale;
    if cases.is_empty() {
        return None;
    }
    let lines = cases.into_iter().map(|each| {
        let number = tr!(locale, escalations.of_case, number = each.case.0);
        let with = match each.assignee {
            Some(name) => tr!(locale, clocks.ran_out_with, name = name),
            None => tr!(locale, clocks.ran_out_free),
        };
        let what = clock_words(locale, each.clock);
        let (id, case) = (format!("know-{}", each.case), each.case.to_string());
        view! {
            <li>
                <p>
                    {text::link(paths::case(each.case), number)}", "{each.partner_name}": "{each.subject}". "{what}", "
                    {text::time(ctx, each.at)}". "{with}
                </p>
                <Form action="/do/know-ran-out" id=id>
                    <Hidden name="case" value=case/>
                    <Submit text=tr!(locale, clocks.know_button) tone=Weight::Quiet/>
                </Form>
            </li>
        }
    });
    let body = view! { <p>{tr!(locale, clocks.ran_out_lead)}</p><ul>{lines.collect_view()}</ul> };
    Some(section(tr!(locale, clocks.ran_out_title), body.into_any()))
}

fn to_words(locale: Locale, to: Role) -> String {
    match to {
        Role::Lead => tr!(locale, escalations.to_lead),
        _ => tr!(locale, escalations.to_owner),
    }
}

fn one(ctx: &Context, escalation: &Escalation, with_case: bool) -> AnyView {
    let locale = ctx.locale;
    let mut lines = vec![
        (tr!(locale, escalations.facts), text::prose(escalation.facts.clone())),
        (tr!(locale, escalations.tried), text::prose(escalation.tried.clone())),
        (tr!(locale, escalations.proposed), text::prose(escalation.proposed.clone())),
        (
            tr!(locale, escalations.by),
            view! { {escalation.by_name.clone()}", "{text::time_exact(ctx, escalation.at)} }.into_any(),
        ),
    ];
    let state = match &escalation.ended {
        None => badge(Tone::Waiting, to_words(locale, escalation.to)),
        Some((verdict, words, by, at)) => {
            let name = by.clone().unwrap_or_default();
            if !words.is_empty() {
                lines.push((tr!(locale, escalations.words), text::prose(words.clone())));
            }
            lines.push((
                tr!(locale, escalations.answered_by),
                view! { {name}", "{text::time_exact(ctx, *at)} }.into_any(),
            ));
            match verdict {
                Verdict::Decided => badge(Tone::Good, tr!(locale, escalations.decided)),
                Verdict::SentBack => badge(Tone::Info, tr!(locale, escalations.sent_back)),
                Verdict::Withdrawn => badge(Tone::Neutral, tr!(locale, escalations.withdrawn)),
            }
        }
    };
    let title = if with_case {
        tr!(
            locale,
            escalations.one,
            number = escalation.case.0,
            partner = escalation.partner_name.clone(),
            subject = escalation.subject.clone()
        )
    } else {
        tr!(locale, escalations.one_here)
    };
    let to = with_case.then(|| {
        text::link(paths::case(escalation.case), tr!(locale, escalations.of_case, number = escalation.case.0))
    });
    section(title, view! { <p>{state}" "{to}</p>{facts(lines)} }.into_any())
}

/// On the page of a case: the escalations there were, and the form that makes or sends back one.
pub fn of_case(
    ctx: &Context,
    case: CaseId,
    may_act: bool,
    open: bool,
    list: &[Escalation],
    draft: &Draft,
    (seen, unseen): (Seen, &[Unseen]),
) -> AnyView {
    let locale = ctx.locale;
    let waiting = list.iter().find(|each| each.ended.is_none());
    let reader = ctx.staff().ok();
    let back = waiting
        .filter(|each| reader.is_some_and(|staff| may_act && each.may_answer(staff.person, staff.role)))
        .map(|each| back_form(ctx, each, draft));
    let form = (may_act && open && waiting.is_none()).then(|| {
        let typed = typed(draft, "escalate");
        let refused = typed.is_refused();
        let id = if refused { "form" } else { "form-escalate" };
        let unseen = live::unseen(ctx, &typed, unseen);
        let to = vec![("lead".to_owned(), tr!(locale, escalations.to_lead)), ("owner".to_owned(), tr!(locale, escalations.to_owner))];
        view! {
            <details open=refused>
                <summary>{tr!(locale, escalations.summary)}</summary>
                <Form action="/do/escalate" id=id draft=&typed>
                    {unseen}
                    <Hidden name="case" value=case.to_string()/>
                    <Hidden name="seen" value=seen.to_string()/>
                    <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
                    {area(&typed, "facts", tr!(locale, escalations.facts))}
                    {area(&typed, "tried", tr!(locale, escalations.tried))}
                    {area(&typed, "proposed", tr!(locale, escalations.proposed))}
                    <Choice name="to" label=tr!(locale, escalations.to) options=to selected=typed.value("to") error=typed.error("to") required=true/>
                    <Submit text=tr!(locale, escalations.button) tone=Weight::Quiet/>
                </Form>
            </details>
        }
    });
    view! { {list.iter().map(|each| one(ctx, each, false)).collect_view()}{back}{form} }.into_any()
}

fn area(typed: &Draft, name: &'static str, label: String) -> AnyView {
    let (value, error) = (typed.value(name), typed.error(name));
    view! { <TextArea name=name label=label value=value error=error rows=3 required=true maxlength=5_000/> }.into_any()
}

fn typed(draft: &Draft, form: &str) -> Draft {
    if draft.value("form_name") == form { draft.clone() } else { Draft::default() }
}

fn back_form(ctx: &Context, escalation: &Escalation, draft: &Draft) -> AnyView {
    let (locale, typed) = (ctx.locale, typed(draft, "send-back"));
    let id = if typed.is_refused() { "form" } else { "form-send-back" };
    let (case, number) = (escalation.case.to_string(), escalation.id.to_string());
    view! {
        <p>{tr!(locale, escalations.decide_or_back)}</p>
        <Form action="/do/send-back" id=id draft=&typed>
            <Hidden name="case" value=case/>
            <Hidden name="escalation" value=number/>
            <TextArea name="words" label=tr!(locale, escalations.words) value=typed.value("words") error=typed.error("words") rows=3 required=true maxlength=5_000/>
            <Submit text=tr!(locale, escalations.back_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
