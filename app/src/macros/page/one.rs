//! `/macros/{macro}`: one macro with its texts and versions, and the form for the next; `/macros/new` for the first.

use super::actions;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::ids::{MacroId, PersonId};
use crate::base::language::tr;
use crate::macros::model::{Macro, Spoken, Variant};
use crate::macros::page::variant_words;
use crate::macros::rules::{AGENT, VARIABLES};
use crate::macros::store;
use crate::paths;
use crate::ui::field::{Check, Field, Hidden, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use crate::ui::timeline::{Step, timeline};
use leptos::prelude::*;

/// The page.
#[component]
pub fn MacroPage() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let may_write = Who::Desk.includes(&ctx.actor);
    let mut tx = ctx.begin().await?;
    let found = match query.param("macro") {
        Some("new") if may_write => None,
        Some("new") => return Err(AppError::Forbidden),
        _ => Some(store::find(&mut tx, query.id("macro")?, ctx.now()).await?),
    };
    let history = match &found {
        Some(found) => store::history(&mut tx, found.id).await?,
        None => Vec::new(),
    };
    let colleagues = store::colleagues(&mut tx).await?;
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;
    let title = found.as_ref().map_or_else(|| tr!(locale, macros.new), |found| found.name.clone());
    let lead = match &found {
        Some(found) if found.retired => tr!(locale, macros.lead_retired),
        Some(found) => actions(locale, &found.actions, found.assignee_name.as_deref()).join(" "),
        None => tr!(locale, macros.lead_new),
    };
    let said = (query.get("done") == Some("written")).then(|| tr!(locale, macros.done_written));
    let editable = may_write && found.as_ref().is_none_or(|found| !found.retired);
    let form = editable.then(|| {
        let title = if found.is_some() { tr!(locale, macros.edit_title) } else { tr!(locale, macros.new) };
        section(title, form(ctx, found.as_ref(), &colleagues, &draft))
    });
    let texts = found.as_ref().filter(|_| !editable).map(texts_of).map(|texts| texts.into_any());
    let retire = found.as_ref().filter(|_| editable).map(|found| retire(ctx, found.id));
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{lead}</p><p>{text::link(paths::MACROS.to_owned(), tr!(locale, macros.all))}</p> }.into_any()))}
        {done(ctx, said)}
        {texts}
        {form}
        {retire}
        {(!history.is_empty()).then(|| section(tr!(locale, macros.versions), versions(ctx, history)))}
    };
    Ok((title, body.into_any()))
}

fn texts_of(found: &Macro) -> impl IntoView + use<> {
    let locale = crate::ui::locale();
    found
        .texts
        .iter()
        .map(|(variant, body)| section(variant_words(locale, Spoken::As(*variant)), text::prose(body.clone())))
        .collect_view()
}

fn form(ctx: &Context, found: Option<&Macro>, colleagues: &[(PersonId, String)], draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let old = |variant: Variant| {
        let text = found.and_then(|found| found.texts.iter().find(|(of, _)| *of == variant));
        text.map(|(_, body)| body.clone()).unwrap_or_default()
    };
    let names: Vec<_> = std::iter::once(AGENT).chain(VARIABLES).map(|name| format!("{{{name}}}")).collect();
    let draft = draft.clone();
    let texts = Variant::ALL.map(|variant| {
        let name = variant.as_str();
        view! {
            <TextArea
                name=name label=variant_words(locale, Spoken::As(variant)) rows=6 maxlength=10_000
                value=draft.value_or(name, &old(variant)) error=draft.error(name)
            />
        }
        .into_any()
    });
    let does = found.map(|found| found.actions).unwrap_or_default();
    let ticked = |field: &str, old: bool| if draft.is_refused() { draft.value(field) == "yes" } else { old };
    let assigned = match (does.takes, does.assignee) {
        (true, _) => "me".to_owned(),
        (false, Some(person)) => person.to_string(),
        (false, None) => String::new(),
    };
    let mut people =
        vec![(String::new(), tr!(locale, macros.assign_nobody)), ("me".to_owned(), tr!(locale, macros.assign_me))];
    people.extend(colleagues.iter().map(|(person, name)| (person.to_string(), name.clone())));
    let of = found.map(|found| {
        view! {
            <Hidden name="macro" value=found.id.to_string()/>
            <Hidden name="version" value=found.version.to_string()/>
        }
        .into_any()
    });
    let general = draft.clone();
    let name = draft.value_or("name", found.map_or("", |found| &found.name));
    let (asks, closes) = (ticked("asks", does.asks), ticked("closes", does.closes));
    let put_off = draft.value_or("put_off", &does.put_off_days.map(|days| days.to_string()).unwrap_or_default());
    view! {
        <Form action="/do/write-macro" draft=&general>
            {of}
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <Field
                name="name" label=tr!(locale, macros.field_name) hint=Some(tr!(locale, macros.field_name_hint)) required=true maxlength=120
                value=name error=draft.error("name")
            />
            <p class="hint">{tr!(locale, macros.variables_hint, names = names.join(" "))}</p>
            {texts.into_iter().collect::<Vec<_>>()}
            <Check name="asks" label=tr!(locale, macros.field_asks) checked=asks/>
            <Check name="closes" label=tr!(locale, macros.field_closes) checked=closes error=draft.error("closes")/>
            <Select
                name="assign" label=tr!(locale, macros.field_assign) options=people
                selected=draft.value_or("assign", &assigned) error=draft.error("assign")
            />
            <Field
                name="put_off" label=tr!(locale, macros.field_put_off) hint=Some(tr!(locale, macros.field_put_off_hint))
                inputmode="numeric" value=put_off error=draft.error("put_off") maxlength=2
            />
            <Submit text=tr!(locale, macros.write_button)/>
        </Form>
    }
    .into_any()
}

fn retire(ctx: &Context, id: MacroId) -> AnyView {
    let locale = ctx.locale;
    view! {
        <Form action="/do/retire-macro" id="retire" class="inline">
            <Hidden name="macro" value=id.to_string()/>
            <Submit text=tr!(locale, macros.retire_button) tone=Weight::Danger/>
        </Form>
    }
    .into_any()
}

fn versions(ctx: &Context, history: Vec<(i32, String, chrono::DateTime<chrono::Utc>, Option<String>)>) -> AnyView {
    let steps = history.into_iter().map(|(version, name, at, by)| Step {
        title: tr!(ctx.locale, macros.version, number = version, name = name),
        when: Some(text::time_exact(ctx, at)),
        who: by,
        ..Step::default()
    });
    timeline(steps.collect())
}
