//! Closing a month from its page, and giving out its journal.

use super::close::{self, CloseError, Month};
use super::journal::{self, Format, Period};
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{End, Errors, finish};
use crate::base::language::tr;
use crate::paths;
use crate::payout_runs::store::{Home, programmes};
use leptos::prelude::*;
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Seek as _};

/// Closes a month.
///
/// # Errors
/// A status without details; what the reader can mend is told above the form instead.
#[server(prefix = "/do", endpoint = "close-month")]
pub async fn close_month(
    /// The programme's code.
    programme: String,
    /// The month, as `2011-03`.
    month: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let end = close(&ctx, &programme, &month).await;
    finish(&ctx, &[("form_name", "close-month")], end).await
}

/// Closes a month.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn close(ctx: &Context, programme: &str, month: &str) -> Result<End, AppError> {
    ctx.staff()?;
    if !Who::Paying.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let month = Month::parse(month).ok_or(AppError::BadRequest("month"))?;
    let mut tx = ctx.begin().await?;
    let homes = programmes(&mut tx).await?;
    let home = homes.iter().find(|home| home.code == programme).ok_or(AppError::NotFound)?;
    let here = paths::books(&home.code, month);
    let mut errors = Errors::default();
    match close::close(&mut tx, &ctx.actor, home.id.into(), month, &ctx.request_id, ctx.now()).await {
        Ok(_) => {
            tx.commit().await?;
            return Ok(End::Done(format!("{here}&done=closed")));
        }
        Err(CloseError::App(error)) => return Err(error),
        // Closed twice is closed.
        Err(CloseError::Before(_)) => return Ok(End::Done(format!("{here}&done=closed"))),
        Err(CloseError::NotNext(next)) => {
            errors.add("", tr!(ctx.locale, books.not_next, month = super::words::month(ctx.locale, next)));
        }
        Err(CloseError::NotOver(_)) => errors.add("", tr!(ctx.locale, books.not_over)),
    }
    Ok(End::Refused(here, errors))
}

/// A journal that is ready to be given out.
pub struct Journal {
    /// What it is to be called.
    pub name: String,
    /// All of it, from its beginning on.
    pub file: File,
}

/// The journal of a programme's month, all of one moment. Written to a nameless file first, so that what breaks off is
/// never taken for a whole one.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such programme, and a database or disk that fails.
pub async fn journal(
    ctx: &Context,
    format: Format,
    programme: Option<&str>,
    month: Option<&str>,
) -> Result<Journal, AppError> {
    ctx.staff()?;
    let mut tx = ctx.begin().await?;
    let home = home(&mut tx, programme).await?;
    let month = match month {
        Some(month) => Month::parse(month).ok_or(AppError::NotFound)?,
        None => shown(ctx, &mut tx, &home).await?,
    };
    tx.commit().await?;
    let period =
        Period { programme: Some(home.id.into()), from: Some(month.first_day()), until: Some(month.last_day()) };
    let failed = |error: &dyn std::fmt::Display| AppError::Internal(format!("a journal was not written: {error}"));
    let mut out = BufWriter::new(tempfile::tempfile().map_err(|error| failed(&error))?);
    let written =
        journal::export(&ctx.db, &ctx.actor, format, &period, &mut out).await.map_err(|error| failed(&error))?;
    let mut file = out.into_inner().map_err(|error| failed(&error))?;
    file.rewind().map_err(|error| failed(&error))?;
    let ending = match format {
        Format::Hledger => "journal",
        Format::Beancount => "beancount",
    };
    let mut tx = ctx.begin().await?;
    let change = Change {
        action: "journal.exported",
        subject: format!("programme/{}", home.code),
        after: Some(json!({ "month": month.to_string(), "format": ending, "transfers": written.transfers })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(Journal { name: format!("{}-{month}.{ending}", home.code), file })
}

/// The programme that is asked for, or the first.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub(super) async fn home(tx: &mut crate::base::db::Tx, programme: Option<&str>) -> Result<Home, AppError> {
    let homes = programmes(tx).await?;
    let asked = programme.and_then(|code| homes.iter().find(|home| home.code == code));
    match (programme, asked) {
        (Some(_), None) => Err(AppError::NotFound),
        (_, asked) => asked.or(homes.first()).cloned().ok_or(AppError::NotFound),
    }
}

/// The month to show where none is asked for: the next to close, where it is over; else the one that runs.
pub(super) async fn shown(ctx: &Context, tx: &mut crate::base::db::Tx, home: &Home) -> Result<Month, AppError> {
    let next = match close::last_closed(tx, home.id.into()).await? {
        Some(last) => Some(last.next()),
        None => close::first(tx, home.id.into()).await?,
    };
    let running = running(ctx, home);
    Ok(next.filter(|next| *next < running).unwrap_or(running))
}

/// The month that it is now, by the programme's clock.
pub(super) fn running(ctx: &Context, home: &Home) -> Month {
    let zone = home.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    Month::of(ctx.now().with_timezone(&zone).date_naive())
}
