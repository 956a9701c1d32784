//! Tax data on a case's page: numbers masked, and whole for two minutes to whoever said why.

use super::own::lines;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::ids::{CaseId, PartnerId};
use crate::base::language::tr;
use crate::payout_methods::model::Reveal;
use crate::payout_methods::rules::LONGEST_REASON;
use crate::tax::model::Profile;
use crate::tax::secrets::Numbers;
use crate::tax::store;
use crate::ui::badge::Tone;
use crate::ui::field::{Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{facts, section};
use crate::ui::notice::notice_with;
use crate::ui::text;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// What the desk knows of a partner's tax data.
pub struct Desk {
    profile: Option<Profile>,
    whole: Option<(Numbers, DateTime<Utc>)>,
    reveals: Vec<Reveal>,
}

impl Desk {
    /// Reads it for whoever asks.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(ctx: &Context, tx: &mut Tx, partner: PartnerId) -> Result<Self, AppError> {
        let profile = store::newest(tx, partner, ctx.now()).await?;
        let whole = match &profile {
            Some(profile) if Who::Reveals.includes(&ctx.actor) => {
                store::revealed(tx, &ctx.secrets, partner, profile.id, ctx.staff()?.person, ctx.now()).await?
            }
            _ => None,
        };
        Ok(Self { profile, whole, reveals: store::reveals(tx, partner).await? })
    }
}

/// The section. `draft` is the reveal's form, where that was refused.
pub fn reveal(ctx: &Context, case: CaseId, desk: &Desk, draft: Draft) -> AnyView {
    let locale = ctx.locale;
    let Some(profile) = &desk.profile else {
        return section(tr!(locale, tax.data), view! { <p>{tr!(locale, tax.desk_none)}</p> }.into_any());
    };
    let has_number = profile.tax_number.is_some() || profile.vat_number.is_some();
    let may = has_number && Who::Reveals.includes(&ctx.actor);
    let body = view! {
        <div id="tax-data">
            {facts(lines(ctx, profile))}
            {desk.whole.as_ref().map(|(numbers, until)| whole(ctx, numbers, *until))}
            {(may && desk.whole.is_none()).then(|| ask(ctx, case, draft))}
            {(!desk.reveals.is_empty()).then(|| reveals(ctx, &desk.reveals))}
        </div>
    };
    section(tr!(locale, tax.data), body.into_any())
}

fn whole(ctx: &Context, numbers: &Numbers, until: DateTime<Utc>) -> AnyView {
    let locale = ctx.locale;
    let lines = [(tr!(locale, tax.tax_number), &numbers.tax), (tr!(locale, tax.vat_number), &numbers.vat)]
        .into_iter()
        .filter_map(|(label, number)| Some((label, number.as_ref()?.as_str().to_owned().into_any())))
        .collect();
    let body = view! {
        {facts(lines)}
        <p>{tr!(locale, payout_methods.revealed_until)}" "{text::time_exact(ctx, until)}</p>
    };
    notice_with(Tone::Info, body.into_any())
}

fn ask(ctx: &Context, case: CaseId, draft: Draft) -> AnyView {
    let locale = ctx.locale;
    let refused = draft.is_refused();
    let id = if refused { "form" } else { "form-reveal-tax-number" };
    let most = u32::try_from(LONGEST_REASON).unwrap_or(u32::MAX);
    view! {
        <details open=refused>
            <summary>{tr!(locale, tax.reveal_title)}</summary>
            <Form action="/do/reveal-tax-number" id=id draft=&draft>
                <Hidden name="case" value=case.to_string()/>
                <Hidden name="form_key" value=forms::new_key()/>
                <TextArea
                    name="reason" label=tr!(locale, payout_methods.reveal_reason) hint=tr!(locale, payout_methods.reveal_hint)
                    value=draft.value("reason") error=draft.error("reason") rows=2 required=true maxlength=most
                />
                <Submit text=tr!(locale, tax.reveal_button) tone=Weight::Quiet/>
            </Form>
        </details>
    }
    .into_any()
}

fn reveals(ctx: &Context, reveals: &[Reveal]) -> AnyView {
    let lines = reveals
        .iter()
        .map(|reveal| {
            view! {
                <li>
                    {reveal.by.clone()}", "{text::time_exact(ctx, reveal.at)}" ("{reveal.masked.clone()}"): "{reveal.reason.clone()}
                </li>
            }
        })
        .collect_view();
    view! {
        <details>
            <summary>{tr!(ctx.locale, tax.reveals_title)}</summary>
            <ul>{lines}</ul>
        </details>
    }
    .into_any()
}
