//! Proposing a rate, lowering a minimum, deciding a proposal: plain forms, sent to three server functions.

mod counter;
mod decide;
mod minimum;
mod propose;
mod schedule;

pub use decide::{DecisionForm, decide};
pub use minimum::{MinimumForm, lower};
pub(crate) use propose::typed_rule;
pub use propose::{RateForm, propose};
pub use schedule::{ScheduleForm, propose as propose_payouts};

use super::rules::{BadNumber, Refusal};
use crate::base::access::Who;
use crate::base::actor::{Role, Staff};
use crate::base::clock::start_of_day;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, Errors};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::paths;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;

/// The longest reason anybody may write.
const LONGEST_REASON: usize = 4_000;
/// How far ahead terms may start.
const FURTHEST_START_DAYS: u64 = 366;

/// Proposes a percentage for a partner, for one offer or all.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "propose-rate")]
#[allow(clippy::too_many_arguments)]
pub async fn propose_rate(
    /// The case it comes from.
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
    /// How many days are replayed; none: 90.
    days: Option<String>,
    /// The first day; none: from the decision on.
    valid_from: Option<String>,
    /// The last day; none: it has no end.
    valid_until: Option<String>,
    /// Why.
    reason: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
    /// The last day to decide it.
    expires: Option<String>,
    /// What it rests on.
    evidence: Option<Vec<String>>,
    /// The partner's request that it takes up.
    request: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = RateForm {
        case: case.unwrap_or_default(),
        partner,
        offer: offer.unwrap_or_default(),
        percent: percent.unwrap_or_default(),
        steps_by: steps_by.unwrap_or_default(),
        steps: steps.unwrap_or_default(),
        most_each: most_each.unwrap_or_default(),
        most_month: most_month.unwrap_or_default(),
        days: days.unwrap_or_default(),
        valid_from: valid_from.unwrap_or_default(),
        valid_until: valid_until.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
        form_key,
        expires: expires.unwrap_or_default(),
        evidence: evidence.unwrap_or_default(),
        request: request.unwrap_or_default(),
    };
    let chosen = form.evidence.join(",");
    let fields = [
        ("form_name", "propose-rate"),
        ("expires", &form.expires),
        ("evidence", &chosen),
        ("offer", &form.offer),
        ("percent", &form.percent),
        ("steps_by", &form.steps_by),
        ("steps", &form.steps),
        ("most_each", &form.most_each),
        ("most_month", &form.most_month),
        ("days", &form.days),
        ("valid_from", &form.valid_from),
        ("valid_until", &form.valid_until),
        ("reason", &form.reason),
    ];
    answer(&ctx, propose(&ctx, &form).await, &back(&ctx, &form.case, &form.request), &fields).await
}

/// Proposes a payout schedule, for a partner or for all of a programme.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "propose-schedule")]
pub async fn propose_schedule(
    /// The case it comes from.
    case: Option<String>,
    /// The partner's id; none: all of the programme.
    partner: Option<String>,
    /// The programme's code, where it is for all.
    programme: Option<String>,
    /// `weekly`, `twice_monthly`, `monthly` or `net`.
    kind: Option<String>,
    /// The day of the week or of the month, or the days after the month's end.
    day: Option<String>,
    /// Why.
    reason: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = ScheduleForm {
        case: case.unwrap_or_default(),
        partner: partner.unwrap_or_default(),
        programme: programme.unwrap_or_default(),
        kind: kind.unwrap_or_default(),
        day: day.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
        form_key,
    };
    let fields = [
        ("form_name", "propose-schedule"),
        ("programme", &form.programme),
        ("kind", &form.kind),
        ("day", &form.day),
        ("reason", &form.reason),
    ];
    answer(&ctx, propose_payouts(&ctx, &form).await, &back(&ctx, &form.case, ""), &fields).await
}

/// Lowers a partner's minimum payout, or proposes to where that is more than the person may do alone.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "lower-minimum")]
pub async fn lower_minimum(
    /// The case it comes from.
    case: Option<String>,
    /// The partner's id.
    partner: String,
    /// The new minimum, in the programme's currency.
    value: Option<String>,
    /// Why, as the partner may read it.
    reason: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
    /// What it rests on.
    evidence: Option<Vec<String>>,
    /// The partner's request that it takes up.
    request: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = MinimumForm {
        case: case.unwrap_or_default(),
        partner,
        value: value.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
        form_key,
        evidence: evidence.unwrap_or_default(),
        request: request.unwrap_or_default(),
    };
    let chosen = form.evidence.join(",");
    let fields =
        [("form_name", "lower-minimum"), ("evidence", &chosen), ("value", &form.value), ("reason", &form.reason)];
    answer(&ctx, lower(&ctx, &form).await, &back(&ctx, &form.case, &form.request), &fields).await
}

/// Approves or rejects a proposal, or offers something else.
///
/// # Errors
/// A status without details; what a reader can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "decide-proposal")]
#[allow(clippy::too_many_arguments)]
pub async fn decide_proposal(
    /// The proposal's id.
    proposal: String,
    /// `approved`, `rejected` or `countered`.
    verdict: Option<String>,
    /// What the partner reads.
    reason_partner: Option<String>,
    /// What only the house reads.
    reason_house: Option<String>,
    /// Why it goes under the floor.
    floor_reason: Option<String>,
    /// The first day; none: at once, or when the proposal says.
    valid_from: Option<String>,
    /// The last day; none: as it was proposed.
    valid_until: Option<String>,
    /// Until when nothing leaves the partner less.
    promise: Option<String>,
    /// What is offered instead.
    counter: Option<String>,
    /// The last day on which that can be accepted.
    counter_until: Option<String>,
    /// The digests of what was read, in hexadecimal.
    content_hash: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = DecisionForm {
        proposal,
        verdict: verdict.unwrap_or_default(),
        reason_partner: reason_partner.unwrap_or_default(),
        reason_house: reason_house.unwrap_or_default(),
        floor_reason: floor_reason.unwrap_or_default(),
        valid_from: valid_from.unwrap_or_default(),
        valid_until: valid_until.unwrap_or_default(),
        promise: promise.unwrap_or_default(),
        counter: counter.unwrap_or_default(),
        counter_until: counter_until.unwrap_or_default(),
        content_hash,
    };
    let back = form.proposal.parse().map_or_else(|_| paths::APPROVALS.to_owned(), paths::proposal);
    let fields = [
        ("form_name", "decide-proposal"),
        ("verdict", &form.verdict),
        ("reason_partner", &form.reason_partner),
        ("reason_house", &form.reason_house),
        ("floor_reason", &form.floor_reason),
        ("valid_from", &form.valid_from),
        ("valid_until", &form.valid_until),
        ("promise", &form.promise),
        ("counter", &form.counter),
        ("counter_until", &form.counter_until),
    ];
    answer(&ctx, decide(&ctx, &form).await, &back, &fields).await
}

/// What became of a form.
#[derive(Debug)]
pub enum Answer {
    /// It was done; the reader goes on there.
    Done(String),
    /// Nothing was changed; these are the reasons.
    Refused(Errors),
}

impl Answer {
    /// One reason about the form as a whole.
    fn refused(message: String) -> Self {
        let mut errors = Errors::default();
        errors.add("", message);
        Self::Refused(errors)
    }
}

async fn answer(
    ctx: &Context,
    answer: Result<Answer, AppError>,
    back: &str,
    fields: &[(&str, &str)],
) -> Result<(), ServerFnError> {
    match answer {
        Ok(Answer::Done(path)) => {
            forms::redirect(&path);
            Ok(())
        }
        Ok(Answer::Refused(errors)) => forms::refuse(ctx, back, fields, errors).await,
        Err(error) => Err(forms::failed(ctx, &error)),
    }
}

/// Where a form about a partner's terms stands: on its case, on the request it takes up, else on a page the person may see.
fn back(ctx: &Context, case: &str, request: &str) -> String {
    if let Ok(request) = request.parse() {
        return paths::terms_request(request);
    }
    match (case.parse::<CaseId>(), ctx.staff().map(|staff| staff.role)) {
        (Ok(case), _) => paths::case(case),
        (Err(_), Ok(Role::Owner)) => paths::APPROVALS.to_owned(),
        _ => paths::DESK.to_owned(),
    }
}

/// Staff who solve cases. The guard before the server functions asks the same; this is the second lock.
fn desk(ctx: &Context) -> Result<&Staff, AppError> {
    let staff = ctx.staff()?;
    if Who::Desk.includes(&ctx.actor) { Ok(staff) } else { Err(AppError::Forbidden) }
}

/// A case number, empty for none.
fn case_of(text: &str) -> Result<Option<CaseId>, AppError> {
    Ok(match text.trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| AppError::BadRequest("case"))?),
    })
}

/// What a form says of a moment to start: nothing, or a day.
fn start_of(ctx: &Context, text: &str, zone: Tz, errors: &mut Errors) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let Ok(day) = text.parse::<NaiveDate>() else {
        errors.add("valid_from", tr!(ctx.locale, approvals.bad_date));
        return None;
    };
    let today = ctx.now().with_timezone(&zone).date_naive();
    if day < today {
        errors.add("valid_from", tr!(ctx.locale, approvals.date_past));
    } else if today.checked_add_days(Days::new(FURTHEST_START_DAYS)).is_none_or(|furthest| day > furthest) {
        errors.add("valid_from", tr!(ctx.locale, approvals.date_too_far));
    }
    Some(start_of_day(day, zone))
}

/// A reason as it was written, without blanks around it.
pub(crate) fn reason_of<'a>(ctx: &Context, field: &str, text: &'a str, errors: &mut Errors) -> &'a str {
    let text = text.trim();
    if text.is_empty() {
        errors.add(field, tr!(ctx.locale, approvals.reason_missing));
    }
    short_enough(ctx, field, text, errors);
    text
}

pub(crate) fn short_enough(ctx: &Context, field: &str, text: &str, errors: &mut Errors) {
    if text.chars().count() > LONGEST_REASON {
        errors.add(field, tr!(ctx.locale, approvals.reason_too_long, most = LONGEST_REASON));
    }
}

pub(crate) fn bad_percent(ctx: &Context, bad: BadNumber) -> String {
    match bad {
        BadNumber::Missing => tr!(ctx.locale, approvals.percent_missing),
        BadNumber::NotANumber => tr!(ctx.locale, approvals.percent_not_a_number),
        BadNumber::OutOfRange => tr!(ctx.locale, approvals.percent_out_of_range),
        BadNumber::TooManyDecimals => tr!(ctx.locale, approvals.percent_too_many_decimals),
    }
}

fn bad_amount(ctx: &Context, bad: BadNumber) -> String {
    match bad {
        BadNumber::Missing => tr!(ctx.locale, approvals.amount_missing),
        BadNumber::NotANumber => tr!(ctx.locale, approvals.amount_not_a_number),
        BadNumber::OutOfRange => tr!(ctx.locale, approvals.amount_out_of_range),
        BadNumber::TooManyDecimals => tr!(ctx.locale, approvals.amount_too_many_decimals),
    }
}

/// The refusal behind an error, or the error, where a reader can't mend it.
fn refusal(error: AppError) -> Result<Refusal, AppError> {
    match &error {
        AppError::Database(cause) => constraint(cause).and_then(Refusal::of).ok_or(error),
        _ => Err(error),
    }
}

/// What a refusal tells its reader. Who was faster is told where the name is known.
pub(super) fn refusal_text(ctx: &Context, refusal: Refusal) -> String {
    let locale = ctx.locale;
    match refusal {
        Refusal::AlreadyDecided => tr!(locale, approvals.already_decided),
        Refusal::ByItsAuthor | Refusal::AnotherOwnerDecides => tr!(locale, approvals.another_owner_decides),
        Refusal::NotAnOwner => tr!(locale, approvals.only_an_owner),
        Refusal::Expired => tr!(locale, approvals.expired),
        Refusal::NotWhatWasRead => tr!(locale, approvals.not_what_was_read),
        Refusal::TooEarly => tr!(locale, approvals.too_early),
        Refusal::JustChanged => tr!(locale, approvals.just_changed),
        Refusal::NotWithinAuthority => tr!(locale, approvals.not_within_authority),
        Refusal::NotLower => tr!(locale, approvals.not_lower),
        Refusal::SentBefore => tr!(locale, approvals.sent_before),
        Refusal::UnderTheFloor => tr!(locale, approvals.floor_needs_reason),
        Refusal::NoticeTooShort => tr!(locale, agreement.notice_short),
        Refusal::StepTooLarge => tr!(locale, agreement.step_large),
        Refusal::Promised => tr!(locale, agreement.promised),
        Refusal::SameValue => tr!(locale, agreement.counter_same),
        Refusal::PartnerDecides => tr!(locale, agreement.partner_decides),
        Refusal::EndsTooEarly => tr!(locale, ending.before_start),
        Refusal::EndsTooLate => tr!(locale, ending.beyond_proposed),
        Refusal::OfferOutlivesIt => tr!(locale, ending.before_expiry),
        Refusal::PromiseOutlivesIt => tr!(locale, ending.promise_outlives),
    }
}
