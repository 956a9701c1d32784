//! Owners set limits, floors and the rules of decreases.

use super::store::{self, Programme, Whose};
use crate::approvals::rules::parse_percent;
use crate::approvals::store as approvals;
use crate::audit::store::{Change, record};
use crate::base::actor::{Role, Staff};
use crate::base::context::{self, Context};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{OfferId, PersonId};
use crate::base::language::tr;
use crate::base::money::Currency;
use crate::disputes::rules as cases;
use crate::disputes::words;
use crate::paths;
use leptos::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

/// Sets what a role or a person may do without asking, from now on.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-authority")]
pub async fn set_authority(
    /// The programme's code.
    programme: String,
    /// The role; none: a person's.
    role: Option<String>,
    /// The person.
    person: Option<String>,
    /// The lowest minimum.
    lowest: Option<String>,
    /// The largest credit.
    largest: Option<String>,
    /// `yes`: the role's counts for this person again.
    withdraw: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let typed = [role, person, lowest, largest, withdraw].map(Option::unwrap_or_default);
    let end = set(&ctx, &programme, &typed).await;
    let [role, person, lowest, largest, _] = &typed;
    let name = format!("authority-{programme}-{}", if role.is_empty() { "person" } else { role });
    let fields = [("form_name", name.as_str()), ("person", person), ("lowest", lowest), ("largest", largest)];
    forms::finish(&ctx, &fields, end).await
}

async fn set(
    ctx: &Context,
    programme: &str,
    [role, person, lowest, largest, withdraw]: &[String; 5],
) -> Result<End, AppError> {
    let (staff, mut tx, programme) = begin(ctx, programme).await?;
    let mut errors = Errors::default();
    let whose = match Role::parse(role).filter(|role| matches!(role, Role::Agent | Role::Lead | Role::Owner)) {
        Some(role) => Some(Whose::Role(role)),
        None => {
            let desk = store::desk(&mut tx).await?;
            let chosen = person.parse::<i64>().ok().map(PersonId);
            desk.into_iter().find(|(id, _)| Some(*id) == chosen).map(|(id, name)| Whose::Person(id, name))
        }
    };
    if whose.is_none() {
        errors.add("person", tr!(ctx.locale, authority.error_person));
    }
    let take_back = withdraw == "yes" && matches!(whose, Some(Whose::Person(..)));
    let limits = if take_back {
        None
    } else {
        let lowest = amount(ctx, "lowest", lowest, programme.currency, &mut errors);
        let largest = amount(ctx, "largest", largest, programme.currency, &mut errors);
        lowest.zip(largest)
    };
    let (Some(whose), true) = (whose, errors.is_empty()) else {
        return Ok(End::Refused(paths::AUTHORITY.to_owned(), errors));
    };
    store::set(&mut tx, programme.id, &whose, limits, staff.person, ctx.now()).await?;
    let (role, person) = match &whose {
        Whose::Role(role) => (Some(role.as_str()), None),
        Whose::Person(person, _) => (None, Some(*person)),
    };
    let after = json!({
        "role": role, "person": person, "lowest_minimum": limits.map(|(lowest, _)| lowest),
        "largest_credit": limits.map(|(_, largest)| largest), "withdrawn": limits.is_none(),
    });
    end(ctx, tx, &programme, "policy.authority_set", after).await
}

/// Sets how much of the revenue has to remain, from now on.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-floor")]
pub async fn set_floor(
    /// The programme's code.
    programme: String,
    /// The offer; none: all of them.
    offer: Option<String>,
    /// The partner's code; none: all of them.
    partner: Option<String>,
    /// Percent; none: a more specific floor is taken back.
    floor: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let typed = [offer, partner, floor].map(Option::unwrap_or_default);
    let end = put_floor(&ctx, &programme, &typed).await;
    let [offer, partner, floor] = &typed;
    let name = format!("floor-{programme}");
    let fields = [("form_name", name.as_str()), ("offer", offer), ("partner", partner), ("floor", floor)];
    forms::finish(&ctx, &fields, end).await
}

async fn put_floor(ctx: &Context, programme: &str, [offer, partner, floor]: &[String; 3]) -> Result<End, AppError> {
    let (staff, mut tx, programme) = begin(ctx, programme).await?;
    let mut errors = Errors::default();
    let offer = match offer.trim() {
        "" => None,
        text => Some(text.parse::<OfferId>().map_err(|_| AppError::BadRequest("offer"))?),
    };
    if let Some(offer) = offer
        && !approvals::is_offer_of(&mut tx, offer, programme.id).await?
    {
        return Err(AppError::BadRequest("offer"));
    }
    let partner = match partner.trim() {
        "" => None,
        code => {
            let found = store::partner(&mut tx, programme.id, code).await?;
            if found.is_none() {
                errors.add("partner", tr!(ctx.locale, authority.error_partner));
            }
            found
        }
    };
    let floor = match floor.trim() {
        "" => None,
        text => match parse_percent(text).ok().filter(|floor| floor.scale() <= 2) {
            Some(floor) => Some(floor),
            None => {
                errors.add("floor", tr!(ctx.locale, authority.error_floor));
                None
            }
        },
    };
    if floor.is_none() && offer.is_none() && partner.is_none() {
        errors.add("floor", tr!(ctx.locale, authority.error_floor_missing));
    }
    if !errors.is_empty() {
        return Ok(End::Refused(paths::AUTHORITY.to_owned(), errors));
    }
    store::set_floor(&mut tx, programme.id, (offer, partner), floor, staff.person, ctx.now()).await?;
    end(ctx, tx, &programme, "policy.floor_set", json!({ "offer": offer, "partner": partner, "floor": floor })).await
}

/// Sets the notice and the largest step of a decrease, from now on.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-decrease-policy")]
pub async fn set_decrease_policy(
    /// The programme's code.
    programme: String,
    /// Days of notice.
    days: Option<String>,
    /// Percent in one notice period.
    step: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let (days, step) = (days.unwrap_or_default(), step.unwrap_or_default());
    let end = decreases(&ctx, &programme, &days, &step).await;
    let name = format!("decreases-{programme}");
    forms::finish(&ctx, &[("form_name", name.as_str()), ("days", &days), ("step", &step)], end).await
}

async fn decreases(ctx: &Context, programme: &str, days: &str, step: &str) -> Result<End, AppError> {
    let (staff, mut tx, programme) = begin(ctx, programme).await?;
    let mut errors = Errors::default();
    let days: Option<i32> = days.trim().parse().ok().filter(|days| (1..=366).contains(days));
    if days.is_none() {
        errors.add("days", tr!(ctx.locale, authority.error_days));
    }
    let step = parse_percent(step).ok().filter(|step| !step.is_zero() && step.scale() <= 2);
    if step.is_none() {
        errors.add("step", tr!(ctx.locale, authority.error_step));
    }
    let (Some(days), Some(step)) = (days, step) else {
        return Ok(End::Refused(paths::AUTHORITY.to_owned(), errors));
    };
    store::set_decreases(&mut tx, programme.id, (days, step), staff.person, ctx.now()).await?;
    end(ctx, tx, &programme, "policy.decreases_set", json!({ "notice_days": days, "largest_step": step })).await
}

async fn begin(ctx: &Context, code: &str) -> Result<(Staff, Tx, Programme), AppError> {
    let staff = ctx.staff()?.clone();
    if staff.role != Role::Owner {
        return Err(AppError::Forbidden);
    }
    let mut tx = ctx.begin().await?;
    let all = store::programmes(&mut tx, ctx.now()).await?;
    let programme = all.into_iter().find(|programme| programme.code == code).ok_or(AppError::NotFound)?;
    Ok((staff, tx, programme))
}

async fn end(
    ctx: &Context,
    mut tx: Tx,
    programme: &Programme,
    action: &'static str,
    after: serde_json::Value,
) -> Result<End, AppError> {
    let change =
        Change { action, subject: format!("programme/{}", programme.id), after: Some(after), ..Change::default() };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done=set", paths::AUTHORITY)))
}

fn amount(ctx: &Context, field: &str, typed: &str, currency: Currency, errors: &mut Errors) -> Option<Decimal> {
    match typed.trim() {
        "0" => Some(Decimal::ZERO),
        typed => cases::parse_amount(typed, currency)
            .map_err(|error| errors.add(field, words::amount_error(ctx.locale, error, currency)))
            .ok(),
    }
}
