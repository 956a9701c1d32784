//! The facts that a case can pin, as they are now.

use super::unknown;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, ConversionId, OfferId, PartnerId, PayoutId, ProgrammeId, TermsVersionId};
use crate::base::money::Currency;
use crate::commissions::model::{Rate, State};
use crate::disputes::model::{ConversionFacts, PayoutFacts, PayoutStep, TermsFacts};
use crate::payout_files::end_to_end_id;
use crate::payout_runs;
use crate::statements;
use crate::terms::model::Field;
use crate::terms::store as terms;
use chrono::{DateTime, Utc};

fn currency(code: &str) -> Result<Currency, AppError> {
    Currency::parse(code).map_err(|_| unknown(code))
}

/// A conversion of a partner, with everything that made its commission.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it is another partner's.
pub async fn conversion_facts(
    tx: &mut Tx,
    partner: PartnerId,
    conversion: ConversionId,
) -> Result<ConversionFacts, AppError> {
    let row = sqlx::query!(
        r#"SELECT v.order_id, o.name AS offer, v.occurred_at, v.currency, k.order_amount, k.refunded, k.rejected,
                  k.rate_kind, k.rate_value, t.valid_from AS rate_since, k.hold_days, k.hold_until,
                  k.amount AS "amount!", k.amount_left AS "amount_left!", s.state AS "state!"
           FROM conversion v
           JOIN commission k USING (partner_id, conversion_id)
           JOIN commission_standing s USING (partner_id, conversion_id)
           JOIN offer o ON o.programme_id = v.programme_id AND o.offer_id = v.offer_id
           JOIN terms_version t ON t.terms_version_id = k.rate_version_id
           WHERE v.partner_id = $1 AND v.conversion_id = $2"#,
        partner.0,
        conversion.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(ConversionFacts {
        order_id: row.order_id,
        offer: row.offer,
        occurred_at: row.occurred_at,
        order_amount: row.order_amount,
        currency: currency(&row.currency)?,
        refunded: row.refunded,
        rejected: row.rejected,
        rate: Rate::from_parts(&row.rate_kind, row.rate_value).ok_or_else(|| unknown(&row.rate_kind))?,
        rate_since: row.rate_since,
        hold_days: row.hold_days,
        hold_until: row.hold_until,
        amount: row.amount,
        amount_left: row.amount_left,
        state: State::parse(&row.state).ok_or_else(|| unknown(&row.state))?,
    })
}

/// A version of the terms that holds for a partner.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it holds for others alone.
pub async fn terms_facts(
    tx: &mut Tx,
    programme: ProgrammeId,
    partner: PartnerId,
    version: TermsVersionId,
) -> Result<TermsFacts, AppError> {
    let row = sqlx::query!(
        r#"SELECT t.field, t.kind, t.value, t.valid_from, t.partner_scope, o.name AS "offer?", g.currency
           FROM terms_version t
           JOIN programme g USING (programme_id)
           LEFT JOIN offer o ON o.programme_id = t.programme_id AND o.offer_id = t.offer_scope
           WHERE t.terms_version_id = $1 AND t.programme_id = $2 AND t.partner_scope IN (0, $3)"#,
        version.0,
        programme.0,
        partner.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(TermsFacts {
        field: row.field,
        kind: row.kind,
        value: row.value,
        currency: currency(&row.currency)?,
        valid_from: row.valid_from,
        offer: row.offer,
        own: row.partner_scope != 0,
    })
}

/// What is in force now in place of a version: the same field, for the same offer.
///
/// # Errors
/// [`AppError::NotFound`] where the version is none of this partner's.
pub async fn terms_now(
    tx: &mut Tx,
    programme: ProgrammeId,
    partner: PartnerId,
    version: TermsVersionId,
    now: DateTime<Utc>,
) -> Result<TermsFacts, AppError> {
    let was = sqlx::query!(
        "SELECT field, offer_scope FROM terms_version
         WHERE terms_version_id = $1 AND programme_id = $2 AND partner_scope IN (0, $3)",
        version.0,
        programme.0,
        partner.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let field = Field::parse(&was.field).ok_or_else(|| unknown(&was.field))?;
    let offer = (was.offer_scope != 0).then_some(OfferId(was.offer_scope));
    let current = terms::field_in_force(tx, field, programme, offer, partner, now).await?;
    // A version that was announced and not begun yet may be the first of its field.
    terms_facts(tx, programme, partner, current.map_or(version, |current| current.id)).await
}

/// A payout of a partner.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it is another partner's.
pub async fn payout_facts(tx: &mut Tx, partner: PartnerId, payout: PayoutId) -> Result<PayoutFacts, AppError> {
    let payout = statements::store::find(tx, partner, payout).await?;
    Ok(PayoutFacts {
        reference: end_to_end_id(payout.id.0),
        amount: payout.money.amount,
        currency: payout.money.currency,
        pay_day: payout.pay_day,
        state: payout.state.as_str().to_owned(),
        since: payout.since,
        sent_to: payout.masked,
        bank_reference: payout.bank_reference,
        code: payout.code,
    })
}

/// What became of the payouts that a case pins since it was opened, in the order of time.
///
/// # Errors
/// When the database is away.
pub async fn payout_steps(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<PayoutStep>, AppError> {
    let rows = sqlx::query!(
        "SELECT e.payout_id, e.to_state, e.at FROM case_pin p JOIN payout_event e USING (partner_id, payout_id)
         WHERE p.partner_id = $1 AND p.case_id = $2 AND e.booked_at >= p.pinned_at ORDER BY e.booked_at, e.payout_id, e.seq",
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let state = payout_runs::model::State::parse(&row.to_state).ok_or_else(|| unknown(&row.to_state))?;
            Ok(PayoutStep { reference: end_to_end_id(row.payout_id), state, at: row.at })
        })
        .collect()
}

/// The offers of a programme, by name.
///
/// # Errors
/// When the database is away.
pub async fn offers(tx: &mut Tx, programme: ProgrammeId) -> Result<Vec<(OfferId, String)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT offer_id AS "id: OfferId", name FROM offer WHERE programme_id = $1 ORDER BY name, offer_id"#,
        programme.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// The currencies a partner has accounts in, the programme's first.
///
/// # Errors
/// When the database is away.
pub async fn currencies(tx: &mut Tx, programme: ProgrammeId, partner: PartnerId) -> Result<Vec<Currency>, AppError> {
    let codes = sqlx::query_scalar!(
        r#"SELECT currency AS "currency!" FROM (
               SELECT g.currency, 0 AS place FROM programme g WHERE g.programme_id = $1
               UNION
               SELECT a.currency, 1 FROM account a JOIN programme g USING (programme_id)
               WHERE a.partner_id = $2 AND a.currency <> g.currency
           ) known ORDER BY place, currency"#,
        programme.0,
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    codes.iter().map(|code| currency(code)).collect()
}

/// The conversion of this partner that has the order number of a claim, once there is one.
///
/// # Errors
/// When the database is away.
pub async fn claim_order(tx: &mut Tx, partner: PartnerId, claim: i64) -> Result<Option<ConversionId>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT v.conversion_id AS "id: ConversionId"
           FROM claim m
           JOIN offer o USING (offer_id)
           JOIN conversion v ON v.programme_id = o.programme_id AND v.order_id = ANY (order_spellings(m.order_id)) AND v.partner_id = m.partner_id
           WHERE m.partner_id = $1 AND m.claim_id = $2"#,
        partner.0,
        claim,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// The conversion of this partner with an order number, if there is one.
///
/// # Errors
/// When the database is away.
pub async fn conversion_of_order(
    tx: &mut Tx,
    partner: PartnerId,
    order_id: &str,
) -> Result<Option<ConversionId>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT v.conversion_id AS "id: ConversionId"
           FROM partner p JOIN conversion v USING (programme_id, partner_id)
           WHERE v.partner_id = $1 AND v.order_id = ANY (order_spellings($2))"#,
        partner.0,
        order_id,
    )
    .fetch_optional(&mut **tx)
    .await?)
}
