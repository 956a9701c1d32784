//! Payouts to an account that its partner has changed since.

use super::payouts::table;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PayoutRunId;
use crate::base::language::tr;
use crate::paths;
use crate::payout_runs::store::{self, Wanted};
use crate::ui::layout::section;
use crate::ui::text;
use leptos::prelude::*;

/// Payouts that are listed here; the rest is one filter away.
const LISTED: i64 = 20;

/// Payouts that no file will take, as their partner has another method since; before the release as after it.
pub(super) async fn changed_methods(ctx: &Context, tx: &mut Tx, run: PayoutRunId) -> Result<Option<AnyView>, AppError> {
    let locale = ctx.locale;
    let wanted = Wanted { method_changed: true, ..Wanted::default() };
    let lines = store::payouts(tx, run, &wanted, LISTED).await?;
    if lines.is_empty() {
        return Ok(None);
    }
    let all = format!("{}&changed=yes", paths::run_view(run, "payouts"));
    let more = (lines.len() as i64 == LISTED).then(|| text::link(all, tr!(locale, sending.changed_all)));
    let body = view! {
        <p>{tr!(locale, sending.changed_text)}</p>
        {table(ctx, run, &lines, tr!(locale, sending.changed_caption))}
        {more.map(|more| view! { <p>{more}</p> })}
    };
    Ok(Some(section(tr!(locale, sending.changed_heading), body.into_any())))
}
