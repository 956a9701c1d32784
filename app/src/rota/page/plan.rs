//! What was planned: shifts, days off, exceptions, each with the way to end it.

use super::{Sheet, weekday};
use crate::base::context::Context;
use crate::base::language::tr;
use crate::rota::model::{ExceptionKind, Shift, Times};
use crate::ui::empty::empty;
use crate::ui::field::{Field, Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use chrono::Days;
use leptos::prelude::*;

fn times(times: Times) -> String {
    format!("{}–{}", times.starts.format("%H:%M"), times.ends.format("%H:%M"))
}

/// Everybody's week.
pub(super) fn shifts(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let today = ctx.now().with_timezone(&sheet.zone).date_naive();
    let mut running: Vec<_> =
        sheet.rota.shifts.iter().filter(|shift| shift.until.is_none_or(|until| until >= today)).collect();
    running.sort_by_key(|shift| (sheet.name(shift.person), shift.weekday.num_days_from_monday(), shift.times.starts));
    if running.is_empty() {
        let nothing = empty(tr!(locale, rota.empty_title), tr!(locale, rota.empty_text));
        return section(tr!(locale, rota.shifts_title), nothing);
    }
    let head = |label| Head { label, numeric: false };
    let mut heads = vec![
        head(tr!(locale, rota.head_person)),
        head(tr!(locale, rota.head_weekday)),
        head(tr!(locale, rota.head_times)),
        head(tr!(locale, rota.head_breaks)),
        head(tr!(locale, rota.head_valid)),
    ];
    if sheet.may_write {
        heads.push(head(tr!(locale, rota.head_end)));
    }
    let rows = running.into_iter().map(|shift| shift_row(ctx, sheet, shift)).collect();
    let table = view! { <Table caption=tr!(locale, rota.shifts_caption) head=heads rows=rows/> };
    section(tr!(locale, rota.shifts_title), table.into_any())
}

fn shift_row(ctx: &Context, sheet: &Sheet, shift: &Shift) -> Row {
    let locale = ctx.locale;
    let zone = (shift.zone != sheet.zone).then(|| format!(" {}", shift.zone.name()));
    let until = shift.until.map(|until| view! { " – "{text::day(ctx, until)} });
    let mut cells = vec![
        sheet.name(shift.person).into_any(),
        weekday(locale, shift.weekday).into_any(),
        view! { {times(shift.times)}{zone} }.into_any(),
        shift.breaks.iter().map(|pause| times(*pause)).collect::<Vec<_>>().join(", ").into_any(),
        view! { {text::day(ctx, shift.from)}{until} }.into_any(),
    ];
    if sheet.may_write {
        cells.push(match shift.until {
            Some(_) => ().into_any(),
            None => end_form(ctx, sheet, shift),
        });
    }
    Row { cells, href: None }
}

fn end_form(ctx: &Context, sheet: &Sheet, shift: &Shift) -> AnyView {
    let locale = ctx.locale;
    let form = format!("end-shift-{}", shift.id);
    let draft = sheet.draft_of(&form);
    let today = ctx.now().with_timezone(&shift.zone).date_naive();
    let last = draft.value_or("last_day", &today.to_string());
    let (id, open) = (shift.id.to_string(), draft.is_refused());
    view! {
        <details open=open>
            <summary>{tr!(locale, rota.end_title)}</summary>
            <Form action="/do/end-shift" id=sheet.id_of(&form) draft=&draft class="inline">
                <Hidden name="shift" value=id/>
                <Field
                    name="last_day" kind="date" label=tr!(locale, rota.last_day) hint=Some(tr!(locale, rota.last_day_hint))
                    value=last error=draft.error("last_day") required=true
                />
                <Submit text=tr!(locale, rota.end_button) tone=Weight::Quiet/>
            </Form>
        </details>
    }
    .into_any()
}

/// Days off and exceptions from now on.
pub(super) fn days_off(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let today = ctx.now().with_timezone(&sheet.zone).date_naive();
    let mut lines = Vec::new();
    for off in sheet.rota.holidays.iter().filter(|off| off.day + Days::new(1) >= today) {
        let who = off.person.map_or_else(|| tr!(locale, rota.everybody), |person| sheet.name(person));
        let cells = vec![
            text::day(ctx, off.day),
            who.into_any(),
            tr!(locale, rota.kind_day_off).into_any(),
            off.name.clone().into_any(),
        ];
        lines.push((off.day, cells, ("holiday", off.id)));
    }
    for each in sheet.rota.exceptions.iter().filter(|each| each.span.to > ctx.now()) {
        let kind = match each.kind {
            ExceptionKind::Away => tr!(locale, rota.kind_away),
            ExceptionKind::Extra => tr!(locale, rota.kind_extra),
        };
        let when = view! { {text::time_exact(ctx, each.span.from)}" – "{text::time_exact(ctx, each.span.to)} };
        let day = each.span.from.with_timezone(&sheet.zone).date_naive();
        let cells =
            vec![when.into_any(), sheet.name(each.person).into_any(), kind.into_any(), each.reason.clone().into_any()];
        lines.push((day, cells, ("exception", each.id)));
    }
    if lines.is_empty() {
        return section(tr!(locale, rota.off_title), view! { <p>{tr!(locale, rota.off_none)}</p> }.into_any());
    }
    lines.sort_by_key(|(day, _, _)| *day);
    let head = |label| Head { label, numeric: false };
    let mut heads = vec![
        head(tr!(locale, rota.head_when)),
        head(tr!(locale, rota.head_person)),
        head(tr!(locale, rota.head_kind)),
        head(tr!(locale, rota.head_reason)),
    ];
    if sheet.may_write {
        heads.push(head(tr!(locale, rota.head_end)));
    }
    let rows = lines
        .into_iter()
        .map(|(_, mut cells, (what, id))| {
            if sheet.may_write {
                cells.push(withdraw_form(ctx, sheet, what, id));
            }
            Row { cells, href: None }
        })
        .collect();
    let table = view! { <Table caption=tr!(locale, rota.off_caption) head=heads rows=rows/> };
    section(tr!(locale, rota.off_title), table.into_any())
}

fn withdraw_form(ctx: &Context, sheet: &Sheet, what: &'static str, id: i64) -> AnyView {
    let form = format!("withdraw-{what}-{id}");
    let (locale, draft) = (ctx.locale, sheet.draft_of(&form));
    view! {
        <Form action="/do/withdraw-rota" id=sheet.id_of(&form) draft=&draft class="inline">
            <Hidden name="what" value=what.to_owned()/>
            <Hidden name="id" value=id.to_string()/>
            <Submit text=tr!(locale, rota.withdraw_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
