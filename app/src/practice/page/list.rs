//! `/practice`: what there is to solve, and for leads what there is to mark.

use super::answer;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft, new_key};
use crate::base::language::tr;
use crate::disputes::words;
use crate::paths;
use crate::practice::model::{Listed, Try};
use crate::practice::store::{self, Of};
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::field::{Choice, Field, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn PracticeList() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    let me = ctx.staff()?.person;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let mut tx = ctx.begin().await?;
    let left = store::left(&mut tx, me).await?;
    let all = store::list(&mut tx, me).await?;
    let leads = match Who::Leads.includes(&ctx.actor) {
        true => Some(for_leads(ctx, &mut tx, &draft).await?),
        false => None,
    };
    drop(tx);
    let title = tr!(locale, practice.title);
    let lead = match left {
        0 => tr!(locale, practice.free),
        1 => tr!(locale, practice.one_left),
        left => tr!(locale, practice.left, left = left),
    };
    let said = query.get("done").and_then(|done| {
        Some(match done {
            "marked" => tr!(locale, practice.done_marked),
            "policy" => tr!(locale, practice.done_policy),
            "withdrawn" => tr!(locale, practice.done_withdrawn),
            _ => return None,
        })
    });
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{lead}</p> }.into_any()))}
        {done(ctx, said)}
        {table(ctx, all)}
        {leads}
    };
    Ok((title, body.into_any()))
}

fn table(ctx: &Context, all: Vec<Listed>) -> AnyView {
    let locale = ctx.locale;
    if all.is_empty() {
        return empty(tr!(locale, practice.empty_title), tr!(locale, practice.empty_text));
    }
    let head = |label| Head { label, numeric: false };
    let heads = vec![head(tr!(locale, practice.head_about)), head(tr!(locale, practice.head_state))];
    let rows = all
        .into_iter()
        .map(|one| {
            let state = if one.passed {
                badge(Tone::Good, tr!(locale, practice.passed))
            } else if one.unmarked > 0 {
                badge(Tone::Waiting, tr!(locale, practice.unmarked))
            } else if one.tries > 0 {
                badge(Tone::Info, tr!(locale, practice.again))
            } else {
                badge(Tone::Neutral, tr!(locale, practice.new))
            };
            let about = format!("{}: {}", words::kind(locale, one.kind), one.subject);
            Row { href: Some(paths::practice(one.id)), cells: vec![about.into_any(), state] }
        })
        .collect();
    view! { <Table caption=tr!(locale, practice.caption) head=heads rows=rows/> }.into_any()
}

async fn for_leads(ctx: &Context, tx: &mut Tx, draft: &Draft) -> Result<AnyView, AppError> {
    let locale = ctx.locale;
    let waiting = store::tries(tx, Of::Unmarked).await?;
    let passes = store::passes(tx, ctx.now()).await?;
    let to_mark = match waiting.is_empty() {
        true => view! { <p>{tr!(locale, practice.nothing_to_mark)}</p> }.into_any(),
        false => waiting.into_iter().map(|one| mark_form(ctx, one, draft)).collect_view().into_any(),
    };
    let body = view! {
        {section(tr!(locale, practice.mark_title), to_mark)}
        {section(tr!(locale, practice.make_title), make_form(ctx, draft))}
        {section(tr!(locale, practice.policy_title), policy_form(ctx, passes, draft))}
    };
    Ok(body.into_any())
}

fn draft_of(draft: &Draft, form: &str) -> (Draft, String) {
    if draft.is_refused() && draft.value("form_name") == form {
        (draft.clone(), "form".to_owned())
    } else {
        (Draft::default(), format!("form-{form}"))
    }
}

fn mark_form(ctx: &Context, one: Try, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let (draft, form) = draft_of(draft, &format!("mark-{}", one.id));
    let options =
        vec![("yes".to_owned(), tr!(locale, practice.passed)), ("no".to_owned(), tr!(locale, practice.not_passed))];
    let link = text::link(paths::practice(one.practice), tr!(locale, practice.see));
    let when = text::time_exact(ctx, one.at);
    let id = one.id.to_string();
    view! {
        <p><strong>{one.by}</strong>" "{when}" "{link}</p>
        <p>{answer(locale, one.answer)}</p>
        {text::prose(one.text)}
        <Form action="/do/mark-practice" id=form draft=&draft>
            <Hidden name="solution" value=id/>
            <Choice
                name="passed" label=tr!(locale, practice.verdict) options=options required=true
                selected=draft.value("passed") error=draft.error("passed")
            />
            <TextArea
                name="remark" label=tr!(locale, practice.remark) hint=Some(tr!(locale, practice.remark_hint)) rows=2
                value=draft.value("remark") error=draft.error("remark") maxlength=20_000
            />
            <Submit text=tr!(locale, practice.mark_button)/>
        </Form>
    }
    .into_any()
}

fn make_form(ctx: &Context, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let (draft, form) = draft_of(draft, "make-practice");
    view! {
        <p>{tr!(locale, practice.make_lead)}</p>
        <Form action="/do/make-practice" id=form draft=&draft class="inline">
            <Field name="case" label=tr!(locale, practice.make_case) required=true value=draft.value("case") error=draft.error("case")/>
            <Submit text=tr!(locale, practice.make_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

fn policy_form(ctx: &Context, passes: i32, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let (draft, form) = draft_of(draft, "practice-policy");
    view! {
        <p>{tr!(locale, practice.policy_lead)}</p>
        <Form action="/do/set-practice-policy" id=form draft=&draft class="inline">
            <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
            <Field
                name="passes" label=tr!(locale, practice.passes) kind="number" inputmode="numeric" required=true
                value=draft.value_or("passes", &passes.to_string()) error=draft.error("passes")
            />
            <Submit text=tr!(locale, bulletins.set) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
