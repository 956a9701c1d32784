//! `/answers/{file}/{line}`: one line that waits, what it may be about, and what a person makes of it.

use super::words;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::paths;
use crate::payout_files::end_to_end_id;
use crate::payout_runs::page::words as runs_words;
use crate::payout_runs::page::{form_of, pays, reader};
use crate::settlement::files::Outcome;
use crate::settlement::model::Disposition;
use crate::settlement::store::{self, LineFound, Named, Settled, Which};
use crate::ui::Tone;
use crate::ui::field::{Field, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{columns, facts, page_head, section};
use crate::ui::notice::notice;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// Payouts that are offered.
const OFFERED: i64 = 10;

/// The page.
#[component]
pub fn AnswerLine() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    reader(ctx)?;
    let (file, line): (i64, i64) = (query.id("file")?, query.id("line")?);
    let mut tx = ctx.begin().await?;
    let found = store::lines(&mut tx, Which::One(file, line), 1).await?.pop().ok_or(AppError::NotFound)?;
    let offered = match found.waiting.amount {
        Some(amount) if found.settled.is_none() => store::candidates(&mut tx, amount, OFFERED).await?,
        _ => Vec::new(),
    };
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;
    let title = tr!(locale, runs.line_of, file = found.waiting.file_name.clone(), line = line);
    let open = found.settled.is_none();
    let late = draft.error("").filter(|_| !open || !pays(ctx)).map(|message| notice(Tone::Bad, message));
    let forms = (open && pays(ctx)).then(|| forms_of(ctx, &found, &offered, &draft));
    let body = view! {
        <p>{text::link(paths::ANSWERS.to_owned(), tr!(locale, runs.back_to_answers))}</p>
        {page_head(title.clone(), Some(words::why(locale, &found).into_any()))}
        {late}
        {found.settled.as_ref().map(|settled| settled_by(ctx, settled))}
        {section(tr!(locale, runs.line_says), said(ctx, &found))}
        {(!offered.is_empty()).then(|| section(tr!(locale, runs.offered_heading), offers(ctx, &offered)))}
        {forms}
    };
    Ok((title, body.into_any()))
}

fn settled_by(ctx: &Context, settled: &Settled) -> AnyView {
    let locale = ctx.locale;
    let day = format::date_time(locale, ctx.time_zone, settled.at);
    let words = match settled.matched {
        Some(payout) => {
            let reference = end_to_end_id(payout.0);
            tr!(locale, runs.was_matched, name = settled.by.clone(), reference = reference, day = day)
        }
        None if settled.of_file => tr!(locale, answers.was_file, name = settled.by.clone(), day = day),
        None => tr!(locale, runs.was_dismissed, name = settled.by.clone(), day = day),
    };
    view! { {notice(Tone::Good, words)}{text::prose(settled.reason.clone())} }.into_any()
}

fn said(ctx: &Context, found: &LineFound) -> AnyView {
    let locale = ctx.locale;
    let said = &found.waiting;
    let mut lines = vec![
        (tr!(locale, runs.column_says), words::outcome(locale, said.outcome).into_any()),
        (tr!(locale, runs.column_format), words::kind(&said.kind).into_any()),
    ];
    if let Some(amount) = said.amount {
        lines.push((tr!(locale, runs.column_amount), text::amount(ctx, amount)));
    }
    if let Some(day) = said.on {
        lines.push((tr!(locale, runs.column_day), text::day(ctx, day)));
    }
    if !said.target.is_empty() {
        lines.push((tr!(locale, runs.column_names), said.target.clone().into_any()));
    }
    if let Some(reference) = &said.bank_reference {
        lines.push((tr!(locale, runs.fact_bank_reference), reference.clone().into_any()));
    }
    if let Some(code) = &said.code {
        lines.push((tr!(locale, runs.fact_code), words::code_words(locale, code).into_any()));
    }
    if let Some(text) = &said.text {
        lines.push((tr!(locale, runs.fact_text), text::prose(text.clone())));
    }
    if let Some(named) = &found.named {
        let words = format!("{}, {}", named.reference, format::money(locale, named.amount));
        let link = text::link(paths::run_payout(named.run, named.payout), words);
        let state = runs_words::state_badge(locale, named.state);
        lines.push((tr!(locale, runs.fact_named), view! { {link}" "{state} }.into_any()));
    }
    lines.push((tr!(locale, runs.column_read), text::time_exact(ctx, said.read_at)));
    facts(lines)
}

/// Payouts of the same amount that wait for the bank.
fn offers(ctx: &Context, offered: &[Named]) -> AnyView {
    let locale = ctx.locale;
    let head = [
        (tr!(locale, runs.column_payout), false),
        (tr!(locale, runs.column_partner), false),
        (tr!(locale, runs.column_amount), true),
        (tr!(locale, runs.column_state), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = offered
        .iter()
        .map(|one| Row {
            href: Some(paths::run_payout(one.run, one.payout)),
            cells: vec![
                one.reference.clone().into_any(),
                format!("{} ({})", one.name, one.code).into_any(),
                text::amount(ctx, one.amount),
                runs_words::state_badge(locale, one.state),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, runs.offered_caption) head=head rows=rows/> }.into_any()
}

fn forms_of(ctx: &Context, found: &LineFound, offered: &[Named], draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    // What is neither settled, refused nor returned moves only what was thought never to have been sent.
    let moves = matches!(found.waiting.outcome, Outcome::Settled | Outcome::Rejected | Outcome::Returned)
        || found.waiting.why == Disposition::Contradicts;
    // Where only one can be meant, it is filled in; a person still says why.
    let guess = match (&found.named, offered) {
        (Some(named), _) => named.reference.clone(),
        (None, [one]) => one.reference.clone(),
        _ => String::new(),
    };
    let whole = found.of_file.then(|| section(tr!(locale, answers.file_heading), form(ctx, found, "file", "", draft)));
    let matching = (moves && !found.of_file)
        .then(|| section(tr!(locale, runs.match_heading), form(ctx, found, "match", &guess, draft)));
    columns(
        matching
            .into_iter()
            .chain(whole)
            .chain([section(tr!(locale, runs.dismiss_heading), form(ctx, found, "dismiss", "", draft))])
            .collect(),
    )
}

fn form(ctx: &Context, found: &LineFound, verdict: &'static str, guess: &str, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let (draft, id) = form_of(draft, verdict);
    let typed = draft.clone();
    let (file, line) = (found.waiting.file.to_string(), found.waiting.line.to_string());
    let (text, button, tone) = match verdict {
        "match" => (tr!(locale, runs.match_text), tr!(locale, runs.match_button), Weight::Primary),
        "file" => (tr!(locale, answers.file_text), tr!(locale, answers.file_button), Weight::Primary),
        _ => (tr!(locale, runs.dismiss_text), tr!(locale, runs.dismiss_button), Weight::Quiet),
    };
    let reference = (verdict == "match").then(|| {
        let value = typed.value_or("reference", guess);
        view! {
            <Field
                name="reference" label=tr!(locale, runs.reference) required=true value=value
                error=typed.error("reference") hint=tr!(locale, runs.reference_hint)
            />
        }
    });
    view! {
        <p>{text}</p>
        <Form action="/do/settle-line" id=id draft=&draft>
            <Hidden name="file" value=file/>
            <Hidden name="line" value=line/>
            <Hidden name="verdict" value=verdict/>
            {reference}
            <TextArea
                name="reason" label=tr!(locale, runs.reason) rows=2 required=true value=typed.value("reason")
                error=typed.error("reason") hint=tr!(locale, runs.reason_hint) maxlength=2_000
            />
            <Submit text=button tone=tone/>
        </Form>
    }
    .into_any()
}
