//! What narrows the queue: its form, and its words, each of which can be taken away.

use super::queue::address;
use super::stage_words;
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::desk::filter::{Awaited, Filter, Problem};
use crate::desk::model::View;
use crate::desk::store::Choices;
use crate::disputes::model::{Kind, Stage};
use crate::disputes::words;
use crate::paths;
use crate::ui::field::{Field, Hidden, Select, Submit, Weight};
use crate::ui::form::Filter as FilterForm;
use crate::ui::screen::Query;
use crate::ui::text;
use leptos::prelude::*;

/// The words of what narrows, and the form behind them.
pub(super) fn section(
    ctx: &Context,
    query: &Query,
    view: View,
    filter: &Filter,
    problems: &[(&'static str, Problem)],
    choices: &Choices,
) -> AnyView {
    let open = !problems.is_empty();
    view! {
        <details class="narrow" open=open>
            <summary>{tr!(ctx.locale, queue.narrow)}</summary>
            {form(ctx, query, view, filter, problems, choices)}
        </details>
        {removable(ctx, view, filter, choices)}
    }
    .into_any()
}

/// Each field that narrows as words with a link that takes it away, and one that takes all away.
fn removable(ctx: &Context, view: View, filter: &Filter, choices: &Choices) -> Option<AnyView> {
    if filter.is_empty() {
        return None;
    }
    let locale = ctx.locale;
    let words = filter
        .fields()
        .into_iter()
        .map(|(name, value)| {
            let words = tr!(locale, queue.field_is, field = label(ctx, name), value = spoken(ctx, name, &value, choices));
            let said = tr!(locale, queue.take_away, words = words.as_str());
            view! { <li><a href=address(view, &filter.without(name)) aria-label=said>{words}<span aria-hidden="true">" ×"</span></a></li> }
        })
        .collect_view();
    let nothing = text::link(address(view, &Filter::default()), tr!(locale, queue.take_all_away));
    Some(
        view! { <ul class="narrowed" aria-label=tr!(locale, queue.narrowed_by)>{words}<li>{nothing}</li></ul> }
            .into_any(),
    )
}

fn form(
    ctx: &Context,
    query: &Query,
    view: View,
    filter: &Filter,
    problems: &[(&'static str, Problem)],
    choices: &Choices,
) -> AnyView {
    let locale = ctx.locale;
    let fields = filter.fields();
    let error = |name: &str| {
        problems.iter().find(|(field, _)| *field == name).map(|(_, problem)| match problem {
            Problem::NoSuchDay => tr!(locale, queue.no_such_day),
            Problem::EndsBeforeItBegins => tr!(locale, queue.ends_before),
            Problem::NoSuchChoice => tr!(locale, queue.no_such_choice),
        })
    };
    // What was typed stays, also where it is wrong.
    let value = |name: &str| {
        let kept = fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone());
        kept.or_else(|| query.get(name).filter(|_| error(name).is_some()).map(str::to_owned)).unwrap_or_default()
    };
    let any = || (String::new(), tr!(locale, queue.any));
    let spoken = |name: &str, value: &str| (value.to_owned(), spoken(ctx, name, value, choices));
    let offered = |name: &'static str, values: Vec<&str>| Offered {
        name,
        label: label(ctx, name),
        options: std::iter::once(any()).chain(values.into_iter().map(|value| spoken(name, value))).collect(),
        selected: value(name),
        error: error(name),
    };
    let stages = Stage::ALL.iter().filter(|stage| **stage != Stage::Closed).map(Stage::as_str).collect();
    let people: Vec<String> = choices.people.iter().map(|(person, _)| person.to_string()).collect();
    let whose = std::iter::once("nobody").chain(people.iter().map(String::as_str)).collect();
    let programmes: Vec<_> = choices.programmes.iter().map(|(code, _)| code.as_str()).collect();
    let offers = [
        Some(offered("kind", Kind::ALL.iter().map(Kind::as_str).collect())),
        (view != View::Closed).then(|| offered("stage", stages)),
        (!matches!(view, View::Mine | View::Unassigned)).then(|| offered("with", whose)),
        (programmes.len() > 1).then(|| offered("programme", programmes)),
        Some(offered("language", vec!["en", "es"])),
        Some(offered("awaited", Awaited::ALL.iter().map(|awaited| awaited.as_str()).collect())),
    ];
    let written = ["partner", "from", "to"].map(|name| (name, label(ctx, name), value(name), error(name)));
    let (view, show) = (view.as_str(), tr!(locale, queue.show));
    view! {
        <FilterForm action=paths::DESK>
            <Hidden name="view" value=view/>
            {offers.into_iter().flatten().map(select).collect_view()}
            {written.into_iter().map(|(name, label, value, error)| {
                let kind = if name == "partner" { "text" } else { "date" };
                view! { <Field name=name label=label kind=kind value=value error=error maxlength=64/> }
            }).collect_view()}
            <Submit text=show tone=Weight::Quiet/>
        </FilterForm>
    }
    .into_any()
}

/// A field that is chosen from a list.
struct Offered {
    name: &'static str,
    label: String,
    options: Vec<(String, String)>,
    selected: String,
    error: Option<String>,
}

fn select(offered: Offered) -> AnyView {
    let Offered { name, label, options, selected, error } = offered;
    view! { <Select name=name label=label options=options selected=selected error=error/> }.into_any()
}

fn label(ctx: &Context, name: &str) -> String {
    let locale = ctx.locale;
    match name {
        "kind" => tr!(locale, desk.head_kind),
        "stage" => tr!(locale, desk.head_stage),
        "with" => tr!(locale, desk.head_assignee),
        "programme" => tr!(locale, queue.programme),
        "partner" => tr!(locale, queue.partner),
        "language" => tr!(locale, queue.language),
        "awaited" => tr!(locale, queue.awaited),
        "from" => tr!(locale, queue.from),
        _ => tr!(locale, queue.to),
    }
}

/// A field's value as people say it.
fn spoken(ctx: &Context, name: &str, value: &str, choices: &Choices) -> String {
    let locale = ctx.locale;
    let words = match name {
        "kind" => Kind::parse(value).map(|kind| words::kind(locale, kind)),
        "stage" => Stage::parse(value).map(|stage| stage_words(ctx, stage)),
        "with" if value == "nobody" => Some(tr!(locale, queue.with_nobody)),
        "with" => choices.people.iter().find(|(person, _)| person.to_string() == value).map(|(_, name)| name.clone()),
        "programme" => choices.programmes.iter().find(|(code, _)| code == value).map(|(_, name)| name.clone()),
        "language" => Some(if value == "es" { "Español".to_owned() } else { "English".to_owned() }),
        "awaited" => Awaited::parse(value).map(|awaited| match awaited {
            Awaited::House => tr!(locale, queue.awaited_house),
            Awaited::Promise => tr!(locale, queue.awaited_promise),
            Awaited::Partner => tr!(locale, queue.awaited_partner),
            Awaited::Advertiser => tr!(locale, queue.awaited_advertiser),
            Awaited::Nobody => tr!(locale, queue.awaited_nobody),
        }),
        "from" | "to" => value.parse().ok().map(|day| format::day_short(locale, day)),
        _ => None,
    };
    words.unwrap_or_else(|| value.to_owned())
}
