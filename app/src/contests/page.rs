//! `/contests`: what the programme contests, and one contest with what can be done about it.

use super::model::{Contest, Outcome, Told};
use super::rules;
use super::store::{self, Which};
use crate::base::access::Who;
use crate::base::clock;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::paths;
use crate::payout_runs::store::{Home, programmes};
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::field::{Field, Hidden, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{columns, facts, page_head, pages, section, tabs};
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use crate::ui::timeline::{Step, timeline};
use chrono::{NaiveDate, TimeDelta};
use leptos::prelude::*;

/// The list.
#[component]
pub fn Contests() -> impl IntoView {
    screen(|ctx, query| async move { load_list(&ctx, &query).await })
}

async fn load_list(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let ended = query.get("view") == Some("ended");
    let after = i64::from(query.page() - 1) * store::PAGE;
    let mut tx = ctx.begin().await?;
    let (count, sums) = store::totals(&mut tx).await?;
    let mut found = store::list(&mut tx, if ended { Which::Ended(after) } else { Which::Live(after) }).await?;
    let homes = programmes(&mut tx).await?;
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;

    let more = found.len() as u64 > store::PAGE.unsigned_abs();
    found.truncate(usize::try_from(store::PAGE).unwrap_or(usize::MAX));
    let page = |to: u32| query.with("page", &to.to_string());
    let title = tr!(locale, contests.title);
    let views = vec![
        (tr!(locale, contests.view_live), paths::CONTESTS.to_owned(), !ended),
        (tr!(locale, contests.view_ended), format!("{}?view=ended", paths::CONTESTS), ended),
    ];
    let form = (Who::Desk.includes(&ctx.actor) && !ended)
        .then(|| section(tr!(locale, contests.form_title), contest_form(ctx, &homes, query, &draft)));
    let body = view! {
        {page_head(title.clone(), Some(lead(ctx, count, &sums)))}
        {tabs(views)}
        {table(ctx, found, ended)}
        {pages((query.page() > 1).then(|| page(query.page() - 1)), more.then(|| page(query.page() + 1)))}
        {form}
    };
    Ok((title, body.into_any()))
}

fn lead(ctx: &Context, count: i64, sums: &[Money]) -> AnyView {
    let locale = ctx.locale;
    let amounts: Vec<_> = sums.iter().map(|sum| format::money(locale, *sum)).collect();
    let sentence = match count {
        0 => tr!(locale, contests.lead_none),
        1 => tr!(locale, contests.lead_one, amounts = amounts.join(" + ")),
        count => tr!(locale, contests.lead, count = format::count(locale, count), amounts = amounts.join(" + ")),
    };
    view! { <p>{sentence}</p> }.into_any()
}

fn table(ctx: &Context, found: Vec<Contest>, ended: bool) -> AnyView {
    let locale = ctx.locale;
    if found.is_empty() {
        return empty(tr!(locale, contests.empty_title), tr!(locale, contests.empty_text));
    }
    let head = [
        (tr!(locale, contests.order), false),
        (tr!(locale, contests.partner), false),
        (tr!(locale, contests.amount), true),
        (tr!(locale, contests.since), false),
        (if ended { tr!(locale, contests.ended) } else { tr!(locale, contests.until) }, false),
        (tr!(locale, contests.reviewer), false),
        (if ended { tr!(locale, contests.outcome) } else { tr!(locale, contests.reason) }, false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = found
        .into_iter()
        .map(|contest| Row {
            href: Some(paths::contest(contest.id)),
            cells: vec![
                contest.order_id.clone().into_any(),
                partner(&contest),
                text::amount(ctx, contest.left),
                text::time(ctx, contest.told.contested_at),
                match &contest.told.ended {
                    Some((at, ..)) => text::time(ctx, *at),
                    None => last_day(ctx, &contest),
                },
                contest.reviewer.clone().into_any(),
                match &contest.told.ended {
                    Some((_, outcome, _)) => outcome_badge(ctx, *outcome, contest.ended_by.is_none()),
                    None => contest.told.reason.clone().into_any(),
                },
            ],
        })
        .collect();
    let caption = if ended { tr!(locale, contests.caption_ended) } else { tr!(locale, contests.caption_live) };
    view! { <Table caption=caption head=head rows=rows/> }.into_any()
}

fn partner(contest: &Contest) -> AnyView {
    let (code, name) = contest.partner_names.clone();
    view! { <strong>{code}</strong>" "{name} }.into_any()
}

fn last_day_of(contest: &Contest) -> NaiveDate {
    clock::last_day(contest.told.ends_at, contest.zone)
}

fn last_day(ctx: &Context, contest: &Contest) -> AnyView {
    text::day(ctx, last_day_of(contest))
}

fn outcome_badge(ctx: &Context, outcome: Outcome, by_itself: bool) -> AnyView {
    match outcome {
        Outcome::LetGo if by_itself => badge(Tone::Good, tr!(ctx.locale, contests.outcome_ran_out)),
        Outcome::LetGo => badge(Tone::Good, tr!(ctx.locale, contests.outcome_let_go)),
        Outcome::Rejected => badge(Tone::Bad, tr!(ctx.locale, contests.outcome_rejected)),
    }
}

fn contest_form(ctx: &Context, homes: &[Home], query: &Query, draft: &Draft) -> AnyView {
    let (locale, draft) = (ctx.locale, draft.clone());
    let asked = query.get("programme").or(homes.first().map(|home| home.code.as_str())).unwrap_or_default();
    let programme = draft.value_or("programme", asked);
    let order = draft.value_or("order", query.get("order").unwrap_or_default());
    let options: Vec<_> = homes.iter().map(|home| (home.code.clone(), home.name.clone())).collect();
    let choose = if homes.len() > 1 {
        view! { <Select name="programme" label=tr!(locale, contests.programme) options=options selected=programme error=draft.error("programme")/> }
            .into_any()
    } else {
        view! { <Hidden name="programme" value=programme/> }.into_any()
    };
    view! {
        <p>{tr!(locale, contests.form_lead)}</p>
        <Form action="/do/contest" draft=&draft>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            {choose}
            <Field
                name="order" label=tr!(locale, contests.order) hint=Some(tr!(locale, contests.order_hint)) value=order
                error=draft.error("order") required=true
            />
            <TextArea
                name="reason" label=tr!(locale, contests.reason_partner) hint=Some(tr!(locale, contests.reason_partner_hint))
                value=draft.value("reason") error=draft.error("reason") rows=3 required=true maxlength=2_000
            />
            <TextArea
                name="reason_house" label=tr!(locale, contests.reason_house) hint=Some(tr!(locale, contests.reason_house_hint))
                value=draft.value("reason_house") error=draft.error("reason_house") rows=2 maxlength=2_000
            />
            <Field
                name="until" label=tr!(locale, contests.until) kind="date" hint=Some(tr!(locale, contests.until_hint))
                value=draft.value("until") error=draft.error("until") required=true
            />
            <Submit text=tr!(locale, contests.form_button)/>
        </Form>
    }
    .into_any()
}

/// One contest.
#[component]
pub fn ContestPage() -> impl IntoView {
    screen(|ctx, query| async move { load_one(&ctx, &query).await })
}

async fn load_one(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    let staff = ctx.staff()?.clone();
    let id = query.id("contest")?;
    let mut tx = ctx.begin().await?;
    let contest = store::find(&mut tx, id).await?;
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;

    let title = tr!(locale, contests.one_title, order = contest.order_id.clone());
    let said = match query.get("done") {
        Some("begun") => Some(tr!(locale, contests.done_begun)),
        Some("let_go") => Some(tr!(locale, contests.done_let_go)),
        Some("rejected") => Some(tr!(locale, contests.done_rejected)),
        _ => None,
    };
    let act = contest.told.ended.is_none().then(|| {
        let forms = [Outcome::LetGo, Outcome::Rejected]
            .into_iter()
            .filter(|outcome| rules::may_end(staff.role, *outcome))
            .map(|outcome| end_form(ctx, &contest, outcome, &draft))
            .collect::<Vec<_>>();
        (!forms.is_empty()).then(|| columns(forms))
    });
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{one_lead(ctx, &contest)}</p> }.into_any()))}
        {done(ctx, said)}
        {columns(vec![
            section(tr!(locale, contests.facts_title), facts(facts_of(ctx, &contest))),
            section(tr!(locale, contests.history_title), timeline(steps(ctx, &contest))),
        ])}
        {act}
        <p>{text::link(paths::CONTESTS.to_owned(), tr!(locale, contests.back))}</p>
    };
    Ok((title, body.into_any()))
}

fn one_lead(ctx: &Context, contest: &Contest) -> String {
    let locale = ctx.locale;
    let amount = format::money(locale, contest.left);
    let day = last_day_of(contest);
    match &contest.told.ended {
        Some((_, Outcome::LetGo, _)) => tr!(locale, contests.lead_let_go, amount = amount),
        Some((_, Outcome::Rejected, _)) => tr!(locale, contests.lead_rejected),
        None if contest.is_apart => {
            tr!(locale, contests.lead_apart, amount = amount, day = format::day(locale, day))
        }
        None => tr!(locale, contests.lead_in_hold, amount = amount, day = format::day(locale, day)),
    }
}

fn facts_of(ctx: &Context, contest: &Contest) -> Vec<(String, AnyView)> {
    let locale = ctx.locale;
    let mut lines = vec![
        (tr!(locale, contests.partner), partner(contest)),
        (tr!(locale, contests.order), contest.order_id.clone().into_any()),
        (tr!(locale, contests.amount), text::amount(ctx, contest.left)),
        (tr!(locale, contests.until), last_day(ctx, contest)),
        (tr!(locale, contests.reviewer), contest.reviewer.clone().into_any()),
        (tr!(locale, contests.reason_partner), text::prose(contest.told.reason.clone())),
    ];
    if !contest.reason_house.is_empty() {
        lines.push((tr!(locale, contests.reason_house), text::prose(contest.reason_house.clone())));
    }
    lines
}

fn steps(ctx: &Context, contest: &Contest) -> Vec<Step> {
    let mut steps = told_steps(ctx, &contest.told);
    let by = [Some(contest.reviewer.clone()), contest.ended_by.clone()];
    for (step, by) in steps.iter_mut().zip(by) {
        step.who = by;
    }
    steps
}

/// A contest on a time line: its beginning, and its end or when that is due.
pub fn told_steps(ctx: &Context, told: &Told) -> Vec<Step> {
    let locale = ctx.locale;
    let begun = Step {
        title: tr!(locale, contests.step_begun),
        when: Some(text::time_exact(ctx, told.contested_at)),
        text: Some(told.reason.clone()),
        tone: Tone::Waiting,
        ..Step::default()
    };
    let end = match &told.ended {
        Some((at, outcome, reason)) => Step {
            title: match outcome {
                Outcome::LetGo => tr!(locale, contests.step_let_go),
                Outcome::Rejected => tr!(locale, contests.step_rejected),
            },
            when: Some(text::time_exact(ctx, *at)),
            text: Some(reason.clone()).filter(|reason| !reason.is_empty()),
            tone: if *outcome == Outcome::LetGo { Tone::Good } else { Tone::Bad },
            ..Step::default()
        },
        None => Step {
            title: tr!(locale, contests.step_ends),
            when: Some(text::time(ctx, told.ends_at - TimeDelta::microseconds(1))),
            future: true,
            tone: Tone::Waiting,
            ..Step::default()
        },
    };
    vec![begun, end]
}

fn end_form(ctx: &Context, contest: &Contest, outcome: Outcome, draft: &Draft) -> AnyView {
    let (locale, number) = (ctx.locale, contest.id.to_string());
    let typed = if draft.value("form_name") == outcome.as_str() { draft.clone() } else { Draft::default() };
    let is_refused = typed.is_refused();
    let (title, lead, button, tone) = match outcome {
        Outcome::LetGo => (
            tr!(locale, contests.let_go_title),
            tr!(locale, contests.let_go_lead),
            tr!(locale, contests.let_go_button),
            Weight::Primary,
        ),
        Outcome::Rejected => (
            tr!(locale, contests.reject_title),
            tr!(locale, contests.reject_lead, amount = format::money(locale, contest.left)),
            tr!(locale, contests.reject_button),
            Weight::Quiet,
        ),
    };
    // The form that was refused is the one that the address leads back to.
    let id = if is_refused { "form" } else { outcome.as_str() };
    let body = view! {
        <p>{lead}</p>
        <Form action="/do/end-contest" id=id draft=&typed>
            <Hidden name="contest" value=number/>
            <Hidden name="outcome" value=outcome.as_str()/>
            <TextArea
                name="reason" label=tr!(locale, contests.end_reason) hint=Some(tr!(locale, contests.reason_partner_hint))
                value=typed.value("reason") error=typed.error("reason") rows=2 required={outcome == Outcome::Rejected} maxlength=2_000
            />
            <Submit text=button tone=tone/>
        </Form>
    };
    section(title, body.into_any())
}
