//! What a macro is filled in from.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::{CaseId, PartnerId, ProgrammeId};
use crate::base::money::Money;
use crate::disputes::model::{Case, Facts};
use crate::disputes::store as cases;
use crate::macros::model::{Contact, Variant};
use crate::macros::rules::AGENT;
use crate::payouts;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Who reads what is written in a case: whoever wrote in it last, or opened it, or the account's first member; `None` where
/// nobody signs in for the partner yet.
///
/// # Errors
/// When the database is away.
pub async fn contact(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<Contact>, AppError> {
    let row = sqlx::query!(
        "SELECT p.name, p.locale, p.address_form
         FROM partner_member a JOIN person p USING (person_id)
         LEFT JOIN LATERAL (
             SELECT max(m.message_id) AS last FROM message m
             WHERE m.partner_id = $1 AND m.case_id = $2 AND m.side = 'partner' AND m.author_id = p.person_id) wrote ON true
         LEFT JOIN support_case c ON c.partner_id = $1 AND c.case_id = $2 AND c.opened_by = p.person_id
         WHERE a.partner_id = $1 AND p.disabled_at IS NULL
         ORDER BY wrote.last DESC NULLS LAST, c.case_id IS NULL, a.since, p.person_id LIMIT 1",
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Contact { name: row.name, variant: Variant::of(&row.locale, &row.address_form) }))
}

/// What is known of a case, by the names of variables, written as a variant writes figures and dates.
///
/// # Errors
/// When the database is away.
pub async fn values(
    tx: &mut Tx,
    case: &Case,
    contact: Option<&Contact>,
    variant: Variant,
    agent: &str,
    now: DateTime<Utc>,
) -> Result<BTreeMap<&'static str, String>, AppError> {
    let locale = variant.locale();
    let mut values = BTreeMap::from([(AGENT, agent.to_owned()), ("case", case.id.to_string())]);
    values.insert("partner", partner_name(tx, case.programme, case.partner).await?);
    if let Some(contact) = contact {
        // Usted goes with the whole name.
        let first = contact.name.split_whitespace().next().unwrap_or(&contact.name);
        let name = if variant == Variant::EsUsted { contact.name.as_str() } else { first };
        values.insert("contact", name.to_owned());
    }
    for pin in cases::pins(tx, case.partner, case.id).await? {
        let (order, money) = match &pin.facts {
            Facts::Conversion(facts) => (Some(facts.order_id.clone()), Some(Money::new(facts.amount, facts.currency))),
            Facts::Claim(facts) => (Some(facts.order_id.clone()), Some(Money::new(facts.amount, facts.currency))),
            Facts::Payout(facts) => (None, Some(Money::new(facts.amount, facts.currency))),
            Facts::Terms(_) => (None, None),
        };
        if let Some(order) = order {
            values.entry("order").or_insert(order);
        }
        if let Some(money) = money {
            values.entry("amount").or_insert(format::money(locale, money));
        }
    }
    let facts = payouts::store::facts(tx, case.programme, case.partner, now).await?;
    if let Some(minimum) = facts.minimum {
        values.insert("minimum", format::money(locale, Money::new(minimum, facts.currency)));
    }
    if let Some(standing) =
        payouts::rules::standings(&facts).into_iter().find(|one| one.balances.currency == facts.currency)
    {
        let balance = standing.balances.payable;
        values.insert("balance", format::money(locale, Money::new(balance, facts.currency)));
        let missing = facts.minimum.map(|minimum| minimum - balance).filter(|missing| *missing > Decimal::ZERO);
        if let Some(missing) = missing {
            values.insert("missing", format::money(locale, Money::new(missing, facts.currency)));
        }
        // A day that something stops is no promise to make.
        if let Some(day) = standing.pay_day.filter(|_| standing.is_paid()) {
            values.insert("next_payout_date", format::day(locale, day));
        }
    }
    Ok(values)
}

async fn partner_name(tx: &mut Tx, programme: ProgrammeId, partner: PartnerId) -> Result<String, AppError> {
    sqlx::query_scalar!("SELECT name FROM partner WHERE programme_id = $1 AND partner_id = $2", programme.0, partner.0,)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)
}
