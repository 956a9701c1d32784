//! `/incidents`: what runs, what is over, and the form that opens one.

use super::{about, state};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft, new_key};
use crate::base::language::tr;
use crate::bulletins;
use crate::channels::rules::local_minute;
use crate::incidents::model::{About, Incident};
use crate::incidents::store;
use crate::paths;
use crate::ui::empty::empty;
use crate::ui::field::{Check, Field, Hidden, Select, Submit, TextArea};
use crate::ui::form::Form;
use crate::ui::layout::{columns, page_head, section};
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use chrono::TimeDelta;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Incidents() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let mut tx = ctx.begin().await?;
    let all = store::list(&mut tx, locale).await?;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let of = |name: &str| if draft.value("form_name") == name { draft.clone() } else { Draft::default() };
    let form = match Who::Desk.includes(&ctx.actor) {
        true => Some(open_form(ctx, &mut tx, of("open-incident")).await?),
        false => None,
    };
    let bulletins = bulletins::page::of_bulletins(ctx, &mut tx, of("bulletin-policy")).await?;
    let title = tr!(locale, incidents.title);
    let running = all.iter().filter(|incident| incident.closed_at.is_none()).count();
    let lead = match running {
        0 => tr!(locale, incidents.none_runs),
        1 => tr!(locale, incidents.one_runs),
        count => tr!(locale, incidents.some_run, count = count),
    };
    let said = (query.get("done") == Some("policy")).then(|| tr!(locale, bulletins.done_policy));
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{lead}</p> }.into_any()))}
        {done(ctx, said)}
        {table(ctx, all)}
        {form}
        {bulletins}
    };
    Ok((title, body.into_any()))
}

fn table(ctx: &Context, all: Vec<Incident>) -> AnyView {
    let locale = ctx.locale;
    if all.is_empty() {
        return empty(tr!(locale, incidents.empty_title), tr!(locale, incidents.empty_text));
    }
    let head = |label, numeric| Head { label, numeric };
    let heads = vec![
        head(tr!(locale, incidents.head_title), false),
        head(tr!(locale, incidents.head_whom), false),
        head(tr!(locale, incidents.head_state), false),
        head(tr!(locale, incidents.head_cases), true),
        head(tr!(locale, incidents.head_next), false),
    ];
    let rows = all
        .into_iter()
        .map(|incident| Row {
            href: Some(paths::incident(incident.id)),
            cells: vec![
                incident.title.clone().into_any(),
                whom(ctx, &incident).into_any(),
                state(ctx, &incident),
                text::count(ctx, incident.cases),
                incident.next_update_at.map(|at| text::time_exact(ctx, at)).into_any(),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, incidents.caption) head=heads rows=rows/> }.into_any()
}

/// Programme, offer, and who sees it.
pub(super) fn whom(ctx: &Context, incident: &Incident) -> String {
    let locale = ctx.locale;
    let of = match (&incident.offer_name, incident.run) {
        (Some(offer), _) => format!("{}: {offer}", incident.programme_name),
        (None, Some(run)) => {
            tr!(locale, incidents.whom_of_run, programme = incident.programme_name.as_str(), number = run.0)
        }
        (None, None) => incident.programme_name.clone(),
    };
    let who =
        if incident.for_everybody { tr!(locale, incidents.for_everybody) } else { tr!(locale, incidents.for_cases) };
    format!("{of} ({who})")
}

async fn open_form(ctx: &Context, tx: &mut Tx, draft: Draft) -> Result<AnyView, AppError> {
    let locale = ctx.locale;
    let programmes: Vec<_> =
        store::programmes(tx).await?.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    let first = programmes.first().map(|(id, _)| id.clone()).unwrap_or_default();
    let any = (String::new(), tr!(locale, incidents.any_offer));
    let offers = store::offers(tx).await?.into_iter().map(|(id, _, name)| (id.to_string(), name));
    let offers: Vec<_> = std::iter::once(any).chain(offers).collect();
    let abouts: Vec<_> = About::ALL.map(|each| (each.as_str().to_owned(), about(locale, each))).to_vec();
    let any = (String::new(), tr!(locale, incidents.any_run));
    let runs = store::runs(tx).await?.into_iter().map(|(id, _, programme, day)| {
        (
            id.to_string(),
            tr!(locale, incidents.run_of, programme = programme, number = id.0, day = format::day(locale, day)),
        )
    });
    let runs: Vec<_> = std::iter::once(any).chain(runs).collect();
    let began = draft.value_or("began_at", &local_minute(ctx.now(), ctx.time_zone));
    let next = draft.value_or("next_at", &local_minute(ctx.now() + TimeDelta::hours(4), ctx.time_zone));
    let open = draft.is_refused();
    let id = if open { "form" } else { "form-open-incident" };
    let zone = tr!(locale, incidents.zone_hint, zone = ctx.time_zone.name());
    let texts = texts(ctx, &draft, true);
    let form = view! {
        <Form action="/do/open-incident" id=id draft=&draft>
            <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
            <Select
                name="programme" label=tr!(locale, incidents.programme) options=programmes required=true
                selected=draft.value_or("programme", &first) error=draft.error("programme")
            />
            <Select
                name="about" label=tr!(locale, incidents.about) options=abouts required=true
                selected=draft.value_or("about", About::Tracking.as_str()) error=draft.error("about")
                hint=Some(tr!(locale, incidents.about_hint))
            />
            <Select
                name="offer" label=tr!(locale, incidents.offer) options=offers
                selected=draft.value("offer") error=draft.error("offer")
            />
            <Select
                name="run" label=tr!(locale, incidents.run) options=runs
                selected=draft.value("run") error=draft.error("run")
            />
            <Field
                name="began_at" label=tr!(locale, incidents.began_at) kind="datetime-local" required=true
                value=began error=draft.error("began_at") hint=Some(zone)
            />
            <Field
                name="ended_at" label=tr!(locale, incidents.ended_at) kind="datetime-local"
                value=draft.value("ended_at") error=draft.error("ended_at") hint=Some(tr!(locale, incidents.ended_hint))
            />
            <Check name="everybody" label=tr!(locale, incidents.everybody) checked={draft.value("everybody") == "yes"}/>
            {texts}
            <Field
                name="next_at" label=tr!(locale, incidents.next_at) kind="datetime-local" required=true
                value=next error=draft.error("next_at")
            />
            <Submit text=tr!(locale, incidents.open_button)/>
        </Form>
    };
    let body = view! { <details open=open><summary>{tr!(locale, incidents.open_summary)}</summary>{form}</details> };
    Ok(section(tr!(locale, incidents.open_title), body.into_any()))
}

/// What is said, English and Spanish side by side.
pub(super) fn texts(ctx: &Context, draft: &Draft, titled: bool) -> AnyView {
    let locale = ctx.locale;
    let each = |(title, body, language): (&'static str, &'static str, String)| {
        let draft = draft.clone();
        let title_field = titled.then(|| {
            view! {
                <Field
                    name=title label=tr!(locale, incidents.field_title, language = language.as_str()) required=true maxlength=200
                    value=draft.value(title) error=draft.error(title)
                />
            }
        });
        view! {
            {title_field}
            <TextArea
                name=body label=tr!(locale, incidents.field_body, language = language.as_str()) rows=5 required=true
                value=draft.value(body) error=draft.error(body) maxlength=20_000
            />
        }
        .into_any()
    };
    columns(vec![
        each(("title_en", "body_en", tr!(locale, incidents.english))),
        each(("title_es", "body_es", tr!(locale, incidents.spanish))),
    ])
}
