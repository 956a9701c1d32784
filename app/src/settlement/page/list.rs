//! `/answers`: sends an answer in, says what it did, and lists what waits and what was read.

use super::words;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::paths;
use crate::payout_runs::page::{pays, reader};
use crate::settlement::model::Report;
use crate::settlement::store::{self, LineFound, ReadFile, Which};
use crate::ui::Tone;
use crate::ui::empty::empty;
use crate::ui::field::{FileField, Submit};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, pages, section};
use crate::ui::notice::{done, notice_with};
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// Lines on a page.
const LINES: usize = 50;
/// Files on a page.
const FILES: usize = 20;

/// The page.
#[component]
pub fn Answers() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    reader(ctx)?;
    let after = query.get("after").and_then(place).unwrap_or((0, 0));
    let before = query.get("before").and_then(|text| text.parse().ok());
    let mut tx = ctx.begin().await?;
    let report = match query.get("file").and_then(|text| text.parse().ok()) {
        Some(file) => Some(store::report(&mut tx, file).await?),
        None => None,
    };
    let waiting = store::waiting_count(&mut tx).await?;
    let mut lines = store::lines(&mut tx, Which::After(after.0, after.1), LINES as i64 + 1).await?;
    let mut files = store::files(&mut tx, before, FILES as i64 + 1).await?;
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;

    let more_lines = lines.len() > LINES;
    lines.truncate(LINES);
    let next = more_lines
        .then(|| lines.last().map(|last| query.with("after", &format!("{}-{}", last.waiting.file, last.waiting.line))))
        .flatten();
    let more_files = files.len() > FILES;
    files.truncate(FILES);
    let earlier = more_files.then(|| files.last().map(|last| query.with("before", &last.id.to_string()))).flatten();
    let title = tr!(locale, runs.answers_heading);
    let lead = match waiting {
        0 => tr!(locale, runs.answers_none_wait),
        1 => tr!(locale, runs.answers_one_waits),
        count => tr!(locale, runs.answers_some_wait, count = format::count(locale, count)),
    };
    let said = match query.get("done") {
        Some("matched") => Some(tr!(locale, runs.done_matched)),
        Some("dismissed") => Some(tr!(locale, runs.done_dismissed)),
        _ => None,
    };
    let known = query.get("done") == Some("known");
    let upload = pays(ctx).then(|| section(tr!(locale, runs.upload_heading), form(ctx, &draft)));
    let body = view! {
        {page_head(title.clone(), Some(lead.into_any()))}
        {done(ctx, said)}
        {report.map(|report| reported(ctx, &report, known))}
        {upload}
        {section(tr!(locale, runs.lines_heading), waiting_table(ctx, lines))}
        {pages(None, next)}
        {section(tr!(locale, runs.answers_read), read_table(ctx, files))}
        {pages(None, earlier)}
    };
    Ok((title, body.into_any()))
}

/// `12-3`: a file and a line in it.
fn place(text: &str) -> Option<(i64, i64)> {
    let (file, line) = text.split_once('-')?;
    Some((file.parse().ok()?, line.parse().ok()?))
}

fn reported(ctx: &Context, report: &Report, known: bool) -> AnyView {
    let tone = if report.waiting > 0 { Tone::Waiting } else { Tone::Good };
    let known = known.then(|| view! { <p>{tr!(ctx.locale, runs.report_known)}</p> });
    notice_with(tone, view! { {known}<p>{words::report(ctx.locale, report)}</p> }.into_any())
}

fn form(ctx: &Context, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let typed = draft.clone();
    view! {
        <Form action="/do/read-answer" draft=draft with_file=true>
            <FileField
                name="answer" label=tr!(locale, runs.upload_field) accept=".xml,.csv,.zip,.txt" error=typed.error("answer")
                hint=tr!(locale, runs.upload_hint)
            />
            <Submit text=tr!(locale, runs.upload_button)/>
        </Form>
    }
    .into_any()
}

fn waiting_table(ctx: &Context, lines: Vec<LineFound>) -> AnyView {
    let locale = ctx.locale;
    if lines.is_empty() {
        return empty(tr!(locale, runs.lines_empty), tr!(locale, runs.lines_empty_text));
    }
    let head = [
        (tr!(locale, runs.column_line), false),
        (tr!(locale, runs.column_says), false),
        (tr!(locale, runs.column_amount), true),
        (tr!(locale, runs.column_day), false),
        (tr!(locale, runs.column_why), false),
        (tr!(locale, runs.column_names), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = lines
        .into_iter()
        .map(|found| {
            let said = &found.waiting;
            let names = [Some(said.target.clone()), said.bank_reference.clone(), said.text.clone()];
            let names: Vec<_> = names.into_iter().flatten().filter(|name| !name.is_empty()).collect();
            Row {
                href: Some(paths::answer_line(said.file, said.line)),
                cells: vec![
                    tr!(locale, runs.line_of, file = said.file_name.clone(), line = said.line).into_any(),
                    words::outcome(locale, said.outcome).into_any(),
                    said.amount.map(|amount| text::amount(ctx, amount)).into_any(),
                    said.on.map(|day| text::day(ctx, day)).into_any(),
                    words::why(locale, &found).into_any(),
                    names.join(" · ").into_any(),
                ],
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, runs.lines_caption) head=head rows=rows/> }.into_any()
}

fn read_table(ctx: &Context, files: Vec<ReadFile>) -> AnyView {
    let locale = ctx.locale;
    if files.is_empty() {
        return empty(tr!(locale, runs.read_empty), tr!(locale, runs.read_empty_text));
    }
    let head = [
        (tr!(locale, runs.column_file), false),
        (tr!(locale, runs.column_format), false),
        (tr!(locale, runs.column_lines), true),
        (tr!(locale, runs.column_applied), true),
        (tr!(locale, runs.column_waiting), true),
        (tr!(locale, runs.column_read_by), false),
        (tr!(locale, runs.column_read), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = files
        .into_iter()
        .map(|file| Row {
            href: Some(paths::answer(file.id)),
            cells: vec![
                file.name.clone().into_any(),
                words::kind(&file.kind).into_any(),
                lines_of(ctx, &file),
                text::count(ctx, file.applied),
                text::count(ctx, file.waiting),
                file.by.unwrap_or_else(|| tr!(locale, runs.a_command)).into_any(),
                text::time_exact(ctx, file.at),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, runs.read_caption) head=head rows=rows/> }.into_any()
}

/// How many lines; while they are worked through, how many are done.
fn lines_of(ctx: &Context, file: &ReadFile) -> AnyView {
    if file.done == file.lines {
        return text::count(ctx, file.lines);
    }
    let count = |count| format::count(ctx.locale, count);
    tr!(ctx.locale, answers.progress, done = count(file.done), lines = count(file.lines)).into_any()
}
