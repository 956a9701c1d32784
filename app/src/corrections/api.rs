//! Proposing a correction and deciding it: plain forms.

mod decide;
mod propose;

pub use decide::{DecideForm, decide};
pub use propose::{CorrectionForm, propose};

use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms;
use crate::base::language::tr;
use leptos::prelude::*;

/// Proposes what a partner's commissions of a past time should have been.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "propose-correction")]
#[allow(clippy::too_many_arguments)]
pub async fn propose_correction(
    /// The case it comes from; none: an owner's own.
    case: Option<String>,
    /// The partner's id.
    partner: String,
    /// The offer's id; none: all of them.
    offer: Option<String>,
    /// The rate, in percent of the order.
    percent: Option<String>,
    /// What its steps go by; none: it has no steps.
    steps_by: Option<String>,
    /// The steps after the first, one a line.
    steps: Option<String>,
    /// The cap for each commission.
    most_each: Option<String>,
    /// The cap for a month.
    most_month: Option<String>,
    /// The first day.
    since: Option<String>,
    /// The last day.
    until: Option<String>,
    /// Why.
    reason: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = CorrectionForm {
        case: case.unwrap_or_default(),
        partner,
        offer: offer.unwrap_or_default(),
        percent: percent.unwrap_or_default(),
        steps_by: steps_by.unwrap_or_default(),
        steps: steps.unwrap_or_default(),
        most_each: most_each.unwrap_or_default(),
        most_month: most_month.unwrap_or_default(),
        since: since.unwrap_or_default(),
        until: until.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
        form_key,
    };
    let end = propose(&ctx, &form).await;
    let fields = [
        ("form_name", "propose-correction"),
        ("offer", &form.offer),
        ("percent", &form.percent),
        ("steps_by", &form.steps_by),
        ("steps", &form.steps),
        ("most_each", &form.most_each),
        ("most_month", &form.most_month),
        ("since", &form.since),
        ("until", &form.until),
        ("reason", &form.reason),
    ];
    forms::finish(&ctx, &fields, end).await
}

/// Approves or rejects a correction.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "decide-correction")]
pub async fn decide_correction(
    /// The correction's id.
    correction: String,
    /// `approved` or `rejected`.
    verdict: Option<String>,
    /// What the partner reads.
    reason_partner: Option<String>,
    /// What only the house reads.
    reason_house: Option<String>,
    /// The digest of what was read, in hexadecimal.
    content_hash: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = DecideForm {
        correction,
        verdict: verdict.unwrap_or_default(),
        reason_partner: reason_partner.unwrap_or_default(),
        reason_house: reason_house.unwrap_or_default(),
        content_hash,
    };
    let end = decide(&ctx, &form).await;
    let fields = [
        ("form_name", "decide-correction"),
        ("verdict", &form.verdict),
        ("reason_partner", &form.reason_partner),
        ("reason_house", &form.reason_house),
    ];
    forms::finish(&ctx, &fields, end).await
}

/// What a refusal of the database tells its reader; the error, where a reader can't mend it.
fn refusal(ctx: &Context, error: AppError) -> Result<String, AppError> {
    let locale = ctx.locale;
    let AppError::Database(cause) = &error else { return Err(error) };
    Ok(match constraint(cause) {
        Some("correction_decision_pkey") => tr!(locale, corrections.already_decided),
        Some("correction_decision_not_by_author" | "correction_decision_sole_control_only_when_alone") => {
            tr!(locale, approvals.another_owner_decides)
        }
        Some("correction_decision_by_an_owner") => tr!(locale, approvals.only_an_owner),
        Some("correction_decision_in_its_time") => tr!(locale, approvals.expired),
        Some("correction_decision_of_what_was_read" | "correction_decision_of_what_is") => {
            tr!(locale, corrections.changed_since)
        }
        Some("correction_priced_by_its_rate" | "correction_is_its_items" | "correction_item_never_takes") => {
            tr!(locale, corrections.changed_meanwhile)
        }
        _ => return Err(error),
    })
}
