//! Asking an advertiser, reading what comes back, and telling the partners meanwhile.

use super::model::FileError;
use super::{rules, store};
use crate::base::access::Who;
use crate::base::actor::Staff;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors, finish};
use crate::base::ids::{EnquiryId, OfferId};
use crate::base::language::tr;
use crate::contests::rules::{DayError, parse_last_day};
use crate::disputes::rules::parse_text;
use crate::disputes::words::text_error;
use crate::paths;
use crate::settlement::api::Sent;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The longest word to the partners.
const LONGEST_WORDS: usize = 2_000;

fn desk(ctx: &Context) -> Result<Staff, AppError> {
    let staff = ctx.staff()?;
    if Who::Desk.includes(&ctx.actor) { Ok(staff.clone()) } else { Err(AppError::Forbidden) }
}

fn next_day(ctx: &Context, typed: &str, errors: &mut Errors) -> Option<DateTime<Utc>> {
    parse_last_day(typed, ctx.time_zone, ctx.now())
        .map_err(|error| {
            let message = match error {
                DayError::NoDay => tr!(ctx.locale, advertiser.error_day),
                DayError::Past => tr!(ctx.locale, advertiser.error_day_past),
                DayError::TooFar => tr!(ctx.locale, advertiser.error_day_far),
            };
            errors.add("next", message);
        })
        .ok()
}

/// Gathers the open claims of an offer into an enquiry.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "ask-advertiser")]
pub async fn ask_advertiser(
    /// The offer.
    offer: String,
    /// The day by which the partners hear next.
    next: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let next = next.unwrap_or_default();
    let end = ask(&ctx, &offer, &next, &form_key).await;
    let name = format!("ask-{offer}");
    finish(&ctx, &[("form_name", name.as_str()), ("next", &next), ("form_key", &form_key)], end).await
}

async fn ask(ctx: &Context, offer: &str, next: &str, form_key: &str) -> Result<End, AppError> {
    let staff = desk(ctx)?;
    let offer: OfferId = offer.parse().map_err(|_| AppError::NotFound)?;
    let form_key = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut errors = Errors::default();
    let Some(next) = next_day(ctx, next, &mut errors) else {
        return Ok(End::Refused(paths::ENQUIRIES.to_owned(), errors));
    };
    let mut tx = ctx.begin().await?;
    match store::gather(&mut tx, &staff, offer, next, form_key, &ctx.request_id, ctx.now()).await {
        Ok(id) => {
            tx.commit().await?;
            Ok(End::Done(format!("{}?done=asked", paths::enquiry(id))))
        }
        Err(AppError::Conflict) => {
            errors.add("", tr!(ctx.locale, advertiser.error_nothing));
            Ok(End::Refused(paths::ENQUIRIES.to_owned(), errors))
        }
        Err(error) => Err(error),
    }
}

/// Keeps an answer that was sent in and gives where it is shown: read, but not taken over yet.
///
/// # Errors
/// Who may not, no such enquiry, and a database that is away.
pub async fn receive(ctx: &Context, id: EnquiryId, sent: Sent) -> Result<String, AppError> {
    let staff = desk(ctx)?;
    let locale = ctx.locale;
    let mut tx = ctx.begin().await?;
    let lines = store::lines(&mut tx, id).await?;
    let refusal = match sent {
        Sent::Whole(_, bytes) if bytes.is_empty() => tr!(locale, advertiser.error_missing),
        Sent::Whole(name, bytes) => match rules::read(id, &lines, &bytes) {
            Ok(_) => {
                let nth = store::keep_answer(&mut tx, &staff, id, &name, &bytes, ctx.now()).await?;
                tx.commit().await?;
                return Ok(paths::enquiry_answer(id, nth));
            }
            Err(FileError::NoText) => tr!(locale, advertiser.error_no_text),
            Err(FileError::NoHead) => tr!(locale, advertiser.error_no_head),
            Err(FileError::TooLong) => tr!(locale, advertiser.error_too_long),
        },
        Sent::Missing => tr!(locale, advertiser.error_missing),
        Sent::TooLarge => tr!(locale, advertiser.error_too_large, most = rules::LARGEST_ANSWER / 1024 / 1024),
        Sent::BrokenOff => tr!(locale, advertiser.error_broken),
    };
    drop(tx);
    let mut errors = Errors::default();
    errors.add("answer", refusal);
    forms::keep(ctx, &paths::enquiry(id), &[("form_name", "answer")], errors).await
}

/// Takes an answer over that was read before.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "take-enquiry-answer")]
pub async fn take_enquiry_answer(
    /// The enquiry.
    enquiry: String,
    /// Which of its answers.
    nth: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let end = take(&ctx, &enquiry, &nth).await;
    finish(&ctx, &[("form_name", "take")], end).await
}

async fn take(ctx: &Context, enquiry: &str, nth: &str) -> Result<End, AppError> {
    let staff = desk(ctx)?;
    let id: EnquiryId = enquiry.parse().map_err(|_| AppError::NotFound)?;
    let nth: i32 = nth.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    store::take_over(&mut tx, &staff, id, nth, &ctx.request_id, ctx.now()).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}&done=taken", paths::enquiry_answer(id, nth))))
}

/// Tells the partners of an enquiry how it stands.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "tell-enquiry")]
pub async fn tell_enquiry(
    /// The enquiry.
    enquiry: String,
    /// What they read.
    words: Option<String>,
    /// The day by which they hear next.
    next: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let (words, next) = (words.unwrap_or_default(), next.unwrap_or_default());
    let end = tell(&ctx, &enquiry, &words, &next, &form_key).await;
    let fields = [("form_name", "tell"), ("words", words.as_str()), ("next", &next), ("form_key", &form_key)];
    finish(&ctx, &fields, end).await
}

async fn tell(ctx: &Context, enquiry: &str, words: &str, next: &str, form_key: &str) -> Result<End, AppError> {
    let staff = desk(ctx)?;
    let id: EnquiryId = enquiry.parse().map_err(|_| AppError::NotFound)?;
    let form_key = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut errors = Errors::default();
    let words =
        parse_text(words).map_err(|error| errors.add("words", text_error(ctx.locale, error))).unwrap_or_default();
    if words.chars().count() > LONGEST_WORDS {
        errors.add("words", tr!(ctx.locale, advertiser.error_words_long, most = LONGEST_WORDS));
    }
    let next = next_day(ctx, next, &mut errors);
    let Some(next) = next.filter(|_| errors.is_empty()) else {
        return Ok(End::Refused(paths::enquiry(id), errors));
    };
    let mut tx = ctx.begin().await?;
    store::find(&mut tx, id).await?;
    store::tell(&mut tx, &staff, id, &words, next, form_key, &ctx.request_id, ctx.now()).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done=told", paths::enquiry(id))))
}

/// Asks the advertiser again, about the claims that still wait.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "remind-advertiser")]
pub async fn remind_advertiser(
    /// The enquiry.
    enquiry: String,
    /// The day by which the partners hear next.
    next: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let next = next.unwrap_or_default();
    let end = remind(&ctx, &enquiry, &next, &form_key).await;
    finish(&ctx, &[("form_name", "remind"), ("next", next.as_str()), ("form_key", &form_key)], end).await
}

async fn remind(ctx: &Context, enquiry: &str, next: &str, form_key: &str) -> Result<End, AppError> {
    let staff = desk(ctx)?;
    let id: EnquiryId = enquiry.parse().map_err(|_| AppError::NotFound)?;
    let form_key = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut errors = Errors::default();
    let Some(next) = next_day(ctx, next, &mut errors) else { return Ok(End::Refused(paths::enquiry(id), errors)) };
    let mut tx = ctx.begin().await?;
    let message = match store::remind(&mut tx, &staff, id, next, form_key, &ctx.request_id, ctx.now()).await {
        Ok(()) => {
            tx.commit().await?;
            return Ok(End::Done(format!("{}?done=reminded", paths::enquiry(id))));
        }
        Err(AppError::Conflict) => tr!(ctx.locale, advertiser.error_nothing_waits),
        Err(AppError::Database(error)) if constraint(&error) == Some("enquiry_reminder_a_day_apart") => {
            tr!(ctx.locale, advertiser.error_day_apart)
        }
        Err(error) => return Err(error),
    };
    errors.add("", message);
    Ok(End::Refused(paths::enquiry(id), errors))
}

/// The file for the advertiser, and its name; with a number the one that went with that reminder.
///
/// # Errors
/// Who may not, and no such enquiry or reminder.
pub async fn download(ctx: &Context, id: EnquiryId, reminder: Option<i32>) -> Result<(String, Vec<u8>), AppError> {
    desk(ctx)?;
    let mut tx = ctx.begin().await?;
    match reminder {
        None => Ok((format!("claims-{id}.csv"), store::file(&mut tx, id).await?)),
        Some(nth) => Ok((format!("claims-{id}-again-{nth}.csv"), store::reminder_file(&mut tx, id, nth).await?)),
    }
}
