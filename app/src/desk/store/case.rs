//! What staff see of one case besides what its partner sees.

use super::unknown;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, ConversionId, PartnerId};
use crate::base::money::{Currency, Money};
use crate::commissions::model::Rate;
use crate::desk::model::{Booked, Note, TakenBack};
use rust_decimal::Decimal;

/// What of a decision is for the house alone.
#[derive(Clone, Debug)]
pub struct HouseSide {
    /// The reason for the house.
    pub reason: String,
    /// The name of who decided; `None`: the silence policy.
    pub decided_by: Option<String>,
    /// The transfer it cites.
    pub transfer: Option<i64>,
}

/// What of a case's decision is for the house alone; `None` where there is no decision.
///
/// # Errors
/// When the database is away.
pub async fn house_side(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<HouseSide>, AppError> {
    Ok(sqlx::query_as!(
        HouseSide,
        r#"SELECT d.reason_house AS reason, s.name AS "decided_by?", d.transfer_id AS transfer
         FROM case_decision d LEFT JOIN staff s ON s.person_id = d.decided_by
         WHERE d.partner_id = $1 AND d.case_id = $2"#,
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// The name of who works on a case.
///
/// # Errors
/// When the database is away.
pub async fn assignee(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<String>, AppError> {
    Ok(sqlx::query_scalar!(
        "SELECT s.name FROM support_case c JOIN staff s ON s.person_id = c.assignee_id
         WHERE c.partner_id = $1 AND c.case_id = $2",
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// The notes of a case, in their order.
///
/// # Errors
/// When the database is away.
pub async fn notes(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Note>, AppError> {
    let rows = sqlx::query!(
        "SELECT author_name, body, written_at FROM note WHERE partner_id = $1 AND case_id = ANY (case_family($1, $2)) ORDER BY note_id",
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| Note { author: row.author_name, body: row.body, at: row.written_at }).collect())
}

/// The partner's last message, where nobody answered it or marked it as needing no answer; in all that was merged into the case.
///
/// # Errors
/// When the database is away.
pub async fn unanswered(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<i64>, AppError> {
    Ok(sqlx::query_scalar!("SELECT case_unanswered($1, $2)", partner.0, case.0,).fetch_one(&mut **tx).await?)
}

/// The inputs that a commission keeps: rate, order amount, currency.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn commission(
    tx: &mut Tx,
    partner: PartnerId,
    conversion: ConversionId,
) -> Result<(Rate, Decimal, Currency), AppError> {
    let row = sqlx::query!(
        "SELECT rate_kind, rate_value, order_amount, currency FROM commission WHERE partner_id = $1 AND conversion_id = $2",
        partner.0,
        conversion.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let rate = Rate::from_parts(&row.rate_kind, row.rate_value).ok_or_else(|| unknown(&row.rate_kind))?;
    Ok((rate, row.order_amount, Currency::parse(&row.currency).map_err(|_| unknown(&row.currency))?))
}

/// The refunds and rejections of a conversion, in the order they were booked.
///
/// # Errors
/// When the database is away.
pub async fn taken_back(tx: &mut Tx, partner: PartnerId, conversion: ConversionId) -> Result<Vec<TakenBack>, AppError> {
    let rows = sqlx::query!(
        "SELECT event_id, occurred_at, amount FROM conversion_event
         WHERE partner_id = $1 AND conversion_id = $2 AND event IN ('refund', 'reject')
         ORDER BY booked_at, occurred_at, event_id",
        partner.0,
        conversion.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| TakenBack { event_id: row.event_id, at: row.occurred_at, part: row.amount })
        .collect())
}

/// What the ledger gave and took for a conversion: what only moves between a partner's own accounts is nothing.
///
/// # Errors
/// When the database is away.
pub async fn booked(tx: &mut Tx, partner: PartnerId, conversion: ConversionId) -> Result<Vec<Booked>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT kind, event_id,
                  sum(amount * (is_partner_account(credit_kind)::integer - is_partner_account(debit_kind)::integer)) AS "amount!"
           FROM transfer
           WHERE partner_id = $1 AND conversion_id = $2
           GROUP BY kind, event_id ORDER BY kind, event_id"#,
        partner.0,
        conversion.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| Booked { kind: row.kind, event_id: row.event_id, amount: row.amount }).collect())
}

/// What was credited so far in cases about the order of a case, itself among them, each with its case; provisionally too.
///
/// # Errors
/// When the database is away.
pub async fn credited_so_far(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<(CaseId, Money)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT case_id AS "case!: CaseId", amount AS "amount!", currency AS "currency!" FROM credited_so_far($1, $2) ORDER BY 1, 2"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| Ok((row.case, Money::new(row.amount, Currency::parse(&row.currency)?)))).collect()
}
