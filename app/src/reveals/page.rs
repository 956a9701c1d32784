//! The form that asks to look, until when something is shown, and who looked.

use super::model::{LONGEST_REASON, Reveal, What};
use crate::base::context::Context;
use crate::base::forms::{self, Draft};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::ui::badge::Tone;
use crate::ui::field::{Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::facts;
use crate::ui::notice::notice_with;
use crate::ui::text;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// What is shown whole, and until when.
pub fn whole(ctx: &Context, lines: Vec<(String, AnyView)>, until: DateTime<Utc>) -> AnyView {
    let body = view! {
        {facts(lines)}
        <p>{tr!(ctx.locale, payout_methods.revealed_until)}" "{text::time_exact(ctx, until)}</p>
    };
    notice_with(Tone::Info, body.into_any())
}

/// The form. `draft` is it, where it was refused.
pub fn ask(ctx: &Context, case: CaseId, what: What, draft: Draft) -> AnyView {
    let locale = ctx.locale;
    let refused = draft.is_refused();
    let id = if refused { "form".to_owned() } else { format!("form-{}", what.endpoint()) };
    let (title, button) = match what {
        What::PayoutMethod => (tr!(locale, payout_methods.reveal_title), tr!(locale, payout_methods.reveal_button)),
        What::TaxProfile => (tr!(locale, tax.reveal_title), tr!(locale, tax.reveal_button)),
    };
    let most = u32::try_from(LONGEST_REASON).unwrap_or(u32::MAX);
    view! {
        <details open=refused>
            <summary>{title}</summary>
            <Form action=format!("/do/{}", what.endpoint()) id=id draft=&draft>
                <Hidden name="case" value=case.to_string()/>
                <Hidden name="form_key" value=forms::new_key()/>
                <TextArea
                    name="reason" label=tr!(locale, payout_methods.reveal_reason) hint=tr!(locale, payout_methods.reveal_hint)
                    value=draft.value("reason") error=draft.error("reason") rows=2 required=true maxlength=most
                />
                <Submit text=button tone=Weight::Quiet/>
            </Form>
        </details>
    }
    .into_any()
}

/// Who looked, and why; nothing where nobody did.
pub fn reveals(ctx: &Context, what: What, reveals: &[Reveal]) -> Option<AnyView> {
    let title = match what {
        What::PayoutMethod => tr!(ctx.locale, payout_methods.reveals_title),
        What::TaxProfile => tr!(ctx.locale, tax.reveals_title),
    };
    let lines = reveals.iter().map(|reveal| {
        let (by, masked, reason) = (reveal.by.clone(), reveal.masked.clone(), reveal.reason.clone());
        view! { <li>{by}", "{text::time_exact(ctx, reveal.at)}" ("{masked}"): "{reason}</li> }
    });
    let list = view! { <details><summary>{title}</summary><ul>{lines.collect_view()}</ul></details> };
    (!reveals.is_empty()).then(|| list.into_any())
}
