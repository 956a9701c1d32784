//! Saying which columns Wise's files have.

use super::{owner, sending_done};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{End, Errors};
use crate::base::ids::PayoutRunId;
use crate::base::language::tr;
use crate::paths;
use crate::payout_files::wise::ColumnsError;
use crate::payout_runs::store;
use crate::payout_runs::wise_header::{LONGEST, columns, row};
use uuid::Uuid;

/// Takes the header row of a template that an owner has pasted; empty, the usual columns come back.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn set_wise_header(ctx: &Context, run: PayoutRunId, pasted: &str, form_key: &str) -> Result<End, AppError> {
    let staff = owner(ctx)?;
    let form_key: Uuid = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let row = row(pasted);
    let refused = match columns(&row) {
        _ if row.chars().count() > LONGEST => Some(tr!(ctx.locale, wise_header.unreadable)),
        Ok(_) => None,
        Err(ColumnsError::Missing(field)) => Some(tr!(ctx.locale, wise_header.missing, column = field.name())),
        Err(ColumnsError::Twice(field)) => Some(tr!(ctx.locale, wise_header.twice, column = field.name())),
        Err(ColumnsError::Unreadable) => Some(tr!(ctx.locale, wise_header.unreadable)),
    };
    if let Some(message) = refused {
        let mut errors = Errors::default();
        errors.add("header", message);
        return Ok(End::Refused(paths::run_view(run, "sending"), errors));
    }
    let mut tx = ctx.begin().await?;
    store::set_wise_header(&mut tx, staff, run, &row, form_key, &ctx.request_id, ctx.now()).await?;
    tx.commit().await?;
    Ok(sending_done(run, "wise_header"))
}
