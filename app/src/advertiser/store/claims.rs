//! Claims from their disputes' side: whom they were put to, and the conversions that came for them.

use super::LISTED;
use crate::advertiser::model::{Asked, Doubled, Verdict};
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{CaseId, EnquiryId, PartnerId};
use crate::base::money::{Currency, Money};
use chrono::{DateTime, Utc};
use serde_json::json;

/// Claims linked in one transaction.
const BATCH: i64 = 500;

/// Whom a dispute's claim was put to, the newest last. Partners see their own.
///
/// # Errors
/// When the database is away.
pub async fn asked(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Asked>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT a.enquiry_id AS "enquiry: EnquiryId", o.name AS offer, a.asked_by_name AS by, a.asked_at AS at, a.next_update_at AS next,
                  a.verdict, a.amount, a.answered_at, a.last_words, a.last_by, a.last_at,
                  (SELECT m.currency FROM claim m WHERE m.partner_id = a.partner_id AND m.claim_id = a.claim_id) AS currency
           FROM enquiry_claim a JOIN offer o ON o.offer_id = a.offer_id
           WHERE a.partner_id = $1 AND a.case_id = $2 ORDER BY a.enquiry_id"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let again = sqlx::query!(
        r#"SELECT enquiry_id AS "enquiry: EnquiryId", by_name AS by, at FROM enquiry_claim_reminder
           WHERE partner_id = $1 AND case_id = $2 ORDER BY at"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = row.currency.as_deref().map(Currency::parse).transpose()?;
            let confirmed = row.amount.zip(currency).map(|(amount, currency)| Money::new(amount, currency));
            let verdict = row.verdict.as_deref().and_then(Verdict::parse);
            let last = row.last_words.zip(row.last_by).zip(row.last_at).map(|((words, by), at)| (words, by, at));
            Ok(Asked {
                enquiry: row.enquiry,
                offer: row.offer,
                by: row.by,
                at: row.at,
                again: again
                    .iter()
                    .filter(|again| again.enquiry == row.enquiry)
                    .map(|again| (again.by.clone(), again.at))
                    .collect(),
                next_update_at: row.next,
                answered: verdict.zip(row.answered_at).map(|(verdict, at)| (verdict, confirmed, at)),
                last,
            })
        })
        .collect()
}

/// Claims that were credited, however that came, and whose conversion earns a commission that nobody contests.
///
/// # Errors
/// When the database is away.
pub async fn doubled(tx: &mut Tx) -> Result<Vec<Doubled>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT d.case_id AS "case!: CaseId", m.order_id, p.name AS partner_name, g.code AS programme, d.amount AS "credited!",
                  d.currency AS "currency!", k.amount_left AS "left!", k.currency AS earned
           FROM claim m JOIN case_pin i USING (partner_id, claim_id)
           CROSS JOIN LATERAL (
               SELECT case_home(i.partner_id, i.case_id) AS case_id, c.currency, sum(c.amount) AS amount
               FROM case_credits(i.partner_id, case_home(i.partner_id, i.case_id)) c GROUP BY c.currency) d
           JOIN commission k ON k.partner_id = m.partner_id AND k.conversion_id = m.conversion_id
           JOIN partner p ON p.partner_id = m.partner_id JOIN programme g ON g.programme_id = p.programme_id
           WHERE m.conversion_id IS NOT NULL AND k.amount_left > 0
             AND NOT EXISTS (SELECT FROM contest c WHERE c.partner_id = k.partner_id AND c.conversion_id = k.conversion_id AND c.ended_at IS NULL)
           ORDER BY d.case_id DESC LIMIT $1"#,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Doubled {
                case: row.case,
                order_id: row.order_id,
                partner_name: row.partner_name,
                programme: row.programme,
                credited: Money::new(row.credited, Currency::parse(&row.currency)?),
                commission: Money::new(row.left, Currency::parse(&row.earned)?),
            })
        })
        .collect()
}

/// Links claims to the conversions that were imported since; gives how many. Safe to run twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn link(db: &Db, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut total = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let linked = sqlx::query!(
            r#"UPDATE claim c SET conversion_id = found.conversion_id
               FROM (SELECT m.partner_id, m.claim_id, v.conversion_id
                     FROM claim m JOIN offer o ON o.offer_id = m.offer_id
                     JOIN conversion v ON v.programme_id = o.programme_id AND v.order_id = ANY (order_spellings(m.order_id)) AND v.partner_id = m.partner_id
                     WHERE m.conversion_id IS NULL ORDER BY m.partner_id, m.claim_id LIMIT $1 FOR UPDATE OF m SKIP LOCKED) found
               WHERE c.partner_id = found.partner_id AND c.claim_id = found.claim_id
               RETURNING c.partner_id AS "partner: PartnerId", c.claim_id, c.conversion_id"#,
            BATCH,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &linked {
            let change = Change {
                action: "claim.linked",
                subject: format!("claim/{}", row.claim_id),
                partner: Some(row.partner),
                after: Some(json!({ "conversion": row.conversion_id })),
                ..Change::default()
            };
            record(&mut tx, &Actor::Job, now, "claims", change).await?;
        }
        tx.commit().await?;
        total += linked.len();
        if i64::try_from(linked.len()).unwrap_or(i64::MAX) < BATCH {
            return Ok(total);
        }
    }
}
