//! Sending an invoice, and judging one.

use super::document::find;
use super::model::{LARGEST_INVOICE, is_pdf};
use super::store::{self, Kept};
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::actor::Actor;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors, finish};
use crate::base::ids::{PayoutId, PayoutRunId};
use crate::base::language::tr;
use crate::paths;
use crate::payout_files::end_to_end_id;
use crate::payout_runs::model::PayoutKey;
use crate::settlement::api::Sent;
use crate::statements::document::File;
use leptos::prelude::*;
use serde_json::json;

/// The longest reason of a refusal. The database has the same number.
const LONGEST_REASON: usize = 1_000;

/// Keeps an invoice that a member sends for a payout; gives where the browser goes on to.
///
/// # Errors
/// [`AppError::NotFound`] where they have no such payout, and a database that is away.
pub async fn receive(ctx: &Context, payout: PayoutId, sent: Sent) -> Result<String, AppError> {
    let member = ctx.member()?;
    let locale = ctx.locale;
    let mut tx = ctx.begin().await?;
    crate::statements::store::find(&mut tx, member.partner, payout).await?;
    let refusal = match sent {
        Sent::Whole(_, bytes) if bytes.is_empty() => tr!(locale, tax.upload_missing),
        Sent::Whole(_, bytes) if bytes.len() > LARGEST_INVOICE => too_large(ctx),
        Sent::Whole(_, bytes) if !is_pdf(&bytes) => tr!(locale, tax.upload_no_pdf),
        Sent::Whole(name, bytes) => {
            let name = if name.trim().is_empty() { "invoice.pdf" } else { &name };
            match store::keep(&mut tx, &ctx.secrets, member, payout, name, &bytes, ctx.now()).await? {
                Kept::Done(nth) => {
                    let change = Change {
                        action: "partner_invoice.sent",
                        subject: format!("payout/{payout}"),
                        partner: Some(member.partner),
                        after: Some(json!({ "nth": nth, "bytes": bytes.len() })),
                        ..Change::default()
                    };
                    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
                    tx.commit().await?;
                    return Ok(done(payout));
                }
                Kept::Before => return Ok(done(payout)),
                Kept::NotAsked => tr!(locale, tax.upload_not_asked),
            }
        }
        Sent::Missing => tr!(locale, tax.upload_missing),
        Sent::TooLarge => too_large(ctx),
        Sent::BrokenOff => tr!(locale, tax.upload_broken),
    };
    let mut errors = Errors::default();
    errors.add("invoice", refusal);
    forms::keep(ctx, &paths::payout(payout), &[("form_name", "send-invoice")], errors).await
}

fn too_large(ctx: &Context) -> String {
    tr!(ctx.locale, tax.upload_too_large, most = LARGEST_INVOICE / 1_000_000)
}

fn done(payout: PayoutId) -> String {
    format!("{}?done=invoice", paths::payout(payout))
}

/// What a member sent last for a payout of theirs.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it is another partner's.
pub async fn own_sent(ctx: &Context, payout: PayoutId) -> Result<File, AppError> {
    let member = ctx.member()?;
    let mut tx = ctx.begin().await?;
    crate::statements::store::find(&mut tx, member.partner, payout).await?;
    drop(tx);
    sent_file(ctx, PayoutKey { partner: member.partner, payout }).await
}

/// The same for finance, owners and auditors.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, [`AppError::Forbidden`] for others.
pub async fn sent_of_run(ctx: &Context, run: PayoutRunId, payout: PayoutId) -> Result<File, AppError> {
    let mut tx = ctx.begin().await?;
    let key = find(ctx, &mut tx, run, payout).await?;
    drop(tx);
    sent_file(ctx, key).await
}

async fn sent_file(ctx: &Context, key: PayoutKey) -> Result<File, AppError> {
    let mut tx = ctx.db.begin(&Actor::Job).await?;
    let (nth, bytes) = store::sent_file(&mut tx, &ctx.secrets, key).await?;
    // Named by us: what the partner called it is no name for a header.
    Ok(File { name: format!("{}-invoice-{nth}.pdf", end_to_end_id(key.payout.0)), bytes })
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct JudgeForm {
    /// The run's number.
    pub run: String,
    /// The payout's number.
    pub payout: String,
    /// `accept` or `refuse`.
    pub verdict: String,
    /// Why it is refused.
    pub reason: String,
}

/// Accepts or refuses what a partner sent for a payout.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "judge-invoice")]
pub async fn judge_invoice(
    /// The run's number.
    run: String,
    /// The payout's number.
    payout: String,
    /// `accept` or `refuse`.
    verdict: String,
    /// Why it is refused.
    reason: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = JudgeForm { run, payout, verdict, reason: reason.unwrap_or_default() };
    let end = judge(&ctx, &form).await;
    finish(&ctx, &[("form_name", "refuse-invoice"), ("reason", &form.reason)], end).await
}

/// The verdict and its record, in one transaction.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn judge(ctx: &Context, form: &JudgeForm) -> Result<End, AppError> {
    let staff = ctx.staff()?;
    if !Who::Paying.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let run: PayoutRunId = form.run.parse().map_err(|_| AppError::NotFound)?;
    let payout: PayoutId = form.payout.parse().map_err(|_| AppError::NotFound)?;
    let accepted = match form.verdict.as_str() {
        "accept" => true,
        "refuse" => false,
        _ => return Err(AppError::BadRequest("verdict")),
    };
    let here = paths::run_payout(run, payout);
    let reason = if accepted { "" } else { form.reason.trim() };
    let mut errors = Errors::default();
    if !accepted && reason.is_empty() {
        errors.add("reason", tr!(ctx.locale, runs.reason_missing));
    }
    if reason.chars().count() > LONGEST_REASON || reason.contains('\0') {
        errors.add("reason", tr!(ctx.locale, runs.reason_too_long, most = LONGEST_REASON));
    }
    if !errors.is_empty() {
        return Ok(End::Refused(here, errors));
    }
    let mut tx = ctx.begin().await?;
    let key = find(ctx, &mut tx, run, payout).await?;
    let Some(nth) = store::judge(&mut tx, key, accepted, reason, staff.person, ctx.now()).await? else {
        errors.add("", tr!(ctx.locale, tax.judged_already));
        return Ok(End::Refused(here, errors));
    };
    let change = Change {
        action: if accepted { "partner_invoice.accepted" } else { "partner_invoice.refused" },
        subject: format!("payout/{payout}"),
        partner: Some(key.partner),
        after: Some(json!({ "nth": nth })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{here}?done=judged")))
}
