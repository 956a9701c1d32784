//! On the page of a decision: whom a decrease was told, what they say to it, and the way to stop it.

use crate::agreement::model::{Notice, Said};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::Draft;
use crate::base::ids::ProposalId;
use crate::base::language::tr;
use crate::paths;
use crate::ui::badge::{Tone, badge};
use crate::ui::field::{Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::text;
use leptos::prelude::*;

/// Whom it was told; nothing where it is no decrease.
pub fn told(ctx: &Context, proposal: ProposalId, notices: &[Notice], draft: &Draft) -> AnyView {
    let Some(first) = notices.first() else { return ().into_any() };
    let locale = ctx.locale;
    let day = format::date(locale, ctx.time_zone, first.applies_at);
    let lines: Vec<_> = notices
        .iter()
        .map(|notice| {
            let said = match (&notice.stopped, notice.said) {
                (Some((name, _)), _) => {
                    view! { {badge(Tone::Good, tr!(locale, agreement.stopped))}" "{name.clone()} }.into_any()
                }
                (None, Some(Said::Objected(case))) => {
                    let link = text::link(paths::case(case), tr!(locale, approvals.the_case, case = case));
                    view! { {badge(Tone::Bad, tr!(locale, agreement.objected))}" "{link} }.into_any()
                }
                (None, Some(Said::Acknowledged)) => badge(Tone::Neutral, tr!(locale, agreement.acknowledged)),
                (None, Some(Said::Silent)) => badge(Tone::Neutral, tr!(locale, agreement.silent)),
                (None, None) => badge(Tone::Waiting, tr!(locale, agreement.no_word)),
            };
            let may = notice.stopped.is_none() && notice.applies_at > ctx.now() && Who::Owners.includes(&ctx.actor);
            let form = may.then(|| stop(ctx, proposal, notice, draft));
            view! { <li>{notice.partner_name.clone()}" "{said}{form}</li> }
        })
        .collect();
    let lead = tr!(locale, agreement.told_lead, day = day);
    section(tr!(locale, agreement.told_title), view! { <p>{lead}</p><ul>{lines}</ul> }.into_any())
}

fn stop(ctx: &Context, proposal: ProposalId, notice: &Notice, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let name = format!("stop-change-{}", notice.partner);
    let typed = if draft.value("form_name") == name { draft.clone() } else { Draft::default() };
    let open = typed.is_refused();
    let id = if open { "form".to_owned() } else { name };
    let (partner, version, whom) =
        (notice.partner.to_string(), notice.version.to_string(), notice.partner_name.clone());
    view! {
        <details open=open>
            <summary>{tr!(locale, agreement.stop_summary, name = whom.clone())}</summary>
            <Form action="/do/stop-change" id=id draft=&typed>
                <Hidden name="proposal" value=proposal.to_string()/>
                <Hidden name="partner" value=partner/>
                <Hidden name="version" value=version/>
                <TextArea
                    name="reason" label=tr!(locale, approvals.reason_partner)
                    hint=Some(tr!(locale, approvals.reason_partner_hint, whom = whom))
                    value=typed.value("reason") error=typed.error("reason") rows=2 required=true maxlength=4_000
                />
                <Submit text=tr!(locale, agreement.stop_button) tone=Weight::Quiet/>
            </Form>
        </details>
    }
    .into_any()
}
