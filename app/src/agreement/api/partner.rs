//! A partner's answers and requests.

use super::text_of;
use crate::agreement::store::{self, NewRequest};
use crate::approvals::model::Answer;
use crate::approvals::rules::{BadNumber, parse_amount, parse_percent};
use crate::approvals::store as approvals;
use crate::audit::store::{Change, record};
use crate::base::actor::Member;
use crate::base::context::{self, Context};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, OfferId, ProposalId, TermsVersionId};
use crate::base::language::tr;
use crate::clocks::store as clocks;
use crate::disputes::model::{Kind, Stage};
use crate::disputes::store as cases;
use crate::paths;
use crate::terms::model::Field;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// Accepts a counter-offer, or declines it.
///
/// # Errors
/// A status without details; what the writer can mend is told instead.
#[server(prefix = "/do", endpoint = "answer-counter")]
pub async fn answer_counter(
    /// The offer.
    offer: String,
    /// `accepted` or `declined`.
    answer: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let answer = answer.unwrap_or_default();
    let end = counter(&ctx, &offer, &answer).await;
    forms::finish(&ctx, &[("form_name", "answer-counter"), ("answer", answer.as_str())], end).await
}

/// Accepts or declines an offer, once; the same answer, sent twice, is done.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn counter(ctx: &Context, offer: &str, answer: &str) -> Result<End, AppError> {
    let member = ctx.member()?.clone();
    let offer: ProposalId = offer.parse().map_err(|_| AppError::NotFound)?;
    let done = |answer: Answer| End::Done(format!("{}?done=offer-{}", paths::TERMS, answer.as_str()));
    let Some(answer) = Answer::parse(answer).filter(|answer| *answer != Answer::Lapsed) else {
        return Ok(refused("", tr!(ctx.locale, agreement.error_answer)));
    };
    let mut tx = ctx.begin().await?;
    match store::answer_offer(&mut tx, &member, offer, answer, ctx.now()).await {
        Ok(()) => {}
        Err(AppError::Database(error)) => {
            let message = match constraint(&error) {
                Some("counter_answer_pkey") => {
                    drop(tx);
                    let mut tx = ctx.begin().await?;
                    let offers = store::offers_to(&mut tx, member.partner).await?;
                    let said = offers.into_iter().find(|one| one.id == offer).and_then(|one| one.answer);
                    // The same answer, sent twice, is done.
                    if said.is_some_and(|(said, _)| said == answer) {
                        return Ok(done(answer));
                    }
                    tr!(ctx.locale, agreement.error_answered)
                }
                Some("counter_answer_before_expiry") => tr!(ctx.locale, agreement.error_expired),
                Some("decision_keeps_promise") => tr!(ctx.locale, agreement.promised),
                Some("terms_version_revision_once") => tr!(ctx.locale, approvals.just_changed),
                _ => return Err(error.into()),
            };
            return Ok(refused("", message));
        }
        Err(error) => return Err(error),
    }
    let change = Change {
        action: match answer {
            Answer::Accepted => "counter.accepted",
            _ => "counter.declined",
        },
        subject: format!("proposal/{offer}"),
        partner: Some(member.partner),
        approval: (answer == Answer::Accepted).then_some(offer),
        after: Some(json!({ "answer": answer.as_str() })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(done(answer))
}

fn refused(field: &str, message: String) -> End {
    let mut errors = Errors::default();
    errors.add(field, message);
    End::Refused(paths::TERMS.to_owned(), errors)
}

/// Says something to a decrease that was announced: that it was read, or what is wrong with it.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "answer-change")]
pub async fn answer_change(
    /// The version.
    version: String,
    /// `acknowledged` or `objected`.
    answer: Option<String>,
    /// What is wrong with it.
    words: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let (answer, words) = (answer.unwrap_or_default(), words.unwrap_or_default());
    let end = change(&ctx, &version, &answer, &words, &form_key).await;
    let name = format!("answer-change-{version}");
    let fields = [("form_name", name.as_str()), ("answer", &answer), ("words", &words), ("form_key", &form_key)];
    forms::finish(&ctx, &fields, end).await
}

/// Writes down that a decrease was read, or opens the case of an objection.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn change(ctx: &Context, version: &str, answer: &str, words: &str, form_key: &str) -> Result<End, AppError> {
    let member = ctx.member()?.clone();
    let version: TermsVersionId = version.parse().map_err(|_| AppError::NotFound)?;
    let form_key: Uuid = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut tx = ctx.begin().await?;
    store::notice(&mut tx, member.partner, version).await?;
    if let Some(case) = cases::case_of_form(&mut tx, member.partner, form_key).await? {
        return Ok(End::Done(format!("{}?done=opened", paths::dispute(case))));
    }
    let case = match answer {
        "acknowledged" => None,
        "objected" => {
            let mut errors = Errors::default();
            let body = text_of(ctx, "words", words, &mut errors);
            if !errors.is_empty() {
                return Ok(End::Refused(paths::TERMS.to_owned(), errors));
            }
            Some(open_case(&mut tx, ctx, &member, version, body, form_key).await?)
        }
        _ => return Ok(refused("answer", tr!(ctx.locale, agreement.error_answer))),
    };
    match store::answer_notice(&mut tx, &member, version, case, ctx.now()).await {
        Ok(()) => {}
        Err(AppError::Database(error)) => {
            let message = match constraint(&error) {
                Some("terms_answer_pkey") => tr!(ctx.locale, agreement.error_answered),
                Some("terms_answer_in_its_time") => tr!(ctx.locale, agreement.error_applies),
                _ => return Err(error.into()),
            };
            return Ok(refused("", message));
        }
        Err(error) => return Err(error),
    }
    let done = Change {
        action: if case.is_some() { "terms.objected" } else { "terms.acknowledged" },
        subject: format!("terms_version/{version}"),
        partner: Some(member.partner),
        after: Some(json!({ "answer": answer, "case": case })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, done).await?;
    tx.commit().await?;
    Ok(End::Done(match case {
        Some(case) => format!("{}?done=opened", paths::dispute(case)),
        None => format!("{}?done=acknowledged", paths::TERMS),
    }))
}

/// An objection is a dispute about these terms.
async fn open_case(
    tx: &mut Tx,
    ctx: &Context,
    member: &Member,
    version: TermsVersionId,
    body: String,
    form_key: Uuid,
) -> Result<CaseId, AppError> {
    let facts = cases::terms_facts(tx, member.programme, member.partner, version).await?;
    let promised_at = clocks::promises(tx, member.partner, Kind::MyTerms, ctx.now()).await?.first_reply();
    let new = cases::NewCase {
        programme: member.programme,
        partner: member.partner,
        person: member.person,
        name: member.name.clone(),
        kind: Kind::MyTerms,
        subject: facts.field.clone(),
        pin: Some(cases::NewPin::Terms(version, facts)),
        body,
        form_key,
        at: ctx.now(),
        promised_at,
    };
    let case = cases::open(tx, new).await?;
    let opened = Change {
        action: "case.opened",
        subject: format!("case/{case}"),
        partner: Some(member.partner),
        after: Some(json!({
            "kind": Kind::MyTerms.as_str(), "stage": Stage::Received.as_str(), "terms_version": version, "promised_at": promised_at,
        })),
        ..Change::default()
    };
    record(tx, &ctx.actor, ctx.now(), &ctx.request_id, opened).await?;
    clocks::renew(tx, member.partner, case, ctx.now()).await?;
    Ok(case)
}

/// Asks for other terms.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "ask-terms")]
pub async fn ask_terms(
    /// `rate` or `minimum`.
    field: Option<String>,
    /// The offer; none: all of them.
    offer: Option<String>,
    /// To what.
    wish: Option<String>,
    /// Why.
    reason: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let typed = [field, offer, wish, reason].map(Option::unwrap_or_default);
    let end = ask(&ctx, &typed, &form_key).await;
    let [field, offer, wish, reason] = &typed;
    let fields = [
        ("form_name", "ask-terms"),
        ("field", field.as_str()),
        ("offer", offer),
        ("wish", wish),
        ("reason", reason),
        ("form_key", &form_key),
    ];
    forms::finish(&ctx, &fields, end).await
}

/// Writes down what is asked for: field, offer, wish and reason, as typed.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn ask(ctx: &Context, [field, offer, wish, reason]: &[String; 4], form_key: &str) -> Result<End, AppError> {
    let member = ctx.member()?.clone();
    let form_key: Uuid = form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let done = || End::Done(format!("{}?done=asked#asked", paths::TERMS));
    let mut errors = Errors::default();
    let mut tx = ctx.begin().await?;
    let currency = crate::terms::store::currency(&mut tx, member.programme).await?;
    let decimal_mark = tr!(ctx.locale, format.decimal_mark).chars().next().unwrap_or('.');
    let field = Field::parse(field).filter(|field| matches!(field, Field::Rate | Field::Minimum));
    if field.is_none() {
        errors.add("field", tr!(ctx.locale, agreement.error_field));
    }
    let wish = match field {
        Some(Field::Minimum) => parse_amount(wish, decimal_mark, currency),
        _ => parse_percent(wish),
    };
    if let Err(bad) = wish {
        errors.add("wish", bad_wish(ctx, field, bad));
    }
    let offer = match offer.trim() {
        "" => None,
        text => Some(text.parse::<OfferId>().map_err(|_| AppError::BadRequest("offer"))?),
    };
    if let Some(offer) = offer
        && !approvals::is_offer_of(&mut tx, offer, member.programme).await?
    {
        return Err(AppError::BadRequest("offer"));
    }
    if offer.is_some() && field == Some(Field::Minimum) {
        errors.add("offer", tr!(ctx.locale, agreement.error_minimum_for_all));
    }
    let reason = text_of(ctx, "reason", reason, &mut errors);
    let (Some(field), Ok(wish), true) = (field, wish, errors.is_empty()) else {
        return Ok(End::Refused(paths::TERMS.to_owned(), errors));
    };
    let new = NewRequest { field, offer, wish, reason, form_key };
    let id = match store::ask(&mut tx, &member, &new, ctx.now()).await {
        Ok(id) => id,
        Err(AppError::Database(error)) => {
            return match constraint(&error) {
                Some("terms_request_form_once") => Ok(done()),
                Some("terms_request_one_open") => Ok(refused("", tr!(ctx.locale, agreement.error_asked))),
                _ => Err(error.into()),
            };
        }
        Err(error) => return Err(error),
    };
    let change = Change {
        action: "terms.asked",
        subject: format!("terms_request/{id}"),
        partner: Some(member.partner),
        after: Some(json!({ "field": field.as_str(), "offer": offer, "wish": wish })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(done())
}

fn bad_wish(ctx: &Context, field: Option<Field>, bad: BadNumber) -> String {
    let (locale, amount) = (ctx.locale, field == Some(Field::Minimum));
    match bad {
        BadNumber::Missing if amount => tr!(locale, approvals.amount_missing),
        BadNumber::NotANumber if amount => tr!(locale, approvals.amount_not_a_number),
        BadNumber::OutOfRange if amount => tr!(locale, approvals.amount_out_of_range),
        BadNumber::TooManyDecimals if amount => tr!(locale, approvals.amount_too_many_decimals),
        BadNumber::Missing => tr!(locale, approvals.percent_missing),
        BadNumber::NotANumber => tr!(locale, approvals.percent_not_a_number),
        BadNumber::OutOfRange => tr!(locale, approvals.percent_out_of_range),
        BadNumber::TooManyDecimals => tr!(locale, approvals.percent_too_many_decimals),
    }
}
