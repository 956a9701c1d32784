//! From what was typed to what a case pins.

use super::{kind_without_pin, parse_conversion};
use crate::base::actor::Member;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::Errors;
use crate::base::ids::{CaseId, OfferId, PayoutId, TermsVersionId};
use crate::base::language::tr;
use crate::base::money::Currency;
use crate::disputes::model::{ClaimFacts, Kind};
use crate::disputes::store::{self, NewClaim, NewPin};
use crate::disputes::{rules, words};
use crate::paths;
use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};

/// The form as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub kind: String,
    pub conversion: String,
    pub payout: String,
    pub terms: String,
    pub offer: String,
    pub order_id: String,
    pub occurred_at: String,
    pub amount: String,
    pub currency: String,
    pub proof: String,
    pub body: String,
    pub form_key: String,
}

impl Typed {
    /// What is kept for the writer where the form is refused.
    pub fn fields(&self) -> [(&'static str, &str); 9] {
        [
            ("kind", &self.kind),
            ("offer", &self.offer),
            ("order_id", &self.order_id),
            ("occurred_at", &self.occurred_at),
            ("amount", &self.amount),
            ("currency", &self.currency),
            ("proof", &self.proof),
            ("body", &self.body),
            ("form_key", &self.form_key),
        ]
    }

    /// The page this form stands on.
    pub fn back(&self) -> String {
        let new = format!("{}/new", paths::DISPUTES);
        if let Ok(id) = self.conversion.parse::<i64>() {
            format!("{new}?conversion={id}")
        } else if let Ok(id) = self.payout.parse::<i64>() {
            format!("{new}?payout={id}")
        } else if let Ok(id) = self.terms.parse::<i64>() {
            format!("{new}?terms={id}")
        } else if kind_without_pin(&self.kind) == Kind::MissingConversion {
            format!("{new}?kind={}", Kind::MissingConversion.as_str())
        } else {
            new
        }
    }
}

/// What a form is about.
pub enum Pinned {
    /// Something to open a case for.
    New { kind: Kind, subject: String, pin: Option<Box<NewPin>> },
    /// Something that an open case is about already.
    OpenAlready(CaseId),
}

/// Finds what a form is about; notes what is wrong beside the fields and gives nothing where that keeps it from being said.
pub async fn read(
    ctx: &Context,
    tx: &mut Tx,
    member: &Member,
    typed: &Typed,
    errors: &mut Errors,
) -> Result<Option<Pinned>, AppError> {
    if !typed.conversion.is_empty() {
        conversion(ctx, tx, member, typed, errors).await
    } else if !typed.payout.is_empty() {
        payout(ctx, tx, member, typed, errors).await
    } else if !typed.terms.is_empty() {
        let id: TermsVersionId = typed.terms.parse().map_err(|_| AppError::NotFound)?;
        let terms = store::terms_facts(tx, member.programme, member.partner, id).await?;
        let subject = terms.field.clone();
        Ok(Some(Pinned::New { kind: Kind::MyTerms, subject, pin: Some(Box::new(NewPin::Terms(id, terms))) }))
    } else if kind_without_pin(&typed.kind) == Kind::MissingConversion {
        claim(ctx, tx, member, typed, errors).await
    } else {
        let subject = typed.body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        Ok(Some(Pinned::New { kind: Kind::Other, subject: short(subject), pin: None }))
    }
}

async fn conversion(
    ctx: &Context,
    tx: &mut Tx,
    member: &Member,
    typed: &Typed,
    errors: &mut Errors,
) -> Result<Option<Pinned>, AppError> {
    let id = parse_conversion(&typed.conversion)?;
    let facts = store::conversion_facts(tx, member.partner, id).await?;
    if let Some(case) = store::open_about(tx, member.partner, id, ctx.now()).await? {
        return Ok(Some(Pinned::OpenAlready(case)));
    }
    let fitting = rules::kinds_of_conversion(facts.state, facts.refunded);
    let Some(kind) = Kind::parse(&typed.kind).filter(|kind| fitting.contains(kind)) else {
        errors.add("kind", tr!(ctx.locale, disputes.error_kind));
        return Ok(None);
    };
    let subject = short(&facts.order_id);
    Ok(Some(Pinned::New { kind, subject, pin: Some(Box::new(NewPin::Conversion(id, facts))) }))
}

async fn payout(
    ctx: &Context,
    tx: &mut Tx,
    member: &Member,
    typed: &Typed,
    errors: &mut Errors,
) -> Result<Option<Pinned>, AppError> {
    let id: PayoutId = typed.payout.parse().map_err(|_| AppError::NotFound)?;
    let facts = store::payout_facts(tx, member.partner, id).await?;
    if let Some(case) = store::open_about_payout(tx, member.partner, id).await? {
        return Ok(Some(Pinned::OpenAlready(case)));
    }
    let fitting = [Kind::PayoutLate, Kind::PayoutAmount, Kind::PayoutFailed];
    let Some(kind) = Kind::parse(&typed.kind).filter(|kind| fitting.contains(kind)) else {
        errors.add("kind", tr!(ctx.locale, disputes.error_kind));
        return Ok(None);
    };
    let subject = facts.reference.clone();
    Ok(Some(Pinned::New { kind, subject, pin: Some(Box::new(NewPin::Payout(id, facts))) }))
}

async fn claim(
    ctx: &Context,
    tx: &mut Tx,
    member: &Member,
    typed: &Typed,
    errors: &mut Errors,
) -> Result<Option<Pinned>, AppError> {
    let locale = ctx.locale;
    let offers = store::offers(tx, member.programme).await?;
    let offer = typed.offer.parse::<OfferId>().ok();
    let offer = offer.and_then(|id| offers.into_iter().find(|(known, _)| *known == id));
    if offer.is_none() {
        errors.add("offer", tr!(locale, disputes.error_offer));
    }
    let order_id = typed.order_id.replace('\0', "").trim().to_owned();
    if order_id.is_empty() {
        errors.add("order_id", tr!(locale, disputes.error_order_blank));
    } else if order_id.chars().count() > 200 {
        errors.add("order_id", tr!(locale, disputes.error_order_long));
    } else if store::conversion_of_order(tx, member.partner, &order_id).await?.is_some() {
        errors.add("order_id", tr!(locale, disputes.error_order_known, order = order_id.as_str()));
    }
    let occurred_at = match parse_time(ctx, &typed.occurred_at) {
        Some(at) if at > ctx.now() => {
            errors.add("occurred_at", tr!(locale, disputes.error_time_future));
            None
        }
        Some(at) => Some(at),
        None => {
            errors.add("occurred_at", tr!(locale, disputes.error_time));
            None
        }
    };
    let currencies = store::currencies(tx, member.programme, member.partner).await?;
    let currency = match Currency::parse(&typed.currency).ok().filter(|currency| currencies.contains(currency)) {
        Some(currency) => currency,
        None => *currencies.first().ok_or(AppError::NotFound)?,
    };
    let amount = rules::parse_amount(&typed.amount, currency)
        .map_err(|error| errors.add("amount", words::amount_error(locale, error, currency)))
        .ok();
    let proof = typed.proof.replace('\0', "").trim().to_owned();
    if proof.chars().count() > rules::LONGEST_TEXT {
        errors.add("proof", tr!(locale, disputes.error_text_long));
    }
    let (Some((offer, offer_name)), Some(occurred_at), Some(amount)) = (offer, occurred_at, amount) else {
        return Ok(None);
    };
    if let Some(case) = store::open_about_order(tx, member.partner, offer, &order_id, ctx.now()).await? {
        return Ok(Some(Pinned::OpenAlready(case)));
    }
    let subject = short(&order_id);
    let facts = ClaimFacts { offer: offer_name, order_id, occurred_at, amount, currency, proof };
    Ok(Some(Pinned::New {
        kind: Kind::MissingConversion,
        subject,
        pin: Some(Box::new(NewPin::Claim(NewClaim { offer, facts }))),
    }))
}

/// A browser's local date and time, in the reader's time zone. Years that no shop has seen are refused.
fn parse_time(ctx: &Context, text: &str) -> Option<DateTime<Utc>> {
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text.trim(), format).ok())?;
    let at = ctx.time_zone.from_local_datetime(&local).earliest()?.with_timezone(&Utc);
    (at.timestamp() > 0).then_some(at)
}

/// The first 200 characters: a subject is one line of a list.
fn short(text: &str) -> String {
    text.replace('\0', "").chars().take(200).collect()
}
