//! Fields of a form: label, hint, control and, beside it, what is wrong. What was typed stays.
//!
//! Ids are made of the form's id and the field's name, so that several forms on one page don't clash.

use super::badge::{Tone, mark};
use super::escape;
use super::form::field_id;
use super::islands::DraftKeeper;
use crate::base::language::tr;
use crate::live::Drafts;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use leptos::prelude::*;
use rust_decimal::Decimal;

/// Words, or none: takes `"text"`, a `String` or an `Option<String>`.
#[derive(Clone, Debug, Default)]
pub struct Maybe(Option<String>);

impl From<&str> for Maybe {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl From<String> for Maybe {
    fn from(text: String) -> Self {
        Self(Some(text))
    }
}

impl From<Option<String>> for Maybe {
    fn from(text: Option<String>) -> Self {
        Self(text)
    }
}

/// A control with one line of text.
#[component]
pub fn Field(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// What it starts with. Never shown again for a password.
    #[prop(optional, into)]
    value: String,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Maybe,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Maybe,
    /// `text`, `email`, `password`, `number`, `date`, `time`, `datetime-local` or `search`.
    #[prop(default = "text")]
    kind: &'static str,
    /// Whether it may not be empty.
    #[prop(optional)]
    required: bool,
    /// What the browser may fill in, such as `email` or `current-password`.
    #[prop(default = "")]
    autocomplete: &'static str,
    /// The keyboard of a phone: `decimal` for amounts and rates.
    #[prop(default = "")]
    inputmode: &'static str,
    /// The most characters it takes; 0 for no limit.
    #[prop(default = 0)]
    maxlength: u32,
) -> impl IntoView {
    let id = field_id(&name);
    let value = if kind == "password" { String::new() } else { value };
    let kind = if holds(kind, &value) { kind } else { "text" };
    let notes = Notes::new(&id, hint, error);
    let control = view! {
        <input
            id=id.clone() name=name type=kind value=value required=required
            autocomplete=some(autocomplete) inputmode=some(inputmode)
            maxlength=(maxlength > 0).then(|| maxlength.to_string())
            step=(kind == "number").then_some("any")
            aria-describedby=notes.described_by.clone() aria-invalid=notes.invalid()
        />
    };
    framed(id, label, required, notes, control.into_any())
}

/// Whether a control of this kind can show the value. Browsers drop what is no date from a date's control and what is no
/// number from a number's, and what was typed has to stay.
fn holds(kind: &str, value: &str) -> bool {
    match kind {
        "date" => value.is_empty() || value.parse::<NaiveDate>().is_ok(),
        "datetime-local" => value.is_empty() || value.parse::<NaiveDateTime>().is_ok() || is_minute(value),
        "time" => value.is_empty() || NaiveTime::parse_from_str(value, "%H:%M").is_ok(),
        "number" => value.is_empty() || value.parse::<Decimal>().is_ok(),
        _ => true,
    }
}

/// A date and time without seconds, as browsers send it.
fn is_minute(value: &str) -> bool {
    NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%M").is_ok()
}

/// A control with several lines of text. The only place a `textarea` is written: its content is escaped here, since
/// Leptos 0.8 writes it as it is.
#[component]
pub fn TextArea(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// What it starts with.
    #[prop(optional, into)]
    value: String,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Maybe,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Maybe,
    /// How many lines it shows.
    #[prop(default = 5)]
    rows: u32,
    /// Whether it may not be empty.
    #[prop(optional)]
    required: bool,
    /// The most characters it takes; 0 for no limit.
    #[prop(default = 0)]
    maxlength: u32,
    /// A name under which what is typed is kept for its writer until it is sent, such as `case-12-reply`: lower-case
    /// letters, digits and hyphens; empty for not. The server function forgets it where its form is done, by naming it
    /// as the field `keep` that it gives to `forms::finish`.
    #[prop(optional, into)]
    keep: String,
) -> impl IntoView {
    let id = field_id(&name);
    let notes = Notes::new(&id, hint, error);
    // What was typed here last and not sent; what a refused form brings back counts more.
    let draft = use_context::<Drafts>().filter(|_| value.is_empty()).and_then(|drafts| drafts.get(&keep));
    let marked = draft.is_some().then_some("");
    let restored =
        draft.is_some().then(|| view! { <p class="kept" role="status">{tr!(super::locale(), live.restored)}</p> });
    let value = draft.unwrap_or(value);
    let keeper = (!keep.is_empty()).then(|| view! { <DraftKeeper/> });
    let kept = (!keep.is_empty()).then(|| tr!(super::locale(), ui.draft_kept));
    // The parser drops one line end after the start tag; ours, not the writer's.
    let content = format!("\n{}", escape::text(&value));
    let control = view! {
        <textarea
            id=id.clone() name=name rows=rows.to_string() required=required
            maxlength=(maxlength > 0).then(|| maxlength.to_string())
            data-keep=some(keep) data-kept=kept data-restored=marked
            aria-describedby=notes.described_by.clone() aria-invalid=notes.invalid()
            inner_html=content
        ></textarea>
        {keeper}
        {restored}
    };
    framed(id, label, required, notes, control.into_any())
}

/// A choice from a list: value and words.
#[component]
pub fn Select(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// Values and words.
    options: Vec<(String, String)>,
    /// The value chosen so far.
    #[prop(optional, into)]
    selected: String,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Maybe,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Maybe,
    /// Whether one has to be chosen.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let id = field_id(&name);
    let notes = Notes::new(&id, hint, error);
    let options = options
        .into_iter()
        .map(|(value, words)| {
            let chosen = value == selected;
            view! { <option value=value selected=chosen>{words}</option> }
        })
        .collect_view();
    let control = view! {
        <select
            id=id.clone() name=name required=required
            aria-describedby=notes.described_by.clone() aria-invalid=notes.invalid()
        >{options}</select>
    };
    framed(id, label, required, notes, control.into_any())
}

/// A choice of which all answers are seen: value and words.
#[component]
pub fn Choice(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// What is asked.
    #[prop(into)]
    label: String,
    /// Values and words.
    options: Vec<(String, String)>,
    /// The value chosen so far.
    #[prop(optional, into)]
    selected: String,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Maybe,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Maybe,
    /// Whether one has to be chosen.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let id = field_id(&name);
    let notes = Notes::new(&id, hint, error);
    let options = options
        .into_iter()
        .enumerate()
        .map(|(index, (value, words))| {
            let id = format!("{id}-{index}");
            let chosen = value == selected;
            view! {
                <div class="option">
                    <input type="radio" id=id.clone() name=name.clone() value=value checked=chosen required=required/>
                    <label for=id>{words}</label>
                </div>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field choice" data-error=notes.error.is_some().then_some("") aria-describedby=notes.described_by.clone()>
            <legend>{label}{optional(required)}</legend>
            {notes.hint()}
            {options}
            {notes.error()}
        </fieldset>
    }
}

/// A box to tick. Sends `yes`, or nothing.
#[component]
pub fn Check(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// What is agreed to.
    #[prop(into)]
    label: String,
    /// Whether it is ticked.
    #[prop(optional)]
    checked: bool,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Maybe,
    /// Whether it has to be ticked.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let id = field_id(&name);
    let notes = Notes::new(&id, Maybe::default(), error);
    view! {
        <div class="field check" data-error=notes.error.is_some().then_some("")>
            <div class="option">
                <input
                    type="checkbox" id=id.clone() name=name value="yes" checked=checked required=required
                    aria-describedby=notes.described_by.clone() aria-invalid=notes.invalid()
                />
                <label for=id>{label}</label>
            </div>
            {notes.error()}
        </div>
    }
}

/// A file to send.
#[component]
pub fn FileField(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// Endings that the browser offers first, such as `.xml,.csv`.
    #[prop(default = "")]
    accept: &'static str,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Maybe,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Maybe,
    /// Whether there may be none.
    #[prop(optional)]
    optional: bool,
    /// Whether there may be several.
    #[prop(optional)]
    several: bool,
) -> impl IntoView {
    let id = field_id(&name);
    let notes = Notes::new(&id, hint, error);
    let control = view! {
        <input
            id=id.clone() name=name type="file" required=!optional multiple=several accept=some(accept)
            aria-describedby=notes.described_by.clone() aria-invalid=notes.invalid()
        />
    };
    framed(id, label, !optional, notes, control.into_any())
}

/// What a form sends without asking: a row's version, a form's key.
#[component]
pub fn Hidden(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// What is sent.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! { <input type="hidden" name=name value=value autocomplete="off"/> }
}

/// How much a button weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    /// The one thing to do here.
    #[default]
    Primary,
    /// Something else that can be done.
    Quiet,
    /// Takes something away.
    Danger,
}

impl Weight {
    fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Quiet => "quiet",
            Self::Danger => "danger",
        }
    }
}

/// The button that sends a form. With a name and value where a form has several.
#[component]
pub fn Submit(
    /// What it does, as a verb.
    #[prop(into)]
    text: String,
    /// How much it weighs.
    #[prop(optional)]
    tone: Weight,
    /// The name it is sent under, where that matters.
    #[prop(optional, into)]
    name: String,
    /// What is sent then.
    #[prop(optional, into)]
    value: String,
    /// The key that presses it, together with those the browser wants; empty for none.
    #[prop(optional, into)]
    key: String,
) -> impl IntoView {
    let value = (!name.is_empty()).then_some(value);
    view! {
        <button class="button" data-weight=tone.as_str() type="submit" name=some(name) value=value accesskey=some(key)>
            {text}
        </button>
    }
}

/// Hint and error of one control.
struct Notes {
    id: String,
    hint: Option<String>,
    error: Option<String>,
    described_by: Option<String>,
}

impl Notes {
    fn new(id: &str, Maybe(hint): Maybe, Maybe(error): Maybe) -> Self {
        let ids: Vec<_> =
            [hint.is_some().then(|| format!("{id}-hint")), error.is_some().then(|| format!("{id}-error"))]
                .into_iter()
                .flatten()
                .collect();
        Self { id: id.to_owned(), hint, error, described_by: (!ids.is_empty()).then(|| ids.join(" ")) }
    }

    fn invalid(&self) -> Option<&'static str> {
        self.error.is_some().then_some("true")
    }

    fn hint(&self) -> Option<AnyView> {
        let hint = self.hint.clone()?;
        Some(view! { <p class="hint" id=format!("{}-hint", self.id)>{hint}</p> }.into_any())
    }

    fn error(&self) -> Option<AnyView> {
        let error = self.error.clone()?;
        Some(
            view! { <p class="error" id=format!("{}-error", self.id)>{mark(Tone::Bad)}<span>{error}</span></p> }
                .into_any(),
        )
    }
}

fn framed(id: String, label: String, required: bool, notes: Notes, control: AnyView) -> AnyView {
    view! {
        <div class="field" data-error=notes.error.is_some().then_some("")>
            <label for=id>{label}{optional(required)}</label>
            {notes.hint()}
            {control}
            {notes.error()}
        </div>
    }
    .into_any()
}

/// Says which fields may stay empty, since most may not.
fn optional(required: bool) -> Option<AnyView> {
    (!required).then(|| view! { " "<span class="optional">{tr!(super::locale(), ui.optional)}</span> }.into_any())
}

fn some(text: impl Into<String>) -> Option<String> {
    Some(text.into()).filter(|text| !text.is_empty())
}
