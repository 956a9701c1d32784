//! Saying how it was.

use super::link;
use super::store::{self, NewRating};
use crate::base::actor::{Actor, Member};
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{End, Errors, finish};
use crate::base::ids::CaseId;
use crate::base::language::{code, tr};
use crate::paths;
use leptos::prelude::*;

/// The longest words.
const LONGEST: usize = 2_000;

/// Rates a case, from its page.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "rate-case")]
pub async fn rate_case(
    /// The case.
    case: String,
    /// One to five.
    stars: Option<String>,
    /// A word more.
    words: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let (stars, words) = (stars.unwrap_or_default(), words.unwrap_or_default());
    let end = from_page(&ctx, &case, &stars, &words).await;
    finish(&ctx, &[("form_name", "rate"), ("stars", stars.as_str()), ("words", &words)], end).await
}

async fn from_page(ctx: &Context, case: &str, stars: &str, words: &str) -> Result<End, AppError> {
    let member = ctx.member()?.clone();
    let case: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let back = paths::dispute(case);
    rate(ctx, &member, case, (stars, words), false, (&back, &format!("{back}?done=rated"))).await
}

/// Rates a case by the link in a mail, without signing in.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "rate-by-link")]
pub async fn rate_by_link(
    /// What stands in the link.
    token: String,
    /// One to five.
    stars: Option<String>,
    /// A word more.
    words: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let (stars, words) = (stars.unwrap_or_default(), words.unwrap_or_default());
    let end = from_link(&ctx, &token, &stars, &words).await;
    finish(&ctx, &[("form_name", "rate"), ("stars", stars.as_str()), ("words", &words)], end).await
}

async fn from_link(ctx: &Context, token: &str, stars: &str, words: &str) -> Result<End, AppError> {
    let (case, person) = link::verify(&ctx.secrets, token).ok_or(AppError::NotFound)?;
    let mut tx = ctx.db.begin(&Actor::Job).await?;
    let (member, _) = store::named(&mut tx, case, person).await?.ok_or(AppError::NotFound)?;
    drop(tx);
    let back = paths::rate(token);
    rate(ctx, &member, case, (stars, words), true, (&back, &format!("{back}?done=rated"))).await
}

async fn rate(
    ctx: &Context,
    member: &Member,
    case: CaseId,
    (stars, words): (&str, &str),
    by_mail: bool,
    (back, on): (&str, &str),
) -> Result<End, AppError> {
    let locale = ctx.locale;
    let mut errors = Errors::default();
    let stars: Option<i16> = stars.parse().ok().filter(|stars| (1..=5).contains(stars));
    if stars.is_none() {
        errors.add("stars", tr!(locale, ratings.error_stars));
    }
    let words = words.replace('\0', "").trim().to_owned();
    if words.chars().count() > LONGEST {
        errors.add("words", tr!(locale, ratings.error_words, most = LONGEST));
    }
    let Some(stars) = stars.filter(|_| errors.is_empty()) else { return Ok(End::Refused(back.to_owned(), errors)) };
    // Whoever the link names may do here what they may when they are signed in, and no more.
    let mut tx = ctx.db.begin(&Actor::Member(member.clone())).await?;
    crate::disputes::store::find(&mut tx, member.partner, case).await?;
    let new = NewRating { stars, words, locale: code(locale), by_mail };
    match store::rate(&mut tx, member, case, &new, &ctx.request_id, ctx.now()).await {
        Ok(_) => {
            tx.commit().await?;
            Ok(End::Done(on.to_owned()))
        }
        Err(AppError::Database(error)) => match constraint(&error) {
            Some("case_rating_of_a_resolved_case") => {
                errors.add("", tr!(locale, ratings.error_unresolved));
                Ok(End::Refused(back.to_owned(), errors))
            }
            _ => Err(error.into()),
        },
        Err(error) => Err(error),
    }
}
