//! Reading an answer that was sent in, and settling by hand what waits.

use super::model::Report;
use super::page::words;
use super::store::{self, About, ByHand, SettleError};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors, finish};
use crate::base::ids::PayoutId;
use crate::base::language::tr;
use crate::paths;
use crate::payout_files::payout_of;
use leptos::prelude::*;

/// Bytes of the largest answer that is sent in.
pub const LARGEST_UPLOAD: usize = 50 * 1024 * 1024;
/// The longest reason anybody may write.
const LONGEST_REASON: usize = 2_000;

/// A file as it came, or why it did not.
#[derive(Debug)]
pub enum Sent {
    /// Its name and bytes.
    Whole(String, Vec<u8>),
    /// There was none in the form.
    Missing,
    /// It is larger than [`LARGEST_UPLOAD`].
    TooLarge,
    /// It broke off on its way.
    BrokenOff,
}

/// Reads an answer; gives where the browser goes on to.
///
/// # Errors
/// Who may not, and a database that is away.
pub async fn read_answer(ctx: &Context, sent: Sent) -> Result<String, AppError> {
    if ctx.staff().is_err() || !Who::Paying.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let locale = ctx.locale;
    let refusal = match sent {
        Sent::Whole(_, bytes) if bytes.is_empty() => tr!(locale, runs.upload_missing),
        Sent::Whole(name, bytes) => match store::settle(&ctx.db, &ctx.actor, &name, bytes, ctx.now()).await {
            Ok(report) => return Ok(done(&report)),
            Err(SettleError::File(error)) => words::file_error(locale, &error),
            Err(SettleError::TooManyLines) => tr!(locale, runs.answer_too_long),
            Err(SettleError::App(AppError::Conflict)) => tr!(locale, runs.changed_meanwhile),
            Err(SettleError::App(error)) => return Err(error),
        },
        Sent::Missing => tr!(locale, runs.upload_missing),
        Sent::TooLarge => tr!(locale, runs.upload_too_large, most = LARGEST_UPLOAD / 1024 / 1024),
        Sent::BrokenOff => tr!(locale, runs.upload_broken),
    };
    let mut errors = Errors::default();
    errors.add("answer", refusal);
    forms::keep(ctx, paths::ANSWERS, &[("form_name", "read-answer")], errors).await
}

fn done(report: &Report) -> String {
    format!("{}&done={}", paths::answer(report.file), if report.known_file { "known" } else { "read" })
}

/// Makes a waiting line count for a payout, or says that it needs nothing.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "settle-line")]
pub async fn settle_line(
    /// The file's number.
    file: String,
    /// The line in it.
    line: String,
    /// `match`, `file` or `dismiss`.
    verdict: String,
    /// The payout's reference.
    reference: Option<String>,
    /// Why.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form =
        LineForm { file, line, verdict, reference: reference.unwrap_or_default(), reason: reason.unwrap_or_default() };
    let end = by_hand(&ctx, &form).await;
    let fields = [("form_name", form.verdict.as_str()), ("reference", &form.reference), ("reason", &form.reason)];
    finish(&ctx, &fields, end).await
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct LineForm {
    /// The file's number.
    pub file: String,
    /// The line in it.
    pub line: String,
    /// `match`, `file` or `dismiss`.
    pub verdict: String,
    /// The payout's reference.
    pub reference: String,
    /// Why.
    pub reason: String,
}

/// Settles a line by hand.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn by_hand(ctx: &Context, form: &LineForm) -> Result<End, AppError> {
    ctx.staff()?;
    let file: i64 = form.file.parse().map_err(|_| AppError::NotFound)?;
    let line: i64 = form.line.parse().map_err(|_| AppError::NotFound)?;
    let matches = match form.verdict.as_str() {
        "match" => true,
        "file" | "dismiss" => false,
        _ => return Err(AppError::BadRequest("verdict")),
    };
    let locale = ctx.locale;
    let mut errors = Errors::default();
    let payout = payout_of(&form.reference).map(PayoutId).filter(|_| matches);
    if matches && payout.is_none() {
        errors.add(
            "reference",
            if form.reference.trim().is_empty() {
                tr!(locale, runs.reference_missing)
            } else {
                tr!(locale, runs.reference_wrong)
            },
        );
    }
    let reason = form.reason.trim();
    if reason.is_empty() {
        errors.add("reason", tr!(locale, runs.reason_missing));
    }
    if reason.chars().count() > LONGEST_REASON {
        errors.add("reason", tr!(locale, runs.reason_too_long, most = LONGEST_REASON));
    }
    let here = paths::answer_line(file, line);
    if !errors.is_empty() {
        return Ok(End::Refused(here, errors));
    }
    let mut tx = ctx.begin().await?;
    let about = match payout {
        Some(payout) => About::Payout(payout),
        None if form.verdict == "file" => About::File,
        None => About::Nothing,
    };
    let done = store::by_hand(&mut tx, &ctx.actor, (file, line), about, reason, &ctx.request_id, ctx.now()).await?;
    let (field, message) = match done {
        ByHand::Done => {
            tx.commit().await?;
            let code = if about == About::Nothing { "dismissed" } else { "matched" };
            return Ok(End::Done(format!("{}?done={code}", paths::ANSWERS)));
        }
        // A line about a whole file has no reference to mend.
        ByHand::NoPayout | ByHand::DoesNotFollow if about == About::File => ("", tr!(locale, answers.does_not_follow)),
        ByHand::WrongAmount if about == About::File => ("", tr!(locale, answers.wrong_amount)),
        ByHand::NoPayout => ("reference", tr!(locale, runs.reference_unknown)),
        ByHand::DoesNotFollow => ("reference", tr!(locale, runs.does_not_follow)),
        ByHand::WrongAmount => ("reference", tr!(locale, runs.wrong_amount)),
        ByHand::Gone => ("", tr!(locale, runs.line_gone)),
    };
    errors.add(field, message);
    Ok(End::Refused(here, errors))
}
