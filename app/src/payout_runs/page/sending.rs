//! A run's way to the bank: what can be put into files, the files there are, and word to partners of a delay.

use super::changed::changed_methods;
use super::run::Sheet;
use super::words;
use super::{form_of, pays};
use crate::base::actor::Role;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms;
use crate::base::language::tr;
use crate::paths;
use crate::payout_runs::model::Stage;
use crate::payout_runs::steps;
use crate::payout_runs::store::{self, FileLine, Task, ToSend, WiseHeader, WorkLine};
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::field::{Field, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::islands::ReloadSoon;
use crate::ui::layout::section;
use crate::ui::notice::notice;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

pub(super) async fn load(ctx: &Context, tx: &mut Tx, sheet: &Sheet) -> Result<AnyView, AppError> {
    let locale = ctx.locale;
    let run = sheet.head.listed.run.id;
    let to_send = store::to_send(tx, run).await?;
    let changed = changed_methods(ctx, tx, run).await?;
    let work = store::last_work(tx, run).await?;
    let wise = store::wise_header(tx, sheet.head.listed.run.programme).await?;
    let files = store::run_files(tx, run).await?;
    Ok(view! {
        {(!to_send.is_empty()).then(|| section(tr!(locale, runs.to_send_heading), make(ctx, sheet, &to_send, &work)))}
        {changed}
        {section(tr!(locale, runs.files_heading), table(ctx, sheet, &files))}
        {withdraw(ctx, sheet, &files)}
        {wise_columns(ctx, sheet, wise)}
        {delay(ctx, sheet)}
    }
    .into_any())
}

/// A button for each kind of file that something waits for.
fn make(ctx: &Context, sheet: &Sheet, to_send: &[ToSend], work: &[WorkLine]) -> AnyView {
    let locale = ctx.locale;
    let refused = (sheet.draft.value("form_name") == "make-files").then(|| sheet.draft.error("")).flatten();
    let told = refused.is_some();
    let refused = refused.map(|message| view! { <div id="form">{notice(Tone::Bad, message)}</div> });
    let may = pays(ctx);
    let lines = to_send.iter().map(|one| {
        let worth = words::worth(locale, one.payouts, &one.amounts);
        let format = words::format(locale, one.format);
        let last = work.iter().find(|line| line.task == Task::Files(one.format));
        if let Some(line) = last.filter(|line| !line.is_done) {
            let share = (line.written * 100).checked_div(one.payouts).unwrap_or_default().min(100);
            let percent = format::percent(locale, share.into());
            let again = text::link(paths::run_view(sheet.head.listed.run.id, "sending"), tr!(locale, runs.reload));
            let words = tr!(locale, run_work.making, format = format, percent = percent);
            return view! { <p>{words}" "{again}</p> <ReloadSoon/> }.into_any();
        }
        let last = last.filter(|_| !told).and_then(|line| line.refused.clone());
        let last = last.map(|message| notice(Tone::Bad, message));
        if !may {
            return view! { <p>{tr!(locale, runs.to_send_line, format = format, worth = worth)}</p> }.into_any();
        }
        let run = sheet.head.listed.run.id.to_string();
        let kind = one.format.as_str();
        let id = format!("make-{}", kind.replace('.', ""));
        view! {
            {last}
            <Form action="/do/make-files" id=id class="inline">
                <Hidden name="run" value=run/>
                <Hidden name="format" value=kind/>
                <Submit text=tr!(locale, runs.make_button, format = format, worth = worth)/>
            </Form>
        }
        .into_any()
    });
    view! { <p>{tr!(locale, runs.to_send_text)}</p> {refused}{lines.collect_view()} }.into_any()
}

fn table(ctx: &Context, sheet: &Sheet, files: &[FileLine]) -> AnyView {
    let locale = ctx.locale;
    if files.is_empty() {
        let text = match sheet.head.listed.run.stage {
            Stage::Released => tr!(locale, runs.files_empty_released),
            _ => tr!(locale, runs.files_empty_text),
        };
        return empty(tr!(locale, runs.files_empty), text);
    }
    let head = [
        (tr!(locale, runs.column_file), false),
        (tr!(locale, runs.column_format), false),
        (tr!(locale, runs.column_payments), true),
        (tr!(locale, runs.column_amount), true),
        (tr!(locale, runs.column_standing), false),
        (tr!(locale, runs.column_made_by), false),
        (tr!(locale, runs.column_made), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = files
        .iter()
        .map(|file| Row {
            // What was withdrawn is not given out again.
            href: (pays(ctx) && file.withdrawn.is_none()).then(|| paths::run_file(file.id)),
            cells: vec![
                file.name.clone().into_any(),
                words::format(locale, file.format).into_any(),
                text::count(ctx, file.payments),
                text::amount(ctx, file.total),
                standing(ctx, file),
                file.made_by.clone().unwrap_or_else(|| tr!(locale, runs.a_command)).into_any(),
                text::time_exact(ctx, file.made_at),
            ],
        })
        .collect();
    let hint = pays(ctx).then(|| view! { <p>{tr!(locale, runs.files_text)}</p> });
    view! { {hint}<Table caption=tr!(locale, runs.files_caption) head=head rows=rows/> }.into_any()
}

fn standing(ctx: &Context, file: &FileLine) -> AnyView {
    let locale = ctx.locale;
    match &file.withdrawn {
        Some(_) => badge(Tone::Neutral, tr!(locale, runs.file_withdrawn)),
        None if file.out == 0 => badge(Tone::Good, tr!(locale, runs.file_settled)),
        None if file.answered => {
            badge(Tone::Info, tr!(locale, runs.file_partly, count = format::count(locale, file.out)))
        }
        None => badge(Tone::Waiting, tr!(locale, runs.file_waits)),
    }
}

/// An owner says that a file never left the house; only while no bank has answered on it.
fn withdraw(ctx: &Context, sheet: &Sheet, files: &[FileLine]) -> Option<AnyView> {
    let locale = ctx.locale;
    let unanswered: Vec<_> =
        files.iter().filter(|file| file.withdrawn.is_none() && !file.answered && file.out == file.payments).collect();
    let refused = sheet.draft.value("form_name");
    let gone = refused.strip_prefix("withdraw-").filter(|id| unanswered.iter().all(|file| file.id.to_string() != **id));
    let gone = gone.and_then(|_| sheet.draft.error("")).map(|message| notice(Tone::Bad, message));
    if sheet.staff.role != Role::Owner || (unanswered.is_empty() && gone.is_none()) {
        return None;
    }
    let forms = unanswered.into_iter().map(|file| {
        let (draft, id) = form_of(&sheet.draft, &format!("withdraw-{}", file.id));
        let typed = draft.clone();
        let open = draft.is_refused();
        let run = sheet.head.listed.run.id.to_string();
        let number = file.id.to_string();
        view! {
            <details open=open>
                <summary>{tr!(locale, runs.withdraw_summary, name = file.name.clone())}</summary>
                <p>{tr!(locale, runs.withdraw_text)}</p>
                <Form action="/do/withdraw-file" id=id draft=&draft>
                    <Hidden name="run" value=run/>
                    <Hidden name="file" value=number/>
                    <TextArea
                        name="reason" label=tr!(locale, runs.reason) rows=2 required=true value=typed.value("reason")
                        error=typed.error("reason") maxlength=2_000
                    />
                    <Submit text=tr!(locale, runs.withdraw_button) tone=Weight::Danger/>
                </Form>
            </details>
        }
    });
    let body = view! { {gone}{forms.collect_view()} };
    Some(section(tr!(locale, runs.withdraw_heading), body.into_any()))
}

/// The columns of the programme's Wise files, for an owner to say.
fn wise_columns(ctx: &Context, sheet: &Sheet, set: Option<WiseHeader>) -> Option<AnyView> {
    let locale = ctx.locale;
    if sheet.staff.role != Role::Owner || !matches!(sheet.head.listed.run.stage, Stage::Built | Stage::Released) {
        return None;
    }
    let (draft, id) = form_of(&sheet.draft, "set-wise-header");
    let typed = draft.clone();
    let open = draft.is_refused();
    let run = sheet.head.listed.run.id.to_string();
    let row = set.as_ref().map(|set| set.header.clone()).unwrap_or_default();
    let now = match &set {
        Some(set) if !set.header.is_empty() => {
            let day = format::date(locale, ctx.time_zone, set.at);
            tr!(locale, wise_header.set, name = set.by.clone(), day = day)
        }
        _ => tr!(locale, wise_header.usual),
    };
    let value = if open { typed.value("header") } else { row };
    let body = view! {
        <details open=open>
            <summary>{tr!(locale, wise_header.summary)}</summary>
            <p>{now}</p>
            <Form action="/do/set-wise-header" id=id draft=&draft>
                <Hidden name="run" value=run/>
                <Hidden name="form_key" value=forms::new_key()/>
                <TextArea
                    name="header" label=tr!(locale, wise_header.label) rows=3 value=value error=typed.error("header")
                    hint=tr!(locale, wise_header.hint) maxlength=4_000
                />
                <Submit text=tr!(locale, wise_header.button)/>
            </Form>
        </details>
    };
    Some(section(tr!(locale, wise_header.heading), body.into_any()))
}

/// What partners were told, and the form that tells them more.
fn delay(ctx: &Context, sheet: &Sheet) -> Option<AnyView> {
    let locale = ctx.locale;
    let head = &sheet.head;
    let waits = head.listed.totals.iter().any(|total| steps::is_on_its_way(total.state));
    let told = head.delays.iter().map(|delay| {
        let day = format::day(locale, delay.day);
        let when = text::time_exact(ctx, delay.at);
        view! {
            <p>{tr!(locale, runs.delay_told, name = delay.by.clone(), day = day)}" ("{when}")"</p>
            {text::prose(delay.message.clone())}
        }
    });
    let form = (waits && pays(ctx) && head.cancelled.is_none()).then(|| {
        let (draft, id) = form_of(&sheet.draft, "delay-run");
        let typed = draft.clone();
        let open = draft.is_refused();
        let run = head.listed.run.id.to_string();
        let hint = tr!(locale, runs.delay_day_hint, day = format::day(locale, head.promised()));
        view! {
            <details open=open>
                <summary>{tr!(locale, runs.delay_summary)}</summary>
                <Form action="/do/delay-run" id=id draft=&draft>
                    <Hidden name="run" value=run/>
                    <Hidden name="form_key" value=forms::new_key()/>
                    <Field
                        name="day" label=tr!(locale, runs.delay_day) kind="date" required=true value=typed.value("day")
                        error=typed.error("day") hint=hint
                    />
                    <TextArea
                        name="message" label=tr!(locale, runs.delay_message) rows=3 required=true
                        value=typed.value("message") error=typed.error("message") hint=tr!(locale, runs.delay_message_hint)
                        maxlength=2_000
                    />
                    <Submit text=tr!(locale, runs.delay_button)/>
                </Form>
            </details>
        }
    });
    if head.delays.is_empty() && form.is_none() {
        return None;
    }
    Some(section(tr!(locale, runs.delay_heading), view! { {told.collect_view()}{form} }.into_any()))
}
