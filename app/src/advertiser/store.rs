//! The SQL of enquiries.

use super::model::{Answer, Enquiry, Gathered, Line, Verdict};
use super::rules;
use crate::audit::store::{Change, record};
use crate::base::actor::{Actor, Staff};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, EnquiryId, OfferId, PartnerId};
use crate::base::money::{Currency, Money};
use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

mod answers;
mod claims;
mod reminders;

pub use answers::{answer, keep_answer, take_over};
pub use claims::{asked, doubled, link};
pub use reminders::{remind, reminder_file, reminders};

/// Enquiries on the page.
const LISTED: i64 = 100;

/// Offers with claims of open, undecided disputes that nobody was asked about and no conversion has, the oldest first.
///
/// # Errors
/// When the database is away.
pub async fn gathered(tx: &mut Tx) -> Result<Vec<Gathered>, AppError> {
    Ok(sqlx::query_as!(
        Gathered,
        r#"SELECT o.offer_id AS "offer: OfferId", o.name, g.name AS programme, count(*) AS "claims!", min(c.opened_at) AS "oldest!"
           FROM case_pin p JOIN claim m USING (partner_id, claim_id)
           JOIN support_case c ON c.partner_id = p.partner_id AND c.case_id = case_home(p.partner_id, p.case_id)
           JOIN offer o ON o.offer_id = m.offer_id JOIN programme g ON g.programme_id = o.programme_id
           WHERE c.stage <> 'closed' AND m.conversion_id IS NULL
             AND NOT EXISTS (SELECT FROM conversion v WHERE v.programme_id = c.programme_id AND v.order_id = ANY (order_spellings(m.order_id)))
             AND NOT EXISTS (SELECT FROM case_decision d WHERE d.partner_id = c.partner_id AND d.case_id = c.case_id)
             AND NOT EXISTS (SELECT FROM enquiry_claim k WHERE k.partner_id = m.partner_id AND k.claim_id = m.claim_id)
           GROUP BY o.offer_id, o.name, g.name ORDER BY min(c.opened_at)"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Gathers what [`gathered`] counts of an offer into an enquiry, with its file; the same form twice is one.
///
/// # Errors
/// [`AppError::Conflict`] where nothing is left to ask; [`AppError::NotFound`] where there is no such offer.
pub async fn gather(
    tx: &mut Tx,
    staff: &Staff,
    offer: OfferId,
    next_update_at: DateTime<Utc>,
    form_key: Uuid,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<EnquiryId, AppError> {
    let known =
        sqlx::query_scalar!(r#"SELECT enquiry_id AS "id: EnquiryId" FROM enquiry WHERE form_key = $1"#, form_key)
            .fetch_optional(&mut **tx)
            .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let id = sqlx::query_scalar!(
        r#"INSERT INTO enquiry (programme_id, offer_id, asked_by, asked_by_name, asked_at, next_update_at, form_key)
           SELECT programme_id, offer_id, $2, $3, $4, $5, $6 FROM offer WHERE offer_id = $1 RETURNING enquiry_id AS "id: EnquiryId""#,
        offer.0,
        staff.person.0,
        staff.name,
        now,
        next_update_at,
        form_key,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let asked = sqlx::query!(
        // What the partner reads of the enquiry, its trigger copies.
        "INSERT INTO enquiry_claim (enquiry_id, line, partner_id, case_id, claim_id, offer_id)
         SELECT $1, row_number() OVER (ORDER BY c.opened_at, c.case_id), c.partner_id, c.case_id, m.claim_id, m.offer_id
         FROM case_pin p JOIN claim m USING (partner_id, claim_id)
         JOIN support_case c ON c.partner_id = p.partner_id AND c.case_id = case_home(p.partner_id, p.case_id)
         WHERE m.offer_id = $2 AND c.stage <> 'closed' AND m.conversion_id IS NULL
           AND NOT EXISTS (SELECT FROM conversion v WHERE v.programme_id = c.programme_id AND v.order_id = ANY (order_spellings(m.order_id)))
           AND NOT EXISTS (SELECT FROM case_decision d WHERE d.partner_id = c.partner_id AND d.case_id = c.case_id)
           AND NOT EXISTS (SELECT FROM enquiry_claim k WHERE k.partner_id = m.partner_id AND k.claim_id = m.claim_id)
         ORDER BY c.opened_at, c.case_id LIMIT $3",
        id.0,
        offer.0,
        i64::try_from(rules::MOST_CLAIMS).unwrap_or(i64::MAX),
    )
    .execute(&mut **tx)
    .await?
    .rows_affected();
    if asked == 0 {
        return Err(AppError::Conflict);
    }
    let lines = lines(tx, id).await?;
    let bytes = rules::file(id, &lines).map_err(|error| AppError::Internal(error.to_string()))?;
    sqlx::query!(
        "INSERT INTO enquiry_file (enquiry_id, bytes, sha256) VALUES ($1, $2, $3)",
        id.0,
        bytes,
        Sha256::digest(&bytes).to_vec(),
    )
    .execute(&mut **tx)
    .await?;
    let change = Change {
        action: "enquiry.asked",
        subject: format!("enquiry/{id}"),
        after: Some(json!({ "offer": offer.0, "claims": asked, "promised_at": next_update_at })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await?;
    Ok(id)
}

/// Enquiries: those that wait, the one that is due first first; or those that are answered whole, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, answered: bool) -> Result<Vec<Enquiry>, AppError> {
    Ok(sqlx::query_as!(
        Enquiry,
        r#"SELECT e.enquiry_id AS "id: EnquiryId", o.name AS offer, e.asked_by_name AS asked_by, e.asked_at, e.next_update_at,
                  k.claims AS "claims!", k.open AS "open!"
           FROM enquiry e JOIN offer o ON o.offer_id = e.offer_id
           CROSS JOIN LATERAL (SELECT count(*) AS claims, count(*) FILTER (WHERE verdict IS NULL) AS open
                               FROM enquiry_claim k WHERE k.enquiry_id = e.enquiry_id) k
           WHERE (k.open = 0) = $1
           ORDER BY CASE WHEN $1 THEN -e.enquiry_id END, e.next_update_at, e.enquiry_id LIMIT $2"#,
        answered,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// One enquiry.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn find(tx: &mut Tx, id: EnquiryId) -> Result<Enquiry, AppError> {
    sqlx::query_as!(
        Enquiry,
        r#"SELECT e.enquiry_id AS "id: EnquiryId", o.name AS offer, e.asked_by_name AS asked_by, e.asked_at, e.next_update_at,
                  (SELECT count(*) FROM enquiry_claim k WHERE k.enquiry_id = e.enquiry_id) AS "claims!",
                  (SELECT count(*) FROM enquiry_claim k WHERE k.enquiry_id = e.enquiry_id AND k.verdict IS NULL) AS "open!"
           FROM enquiry e JOIN offer o ON o.offer_id = e.offer_id WHERE e.enquiry_id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)
}

/// The claims of an enquiry, in their order.
///
/// # Errors
/// When the database is away.
pub async fn lines(tx: &mut Tx, id: EnquiryId) -> Result<Vec<Line>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT k.line, k.partner_id AS "partner: PartnerId", p.name, k.case_id AS "case: CaseId", m.order_id, m.occurred_at,
                  m.amount AS claimed, m.currency, k.verdict, k.amount, k.note
           FROM enquiry_claim k JOIN claim m USING (partner_id, claim_id) JOIN partner p USING (partner_id)
           WHERE k.enquiry_id = $1 ORDER BY k.line"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Line {
                line: row.line,
                partner: row.partner,
                partner_name: row.name,
                case: row.case,
                order_id: row.order_id,
                occurred_at: row.occurred_at,
                claimed: Money::new(row.claimed, Currency::parse(&row.currency)?),
                answer: row.verdict.as_deref().and_then(Verdict::parse).map(|verdict| Answer {
                    verdict,
                    amount: row.amount,
                    note: row.note,
                }),
            })
        })
        .collect()
}

/// The file for the advertiser, the same bytes each time.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such enquiry.
pub async fn file(tx: &mut Tx, id: EnquiryId) -> Result<Vec<u8>, AppError> {
    sqlx::query_scalar!("SELECT bytes FROM enquiry_file WHERE enquiry_id = $1", id.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)
}

/// Tells the partners of an enquiry how it stands, and when they hear next.
///
/// # Errors
/// `enquiry_update_form_once` where the same form did already.
#[allow(clippy::too_many_arguments)]
pub async fn tell(
    tx: &mut Tx,
    staff: &Staff,
    id: EnquiryId,
    words: &str,
    next_update_at: DateTime<Utc>,
    form_key: Uuid,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let told = sqlx::query!(
        "INSERT INTO enquiry_update (enquiry_id, words, by_id, by_name, at, next_update_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ON CONSTRAINT enquiry_update_form_once DO NOTHING",
        id.0,
        words,
        staff.person.0,
        staff.name,
        now,
        next_update_at,
        form_key,
    )
    .execute(&mut **tx)
    .await?;
    if told.rows_affected() == 0 {
        return Ok(());
    }
    let change = Change {
        action: "enquiry.told",
        subject: format!("enquiry/{id}"),
        after: Some(json!({ "promised_at": next_update_at })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await
}
