//! `/practice/{practice}`: what the partner wrote, and how one would solve it; what really happened is shown to leads, and
//! to whoever has solved it once it is marked.

use super::answer;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft, new_key};
use crate::base::language::tr;
use crate::disputes::model::Side;
use crate::disputes::words;
use crate::paths;
use crate::practice::model::{Answer, Practice, Try};
use crate::practice::store::{self, Of};
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::case;
use crate::ui::field::{Choice, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::{done, notice};
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn PracticePage() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    let me = ctx.staff()?.person;
    let id: i64 = query.id("practice")?;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let mut tx = ctx.begin().await?;
    let practice = store::find(&mut tx, id).await?;
    let tries = store::tries(&mut tx, Of::Own(id, me)).await?;
    drop(tx);
    let leads = Who::Leads.includes(&ctx.actor);
    if practice.is_withdrawn && !leads {
        return Err(AppError::NotFound);
    }
    let marked = tries.iter().any(|one| one.mark.is_some());
    let waits = tries.iter().any(|one| one.mark.is_none());
    let title = tr!(locale, practice.one_title, number = id, kind = words::kind(locale, practice.kind));
    let said = match query.get("done") {
        Some("made") => Some(tr!(locale, practice.done_made)),
        Some("tried") => Some(tr!(locale, practice.done_tried)),
        _ => None,
    };
    let solution =
        (leads || marked).then(|| section(tr!(locale, practice.solution), text::prose(practice.solution.clone())));
    let body = view! {
        <p>{text::link(paths::PRACTICE.to_owned(), tr!(locale, practice.back))}</p>
        {page_head(title.clone(), Some(view! { <p>{practice.subject.clone()}</p> }.into_any()))}
        {done(ctx, said)}
        {practice.is_withdrawn.then(|| notice(Tone::Info, tr!(locale, practice.withdrawn)))}
        {section(tr!(locale, practice.talk), talk(ctx, &practice))}
        {(!tries.is_empty()).then(|| section(tr!(locale, practice.own), own(ctx, tries)))}
        {(!waits && !practice.is_withdrawn).then(|| section(tr!(locale, practice.try_title), try_form(ctx, id, draft)))}
        {solution}
        {(leads && !practice.is_withdrawn).then(|| made_of(ctx, &practice))}
    };
    Ok((title, body.into_any()))
}

fn talk(ctx: &Context, practice: &Practice) -> AnyView {
    let locale = ctx.locale;
    let said = practice.talk.iter().map(|said| {
        let (side, who) = match said.side() {
            Side::Partner => (case::Side::Partner, tr!(locale, practice.partner)),
            Side::Staff => (case::Side::Staff, tr!(locale, practice.staff)),
        };
        case::message(side, who, ().into_any(), said.body.clone())
    });
    said.collect_view().into_any()
}

fn own(ctx: &Context, tries: Vec<Try>) -> AnyView {
    let locale = ctx.locale;
    let each = tries.into_iter().map(|one| {
        let state = match &one.mark {
            None => badge(Tone::Waiting, tr!(locale, practice.unmarked)),
            Some(mark) if mark.passed => badge(Tone::Good, tr!(locale, practice.passed)),
            Some(_) => badge(Tone::Info, tr!(locale, practice.not_passed)),
        };
        let remark = one.mark.map(|mark| {
            let by = tr!(locale, practice.marked_by, name = mark.by.as_str());
            view! { <p>{by}</p>{text::prose(mark.remark)} }
        });
        view! {
            <p>{state}" "{text::time_exact(ctx, one.at)}" "{answer(locale, one.answer)}</p>
            {text::prose(one.text)}
            {remark}
        }
    });
    each.collect_view().into_any()
}

fn try_form(ctx: &Context, id: i64, draft: Draft) -> AnyView {
    let locale = ctx.locale;
    let options = Answer::ALL.map(|each| (each.as_str().to_owned(), answer(locale, each))).to_vec();
    view! {
        <Form action="/do/try-practice" draft=&draft>
            <Hidden name="practice" value=id.to_string()/>
            <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
            <Choice
                name="outcome" label=tr!(locale, practice.outcome) options=options required=true
                selected=draft.value("outcome") error=draft.error("outcome")
            />
            <TextArea
                name="answer" label=tr!(locale, practice.answer) hint=Some(tr!(locale, practice.answer_hint)) rows=6 required=true
                value=draft.value("answer") error=draft.error("answer") maxlength=20_000 keep=format!("practice-{id}")
            />
            <Submit text=tr!(locale, practice.try_button)/>
        </Form>
    }
    .into_any()
}

/// Whoever made it looks once more whether somebody is still in it.
fn made_of(ctx: &Context, practice: &Practice) -> AnyView {
    let (locale, id) = (ctx.locale, practice.id);
    let case = text::link(paths::case(practice.made_of), tr!(locale, inbox.near_case, case = practice.made_of.0));
    let body = view! {
        <p>{tr!(locale, practice.look)}" "{case}</p>
        <Form action="/do/withdraw-practice" id="withdraw">
            <Hidden name="practice" value=id.to_string()/>
            <Submit text=tr!(locale, practice.withdraw) tone=Weight::Danger/>
        </Form>
    };
    section(tr!(locale, practice.made_of), body.into_any())
}
