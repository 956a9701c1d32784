//! What a partner reads of what went wrong for many, calmly, above their own.

use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::tr;
use crate::incidents::model::Banner;
use crate::incidents::store;
use crate::paths;
use crate::ui::Tone;
use crate::ui::notice::notice_with;
use crate::ui::text;
use leptos::prelude::*;

/// A notice for each incident that concerns the reader's partner; nothing where there is none.
///
/// # Errors
/// When the database is away.
pub async fn banner(ctx: &Context, tx: &mut Tx) -> Result<AnyView, AppError> {
    let banners = store::banners(tx, ctx.locale, ctx.now()).await?;
    Ok(banners.into_iter().map(|each| show(ctx, each)).collect_view().into_any())
}

fn show(ctx: &Context, banner: Banner) -> AnyView {
    let locale = ctx.locale;
    let next = banner.next_at.map(|next| {
        let when = format::date_time(locale, ctx.time_zone, next);
        if next < ctx.now() {
            tr!(locale, incidents.banner_late, when = when)
        } else {
            tr!(locale, incidents.banner_next, when = when)
        }
    });
    // On that very page it would lead nowhere.
    let here = ctx.path.split('?').next().unwrap_or_default();
    let case = banner.case.filter(|case| paths::dispute(*case) != here).map(|case| {
        let words = tr!(locale, incidents.banner_case);
        view! { <p>{text::link(paths::dispute(case), words)}</p> }
    });
    let body = view! {
        <p><strong>{banner.title}</strong></p>
        {text::prose(banner.body)}
        <p class="small">{banner.signed_by}", "{text::time_exact(ctx, banner.said_at)}". "{next}</p>
        {case}
    };
    notice_with(Tone::Info, body.into_any())
}
