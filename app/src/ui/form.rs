//! Plain forms: a POST to a server function, or a GET that changes what a page shows.

use super::badge::Tone;
use super::notice::notice;
use crate::base::forms::Draft;
use crate::base::language::tr;
use leptos::prelude::*;

/// What a form as a whole has to say after it was refused.
#[derive(Clone, Debug, Default)]
pub struct General {
    message: Option<String>,
    refused: bool,
}

impl From<&Draft> for General {
    fn from(draft: &Draft) -> Self {
        Self { message: draft.error(""), refused: draft.is_refused() }
    }
}

/// A form that changes something. What is wrong with it as a whole stands on top.
#[component]
pub fn Form(
    /// The server function's address.
    #[prop(into)]
    action: String,
    /// Its id. A refused form is shown again at `#form`, the default; each form of a page needs its own.
    #[prop(optional, into)]
    id: String,
    /// What was typed when it was refused.
    #[prop(optional, into)]
    draft: General,
    /// Another class for the layout: `inline` for a row.
    #[prop(default = "")]
    class: &'static str,
    /// Whether it sends a file; then it goes to a route of its own, not to a server function.
    #[prop(optional)]
    with_file: bool,
    /// Its fields.
    children: Children,
) -> impl IntoView {
    let id = if id.is_empty() { "form".to_owned() } else { id };
    let message = draft.message.or_else(|| draft.refused.then(|| tr!(super::locale(), ui.form_refused)));
    provide_context(FormId(id.clone()));
    let fields = children();
    provide_context(FormId::default());
    view! {
        <form class=format!("form {class}").trim_end().to_owned() method="post" action=action id=id enctype=with_file.then_some("multipart/form-data")>
            {message.map(|text| notice(Tone::Bad, text))}
            {fields}
        </form>
    }
}

/// A form that narrows what a page shows: its fields become the query of the address.
#[component]
pub fn Filter(
    /// The page.
    #[prop(into)]
    action: String,
    /// Its fields.
    children: Children,
) -> impl IntoView {
    provide_context(FormId("filter".to_owned()));
    let fields = children();
    provide_context(FormId::default());
    view! { <form class="form filter" method="get" action=action role="search">{fields}</form> }
}

/// The form a field is in.
#[derive(Clone, Default)]
struct FormId(String);

/// The id of a field in the form around it.
pub(super) fn field_id(name: &str) -> String {
    match use_context::<FormId>() {
        Some(FormId(form)) if !form.is_empty() => format!("{form}-{name}"),
        _ => format!("field-{name}"),
    }
}
