//! Booking and reading funds.

use super::model::{Booked, Funds, Kind};
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::ProgrammeId;
use crate::base::money::{Currency, Money};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

/// A booking on its way in.
#[derive(Clone, Debug)]
pub struct NewBooking<'a> {
    /// Whose account.
    pub programme: ProgrammeId,
    /// What it is.
    pub kind: Kind,
    /// How much, above zero.
    pub money: Money,
    /// What to say of it.
    pub note: &'a str,
    /// When it counts; in a closed month, from the first open one on.
    pub effective_at: DateTime<Utc>,
    /// The form's key: sent twice, it is booked once.
    pub form_key: Uuid,
}

/// Books it; gives its number. The same key twice is one booking.
///
/// # Errors
/// `house_transfer_by_finance` where this person may not.
pub async fn book(
    tx: &mut Tx,
    actor: &Actor,
    new: &NewBooking<'_>,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<i64, AppError> {
    let known = sqlx::query_scalar!("SELECT transfer_id FROM house_transfer WHERE form_key = $1", new.form_key)
        .fetch_optional(&mut **tx)
        .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let (debit, credit) = new.kind.route();
    let person = actor.person().map(|person| person.0);
    let written = sqlx::query_scalar!(
        "INSERT INTO house_transfer (programme_id, kind, debit_kind, credit_kind, amount, currency, note, by_kind, by_id, effective_at,
                                     booked_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $8::bigint IS NULL THEN 'command' ELSE 'staff' END, $8,
                 greatest($9::timestamptz, (SELECT open_from($1))), $10, $11)
         RETURNING transfer_id",
        new.programme.0,
        new.kind.as_str(),
        debit,
        credit,
        new.money.amount,
        new.money.currency.code(),
        new.note,
        person,
        new.effective_at,
        now,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await;
    let transfer = match written {
        Ok(transfer) => transfer,
        Err(error) if constraint(&error) == Some("house_transfer_form_once") => return Err(AppError::Conflict),
        Err(error) => return Err(error.into()),
    };
    let change = Change {
        action: "funds.booked",
        subject: format!("transfer/{transfer}"),
        after: Some(json!({
            "programme": new.programme,
            "kind": new.kind.as_str(),
            "amount": new.money.amount.to_string(),
            "currency": new.money.currency.code(),
        })),
        ..Change::default()
    };
    record(tx, actor, now, request_id, change).await?;
    Ok(transfer)
}

/// The funds of a programme, by currency.
///
/// # Errors
/// When the database is away.
pub async fn funds(tx: &mut Tx, programme: ProgrammeId) -> Result<Vec<Funds>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT h.currency, h.funded AS "funded!", h.fees AS "fees!",
                  coalesce((SELECT sum(balance) FROM account a WHERE a.programme_id = $1 AND a.currency = h.currency AND a.kind = 'paid'), 0)
                      AS "paid!: Decimal",
                  coalesce(p.on_its_way, 0) AS "on_its_way!", coalesce(p.to_send, 0) AS "to_send!"
           FROM (SELECT currency,
                        coalesce(sum(CASE kind WHEN 'funding' THEN amount WHEN 'funding_return' THEN -amount END), 0) AS funded,
                        coalesce(sum(CASE kind WHEN 'bank_fee' THEN amount WHEN 'bank_fee_return' THEN -amount END), 0) AS fees
                 FROM house_transfer WHERE programme_id = $1 GROUP BY currency) h
           LEFT JOIN (SELECT currency, sum(total) FILTER (WHERE state <> 'approved') AS on_its_way,
                             sum(total) FILTER (WHERE state = 'approved') AS to_send
                      FROM payout WHERE programme_id = $1 AND state IN ('approved', 'submitted', 'unknown') GROUP BY currency) p USING (currency)
           ORDER BY h.currency"#,
        programme.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Funds {
                currency: Currency::parse(&row.currency)?,
                funded: row.funded,
                fees: row.fees,
                paid: row.paid,
                on_its_way: row.on_its_way,
                to_send: row.to_send,
            })
        })
        .collect()
}

/// The newest bookings of a programme.
///
/// # Errors
/// When the database is away.
pub async fn newest(tx: &mut Tx, programme: ProgrammeId, most: i64) -> Result<Vec<Booked>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT h.transfer_id, h.kind, h.amount, h.currency, h.note, s.name AS "by?", h.effective_at
           FROM house_transfer h LEFT JOIN staff s ON s.person_id = h.by_id
           WHERE h.programme_id = $1 ORDER BY h.effective_at DESC, h.transfer_id DESC LIMIT $2"#,
        programme.0,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Booked {
                transfer: row.transfer_id,
                kind: Kind::parse(&row.kind).ok_or_else(|| AppError::Internal("a booking of no known kind".into()))?,
                money: Money::new(row.amount, Currency::parse(&row.currency)?),
                note: row.note,
                by: row.by,
                effective_at: row.effective_at,
            })
        })
        .collect()
}

/// What a programme may still send in a currency; `None` where it does not keep its funds here. Whoever asks holds the
/// answer until their transaction ends: two files at once don't spend the same funds.
///
/// # Errors
/// When the database is away.
pub async fn left_for_sending(
    tx: &mut Tx,
    programme: ProgrammeId,
    currency: Currency,
) -> Result<Option<Decimal>, AppError> {
    sqlx::query!("SELECT lock_funds($1)", programme.0).execute(&mut **tx).await?;
    Ok(sqlx::query_scalar!("SELECT funds_left($1, $2)", programme.0, currency.code()).fetch_one(&mut **tx).await?)
}
