//! Beside a case: what its partner was granted, and the form that asks for more.

use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::ids::{CaseId, PartnerId};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::promo::model::{Goal, Grant, Package, Progress};
use crate::promo::rules::{self, Standing};
use crate::promo::{store, words};
use crate::ui::Tone;
use crate::ui::field::{Hidden, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::notice::notice;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// What the desk reads of a partner's promotions.
pub struct Desk {
    grants: Vec<(Grant, Progress)>,
    available: Vec<Package>,
}

impl Desk {
    /// Reads it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(tx: &mut Tx, partner: PartnerId, now: DateTime<Utc>) -> Result<Self, AppError> {
        let mut grants = Vec::new();
        for grant in store::of_partner(tx, partner).await? {
            // Only of what runs, the sum is still to be made.
            let progress = match (rules::standing(&grant, now), grant.end) {
                (Standing::Running | Standing::Waiting, _) => store::progress(tx, partner, &grant.package).await?,
                (_, Some((_, _, counted))) => Progress { counted, waits: rust_decimal::Decimal::ZERO },
                _ => Progress { counted: rust_decimal::Decimal::ZERO, waits: rust_decimal::Decimal::ZERO },
            };
            grants.push((grant, progress));
        }
        Ok(Self { grants, available: store::available(tx, partner, now).await? })
    }

    /// As a section of the case's facts, with what the reader may credit alone; and with a form where there is something to ask for and somebody who may.
    pub fn show(&self, ctx: &Context, case: CaseId, limit: Option<Money>, form: Option<(Draft, String)>) -> AnyView {
        let locale = ctx.locale;
        if self.grants.is_empty() && self.available.is_empty() {
            return ().into_any();
        }
        let lines = self.grants.iter().map(|(grant, progress)| {
            let standing = rules::standing(grant, ctx.now());
            let far = (matches!(standing, Standing::Running | Standing::Ended(_)) && grant.package.goal != Goal::Once)
                .then(|| view! { <br/>{words::so_far(locale, &grant.package, *progress)} });
            view! { <li>{words::line(locale, &grant.package)}" "{words::standing(locale, standing)}{far}</li> }
        });
        let lines = lines.collect::<Vec<_>>();
        let lines = match lines.is_empty() {
            true => view! { <p>{tr!(locale, promo.desk_none)}</p> }.into_any(),
            false => view! { <ul>{lines}</ul> }.into_any(),
        };
        let form = form.filter(|_| !self.available.is_empty());
        let form = form.map(|(draft, id)| self.form(ctx, case, limit, draft, id));
        section(tr!(locale, promo.own_title), view! { {lines}{form} }.into_any())
    }

    fn form(&self, ctx: &Context, case: CaseId, limit: Option<Money>, draft: Draft, id: String) -> AnyView {
        let locale = ctx.locale;
        let choose = std::iter::once((String::new(), tr!(locale, promo.choose)));
        let packages = self.available.iter().map(|package| (package.id.to_string(), words::line(locale, package)));
        let options = choose.chain(packages).collect::<Vec<_>>();
        let limit = limit.map(|limit| tr!(locale, promo.desk_limit, limit = format::money(locale, limit)));
        let open = draft.is_refused();
        view! {
            <details open=open>
                <summary>{tr!(locale, promo.desk_summary)}</summary>
                {draft.error("").map(|message| notice(Tone::Bad, message))}
                <p>{tr!(locale, promo.desk_lead)}" "{limit}</p>
                <Form action="/do/propose-promo" id=id draft=&draft>
                    <Hidden name="case" value=case.to_string()/>
                    <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
                    <Select
                        name="package" label=tr!(locale, promo.column_package) options=options selected=draft.value("package")
                        error=draft.error("package") required=true
                    />
                    <TextArea
                        name="reason" label=tr!(locale, promo.reason) hint=Some(tr!(locale, promo.reason_hint))
                        value=draft.value("reason") error=draft.error("reason") rows=2 required=true maxlength=4_000
                    />
                    <TextArea
                        name="reason_partner" label=tr!(locale, approvals.reason_partner)
                        hint=Some(tr!(locale, promo.desk_partner_hint))
                        value=draft.value("reason_partner") error=draft.error("reason_partner") rows=2 required=true maxlength=4_000
                    />
                    <Submit text=tr!(locale, promo.desk_button) tone=Weight::Quiet/>
                </Form>
            </details>
        }
        .into_any()
    }
}
