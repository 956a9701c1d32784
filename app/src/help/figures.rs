//! What the desk's figures say of help: articles nobody touched, dead links, replies that spoke otherwise.

use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PersonId;
use crate::base::language::tr;
use crate::help;
use crate::links;
use crate::rota::spans::Span;
use crate::ui::layout::{facts, section};
use crate::ui::text;
use leptos::prelude::AnyView;

/// The section; for one person, only what they sent.
///
/// # Errors
/// When the database is away.
pub async fn of_help(ctx: &Context, tx: &mut Tx, window: Span, person: Option<PersonId>) -> Result<AnyView, AppError> {
    let locale = ctx.locale;
    let mismatches = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM variant_mismatch
           WHERE sent_at >= $1 AND sent_at < $2 AND ($3::bigint IS NULL OR sent_by = $3)"#,
        window.from,
        window.to,
        person.map(|person| person.0),
    )
    .fetch_one(&mut **tx)
    .await?;
    let mut lines = vec![(tr!(locale, macros.figure), text::count(ctx, mismatches))];
    if person.is_none() {
        lines.push((tr!(locale, help.figure), text::count(ctx, help::store::untouched(tx, window.to).await?)));
        // Links are checked now and not in the past, so this one figure is of now.
        lines.push((tr!(locale, links.figure), text::count(ctx, links::store::dead(tx).await?)));
    }
    Ok(section(tr!(locale, help.figures_title), facts(lines)))
}
