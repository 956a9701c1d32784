//! `/incidents/{incident}`: what was said, its cases, and what can be done.

use super::list::{texts, whom};
use super::{about, state};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft, new_key};
use crate::base::language::{Locale, tr};
use crate::channels::rules::local_minute;
use crate::disputes::model::Stage;
use crate::disputes::words;
use crate::incidents::model::{Incident, Listed, TakenOut, Update, UpdateKind, Why};
use crate::incidents::store;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::field::{Check, Field, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{facts, page_head, section};
use crate::ui::notice::{done, notice};
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use crate::ui::timeline::{Step, timeline};
use chrono::TimeDelta;
use leptos::prelude::*;

/// The page.
#[component]
pub fn IncidentPage() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let id: i64 = query.id("incident")?;
    let mut tx = ctx.begin().await?;
    let incident = store::find(&mut tx, locale, id).await?;
    let updates = store::updates(&mut tx, locale, id).await?;
    let cases = store::cases(&mut tx, id).await?;
    let taken_out = store::taken_out(&mut tx, id).await?;
    let may_act = Who::Desk.includes(&ctx.actor) && incident.closed_at.is_none();
    let suggested = if may_act { store::suggested(&mut tx, &incident, ctx.now()).await? } else { Vec::new() };
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;
    let of = |name: &str| if draft.value("form_name") == name { draft.clone() } else { Draft::default() };
    let title = tr!(locale, incidents.one_title, number = incident.id, title = incident.title.as_str());
    let forms = may_act.then(|| {
        view! {
            {update_form(ctx, &incident, of("update-incident"))}
            {put_form(ctx, &incident, "put-into-incident", of("put-into-incident"), None)}
        }
    });
    let suggested = (!suggested.is_empty()).then(|| suggestion(ctx, &incident, &suggested, of("suggested")));
    let body = view! {
        <p>{text::link(paths::INCIDENTS.to_owned(), tr!(locale, incidents.back))}</p>
        {page_head(title.clone(), Some(lead(ctx, &incident, &updates)))}
        {done(ctx, said(ctx, query))}
        {by_hand(ctx, &cases)}
        {section(tr!(locale, incidents.said_title), timeline(steps(ctx, &incident, updates)))}
        {forms}
        {suggested}
        {over(&of("take-out"))}
        {section(tr!(locale, incidents.cases_title), list(ctx, &cases, may_act.then_some(id)))}
        {out(ctx, &taken_out)}
    };
    Ok((title, body.into_any()))
}

fn said(ctx: &Context, query: &Query) -> Option<String> {
    let locale = ctx.locale;
    Some(match query.get("done")? {
        "opened" => tr!(locale, incidents.done_opened),
        "said" => tr!(locale, incidents.done_said),
        "closed" => tr!(locale, incidents.done_closed),
        "put" => tr!(locale, incidents.done_put),
        "taken-out" => tr!(locale, incidents.done_taken_out),
        _ => return None,
    })
}

fn lead(ctx: &Context, incident: &Incident, updates: &[Update]) -> AnyView {
    let locale = ctx.locale;
    let next = incident.next_update_at.map(|at| {
        let when = words::moment(ctx, at);
        view! { " "{tr!(locale, incidents.promised, when = when)} }
    });
    let told = updates.last().map_or(0, |last| last.told);
    let lines = vec![
        (tr!(locale, incidents.head_whom), whom(ctx, incident).into_any()),
        (tr!(locale, incidents.about), about(locale, incident.about).into_any()),
        (tr!(locale, incidents.began_at), text::time_exact(ctx, incident.began_at)),
        (tr!(locale, incidents.ended_at), incident.ended_at.map(|at| text::time_exact(ctx, at)).into_any()),
        (
            tr!(locale, incidents.head_cases),
            tr!(locale, incidents.told_of, told = told, cases = incident.cases).into_any(),
        ),
        (tr!(locale, incidents.opened_by), incident.opened_by.clone().into_any()),
    ];
    view! { <p>{state(ctx, incident)}{next}</p>{facts(lines)} }.into_any()
}

/// What a word has left to a person is asked for first.
fn by_hand(ctx: &Context, cases: &[Listed]) -> Option<AnyView> {
    let waiting = cases.iter().filter(|case| case.by_hand).count();
    (waiting > 0).then(|| notice(Tone::Waiting, tr!(ctx.locale, incidents.by_hand, count = waiting)))
}

fn steps(ctx: &Context, incident: &Incident, updates: Vec<Update>) -> Vec<Step> {
    let locale = ctx.locale;
    let mut steps: Vec<_> = updates
        .into_iter()
        .map(|update| Step {
            title: match update.kind {
                UpdateKind::Opened => tr!(locale, incidents.step_opened),
                UpdateKind::Update => tr!(locale, incidents.step_update),
                UpdateKind::Closed => tr!(locale, incidents.step_closed, closed = update.closed),
            },
            when: Some(text::time_exact(ctx, update.at)),
            who: Some(update.by),
            text: Some(update.body),
            ..Step::default()
        })
        .collect();
    if let Some(next) = incident.next_update_at {
        steps.push(Step {
            title: tr!(locale, incidents.step_next),
            when: Some(text::time_exact(ctx, next)),
            future: true,
            tone: if next < ctx.now() { Tone::Bad } else { Tone::Waiting },
            ..Step::default()
        });
    }
    steps
}

fn update_form(ctx: &Context, incident: &Incident, draft: Draft) -> AnyView {
    let locale = ctx.locale;
    let (id, version) = (incident.id, incident.version);
    let form = if draft.is_refused() { "form" } else { "form-update-incident" };
    let next = draft.value_or("next_at", &local_minute(ctx.now() + TimeDelta::hours(4), ctx.time_zone));
    let texts = texts(ctx, &draft, false);
    let body = view! {
        <Form action="/do/update-incident" id=form draft=&draft>
            <Hidden name="incident" value=id.to_string()/>
            <Hidden name="version" value=version.to_string()/>
            <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
            {texts}
            <Field
                name="next_at" label=tr!(locale, incidents.next_at) kind="datetime-local"
                value=next error=draft.error("next_at") hint=Some(tr!(locale, incidents.next_hint))
            />
            <Check name="over" label=tr!(locale, incidents.is_over) checked={draft.value("over") == "yes"}/>
            <Submit text=tr!(locale, incidents.say_button)/>
        </Form>
    };
    section(tr!(locale, incidents.say_title), body.into_any())
}

fn put_form(ctx: &Context, incident: &Incident, name: &'static str, draft: Draft, start: Option<String>) -> AnyView {
    let (locale, id) = (ctx.locale, incident.id);
    let form = if draft.is_refused() { "form".to_owned() } else { format!("form-{name}") };
    let start = start.unwrap_or_default();
    let (label, button) = match name {
        "suggested" => (tr!(locale, incidents.suggested_cases), tr!(locale, incidents.put_suggested)),
        _ => (tr!(locale, incidents.put_cases), tr!(locale, incidents.put_button)),
    };
    view! {
        <Form action="/do/put-into-incident" id=form draft=&draft>
            <Hidden name="incident" value=id.to_string()/>
            <Hidden name="form_name" value=name/>
            <TextArea
                name="cases" label=label hint=Some(tr!(locale, incidents.put_hint)) rows=2 required=true
                value=draft.value_or("cases", &start) error=draft.error("cases")
            />
            <Submit text=button tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

fn suggestion(ctx: &Context, incident: &Incident, suggested: &[Listed], draft: Draft) -> AnyView {
    let locale = ctx.locale;
    let numbers = suggested.iter().map(|case| case.case.to_string()).collect::<Vec<_>>().join(", ");
    let body = view! {
        <p>{tr!(locale, incidents.suggested_lead, count = suggested.len())}</p>
        {list(ctx, suggested, None)}
        {put_form(ctx, incident, "suggested", draft, Some(numbers))}
    };
    section(tr!(locale, incidents.suggested_title), body.into_any())
}

/// A form without fields was refused: the incident is over.
fn over(draft: &Draft) -> Option<AnyView> {
    draft.error("").map(|message| view! { <div id="form">{notice(Tone::Bad, message)}</div> }.into_any())
}

/// Cases, of the incident `of` with the way out, or with why they may belong to it.
fn list(ctx: &Context, cases: &[Listed], of: Option<i64>) -> AnyView {
    let locale = ctx.locale;
    if cases.is_empty() {
        return view! { <p>{tr!(locale, incidents.no_cases)}</p> }.into_any();
    }
    let why = cases.iter().any(|case| case.why.is_some());
    let mut heads = vec![
        tr!(locale, incidents.head_case),
        tr!(locale, incidents.head_partner),
        tr!(locale, incidents.head_about),
        tr!(locale, incidents.head_stage),
    ];
    heads.extend(why.then(|| tr!(locale, incidents.head_why)));
    heads.extend(of.map(|_| tr!(locale, incidents.head_take_out)));
    let heads = heads.into_iter().map(|label| Head { label, numeric: false }).collect::<Vec<_>>();
    let rows = cases
        .iter()
        .map(|case| {
            let stage = match Stage::parse(&case.stage) {
                Some(Stage::AnswerNeeded) => tr!(locale, desk.stage_answer_needed),
                Some(stage) => words::stage(locale, stage),
                None => String::new(),
            };
            let hand = case.by_hand.then(|| badge(Tone::Waiting, tr!(locale, incidents.answer_by_hand)));
            let mut cells = vec![
                text::link(paths::case(case.case), case.case.to_string()).into_any(),
                case.partner.clone().into_any(),
                view! { <span class="prose">{case.subject.clone()}</span> }.into_any(),
                view! { {stage}" "{hand} }.into_any(),
            ];
            cells.extend(case.why.map(|why| why_words(locale, why).into_any()));
            cells.extend(of.map(|incident| out_form(ctx, incident, case)));
            Row { href: None, cells }
        })
        .collect();
    let caption = if why { tr!(locale, incidents.suggested_title) } else { tr!(locale, incidents.cases_title) };
    view! { <Table caption=caption head=heads rows=rows/> }.into_any()
}

fn why_words(locale: Locale, why: Why) -> String {
    match why {
        Why::Run => tr!(locale, incidents.why_run),
        Why::Offer => tr!(locale, incidents.why_offer),
        Why::Kind => tr!(locale, incidents.why_kind),
        Why::Time => tr!(locale, incidents.why_time),
    }
}

fn out_form(ctx: &Context, incident: i64, case: &Listed) -> AnyView {
    let number = case.case.to_string();
    let text = tr!(ctx.locale, incidents.take_out, case = number.as_str());
    view! {
        <Form action="/do/take-out-of-incident" id=format!("take-out-{number}") class="inline">
            <Hidden name="incident" value=incident.to_string()/>
            <Hidden name="case" value=number/>
            <Submit text=text tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

/// Those that were taken out, by whom and when.
fn out(ctx: &Context, cases: &[TakenOut]) -> Option<AnyView> {
    let locale = ctx.locale;
    let each = cases.iter().map(|case| {
        let link = text::link(paths::case(case.case), tr!(locale, incidents.out_case, case = case.case.0));
        let by = tr!(locale, incidents.out_by, partner = case.partner.as_str(), name = case.by.as_str());
        view! { <li>{link}", "{by}", "{text::time_exact(ctx, case.at)}</li> }
    });
    let list = view! { <ul>{each.collect_view()}</ul> };
    (!cases.is_empty()).then(|| section(tr!(locale, incidents.out_title), list.into_any()))
}
