//! The forms with which leads and owners write the rota. Plain ones: they work without JavaScript.

use super::{Sheet, weekday};
use crate::base::context::Context;
use crate::base::forms::{Draft, new_key};
use crate::base::language::tr;
use crate::rota::api::DAYS;
use crate::ui::badge::{Tone, mark};
use crate::ui::field::{Check, Choice, Field, Hidden, Select, Submit};
use crate::ui::form::Form;
use crate::ui::layout::section;
use leptos::prelude::*;

/// All of them, each behind its title.
pub(super) fn all(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let folded = |form: &str, title: String, body: AnyView| {
        let open = sheet.draft_of(form).is_refused();
        view! { <details open=open><summary>{title}</summary>{body}</details> }
    };
    let body = view! {
        {folded("add-shift", tr!(locale, rota.shift_title), shift(ctx, sheet))}
        {folded("add-holiday", tr!(locale, rota.holiday_title), holiday(ctx, sheet))}
        {folded("add-exception", tr!(locale, rota.exception_title), exception(ctx, sheet))}
        {folded("set-desk-hours", tr!(locale, rota.hours_title), hours(ctx, sheet))}
    };
    section(tr!(locale, rota.write_title), body.into_any())
}

fn people(sheet: &Sheet, first: String) -> Vec<(String, String)> {
    let active = sheet.colleagues.iter().filter(|each| each.active);
    std::iter::once((String::new(), first))
        .chain(active.map(|each| (each.person.to_string(), each.name.clone())))
        .collect()
}

fn today(ctx: &Context, sheet: &Sheet) -> String {
    ctx.now().with_timezone(&sheet.zone).date_naive().to_string()
}

/// The weekdays to tick; on an untouched form Monday to Friday are. To be made inside their form, whose id is a part of
/// theirs.
fn days(ctx: &Context, draft: &Draft) -> impl FnOnce() -> AnyView + Send + use<> {
    let boxes: Vec<_> = DAYS
        .iter()
        .enumerate()
        .map(|(index, (name, day))| {
            let ticked = if draft.is_refused() { !draft.value(name).is_empty() } else { index < 5 };
            ((*name).to_owned(), weekday(ctx.locale, *day), ticked)
        })
        .collect();
    let (legend, error) = (tr!(ctx.locale, rota.days), draft.error("days"));
    move || {
        let boxes = boxes
            .into_iter()
            .map(|(name, label, ticked)| view! { <Check name=name label=label checked=ticked/> })
            .collect_view();
        let error = error.map(|error| view! { <p class="error">{mark(Tone::Bad)}<span>{error}</span></p> });
        view! { <fieldset class="days"><legend>{legend}</legend>{boxes}{error}</fieldset> }.into_any()
    }
}

fn shift(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, draft) = (ctx.locale, sheet.draft_of("add-shift"));
    let (people, days) = (people(sheet, tr!(locale, rota.choose)), days(ctx, &draft));
    let (zone, today) = (draft.value_or("time_zone", sheet.zone.name()), draft.value_or("from", &today(ctx, sheet)));
    view! {
        <Form action="/do/add-shift" id=sheet.id_of("add-shift") draft=&draft>
            <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
            <Select
                name="person" label=tr!(locale, rota.person) options=people
                selected=draft.value("person") error=draft.error("person") required=true
            />
            {days()}
            <Field name="starts" kind="time" label=tr!(locale, rota.starts) value=draft.value_or("starts", "09:00") error=draft.error("starts") required=true/>
            <Field
                name="ends" kind="time" label=tr!(locale, rota.ends) hint=Some(tr!(locale, rota.ends_hint))
                value=draft.value_or("ends", "17:00") error=draft.error("ends") required=true
            />
            <Field name="break_starts" kind="time" label=tr!(locale, rota.break_starts) value=draft.value("break_starts") error=draft.error("break_starts")/>
            <Field name="break_ends" kind="time" label=tr!(locale, rota.break_ends) value=draft.value("break_ends") error=draft.error("break_ends")/>
            <Field
                name="time_zone" label=tr!(locale, rota.time_zone) hint=Some(tr!(locale, rota.time_zone_hint))
                value=zone error=draft.error("time_zone") required=true
            />
            <Field name="from" kind="date" label=tr!(locale, rota.from) value=today error=draft.error("from") required=true/>
            <Submit text=tr!(locale, rota.shift_button)/>
        </Form>
    }
    .into_any()
}

fn holiday(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, draft) = (ctx.locale, sheet.draft_of("add-holiday"));
    let people = people(sheet, tr!(locale, rota.everybody));
    view! {
        <Form action="/do/add-holiday" id=sheet.id_of("add-holiday") draft=&draft>
            <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
            <Field name="day" kind="date" label=tr!(locale, rota.day) value=draft.value("day") error=draft.error("day") required=true/>
            <Field name="name" label=tr!(locale, rota.holiday_name) value=draft.value("name") error=draft.error("name") required=true maxlength=200/>
            <Select
                name="person" label=tr!(locale, rota.who) options=people
                selected=draft.value("person") error=draft.error("person")
            />
            <Submit text=tr!(locale, rota.holiday_button)/>
        </Form>
    }
    .into_any()
}

fn exception(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, draft) = (ctx.locale, sheet.draft_of("add-exception"));
    let people = people(sheet, tr!(locale, rota.choose));
    let kinds =
        vec![("away".to_owned(), tr!(locale, rota.kind_away)), ("extra".to_owned(), tr!(locale, rota.kind_extra))];
    let hint = tr!(locale, rota.moment_hint, zone = sheet.zone.name());
    view! {
        <Form action="/do/add-exception" id=sheet.id_of("add-exception") draft=&draft>
            <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
            <Select
                name="person" label=tr!(locale, rota.person) options=people
                selected=draft.value("person") error=draft.error("person") required=true
            />
            <Choice name="kind" label=tr!(locale, rota.exception_kind) options=kinds selected=draft.value_or("kind", "away") error=draft.error("kind") required=true/>
            <Field
                name="starts_at" kind="datetime-local" label=tr!(locale, rota.starts_at) hint=Some(hint)
                value=draft.value("starts_at") error=draft.error("starts_at") required=true
            />
            <Field name="ends_at" kind="datetime-local" label=tr!(locale, rota.ends_at) value=draft.value("ends_at") error=draft.error("ends_at") required=true/>
            <Field name="reason" label=tr!(locale, rota.reason) value=draft.value("reason") error=draft.error("reason") required=true maxlength=200/>
            <Submit text=tr!(locale, rota.exception_button)/>
        </Form>
    }
    .into_any()
}

fn hours(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, draft) = (ctx.locale, sheet.draft_of("set-desk-hours"));
    let days = days(ctx, &draft);
    let (zone, today) = (draft.value_or("time_zone", sheet.zone.name()), draft.value_or("from", &today(ctx, sheet)));
    view! {
        <Form action="/do/set-desk-hours" id=sheet.id_of("set-desk-hours") draft=&draft>
            <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
            <p>{tr!(locale, rota.hours_text)}</p>
            {days()}
            <Field name="opens" kind="time" label=tr!(locale, rota.opens) value=draft.value_or("opens", "09:00") error=draft.error("opens") required=true/>
            <Field
                name="closes" kind="time" label=tr!(locale, rota.closes) hint=Some(tr!(locale, rota.closes_hint))
                value=draft.value_or("closes", "21:00") error=draft.error("closes") required=true
            />
            <Field
                name="time_zone" label=tr!(locale, rota.time_zone) hint=Some(tr!(locale, rota.time_zone_hint))
                value=zone error=draft.error("time_zone") required=true
            />
            <Field name="from" kind="date" label=tr!(locale, rota.from) value=today error=draft.error("from") required=true/>
            <Submit text=tr!(locale, rota.hours_button)/>
        </Form>
    }
    .into_any()
}
