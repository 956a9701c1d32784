//! Reading corrections.

use crate::approvals::model::{Named, Verdict};
use crate::approvals::rules::Terms;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{ConversionId, CorrectionId, PartnerId};
use crate::base::money::Currency;
use crate::commissions::model::Rate;
use crate::corrections::model::{Correction, Decision, Item, Sum, Told};
use crate::terms::store::rule_of;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

/// Lines of a list.
const LISTED: i64 = 100;

/// One correction.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn find(tx: &mut Tx, id: CorrectionId) -> Result<Correction, AppError> {
    select(tx, Some(id)).await?.pop().ok_or(AppError::NotFound)
}

/// Those that wait for an owner, then those that are done with, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn waiting_and_done(tx: &mut Tx, now: DateTime<Utc>) -> Result<(Vec<Correction>, Vec<Correction>), AppError> {
    let all = select(tx, None).await?;
    Ok(all.into_iter().partition(|one| one.decision.is_none() && one.expires_at > now))
}

async fn select(tx: &mut Tx, id: Option<CorrectionId>) -> Result<Vec<Correction>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.correction_id, c.programme_id, c.partner_id, a.code AS partner_code, a.name AS partner_name, c.offer_id,
                  o.code AS "offer_code?", o.name AS "offer_name?", c.kind, c.value, c.rule, c.since, c.until, c.reason, c.items, c.sums,
                  c.proposer_id, p.name AS proposer, c.proposed_at, c.expires_at, c.content_hash, d.verdict AS "verdict?", s.name AS "decider?",
                  d.reason_partner AS "reason_partner?", d.reason_house AS "reason_house?", d.sole_control AS "sole_control?", d.decided_at AS "decided_at?",
                  (SELECT count(*) FROM correction_booking b WHERE b.partner_id = c.partner_id AND b.correction_id = c.correction_id) AS "booked!"
           FROM correction c
           JOIN partner a USING (partner_id)
           JOIN staff p ON p.person_id = c.proposer_id
           LEFT JOIN offer o ON o.programme_id = c.programme_id AND o.offer_id = c.offer_id
           LEFT JOIN correction_decision d ON d.correction_id = c.correction_id
           LEFT JOIN staff s ON s.person_id = d.decider_id
           WHERE $1::bigint IS NULL OR c.correction_id = $1
           ORDER BY (d.correction_id IS NULL) DESC, c.correction_id DESC LIMIT $2"#,
        id.map(|id| id.0),
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let verdict = row.verdict.as_deref().and_then(Verdict::parse);
            let decision = match (verdict, row.decider, row.decided_at) {
                (Some(verdict), Some(by), Some(at)) => Some(Decision {
                    verdict,
                    by,
                    reason_partner: row.reason_partner.unwrap_or_default(),
                    reason_house: row.reason_house.unwrap_or_default(),
                    sole_control: row.sole_control.unwrap_or_default(),
                    at,
                    booked: row.booked,
                }),
                _ => None,
            };
            let offer = match (row.offer_id, row.offer_code, row.offer_name) {
                (Some(id), Some(code), Some(name)) => Some(Named { id: id.into(), code, name }),
                _ => None,
            };
            Ok(Correction {
                id: row.correction_id.into(),
                programme: row.programme_id.into(),
                partner: Named { id: row.partner_id.into(), code: row.partner_code, name: row.partner_name },
                offer,
                terms: terms(&row.kind, row.value, row.rule)?,
                since: row.since,
                until: row.until,
                reason: row.reason,
                items: row.items,
                sums: sums(&row.sums)?,
                proposer: (row.proposer_id.into(), row.proposer),
                proposed_at: row.proposed_at,
                expires_at: row.expires_at,
                content_hash: hex::encode(row.content_hash),
                decision,
            })
        })
        .collect()
}

/// What was approved for a partner, the newest first; one alone where it is asked for.
///
/// # Errors
/// When the database is away.
pub async fn told(tx: &mut Tx, partner: PartnerId, one: Option<CorrectionId>) -> Result<Vec<Told>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.correction_id, o.name AS "offer?", c.kind, c.value, c.rule, c.since, c.until, d.reason_partner, d.decided_at,
                  correction_decider(c.correction_id) AS by, c.sums
           FROM correction c
           JOIN correction_decision d ON d.correction_id = c.correction_id AND d.verdict = 'approved'
           LEFT JOIN offer o ON o.programme_id = c.programme_id AND o.offer_id = c.offer_id
           WHERE c.partner_id = $1 AND ($2::bigint IS NULL OR c.correction_id = $2)
           ORDER BY c.correction_id DESC LIMIT $3"#,
        partner.0,
        one.map(|id| id.0),
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Told {
                id: row.correction_id.into(),
                offer: row.offer,
                terms: terms(&row.kind, row.value, row.rule)?,
                since: row.since,
                until: row.until,
                reason: row.reason_partner,
                by: row.by.unwrap_or_default(),
                at: row.decided_at,
                sums: sums(&row.sums)?,
            })
        })
        .collect()
}

/// The items of a correction in the order of their conversions, `most` after the one given.
///
/// # Errors
/// When the database is away.
pub async fn items(
    tx: &mut Tx,
    partner: PartnerId,
    correction: CorrectionId,
    after: Option<ConversionId>,
    most: i64,
) -> Result<Vec<Item>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT i.conversion_id AS "conversion: ConversionId", v.order_id, o.name AS offer, v.occurred_at, i.currency, i.was, i.credited,
                  i.should_be, i.amount AS "amount!", b.booked_at AS "booked_at?"
           FROM correction_item i
           JOIN conversion v USING (partner_id, conversion_id)
           JOIN offer o ON o.programme_id = v.programme_id AND o.offer_id = v.offer_id
           LEFT JOIN correction_booking b ON b.partner_id = i.partner_id AND b.correction_id = i.correction_id AND b.conversion_id = i.conversion_id
           WHERE i.partner_id = $1 AND i.correction_id = $2 AND i.conversion_id > $3
           ORDER BY i.conversion_id LIMIT $4"#,
        partner.0,
        correction.0,
        after.map_or(0, |id| id.0),
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Item {
                conversion: row.conversion,
                order_id: row.order_id,
                offer: row.offer,
                occurred_at: row.occurred_at,
                currency: Currency::parse(&row.currency)?,
                was: row.was,
                credited: row.credited,
                should_be: row.should_be,
                amount: row.amount,
                booked_at: row.booked_at,
            })
        })
        .collect()
}

/// What approved corrections gave one commission, the oldest first.
///
/// # Errors
/// When the database is away.
pub async fn of_conversion(
    tx: &mut Tx,
    partner: PartnerId,
    conversion: ConversionId,
) -> Result<Vec<(Told, Item)>, AppError> {
    let ids = sqlx::query_scalar!(
        r#"SELECT i.correction_id AS "id: CorrectionId" FROM correction_item i
           WHERE i.partner_id = $1 AND i.conversion_id = $2 ORDER BY i.correction_id LIMIT $3"#,
        partner.0,
        conversion.0,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found = Vec::new();
    for id in ids {
        let Some(told) = told(tx, partner, Some(id)).await?.pop() else { continue };
        let item = items(tx, partner, id, Some(ConversionId(conversion.0 - 1)), 1).await?.pop();
        found.extend(item.filter(|item| item.conversion == conversion).map(|item| (told, item)));
    }
    Ok(found)
}

fn terms(kind: &str, value: Decimal, rule: Value) -> Result<Terms, AppError> {
    let rate = Rate::from_parts(kind, value).ok_or_else(|| AppError::Internal("a rate of no known kind".into()))?;
    Ok(Terms { rate, rule: rule_of(rule)? })
}

fn sums(stored: &Value) -> Result<Vec<Sum>, AppError> {
    let one = |one: &Value| {
        let text = |key: &str| one.get(key)?.as_str();
        let number = |key: &str| text(key)?.parse::<Decimal>().ok();
        Some(Sum {
            currency: Currency::parse(text("currency")?).ok()?,
            items: one.get("items")?.as_i64()?,
            was: number("was")?,
            should_be: number("should_be")?,
            amount: number("amount")?,
        })
    };
    let sums: Option<Vec<_>> = stored.as_array().into_iter().flatten().map(one).collect();
    sums.ok_or_else(|| AppError::Internal("the sums of a correction".into()))
}
