//! `/turns`: the switch of each programme, who has how much, and how much they are given at most.

use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::field::{Field, Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::notice;
use crate::ui::screen::screen;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use crate::work::store::{self, Limit, Named, Policy};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Turns() -> impl IntoView {
    screen(|ctx, query| async move {
        ctx.staff()?;
        let locale = ctx.locale;
        let leads = Who::Leads.includes(&ctx.actor);
        let mut tx = ctx.begin().await?;
        let policies = store::policies(&mut tx).await?;
        let limits = store::limits(&mut tx, ctx.now()).await?;
        let on = store::colleagues_on(&mut tx, ctx.now()).await?;
        let draft = forms::recall(&ctx, query.get("form")).await?;
        let said = match query.get("done") {
            Some("switched") => Some(tr!(locale, work.done_switched)),
            Some("limited") => Some(tr!(locale, work.done_limited)),
            _ => None,
        };
        let title = tr!(locale, work.turns_title);
        let lead = view! { <p>{tr!(locale, work.turns_lead)}</p> };
        let body = view! {
            <p>{text::link(paths::DESK.to_owned(), tr!(locale, work.to_queue))}</p>
            {page_head(title.clone(), Some(lead.into_any()))}
            {notice::done(&ctx, said)}
            {section(tr!(locale, work.programmes), switches(&ctx, policies, leads))}
            {section(tr!(locale, work.people), people(&ctx, limits, &on, leads, &draft))}
        };
        Ok((title, body.into_any()))
    })
}

fn switches(ctx: &Context, policies: Vec<Policy>, leads: bool) -> AnyView {
    let locale = ctx.locale;
    let lines = policies
        .into_iter()
        .map(|policy| {
            let state = if policy.gives_out {
                badge(Tone::Good, tr!(locale, work.turns_on))
            } else {
                badge(Tone::Neutral, tr!(locale, work.turns_off))
            };
            let waiting = (policy.waiting > 0).then(|| tr!(locale, work.turns_waiting, count = policy.waiting));
            let (value, button) = if policy.gives_out {
                ("off", tr!(locale, work.switch_off, name = policy.name.as_str()))
            } else {
                ("on", tr!(locale, work.switch_on, name = policy.name.as_str()))
            };
            let form = leads.then(|| {
                view! {
                    <Form action="/do/set-turns" id=format!("form-turns-{}", policy.programme) class="inline">
                        <Hidden name="programme" value=policy.programme.to_string()/>
                        <Hidden name="turns" value=value/>
                        <Hidden name="form_key" value=forms::new_key()/>
                        <Submit text=button tone=Weight::Quiet/>
                    </Form>
                }
            });
            view! { <li><strong>{policy.name}</strong>" "{state}" "{waiting}{form}</li> }
        })
        .collect_view();
    view! { <ul class="work-programmes">{lines}</ul> }.into_any()
}

fn people(ctx: &Context, limits: Vec<Limit>, on: &[Named], leads: bool, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let head = |label, numeric| Head { label, numeric };
    let mut heads = vec![
        head(tr!(locale, work.head_person), false),
        head(tr!(locale, work.head_on), false),
        head(tr!(locale, work.head_open), true),
        head(tr!(locale, work.head_snoozed), true),
        head(tr!(locale, work.head_turns), true),
        head(tr!(locale, work.head_most), true),
    ];
    if leads {
        heads.push(head(tr!(locale, work.head_set_most), false));
    }
    let rows = limits
        .into_iter()
        .map(|limit| {
            let there = on.iter().any(|each| each.person == limit.person && each.on_shift);
            let there = there.then(|| badge(Tone::Good, tr!(locale, work.on_shift)));
            let most = match limit.most {
                Some(most) => text::count(ctx, most.into()),
                None => tr!(locale, work.no_limit).into_any(),
            };
            Row {
                cells: vec![
                    view! { <strong>{limit.name.clone()}</strong> }.into_any(),
                    there.into_any(),
                    text::count(ctx, limit.open),
                    text::count(ctx, limit.snoozed),
                    text::count(ctx, limit.turns),
                    most,
                    set_limit(ctx, &limit, draft),
                ],
                href: None,
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, work.people_caption) head=heads rows=rows/> }.into_any()
}

fn set_limit(ctx: &Context, limit: &Limit, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let form = format!("limit-{}", limit.person);
    let mine = draft.is_refused() && draft.value("form_name") == form;
    let draft = if mine { draft.clone() } else { Draft::default() };
    let id = if mine { "form".to_owned() } else { format!("form-{form}") };
    let now = limit.most.map(|most| most.to_string()).unwrap_or_default();
    let (person, name) = (limit.person, limit.name.clone());
    view! {
        <Form action="/do/set-case-limit" id=id draft=&draft class="inline">
            <Hidden name="person" value=person.to_string()/>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <Field
                name="most" label=tr!(locale, work.most_of, name = name.as_str()) inputmode="numeric"
                value=draft.value_or("most", &now) error=draft.error("most")
            />
            <Submit text=tr!(locale, work.set_most_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
