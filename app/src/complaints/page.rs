//! `/complaints`: what partners say of us elsewhere.

use super::model::{Complaint, Outcome};
use super::store;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft, new_key};
use crate::base::language::{Locale, tr};
use crate::incidents::store::programmes;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::field::{Field, Hidden, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Complaints() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let mut tx = ctx.begin().await?;
    let all = store::list(&mut tx).await?;
    let programmes = programmes(&mut tx).await?.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;
    let title = tr!(locale, complaints.title);
    let open = all.iter().filter(|complaint| complaint.outcome.is_none()).count();
    let lead = match open {
        0 => tr!(locale, complaints.none_open),
        1 => tr!(locale, complaints.one_open),
        count => tr!(locale, complaints.some_open, count = count),
    };
    let said = match query.get("done") {
        Some("logged") => Some(tr!(locale, complaints.done_logged)),
        Some("ended") => Some(tr!(locale, complaints.done_ended)),
        _ => None,
    };
    let may_act = Who::Desk.includes(&ctx.actor);
    let form = may_act.then(|| log_form(ctx, programmes, &draft));
    let list = match all.is_empty() {
        true => empty(tr!(locale, complaints.empty_title), tr!(locale, complaints.empty_text)),
        false => all.into_iter().map(|complaint| one(ctx, complaint, may_act, &draft)).collect_view().into_any(),
    };
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{lead}</p> }.into_any()))}
        {done(ctx, said)}
        {form}
        {list}
    };
    Ok((title, body.into_any()))
}

/// What came of it, in the reader's words.
fn outcome(locale: Locale, outcome: Outcome) -> String {
    match outcome {
        Outcome::Answered => tr!(locale, complaints.answered),
        Outcome::Solved => tr!(locale, complaints.solved),
        Outcome::Withdrawn => tr!(locale, complaints.withdrawn),
        Outcome::NotOurs => tr!(locale, complaints.not_ours),
    }
}

fn one(ctx: &Context, complaint: Complaint, may_act: bool, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let state = match complaint.outcome {
        Some(ended) => badge(Tone::Good, outcome(locale, ended)),
        None => badge(Tone::Waiting, tr!(locale, complaints.open)),
    };
    let case = complaint.case.map(|case| text::link(paths::case(case), tr!(locale, inbox.near_case, case = case.0)));
    let partner = complaint.partner.clone().unwrap_or_else(|| tr!(locale, complaints.nobody));
    let ended = complaint.ended.clone().map(|(by, at)| {
        view! { <p class="quiet">{complaint.remark.clone()}" "{by}", "{text::time_exact(ctx, at)}</p> }
    });
    let form = (may_act && complaint.outcome.is_none()).then(|| end_form(ctx, complaint.id, draft));
    let body = view! {
        <p>{state}" "{partner}" "{case}</p>
        // The address as it is, so that nobody follows a link without seeing where it leads.
        <p>{text::link(complaint.url.clone(), complaint.url.clone())}</p>
        {text::prose(complaint.said)}
        <p class="quiet">{text::day(ctx, complaint.said_on)}". "{tr!(locale, complaints.logged_by, name = complaint.logged_by.as_str())}</p>
        {ended}
        {form}
    };
    section(complaint.place, body.into_any())
}

fn end_form(ctx: &Context, id: i64, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let mine = draft.is_refused() && draft.value("form_name") == format!("end-complaint-{id}");
    let draft = if mine { draft.clone() } else { Draft::default() };
    let form = if mine { "form".to_owned() } else { format!("end-{id}") };
    let choose = (String::new(), tr!(locale, desk.choose));
    let options: Vec<_> = std::iter::once(choose)
        .chain(Outcome::ALL.map(|each| (each.as_str().to_owned(), outcome(locale, each))))
        .collect();
    view! {
        <details open=mine>
            <summary>{tr!(locale, complaints.end_title)}</summary>
            <Form action="/do/end-complaint" id=form draft=&draft>
                <Hidden name="complaint" value=id.to_string()/>
                <Select
                    name="outcome" label=tr!(locale, complaints.outcome) options=options required=true
                    selected=draft.value("outcome") error=draft.error("outcome")
                />
                <TextArea name="remark" label=tr!(locale, complaints.remark) rows=2 value=draft.value("remark") error=draft.error("remark")/>
                <Submit text=tr!(locale, complaints.end_button) tone=Weight::Quiet/>
            </Form>
        </details>
    }
    .into_any()
}

fn log_form(ctx: &Context, programmes: Vec<(String, String)>, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let mine = draft.is_refused() && draft.value("form_name") == "log-complaint";
    let draft = if mine { draft.clone() } else { Draft::default() };
    let form = if mine { "form" } else { "log" };
    let first = programmes.first().map(|(id, _)| id.clone()).unwrap_or_default();
    let today = ctx.now().with_timezone(&ctx.time_zone).date_naive().to_string();
    let body = view! {
        <Form action="/do/log-complaint" id=form draft=&draft>
            <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
            <Field
                name="url" label=tr!(locale, complaints.url) hint=Some(tr!(locale, complaints.url_hint)) required=true maxlength=2000
                value=draft.value("url") error=draft.error("url")
            />
            <Field
                name="place" label=tr!(locale, complaints.place) hint=Some(tr!(locale, complaints.place_hint)) required=true maxlength=200
                value=draft.value("place") error=draft.error("place")
            />
            <TextArea
                name="said" label=tr!(locale, complaints.said) rows=4 required=true maxlength=20_000
                value=draft.value("said") error=draft.error("said")
            />
            <Field
                name="said_on" label=tr!(locale, complaints.said_on) kind="date" required=true
                value=draft.value_or("said_on", &today) error=draft.error("said_on")
            />
            <Field name="case" label=tr!(locale, complaints.case) value=draft.value("case") error=draft.error("case")/>
            <Field
                name="partner" label=tr!(locale, complaints.partner) hint=Some(tr!(locale, inbox.partner_hint))
                value=draft.value("partner") error=draft.error("partner")
            />
            <Select
                name="programme" label=tr!(locale, complaints.programme) options=programmes
                selected=draft.value_or("programme", &first) error=draft.error("programme")
            />
            <Submit text=tr!(locale, complaints.log_button)/>
        </Form>
    };
    view! { <details open=mine><summary>{tr!(locale, complaints.log_title)}</summary>{body}</details> }.into_any()
}
