//! The part of the rate form that says steps, caps and how far back to replay.

use crate::base::context::Context;
use crate::base::forms::Draft;
use crate::base::language::tr;
use crate::ui::field::{Field, Select, TextArea};
use leptos::prelude::*;

/// The fields, folded away until they are used; with the days of a replay where there is one.
pub(super) fn fields(ctx: &Context, draft: &Draft, currency: &str, replayed: bool) -> AnyView {
    let locale = ctx.locale;
    let names = ["steps_by", "steps", "most_each", "most_month", "days"];
    let used = names.into_iter().any(|name| !draft.value(name).is_empty() || draft.error(name).is_some());
    let by = [
        ("", tr!(locale, steps.form_none)),
        ("volume_marginal", tr!(locale, steps.form_volume_marginal)),
        ("volume_whole", tr!(locale, steps.form_volume_whole)),
        ("count_whole", tr!(locale, steps.form_count_whole)),
    ]
    .map(|(value, words)| (value.to_owned(), words))
    .to_vec();
    let days =
        [("", tr!(locale, steps.days_90)), ("30", tr!(locale, steps.days_30)), ("365", tr!(locale, steps.days_365))]
            .map(|(value, words)| (value.to_owned(), words))
            .to_vec();
    let replayed = replayed.then(|| {
        view! {
            <Select
                name="days" label=tr!(locale, steps.form_days) options=days selected=draft.value("days")
                error=draft.error("days") required=false
            />
        }
    });
    let cap = |label: String| format!("{label} ({currency})");
    view! {
        <details open=used>
            <summary>{tr!(locale, steps.form_summary)}</summary>
            <p>{tr!(locale, steps.form_hint)}</p>
            <Select
                name="steps_by" label=tr!(locale, steps.form_by) options=by selected=draft.value("steps_by")
                error=draft.error("steps_by") required=false
            />
            <TextArea
                name="steps" label=tr!(locale, steps.form_steps) hint=Some(tr!(locale, steps.form_steps_hint))
                value=draft.value("steps") error=draft.error("steps") rows=3
            />
            <Field
                name="most_each" label=cap(tr!(locale, steps.form_most_each)) inputmode="decimal" value=draft.value("most_each")
                error=draft.error("most_each")
            />
            <Field
                name="most_month" label=cap(tr!(locale, steps.form_most_month)) inputmode="decimal" value=draft.value("most_month")
                error=draft.error("most_month")
            />
            {replayed}
        </details>
    }
    .into_any()
}
