//! Reading what decides a partner's next payout. Staff ask the same questions under their own role.

use super::model::{Balances, Due, Facts, Leaves, Refused, Review, Unreleased};
use crate::base::clock::last_day;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, ProgrammeId};
use crate::base::money::{Currency, Money};
use crate::invoices;
use crate::payout_methods;
use crate::payout_methods::model::MethodKind;
use crate::tax;
use crate::tax::model::Taxed;
use crate::terms;
use crate::terms::model::{Field, Schedule};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::sync::Arc;

/// Everything that decides what a partner is paid next, as of a moment.
///
/// # Errors
/// When the database is away, or the programme is none the actor sees.
pub async fn facts(
    tx: &mut Tx,
    programme: ProgrammeId,
    partner: PartnerId,
    now: DateTime<Utc>,
) -> Result<Facts, AppError> {
    let home = sqlx::query!("SELECT currency, time_zone FROM programme WHERE programme_id = $1", programme.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let currency = Currency::parse(&home.currency)?;
    let zone: Tz = home.time_zone.parse().unwrap_or(Tz::UTC);
    let in_force = terms::store::in_force(tx, programme, None, partner, now).await?;
    let method = payout_methods::store::live_method(tx, partner).await?;
    let unconfirmed = method.is_none() && payout_methods::store::waiting(tx, partner).await?.is_some();
    let waits = method.as_ref().map(|method| method.usable_from).filter(|from| *from > now);
    let field = |field: Field| in_force.iter().find(|version| version.field == field);
    Ok(Facts {
        today: now.with_timezone(&zone).date_naive(),
        currency,
        minimum: field(Field::Minimum).map(|version| version.value),
        schedule: field(Field::Schedule).and_then(|version| Schedule::from_parts(&version.kind, version.value)),
        balances: balances(tx, partner, currency).await?,
        due: due(tx, partner, zone).await?,
        has_method: method.is_some(),
        method_kind: method.as_ref().map(|method| method.kind),
        method_unconfirmed: unconfirmed,
        method_waits: waits.map(|at| Leaves { day: at.with_timezone(&zone).date_naive(), at }),
        review: review(tx, partner, now, zone).await?,
        unreleased: unreleased(tx, partner).await?,
        refused: refused(tx, partner, zone).await?,
        in_doubt: in_doubt(tx, partner).await?,
        taxed: taxed(tx, programme, partner, method.map(|method| method.kind), now).await?,
        contests: contests(tx, partner, zone).await?,
    })
}

/// What the tax office makes of a partner's next payout.
async fn taxed(
    tx: &mut Tx,
    programme: ProgrammeId,
    partner: PartnerId,
    method: Option<MethodKind>,
    now: DateTime<Utc>,
) -> Result<Taxed, AppError> {
    let Some(policy) = tax::store::in_force(tx, programme, now).await? else { return Ok(Taxed::default()) };
    let awaits_invoice = match policy.terms.waits_for_invoice {
        true => invoices::store::awaited(tx, &[partner.0]).await?.first().map(|key| key.payout),
        false => None,
    };
    let profile = tax::store::newest(tx, partner, now).await?;
    Ok(Taxed { policy: Some(Arc::new(policy)), profile, method, awaits_invoice })
}

/// A partner's accounts by currency, `first` (also where it is empty) first.
async fn balances(tx: &mut Tx, partner: PartnerId, first: Currency) -> Result<Vec<Balances>, AppError> {
    let rows = sqlx::query!(
        "SELECT currency, kind, balance FROM account WHERE partner_id = $1 ORDER BY currency <> $2, currency",
        partner.0,
        first.code(),
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found = vec![Balances::zero(first)];
    for row in rows {
        let currency = Currency::parse(&row.currency)?;
        if found.last().is_none_or(|last| last.currency != currency) {
            found.push(Balances::zero(currency));
        }
        if let Some(last) = found.last_mut() {
            match row.kind.as_str() {
                "pending" => last.pending = row.balance,
                "payable" => last.payable = row.balance,
                "ring_fenced" => last.ring_fenced = row.balance,
                "in_payout" => last.in_payout = row.balance,
                "paid" => last.paid = row.balance,
                _ => return Err(AppError::Internal("an account of no known kind".into())),
            }
        }
    }
    Ok(found)
}

/// What leaves its hold, by accounting day, and what waits for approval.
async fn due(tx: &mut Tx, partner: PartnerId, zone: Tz) -> Result<Vec<Due>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT currency, (hold_until AT TIME ZONE $2)::date AS day, min(hold_until) AS at, sum(amount_left) AS "amount!"
           FROM commission
           WHERE partner_id = $1 AND released_at IS NULL
           GROUP BY 1, 2
           HAVING sum(amount_left) > 0
           ORDER BY 2, 1"#,
        partner.0,
        zone.name(),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Due {
                currency: Currency::parse(&row.currency)?,
                leaves: row.day.zip(row.at).map(|(day, at)| Leaves { day, at }),
                amount: row.amount,
            })
        })
        .collect()
}

/// Payouts that nobody has released yet, that are kept back, or that wait for funds.
async fn unreleased(tx: &mut Tx, partner: PartnerId) -> Result<Vec<Unreleased>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT payout_id, total AS "total!", currency, pay_day, state = 'approved' AS "waits_for_funds!" FROM payout
           WHERE partner_id = $1 AND (state IN ('scheduled', 'held') OR (state = 'approved' AND funds_short(programme_id, currency)))
           ORDER BY payout_id"#,
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let money = Money::new(row.total, Currency::parse(&row.currency)?);
            Ok(Unreleased {
                payout: row.payout_id.into(),
                money,
                pay_day: row.pay_day,
                waits_for_funds: row.waits_for_funds,
            })
        })
        .collect()
}

/// Payouts that a bank refused or sent back, where the method is still the same and no other payout in that currency was made
/// since; the newest of each currency.
async fn refused(tx: &mut Tx, partner: PartnerId, zone: Tz) -> Result<Vec<Refused>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT p.payout_id, p.total AS "total!", p.currency, e.code, e.at
         FROM (SELECT DISTINCT ON (f.currency) f.payout_id, f.partner_id, f.currency, f.total, f.seq, f.payout_method_id
               FROM payout f JOIN payout_event b USING (partner_id, payout_id, seq)
               WHERE f.partner_id = $1 AND f.state IN ('failed', 'returned')
                 -- One that was made before it came back does not make it good.
                 AND NOT EXISTS (SELECT FROM payout o WHERE o.partner_id = $1 AND o.currency = f.currency AND o.state <> 'cancelled'
                                   AND o.payout_id > f.payout_id AND o.created_at > b.booked_at)
               ORDER BY f.currency, b.booked_at DESC) p
         JOIN payout_event e ON e.partner_id = p.partner_id AND e.payout_id = p.payout_id AND e.seq = p.seq
         JOIN payout_method m ON m.partner_id = p.partner_id AND m.payout_method_id = p.payout_method_id AND m.ended_at IS NULL
         ORDER BY p.payout_id"#,
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let money = Money::new(row.total, Currency::parse(&row.currency)?);
            let day = row.at.with_timezone(&zone).date_naive();
            Ok(Refused { payout: row.payout_id.into(), money, code: row.code, day })
        })
        .collect()
}

/// Currencies in which a bank contradicts what is known of one of the partner's payouts.
async fn in_doubt(tx: &mut Tx, partner: PartnerId) -> Result<Vec<Currency>, AppError> {
    let codes =
        sqlx::query_scalar!(r#"SELECT currencies_in_doubt($1) AS "currency!""#, partner.0).fetch_all(&mut **tx).await?;
    codes.iter().map(|code| Ok(Currency::parse(code)?)).collect()
}

/// The last day of the next contest to end, by currency.
async fn contests(tx: &mut Tx, partner: PartnerId, zone: Tz) -> Result<Vec<(Currency, Leaves)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.currency, min(k.ends_at) AS "at!" FROM contest k JOIN commission c USING (partner_id, conversion_id)
           WHERE k.partner_id = $1 AND k.ended_at IS NULL GROUP BY c.currency ORDER BY c.currency"#,
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| Ok((Currency::parse(&row.currency)?, Leaves { day: last_day(row.at, zone), at: row.at })))
        .collect()
}

/// The review that runs at a moment, if one does.
async fn review(tx: &mut Tx, partner: PartnerId, now: DateTime<Utc>, zone: Tz) -> Result<Option<Review>, AppError> {
    let row = sqlx::query!(
        "SELECT reason, ends_at FROM partner_review WHERE partner_id = $1 AND ended_at IS NULL AND ends_at > $2",
        partner.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Review { until: row.ends_at, day: last_day(row.ends_at, zone), reason: row.reason }))
}

/// What refunds and rejections took back of conversions since a moment, by currency; only what is above zero.
///
/// # Errors
/// When the database is away.
pub async fn reversed(
    tx: &mut Tx,
    partner: PartnerId,
    since: DateTime<Utc>,
) -> Result<Vec<(Currency, Decimal)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT currency, sum(amount - amount_left) AS "amount!" FROM commission
           WHERE partner_id = $1 AND occurred_at >= $2
           GROUP BY currency HAVING sum(amount - amount_left) > 0 ORDER BY currency"#,
        partner.0,
        since,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| Ok((Currency::parse(&row.currency)?, row.amount))).collect()
}
