//! The payout method on a case's page: masked, and whole for two minutes to whoever said why.

use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::Draft;
use crate::base::ids::{CaseId, PartnerId};
use crate::base::language::tr;
use crate::payout_methods::address::Address;
use crate::payout_methods::model::Method;
use crate::payout_methods::store::Waiting;
use crate::payout_methods::{store, words};
use crate::reveals::model::{Reveal, What};
use crate::reveals::{page, store as reveals};
use crate::ui::layout::{facts, section};
use crate::ui::text;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// What the desk knows of a partner's payout method.
pub struct Desk {
    live: Option<Method>,
    waiting: Option<Waiting>,
    whole: Option<(Address, DateTime<Utc>)>,
    reveals: Vec<Reveal>,
}

impl Desk {
    /// Reads it for whoever asks.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(ctx: &Context, tx: &mut Tx, partner: PartnerId) -> Result<Self, AppError> {
        let live = store::live_method(tx, partner).await?;
        let whole = match &live {
            Some(method) if Who::Reveals.includes(&ctx.actor) => {
                store::revealed(tx, &ctx.secrets, partner, method, ctx.staff()?.person, ctx.now()).await?
            }
            _ => None,
        };
        let waiting = store::waiting(tx, partner).await?;
        Ok(Self { live, waiting, whole, reveals: reveals::list(tx, partner, What::PayoutMethod).await? })
    }
}

/// The section. `draft` is the reveal's form, where that was refused.
pub fn reveal(ctx: &Context, case: CaseId, desk: &Desk, draft: Draft) -> AnyView {
    let locale = ctx.locale;
    let waits = desk.waiting.as_ref().map(|waits| {
        let method = words::method(locale, &waits.method);
        view! { <p>{tr!(locale, confirmation.desk)}" "{method}</p> }
    });
    let Some(method) = &desk.live else {
        return section(
            tr!(locale, payout_methods.title),
            view! { <p>{tr!(locale, payout_methods.desk_none)}</p>{waits} }.into_any(),
        );
    };
    let mut lines = vec![
        (tr!(locale, payout_methods.kind), words::kind(locale, method.kind).into_any()),
        (tr!(locale, payout_methods.masked), method.masked.clone().into_any()),
        (tr!(locale, payout_methods.holder), method.holder.clone().into_any()),
        (tr!(locale, payout_methods.since), text::time_exact(ctx, method.added_at)),
    ];
    if method.usable_from > ctx.now() {
        lines.push((tr!(locale, payout_methods.usable_from), text::time_exact(ctx, method.usable_from)));
    }
    let may = Who::Reveals.includes(&ctx.actor);
    let body = view! {
        <div id="payout-method">
            {facts(lines)}
            {waits}
            {desk.whole.as_ref().map(|(address, until)| whole(ctx, address, *until))}
            {(may && desk.whole.is_none()).then(|| page::ask(ctx, case, What::PayoutMethod, draft))}
            {page::reveals(ctx, What::PayoutMethod, &desk.reveals)}
        </div>
    };
    section(tr!(locale, payout_methods.title), body.into_any())
}

fn whole(ctx: &Context, address: &Address, until: DateTime<Utc>) -> AnyView {
    let lines = address.written().into_iter().map(|(part, value)| (words::part(ctx.locale, part), value.into_any()));
    page::whole(ctx, lines.collect(), until)
}
