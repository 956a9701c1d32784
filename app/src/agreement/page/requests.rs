//! `/requests`: what partners ask of their terms, and taking it up.

use super::{state, wish};
use crate::agreement::model::{Request, State};
use crate::agreement::store;
use crate::approvals::page::evidence_words;
use crate::approvals::store::{self as approvals, Candidate};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::paths;
use crate::terms::model::Field as TermsField;
use crate::ui::empty::empty;
use crate::ui::field::{Field, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::{done, notice};
use crate::ui::screen::screen;
use crate::ui::table::{Head, Row, Table};
use crate::ui::{Tone, text};
use leptos::prelude::*;

/// `/requests`
#[component]
pub fn Requests() -> impl IntoView {
    screen(|ctx, query| async move {
        ctx.staff()?;
        let locale = ctx.locale;
        let mut tx = ctx.begin().await?;
        let requests = store::requests(&mut tx, ctx.now()).await?;
        drop(tx);
        let waiting = requests.iter().filter(|request| request.state == State::Waiting).count();
        let lead = match waiting {
            0 => tr!(locale, agreement.requests_none),
            1 => tr!(locale, agreement.requests_one),
            count => tr!(locale, agreement.requests_some, count = count),
        };
        let said = match query.get("done") {
            Some("proposed" | "minimum_proposed") => Some(tr!(locale, agreement.done_taken_up)),
            Some("minimum_lowered") => Some(tr!(locale, agreement.done_lowered)),
            Some("declined") => Some(tr!(locale, agreement.done_declined)),
            _ => None,
        };
        let title = tr!(locale, agreement.requests_title);
        let body = view! {
            {page_head(title.clone(), Some(lead.into_any()))}
            {done(&ctx, said)}
            {table(&ctx, requests)}
        };
        Ok((title, body.into_any()))
    })
}

fn table(ctx: &Context, requests: Vec<Request>) -> AnyView {
    let locale = ctx.locale;
    if requests.is_empty() {
        return empty(tr!(locale, agreement.requests_none), tr!(locale, agreement.requests_empty));
    }
    let head = [
        tr!(locale, agreement.column_partner),
        tr!(locale, agreement.column_wish),
        tr!(locale, agreement.column_state),
        tr!(locale, agreement.column_asked),
    ];
    let head = head.map(|label| Head { label, numeric: false }).to_vec();
    let rows = requests
        .iter()
        .map(|request| Row {
            href: Some(paths::terms_request(request.id)),
            cells: vec![
                request.partner_name.clone().into_any(),
                wish(ctx, request).into_any(),
                state(ctx, request),
                text::time(ctx, request.at),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, agreement.requests_title) head=head rows=rows/> }.into_any()
}

/// `/requests/{request}`
#[component]
pub fn RequestPage() -> impl IntoView {
    screen(|ctx, query| async move {
        ctx.staff()?;
        let locale = ctx.locale;
        let mut tx = ctx.begin().await?;
        let request = store::request(&mut tx, query.id("request")?, ctx.now()).await?;
        let candidates = approvals::candidates(&mut tx, request.partner, ctx.now()).await?;
        drop(tx);
        let draft = forms::recall(&ctx, query.get("form")).await?;
        let title = tr!(locale, agreement.request_title, name = request.partner_name.clone());
        let said_by = tr!(
            locale,
            agreement.request_by,
            name = request.by.clone(),
            day = format::date_time(locale, ctx.time_zone, request.at)
        );
        let may = Who::Desk.includes(&ctx.actor) && request.state == State::Waiting;
        let late = draft.error("").filter(|_| !may);
        let proposal = request.proposal.filter(|_| Who::Record.includes(&ctx.actor));
        let body = view! {
            {page_head(title.clone(), Some(wish(&ctx, &request).into_any()))}
            {late.map(|message| notice(Tone::Bad, message))}
            {section(tr!(locale, agreement.ask_why), view! { {text::prose(request.reason.clone())}<p class="small">{said_by}</p> }.into_any())}
            <p>{state(&ctx, &request)}</p>
            {proposal.map(|id| text::link(paths::proposal(id), tr!(locale, agreement.to_proposal)))}
            {may.then(|| take_up(&ctx, &request, &candidates, &draft))}
            {may.then(|| decline(&ctx, &request, &draft))}
        };
        Ok((title, body.into_any()))
    })
}

fn take_up(ctx: &Context, request: &Request, candidates: &[Candidate], draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let rate = request.field == TermsField::Rate;
    let name = if rate { "propose-rate" } else { "lower-minimum" };
    let typed = if draft.value("form_name") == name { draft.clone() } else { Draft::default() };
    let id = if typed.is_refused() { "form" } else { "form-take-up" };
    let ticked = typed.value("evidence");
    let is_ticked = |key: &str| ticked.split(',').any(|one| one == key);
    let boxes = candidates
        .iter()
        .map(|one| {
            let label = evidence_words(ctx, &one.evidence, request.currency);
            let (key, checked) = (one.key.clone(), is_ticked(&one.key));
            let said =
                (one.evidence.kind == "message").then(|| one.evidence.text.chars().take(160).collect::<String>());
            let id = format!("evidence-{}", key.replace(':', "-"));
            view! {
                <div class="check">
                    <input type="checkbox" id=id.clone() name="evidence[]" value=key checked=checked/>
                    <label for=id>{label}{said.map(|said| view! { <br/><small>{said}</small> })}</label>
                </div>
            }
        })
        .collect::<Vec<_>>();
    let boxes = (!boxes.is_empty()).then(|| {
        view! { <fieldset class="field"><legend>{tr!(locale, agreement.evidence)}</legend>{boxes}</fieldset> }
    });
    let wish = format::number(locale, request.wish.normalize());
    let value = if rate {
        view! {
            <Hidden name="offer" value=request.offer.as_ref().map(|(id, _)| id.to_string()).unwrap_or_default()/>
            <Field
                name="percent" label=tr!(locale, desk.propose_percent) inputmode="decimal" value=typed.value_or("percent", &wish)
                error=typed.error("percent") required=true
            />
            <Field
                name="valid_from" label=tr!(locale, desk.propose_from) kind="date" value=typed.value("valid_from")
                hint=Some(tr!(locale, desk.propose_from_hint)) error=typed.error("valid_from")
            />
            <Field
                name="valid_until" label=tr!(locale, ending.field) kind="date" value=typed.value("valid_until")
                hint=Some(tr!(locale, ending.field_hint)) error=typed.error("valid_until")
            />
            <Field
                name="expires" label=tr!(locale, agreement.expires) kind="date" value=typed.value("expires")
                hint=Some(tr!(locale, agreement.expires_hint)) error=typed.error("expires")
            />
        }
        .into_any()
    } else {
        let code = request.currency.code().to_owned();
        view! {
            <Field
                name="value" label=tr!(locale, desk.lower_value, currency = code) inputmode="decimal"
                value=typed.value_or("value", &wish) error=typed.error("value") required=true
            />
        }
        .into_any()
    };
    let (number, partner) = (request.id.to_string(), request.partner.to_string());
    let action = if rate { "/do/propose-rate" } else { "/do/lower-minimum" };
    let form = view! {
        <Form action=action id=id draft=&typed>
            <Hidden name="request" value=number/>
            <Hidden name="partner" value=partner/>
            <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
            {value}
            <TextArea
                name="reason" label=tr!(locale, desk.change_reason) hint=Some(tr!(locale, agreement.take_up_reason_hint))
                value=typed.value_or("reason", "") error=typed.error("reason") rows=3 required=true maxlength=4_000
            />
            {boxes}
            <Submit text=tr!(locale, agreement.take_up_button)/>
        </Form>
    };
    section(tr!(locale, agreement.take_up_title), form.into_any())
}

fn decline(ctx: &Context, request: &Request, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let typed = if draft.value("form_name") == "decline-request" { draft.clone() } else { Draft::default() };
    let open = typed.is_refused();
    let id = if open { "form" } else { "form-decline" };
    let (number, whom) = (request.id.to_string(), request.partner_name.clone());
    let form = view! {
        <details open=open>
            <summary>{tr!(locale, agreement.decline_title)}</summary>
            <Form action="/do/decline-request" id=id draft=&typed>
                <Hidden name="request" value=number/>
                <TextArea
                    name="reason" label=tr!(locale, approvals.reason_partner)
                    hint=Some(tr!(locale, approvals.reason_partner_hint, whom = whom))
                    value=typed.value("reason") error=typed.error("reason") rows=2 required=true maxlength=4_000
                />
                <Submit text=tr!(locale, agreement.decline_button) tone=Weight::Quiet/>
            </Form>
        </details>
    };
    form.into_any()
}
