//! The real conversions behind a replay.

use crate::approvals::model::Replayed;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::money::Currency;
use crate::commissions::model::Rate;
use crate::terms::model::Scope;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;

/// Which conversions are replayed, and for which proposal.
#[derive(Clone, Copy, Debug)]
pub struct Replaying {
    /// The proposal's scope.
    pub scope: Scope,
    /// When the proposal would take effect: who has a more specific rate then, keeps it.
    pub valid_from: DateTime<Utc>,
    /// The first moment.
    pub from: DateTime<Utc>,
    /// The end, itself left out.
    pub until: DateTime<Utc>,
}

/// Hands each conversion in scope to `each`, one at a time, from one snapshot: a long history takes no more memory
/// than a short one.
///
/// # Errors
/// When the database is away.
pub async fn replay(tx: &mut Tx, what: &Replaying, mut each: impl FnMut(&Replayed)) -> Result<(), AppError> {
    let mut rows = sqlx::query!(
        r#"SELECT (c.occurred_at AT TIME ZONE g.time_zone)::date AS "day!", c.currency, c.order_amount, c.refunded, c.rejected,
                  c.amount_left AS "booked!", v.revenue, o.revenue_kind, o.revenue_value,
                  ($3::bigint = 0 AND c.offer_id IN (
                      SELECT t.offer_scope FROM terms_version t
                      WHERE t.programme_id = $1 AND t.partner_scope = $2 AND t.offer_scope <> 0
                        AND t.field = 'rate' AND t.valid_from <= $4)) AS "keeps_its_rate!"
           FROM commission c
           JOIN conversion v USING (partner_id, conversion_id)
           JOIN programme g ON g.programme_id = v.programme_id
           JOIN offer o ON o.programme_id = v.programme_id AND o.offer_id = c.offer_id
           WHERE c.partner_id = $2 AND v.programme_id = $1 AND $3::bigint IN (0, c.offer_id) AND c.occurred_at >= $5 AND c.occurred_at < $6"#,
        what.scope.programme.0,
        what.scope.partner_key(),
        what.scope.offer_key(),
        what.valid_from,
        what.from,
        what.until,
    )
    .fetch(&mut **tx);
    while let Some(row) = rows.try_next().await? {
        let currency = Currency::parse(&row.currency)
            .map_err(|_| AppError::Internal(format!("unknown currency {:?}", row.currency)))?;
        let of_offer = || Rate::from_parts(row.revenue_kind.as_deref()?, row.revenue_value?);
        each(&Replayed {
            day: row.day,
            currency,
            order_amount: row.order_amount,
            refunded: row.refunded,
            rejected: row.rejected,
            booked: row.booked,
            revenue: row.revenue.map(Rate::Fixed).or_else(of_offer),
            keeps_its_rate: row.keeps_its_rate,
        });
    }
    Ok(())
}
