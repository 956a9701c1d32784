//! What a case's page shows of it: that it was given away, and the form that does.

use super::store::{Given, givers};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::Draft;
use crate::base::ids::{CaseId, PartnerId};
use crate::base::language::tr;
use crate::ui::Tone;
use crate::ui::field::{Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::notice::notice_with;
use crate::ui::text;
use leptos::prelude::*;

/// Who gave a case away.
pub struct Desk(Vec<Given>);

impl Desk {
    /// Reads it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Self, AppError> {
        givers(tx, partner, case).await.map(Self)
    }
}

/// Who gave it away, to whom, why; for the house alone.
pub fn told(ctx: &Context, desk: &Desk) -> AnyView {
    let each = desk.0.iter().map(|given| {
        let words = tr!(ctx.locale, given_away.told, from = given.from_name.as_str(), to = given.to_name.as_str());
        let body = view! { <p>{words}" "{text::time_exact(ctx, given.at)}</p>{text::prose(given.reason.clone())} };
        notice_with(Tone::Info, body.into_any())
    });
    each.collect_view().into_any()
}

/// The form; nothing for whoever gave it away already.
pub fn form(ctx: &Context, (case, version): (CaseId, i32), desk: &Desk, draft: Draft, id: String) -> Option<AnyView> {
    let me = ctx.actor.person()?;
    if desk.0.iter().any(|given| given.from == me) {
        return None;
    }
    let (locale, open) = (ctx.locale, draft.is_refused());
    let form = view! {
        <Form action="/do/give-away" id=id draft=&draft>
            <Hidden name="case" value=case.to_string()/>
            <Hidden name="version" value=version.to_string()/>
            <TextArea
                name="reason" label=tr!(locale, given_away.reason) hint=Some(tr!(locale, given_away.reason_hint)) rows=2 required=true
                value=draft.value("reason") error=draft.error("reason") maxlength=2000
            />
            <Submit text=tr!(locale, given_away.button) tone=Weight::Quiet/>
        </Form>
    };
    Some(view! { <details open=open><summary>{tr!(locale, given_away.title)}</summary>{form}</details> }.into_any())
}
