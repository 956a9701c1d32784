//! Tax data on a case's page: numbers masked, and whole for two minutes to whoever said why.

use super::own::lines;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::Draft;
use crate::base::ids::{CaseId, PartnerId};
use crate::base::language::tr;
use crate::reveals::model::{Reveal, What};
use crate::reveals::{page, store as reveals};
use crate::tax::model::Profile;
use crate::tax::secrets::Numbers;
use crate::tax::store;
use crate::ui::layout::{facts, section};
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
        Ok(Self { profile, whole, reveals: reveals::list(tx, partner, What::TaxProfile).await? })
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
            {(may && desk.whole.is_none()).then(|| page::ask(ctx, case, What::TaxProfile, draft))}
            {page::reveals(ctx, What::TaxProfile, &desk.reveals)}
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
    page::whole(ctx, lines, until)
}
