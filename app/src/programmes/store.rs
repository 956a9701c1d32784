//! Making and finding programmes and offers.

use crate::base::db::Tx;
use crate::base::ids::{OfferId, ProgrammeId};
use crate::base::money::Currency;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// A programme, as commands need it.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Its id.
    pub id: ProgrammeId,
    /// Its short name.
    pub code: String,
    /// ISO 4217.
    pub currency: String,
}

/// What a new programme is.
#[derive(Clone, Debug)]
pub struct NewProgramme<'a> {
    /// Short name, unique.
    pub code: &'a str,
    /// Its currency.
    pub currency: Currency,
    /// IANA name of the zone of its accounting days.
    pub time_zone: &'a str,
    /// Percent of revenue that has to remain after commission.
    pub margin_floor: Decimal,
}

/// Makes a programme.
///
/// # Errors
/// When the code is taken (`programme_code_once`) or not plain, or the currency is unknown.
pub async fn create(tx: &mut Tx, new: &NewProgramme<'_>, now: DateTime<Utc>) -> sqlx::Result<ProgrammeId> {
    sqlx::query_scalar!(
        r#"INSERT INTO programme (code, name, currency, time_zone, margin_floor, created_at) VALUES ($1, $1, $2, $3, $4, $5)
           RETURNING programme_id AS "id: ProgrammeId""#,
        new.code,
        new.currency.code(),
        new.time_zone,
        new.margin_floor,
        now,
    )
    .fetch_one(&mut **tx)
    .await
}

/// What a role may do without asking in a new programme: agents half of the minimum, leads a fifth.
///
/// # Errors
/// When the database is away.
pub async fn first_authority(
    tx: &mut Tx,
    programme: ProgrammeId,
    currency: Currency,
    minimum: Decimal,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let limits = [
        ("agent", Decimal::TWO, Decimal::ONE),
        ("lead", Decimal::from(5), Decimal::from(4)),
        ("owner", Decimal::from(50), Decimal::from(20)),
    ];
    for (role, share, credits) in limits {
        sqlx::query!(
            "INSERT INTO authority (programme_id, role, lowest_minimum, largest_credit, valid_from) VALUES ($1, $2, $3, $4, $5)",
            programme.0,
            role,
            currency.round(minimum / share),
            currency.round(minimum * credits),
            now,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Finds a programme by its code.
///
/// # Errors
/// When the database is away.
pub async fn find(tx: &mut Tx, code: &str) -> sqlx::Result<Option<Programme>> {
    sqlx::query_as!(
        Programme,
        r#"SELECT programme_id AS "id: ProgrammeId", code, currency FROM programme WHERE code = $1"#,
        code
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Whether there is any programme yet.
///
/// # Errors
/// When the database is away.
pub async fn any(tx: &mut Tx) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM programme) AS "any!""#).fetch_one(&mut **tx).await
}

/// Makes an offer; `revenue` in percent of the order.
///
/// # Errors
/// When the code is taken (`offer_code_once`) or not plain, or the revenue is not a percentage.
pub async fn create_offer(
    tx: &mut Tx,
    programme: ProgrammeId,
    code: &str,
    revenue: Option<Decimal>,
    now: DateTime<Utc>,
) -> sqlx::Result<OfferId> {
    sqlx::query_scalar!(
        r#"INSERT INTO offer (programme_id, code, name, revenue_kind, revenue_value, created_at)
           VALUES ($1, $2, $2, CASE WHEN $3::numeric IS NOT NULL THEN 'percent' END, $3, $4)
           RETURNING offer_id AS "id: OfferId""#,
        programme.0,
        code,
        revenue,
        now,
    )
    .fetch_one(&mut **tx)
    .await
}

/// The programme's own account in a currency.
#[derive(Clone, Copy, Debug)]
pub struct PayerAccount<'a> {
    /// ISO 4217.
    pub currency: &'a str,
    /// The account holder.
    pub name: &'a str,
    /// IBAN, or sort code and account number.
    pub account: &'a str,
    /// The bank.
    pub bic: Option<&'a str>,
}

/// Names the account that a programme pays from; the one before stays in the table.
///
/// # Errors
/// When the currency is none (`payer_account_currency_fkey`), or name or account do not fit.
pub async fn set_account(
    tx: &mut Tx,
    programme: ProgrammeId,
    new: &PayerAccount<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "INSERT INTO payer_account (programme_id, currency, name, account, bic, added_at) VALUES ($1, $2, $3, $4, $5, $6)
         RETURNING payer_account_id",
        programme.0,
        new.currency,
        new.name,
        new.account,
        new.bic,
        now,
    )
    .fetch_one(&mut **tx)
    .await
}
