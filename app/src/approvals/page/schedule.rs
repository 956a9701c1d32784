//! The form that proposes when payouts are made.

use crate::base::context::Context;
use crate::base::forms::{self, Draft};
use crate::base::ids::{CaseId, PartnerId};
use crate::base::language::tr;
use crate::payout_runs::store::Home;
use crate::ui::field::{Field, Hidden, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use leptos::prelude::*;

/// The form of a case, for its partner.
pub(crate) fn of_case(ctx: &Context, case: CaseId, partner: PartnerId, id: String, draft: &Draft) -> AnyView {
    let about = view! {
        <Hidden name="case" value=case.to_string()/>
        <Hidden name="partner" value=partner.to_string()/>
    };
    form(ctx, about.into_any(), id, draft)
}

/// The form for everybody in a programme.
pub(super) fn of_programme(ctx: &Context, homes: &[Home], draft: &Draft) -> AnyView {
    let about = match homes {
        [home] => view! { <Hidden name="programme" value=home.code.clone()/> }.into_any(),
        homes => {
            let options = homes.iter().map(|home| (home.code.clone(), home.name.clone())).collect::<Vec<_>>();
            view! {
                <Select
                    name="programme" label=tr!(ctx.locale, approvals.schedule_programme) options=options
                    selected=draft.value("programme") error=draft.error("programme") required=true
                />
            }
            .into_any()
        }
    };
    form(ctx, about, "propose-schedule".to_owned(), draft)
}

fn form(ctx: &Context, about: AnyView, id: String, draft: &Draft) -> AnyView {
    let (locale, draft) = (ctx.locale, draft.clone());
    let kinds = vec![
        ("weekly".to_owned(), tr!(locale, approvals.schedule_weekly)),
        ("twice_monthly".to_owned(), tr!(locale, approvals.schedule_twice_monthly)),
        ("monthly".to_owned(), tr!(locale, approvals.schedule_monthly)),
        ("net".to_owned(), tr!(locale, approvals.schedule_net)),
    ];
    view! {
        <Form action="/do/propose-schedule" id=id draft=&draft>
            <Hidden name="form_name" value="propose-schedule"/>
            {about}
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <Select
                name="kind" label=tr!(locale, approvals.schedule_kind) options=kinds selected=draft.value_or("kind", "monthly")
                error=draft.error("kind") required=true
            />
            <Field
                name="day" label=tr!(locale, approvals.schedule_day) hint=Some(tr!(locale, approvals.schedule_day_hint))
                inputmode="numeric" value=draft.value("day") error=draft.error("day") required=true
            />
            <TextArea
                name="reason" label=tr!(locale, desk.change_reason) hint=Some(tr!(locale, desk.propose_reason_hint))
                value=draft.value("reason") error=draft.error("reason") rows=3 required=true maxlength=4_000
            />
            <Submit text=tr!(locale, desk.propose_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
