//! `/runs/{run}/payouts/{payout}`: one payout, its way so far, and what can be done with it.

use super::overview::partner;
use super::words;
use super::{form_of, pays, reader};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::ids::{PayoutId, PayoutRunId};
use crate::base::language::tr;
use crate::invoices;
use crate::paths;
use crate::payout_runs::model::{PayoutKey, State};
use crate::payout_runs::steps::{self, By, Refused, Standing, Step};
use crate::payout_runs::store::{self, Event, PayoutLine, Wanted};
use crate::settlement::page::words::code_words;
use crate::tax::words as tax;
use crate::ui::Tone;
use crate::ui::field::{Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{columns, facts, page_head, section};
use crate::ui::notice::{done, notice};
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use crate::ui::timeline::{self, timeline};
use leptos::prelude::*;

/// The page.
#[component]
pub fn RunPayout() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    let staff = reader(ctx)?;
    let (run, payout): (PayoutRunId, PayoutId) = (query.id("run")?, query.id("payout")?);
    let mut tx = ctx.begin().await?;
    let wanted = Wanted { only: Some(payout), ..Wanted::default() };
    let line = store::payouts(&mut tx, run, &wanted, 1).await?.pop().ok_or(AppError::NotFound)?;
    let (of, standing) = store::standing(&mut tx, run, payout).await?;
    let events = store::events(&mut tx, of, payout).await?;
    let head = store::head(&mut tx, run).await?;
    let invoices = invoices::store::of_payout(&mut tx, PayoutKey { partner: of, payout }).await?;
    let alone = store::other_owners(&mut tx, staff.person).await?.is_empty();
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;

    let title = tr!(locale, runs.payout_named, reference = line.reference.clone());
    let amount = format::money(locale, line.amount);
    let lead = tr!(
        locale,
        runs.payout_lead,
        amount = amount,
        partner = line.name.clone(),
        state = words::state(locale, line.state).to_lowercase()
    );
    let by = By::new(&staff, alone);
    let forms = pays(ctx).then(|| actions(ctx, run, payout, &standing, by, &draft));
    let late = draft.error("").filter(|_| {
        Step::parse(&draft.value("form_name")).is_none_or(|step| steps::take(step, &standing, by).is_err())
    });
    let said = match query.get("done") {
        Some("hold") => Some(tr!(locale, runs.done_hold)),
        Some("let_go") => Some(tr!(locale, runs.done_let_go)),
        Some("cancel") => Some(tr!(locale, runs.done_payout_cancelled)),
        Some("judged") => Some(tr!(locale, tax.done_judged)),
        _ => None,
    };
    let body = view! {
        <p>{text::link(paths::run_view(run, "payouts"), tr!(locale, runs.back_to_run, run = run))}</p>
        {page_head(title.clone(), Some(lead.into_any()))}
        {done(ctx, said)}
        {late.map(|message| notice(Tone::Bad, message))}
        {columns(vec![
            section(tr!(locale, runs.facts_heading), about(ctx, &line, head.promised())),
            section(tr!(locale, runs.time_line), timeline(way(ctx, events, head.builder.as_ref().map(|(_, name)| name.clone())))),
        ])}
        {invoices::page::of_run(ctx, run, payout, &invoices, &draft)}
        {forms}
    };
    Ok((title, body.into_any()))
}

fn about(ctx: &Context, line: &PayoutLine, promised: chrono::NaiveDate) -> AnyView {
    let locale = ctx.locale;
    let mut lines = vec![
        (tr!(locale, runs.column_partner), partner(&line.name, &line.code)),
        (tr!(locale, runs.column_amount), text::amount(ctx, line.amount)),
    ];
    lines.extend(tax::breakdown(ctx, &line.worked, line.amount.currency));
    lines.extend([
        (tr!(locale, runs.column_state), words::state_badge(locale, line.state)),
        (tr!(locale, runs.pay_day), text::day(ctx, promised)),
        (
            tr!(locale, runs.column_method),
            format!("{}, {}", words::method(locale, line.method), line.masked).into_any(),
        ),
    ]);
    if !line.warnings.is_empty() {
        lines.push((tr!(locale, runs.column_warnings), words::warnings(locale, &line.warnings)));
    }
    facts(lines)
}

fn way(ctx: &Context, events: Vec<Event>, builder: Option<String>) -> Vec<timeline::Step> {
    let locale = ctx.locale;
    events
        .into_iter()
        .map(|event| {
            // It was scheduled in the background, for whoever had the run built.
            let by = if event.from.is_none() { event.by.or(builder.clone()) } else { event.by };
            let who = match (by, event.by_kind.as_str()) {
                (Some(name), _) => name,
                (None, "bank") => tr!(locale, runs.the_bank),
                (None, _) => tr!(locale, runs.a_command),
            };
            let title = match (event.from, event.to) {
                (Some(State::Submitted), State::Approved) => tr!(locale, runs.never_sent),
                (Some(State::Held), State::Scheduled) => tr!(locale, runs.let_go),
                (_, to) => words::state(locale, to),
            };
            let code = event.code.map(|code| code_words(locale, &code));
            let reference = event.bank_reference.map(|name| tr!(locale, runs.bank_reference, name = name));
            let reason = Some(event.reason).filter(|reason| !reason.is_empty());
            let said: Vec<String> = [reason, code, reference].into_iter().flatten().collect();
            timeline::Step {
                title,
                when: Some(text::time_exact(ctx, event.at)),
                who: Some(who),
                text: (!said.is_empty()).then(|| said.join(" · ")),
                tone: words::tone(event.to),
                ..timeline::Step::default()
            }
        })
        .collect()
}

/// What can be done now, each behind its own heading.
fn actions(
    ctx: &Context,
    run: PayoutRunId,
    payout: PayoutId,
    standing: &Standing,
    by: By,
    draft: &Draft,
) -> Option<AnyView> {
    let locale = ctx.locale;
    let forms: Vec<_> = Step::ALL
        .into_iter()
        .filter_map(|step| match steps::take(step, standing, by) {
            Ok(_) => Some(form(ctx, run, payout, step, draft)),
            Err(Refused::AnotherOwner) => Some(view! { <p>{tr!(locale, runs.owner_lets_go)}</p> }.into_any()),
            Err(_) => None,
        })
        .collect();
    let back = matches!(standing.state, State::Failed | State::Returned);
    let next = back.then(|| view! { <p>{tr!(locale, runs.came_back)}</p> });
    (back || !forms.is_empty()).then(|| section(tr!(locale, runs.actions_heading), view! { {next}{forms} }.into_any()))
}

fn form(ctx: &Context, run: PayoutRunId, payout: PayoutId, step: Step, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let (draft, id) = form_of(draft, step.as_str());
    let typed = draft.clone();
    let (summary, why, button, tone) = match step {
        Step::Hold => {
            (tr!(locale, runs.hold_summary), tr!(locale, runs.hold_text), tr!(locale, runs.hold_button), Weight::Quiet)
        }
        Step::LetGo => (
            tr!(locale, runs.let_go_summary),
            tr!(locale, runs.let_go_text),
            tr!(locale, runs.let_go_button),
            Weight::Primary,
        ),
        Step::Cancel => (
            tr!(locale, runs.cancel_one_summary),
            tr!(locale, runs.cancel_one_text),
            tr!(locale, runs.cancel_one_button),
            Weight::Danger,
        ),
    };
    let open = draft.is_refused();
    // Made inside the form, whose id is a part of the field's.
    let reason = move || {
        step.needs_reason().then(|| {
            view! {
                <TextArea
                    name="reason" label=tr!(locale, runs.reason) rows=2 required=true value=typed.value("reason")
                    error=typed.error("reason") hint=tr!(locale, runs.reason_hint) maxlength=2_000
                />
            }
        })
    };
    view! {
        <details open=open>
            <summary>{summary}</summary>
            <p>{why}</p>
            <Form action="/do/step-payout" id=id draft=&draft>
                <Hidden name="run" value=run.to_string()/>
                <Hidden name="payout" value=payout.to_string()/>
                <Hidden name="step" value=step.as_str()/>
                {reason()}
                <Submit text=button tone=tone/>
            </Form>
        </details>
    }
    .into_any()
}
